"""What every endpoint shares: refusals in words, bodies read within bounds, a bounded lane to Kafka."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse

from bowchat_ingest import metrics
from bowchat_runtime.errors import DependencyDownError
from bowchat_runtime.publisher import Publisher
from bowchat_runtime.records import Outgoing

_BODY_SECONDS = 10.0
_COME_BACK_SECONDS = 5


@dataclass
class RefusalError(Exception):
    """An answer other than success. The texts speak to who calls, and never quote the request."""

    code: int
    error: str
    what_to_do: str
    details: tuple[str, ...] = ()

    def response(self) -> JSONResponse:
        content: dict[str, Any] = {"error": self.error, "what_to_do": self.what_to_do}
        if self.details:
            content["details"] = self.details
        headers = {"retry-after": str(_COME_BACK_SECONDS)} if self.code == 503 else None
        return JSONResponse(content, self.code, headers)


async def read_body(request: Request, largest: int) -> bytes:
    """The raw body, refused as soon as it is too large (413) or too slow (408)."""
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and int(announced[:12]) > largest:
        raise _too_large(largest)
    chunks, size = [], 0
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            async for chunk in request.stream():
                size += len(chunk)
                if size > largest:
                    raise _too_large(largest)
                chunks.append(chunk)
    except TimeoutError:
        raise RefusalError(408, "the body took too long to arrive", "send it again") from None
    except ClientDisconnect:
        raise RefusalError(400, "the body ended early", "send it again") from None
    return b"".join(chunks)


def _too_large(largest: int) -> RefusalError:
    return RefusalError(413, f"the body is larger than {largest} bytes", "send less at once")


class Lane:
    """How many requests may be held at once. One lane per kind of caller, so that none starves another."""

    def __init__(self, name: str, capacity: int, publisher: Publisher, publish_seconds: float) -> None:
        self._capacity, self._publisher, self._seconds = capacity, publisher, publish_seconds
        self._requests = 0
        self._abandoned: set[asyncio.Task[None]] = set()
        self._gauge = metrics.IN_FLIGHT.labels(name)

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place for one request.

        Errors: `RefusalError` 503 when all are taken.
        """
        if self._requests + len(self._abandoned) >= self._capacity:
            raise RefusalError(503, "too many requests are being worked on", "try again in a few seconds")
        self._requests += 1
        self._gauge.inc()
        try:
            yield
        finally:
            self._requests -= 1
            self._gauge.dec()

    async def publish(self, outgoing: Sequence[Outgoing]) -> None:
        """Return when Kafka has acknowledged every event.

        A publish that takes too long is not cancelled, which could leave the producer half rebuilt: it keeps a place
        until it ends. What it still brings to Kafka comes again when the caller does, and is absorbed by its ids.

        Errors: `RefusalError` 503 when Kafka does not acknowledge in time.
        """
        if not outgoing:
            return
        task = asyncio.ensure_future(self._publisher.publish(outgoing))
        try:
            await asyncio.wait({task}, timeout=self._seconds)
        finally:
            if not task.done():
                self._abandoned.add(task)
                task.add_done_callback(self._ended)
        if not task.done() or isinstance(task.exception(), DependencyDownError):
            raise RefusalError(
                503, "this cannot be stored right now, and nothing of it is kept", "send it again later"
            )
        task.result()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._abandoned.discard(task)
        if not task.cancelled():
            task.exception()  # seen: the caller has been told already
