"""Rules apply in order, on whole words of any script and on all that is known beside them."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bowchat_registry.agreements import Agreement
from bowchat_registry.book import PolicyBook
from bowchat_registry.calendar import Calendar
from bowchat_registry.checks import RuleChecks
from bowchat_registry.facts import NO_FACTS, Facts, HistoryFacts, WriterFacts
from bowchat_registry.keywords import words
from bowchat_registry.registry import Registry
from bowchat_registry.rules import NOTHING, RESERVED, Rule, RuleBook, apply
from bowchat_registry.taxonomy import Taxonomy

ROUTING = (
    (Path(__file__).parents[4] / "docs" / "routing.md")
    .read_text()
    .split("## The order")[1]
    .split("\n### ")[0]
)
DECISIONS = sorted(
    {
        name
        for line in re.findall(r"^\|.*\|$", ROUTING, re.MULTILINE)[2:]
        for name in re.findall(r"`([a-z_]+)`", line.split("|")[-2])
    }
)
"""What the page on routing lists in its column `rule`."""


def rule(name: str, when: dict[str, object], then: dict[str, object]) -> Rule:
    return Rule.model_validate({"name": name, "when": when, "then": then})


BOOK = RuleBook(
    [
        rule(
            "tow",
            {"keywords_any": ["flat tyre", "tow"]},
            {"policy_type": "motor", "tags": ["roadside"], "priority": 5},
        ),
        rule("car", {"keywords_any": ["car", "गाड़ी"]}, {"policy_type": "motor", "priority": 1}),
        rule("ill", {"keywords_any": ["hospital"]}, {"policy_type": "health", "tags": ["ill"]}),
        rule(
            "urgent", {"tags": ["roadside"], "policy_type": "motor"}, {"tags": ["urgent"], "desk": "roadside"}
        ),
    ]
)


@pytest.mark.parametrize(
    "text", ["my car", "CAR!", "the car, please", "मेरी गाड़ी का बीमा", "car🚘", "a (car)"]
)
def test_a_keyword_is_found_as_a_word(text: str) -> None:
    """Case, punctuation, pictographs and scripts do not hide a keyword."""
    assert apply(BOOK.matching(text)).policy_type == "motor"


@pytest.mark.parametrize("text", ["", "carpet", "scar", "flat and tyre", "vicar 42"])
def test_a_keyword_inside_another_word_is_not_found(text: str) -> None:
    """A carpet is no car."""
    assert apply(BOOK.matching(text)) == NOTHING


def test_the_first_rule_decides_and_tags_add_up() -> None:
    """What one rule said, a later one does not change; a rule can build on the tags of those before it."""
    applied = apply(BOOK.matching("flat tyre on my car near the hospital"))
    assert (applied.policy_type, applied.decided_by, applied.priority) == ("motor", "tow", 5)
    assert applied.tags == ("roadside", "ill", "urgent")
    assert applied.desk == "roadside"


def test_a_known_policy_type_stays() -> None:
    """Rules do not contradict what the policy itself says."""
    applied = apply(BOOK.matching("my car is at the hospital"), Facts(policy_type="health"))
    assert applied.policy_type == "health"
    assert applied.decided_by is None


def agreement(name: str, **changes: object) -> Agreement:
    given = {
        "id": name,
        "name": name,
        "policy_types": ["motor", "home"],
        "desks": [
            {"name": "claims", "tags": ["claim"]},
            {"name": "houses", "policy_types": ["home"]},
            {"name": "rest"},
        ],
        "default_desk": "rest",
        "sla": {"first_response_seconds": 60},
        "endpoint": {"kind": "kafka"},
    }
    return Agreement.model_validate(given | changes)


@pytest.mark.parametrize(
    ("kind", "tags", "desk"),
    [
        ("motor", ("claim",), "claims"),
        ("home", ("claim",), "claims"),
        ("home", (), "houses"),
        (None, ("x",), "rest"),
    ],
)
def test_a_desk_is_chosen_by_tag_then_policy_type(kind: str | None, tags: tuple[str, ...], desk: str) -> None:
    """A tag says more than a policy type; what no desk names goes to the default."""
    assert agreement("acme").desk_for(kind, tags) == desk


def taxonomy() -> Taxonomy:
    examples = ["my car", "my van", "my bike", "a truck", "a tyre"]
    motor = {"name": "motor", "description": "All that drives.", "examples": examples}
    return Taxonomy.model_validate(
        {"policy_words": ["policy"], "policy_types": [motor], "intents": [motor], "off_topic": examples}
    )


def test_only_insurers_in_force_that_offer_the_tag_serve() -> None:
    """An ended agreement serves nobody; a tag that some insurer offers excludes those who do not."""
    plain, tow = agreement("plain"), agreement("tow", tags=["roadside"])
    ended = agreement("ended", tags=["roadside"], valid_to="2026-01-31")
    agreements = {each.id: each for each in (plain, tow, ended)}
    registry = Registry("rg", agreements, BOOK, PolicyBook([]), taxonomy())
    on_last_day, after = date(2026, 1, 31), date(2026, 2, 1)
    assert registry.serving("motor", ("roadside",), on_last_day) == (tow, ended)
    assert registry.serving("motor", ("roadside", "unknown"), after) == (tow,)
    assert registry.serving("motor", (), after) == (plain, tow)
    assert registry.serving("life", (), after) == ()


NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)  # a Monday
NIGHT = NOW + timedelta(hours=12)
OFFICE = Calendar.model_validate({"zone": "UTC", "weekly": {"mon-fri": ["09:00-17:00"]}})


def holds(when: Mapping[str, object], facts: Facts = NO_FACTS, text: str = "") -> bool:
    book = RuleBook([rule("one", dict(when), {"priority": 1})], {"office": OFFICE})
    return apply(book.matching(text), facts).held == ("one",)


def days_ago(*days: int) -> tuple[datetime, ...]:
    return tuple(NOW - timedelta(days=each) for each in days)


OFTEN = HistoryFacts(began=days_ago(1, 2, 40), open_with=frozenset({"acme"}), resolved_at=days_ago(3)[0])
REGULAR = WriterFacts(known=True, tags=("vip", "old"), language="hi-Latn", policies=2)
VIP = WriterFacts(tags=("vip",))
TOW_AND_CAR = {"all": [{"keywords_any": ["car"]}, {"keywords_any": ["tow"]}]}


@pytest.mark.parametrize(
    ("when", "yes", "no"),
    [
        ({"policy_type": "motor"}, Facts(policy_type="motor"), Facts(policy_type="home")),
        ({"policy_type": ["motor", "home"]}, Facts(policy_type="home"), NO_FACTS),
        ({"intent": "claim"}, Facts(intent="claim"), Facts(intent="quote")),
        ({"tags": ["a1", "b2"]}, Facts(tags=("b2", "a1", "c3")), Facts(tags=("a1",))),
        ({"language": "hi"}, Facts(language="hi-Latn"), Facts(language="en")),
        ({"language": ["es", "hi-Latn"]}, Facts(language="hi-latn"), Facts(language="hi")),
        ({"ad": "120"}, Facts(ad="120"), Facts(ad="12")),
        ({"button": ["renew", "pay"]}, Facts(button="pay"), NO_FACTS),
        ({"hours": {"calendar": "office", "state": "open"}}, Facts(now=NOW), Facts(now=NIGHT)),
        ({"hours": {"calendar": "office", "state": "closed"}}, Facts(now=NIGHT), NO_FACTS),
        ({"hours": {"insurer": "acme", "desk": "claims", "state": "open"}},
         Facts(now=NOW, open_desks=frozenset({("acme", "claims")})), Facts(now=NOW)),
        ({"hours": {"insurer": "acme", "desk": "claims", "state": "closed"}},
         Facts(now=NOW), Facts(now=NOW, open_desks=frozenset({("acme", "claims")}))),
        ({"contact": {"known": True}}, Facts(contact=REGULAR), NO_FACTS),
        ({"contact": {"known": False}}, NO_FACTS, Facts(contact=REGULAR)),
        ({"contact": {"tags": ["vip"], "language": "hi"}}, Facts(contact=REGULAR), Facts(contact=VIP)),
        ({"contact": {"policies": {"at_least": 2}}}, Facts(contact=REGULAR), Facts(contact=WriterFacts(policies=1))),
        ({"contact": {"policies": {"at_most": 1}}}, NO_FACTS, Facts(contact=REGULAR)),
        ({"history": {"open_with": "acme"}}, Facts(history=OFTEN), NO_FACTS),
        ({"history": {"conversations": {"at_least": 3}, "within_days": 50}}, Facts(now=NOW, history=OFTEN),
         Facts(now=NOW + timedelta(days=20), history=OFTEN)),
        ({"history": {"conversations": {"at_least": 3}}}, Facts(now=NOW, history=HistoryFacts(days_ago(1, 2, 3))),
         Facts(now=NOW, history=OFTEN)),
        ({"history": {"resolved_within_days": 3}}, Facts(now=NOW, history=OFTEN), Facts(now=NIGHT, history=OFTEN)),
        ({"none": [{"intent": "claim"}, {"tags": ["x1"]}]}, NO_FACTS, Facts(tags=("x1",))),
        ({"any": [{"intent": "claim"}, {"tags": ["x1"]}]}, Facts(tags=("x1",)), NO_FACTS),
        ({"all": [{"intent": "claim"}, {"any": [{"ad": "1"}, {"none": [{"contact": {"known": True}}]}]}]},
         Facts(intent="claim"), Facts(intent="claim", contact=REGULAR)),
    ],
)  # fmt: skip
def test_a_condition_holds_when_it_is_so(when: dict[str, object], yes: Facts, no: Facts) -> None:
    """Each condition tells apart two messages that differ in nothing else."""
    assert holds(when, yes)
    assert not holds(when, no)


@pytest.mark.parametrize(
    ("when", "text", "expected"),
    [
        (TOW_AND_CAR, "tow my car", True),
        (TOW_AND_CAR, "my car", False),
        ({"any": [{"keywords_any": ["car"]}, {"keywords_any": ["van"]}]}, "a van", True),
        ({"keywords_any": ["car"], "none": [{"keywords_any": ["hire car", "rental"]}]}, "my hire car", False),
        ({"keywords_any": ["car"], "none": [{"keywords_any": ["hire car", "rental"]}]}, "my car", True),
        ({"none": [{"keywords_any": ["car"]}]}, "a van", True),
    ],
)
def test_keywords_are_found_wherever_they_are_nested(
    when: dict[str, object], text: str, *, expected: bool
) -> None:
    """all, any and none speak of words as of anything else."""
    assert holds(when, text=text) == expected


def test_rules_say_intent_and_leave_to_people() -> None:
    """What is known stays; what rules above say, those below may ask for; all that held are named."""
    book = RuleBook(
        [
            rule("court", {"keywords_any": ["court"]}, {"intent": "complaint", "triage": True}),
            rule("angry", {"intent": "complaint"}, {"priority": 8}),
        ]
    )
    said = apply(book.matching("see you in court"))
    assert (said.intent, said.triage_by, said.priority, said.held) == (
        "complaint",
        "court",
        8,
        ("court", "angry"),
    )
    known = apply(book.matching("see you in court"), Facts(intent="claim", tags=("kept",)))
    assert (known.intent, known.priority, known.tags) == ("claim", None, ("kept",))


@pytest.mark.parametrize(
    ("when", "then", "said"),
    [
        ({}, {"priority": 1}, "would match everything"),
        ({"any": [{}]}, {"priority": 1}, "would match everything"),
        ({"contact": {}}, {"priority": 1}, "would match everybody"),
        ({"history": {"within_days": 3}}, {"priority": 1}, "would match everybody"),
        ({"tags": ["a1"]}, {}, "say what the rule decides"),
        ({"tags": ["a1"]}, {"triage": True, "desk": "x"}, "leaves it to people"),
        ({"keywords_any": ["??"]}, {"priority": 1}, "no letter or digit"),
        ({"hours": {"state": "open"}}, {"priority": 1}, "either a calendar, or an insurer"),
        ({"hours": {"state": "open", "desk": "x"}}, {"priority": 1}, "together"),
        ({"hours": {"state": "shut", "calendar": "x"}}, {"priority": 1}, "'open' or 'closed'"),
        ({"contact": {"policies": {}}}, {"priority": 1}, "give at_least or at_most"),
        ({"contact": {"policies": {"at_least": 2, "at_most": 1}}}, {"priority": 1}, "no number fits"),
        ({"regex": "x"}, {"priority": 1}, "Extra inputs"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(
    when: dict[str, object], then: dict[str, object], said: str
) -> None:
    """A rule for everything, for nothing, or that decides nothing, is a slip."""
    with pytest.raises(ValidationError, match=said):
        rule("one", when, then)


# --- The index loses no rule and adds none: a plain reading of each condition says the same.

NAMES = st.sampled_from(["motor", "home", "claim", "a1", "b2"])
TEXT = st.lists(st.sampled_from(["my", "car", "hire", "van", "carpet", "tow"]), max_size=6).map(" ".join)


@st.composite
def conditions(draw: st.DrawFn, depth: int = 2) -> dict[str, object]:
    """What a person may write below `when:`."""
    some: dict[str, st.SearchStrategy[object]] = {
        "keywords_any": st.lists(
            st.sampled_from(["car", "hire car", "van", "tow my"]), min_size=1, max_size=2
        ),
        "policy_type": st.lists(NAMES, min_size=1, max_size=2),
        "tags": st.lists(NAMES, min_size=1, max_size=2),
        "contact": st.fixed_dictionaries({"known": st.booleans()}),
        "ad": st.just("1"),
    }
    if depth:
        some |= dict.fromkeys(("all", "any", "none"), st.lists(conditions(depth - 1), min_size=1, max_size=3))
    fields = draw(st.lists(st.sampled_from(sorted(some)), min_size=1, max_size=3, unique=True))
    return {field: draw(some[field]) for field in fields}


def plainly(when: Mapping[str, object], facts: Facts, text: str) -> bool:
    ways: dict[str, Callable[..., bool]] = {
        "keywords_any": lambda given: any(f" {each} " in words(text) for each in given),
        "policy_type": lambda given: facts.policy_type in given,
        "tags": lambda given: set(given) <= set(facts.tags),
        "contact": lambda given: facts.contact.known == given["known"],
        "ad": lambda given: facts.ad == given,
        "all": lambda given: all(plainly(each, facts, text) for each in given),
        "any": lambda given: any(plainly(each, facts, text) for each in given),
        "none": lambda given: not any(plainly(each, facts, text) for each in given),
    }
    return all(ways[name](value) for name, value in when.items())


@given(
    st.lists(conditions(), min_size=1, max_size=6),
    TEXT,
    st.builds(
        Facts,
        policy_type=NAMES | st.none(),
        tags=st.lists(NAMES, unique=True).map(tuple),
        ad=st.sampled_from(["1", "2", None]),
        contact=st.builds(WriterFacts, known=st.booleans()),
    ),
)
def test_the_index_finds_exactly_the_rules_that_hold(
    whens: list[dict[str, object]], text: str, facts: Facts
) -> None:
    """However conditions are nested, looking only at rules whose words occur changes no answer."""
    book = RuleBook([rule(f"r{index}", when, {"priority": 1}) for index, when in enumerate(whens)])
    expected = tuple(f"r{index}" for index, when in enumerate(whens) if plainly(when, facts, text))
    assert apply(book.matching(text), facts).held == expected


def test_a_registry_knows_which_desks_work() -> None:
    """A desk works in its own hours, else in its agreement's, else always; one that is unknown never does."""
    hours = {"zone": "UTC", "weekly": {"mon-fri": ["09:00-17:00"]}}
    day = agreement("day", hours=hours)
    registry = Registry("rg", {"day": day, "always": agreement("always")}, BOOK, PolicyBook([]), taxonomy())
    for now, is_open in ((NOW, True), (NIGHT, False)):
        desks = registry.open_desks(now)
        assert (("day", "claims") in desks) == is_open
        assert ("always", "claims") in desks
        assert ("day", "nobody") not in desks
        assert ("nobody", "claims") not in desks


def _slips(*tags: str) -> list[str]:
    rules = {
        0: rule("gives", {"keywords_any": ["car"]}, {"tags": [tags[0]]}),
        1: rule("asks", {"tags": [tags[1]]}, {"priority": 2}),
    }
    return [text for _, text in RuleChecks({}, (), ()).slips(rules)]


@pytest.mark.parametrize("written", ["roadsde", "raodside", "roadsidee", "roadsides"])
def test_a_misspelt_tag_is_told_from_both_ends(written: str) -> None:
    """A rule that gives what nothing asks for, and one that asks for what no rule gives, each with what was meant."""
    assert _slips(written, "roadside") == [
        f"{written} leads nowhere, for nothing asks for it; did you mean roadside?",
        f"roadside leads nowhere, for no rule gives it; did you mean {written}?",
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [("lang-en", "lang-es"), ("tier-1", "tier-2"), ("claims1", "claims12"), ("vip", "vips"), ("cat", "dog")],
)
def test_tags_that_only_look_alike_are_left_alone(one: str, other: str) -> None:
    """A tag may just describe a message, and be near another by its sense."""
    assert _slips(one, other) == []


@pytest.mark.parametrize("name", DECISIONS)
def test_no_rule_is_named_like_a_decision_of_the_router(name: str) -> None:
    """Whoever reads `ask` in a decision knows that it was no rule of a registry."""
    with pytest.raises(ValidationError, match="is one the router uses itself; choose another"):
        rule(name, {"keywords_any": ["tow"]}, {"priority": 1})


def test_the_names_kept_from_rules_are_the_decisions_of_the_router() -> None:
    """None is kept that the router never gives, and the page on routing lists them all."""
    assert set(DECISIONS) == RESERVED
