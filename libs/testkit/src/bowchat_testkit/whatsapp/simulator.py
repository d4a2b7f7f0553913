"""The simulated Cloud API on a loopback port."""

import contextlib
from typing import Self

from bowchat_testkit.http_server import Away, LoopbackServer
from bowchat_testkit.whatsapp.cloud_api import CloudApi
from bowchat_testkit.whatsapp.routes import build_app
from bowchat_testkit.whatsapp.settings import SimulatorSettings


class CloudApiSimulator(CloudApi):
    """The API over HTTP, from `async with` until its end: limits, faults, statuses, and what people received."""

    def __init__(self, settings: SimulatorSettings, *, port: int = 0) -> None:
        super().__init__(settings)
        self._server = LoopbackServer(build_app(self), port=port)
        self._running = contextlib.AsyncExitStack()

    @property
    def url(self) -> str:
        """The base of the Graph API: `<url>/v25.0/<phone number id>/messages`."""
        return self._server.url

    async def leave(self, mode: Away = "refuse") -> None:
        """Be away until `come_back`: port closed, or 503 to every call. Webhooks go on."""
        await self._server.leave(mode)

    async def come_back(self) -> None:
        await self._server.come_back()

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as starting:
            await super().__aenter__()
            starting.push_async_callback(super().__aexit__)
            await starting.enter_async_context(self._server)
            self._running = starting.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._running.aclose()
