"""Conditions of rules: what a person writes below `when:`, and the test that it becomes."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Literal, Self, TypeVar

from pydantic import BeforeValidator, Field, StrictInt, StringConstraints, WithJsonSchema, model_validator

from bowchat_contracts.ids import InsurerId
from bowchat_registry.calendar import Calendar
from bowchat_registry.facts import Facts
from bowchat_registry.keywords import Keyword, words
from bowchat_registry.written import Intent, Language, PolicyType, Tag, Written, serves, wrong

Item = TypeVar("Item")
Exact = Annotated[str, StringConstraints(min_length=1, max_length=200)]


def _listed(given: object) -> object:
    return (given,) if isinstance(given, str) else given


def _one_or_more(pattern: str | None = None) -> tuple[BeforeValidator, WithJsonSchema]:
    one = {"type": "string", "pattern": pattern} if pattern else {"type": "string"}
    return BeforeValidator(_listed), WithJsonSchema({"anyOf": [one, {"type": "array", "items": one}]})


_NAME = r"^[a-z][a-z0-9_-]{0,39}$"
PolicyTypes = Annotated[tuple[PolicyType, ...], *_one_or_more(_NAME)]
Intents = Annotated[tuple[Intent, ...], *_one_or_more(_NAME)]
Languages = Annotated[tuple[Language, ...], *_one_or_more()]
Exacts = Annotated[tuple[Exact, ...], *_one_or_more()]
Insurers = Annotated[tuple[InsurerId, ...], *_one_or_more()]


class Range(Written):
    """A number from `at_least` to `at_most`, both included."""

    at_least: StrictInt | None = Field(None, ge=0)
    at_most: StrictInt | None = Field(None, ge=0)

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise ValueError("holds for every number; give at_least or at_most")
        if None not in (self.at_least, self.at_most) and (self.at_least or 0) > (self.at_most or 0):
            raise wrong("is below at_least, so no number fits; correct one of them", "at_most")
        return self

    def holds(self, number: int) -> bool:
        return (self.at_least is None or number >= self.at_least) and (
            self.at_most is None or number <= self.at_most
        )


class Hours(Written):
    """Whether a desk, or a calendar of `calendars:`, is open now."""

    calendar: Tag | None = None
    insurer: InsurerId | None = None
    desk: Tag | None = None
    state: Literal["open", "closed"]

    @model_validator(mode="after")
    def _of_one(self) -> Self:
        if (self.calendar is None) == (self.insurer is None and self.desk is None):
            raise ValueError("give either a calendar, or an insurer and its desk")
        if self.calendar is None and (self.insurer is None or self.desk is None):
            raise ValueError("names an insurer and a desk together; add the one that is missing")
        return self


class Contact(Written):
    """Who wrote. All that is given must hold."""

    known: bool | None = None
    """Whether they hold a policy, are a contact of the aggregator's, or wrote before."""
    tags: tuple[Tag, ...] = ()
    """All of these."""
    language: Languages = ()
    """Any of these, as the aggregator's list of contacts says."""
    policies: Range | None = None
    """How many they hold."""


class History(Written):
    """The contact's conversations before. All that is given must hold."""

    conversations: Range | None = None
    """How many were opened within the last `within_days`."""
    within_days: StrictInt = Field(30, ge=1, le=3650)
    open_with: Insurers = ()
    """One is open with any of these insurers."""
    resolved_within_days: StrictInt | None = Field(None, ge=1, le=3650)
    """One was resolved so lately."""


class Condition(Written):
    """What must be true. All fields that are given must hold; what is not known fulfils none."""

    keywords_any: tuple[Keyword, ...] = ()
    """Any of these words or phrases, in any case."""
    policy_type: PolicyTypes = ()
    """Any of these, as it is known, or as a rule above has said."""
    intent: Intents = ()
    """Any of these, as it is known, or as a rule above has said."""
    tags: tuple[Tag, ...] = ()
    """All of these; rules above may have given them."""
    language: Languages = ()
    """Any of these; `hi` is romanised Hindi too."""
    hours: Hours | None = None
    contact: Contact | None = None
    history: History | None = None
    ad: Exacts = ()
    """The chat began at any of these ads, by their ids."""
    button: Exacts = ()
    """A button with any of these payloads was tapped."""
    all: tuple["Condition", ...] = ()
    any: tuple["Condition", ...] = ()
    none: tuple["Condition", ...] = ()

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_dump(exclude_defaults=True):
            raise ValueError(
                "is empty and would match everything; give keywords_any, policy_type, tags or another"
            )
        for name in ("contact", "history"):
            part = getattr(self, name)
            if part is not None and not part.model_dump(exclude_defaults=True, exclude={"within_days"}):
                raise wrong("is empty and would match everybody; say what must hold", name)
        return self

    def inner(self) -> Iterator[tuple[tuple[str | int, ...], "Condition"]]:
        """Itself and all conditions within, each with its place."""
        yield (), self
        for name in ("all", "any", "none"):
            for index, each in enumerate(getattr(self, name)):
                for place, condition in each.inner():
                    yield (name, index, *place), condition

    def required(self) -> Iterator[tuple[tuple[str | int, ...], "Condition"]]:
        """Itself and those within that hold whenever it does, each with its place."""
        yield (), self
        for index, each in enumerate(self.all):
            for place, condition in each.required():
                yield ("all", index, *place), condition

    def phrases(self) -> Iterator[str]:
        """All that it looks for in a text."""
        for _, condition in self.inner():
            yield from map(words, condition.keywords_any)

    def needs(self) -> frozenset[str] | None:
        """Phrases one of which has to be in the text, or it cannot hold; None where it can hold without."""
        needed: list[frozenset[str]] = []
        if self.keywords_any:
            needed.append(frozenset(map(words, self.keywords_any)))
        needed += [each for inner in self.all if (each := inner.needs()) is not None]
        ways = [each.needs() for each in self.any]
        if ways and None not in ways:
            needed.append(frozenset[str]().union(*(each for each in ways if each is not None)))
        return min(needed, key=len) if needed else None


@dataclass(slots=True)
class Standing:
    """How things stand for a message at one rule, after those above it."""

    facts: Facts
    found: frozenset[str]
    """The phrases of the rules that are in the text."""
    policy_type: str | None
    intent: str | None
    tags: dict[str, None]
    calendars: Mapping[str, Calendar]
    open: dict[str, bool] = field(default_factory=dict)
    """What has been asked of calendars already."""

    def is_open(self, calendar: str) -> bool | None:
        """None where the time is not known."""
        if self.facts.now is None:
            return None
        if calendar not in self.open:
            self.open[calendar] = self.calendars[calendar].is_open(self.facts.now)
        return self.open[calendar]


Test = Callable[[Standing], bool]


def test_of(condition: Condition) -> Test:
    """The condition as one function; what is cheap is asked first."""
    tests = tuple(_tests(condition))
    return tests[0] if len(tests) == 1 else _every(tests)


def _every(tests: tuple[Test, ...]) -> Test:
    def holds(standing: Standing) -> bool:
        for test in tests:  # noqa: SIM110 - a loop is twice as fast as all()
            if not test(standing):
                return False
        return True

    return holds


def _some(tests: tuple[Test, ...]) -> Test:
    def holds(standing: Standing) -> bool:
        for test in tests:  # noqa: SIM110 - a loop is twice as fast as any()
            if test(standing):
                return True
        return False

    return holds


def _tests(condition: Condition) -> Iterator[Test]:
    if condition.keywords_any:
        phrases = frozenset(map(words, condition.keywords_any))
        yield lambda standing: not phrases.isdisjoint(standing.found)
    if kinds := frozenset(condition.policy_type):
        yield lambda standing: standing.policy_type in kinds
    if intents := frozenset(condition.intent):
        yield lambda standing: standing.intent in intents
    if tags := frozenset(condition.tags):
        yield lambda standing: standing.tags.keys() >= tags
    if languages := condition.language:
        yield lambda standing: _speaks(languages, standing.facts.language)
    yield from _origin_tests(condition)
    yield from _contact_tests(condition.contact)
    yield from _nested_tests(condition)
    yield from _history_tests(condition.history)
    if condition.hours:
        yield _hours_test(condition.hours)


def _origin_tests(condition: Condition) -> Iterator[Test]:
    if ads := frozenset(condition.ad):
        yield lambda standing: standing.facts.ad in ads
    if buttons := frozenset(condition.button):
        yield lambda standing: standing.facts.button in buttons


def _nested_tests(condition: Condition) -> Iterator[Test]:
    for each in condition.all:
        yield test_of(each)
    if ways := tuple(map(test_of, condition.any)):
        yield _some(ways)
    if condition.none:
        barred = _some(tuple(map(test_of, condition.none)))
        yield lambda standing: not barred(standing)


def _speaks(languages: tuple[str, ...], language: str | None) -> bool:
    return language is not None and serves(languages, language)


def _contact_tests(contact: Contact | None) -> Iterator[Test]:
    if contact is None:
        return
    if contact.known is not None:
        known = contact.known
        yield lambda standing: standing.facts.contact.known == known
    if tags := frozenset(contact.tags):
        yield lambda standing: tags.issubset(standing.facts.contact.tags)
    if languages := contact.language:
        yield lambda standing: _speaks(languages, standing.facts.contact.language)
    if policies := contact.policies:
        yield lambda standing: policies.holds(standing.facts.contact.policies)


def _history_tests(history: History | None) -> Iterator[Test]:
    if history is None:
        return
    if insurers := frozenset(history.open_with):
        yield lambda standing: not insurers.isdisjoint(standing.facts.history.open_with)
    if history.resolved_within_days is not None:
        lately = timedelta(days=history.resolved_within_days)
        yield lambda standing: _resolved_within(standing.facts, lately)
    if conversations := history.conversations:
        within = timedelta(days=history.within_days)
        yield lambda standing: _began_within(standing.facts, within, conversations)


def _resolved_within(facts: Facts, lately: timedelta) -> bool:
    resolved = facts.history.resolved_at
    return resolved is not None and facts.now is not None and facts.now - resolved <= lately


def _began_within(facts: Facts, within: timedelta, conversations: Range) -> bool:
    if facts.now is None:
        return False
    now = facts.now
    return conversations.holds(sum(now - began <= within for began in facts.history.began))


def _hours_test(hours: Hours) -> Test:
    wanted = hours.state == "open"
    if hours.calendar is not None:
        calendar = hours.calendar
        return lambda standing: standing.is_open(calendar) is wanted
    desk = (hours.insurer or "", hours.desk or "")
    return lambda standing: standing.facts.now is not None and (desk in standing.facts.open_desks) is wanted
