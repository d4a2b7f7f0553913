"""What the router reads from the environment."""

from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from bowchat_router.kept import own_cache
from bowchat_runtime.errors import SettingsError
from bowchat_runtime.settings import ServiceSettings

_KEY_FILE = "model_key"


@dataclass(frozen=True)
class HostedModel:
    """A model behind an OpenAI-compatible endpoint."""

    url: str
    name: str
    timeout_s: float
    key: SecretStr | None = None
    """None: it asks for none."""


class RouterSettings(ServiceSettings):
    http_port: int = Field(8002, ge=0, le=65535)
    registry: Path = Path("registry")
    """The registry directory: `insurers/*.yaml`, `taxonomy.yaml`, `rules.yaml`, `commands.yaml`, `policies.csv`."""
    cache: Path = Field(default_factory=own_cache)
    """A directory of this service's own, where a trained classifier is kept from one start to the next."""
    model_url: str = ""
    """Where a hosted model takes chat completions, `https://…/v1/chat/completions`; empty: none is asked. It sees masked
    text only, and its key is the secret file `model_key`."""
    model_name: str = Field("", max_length=200, validate_default=True)
    """The model's name, as the endpoint has it."""
    model_timeout_s: float = Field(2.0, gt=0, le=10)
    """After so many seconds the own classifier's reading stands."""

    @field_validator("model_url")
    @classmethod
    def _is_guarded(cls, url: str) -> str:
        if not url:
            return url
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.username is not None or parts.password is not None:
            raise ValueError(
                f"must hold no user name and password; the key belongs in the secret file {_KEY_FILE}"
            )
        if not host or not (parts.scheme == "https" or (parts.scheme == "http" and _is_local(host))):
            raise ValueError("must be an https:// address (http:// is accepted for this machine alone)")
        return url

    @field_validator("model_name")
    @classmethod
    def _is_named(cls, name: str, info: ValidationInfo) -> str:
        if info.data.get("model_url") and not name.strip():
            raise ValueError("must name the model to ask, since BOWCHAT_MODEL_URL is set")
        return name

    @property
    def hosted_model(self) -> HostedModel | None:
        """None where none is named.

        Errors: `SettingsError` when its key cannot be read. A model on this machine needs none.
        """
        if not self.model_url:
            return None
        return HostedModel(self.model_url, self.model_name, self.model_timeout_s, self._model_key())

    def _model_key(self) -> SecretStr | None:
        if _is_local(urlsplit(self.model_url).hostname or "") and not (self.secrets / _KEY_FILE).exists():
            return None
        key = self.secret(_KEY_FILE).decode("ascii", errors="replace")
        if not (key.isascii() and key.isprintable() and " " not in key):
            raise SettingsError(
                f"the secret file {self.secrets / _KEY_FILE} must hold one key in one line, without spaces."
            )
        return SecretStr(key)


def _is_local(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
