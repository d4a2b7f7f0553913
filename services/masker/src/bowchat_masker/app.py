"""The composition root."""

from contextlib import AbstractAsyncContextManager
from typing import Any

from bowchat_contracts.topics import (
    COMMANDS_REQUESTED,
    CONVERSATIONS_CHANGED,
    HELD_CHANGED,
    INBOUND_ROUTED,
    MEDIA_FETCHED,
    REPLIES_RECEIVED,
)
from bowchat_masker.detect import mask
from bowchat_masker.egress import Mint
from bowchat_masker.guard import Inspect, inspect
from bowchat_masker.handlers import ConversationFollower, InboundMasker, ReplyMasker
from bowchat_masker.handlers.alias_commands import AliasCommands
from bowchat_masker.handlers.consents import Consents
from bowchat_masker.handlers.erasure import ErasureCommands
from bowchat_masker.handlers.held_commands import HeldCommands, Kind
from bowchat_masker.handlers.held_media import HeldMedia
from bowchat_masker.handlers.held_messages import HeldMessages, Tools
from bowchat_masker.handlers.held_replies import HeldReplies
from bowchat_masker.handlers.media import Files, MediaMasker
from bowchat_masker.handlers.media_events import MediaTeller
from bowchat_masker.handlers.media_released import MediaReleases
from bowchat_masker.handlers.reveals import RevealCommands, RevealTools
from bowchat_masker.insurer_keys import InsurerKeys
from bowchat_masker.media.process import clean_apart
from bowchat_masker.memory import MemoryVault
from bowchat_masker.quarantine_memory import MemoryQuarantine
from bowchat_masker.quarantine_store import MongoQuarantine
from bowchat_masker.reveal_memory import MemoryReveals
from bowchat_masker.reveal_store import MongoReveals, RevealStore
from bowchat_masker.reveal_ticker import RevealTicker
from bowchat_masker.seen import Mask
from bowchat_masker.settings import MaskerSettings
from bowchat_masker.store import DATABASE, MongoVault, VaultStore
from bowchat_masker.vault import Vault
from bowchat_runtime.clock import Clock, system_clock
from bowchat_runtime.files import MemoryFiles
from bowchat_runtime.media_links import CLEANED, ORIGINALS
from bowchat_runtime.mongo import MongoDatabase
from bowchat_runtime.mongo_files import DATABASE as MEDIA
from bowchat_runtime.mongo_files import MongoFiles
from bowchat_runtime.publisher import KafkaPublisher, Publisher
from bowchat_runtime.records import Subscription
from bowchat_runtime.seal import Opener
from bowchat_runtime.service import Service

NAME = "masker"


def build(
    settings: MaskerSettings,
    *,
    store: VaultStore | None = None,
    publisher: Publisher | None = None,
    mask: Mask = mask,
    inspect: Inspect = inspect,
    files: Files | None = None,
    clock: Clock = system_clock,
) -> Service:
    """The masker: one subscription for each direction, one that learns which conversations are closed, one for commands."""
    opener = Opener(settings.secret("identity.private.json"))
    vault, mint = Vault(settings.key("kek.key")), Mint(settings.key("mint.key"))
    resources: list[AbstractAsyncContextManager[Any]] = []
    database = vault_database(settings)
    uses_mongo = store is None and settings.store == "mongo"
    if uses_mongo:
        kept = MongoVault(database)
        resources += [database, kept]
        store = kept
    store = store or MemoryVault()
    if publisher is None:
        publisher = KafkaPublisher(settings, NAME)
        resources.append(publisher)
    inbound = InboundMasker(store, vault, opener, mint, mask=mask, inspect=inspect)
    replies = ReplyMasker(store, vault, opener, mint, inspect=inspect)
    files = files or (_files(settings, resources) if uses_mongo else Files(MemoryFiles(), MemoryFiles()))
    looks = Tools(vault, opener, mint, mask, inspect)
    held_media, on_media = _media(store, looks, files, settings.media_link_days)
    kinds: dict[str, Kind] = {
        "md": held_media,
        "ms": HeldMessages(store, looks),
        "rp": HeldReplies(store, vault, opener, mint),
    }
    rulings = MongoQuarantine(database) if uses_mongo else MemoryQuarantine()
    held = HeldCommands(store, rulings, kinds)
    agreed: RevealStore = MemoryReveals()
    if uses_mongo:
        agreed = MongoReveals(database)
        resources.append(agreed)
    tools = RevealTools(vault, opener, mint, mask, InsurerKeys(settings.secrets / "insurers"))
    return Service(
        name=NAME,
        publisher=publisher,
        subscriptions=[
            Subscription(inbound, topics=(INBOUND_ROUTED,), name="inbound"),
            Subscription(replies, topics=(REPLIES_RECEIVED,), name="replies"),
            Subscription(ConversationFollower(store), topics=(CONVERSATIONS_CHANGED,), name="conversations"),
            Subscription(held, topics=(COMMANDS_REQUESTED,), name="held"),
            Subscription(
                RevealCommands(store, agreed, rulings, tools), topics=(COMMANDS_REQUESTED,), name="reveals"
            ),
            Subscription(AliasCommands(store), topics=(COMMANDS_REQUESTED,), name="aliases"),
            Subscription(Consents(store, agreed, tools), topics=(INBOUND_ROUTED,), name="consents"),
            Subscription(
                ErasureCommands(store, agreed, files, vault, mint),
                topics=(COMMANDS_REQUESTED,),
                name="erasures",
            ),
            *on_media,
        ],
        resources=resources,
        tasks=[RevealTicker(agreed, publisher, mint, clock).run],
        ready=[database.ping] if uses_mongo else [],
    )


def _media(
    store: VaultStore, looks: Tools, files: Files, link_days: float
) -> tuple[HeldMedia, list[Subscription[Any]]]:
    teller = MediaTeller(looks.mint, looks.inspect, link_days)
    masker = MediaMasker(
        store, looks.vault, looks.opener, files, teller, clean=clean_apart, mask=looks.mask
    )  # fmt: skip
    return HeldMedia(store, looks.vault, looks.opener, files.cleaned, teller), [
        # Few at once: cleaning takes a second each, and a batch is committed when all are done.
        Subscription(masker, topics=(MEDIA_FETCHED,), name="media", max_records=8),
        Subscription(MediaReleases(files.cleaned, teller), topics=(HELD_CHANGED,), name="media-releases"),
    ]


def _files(settings: MaskerSettings, resources: list[AbstractAsyncContextManager[Any]]) -> Files:
    database = MongoDatabase(settings.mongo_uri.get_secret_value(), MEDIA)
    originals, cleaned = MongoFiles(database, ORIGINALS), MongoFiles(database, CLEANED)
    resources += [database, originals, cleaned]
    return Files(originals, cleaned)


def vault_database(settings: MaskerSettings) -> MongoDatabase:
    return MongoDatabase(settings.mongo_uri.get_secret_value(), DATABASE)
