"""Rules: what holds of a message says more about it. Read in order; the first that decides a thing decides it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from pydantic import Field, StrictInt, model_validator

from bowchat_contracts.ids import InsurerId
from bowchat_registry.calendar import Calendar
from bowchat_registry.conditions import Condition, Standing, Test, test_of
from bowchat_registry.facts import NO_FACTS, Facts
from bowchat_registry.keywords import words
from bowchat_registry.naming import InsurerNames
from bowchat_registry.written import Intent, PolicyType, Tag, Written, wrong

RESERVED = frozenset(
    {
        "policy_number", "number_format", "other_message", "open_conversation", "contact_policy", "model", "answer",
        "people", "line", "triage", "ask",
    }
)  # fmt: skip
"""What decides where no rule does."""


class Then(Written):
    """What the rule says of the message. Tags add up; everything else is decided by the first rule that says it."""

    policy_type: PolicyType | None = None
    intent: Intent | None = None
    insurer: InsurerId | None = None
    desk: Tag | None = None
    tags: tuple[Tag, ...] = ()
    priority: StrictInt | None = Field(None, ge=0, le=9)
    """Higher is more urgent."""
    triage: bool = False
    """People decide, whatever else is known."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_dump(exclude_defaults=True):
            raise ValueError("is empty; say what the rule decides")
        if self.triage and (self.insurer or self.desk):
            raise wrong("leaves it to people; remove it, or remove insurer and desk", "triage")
        return self


class Rule(Written):
    name: Tag
    when: Condition
    then: Then

    @model_validator(mode="after")
    def _named_apart(self) -> Self:
        if self.name in RESERVED:
            raise wrong("is one the router uses itself; choose another", "name")
        return self


class RulesFile(Written):
    """`rules.yaml`: read in order; the first rule that decides a thing decides it, and tags add up."""

    calendars: dict[Tag, Calendar] = Field(default_factory=dict)
    """Hours that rules may ask about by their name."""
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Matching:
    """The rules that a text does not rule out, in their order."""

    rules: tuple[Rule, ...]
    tests: tuple[Test, ...]
    found: frozenset[str]
    """The phrases of the rules that are in the text."""
    calendars: Mapping[str, Calendar]


@dataclass(frozen=True, slots=True)
class Applied:
    """What the rules say of one message, and which of them said it."""

    policy_type: str | None = None
    insurer: str | None = None
    desk: str | None = None
    tags: tuple[str, ...] = ()
    priority: int | None = None
    decided_by: str | None = None
    """The rule that named the insurer, else the one that named the policy type."""
    kind_by: str | None = None
    """The rule that named the policy type."""
    intent: str | None = None
    triage_by: str | None = None
    """The rule that leaves the message to people."""
    held: tuple[str, ...] = ()
    """All rules whose conditions held."""


NOTHING = Applied()


class RuleBook:
    """Rules in their order, indexed by the first word of each phrase: those that a text cannot match cost nothing."""

    def __init__(self, rules: Sequence[Rule], calendars: Mapping[str, Calendar] | None = None) -> None:
        self.rules = tuple(rules)
        self._calendars = calendars or {}
        self._tests = tuple(test_of(rule.when) for rule in rules)
        self._free: list[int] = []
        self._by_phrase: defaultdict[str, list[int]] = defaultdict(list)
        self._by_word: defaultdict[str, dict[str, None]] = defaultdict(dict)
        for index, rule in enumerate(rules):
            needed = rule.when.needs()
            if needed is None:
                self._free.append(index)
            for phrase in needed or ():
                self._by_phrase[phrase].append(index)
            for phrase in rule.when.phrases():
                self._by_word[phrase.split(maxsplit=1)[0]][phrase] = None

    def matching(self, text: str, names: InsurerNames | None = None) -> Matching:
        """The rules whose keywords are in the text, or that can hold without. In insurers' whole `names` only those are
        found that name an insurer themselves.
        """
        spaced = words(text)
        beside = names.left_out(text) if names else spaced
        found = frozenset(
            phrase
            for word in self._by_word.keys() & set(spaced.split())
            for phrase in self._by_word[word]
            if phrase in beside or (names and phrase in spaced and names.in_text(phrase))
        )
        places = {*self._free, *(index for phrase in found for index in self._by_phrase.get(phrase, ()))}
        ordered = sorted(places)
        return Matching(
            tuple(self.rules[index] for index in ordered),
            tuple(self._tests[index] for index in ordered),
            found,
            self._calendars,
        )


def apply(matching: Matching, facts: Facts = NO_FACTS) -> Applied:
    """What the rules that match a text say of it, in the light of what is known."""
    standing = Standing(
        facts, matching.found, facts.policy_type, facts.intent, dict.fromkeys(facts.tags), matching.calendars
    )
    insurer, desk, priority = None, None, None
    kind_rule, insurer_rule, triage_rule = None, None, None
    held: list[str] = []
    for rule, test in zip(matching.rules, matching.tests, strict=True):
        if not test(standing):
            continue
        then = rule.then
        held.append(rule.name)
        if standing.policy_type is None and then.policy_type:
            standing.policy_type, kind_rule = then.policy_type, rule.name
        if insurer is None and then.insurer:
            insurer, insurer_rule = then.insurer, rule.name
        if triage_rule is None and then.triage:
            triage_rule = rule.name
        standing.intent = standing.intent or then.intent
        desk = desk or then.desk
        priority = then.priority if priority is None else priority
        standing.tags |= dict.fromkeys(then.tags)
    return Applied(
        policy_type=standing.policy_type,
        insurer=insurer,
        desk=desk,
        tags=tuple(standing.tags),
        priority=priority,
        decided_by=insurer_rule or kind_rule,
        kind_by=kind_rule,
        intent=standing.intent,
        triage_by=triage_rule,
        held=tuple(held),
    )
