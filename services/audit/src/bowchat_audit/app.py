"""The composition root."""

import re
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any

from bowchat_audit.guard import check
from bowchat_audit.handlers import AuditHandler
from bowchat_audit.holes import KafkaHoles
from bowchat_audit.keys import DATABASE as KEYS_DATABASE
from bowchat_audit.keys import KeyStore, LaneKeys, MemoryKeys, MongoKeys
from bowchat_audit.memory import MemoryLog
from bowchat_audit.settings import AuditSettings
from bowchat_audit.store import DATABASE, LogStore, mongo_log
from bowchat_contracts.topics import TOPICS
from bowchat_runtime.mongo import MongoDatabase
from bowchat_runtime.publisher import KafkaPublisher, Publisher
from bowchat_runtime.records import Subscription
from bowchat_runtime.resource import Resource
from bowchat_runtime.service import Service

NAME = "audit"
# Nobody waits for the log, and of every event that flows it sees each: taken one by one they would keep the broker busy.
_PATIENCE_MS = 250


def build(
    settings: AuditSettings, *, store: LogStore | None = None, publisher: Publisher | None = None
) -> Service:
    """The log: one subscription to every topic, since one log has one order; one task that ends the process on a gap."""
    resources: list[AbstractAsyncContextManager[Any]] = []
    database = audit_database(settings)
    uses_mongo = store is None and settings.store == "mongo"
    if uses_mongo:
        resources.append(database)
    entries = store or (mongo_log(database) if uses_mongo else MemoryLog())
    resources.append(Resource(partial(check, entries)))
    if publisher is None:
        publisher = KafkaPublisher(settings, NAME)
        resources.append(publisher)
    holes = KafkaHoles(settings)
    resources.append(holes)
    handler = AuditHandler(entries, LaneKeys(_key_store(settings, resources, uses_mongo=uses_mongo)), holes)
    return Service(
        name=NAME,
        publisher=publisher,
        subscriptions=[Subscription(handler, pattern=every_topic(), raw=True, patience_ms=_PATIENCE_MS)],
        resources=resources,
        tasks=[handler.watch],
        ready=[database.ping] if uses_mongo else [],
    )


def _key_store(
    settings: AuditSettings, resources: list[AbstractAsyncContextManager[Any]], *, uses_mongo: bool
) -> KeyStore:
    if not uses_mongo:
        return MemoryKeys()
    database = keys_database(settings)
    resources.append(database)
    return MongoKeys(database)


def keys_database(settings: AuditSettings) -> MongoDatabase:
    return MongoDatabase(settings.mongo_uri.get_secret_value(), KEYS_DATABASE)


def audit_database(settings: AuditSettings) -> MongoDatabase:
    return MongoDatabase(settings.mongo_uri.get_secret_value(), DATABASE)


def every_topic() -> str:
    """A pattern that matches the topics of the table, and no others."""
    names = (re.sub(r"\\{\w+\\}", "[a-z][a-z0-9-]*", re.escape(topic.name)) for topic in TOPICS)
    return f"^({'|'.join(names)})$"
