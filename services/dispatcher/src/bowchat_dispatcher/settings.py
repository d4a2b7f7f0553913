"""What the dispatcher is configured with, beside what every service has."""

from pathlib import Path

from pydantic import Field

from bowchat_runtime.settings import ServiceSettings

_DAY_S = 24 * 3600.0


class DispatcherSettings(ServiceSettings):
    """Each field is the variable `BOWCHAT_<FIELD>`."""

    http_port: int = Field(8004, ge=0, le=65535)
    registry: Path = Path("registry")
    """The directory that says where insurers listen."""
    whatsapp_api_url: str = Field("https://graph.facebook.com/v25.0", pattern=r"^https?://[^@]+[^/]$")
    whatsapp_concurrency: int = Field(32, ge=1, le=500)
    """Sends under way at once, per business number."""
    whatsapp_rate_per_s: float = Field(80, gt=0, le=1000)
    whatsapp_timeout_s: float = Field(10, gt=0, le=60)
    media_hosts: tuple[str, ...] = Field(
        ("graph.facebook.com", "lookaside.fbsbx.com", "*.fbcdn.net"), min_length=1
    )
    """Hosts that the provider's files may be fetched from, as a JSON list: no other gets the token. 127.0.0.1, without
    TLS, is for demonstrations and tests."""
    media_timeout_s: float = Field(30, gt=0, le=300)
    """How long the provider may be silent in the middle of a file."""
    insurer_number_id: str = Field("", pattern=r"^([0-9]{1,32})?$")
    """The provider's id of the business number that insurers' phones are written to from. Needed where an agreement's
    endpoint is `whatsapp`."""
    public_url: str = Field("", pattern=r"^(https?://[^@\s]+)?$")
    """Where ingest is reached from outside: links to files in texts to insurers' phones begin with it."""
    pair_interval_s: float = Field(6, ge=0, le=60)
    """One message to one recipient in so many seconds on average; 45 at once after a rest."""
    unknown_wait_s: float = Field(120, gt=0, le=_DAY_S)
    """How long the provider's status is waited for when it is unknown whether a message left."""
    webhook_schedule_s: tuple[float, ...] = Field(
        (0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400), min_length=1
    )
    """Seconds before each attempt, as a JSON list. After the last, the delivery has failed."""
    webhook_timeout_s: float = Field(15, gt=0, le=60)
    webhook_concurrency: int = Field(8, ge=1, le=100)
    """Posts under way at once, per insurer."""
    allow_loopback_webhooks: bool = False
    """Permits http://127.0.0.1, for demonstrations and tests."""
