"""What the masker reads from the environment."""

from pydantic import Field

from bowchat_runtime.settings import ServiceSettings


class MaskerSettings(ServiceSettings):
    http_port: int = Field(8003, ge=0, le=65535)
