"""Settings from the environment, and secrets from files. A wrong value stops the start and names the variable; a name that
nearly is one is warned of.
"""

import base64
import binascii
import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from bowchat_runtime.decoding import what_is_right
from bowchat_runtime.errors import SettingsError
from bowchat_runtime.key_ring import KeyRing, parse_ring
from bowchat_runtime.watched import Followed, WatchedFile

PREFIX = "BOWCHAT_"
_KEY_BYTES = 32
_NEAR = 0.85
"""How like a setting's name a variable must be to be taken for a slip. Services share environments, and none knows the
others' names: the names of any two services are less alike than this."""


class _Environment(EnvSettingsSource):
    """A list that is no JSON goes on as it stands, to be refused by its field like any other wrong value."""

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        try:
            return super().decode_complex_value(field_name, field, value)
        except ValueError:
            return value


class ServiceSettings(BaseSettings):
    """What every service needs. Each field is the variable `BOWCHAT_<FIELD>`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    kafka_bootstrap: str = Field("127.0.0.1:9092", min_length=3)
    kafka_security: Literal["PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_username: str = ""
    kafka_password: SecretStr = SecretStr("")
    kafka_ca_file: Path | None = None
    kafka_fetch_wait_ms: int = Field(500, ge=10, le=10_000)
    """How long the broker may hold back an answer that has no records yet. Kafka answers as soon as one comes; a broker
    that waits to the end needs a short wait."""
    store: Literal["mongo", "memory"] = "mongo"
    mongo_uri: SecretStr = SecretStr("mongodb://127.0.0.1:27017")
    http_host: str = "127.0.0.1"
    http_port: int = Field(8000, ge=0, le=65535)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    secrets: Path = Path("secrets")
    """The directory of this service's own secret files, as `bowchat-keys init` lays them out."""
    instance: str = Field("1", pattern=r"^[a-z0-9-]{1,40}$")
    """Tells apart several processes of one service; steady over restarts, so that Kafka knows the member again."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        *_: PydanticBaseSettingsSource,
        **__: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, _Environment(settings_cls)

    def secret(self, name: str) -> bytes:
        """The content of one secret file, without surrounding white space.

        Errors: `SettingsError` when it is missing, unreadable or empty.
        """
        path = self.secrets / name
        try:
            content = path.read_bytes().strip()
        except OSError as error:
            raise SettingsError(
                f"the secret file {path} cannot be read ({error.strerror}). {self._way_out(name)}"
            ) from None
        if not content:
            raise SettingsError(f"the secret file {path} is empty. Write the secret into it.")
        return content

    def _way_out(self, name: str) -> str:
        """What to do about a secret file that is missing."""
        with suppress(OSError):
            if beneath := sorted(str(each.parent) for each in self.secrets.glob(f"*/{name}")):
                return f"{PREFIX}SECRETS names the folder of one service, and the file is in {', '.join(beneath)}"
        return (
            f"Correct {PREFIX}SECRETS or put the file there; a new installation makes its files with: "
            "bowchat-keys init DIR"
        )

    def secrets_list(self, name: str) -> tuple[bytes, ...]:
        """The lines of a secret file: each is accepted, so that a secret can be rotated without a gap."""
        return tuple(line.strip() for line in self.secret(name).splitlines() if line.strip())

    def key(self, name: str) -> bytes:
        """A key of 32 bytes from a file that holds it in base64."""
        try:
            key = base64.b64decode(self.secret(name), validate=True)
        except binascii.Error:
            key = b""
        if len(key) != _KEY_BYTES:
            raise SettingsError(
                f"the key file {self.secrets / name} must hold {_KEY_BYTES} bytes in base64. "
                "Make one with: head -c 32 /dev/urandom | base64"
            )
        return key

    def watched(self, name: str) -> WatchedFile:
        """The content of a secret file, also after it was replaced.

        Errors: as of `secret`.
        """
        return WatchedFile(self.secrets / name, partial(self.secret, name))

    def key_ring(self, name: str) -> Callable[[], KeyRing]:
        """The keys of a file that may hold several, also after it was replaced.

        Errors: `SettingsError`.
        """
        followed = Followed(self.watched(name), partial(_ring_of, self.secrets / name))
        return lambda: followed.current

    @property
    def log_number(self) -> int:
        return logging.getLevelNamesMapping()[self.log_level]


Settings = TypeVar("Settings", bound=ServiceSettings)


def _ring_of(path: Path, content: bytes) -> KeyRing:
    try:
        return parse_ring(content)
    except SettingsError as error:
        raise SettingsError(f"{path}: {error}") from None


def load(cls: type[Settings], **values: Any) -> Settings:
    """Settings from the environment; `values` win over it. What looks like a misspelt variable is told on standard error.

    Errors: `SettingsError` that names every wrong variable and why.
    """
    for variable, meant in slips(cls, os.environ):
        # The log is set up by what is read here; standard error is free beside the answers of commands.
        sys.stderr.write(f"{variable} is no setting and is ignored; did you mean {meant}?\n")
    try:
        return cls(**values)
    except ValidationError as error:
        lines = [f"{_variable(each['loc'])}: {what_is_right(each)}" for each in error.errors()]
        raise SettingsError("cannot start with these settings:\n  " + "\n  ".join(lines)) from None


def slips(cls: type[ServiceSettings], variables: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Those of the variables that are none of these settings but nearly, each with the one that it is like."""
    known = {_variable((name,)).removeprefix(PREFIX) for name in cls.model_fields}
    for variable in sorted(variables):
        name = variable.upper().removeprefix(PREFIX)
        if not variable.upper().startswith(PREFIX) or name in known:
            continue
        for near in get_close_matches(name, known, n=1, cutoff=_NEAR):
            yield variable, PREFIX + near


def _variable(location: tuple[int | str, ...]) -> str:
    return PREFIX + "_".join(str(part) for part in location).upper()
