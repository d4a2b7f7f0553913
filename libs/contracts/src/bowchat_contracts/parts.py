"""What events are made of."""

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A frozen piece of an event."""

    model_config = ConfigDict(frozen=True, extra="ignore")
