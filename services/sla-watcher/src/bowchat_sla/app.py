"""The composition root."""

from contextlib import AbstractAsyncContextManager

from bowchat_contracts.topics import CONVERSATIONS_CHANGED, INBOUND_RELAYED, REPLIES_DECIDED
from bowchat_runtime.clock import Clock, system_clock
from bowchat_runtime.mongo import MongoDatabase
from bowchat_runtime.publisher import KafkaPublisher, Publisher
from bowchat_runtime.records import Subscription
from bowchat_runtime.resource import Resource
from bowchat_runtime.service import Service
from bowchat_sla.handlers import ClockHandler
from bowchat_sla.memory import MemoryClocks
from bowchat_sla.settings import SlaSettings
from bowchat_sla.store import DATABASE, ClockStore, MongoClocks
from bowchat_sla.ticker import Ticker

NAME = "sla-watcher"
# Clocks run by the times that events tell, not by when they are read.
_PATIENCE_MS = 100


def build(
    settings: SlaSettings,
    *,
    store: ClockStore | None = None,
    publisher: Publisher | None = None,
    clock: Clock = system_clock,
) -> Service:
    """The watcher: one subscription for what moves clocks, one task for the timers."""
    resources: list[AbstractAsyncContextManager[object]] = []
    database = MongoDatabase(settings.mongo_uri.get_secret_value(), DATABASE)
    uses_mongo = store is None and settings.store == "mongo"
    if uses_mongo:
        resources.append(database)
    clocks = store or (MongoClocks(database) if uses_mongo else MemoryClocks())
    resources.append(Resource(clocks.prepare))
    if publisher is None:
        publisher = KafkaPublisher(settings, NAME)
        resources.append(publisher)
    ticker = Ticker(clocks, publisher, clock)
    resources.append(ticker)
    handler = ClockHandler(clocks)
    topics = (INBOUND_RELAYED, REPLIES_DECIDED, CONVERSATIONS_CHANGED)
    return Service(
        name=NAME,
        publisher=publisher,
        subscriptions=[
            Subscription(handler, topics=topics, patience_ms=_PATIENCE_MS, concerns=handler.concerns)
        ],
        resources=resources,
        tasks=[ticker.watch],
        ready=[database.ping] if uses_mongo else [],
    )
