"""What ingest consists of. Production and tests build it here."""

from collections.abc import Sequence
from functools import partial

from starlette.routing import Route

from bowchat_contracts.topics import INSURER_REPLIES_PATTERN
from bowchat_ingest.api.insurers import InsurerReplies
from bowchat_ingest.api.media import MediaLinks
from bowchat_ingest.api.policies import PolicyApi
from bowchat_ingest.api.requests import Lane
from bowchat_ingest.api.whatsapp import WhatsAppWebhook
from bowchat_ingest.handlers import RepliesHandler
from bowchat_ingest.identity import Pseudonyms
from bowchat_ingest.insurer_phones import InsurerPhones, unknown_phones
from bowchat_ingest.settings import IngestSettings
from bowchat_ingest.signatures import usable_secret
from bowchat_registry.declared import DeclaredNames
from bowchat_runtime.clock import Clock, system_clock
from bowchat_runtime.errors import SettingsError
from bowchat_runtime.files import FileStore, MemoryFiles
from bowchat_runtime.media_links import CLEANED, PREFIX
from bowchat_runtime.mongo import MongoDatabase
from bowchat_runtime.mongo_files import DATABASE as MEDIA
from bowchat_runtime.mongo_files import MongoFiles
from bowchat_runtime.publisher import KafkaPublisher, Publisher
from bowchat_runtime.records import Subscription
from bowchat_runtime.seal import Sealer
from bowchat_runtime.service import Service

NAME = "ingest"
_IMPORTS_AT_ONCE = 8
"""Each may hold some hundred thousand rows in memory."""
_SHORTEST_TOKEN = 32
# Every webhook is a publish of its own.
_LINGER_MS = 5


def build(
    settings: IngestSettings,
    *,
    publisher: Publisher | None = None,
    pseudonyms: Pseudonyms | None = None,
    files: FileStore | None = None,
    clock: Clock = system_clock,
) -> Service:
    """The service.

    Errors: `SettingsError` for a secret file that is missing or of no use.
    """
    kafka = KafkaPublisher(settings, NAME, linger_ms=_LINGER_MS)
    to_kafka = publisher or kafka
    lane = partial(
        Lane,
        capacity=settings.requests_in_flight,
        publisher=to_kafka,
        publish_seconds=settings.publish_seconds,
    )
    names = pseudonyms or pseudonyms_of(settings)
    phones, declared = InsurerPhones(settings.secrets / "insurers"), DeclaredNames(settings.registry)
    webhook = _webhook(settings, lane("whatsapp"), names, phones, clock)
    replies = InsurerReplies(lane=lane("insurers"), secrets_of=checked(settings), clock=clock)
    imports = lane("policies", capacity=_IMPORTS_AT_ONCE)
    policies = PolicyApi(imports, names, checked_admin_tokens(settings), declared, clock)
    # Read only when somebody follows a link: ingest takes messages also while there is no database.
    database = MongoDatabase(settings.mongo_uri.get_secret_value(), MEDIA)
    stored = MongoFiles(database, CLEANED) if settings.store == "mongo" else MemoryFiles()
    media = MediaLinks(lane=lane("media"), files=files or stored, clock=clock)
    return Service(
        name=NAME,
        publisher=to_kafka,
        subscriptions=(Subscription(RepliesHandler(), pattern=INSURER_REPLIES_PATTERN, name="replies"),),
        routes=(
            Route("/webhooks/whatsapp", webhook.verify, methods=["GET"]),
            Route("/webhooks/whatsapp", webhook.receive, methods=["POST"]),
            Route("/v1/insurers/{insurer}/replies", replies.receive, methods=["POST"]),
            Route("/v1/insurers/{insurer}/reveal-requests", replies.receive_reveal_request, methods=["POST"]),
            *policies.routes(),
            Route(PREFIX + "{token}", media.serve, methods=["GET"]),
        ),
        resources=(database,) if publisher else (database, kafka),
        notes=(partial(unknown_phones, declared, phones),),
    )


def _webhook(
    settings: IngestSettings, lane: Lane, names: Pseudonyms, phones: InsurerPhones, clock: Clock
) -> WhatsAppWebhook:
    return WhatsAppWebhook(
        lane=lane,
        pseudonyms=names,
        app_secrets=settings.secrets_list("meta_app_secret"),
        verify_tokens=settings.secrets_list("meta_verify_token"),
        clock=clock,
        phones=phones,
    )


def pseudonyms_of(settings: IngestSettings) -> Pseudonyms:
    return Pseudonyms(
        settings.key_ring("ref.key"),
        settings.key("message.key"),
        Sealer(settings.watched("identity.public.json")),
    )


def insurer_secrets(settings: IngestSettings, insurer: str) -> Sequence[bytes]:
    """The usable lines of an insurer's secret file; none where there is no file. Read anew for each request."""
    try:
        lines = settings.secrets_list(f"insurers/{insurer}.secret")
    except SettingsError:
        return ()
    return tuple(line for line in lines if usable_secret(line))


def checked(settings: IngestSettings) -> partial[Sequence[bytes]]:
    """The source of insurers' secrets, after a look at every file that is there at the start."""
    for path in sorted((settings.secrets / "insurers").glob("*.secret")):
        if not insurer_secrets(settings, path.stem):
            raise SettingsError(
                f"the secret file {path} holds no usable secret. "
                "Each line must be whsec_ and 24 to 64 bytes in base64: whsec_$(head -c 32 /dev/urandom | base64)"
            )
    return partial(insurer_secrets, settings)


def admin_tokens(settings: IngestSettings) -> Sequence[bytes]:
    """The tokens that may change policies: two while one takes over from the other. Read anew for each request."""
    try:
        lines = settings.secrets_list("admin_token")
    except SettingsError:
        return ()
    return tuple(line for line in lines if len(line) >= _SHORTEST_TOKEN)


def checked_admin_tokens(settings: IngestSettings) -> partial[Sequence[bytes]]:
    """The source of admin tokens, after a look at the file that is there at the start.

    Errors: `SettingsError` when it is missing, or too easily guessed.
    """
    settings.secret("admin_token")
    if not admin_tokens(settings):
        raise SettingsError(
            f"the secret file {settings.secrets / 'admin_token'} holds no usable token. "
            f"Each line must have at least {_SHORTEST_TOKEN} characters; make it with: bowchat-keys init DIR"
        )
    return partial(admin_tokens, settings)
