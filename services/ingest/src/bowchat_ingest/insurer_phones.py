"""Which numbers are insurers': read from secret files, so that what one writes is never taken for a policyholder's.

`insurers/<id>.whatsapp` holds the insurer's number in E.164, `+447700900123`. Lines behind it may hold business-scoped user
ids, since WhatsApp may show one without its number. A file that is new, or another, counts from the next webhook on; a
content of no use is told once, and what was known stays.
"""

import re
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import structlog

from bowchat_contracts.inbound import Identity
from bowchat_registry.declared import DeclaredNames
from bowchat_registry.problems import RegistryError
from bowchat_runtime.errors import SettingsError

log = structlog.get_logger()

_NUMBER = re.compile(r"\+([1-9][0-9]{7,14})")
_BSUID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")
_SETTLED_NS = 1_000_000_000
_SUFFIX = ".whatsapp"

Stamp = tuple[tuple[str, int, int, int], ...]


class InsurerPhones:
    """The insurers' phones, by what WhatsApp calls them."""

    def __init__(self, directory: Path) -> None:
        """Errors: `SettingsError` for a file of no use, or a number of two insurers."""
        self._directory = directory
        self._listed_at: int | None = None
        self._files: tuple[Path, ...] = ()
        self._stamp = self._look()
        self._known = read(self._files)

    def insurer_of(self, sender: Identity) -> str | None:
        """Whose phone this is; None for everybody else."""
        return self._known.get(sender.number or "") or self._known.get(sender.bsuid or "")

    def missing(self, insurers: Iterable[str]) -> list[str]:
        """Those of these insurers whose phone is not known."""
        self.refresh()
        return sorted({*insurers} - {*self._known.values()})

    def file_of(self, insurer: str) -> Path:
        return self._directory / f"{insurer}{_SUFFIX}"

    def refresh(self) -> None:
        """Read the files again where they are others."""
        stamp = self._look()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._known = read(self._files)
        except SettingsError as error:
            log.warning("insurer_phones_of_no_use", reason=str(error))

    def _look(self) -> Stamp:
        """What tells whether a file is another; the directory is listed only when its entries have changed."""
        try:
            changed_at = self._directory.stat().st_mtime_ns
        except OSError:
            return ()
        if changed_at != self._listed_at:
            self._files = tuple(sorted(self._directory.glob(f"*{_SUFFIX}")))
            # What came in the same tick of the file system's clock would not show in its time.
            self._listed_at = changed_at if time.time_ns() - changed_at > _SETTLED_NS else None
        return tuple(_stamped(each) for each in self._files)


async def unknown_phones(names: DeclaredNames, phones: InsurerPhones) -> str | None:
    """Which insurers on WhatsApp cannot be told from policyholders, and what to do; None where all can. For `/readyz`."""
    try:
        unknown = phones.missing(names.current().on_whatsapp)
    except RegistryError:
        return None
    if not unknown:
        return None
    return (
        f"{', '.join(unknown)}: on WhatsApp, and their number is not known, so what they write is taken for "
        f"a policyholder's. Write it into {phones.file_of('<id>')}, like +447700900123 (docs/insurer-whatsapp.md)"
    )


def read(files: tuple[Path, ...]) -> Mapping[str, str]:
    """Insurers by number (digits alone) and by business-scoped user id.

    Errors: `SettingsError` that names the file, never what stands in it.
    """
    found: dict[str, str] = {}
    for path in files:
        insurer = path.name.removesuffix(_SUFFIX)
        for known in _lines(path):
            if found.setdefault(known, insurer) != insurer:
                raise SettingsError(
                    f"{path} holds what another insurer's file holds: a phone is one insurer's"
                )
    return found


def _lines(path: Path) -> list[str]:
    try:
        lines = [line.strip() for line in path.read_text().splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError):
        raise SettingsError(f"the secret file {path} cannot be read") from None
    number = _NUMBER.fullmatch(lines[0]) if lines else None
    if number is None or not all(map(_BSUID.fullmatch, lines[1:])):
        raise SettingsError(
            f"the secret file {path} must hold the insurer's number in its first line, like +447700900123; "
            "lines behind it may hold business-scoped user ids"
        )
    return [number[1], *lines[1:]]


def _stamped(path: Path) -> tuple[str, int, int, int]:
    try:
        found = path.stat()
    except OSError:
        return (path.name, 0, 0, 0)
    return (path.name, found.st_ctime_ns, found.st_size, found.st_ino)
