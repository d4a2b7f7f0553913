"""The composition root."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from bowchat_contracts.topics import (
    INBOUND_RECEIVED,
    POLICIES_CHANGED,
    REFS_FORGOTTEN,
    REPLIES_DECIDED,
    SUBJECTS_ERASED,
)
from bowchat_registry.watcher import RegistryWatcher
from bowchat_router.erasure import ErasureHandler, ForgettingHandler
from bowchat_router.handlers import InboundHandler, ReplyHandler
from bowchat_router.memory import MemoryRouter
from bowchat_router.policies import Imports, WithImports
from bowchat_router.policies.handler import AT_ONCE, PoliciesHandler
from bowchat_router.policies.store import MemoryPolicyJournal, MongoPolicyJournal, PolicyJournal
from bowchat_router.remembered import Memory
from bowchat_router.settings import RouterSettings
from bowchat_router.store import DATABASE, MongoRouter, RouterStore
from bowchat_runtime.mongo import MongoDatabase
from bowchat_runtime.publisher import KafkaPublisher, Publisher
from bowchat_runtime.records import Subscription
from bowchat_runtime.service import Service

NAME = "router"


def build(
    settings: RouterSettings,
    *,
    store: RouterStore | None = None,
    policies: PolicyJournal | None = None,
    publisher: Publisher | None = None,
    registry: RegistryWatcher | None = None,
) -> Service:
    """The router: messages and replies in, and who is to be forgotten, over one store and one memory."""
    watcher = registry or RegistryWatcher(settings.registry)
    resources: list[AbstractAsyncContextManager[object]] = [watcher]
    database = MongoDatabase(settings.mongo_uri.get_secret_value(), DATABASE)
    uses_mongo = store is None and settings.store == "mongo"
    if uses_mongo:
        resources.append(database)
    kept = store or (MongoRouter(database) if uses_mongo else MemoryRouter())
    resources.append(_prepared(kept))
    imports = Imports(policies or (MongoPolicyJournal(database) if uses_mongo else MemoryPolicyJournal()))
    resources.append(imports)
    registries = WithImports(watcher, imports.book)
    if publisher is None:
        publisher = KafkaPublisher(settings, NAME)
        resources.append(publisher)
    memory = Memory()
    return Service(
        name=NAME,
        publisher=publisher,
        subscriptions=[
            Subscription(
                InboundHandler(kept, registries, memory), topics=(INBOUND_RECEIVED,), name="inbound"
            ),
            Subscription(ReplyHandler(kept, registries, memory), topics=(REPLIES_DECIDED,), name="replies"),
            Subscription(ErasureHandler(kept), topics=(SUBJECTS_ERASED,), name="erasures"),
            Subscription(
                ForgettingHandler(kept, memory, imports), topics=(REFS_FORGOTTEN,), name="forgetting"
            ),
            Subscription(
                PoliciesHandler(imports), topics=(POLICIES_CHANGED,), name="policies", max_records=AT_ONCE
            ),
        ],
        resources=resources,
        tasks=[watcher.run, imports.run],
        ready=[database.ping] if uses_mongo else [],
    )


@asynccontextmanager
async def _prepared(store: RouterStore) -> AsyncIterator[None]:
    await store.prepare()
    yield
