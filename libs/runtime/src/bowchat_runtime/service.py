"""One shape for every service: settings in, a process that serves out."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

from starlette.routing import BaseRoute

from bowchat_runtime.records import Subscription


@dataclass(frozen=True)
class Service:
    """What a service consists of; its `app.build` returns one of these.

    `resources` are entered in order before anything is consumed and left in reverse order at the end. `tasks` run
    beside the consumers and are cancelled at stop. `ready` are checks behind `/readyz`: each returns None when well,
    or the reason in words.
    """

    name: str
    subscriptions: Sequence[Subscription[Any]] = ()
    routes: Sequence[BaseRoute] = ()
    resources: Sequence[AbstractAsyncContextManager[Any]] = ()
    tasks: Sequence[Callable[[], Awaitable[None]]] = ()
    ready: Sequence[Callable[[], Awaitable[str | None]]] = field(default_factory=tuple)
