"""The registry in use, read again when its files change. A version with a mistake is refused whole; the old one stays."""

import asyncio
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog

from bowchat_registry import metrics
from bowchat_registry.loader import parse, read_sources, version_of
from bowchat_registry.problems import RegistryError
from bowchat_registry.registry import Registry

log = structlog.get_logger()

Stamp = tuple[tuple[str, int, int], ...]


class RegistryWatcher(AbstractAsyncContextManager["RegistryWatcher"]):
    """A resource of a service (loads at the start) and a task beside its consumers (`run`)."""

    def __init__(self, directory: Path, interval_s: float = 1.0) -> None:
        self._directory, self._interval_s = directory, interval_s
        self._current: Registry | None = None
        self._stamp: Stamp = ()
        self._settling: Stamp = ()
        self._refused: RegistryError | None = None

    @property
    def current(self) -> Registry:
        """The registry in use. It never changes under whoever holds it."""
        if self._current is None:
            raise RuntimeError("the registry is read when the service starts; it has not started")
        return self._current

    async def __aenter__(self) -> Self:
        self._stamp = self._looked()
        self._take(await asyncio.to_thread(self._read))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    async def run(self) -> None:
        """Look at the files for ever."""
        while True:
            await asyncio.sleep(self._interval_s)
            await self.look()

    async def look(self) -> None:
        """Read the files again if they have changed, and stood still since the last look: nobody is writing them now."""
        stamp, before = self._looked(), self._settling
        self._settling = stamp
        if stamp in (self._stamp, ()) or stamp != before:
            return
        self._stamp = stamp
        try:
            registry = await asyncio.to_thread(self._read)
        except RegistryError as error:
            self._refuse(error)
        else:
            self._take(registry)

    async def note(self) -> str | None:
        """Why the files on disk are not in use, or None when they are. The service itself goes on either way."""
        if self._refused is None:
            return None
        first = self._refused.problems[0]
        return (
            f"the registry on disk is refused ({len(self._refused.problems)} problem(s), the first: {first})"
        )

    def _read(self) -> Registry:
        sources = read_sources(self._directory)
        if self._current is not None and version_of(sources) == self._current.version:
            return self._current
        return parse(sources, str(self._directory))

    def _take(self, registry: Registry) -> None:
        if self._current is not None and registry is not self._current:
            log.info("registry_taken", version=registry.version, policies=len(registry.policies))
            metrics.RELOADS.labels("taken").inc()
        self._current, self._refused = registry, None
        metrics.REFUSED.set(0)
        metrics.POLICIES.set(len(registry.policies))

    def _refuse(self, error: RegistryError) -> None:
        self._refused = error
        metrics.REFUSED.set(1)
        metrics.RELOADS.labels("refused").inc()
        places = [f"{each.file}:{each.line}: {each.field}" for each in error.problems[:20]]
        log.error("registry_refused", problems=len(error.problems), places=places)

    def _looked(self) -> Stamp:
        """What changes when a file does: names, times and sizes."""
        found = []
        for path in sorted(self._directory.glob("**/*")):
            try:
                state = path.stat()
            except (
                OSError
            ):  # replaced this very moment, and the next look sees the new one; or it leads nowhere
                continue
            found.append((path.as_posix(), state.st_mtime_ns, state.st_size))
        return tuple(found)
