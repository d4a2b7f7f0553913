"""The load: signed webhooks over a few kept connections, at a steady rate or as fast as the relay takes them."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from bowchat_testkit.bench.messages import Webhook

CONNECTIONS = 128
_OK = b"HTTP/1.1 200"
_ANSWER_SECONDS = 30.0


@dataclass
class Sent:
    """When each message was sent (seconds of `time.perf_counter`), and which webhooks were not taken."""

    at: dict[bytes, float] = field(default_factory=dict)
    answer_seconds: list[float] = field(default_factory=list)
    refused: int = 0

    def note(self, webhook: Webhook, at: float, *, taken: bool) -> None:
        self.answer_seconds.append(time.perf_counter() - at)
        if not taken:
            self.refused += 1
            for mark in webhook.marks:
                self.at.pop(mark, None)


class Connection:
    """One kept HTTP connection, one request at a time. A server closes one that was idle: it is opened anew."""

    def __init__(self, host: str, port: int) -> None:
        self._where = host, port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, request: bytes) -> bool:
        """Whether the webhook was answered 200."""
        async with asyncio.timeout(_ANSWER_SECONDS):
            if self._streams is not None:
                with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                    return await _answered(*self._streams, request)
            self._streams = await asyncio.open_connection(*self._where)
            return await _answered(*self._streams, request)

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()


async def _answered(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> bool:
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = _content_length(head)
    if length:
        await reader.readexactly(length)
    return head.startswith(_OK)


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


async def steadily(
    connections: Sequence[Connection], webhooks: Sequence[Webhook], per_second: float, sent: Sent
) -> None:
    """Open loop: each is due at its own moment, whether or not those before are answered.

    A message counts as sent when it was due, so that waiting for a free connection is not left out of its time.
    """
    free: asyncio.Queue[Connection] = asyncio.Queue()
    for each in connections:
        free.put_nowait(each)
    start = time.perf_counter()

    async def post(webhook: Webhook, due: float) -> None:
        sent.at.update(dict.fromkeys(webhook.marks, due))
        connection = await free.get()
        sent.note(webhook, due, taken=await connection.post(webhook.request))
        free.put_nowait(connection)

    async with asyncio.TaskGroup() as group:
        for number, webhook in enumerate(webhooks):
            due = start + number / per_second
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            group.create_task(post(webhook, due))


async def at_saturation(
    connections: Sequence[Connection],
    webhooks: Sequence[Webhook],
    sent: Sent,
    *,
    seconds: float,
    room: Callable[[], Awaitable[None]],
) -> None:
    """Closed loop: each connection sends its next webhook when the one before is answered and `room` returns."""
    left = iter(webhooks)
    end = time.perf_counter() + seconds

    async def work(connection: Connection) -> None:
        while time.perf_counter() < end:
            await room()
            webhook = next(left, None)
            if webhook is None:
                return
            now = time.perf_counter()
            sent.at.update(dict.fromkeys(webhook.marks, now))
            sent.note(webhook, now, taken=await connection.post(webhook.request))

    await asyncio.gather(*map(work, connections))
