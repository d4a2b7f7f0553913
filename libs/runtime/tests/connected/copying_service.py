"""A service that copies every clock event to another topic, for the tests to kill. `POISON` names a desk it fails at."""

import os
from collections.abc import Sequence
from datetime import datetime

from bowchat_contracts.topics import GUARD_RAISED, SLA_CHANGED
from bowchat_runtime.publisher import KafkaPublisher
from bowchat_runtime.records import Outgoing, Record, Subscription, follow
from bowchat_runtime.service import Service, serve
from bowchat_runtime.settings import ServiceSettings, load


class Copy:
    async def load(self, records: Sequence[Record]) -> None:
        return None

    def decide(self, record: Record, state: None, now: datetime) -> Sequence[Outgoing]:
        if record.event.desk == os.environ.get("POISON"):
            raise ValueError("poisoned")
        return [
            Outgoing(
                GUARD_RAISED, record.key or "", record.event, follow(record.meta, "t", record.event, time=now)
            )
        ]

    async def save(self, state: None) -> None: ...

    def forget(self) -> None: ...


settings = load(ServiceSettings)
publisher = KafkaPublisher(settings, "router")
subscription = Subscription(Copy(), topics=(SLA_CHANGED,), name=os.environ["GROUP"])
serve(Service("router", publisher, subscriptions=[subscription], resources=[publisher]), settings)
