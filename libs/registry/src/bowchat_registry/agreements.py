"""What an insurer signed: which policies it serves, at which desks, how fast, and where it is reached."""

from collections.abc import Sequence
from datetime import date
from functools import cached_property
from typing import Self

from phonenumbers import SUPPORTED_REGIONS
from pydantic import ConfigDict, Field, StrictFloat, StrictInt, field_validator, model_validator

from bowchat_contracts.ids import InsurerId, derived_id
from bowchat_contracts.inbound import SlaTerms
from bowchat_contracts.masking_policy import MaskingPolicy, Shape
from bowchat_registry.calendar import Calendar
from bowchat_registry.desks import LONGEST_WAIT_S, Desk
from bowchat_registry.endpoints import Endpoint
from bowchat_registry.formats import Formats
from bowchat_registry.keywords import Keyword
from bowchat_registry.written import Language, Name, PolicyType, Tag, Written, instead, serves, wrong

_MEANT = {"UK": "GB", "EL": "GR"}
"""What people and offices write for a country instead of its code in ISO 3166-1."""


class Sla(Written):
    """How fast the insurer promised to answer first, and at which share of that time people are warned."""

    first_response_seconds: StrictInt = Field(gt=0, le=30 * 24 * 3600)
    warn_ratio: StrictFloat = Field(0.75, gt=0, lt=1)


class OwnShape(Shape):
    model_config = ConfigDict(extra="forbid")


class Masking(MaskingPolicy):
    """What its insurer may see of what people write, and may write itself. Each field left out keeps the careful way."""

    model_config = ConfigDict(extra="forbid")

    shapes: tuple[OwnShape, ...] = Field((), max_length=20)

    @field_validator("regions")
    @classmethod
    def _have_numbers(cls, regions: tuple[str, ...]) -> tuple[str, ...]:
        for index, region in enumerate(regions):
            if region not in SUPPORTED_REGIONS:
                meant = _MEANT.get(region)
                right = f"did you mean {meant}?" if meant else "write it as ISO 3166-1 does, like IN or GB"
                raise wrong(f"{region} is no country with phone numbers; {right}", index)
        return regions


class QueueTerms(Written):
    """How work waits that a desk has no place for."""

    limit_s: StrictInt = Field(1_800, gt=0, le=LONGEST_WAIT_S)
    """After so long people decide."""


class Agreement(Written):
    """One insurer's agreement, as its file has it."""

    id: InsurerId
    name: Name
    aliases: tuple[Keyword, ...] = Field((), max_length=20)
    """What else people call it, found whole in any case: "CLA", "the ones with the lion"."""
    policy_types: tuple[PolicyType, ...] = Field(min_length=1)
    """Names of the taxonomy's policy types."""
    exclusive: tuple[PolicyType, ...] = ()
    """Those of its policy types for which no other insurer is ever offered."""
    tags: tuple[Tag, ...] = ()
    """What this insurer offers beyond others: a message with such a tag goes only to who offers it."""
    languages: tuple[Language, ...] = ()
    """Those it serves (BCP 47); none listed: all."""
    hours: Calendar | None = None
    """When its desks work, where a desk does not say otherwise; left out: always."""
    desks: tuple[Desk, ...] = Field(min_length=1)
    default_desk: Tag
    """The desk for what belongs at no other."""
    queue: QueueTerms = QueueTerms()
    formats: Formats = Formats()
    """How its policy, claim and vehicle numbers look."""
    sla: Sla
    endpoint: Endpoint
    masking: Masking = Masking()
    priority: StrictInt = Field(0, ge=0, le=9)
    """The priority of this insurer's messages, where no rule gives another. Higher is more urgent."""
    valid_from: date | None = None
    """The first day on which it holds."""
    valid_to: date | None = None
    """The last day on which it holds."""

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        names = [name for desk in self.desks for name in desk.names]
        for place, desk in enumerate(self.desks):
            if any(names.count(name) > 1 for name in desk.names):
                raise wrong("two desks have the same name or handle; rename one", "desks", place, "name")
            self._check_covered(desk.policy_types, "desks", place, "policy_types")
        if self.default_desk not in self.desk_names:
            raise wrong(
                f"names no desk of this insurer; {instead(self.default_desk, self.desk_names)}",
                "default_desk",
            )
        self._check_covered(self.exclusive, "exclusive")
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise wrong("is before valid_from; correct one of them", "valid_to")
        return self

    def _check_covered(self, policy_types: Sequence[str], *place: str | int) -> None:
        for index, kind in enumerate(policy_types):
            if kind not in self.policy_types:
                raise wrong(
                    f"{kind} is not in this insurer's policy_types; add it there or remove it here",
                    *place,
                    index,
                )

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

    @cached_property
    def _desks_by_name(self) -> dict[str, Desk]:
        return {name: desk for desk in self.desks for name in desk.names}

    @cached_property
    def desks_by_name(self) -> dict[str, str]:
        """The desks' names, by all that commands may call them."""
        return {name: desk.name for name, desk in self._desks_by_name.items()}

    def desk(self, name: str | None) -> Desk | None:
        """The desk of this name or handle."""
        return self._desks_by_name.get(name or "")

    def hours_of(self, desk: Desk) -> Calendar | None:
        """When this desk works; None: always."""
        return desk.hours or self.hours

    def queue_limit_of(self, desk: Desk) -> int:
        """The seconds that work waits for this desk before people decide."""
        return desk.queue_limit_s or self.queue.limit_s

    def in_force(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day <= self.valid_to
        )

    def serves(self, language: str | None) -> bool:
        """Whether it serves this language (BCP 47). One that is not known is no obstacle."""
        return not self.languages or serves(self.languages, language)

    def desk_for(
        self,
        policy_type: str | None,
        tags: Sequence[str],
        intent: str | None = None,
        language: str | None = None,
    ) -> str:
        """The desk for a message. Of those that neither policy type nor language rules out: the first that wants one of
        the tags; else the first for the intent; else the first that names the policy type and nothing more; else the
        default.
        """
        able = [desk for desk in self.desks if desk.may_take(policy_type, language)]
        chosen = (
            *(desk for desk in able if any(tag in desk.tags for tag in tags)),
            *(desk for desk in able if intent in desk.intents),
            *(
                desk
                for desk in able
                if policy_type in desk.policy_types and not desk.tags and not desk.intents
            ),
        )
        return chosen[0].name if chosen else self.default_desk
