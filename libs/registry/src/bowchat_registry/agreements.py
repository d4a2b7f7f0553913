"""What an insurer signed: which policies it serves, at which desks, how fast, and where it is reached."""

from collections.abc import Sequence
from datetime import date
from functools import cached_property
from ipaddress import ip_address
from typing import Annotated, Literal, Self, get_args
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from bowchat_contracts.ids import InsurerId, derived_id
from bowchat_contracts.inbound import SlaTerms
from bowchat_contracts.masking_policy import MaskingPolicy, Shape

PolicyType = Literal[
    "motor", "health", "life", "home", "travel", "disability", "critical_illness", "long_term_care", "annuity",
    "retirement",
]  # fmt: skip
POLICY_TYPES: tuple[str, ...] = get_args(PolicyType)

Tag = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
"""A short label, of a message or of what an insurer offers: lower-case letters, digits, dashes."""
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]


class Written(BaseModel):
    """Something a person writes in a registry file: a misspelt field is an error, not silence."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Desk(Written):
    """A queue at an insurer, and which messages belong there."""

    name: Tag
    policy_types: tuple[PolicyType, ...] = ()
    tags: tuple[Tag, ...] = ()
    intents: tuple[Tag, ...] = ()


class Sla(Written):
    """How fast the insurer promised to answer first, and at which share of that time people are warned."""

    first_response_seconds: int = Field(gt=0, le=30 * 24 * 3600)
    warn_ratio: float = Field(0.75, gt=0, lt=1)


class KafkaEndpoint(Written):
    """The insurer reads and writes its own two topics."""

    kind: Literal["kafka"]


class WebhookEndpoint(Written):
    """The insurer is called with signed webhooks."""

    kind: Literal["webhook"]
    url: str = Field(max_length=2000)

    @field_validator("url")
    @classmethod
    def _guarded_on_the_way(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.username or parts.password:
            raise ValueError("must not carry a user name or password; webhooks are signed instead")
        if parts.hostname and (
            parts.scheme == "https" or (parts.scheme == "http" and _is_local(parts.hostname))
        ):
            return url
        raise ValueError("must be an https:// address (http:// is accepted for this machine alone)")


def _is_local(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


Endpoint = Annotated[KafkaEndpoint | WebhookEndpoint, Field(discriminator="kind")]


class OwnShape(Shape):
    model_config = ConfigDict(extra="forbid")


class Masking(MaskingPolicy):
    """What its insurer may see of what people write, and may write itself. Each field left out keeps the careful way."""

    model_config = ConfigDict(extra="forbid")

    shapes: tuple[OwnShape, ...] = Field((), max_length=20)


class Agreement(Written):
    """One insurer's agreement, as its file has it."""

    id: InsurerId
    name: Name
    policy_types: tuple[PolicyType, ...] = Field(min_length=1)
    tags: tuple[Tag, ...] = ()
    """What this insurer offers beyond others: a message with such a tag goes only to who offers it."""
    desks: tuple[Desk, ...] = Field(min_length=1)
    default_desk: Tag
    sla: Sla
    endpoint: Endpoint
    masking: Masking = Masking()
    priority: int = Field(0, ge=0, le=9)
    """The priority of this insurer's messages, where no rule gives another. Higher is more urgent."""
    valid_from: date | None = None
    valid_to: date | None = None
    """The last day on which it holds."""

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        names = [desk.name for desk in self.desks]
        if len(set(names)) != len(names):
            raise ValueError("two desks have the same name; rename one")
        if self.default_desk not in names:
            raise ValueError(f"default_desk names no desk of this insurer; choose one of: {', '.join(names)}")
        foreign = {kind for desk in self.desks for kind in desk.policy_types} - set(self.policy_types)
        if foreign:
            raise ValueError(
                f"a desk serves {', '.join(sorted(foreign))}, which policy_types does not list; add it there"
            )
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise ValueError("valid_to is before valid_from; correct one of them")
        return self

    @cached_property
    def version(self) -> str:
        """Changes whenever anything in the agreement changes. Letters only, as all identifiers."""
        return derived_id("av", self.model_dump_json())

    @cached_property
    def terms(self) -> SlaTerms:
        return SlaTerms(first_response_s=self.sla.first_response_seconds, warn_ratio=self.sla.warn_ratio)

    @cached_property
    def masking_policy(self) -> MaskingPolicy:
        """As events carry it."""
        return MaskingPolicy.model_validate(self.masking.model_dump())

    @cached_property
    def desk_names(self) -> frozenset[str]:
        return frozenset(desk.name for desk in self.desks)

    def in_force(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day <= self.valid_to
        )

    def desk_for(self, policy_type: str | None, tags: Sequence[str]) -> str:
        """The first desk that wants one of the tags; else the first for the policy type; else the default."""
        for desk in self.desks:
            if any(tag in desk.tags for tag in tags):
                return desk.name
        for desk in self.desks:
            if policy_type in desk.policy_types:
                return desk.name
        return self.default_desk
