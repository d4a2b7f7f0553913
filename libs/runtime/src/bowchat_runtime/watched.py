"""Files that may be replaced while a service runs: what they say now, without a restart."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

import structlog

from bowchat_runtime.errors import SettingsError

log = structlog.get_logger()

Content = Callable[[], bytes]
"""Gives the same object for as long as nothing has changed."""

Value = TypeVar("Value")


class WatchedFile:
    """The content of a file, read again once the file is another. One that is gone or unreadable changes nothing."""

    def __init__(self, path: Path, read: Callable[[], bytes]) -> None:
        """Errors: those of `read`."""
        self._path, self._place, self._read = path, str(path), read
        self._stamp = self._looked()
        self._content = read()

    def __call__(self) -> bytes:
        stamp = self._looked()
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._content = self._read()
            except SettingsError:
                log.warning("secret_file_unreadable", file=self._path.name)
        return self._content

    def _looked(self) -> tuple[int, ...]:
        try:
            found = os.stat(self._place)  # noqa: PTH116 - looked at with every message
        except OSError:
            return ()
        # The time of its last change of any kind: also of rights, after which it may be readable.
        return (found.st_ctime_ns, found.st_mtime_ns, found.st_size, found.st_ino)


class Followed(Generic[Value]):
    """What is made of a content that may change. A new content of no use is told once; the value before it stays."""

    def __init__(self, content: bytes | Content, parse: Callable[[bytes], Value]) -> None:
        """Errors: those of `parse`, for the first content."""
        self._content: Content = content if callable(content) else lambda: content
        self._parse = parse
        self._seen = self._content()
        self._value = parse(self._seen)

    @property
    def current(self) -> Value:
        seen = self._content()
        if seen is not self._seen:
            self._seen = seen
            try:
                self._value = self._parse(seen)
            except SettingsError:
                log.warning("secret_of_no_use")
        return self._value
