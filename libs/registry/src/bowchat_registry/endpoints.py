"""Where an insurer is reached."""

from ipaddress import ip_address
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from bowchat_registry.written import Written


class KafkaEndpoint(Written):
    """The insurer reads and writes its own two topics."""

    kind: Literal["kafka"]


class WebhookEndpoint(Written):
    """The insurer is called with signed webhooks."""

    kind: Literal["webhook"]
    url: str = Field(max_length=2000)

    @field_validator("url")
    @classmethod
    def _guarded_on_the_way(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.username or parts.password:
            raise ValueError("must not carry a user name or password; webhooks are signed instead")
        if parts.hostname and (
            parts.scheme == "https" or (parts.scheme == "http" and _is_local(parts.hostname))
        ):
            return url
        raise ValueError("must be an https:// address (http:// is accepted for this machine alone)")


class WhatsAppEndpoint(Written):
    """The insurer reads and answers in WhatsApp, on a phone of its own. Its number stands in secret files alone."""

    kind: Literal["whatsapp"]


def _is_local(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


Endpoint = Annotated[KafkaEndpoint | WebhookEndpoint | WhatsAppEndpoint, Field(discriminator="kind")]
