"""A receiver of webhooks that keeps what it gets: stands where the relay would."""

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bowchat_testkit.http_server import LoopbackServer


@dataclass(frozen=True)
class Call:
    """One call that came in."""

    body: bytes
    headers: dict[str, str]


class WebhookSink(LoopbackServer):
    """Answers any POST with the statuses it was told to, one each, then with 200."""

    def __init__(self) -> None:
        super().__init__(Starlette(routes=[Route("/{path:path}", self._take, methods=["POST"])]))
        self.calls: list[Call] = []
        self.answered: Counter[int] = Counter()
        self.to_answer: list[int] = []

    async def _take(self, request: Request) -> Response:
        body = await request.body()
        self.calls.append(Call(body, dict(request.headers)))
        status = self.to_answer.pop(0) if self.to_answer else 200
        self.answered[status] += 1
        return PlainTextResponse("", status)

    def bodies(self) -> list[Any]:
        """The JSON of all calls, in order."""
        return [json.loads(call.body) for call in self.calls]
