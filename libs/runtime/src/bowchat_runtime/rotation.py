"""Keys change hands in three steps: `rotate` makes one known, `promote` has it used, `retire` takes the former one away.

Each step writes whole files, the one that decides first; the files that follow from it are brought in line before a step
begins, so that a step that was cut short is finished by the next command.
"""

import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType

from bowchat_runtime import key_ring, keysets
from bowchat_runtime.errors import SettingsError

KINDS = ("kek", "ref", "identity")
STEPS = ("rotate", "promote", "retire")

_FILES = {"kek": "masker/kek.key", "ref": "ingest/ref.key", "identity": "masker/identity.private.json"}
"""The file of each kind that decides."""
_FOLLOWING: Mapping[str, Mapping[str, Callable[[str], str]]] = {
    "identity": {
        "dispatcher/identity.private.json": str,
        "ingest/identity.public.json": keysets.public_half,
    }
}
"""What follows from it, and how. A public keyset seals with the key in use, whatever else it holds."""


def step(directory: Path, kind: str, name: str) -> list[tuple[str, str]]:
    """Do one step for one kind of key, and say which keys there are now: each one's id, and what it is.

    Errors: `SettingsError` when a file is missing, or the step is not the next one.
    """
    deciding = directory / _FILES[kind]
    content = _read(deciding)
    _follow(directory, kind, content)
    changed = _change(kind, name)(content)
    _replace(deciding, changed)
    _follow(directory, kind, changed)
    return _described(kind, changed)


def listed(directory: Path, kind: str) -> list[tuple[str, str]]:
    """Which keys there are: each one's id, and whether it is `next`, `in use` or `former`.

    Errors: `SettingsError`.
    """
    return _described(kind, _read(directory / _FILES[kind]))


def _described(kind: str, content: str) -> list[tuple[str, str]]:
    return keysets.described(content) if kind == "identity" else key_ring.described(content)


def _module(kind: str) -> ModuleType:
    return keysets if kind == "identity" else key_ring


def _change(kind: str, name: str) -> Callable[[str], str]:
    module = _module(kind)
    changes: dict[str, Callable[[str], str]] = {
        "rotate": module.with_next,
        "promote": module.promoted,
        "retire": module.retired,
    }
    return changes[name]


def _follow(directory: Path, kind: str, content: str) -> None:
    for name, made in _FOLLOWING.get(kind, {}).items():
        path, wanted = directory / name, made(content)
        if _read(path) != wanted:
            _replace(path, wanted)


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError as error:
        raise SettingsError(f"the secret file {path} cannot be read ({error.strerror})") from None


def _replace(path: Path, content: str) -> None:
    """At once, so that nobody reads half a file; rights and owner stay."""
    before = path.stat()
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, before.st_mode & 0o777)
    with os.fdopen(descriptor, "w") as file:
        if (before.st_uid, before.st_gid) != (os.geteuid(), os.getegid()):
            os.fchown(descriptor, before.st_uid, before.st_gid)
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    fresh.replace(path)
