"""The composition root."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

import httpx

from bowchat_contracts.topics import (
    COMMANDS_REQUESTED,
    DELIVERIES_UPDATED,
    DESKS_WORKED,
    INBOUND_RECEIVED,
    INBOUND_RELEASED,
    POLICIES_CHANGED,
    PROMPTS_DECIDED,
    REFS_FORGOTTEN,
    REPLIES_DECIDED,
    SLA_CHANGED,
    SUBJECTS_ERASED,
    TIMERS_DUE,
)
from bowchat_registry.watcher import RegistryWatcher
from bowchat_router.classify import train
from bowchat_router.classify.training import version_of
from bowchat_router.desk_store import DeskStore, MemoryDesks, MongoDesks
from bowchat_router.desk_watch import DeskWatch
from bowchat_router.erasure import ErasureHandler, ForgettingHandler, ForgettingWatch
from bowchat_router.handlers.commands import CommandHandler
from bowchat_router.handlers.common import Registries
from bowchat_router.handlers.desks import DeskHandler
from bowchat_router.handlers.inbound import InboundHandler
from bowchat_router.handlers.promises import PromiseHandler
from bowchat_router.handlers.quotes import QuoteHandler
from bowchat_router.handlers.releases import ReleaseHandler
from bowchat_router.handlers.replies import ReplyHandler
from bowchat_router.handlers.timers import TimerHandler
from bowchat_router.handlers.unasked import UnaskedHandler
from bowchat_router.hosted import HostedReadings
from bowchat_router.kept import kept as kept_training
from bowchat_router.memory import MemoryRouter
from bowchat_router.policies import Imports, WithImports
from bowchat_router.policies.handler import AT_ONCE, PoliciesHandler
from bowchat_router.policies.store import MemoryPolicyJournal, MongoPolicyJournal, PolicyJournal
from bowchat_router.readings import Readings, Train, TrainedReadings
from bowchat_router.remembered import Memory
from bowchat_router.settings import RouterSettings
from bowchat_router.store import DATABASE, MongoRouter, RouterStore
from bowchat_router.ticker import Ticker
from bowchat_runtime.clock import Clock, system_clock
from bowchat_runtime.mongo import MongoDatabase
from bowchat_runtime.publisher import KafkaPublisher, Publisher
from bowchat_runtime.records import Subscription
from bowchat_runtime.rereading import KafkaRereader, Rereader
from bowchat_runtime.resource import Resource
from bowchat_runtime.service import Service

NAME = "router"


@dataclass(frozen=True)
class Stores:
    """What the router keeps; in memory where nothing else is said."""

    matters: RouterStore = field(default_factory=MemoryRouter)
    desks: DeskStore = field(default_factory=MemoryDesks)
    policies: PolicyJournal = field(default_factory=MemoryPolicyJournal)


def build(
    settings: RouterSettings,
    *,
    stores: Stores | None = None,
    publisher: Publisher | None = None,
    registry: RegistryWatcher | None = None,
    rereader: Rereader | None = None,
    readings: Readings | None = None,
    train: Train = train,
    transport: httpx.AsyncBaseTransport | None = None,
    clock: Clock = system_clock,
) -> Service:
    """The router: whatever touches a contact's matters, over one store and one memory."""
    watcher = registry or RegistryWatcher(settings.registry)
    resources: list[AbstractAsyncContextManager[Any]] = [watcher]
    database = MongoDatabase(settings.mongo_uri.get_secret_value(), DATABASE)
    uses_mongo = stores is None and settings.store == "mongo"
    if uses_mongo:
        resources.append(database)
    kept = stores or (_in_database(database) if uses_mongo else Stores())
    imports = Imports(kept.policies)
    resources += [Resource(kept.matters.prepare), imports]
    if readings is None:
        readings = TrainedReadings(watcher, kept_training(train, version_of, settings.cache))
        resources.append(readings)
    if hosted := settings.hosted_model:
        readings = HostedReadings(readings, hosted, clock=clock, transport=transport)
        resources.append(readings)
    if publisher is None:
        publisher = KafkaPublisher(settings, NAME)
        resources.append(publisher)
    if rereader is None:
        rereader = KafkaRereader(settings)
        resources.append(rereader)
    registries, watch = WithImports(watcher, imports.book), DeskWatch(kept.desks, publisher, clock)
    memory = Memory()
    ticker, forgetting = Ticker(kept.matters, publisher, clock), ForgettingWatch(kept.matters, memory)
    return Service(
        name=NAME,
        publisher=publisher,
        subscriptions=[
            *_matters(kept.desks, (kept.matters, registries, memory), readings, watch, rereader),
            *_beside(kept.matters, memory, registries, imports, rereader),
        ],
        resources=resources,
        tasks=[watcher.run, imports.run, ticker.run, watch.run, forgetting.run],
        ready=[database.ping] if uses_mongo else [],
        notes=[watcher.note],
    )


def _in_database(database: MongoDatabase) -> Stores:
    return Stores(MongoRouter(database), MongoDesks(database), MongoPolicyJournal(database))


def _matters(
    desks: DeskStore,
    parts: tuple[RouterStore, Registries, Memory],
    readings: Readings,
    watch: DeskWatch,
    rereader: Rereader,
) -> list[Subscription[Any]]:
    """Whatever changes a dossier."""
    hosted = readings if isinstance(readings, HostedReadings) else None
    inbound = InboundHandler(*parts, readings, watch, consulted=hosted)
    worked = DeskHandler(*parts, desks)
    return [
        Subscription(inbound, topics=(INBOUND_RECEIVED,), name="inbound"),
        Subscription(ReplyHandler(*parts), topics=(REPLIES_DECIDED,), name="replies"),
        Subscription(CommandHandler(*parts), topics=(COMMANDS_REQUESTED,), name="commands"),
        Subscription(TimerHandler(*parts, readings, rereader), topics=(TIMERS_DUE,), name="timers"),
        Subscription(UnaskedHandler(*parts, readings), topics=(PROMPTS_DECIDED,), name="unasked"),
        Subscription(worked, topics=(DESKS_WORKED,), name="desks", max_records=50),
    ]


def _beside(
    store: RouterStore, memory: Memory, registries: Registries, imports: Imports, rereader: Rereader
) -> list[Subscription[Any]]:
    """What is passed on or remembered without changing one."""
    policies = PoliciesHandler(imports)
    return [
        Subscription(ReleaseHandler(rereader), topics=(INBOUND_RELEASED,), name="releases", max_records=100),
        Subscription(PromiseHandler(registries), topics=(SLA_CHANGED,), name="promises"),
        Subscription(QuoteHandler(store), topics=(DELIVERIES_UPDATED,), name="quotes"),
        Subscription(ErasureHandler(store), topics=(SUBJECTS_ERASED,), name="erasures"),
        Subscription(ForgettingHandler(store, memory, imports), topics=(REFS_FORGOTTEN,), name="forgetting"),
        Subscription(policies, topics=(POLICIES_CHANGED,), name="policies", max_records=AT_ONCE),
    ]
