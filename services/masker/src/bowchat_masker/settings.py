"""What the masker reads from the environment."""

from pydantic import Field

from bowchat_runtime.settings import ServiceSettings


class MaskerSettings(ServiceSettings):
    http_port: int = Field(8003, ge=0, le=65535)
    media_link_days: float = Field(7, gt=0, le=90)
    """How long an insurer's link to a file opens it."""
