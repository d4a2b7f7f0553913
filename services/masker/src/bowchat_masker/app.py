"""The composition root."""

from contextlib import AbstractAsyncContextManager
from typing import Any

from bowchat_contracts.topics import (
    COMMANDS_ANSWERED,
    COMMANDS_REQUESTED,
    CONVERSATIONS_CHANGED,
    HELD_CHANGED,
    INBOUND_RELAYED,
    INBOUND_ROUTED,
    MEDIA_FETCHED,
    PROMPTS_REQUESTED,
    REPLIES_ADDRESSED,
    REPLIES_RECEIVED,
    REPLIES_UNADDRESSED,
    THREADS_SHOWN,
)
from bowchat_masker.egress import Mint
from bowchat_masker.guard import Inspect, inspect
from bowchat_masker.handlers import ConversationFollower, InboundMasker, ReplyMasker
from bowchat_masker.handlers.alias_commands import AliasCommands
from bowchat_masker.handlers.command_answers import CommandAnswers
from bowchat_masker.handlers.consents import Consents
from bowchat_masker.handlers.erasure import ErasureCommands, Kept
from bowchat_masker.handlers.held_commands import HeldCommands, Kind
from bowchat_masker.handlers.held_media import HeldMedia
from bowchat_masker.handlers.held_messages import HeldMessages, Tools
from bowchat_masker.handlers.held_prompts import HeldPrompts
from bowchat_masker.handlers.held_replies import HeldReplies
from bowchat_masker.handlers.insurer_threads import InsurerThreads
from bowchat_masker.handlers.media import Files, MediaMasker
from bowchat_masker.handlers.media_events import MediaTeller
from bowchat_masker.handlers.media_released import MediaReleases
from bowchat_masker.handlers.prompts import PromptMasker
from bowchat_masker.handlers.reveals import RevealCommands, RevealTools
from bowchat_masker.handlers.thread_changes import ThreadChanges
from bowchat_masker.handlers.threads_shown import ThreadsShown
from bowchat_masker.insurer_keys import InsurerKeys
from bowchat_masker.media.process import clean_apart
from bowchat_masker.memory import MemoryVault
from bowchat_masker.phone_store import MemoryPhones, MongoPhones
from bowchat_masker.quarantine_memory import MemoryQuarantine
from bowchat_masker.quarantine_store import MongoQuarantine
from bowchat_masker.reveal_memory import MemoryReveals
from bowchat_masker.reveal_store import MongoReveals
from bowchat_masker.reveal_ticker import RevealTicker
from bowchat_masker.seen import Mask
from bowchat_masker.settings import MaskerSettings
from bowchat_masker.store import DATABASE, MongoVault, VaultStore
from bowchat_masker.thread_ticker import ThreadTicker
from bowchat_masker.vault import Vault
from bowchat_masking import mask
from bowchat_runtime.clock import Clock, system_clock
from bowchat_runtime.files import MemoryFiles
from bowchat_runtime.media_links import CLEANED, ORIGINALS
from bowchat_runtime.mongo import MongoDatabase
from bowchat_runtime.mongo_files import DATABASE as MEDIA
from bowchat_runtime.mongo_files import MongoFiles
from bowchat_runtime.publisher import KafkaPublisher, Publisher
from bowchat_runtime.records import Handler, Subscription
from bowchat_runtime.seal import Opener
from bowchat_runtime.service import Service

NAME = "masker"
# An answer to a question of days ago, or what became of a thread, may be read a little later, in larger batches.
_PATIENCE_MS = 100


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
    """The masker: one subscription for each direction, one for prompts, one that learns which conversations are closed,
    one that tells insurers what becomes of their threads, one for each kind of command, and the way of files.
    """
    opener = Opener(settings.watched("identity.private.json"))
    looks = Tools(Vault(settings.key_ring("kek.key")), opener, Mint(settings.key("mint.key")), mask, inspect)
    resources: list[AbstractAsyncContextManager[Any]] = []
    database = vault_database(settings)
    uses_mongo = store is None and settings.store == "mongo"
    if uses_mongo:
        resources.append(database)
    stores = (
        _in_database(settings, database, resources, files)
        if uses_mongo
        else _in_memory(store or MemoryVault(), files)
    )
    if publisher is None:
        publisher = KafkaPublisher(settings, NAME)
        resources.append(publisher)
    return Service(
        name=NAME,
        publisher=publisher,
        subscriptions=[
            *_ways(stores, looks),
            *_commands(stores, looks, settings),
            *_media(stores, looks, settings),
        ],
        resources=resources,
        tasks=[
            RevealTicker(stores.reveals, publisher, looks.mint, clock).run,
            ThreadTicker(stores, publisher, opener, looks.mint, clock=clock).run,
        ],
        ready=[database.ping] if uses_mongo else [],
    )


def _in_memory(store: VaultStore, files: Files | None) -> Kept:
    kept = files or Files(MemoryFiles(), MemoryFiles())
    return Kept(store, MemoryQuarantine(), MemoryReveals(), kept, MemoryPhones())


def _in_database(
    settings: MaskerSettings,
    database: MongoDatabase,
    resources: list[AbstractAsyncContextManager[Any]],
    files: Files | None,
) -> Kept:
    vault, reveals, phones = MongoVault(database), MongoReveals(database), MongoPhones(database)
    resources += [vault, reveals, phones]
    return Kept(vault, MongoQuarantine(database), reveals, files or _files(settings, resources), phones)


def _ways(stores: Kept, looks: Tools) -> list[Subscription[Any]]:
    parts = stores.vault, looks.vault, looks.opener, looks.mint
    inbound = InboundMasker(*parts, mask=looks.mask, inspect=looks.inspect)
    replies = ReplyMasker(*parts, inspect=looks.inspect)
    threads = InsurerThreads(stores.vault, stores.phones, looks.opener, looks.mint)
    follower = ConversationFollower(stores.vault, looks.mint)
    changes = ThreadChanges(stores.vault, looks.mint)
    return [
        Subscription(inbound, topics=(INBOUND_ROUTED,), name="inbound"),
        Subscription(replies, topics=(REPLIES_RECEIVED, REPLIES_ADDRESSED), name="replies"),
        Subscription(threads, topics=(REPLIES_UNADDRESSED,), name="insurer-threads"),
        Subscription(ThreadsShown(stores.phones), topics=(THREADS_SHOWN,), name="threads-shown"),
        Subscription(PromptMasker(*parts), topics=(PROMPTS_REQUESTED,), name="prompts"),
        Subscription(follower, topics=(CONVERSATIONS_CHANGED,), name="conversations"),
        Subscription(
            changes,
            topics=(INBOUND_RELAYED, CONVERSATIONS_CHANGED),
            name="thread-changes",
            patience_ms=_PATIENCE_MS,
            concerns=changes.concerns,
        ),
    ]


def _commands(stores: Kept, looks: Tools, settings: MaskerSettings) -> list[Subscription[Any]]:
    vault, reveals = stores.vault, stores.reveals
    kinds: dict[str, Kind] = {
        "md": HeldMedia(vault, looks.vault, looks.opener, stores.files.cleaned, _teller(settings, looks)),
        "ms": HeldMessages(vault, looks),
        "pm": HeldPrompts(vault, looks.vault, looks.opener, looks.mint),
        "rp": HeldReplies(vault, looks.vault, looks.opener, looks.mint),
    }
    keys = InsurerKeys(settings.secrets / "insurers")
    tools = RevealTools(looks.vault, looks.opener, looks.mint, looks.mask, keys)
    by_command: dict[str, Handler[Any]] = {
        "held": HeldCommands(vault, stores.rulings, kinds),
        "reveals": RevealCommands(vault, reveals, stores.rulings, tools),
        "aliases": AliasCommands(vault),
        "erasures": ErasureCommands(stores, looks.vault, looks.mint),
    }
    consents = Consents(vault, reveals, tools)
    answers = CommandAnswers(vault, looks.vault, looks.mint, inspect=looks.inspect)
    return [
        *(Subscription(each, topics=(COMMANDS_REQUESTED,), name=name) for name, each in by_command.items()),
        Subscription(answers, topics=(COMMANDS_ANSWERED,), name="command-answers"),
        Subscription(
            consents,
            topics=(INBOUND_ROUTED,),
            name="consents",
            patience_ms=_PATIENCE_MS,
            concerns=consents.concerns,
        ),
    ]


def _teller(settings: MaskerSettings, looks: Tools) -> MediaTeller:
    return MediaTeller(looks.mint, looks.inspect, settings.media_link_days)


def _media(stores: Kept, looks: Tools, settings: MaskerSettings) -> list[Subscription[Any]]:
    teller, files = _teller(settings, looks), stores.files
    masker = MediaMasker(
        stores.vault, looks.vault, looks.opener, files, teller, clean=clean_apart, mask=looks.mask
    )
    return [
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
