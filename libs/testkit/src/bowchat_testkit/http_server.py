"""A simulator's HTTP server: real sockets on loopback, which can go away, come back and break a connection."""

import asyncio
import contextlib
import signal
import socket
import struct
from typing import Any, Literal, Self

import uvicorn
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from bowchat_runtime.http_server import Server

Away = Literal["refuse", "503"]
"""`refuse`: the port is closed. `503`: it is open, and everything but the control paths answers 503."""

CONTROL = "/_sim/"
"""Paths by which a simulator is driven; they stay open in mode `503`."""

_LINGER_ZERO = struct.pack("ii", 1, 0)
"""Closing a socket with this option sends RST instead of FIN."""


class _QuietServer(Server):
    """A server that ends at once instead of politely: its callers must bear broken calls."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()
        self.over = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    async def main_loop(self) -> None:
        await self.over.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for listener in sockets or ():
            listener.close()
        for connection in list(self.server_state.connections):
            transport = getattr(connection, "transport", None)
            if transport is not None:
                transport.abort()
        unfinished = set(self.server_state.tasks)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)


class LoopbackServer:
    """Serves an ASGI application in this event loop. The port, once bound, stays the same over stop and start.

    Errors: `OSError` from `start` when the port is taken.
    """

    def __init__(self, app: ASGIApp, *, port: int = 0, host: str = "127.0.0.1") -> None:
        self._app = app
        self._host = host
        self._port = port
        self._server: _QuietServer | None = None
        self._task: asyncio.Task[None] | None = None
        self._absence: asyncio.Task[None] | None = None
        self.away: Away | None = None

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end. Known after the first start."""
        return f"http://{self._host}:{self._port}"

    async def start(self) -> None:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((self._host, self._port))
        except OSError:
            listener.close()
            raise
        self._port = listener.getsockname()[1]
        config = uvicorn.Config(
            self._serve,
            http="httptools",
            interface="asgi3",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            timeout_keep_alive=60,
        )
        self._server = _QuietServer(config)
        self._task = asyncio.create_task(self._server.serve([listener]))
        await self._server.listening.wait()

    async def stop(self) -> None:
        """Close the listener and cut every open connection: callers see refused and broken connections."""
        server, task, self._server, self._task = self._server, self._task, None, None
        if server is None or task is None:
            return
        server.over.set()
        await task

    async def leave(self, mode: Away = "refuse") -> None:
        """Be away until `come_back`."""
        self.away = mode
        if mode == "refuse":
            await self.stop()

    async def come_back(self) -> None:
        """Be there again, at the same address."""
        if self._server is None:
            await self.start()
        self.away = None

    def plan_absence(self, mode: Away, *, seconds: float | None) -> None:
        """Leave in a moment, so that the call that asked for it is still answered, and return after `seconds`."""

        async def absence() -> None:
            await asyncio.sleep(0.05)
            await self.leave(mode)
            if seconds is not None:
                await asyncio.sleep(seconds)
                await self.come_back()

        self._absence = asyncio.create_task(absence())

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Stop for good, a planned return included."""
        if self._absence is not None:
            self._absence.cancel()
            await asyncio.gather(self._absence, return_exceptions=True)
        await self.stop()

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        # ASGI hides the socket; uvicorn's `send` is bound to the object that owns it.
        scope["transport"] = getattr(getattr(send, "__self__", None), "transport", None)
        scope["loopback"] = self
        if self.away == "503" and not scope["path"].startswith(CONTROL):
            await PlainTextResponse("Service Unavailable", 503)(scope, receive, send)
            return
        await self._app(scope, receive, send)


class AwayOrder(BaseModel):
    """The body of `POST /_sim/away`. `mode` null: come back. A closed port can be called by nobody, so it needs seconds."""

    model_config = ConfigDict(extra="forbid")

    mode: Away | None = "refuse"
    seconds: float | None = Field(default=None, ge=0)


async def away_endpoint(request: Request) -> Response:
    """`POST /_sim/away`, for every simulator."""
    server: LoopbackServer = request.scope["loopback"]
    order = AwayOrder.model_validate_json(await request.body())
    if order.mode is None:
        await server.come_back()
    elif order.mode == "refuse" and order.seconds is None:
        return JSONResponse({"error": "mode refuse closes the port: say for how many seconds"}, 400)
    else:
        server.plan_absence(order.mode, seconds=order.seconds)
    return JSONResponse({"ok": True})


async def reset(request: Request) -> None:
    """Break the caller's connection with a TCP reset. What the endpoint returns afterwards goes nowhere."""
    transport: Any = request.scope["transport"]
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
    transport.abort()
    await asyncio.sleep(0.01)  # the server learns of it in the loop's next turn


async def until_gone(request: Request, seconds: float | None) -> None:
    """Wait until the caller hangs up, at most `seconds`. The body must have been read before."""

    async def gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(gone(), seconds)


async def stopped() -> None:
    """Wait for SIGINT or SIGTERM."""
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, over.set)
    await over.wait()
