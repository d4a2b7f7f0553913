"""What the SLA watcher reads from the environment."""

from pydantic import Field

from bowchat_runtime.settings import ServiceSettings


class SlaSettings(ServiceSettings):
    http_port: int = Field(8005, ge=0, le=65535)
