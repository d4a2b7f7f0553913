"""What the router reads from the environment."""

from pathlib import Path

from pydantic import Field

from bowchat_runtime.settings import ServiceSettings


class RouterSettings(ServiceSettings):
    http_port: int = Field(8002, ge=0, le=65535)
    registry: Path = Path("registry")
    """The registry directory: `insurers/*.yaml`, `taxonomy.yaml`, `rules.yaml`, `policies.csv`."""
