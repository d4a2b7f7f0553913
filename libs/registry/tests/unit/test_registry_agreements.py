"""An agreement says who serves what, when and in which language, and never contradicts itself or another."""

from collections.abc import Mapping
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bowchat_registry.agreements import Agreement
from bowchat_registry.book import PolicyBook
from bowchat_registry.checks import AgreementChecks
from bowchat_registry.registry import Registry
from bowchat_registry.rules import RuleBook
from bowchat_registry.taxonomy import Taxonomy

DAY = date(2026, 3, 2)
DESKS: list[dict[str, object]] = [
    {"name": "motor-claims", "policy_types": ["motor"], "intents": ["claim"], "languages": ["en"]},
    {"name": "home-claims", "policy_types": ["home"], "intents": ["claim"], "tags": ["flood"]},
    {"name": "hindi", "languages": ["hi"], "intents": ["quote"], "handles": ["vikreta"]},
    {"name": "houses", "policy_types": ["home"]},
    {"name": "rest"},
]
OFFICE = {"zone": "Asia/Kolkata", "weekly": {"mon-fri": ["09:00-18:00"]}}


def agreement(name: str = "acme", changes: Mapping[str, object] | None = None, **more: object) -> Agreement:
    given_: dict[str, object] = {
        "id": name,
        "name": name,
        "policy_types": ["motor", "home"],
        "desks": DESKS,
        "default_desk": "rest",
        "sla": {"first_response_seconds": 60},
        "endpoint": {"kind": "kafka"},
    }
    return Agreement.model_validate(given_ | dict(changes or {}) | more)


def registry(*agreements: Agreement) -> Registry:
    examples = ["my car", "my van", "my bike", "a truck", "a tyre"]
    motor = {"name": "motor", "description": "All that drives.", "examples": examples}
    taxonomy = Taxonomy.model_validate(
        {"policy_words": ["policy"], "policy_types": [motor], "intents": [motor], "off_topic": examples}
    )
    return Registry("rg", {each.id: each for each in agreements}, RuleBook([]), PolicyBook([]), taxonomy)


@pytest.mark.parametrize(
    ("kind", "tags", "intent", "language", "desk"),
    [
        ("motor", (), "claim", "en-GB", "motor-claims"),
        ("motor", (), "claim", None, "motor-claims"),
        ("motor", (), "claim", "hi", "rest"),
        ("home", (), "claim", "hi", "home-claims"),
        ("home", ("flood",), "quote", "hi", "home-claims"),
        ("motor", ("flood",), None, None, "rest"),
        (None, (), "quote", "hi-Latn", "hindi"),
        (None, (), "quote", "es", "rest"),
        ("home", (), None, "en", "houses"),
        (None, (), None, None, "rest"),
    ],
)  # fmt: skip
def test_the_desk_is_the_first_that_wants_it_and_can_take_it(
    kind: str | None, tags: tuple[str, ...], intent: str | None, language: str | None, desk: str
) -> None:
    """Tag before intent before policy type; never a desk for another policy type or language; else the default."""
    assert agreement().desk_for(kind, tags, intent, language) == desk


@given(
    st.sampled_from(["motor", "home", None]),
    st.lists(st.sampled_from(["flood", "x"])),
    st.sampled_from(["claim", "quote", None]),
    st.sampled_from(["en", "hi-Latn", "es", None]),
)
def test_no_desk_gets_what_it_does_not_serve(
    kind: str | None, tags: list[str], intent: str | None, language: str | None
) -> None:
    """Whatever is known, the desk is one of the insurer's, and only the default serves what it does not list."""
    made = agreement()
    name = made.desk_for(kind, tags, intent, language)
    desk = made.desk(name)
    assert desk is not None
    assert name == "rest" or desk.may_take(kind, language)


def test_a_desk_is_known_by_its_handles_too() -> None:
    """Commands may call a desk by its names; nothing else finds it."""
    made = agreement()
    assert made.desk("vikreta") is made.desk("hindi") is not None
    assert made.desk("nobody") is made.desk(None) is None


def test_a_desk_falls_back_to_its_agreement() -> None:
    """Hours and the limit of the queue are the agreement's where a desk says nothing."""
    night = {"zone": "Asia/Kolkata", "weekly": {"mon-sun": ["22:00-06:00"]}}
    desks = [{"name": "day"}, {"name": "night", "hours": night, "queue_limit_s": 60}]
    made = agreement(desks=desks, default_desk="day", hours=OFFICE, queue={"limit_s": 600})
    day, dark = made.desks
    assert made.hours_of(day) == made.hours != made.hours_of(dark) == dark.hours
    assert (made.queue_limit_of(day), made.queue_limit_of(dark)) == (600, 60)
    assert agreement().hours_of(agreement().desks[0]) is None


def test_an_exclusive_insurer_is_the_only_one_offered() -> None:
    """Others that cover the policy type are not asked, even where the one cannot serve; outside its days they are."""
    alone = agreement("alone", exclusive=["motor"], languages=["en"], valid_to="2026-03-31")
    other = agreement("other")
    both = registry(alone, other)
    assert both.serving("motor", (), DAY) == (alone,)
    assert both.serving("motor", (), DAY, "hi") == ()
    assert both.serving("home", (), DAY) == (alone, other)
    assert both.serving("motor", (), date(2026, 4, 1)) == (other,)


def test_an_insurer_serves_the_languages_that_it_lists() -> None:
    """A listed language serves its scripts and regions; an unknown language rules nobody out."""
    hindi, all_ = agreement("hindi", languages=["hi", "EN-gb"]), agreement("all")
    both = registry(hindi, all_)
    assert hindi.languages == ("hi", "en-GB")
    assert both.serving("motor", (), DAY, "hi-Latn") == (hindi, all_)
    assert both.serving("motor", (), DAY, "en-US") == (all_,)
    assert both.serving("motor", (), DAY, None) == (hindi, all_)


def desk(**more: object) -> list[dict[str, object]]:
    return [{"name": "rest", **more}]


@pytest.mark.parametrize(
    ("changes", "place", "said"),
    [
        ({"desks": [*DESKS, {"name": "vikreta"}]}, ("desks", 2, "name"), "same name or handle"),
        ({"default_desk": "rst"}, ("default_desk",), "did you mean rest?"),
        ({"desks": [*DESKS, {"name": "x", "policy_types": ["life"]}]}, ("desks", 5, "policy_types", 0), "add it there"),
        ({"exclusive": ["life"]}, ("exclusive", 0), "add it there"),
        ({"valid_from": "2026-02-01", "valid_to": "2026-01-01"}, ("valid_to",), "before valid_from"),
    ],
)  # fmt: skip
def test_an_agreement_that_contradicts_itself_is_refused(
    changes: dict[str, object], place: tuple[object, ...], said: str
) -> None:
    """The field is named, and what to do."""
    with pytest.raises(ValidationError) as caught:
        agreement("acme", changes)
    (error,) = caught.value.errors()
    assert error["ctx"]["place"] == place
    assert said in error["msg"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"when_closed": "backup"}, "no backup is named"),
        ({"when_full": "triage"}, "add its capacity"),
        ({"capacity": 0}, "greater than 0"),
        ({"breaker": {"ratio": 2}}, "less than or equal to 1"),
        ({"languages": ["english!"]}, "pattern"),
    ],
)
def test_a_desk_that_cannot_do_what_it_says_is_refused(fields: dict[str, object], said: str) -> None:
    """Nothing waits for a backup or a place that does not exist."""
    with pytest.raises(ValidationError, match=said):
        agreement(desks=desk(**fields))


@pytest.mark.parametrize(
    ("others", "place", "said"),
    [
        ([agreement(desks=desk(backup={"desk": "rest"}))], ("desks", 0, "backup", "desk"), "is the desk itself"),
        ([agreement(desks=desk(backup={"desk": "rset", "insurer": "beta"})), agreement("beta")],
         ("desks", 0, "backup", "desk"), "did you mean rest?"),
        ([agreement(desks=desk(backup={"desk": "rest", "insurer": "betta"})), agreement("beta")],
         ("desks", 0, "backup", "insurer"), "has no file in insurers/; did you mean beta?"),
        ([agreement(desks=desk(backup={"desk": "x", "insurer": "beta"})),
          agreement("beta", policy_types=["life"], desks=[{"name": "x"}], default_desk="x")],
         ("desks", 0, "backup", "insurer"), "covers none of home, motor"),
        ([agreement(desks=desk(backup={"desk": "rest", "insurer": "beta"}), exclusive=["home"]), agreement("beta")],
         ("desks", 0, "backup", "insurer"), "home is exclusive"),
        ([agreement("a1", exclusive=["home"]), agreement("beta", exclusive=["home"])],
         ("exclusive", 0), "exclusive to a1 at the same time"),
    ],
)  # fmt: skip
def test_agreements_that_contradict_each_other_are_refused(
    others: list[Agreement], place: tuple[object, ...], said: str
) -> None:
    """A backup exists and may help; what is exclusive is so to one."""
    found = list(AgreementChecks({each.id: each for each in others}, [each.id for each in others]).mistakes())
    assert any(each[1] == place and said in each[2] for each in found), found


def test_exclusivity_may_pass_from_one_insurer_to_the_next() -> None:
    """Two may have it one after the other."""
    first = agreement("a1", exclusive=["home"], valid_to="2026-01-31")
    then = agreement("b2", exclusive=["home"], valid_from="2026-02-01")
    assert not list(AgreementChecks({"a1": first, "b2": then}, ["a1", "b2"]).mistakes())
