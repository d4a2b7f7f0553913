"""What the router reads from the environment."""

from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from bowchat_router.kept import user_cache
from bowchat_runtime.settings import ServiceSettings


@dataclass(frozen=True)
class HostedModel:
    """A model behind an OpenAI-compatible endpoint."""

    url: str
    name: str
    timeout_s: float


class RouterSettings(ServiceSettings):
    http_port: int = Field(8002, ge=0, le=65535)
    registry: Path = Path("registry")
    """The registry directory: `insurers/*.yaml`, `taxonomy.yaml`, `rules.yaml`, `commands.yaml`, `policies.csv`."""
    cache: Path = Field(default_factory=user_cache)
    """A directory of this service's own, where a trained classifier is kept from one start to the next."""
    model_url: str = ""
    """Where a hosted model takes chat completions, `https://…/v1/chat/completions`; empty: none is asked. It sees masked
    text only, and its key is the secret file `model_key`."""
    model_name: str = Field("", max_length=200)
    model_timeout_s: float = Field(2.0, gt=0, le=10)
    """After so many seconds the own classifier's reading stands."""

    @field_validator("model_url")
    @classmethod
    def _is_guarded(cls, url: str) -> str:
        parts = urlsplit(url)
        if not url or parts.scheme == "https" or (parts.scheme == "http" and _is_local(parts.hostname or "")):
            return url
        raise ValueError("must be an https:// address (http:// is accepted for this machine alone)")

    @property
    def hosted_model(self) -> HostedModel | None:
        """None where none is named."""
        return HostedModel(self.model_url, self.model_name, self.model_timeout_s) if self.model_url else None


def _is_local(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
