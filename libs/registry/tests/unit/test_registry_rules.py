"""Rules apply in order, on whole words of any script."""

from datetime import date

import pytest

from bowchat_registry.agreements import Agreement
from bowchat_registry.book import PolicyBook
from bowchat_registry.registry import Registry
from bowchat_registry.rules import NOTHING, Rule, RuleBook, apply
from bowchat_registry.taxonomy import Taxonomy


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
    applied = apply(BOOK.matching("my car is at the hospital"), "health")
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
