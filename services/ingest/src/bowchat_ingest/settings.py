"""What ingest can be told."""

from pathlib import Path

from pydantic import Field

from bowchat_runtime.settings import ServiceSettings


class IngestSettings(ServiceSettings):
    http_port: int = Field(8001, ge=0, le=65535)
    requests_in_flight: int = Field(256, ge=1, le=10_000)
    """Webhooks held at once, each at most 3 MB; one more is answered 503, and the provider comes back."""
    publish_seconds: float = Field(5, gt=0, le=60)
    """How long Kafka may take to acknowledge before the caller is told to come back."""
    registry: Path = Path("registry")
    """The registry directory: which insurers an imported policy may name."""
