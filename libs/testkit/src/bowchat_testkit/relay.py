"""The whole relay as processes of its own: what `make demo`, the end-to-end tests and the bench run."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Self

import httpx

from bowchat_contracts.topics import SERVICES, topic_names
from bowchat_runtime import keys
from bowchat_testkit.stack_process import LOOPBACK, ChildProcess, StackUnavailableError, free_port, until

SCRIPTS = {name: f"bowchat-{name.removesuffix('-watcher')}" for name in SERVICES}
_START_S, _STOP_S = 120.0, 25.0

Environment = Mapping[str, str]


class ServiceEndedError(Exception):
    """A service of the relay ended by itself; the text has its exit code and its last words."""


class RelaySecrets:
    """A directory of fresh keys, and what the outside world must know of them."""

    def __init__(self, directory: Path, insurers: tuple[str, ...]) -> None:
        self.directory = directory
        keys.init(directory, insurers)

    @property
    def app_secret(self) -> str:
        """Signs WhatsApp's webhooks."""
        return self._read("ingest/meta_app_secret")

    @property
    def verify_token(self) -> str:
        return self._read("ingest/meta_verify_token")

    @property
    def whatsapp_token(self) -> str:
        """The bearer token of every send."""
        return self._read("dispatcher/whatsapp_token")

    def insurer(self, name: str) -> str:
        """The Standard Webhooks secret shared with one insurer."""
        return self._read(f"ingest/insurers/{name}.secret")

    def _read(self, name: str) -> str:
        return (self.directory / name).read_text().strip()


class Relay:
    """All six services, each a process, on a broker and a store that are there already.

    Args:
        directory: Holds logs and keys; whoever names it removes it.
        registry: The directory of insurers, rules and policies.
        mongo_uri: None for stores in memory.
        whatsapp_url: The base of the Graph API, without a version.
        environment: More variables for every service.
    """

    def __init__(
        self,
        directory: Path,
        *,
        bootstrap: str,
        mongo_uri: str | None,
        registry: Path,
        whatsapp_url: str = f"http://{LOOPBACK}:9",
        environment: Environment | None = None,
    ) -> None:
        self.directory, self.registry, self.bootstrap = directory, registry, bootstrap
        self.insurers = tuple(sorted(path.stem for path in (registry / "insurers").glob("*.yaml")))
        self.secrets = RelaySecrets(directory / "secrets", self.insurers)
        self.ports = {name: free_port() for name in SERVICES}
        store = (
            {"BOWCHAT_STORE": "memory"}
            if mongo_uri is None
            else {"BOWCHAT_STORE": "mongo", "BOWCHAT_MONGO_URI": mongo_uri}
        )
        self._environment = {
            "BOWCHAT_KAFKA_BOOTSTRAP": bootstrap,
            "BOWCHAT_REGISTRY": str(registry),
            "BOWCHAT_WHATSAPP_API_URL": f"{whatsapp_url}/v25.0",
            "BOWCHAT_ALLOW_LOOPBACK_WEBHOOKS": "true",
            "BOWCHAT_MEDIA_HOSTS": '["127.0.0.1"]',
            **store,
            **(environment or {}),
        }
        self._children = {name: self._child(name) for name in SERVICES}

    def _child(self, name: str) -> ChildProcess:
        return ChildProcess(
            [str(Path(sys.executable).parent / SCRIPTS[name]), "serve"],
            log=self.log(name),
            environment=self.environment(name),
        )

    @property
    def topics(self) -> tuple[str, ...]:
        """Every topic this relay needs."""
        return topic_names(self.insurers)

    def environment(self, name: str) -> dict[str, str]:
        """The variables of one service, for its process and for its commands."""
        own = {
            "BOWCHAT_HTTP_PORT": str(self.ports[name]),
            "BOWCHAT_SECRETS": str(self.secrets.directory / name),
        }
        return {**os.environ, **self._environment, **own}

    def url(self, name: str) -> str:
        return f"http://{LOOPBACK}:{self.ports[name]}"

    def log(self, name: str) -> Path:
        return self.directory / "logs" / f"{name}.log"

    def pid(self, name: str) -> int:
        return self._children[name].pid

    def running(self, name: str) -> bool:
        return self._children[name].running

    async def __aenter__(self) -> Self:
        if self._environment["BOWCHAT_STORE"] == "mongo":
            code, said = await self.command("audit", "prepare")
            if code:
                raise StackUnavailableError(f"The audit database could not be prepared: {said}")
        self.spawn(*SERVICES)
        try:
            await self.ready()
        except StackUnavailableError:
            await self.stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        """Errors: `ServiceEndedError` when a service ended and was not asked to: nobody may have noticed."""
        fallen = [said for child in self._children.values() if (said := child.fell)]
        await self.stop()
        if fallen:
            raise ServiceEndedError("\n".join(fallen))

    def spawn(self, *names: str) -> None:
        """Start these services without waiting for them."""
        for name in names:
            self._children[name].start()

    def kill(self, name: str) -> None:
        """End one as a crash would (SIGKILL)."""
        self._children[name].kill()

    async def ready(self, *names: str) -> None:
        """Wait until these services (default: all) are ready to work.

        Errors: StackUnavailableError with the end of the log of the one that is not.
        """
        async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
            for name in names or SERVICES:

                async def answers(url: str = f"{self.url(name)}/readyz") -> bool:
                    with contextlib.suppress(httpx.HTTPError):
                        return (await client.get(url)).status_code == httpx.codes.OK
                    return False

                await self._children[name].started(answers, seconds=_START_S)

    async def command(self, name: str, *arguments: str, given: str = "") -> tuple[int, str]:
        """Run a subcommand of one service as its operator would: its exit code, and all that it printed."""
        process = await asyncio.create_subprocess_exec(
            str(Path(sys.executable).parent / SCRIPTS[name]),
            *arguments,
            env=self.environment(name),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate(given.encode())
        return process.returncode or 0, said.decode()

    async def stop(self, *, seconds: float = _STOP_S) -> dict[str, int | None]:
        """Ask all to end in order, wait so long at most, and return their exit codes; None of one that did not."""
        for child in self._children.values():
            child.terminate()
        ended = await asyncio.gather(*(child.ended(seconds=seconds) for child in self._children.values()))
        codes = dict(zip(self._children, ended, strict=True))
        for child in self._children.values():
            child.kill()
        return codes


def last_start(log: Path) -> datetime:
    """When the latest process that wrote this log began to work: until then, its start took what the machine let it."""
    lines = [line for line in log.read_text().splitlines() if '"event":"listening"' in line]
    return datetime.fromisoformat(json.loads(lines[-1])["timestamp"])


async def answering(url: str, *, seconds: float) -> None:
    """Wait until an HTTP server answers at all. Errors: TimeoutError."""
    async with httpx.AsyncClient(timeout=2, trust_env=False) as client:

        async def there() -> bool:
            with contextlib.suppress(httpx.HTTPError):
                await client.get(url)
                return True
            return False

        await until(there, seconds=seconds)
