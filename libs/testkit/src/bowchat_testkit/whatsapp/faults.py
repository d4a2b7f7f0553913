"""Troubles to order: what shall go wrong with the next sends."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bowchat_testkit.whatsapp.people import identity


class Fault(BaseModel):
    """The next `count` sends to somebody (to anybody, without `to`) go wrong in one way.

    - `error`: refused with the API error `code`.
    - `http`: HTTP `status` with a body that is not JSON, as a proxy gives.
    - `reset`: the connection is reset before an answer; `accepted` says whether the message was taken all the same.
    - `hang`: no answer until the caller gives up, or for `seconds`, then HTTP 504; `accepted` as above.
    - `delay`: accepted, answered `seconds` late.
    - `fail_later`: accepted, then a `failed` status with `code`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["error", "http", "reset", "hang", "delay", "fail_later"]
    to: str | None = None
    count: int = Field(default=1, ge=1)
    code: int | None = None
    status: int = 500
    seconds: float | None = Field(default=None, ge=0)
    accepted: bool = True

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.kind in ("error", "fail_later") and self.code is None:
            raise ValueError(f"a fault of kind {self.kind} needs a code")
        if self.kind == "delay" and self.seconds is None:
            raise ValueError("a fault of kind delay needs seconds")
        return self


class Faults:
    """Ordered faults, used up one send at a time, the oldest first."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Fault, int]] = []

    def add(self, fault: Fault) -> None:
        self._waiting.append((fault, fault.count))

    def clear(self) -> None:
        self._waiting.clear()

    def take(self, recipient: str) -> Fault | None:
        """The fault of a send to this number or BSUID, or None."""
        for place, (fault, left) in enumerate(self._waiting):
            if fault.to is None or identity(fault.to) == recipient:
                if left > 1:
                    self._waiting[place] = (fault, left - 1)
                else:
                    del self._waiting[place]
                return fault
        return None
