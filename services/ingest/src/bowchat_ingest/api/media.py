"""Cleaned files, for whoever has the link: its token is the file's key, so nothing here can open a file without it."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from bowchat_contracts.media import EXTENSIONS
from bowchat_ingest import metrics
from bowchat_ingest.api.requests import Lane, RefusalError
from bowchat_runtime.clock import Clock
from bowchat_runtime.errors import DependencyDownError
from bowchat_runtime.files import FileStore
from bowchat_runtime.media_links import file_id_of, key_of
from bowchat_runtime.sealed_files import opened

log = structlog.get_logger()

_HEADERS = {
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; sandbox",
    "referrer-policy": "no-referrer",
    "accept-ranges": "none",
}


@dataclass(frozen=True)
class MediaLinks:
    lane: Lane
    files: FileStore
    clock: Clock

    async def serve(self, request: Request) -> Response:
        """The file behind a link; 404 for a link that never was, 410 for one whose time is over."""
        try:
            response: Response = await self._found(str(request.path_params["token"]))
        except RefusalError as refusal:
            response = refusal.response()
        metrics.MEDIA.labels(response.status_code).inc()
        return response

    async def _found(self, token: str) -> Response:
        try:
            key = key_of(token)
            file_id = file_id_of(key)
            about = await self.files.about(file_id)
        except ValueError:
            about = None
        except DependencyDownError:
            raise RefusalError(
                503, "the file cannot be read right now", "try again in a few seconds"
            ) from None
        if about is None or about["mime"] not in EXTENSIONS:
            raise RefusalError(404, "there is no such file", "copy the link from the event that announced it")
        if self.clock() >= about["expires_at"]:
            raise RefusalError(410, "this link has ended", "ask the aggregator for the file")
        log.info("media_served", media_id=about["media_id"])
        return _Placed(self.lane, opened(key, self.files.read(file_id)), about)


class _Placed(StreamingResponse):
    """A file on its way holds one of the lane's places until it is over, however it ends."""

    def __init__(self, lane: Lane, chunks: AsyncIterator[bytes], about: Mapping[str, Any]) -> None:
        name = f"{about['media_id']}.{EXTENSIONS[about['mime']]}"
        super().__init__(
            chunks,
            media_type=about["mime"],
            headers={
                **_HEADERS,
                "content-length": str(about["size"]),
                "content-disposition": f'attachment; filename="{name}"',
            },
        )
        self._lane = lane

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            with self._lane.place():
                await super().__call__(scope, receive, send)
        except RefusalError as refusal:
            await refusal.response()(scope, receive, send)
