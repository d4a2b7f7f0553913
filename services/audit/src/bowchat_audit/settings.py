"""What the audit log reads from the environment."""

from pydantic import Field

from bowchat_runtime.settings import ServiceSettings


class AuditSettings(ServiceSettings):
    http_port: int = Field(8006, ge=0, le=65535)
