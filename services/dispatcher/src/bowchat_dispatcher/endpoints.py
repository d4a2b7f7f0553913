"""Where insurers listen, as the registry has it now."""

from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Protocol


class Endpoints(Protocol):
    """Where insurers listen."""

    def url(self, insurer: str) -> str | None:
        """The insurer's webhook, or None when it listens elsewhere or is unknown."""
        ...


def watched(directory: Path, resources: list[AbstractAsyncContextManager[Any]]) -> Endpoints:
    """The registry directory, reloaded while it changes."""
    raise NotImplementedError
