"""A database that speaks MongoDB's protocol, on a loopback port: SecantusDB in a process of its own."""

import secrets
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote_plus

from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from bowchat_testkit.stack_process import LOOPBACK, ChildProcess, StackUnavailableError, free_port, port_open

_START_SECONDS = 20.0
_STOP_SECONDS = 10.0
_ADMIN = "admin"


class Database:
    """A database server in a directory of its own. Port and data stay the same through stops, kills and restarts.

    Every acknowledged write is on disk before it is acknowledged.

    Args:
        directory: Holds data and log; whoever names it removes it.
        auth: Demand a user and a password. `uri` is then the administrator's; make others with `create_user`.
    """

    def __init__(self, directory: Path, *, auth: bool = False, port: int | None = None) -> None:
        self._directory = directory
        self._port = port or free_port()
        self._password = secrets.token_hex(16) if auth else None
        self._provisioned = not auth
        self._child: ChildProcess | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.kill()  # nobody reads it again, and a stop in order waits two seconds for open connections

    @property
    def uri(self) -> str:
        """Where to connect, as the administrator when `auth` is on."""
        return self._open_uri if self._password is None else self.user_uri(_ADMIN, self._password, "admin")

    @property
    def data_dir(self) -> Path:
        return self._directory / "data"

    @property
    def pid(self) -> int:
        """The process id of the server. Errors: StackUnavailableError when it was never started."""
        if self._child is None:
            raise StackUnavailableError("The database has not been started.")
        return self._child.pid

    def user_uri(self, user: str, password: str, database: str) -> str:
        """Where to connect as a user of this database."""
        who = f"{quote_plus(user)}:{quote_plus(password)}"
        return f"mongodb://{who}@{LOOPBACK}:{self._port}/?directConnection=true&authSource={quote_plus(database)}"

    async def start(self) -> None:
        """Starts the server and waits until it answers. Errors: StackUnavailableError."""
        if not self._provisioned:
            await self._create_admin()
        await self._serve("--auth" if self._password else None)

    async def stop(self) -> None:
        """Stops the server in order."""
        if self._child is not None:
            await self._child.stop(seconds=_STOP_SECONDS)

    def kill(self) -> None:
        """Ends the server as a crash would (SIGKILL)."""
        if self._child is not None:
            self._child.kill()

    async def restart(self) -> None:
        """Stops it in order and starts it again, with the same port and data."""
        await self.stop()
        await self.start()

    @property
    def _open_uri(self) -> str:
        return f"mongodb://{LOOPBACK}:{self._port}/?directConnection=true"

    async def _create_admin(self) -> None:
        # The server has no exception for a first local user: it is made before authentication is demanded.
        await self._serve(None)
        await create_user(self._open_uri, "admin", _ADMIN, self._password or "", ["root"])
        self.kill()
        self._provisioned = True

    async def _serve(self, auth: str | None) -> None:
        program = Path(sys.executable).with_name("secantusd-py")
        if not program.exists():
            raise StackUnavailableError("The local database is not installed: run `make setup`.")
        # The configuration file is named so that none is picked up from the user's home.
        config = self._directory / "secantusd.toml"
        self._directory.mkdir(parents=True, exist_ok=True)
        config.touch()
        command = [str(program), "--config", str(config), "--host", LOOPBACK, "--port", str(self._port)]
        command += ["--storage-path", str(self.data_dir), "--sync-on-commit", "--cache-size", "256M"]
        command += [auth] if auth else []
        self._child = ChildProcess(command, log=self._directory / "database.log")
        self._child.start()
        await self._child.started(self._answers, seconds=_START_SECONDS)

    async def _answers(self) -> bool:
        return await database_answers(self._open_uri, self._port)


async def database_answers(uri: str, port: int) -> bool:
    """Whether the server on this loopback port is open and greets."""
    if not await port_open(port):
        return False
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(uri, serverSelectionTimeoutMS=1_000)
    try:
        await client.admin.command("hello")
    except PyMongoError:
        return False
    finally:
        await client.close()
    return True


async def create_role(uri: str, database: str, role: str, actions: Mapping[str, Sequence[str]]) -> None:
    """Makes a role of this database: which actions it allows on which of its collections ("" is all of them)."""
    privileges = [
        {"resource": {"db": database, "collection": collection}, "actions": list(allowed)}
        for collection, allowed in actions.items()
    ]
    await _command(uri, database, {"createRole": role, "privileges": privileges, "roles": []})


async def create_user(
    uri: str, database: str, user: str, password: str, roles: Sequence[str | Mapping[str, str]]
) -> None:
    """Makes a user of this database with these roles; `{"role", "db"}` names one of another."""
    await _command(uri, database, {"createUser": user, "pwd": password, "roles": list(roles)})


async def _command(uri: str, database: str, command: dict[str, Any]) -> None:
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(uri, serverSelectionTimeoutMS=5_000)
    try:
        await client[database].command(command)
    finally:
        await client.close()
