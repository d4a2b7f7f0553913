"""The composition root."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any

import httpx

from bowchat_contracts.topics import (
    CONTACTS_FROZEN,
    CONVERSATIONS_CHANGED,
    DELIVERIES_REQUESTED,
    INSURER_MESSAGES_PATTERN,
    MEDIA_REQUESTED,
    STATUSES_RECEIVED,
    SUBJECTS_ERASED,
)
from bowchat_dispatcher.carriers import Carrier, WebhookCarrier, WhatsAppCarrier
from bowchat_dispatcher.domain import Kind
from bowchat_dispatcher.endpoints import Endpoints, RegistryEndpoints
from bowchat_dispatcher.erasure import ErasureHandler
from bowchat_dispatcher.gateway import CloudApi, WhatsAppGateway
from bowchat_dispatcher.handlers import DeliveriesHandler, InsurersHandler, StatusesHandler, StopsHandler
from bowchat_dispatcher.media.handler import MediaFetcher
from bowchat_dispatcher.media.provider import CloudMedia, MediaProvider
from bowchat_dispatcher.memory import MemoryLedger
from bowchat_dispatcher.phone_notes import insurer_number, missing
from bowchat_dispatcher.phones import PhoneCarrier, PhoneRows
from bowchat_dispatcher.sender import Sender
from bowchat_dispatcher.settings import DispatcherSettings
from bowchat_dispatcher.ssrf import GuardedTransport
from bowchat_dispatcher.store import DATABASE, Ledger, MongoLedger
from bowchat_dispatcher.tags import MemoryTags, MongoTags, Tags
from bowchat_dispatcher.webhook import SignedPost, WebhookGateway
from bowchat_dispatcher.webhook_notes import wrong_webhook
from bowchat_registry.watcher import RegistryWatcher
from bowchat_runtime.clock import Clock, system_clock
from bowchat_runtime.files import FileStore, MemoryFiles
from bowchat_runtime.media_links import ORIGINALS
from bowchat_runtime.mongo import MongoDatabase
from bowchat_runtime.mongo_files import DATABASE as MEDIA
from bowchat_runtime.mongo_files import MongoFiles
from bowchat_runtime.publisher import KafkaPublisher, Publisher
from bowchat_runtime.records import Subscription
from bowchat_runtime.resource import Resource
from bowchat_runtime.seal import Opener
from bowchat_runtime.service import Service

NAME = "dispatcher"
_PAIR_BURST = 45

Resources = list[AbstractAsyncContextManager[Any]]


def build(
    settings: DispatcherSettings,
    *,
    ledger: Ledger | None = None,
    publisher: Publisher | None = None,
    endpoints: Endpoints | None = None,
    whatsapp: WhatsAppGateway | None = None,
    webhooks: WebhookGateway | None = None,
    provider: MediaProvider | None = None,
    originals: FileStore | None = None,
    clock: Clock = system_clock,
) -> Service:
    """The dispatcher: four subscriptions that fill the ledger, one task that empties it, and one that fetches files."""
    resources: Resources = []
    database = MongoDatabase(settings.mongo_uri.get_secret_value(), DATABASE)
    uses_mongo = ledger is None and settings.store == "mongo"
    if uses_mongo:
        stored = MongoLedger(database)
        ledger = stored
        resources += [database, Resource(stored.prepare)]
    ledger = ledger or MemoryLedger()
    phones = _phones(settings, database if uses_mongo else None, resources)
    if publisher is None:
        publisher = KafkaPublisher(settings, NAME)
        resources.append(publisher)
    tasks: list[Callable[[], Awaitable[None]]] = []
    notes: list[Callable[[], Awaitable[str | None]]] = []
    endpoints = endpoints or _endpoints(settings, resources, tasks, notes)
    carriers: dict[Kind, Carrier] = {
        **_whatsapp(settings, whatsapp or _gateway(settings, resources)),
        "webhook": _webhooks(settings, webhooks, endpoints, resources),
    }
    sender = Sender(
        ledger, publisher, carriers,
        clock=clock, instance=settings.instance, unknown_wait_s=settings.unknown_wait_s,
    )  # fmt: skip
    insurers = InsurersHandler(ledger, endpoints, phones, sender.wake)
    originals = originals or (_originals(settings, resources) if uses_mongo else MemoryFiles())
    provider = provider or _provider(settings, resources)
    media = MediaFetcher(originals, provider, Opener(settings.watched("identity.private.json")), clock)
    return Service(
        name=NAME,
        publisher=publisher,
        subscriptions=_subscriptions(settings, ledger, insurers, sender, media),
        resources=resources,
        tasks=[*tasks, sender.run],
        ready=[database.ping] if uses_mongo else [],
        notes=notes,
    )


def _subscriptions(
    settings: DispatcherSettings,
    ledger: Ledger,
    insurers: InsurersHandler,
    sender: Sender,
    media: MediaFetcher,
) -> list[Subscription[Any]]:
    deliveries = DeliveriesHandler(ledger, sender.wake)
    erasures = ErasureHandler(ledger, settings.insurer_number_id)
    statuses = StatusesHandler(ledger, sender.wake)
    return [
        Subscription(deliveries, topics=(DELIVERIES_REQUESTED,), name="deliveries"),
        Subscription(insurers, pattern=INSURER_MESSAGES_PATTERN, name="webhooks", concerns=insurers.concerns),
        Subscription(statuses, topics=(STATUSES_RECEIVED,), name="statuses"),
        Subscription(StopsHandler(ledger), topics=(CONTACTS_FROZEN, CONVERSATIONS_CHANGED), name="stops"),
        Subscription(erasures, topics=(SUBJECTS_ERASED,), name="erasures"),
        # Few at once: a batch is committed when its slowest file is there.
        Subscription(media, topics=(MEDIA_REQUESTED,), name="media", max_records=8),
    ]


def _endpoints(
    settings: DispatcherSettings,
    resources: Resources,
    tasks: list[Callable[[], Awaitable[None]]],
    notes: list[Callable[[], Awaitable[str | None]]],
) -> RegistryEndpoints:
    resources.append(registry := RegistryWatcher(settings.registry))
    tasks.append(registry.run)
    endpoints = RegistryEndpoints(registry)

    async def phones() -> str | None:
        return missing(settings, endpoints.on_whatsapp())

    async def webhooks() -> str | None:
        wrong = (wrong_webhook(settings, insurer, url) for insurer, url in endpoints.webhooks().items())
        return "; ".join(filter(None, wrong)) or None

    notes += [registry.note, phones, webhooks]
    return endpoints


def _phones(settings: DispatcherSettings, database: MongoDatabase | None, resources: Resources) -> PhoneRows:
    tags: Tags = MemoryTags()
    if database is not None:
        tags = stored = MongoTags(database)
        resources.append(Resource(stored.prepare))
    return PhoneRows(tags, settings.insurer_number_id, settings.public_url)


def _gateway(settings: DispatcherSettings, resources: Resources) -> WhatsAppGateway:
    settings.secret("whatsapp_token")  # missing: stop here, not at the first message
    api = CloudApi(
        url=settings.whatsapp_api_url,
        token=lambda: settings.secret("whatsapp_token").decode(),
        message_key=settings.key("message.key"),
        timeout_s=settings.whatsapp_timeout_s,
    )
    resources.append(Resource(closed=api.aclose))
    return api


def _whatsapp(settings: DispatcherSettings, gateway: WhatsAppGateway) -> dict[Kind, Carrier]:
    """To policyholders and to insurers' phones, within the same limits."""
    to_people = WhatsAppCarrier(
        gateway,
        Opener(settings.watched("identity.private.json")),
        concurrency=settings.whatsapp_concurrency,
        timeout_s=settings.whatsapp_timeout_s,
        rate_per_s=settings.whatsapp_rate_per_s,
        pair_interval_s=settings.pair_interval_s,
        pair_burst=_PAIR_BURST,
    )
    to_phones = PhoneCarrier(to_people, gateway, partial(insurer_number, settings))
    return {"whatsapp": to_people, "phone": to_phones}


def _webhooks(
    settings: DispatcherSettings, gateway: WebhookGateway | None, endpoints: Endpoints, resources: Resources
) -> WebhookCarrier:
    if gateway is None:
        gateway = post = SignedPost(
            secrets=lambda insurer: settings.secrets_list(f"insurers/{insurer}.secret"),
            timeout_s=settings.webhook_timeout_s,
            transport=GuardedTransport(
                allow_loopback=settings.allow_loopback_webhooks,
                connect=partial(httpx.AsyncHTTPTransport, trust_env=False),
            ),
        )
        resources.append(Resource(closed=post.aclose))
    return WebhookCarrier(
        gateway,
        endpoints,
        concurrency=settings.webhook_concurrency,
        timeout_s=settings.webhook_timeout_s,
        schedule_s=settings.webhook_schedule_s,
    )


def _originals(settings: DispatcherSettings, resources: Resources) -> FileStore:
    database = MongoDatabase(settings.mongo_uri.get_secret_value(), MEDIA)
    files = MongoFiles(database, ORIGINALS)
    resources += [database, files]
    return files


def _provider(settings: DispatcherSettings, resources: Resources) -> MediaProvider:
    media = CloudMedia(
        url=settings.whatsapp_api_url,
        token=lambda: settings.secret("whatsapp_token").decode(),
        hosts=settings.media_hosts,
        timeout_s=settings.media_timeout_s,
        to_api=httpx.AsyncHTTPTransport(trust_env=False),
        to_files=GuardedTransport(
            allow_loopback="127.0.0.1" in settings.media_hosts,
            connect=partial(httpx.AsyncHTTPTransport, trust_env=False),
        ),
    )
    resources.append(Resource(closed=media.aclose))
    return media
