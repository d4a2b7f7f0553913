"""One shape for every service: settings in, a process that serves out."""

import asyncio
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
import uvicorn
import uvloop
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bowchat_runtime import logging, metrics
from bowchat_runtime.advice import advised
from bowchat_runtime.clock import Clock, system_clock
from bowchat_runtime.consumers import Consumers
from bowchat_runtime.errors import DependencyDownError, SettingsError
from bowchat_runtime.garbage import collect_seldom
from bowchat_runtime.http_server import Server
from bowchat_runtime.loop import backoff_s
from bowchat_runtime.publisher import Publisher
from bowchat_runtime.records import Subscription
from bowchat_runtime.settings import ServiceSettings, load
from bowchat_runtime.watchdog import Watchdog

log = structlog.get_logger()
AnySettings = TypeVar("AnySettings", bound=ServiceSettings)

STOP_S = 20.0
"""Seconds a service takes at most to stop."""
_CHECK_S = 5.0
"""Seconds that a check behind `/readyz` may take; most end sooner by themselves."""


@dataclass(frozen=True)
class Service:
    """What a service consists of; its `app.build` returns one of these.

    `publisher` is what the consumer loop publishes with. `resources` (the publisher and the store among them, where they
    are context managers) are entered in order before anything is consumed and left in reverse order at the end. `tasks`
    run beside the consumers, for ever, and are cancelled at stop; one that ends or fails ends the process. `ready` are
    checks behind `/readyz`, beside those of publisher and consumers: each returns None when well, or the reason in words.
    `notes` say there what people should know of a service that works.
    """

    name: str
    publisher: Publisher
    subscriptions: Sequence[Subscription[Any]] = ()
    routes: Sequence[BaseRoute] = ()
    resources: Sequence[AbstractAsyncContextManager[Any]] = ()
    tasks: Sequence[Callable[[], Awaitable[None]]] = ()
    ready: Sequence[Callable[[], Awaitable[str | None]]] = ()
    notes: Sequence[Callable[[], Awaitable[str | None]]] = ()


def serving(settings: type[AnySettings], build: Callable[[AnySettings], Service]) -> Callable[[], None]:
    """What `serve` on a service's command line does: it runs what `build` makes of the environment's settings."""

    def run() -> None:
        given = load(settings)
        serve(build(given), given)

    return run


def serve(service: Service, settings: ServiceSettings, clock: Clock = system_clock) -> None:
    """Run until SIGTERM or SIGINT, then stop within `STOP_S` seconds.

    Errors: `SettingsError` when the port is taken. A failed task raises.
    """
    redactions = metrics.LOG_REDACTIONS.labels(service.name)
    logging.configure(service.name, settings.log_number, redactions.inc)
    collect_seldom()
    uvloop.run(_Process(service, settings, clock).run())


class _Process:
    def __init__(self, service: Service, settings: ServiceSettings, clock: Clock) -> None:
        self._service, self._settings = service, settings
        self._consumers = Consumers(service.name, settings, service.subscriptions, service.publisher, clock)
        self._starting: str | None = "the service is starting"
        self._stop = asyncio.Event()

    async def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._stop.set)
        server = Server(self._http())
        listener = _listener(self._settings)
        http = asyncio.create_task(server.serve(sockets=[listener]))
        log.info("listening", host=self._settings.http_host, port=listener.getsockname()[1])
        work = asyncio.create_task(self._work())
        stopped = asyncio.create_task(self._stop.wait())
        await asyncio.wait({work, stopped, http}, return_when=asyncio.FIRST_COMPLETED)
        log.info("stopping")
        server.should_exit = True
        stopped.cancel()
        work.cancel() if self._stop.is_set() else None
        await asyncio.wait({work, http}, timeout=STOP_S)
        log.info("stopped")
        if self._stop.is_set() and (not work.done() or self._consumers.abandoned):
            # The event loop's end would wait once more for whatever waits for a broker that is away.
            os._exit(0)
        if work.done() and not work.cancelled():
            work.result()

    async def _work(self) -> None:
        """Open everything, as often as it takes; then work until cancelled."""
        async with AsyncExitStack() as stack:
            for resource in self._service.resources:
                await self._patiently(lambda one=resource: stack.enter_async_context(one))  # type: ignore[misc]
            if self._service.subscriptions:
                # First: who is told to stop while groups are joined has to leave those that were.
                stack.push_async_callback(self._consumers.stop)
                await self._patiently(self._consumers.start)
            self._starting = None
            log.info("ready")
            async with asyncio.TaskGroup() as group:
                for task in self._service.tasks:
                    group.create_task(_for_ever(task))
                if self._service.subscriptions:
                    watchdog = Watchdog(self._service.name, self._settings, self._consumers)
                    group.create_task(_for_ever(watchdog.run))
                await self._stop.wait()
                raise asyncio.CancelledError

    async def _patiently(self, start: Callable[[], Awaitable[Any]]) -> None:
        waits = 0
        while True:
            try:
                await start()
            except DependencyDownError as error:
                self._starting = advised(str(error), self._settings)
                log.warning("waiting_for_dependency", reason=self._starting)
                await asyncio.sleep(backoff_s(waits, 0.5))
                waits += 1
            else:
                # Clients wait with `wait_for`, which in Python 3.11 can lose a cancellation that comes as the wait ends.
                if self._stop.is_set():
                    raise asyncio.CancelledError
                return

    def _http(self) -> uvicorn.Config:
        app = Starlette(
            routes=[
                Route("/healthz", self._healthz),
                Route("/readyz", self._readyz),
                Route("/metrics", _metrics),
                *self._service.routes,
            ]
        )
        return uvicorn.Config(
            app,
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=10,
            server_header=False,
            proxy_headers=False,
        )

    async def _healthz(self, request: Request) -> Response:  # noqa: ARG002 - Starlette passes it
        """Alive: the event loop answers. What is stuck is ended by the watchdog."""
        return JSONResponse({"status": "alive"})

    async def _readyz(self, request: Request) -> Response:  # noqa: ARG002 - Starlette passes it
        """Ready to work, or why not."""
        found = [self._starting] if self._starting else await _told(self._checks())
        reasons = [advised(each, self._settings) for each in found]
        status = "waiting" if reasons else "ready"
        notes = await _told(self._service.notes)
        return JSONResponse({"status": status, "reasons": reasons, "notes": notes}, 503 if reasons else 200)

    def _checks(self) -> Sequence[Callable[[], Awaitable[str | None]]]:
        consumers = [self._consumers.ready] if self._service.subscriptions else []
        return [self._service.publisher.ready, *self._service.ready, *consumers]


async def _told(checks: Sequence[Callable[[], Awaitable[str | None]]]) -> list[str]:
    """What they say, each once. They are asked at once: who asks waits for the slowest, not for all."""
    return list(dict.fromkeys(said for said in await asyncio.gather(*map(_said, checks)) if said))


async def _said(check: Callable[[], Awaitable[str | None]]) -> str | None:
    """What it says. One that fails, or does not end, says so: the others are heard all the same."""
    try:
        async with asyncio.timeout(_CHECK_S):
            return await check()
    except TimeoutError:
        return f"a check did not end within {_CHECK_S:g} s"
    except Exception as error:
        log.exception("check_failed")
        return f"a check failed ({type(error).__name__}): the log says where"


def _listener(settings: ServiceSettings) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.http_host, settings.http_port))
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"cannot listen on {settings.http_host}:{settings.http_port} ({error.strerror}). "
            "Set BOWCHAT_HTTP_PORT to a free port"
        ) from None
    listener.listen(1024)
    listener.setblocking(False)
    return listener


async def _for_ever(task: Callable[[], Awaitable[None]]) -> None:
    await task()
    raise RuntimeError("a task that runs for ever has ended")


async def _metrics(request: Request) -> Response:  # noqa: ARG001 - Starlette passes it
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
