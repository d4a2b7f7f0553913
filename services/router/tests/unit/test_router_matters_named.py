"""An insurer's name, or a number of an unknown policy, that contradicts what else decides: nobody guesses between them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bowchat_contracts.ids import derived_id
from bowchat_contracts.inbound import MessageRouted
from bowchat_contracts.prompts import PromptRequested
from bowchat_registry.book import PolicyBook
from bowchat_registry.loader import load
from bowchat_registry.policies import Policy
from bowchat_registry.registry import Registry
from bowchat_registry.rules import Rule, RuleBook
from bowchat_router.domain.case import Case
from bowchat_router.domain.destination import destination
from bowchat_router.domain.hearing import Heard
from bowchat_router.domain.model import Ask, Dossier, Route
from bowchat_router.testing import FixedReadings, Worker
from bowchat_runtime.records import Record

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ALL = ("acme-motor", "bharat-health", "coast-life")
BOB, ANN = (derived_id("rf", each) for each in ("bob", "ann"))
TWO_NAMED = (
    "no not Acme Motor & Home, Coast Life please",
    "Acme Motor & Home or Bharat Swasthya Health?",
    "Coast Life or Bharat Swasthya Health?",
    "Bharat Swasthya Health rejected me and Acme Motor & Home too",
    "I moved from Bharat Swasthya Health to Coast Life",
    "my car, Acme or Coast Life?",
)
NAMED_AND_ANOTHER_KIND = (
    "Coast Life, my car policy",
    "Coast Life told me to ask about my car",
    "Coast Life, my automobile insurance",
    "Bharat Swasthya: my car",
    "my broken arm from the car crash, Bharat Swasthya Health",
)
UNKNOWN_NUMBERS = (
    "my car ACM-2026-123456 and hospital BHS-12-3456-78",
    "ACM-2026-123456 and CLA/2019/55501",
)


@pytest.fixture(scope="module")
def shipped() -> Registry:
    """The shipped registry. Bob has a motor, a health and a life policy, of an insurer each; Ann has the motor policy."""
    policies = [
        Policy("ACM-2026-000101", "acme-motor", "motor", (BOB, ANN)),
        Policy("BHS-77-4410-01", "bharat-health", "health", (BOB,)),
        Policy("CLA/2019/55501", "coast-life", "life", (BOB,)),
    ]
    return replace(load(Path(__file__).parents[4] / "registry"), policies=PolicyBook(policies))


def went(registry: Registry, text: str, *refs: str, **kinds: str) -> Route | Ask:
    readings = FixedReadings({"automobile": "motor"} | kinds)
    held = registry.policies.held_by(refs)
    return destination(
        Case(Heard(text, NOW), Dossier(derived_id("ct", "someone"), 1), held, registry, readings, NOW)
    )


def insurers_asked_about(where: Route | Ask) -> list[str | None]:
    assert isinstance(where, Ask), where
    return [each.insurer for each in where.choices]


@pytest.mark.parametrize("text", TWO_NAMED)
def test_of_two_insurers_that_a_text_names_none_is_chosen(shipped: Registry, text: str) -> None:
    """Whoever has matters is asked which; of a stranger people decide, whatever the words may mean besides."""
    by_name = {"swasthya": "health"}
    assert len(insurers_asked_about(went(shipped, text, BOB, **by_name))) > 2
    stranger = went(shipped, text, **by_name)
    assert isinstance(stranger, Route)
    assert (stranger.rule, stranger.insurer) == ("triage", None)


@pytest.mark.parametrize("text", NAMED_AND_ANOTHER_KIND)
def test_a_named_insurer_and_anothers_kind_decide_nothing(shipped: Registry, text: str) -> None:
    """What a text is about goes to no insurer while it names another: the contact is asked, or people decide. No reason
    denies the contact a policy that they have.
    """
    asked = went(shipped, text, BOB)
    assert insurers_asked_about(asked) == [*ALL, None]
    assert "the contact holds no motor policy" not in asked.reasons
    assert any("and the text names" in each for each in asked.reasons)
    stranger = went(shipped, text)
    assert isinstance(stranger, Route)
    assert (stranger.rule, stranger.insurer) == ("triage", None)


def test_an_insurer_that_the_contact_has_nothing_with_is_a_choice_where_they_name_it(
    shipped: Registry,
) -> None:
    """Who has one insurer and names another is asked which of both; what they do not name is no choice."""
    assert insurers_asked_about(went(shipped, "Coast Life please", ANN)) == ["acme-motor", "coast-life", None]


@pytest.mark.parametrize(
    ("text", "insurer"),
    [
        ("Coast Life please", "coast-life"),
        ("Acme Motor & Home please", "acme-motor"),
        ("Acme Motor & Home, my car", "acme-motor"),
        ("Bharat Swasthya Health rejected my hospital bill", "bharat-health"),
        ("my car", "acme-motor"),
    ],
)
def test_a_name_that_nothing_contradicts_decides_as_before(
    shipped: Registry, text: str, insurer: str
) -> None:
    """One insurer's name, with its own business or alone, is not asked about."""
    route = went(shipped, text, BOB)
    assert isinstance(route, Route)
    assert route.insurer == insurer


@pytest.mark.parametrize("text", UNKNOWN_NUMBERS)
def test_numbers_of_several_insurers_decide_nothing_though_no_policy_has_them(
    shipped: Registry, text: str
) -> None:
    """A number that only looks like one insurer's contradicts another's number, listed or not, and all words."""
    assert insurers_asked_about(went(shipped, text, BOB)) == [*ALL, None]
    stranger = went(shipped, text)
    assert isinstance(stranger, Route)
    assert (stranger.rule, stranger.insurer) == ("triage", None)


def test_a_known_number_is_its_policys_whatever_it_looks_like(shipped: Registry) -> None:
    """A policy that one insurer has taken over keeps its number, in the former insurer's writing."""
    taken_over = replace(shipped, policies=PolicyBook([Policy("BHS-12-3456-78", "coast-life", "life")]))
    route = went(taken_over, "my policy BHS-12-3456-78")
    assert isinstance(route, Route)
    assert (route.rule, route.insurer) == ("policy_number", "coast-life")


@pytest.mark.parametrize(
    "text", ["Acme Motor & Home: a burst pipe", "acme motor and home, a burst pipe", "burst pipe"]
)
def test_an_insurers_name_is_no_keyword(shipped: Registry, text: str) -> None:
    """What the name of an insurer says of its business is nothing that the message is about."""
    route = went(shipped, text)
    assert isinstance(route, Route)
    assert (route.insurer, route.policy_type, route.rule) == ("acme-motor", "home", "home-words")


@pytest.fixture(scope="module")
def called(shipped: Registry) -> Registry:
    """Coast Life has short names too, one of which has a word of another's name."""
    coast = shipped.agreements["coast-life"].model_copy(
        update={"aliases": ("CLA", "the lion", "Motor Lion Acme")}
    )
    return replace(shipped, agreements={**shipped.agreements, "coast-life": coast})


@pytest.mark.parametrize(
    "text", ["my car, what does CLA say?", "My car: the Lion said yes", "the lion and my car"]
)
def test_an_alias_names_its_insurer(called: Registry, shipped: Registry, text: str) -> None:
    """What people call an insurer counts as its name does: an abbreviation, or several words, in any case."""
    where = went(called, text)
    assert isinstance(where, Route)
    assert (where.rule, where.insurer) == ("triage", None)
    assert "coast-life" in where.reasons[-2]
    unnamed = went(shipped, text)
    assert isinstance(unnamed, Route)
    assert unnamed.insurer == "acme-motor"


@pytest.mark.parametrize("text", ["my car and the clan", "my car, CLAs", "the sea lion hit my car"])
def test_an_alias_is_found_whole(called: Registry, text: str) -> None:
    """No part of another word, and no part of the alias, names its insurer."""
    where = went(called, text)
    assert isinstance(where, Route)
    assert where.insurer == "acme-motor"


def test_an_alias_is_no_keyword(called: Registry) -> None:
    """What an alias says of a business is nothing that the message is about."""
    where = went(called, "Motor Lion Acme, a burst pipe")
    assert isinstance(where, Route)
    assert where.policy_type == "home"


def test_a_word_of_anothers_alias_names_nobody(called: Registry, shipped: Registry) -> None:
    """A word that stands in what two insurers are called is not one's own any more."""
    assert shipped.names.in_text("acme") == {"acme-motor"}
    assert called.names.in_text("acme") == frozenset()


def called_otherwise(registry: Registry, insurer: str, **changed: object) -> Registry:
    agreements = {**registry.agreements, insurer: registry.agreements[insurer].model_copy(update=changed)}
    return replace(registry, agreements=agreements)


def test_a_name_that_is_said_twice_is_no_keyword_either_time(shipped: Registry) -> None:
    """Whoever repeats an insurer's name still says nothing of a business by it."""
    where = went(shipped, "Acme Motor & Home Acme Motor & Home, a burst pipe")
    assert isinstance(where, Route)
    assert (where.rule, where.policy_type) == ("home-words", "home")


@pytest.mark.parametrize("aliases", [("Lion", "Lion Motor"), ("Lion Motor", "Lion")])
def test_the_longest_alias_counts(shipped: Registry, aliases: tuple[str, ...]) -> None:
    """Of two aliases one within the other, the whole longer one is a name: its rest is no keyword, in any order."""
    registry = called_otherwise(shipped, "acme-motor", aliases=aliases)
    assert registry.names.in_text("the lion motor people") == {"acme-motor"}
    assert registry.names.left_out("the lion motor people") == " the people "


@pytest.mark.parametrize("said", ["Acme Life, my car", "my car; ACME-LIFE told me so"])
def test_a_whole_name_names_though_others_share_its_words(shipped: Registry, said: str) -> None:
    """Two insurers of one group are told apart by their whole names."""
    registry = called_otherwise(shipped, "coast-life", name="Acme Life")
    assert registry.names.in_text(said) == {"coast-life"}
    where = went(registry, said)
    assert isinstance(where, Route)
    assert (where.rule, where.insurer) == ("triage", None)


def test_a_name_within_anothers_names_nobody(shipped: Registry) -> None:
    """Who says "Acme" may mean "Acme Motor & Home" as well as "Acme"."""
    registry = called_otherwise(shipped, "coast-life", name="Acme")
    assert registry.names.in_text("acme") == frozenset()
    assert registry.names.in_text("Acme Motor and Home") == {"acme-motor"}


def test_an_alias_with_a_word_of_anothers_name_means_its_own_insurer(shipped: Registry) -> None:
    """The longer phrase is what was said. What stands in it names the other no longer by itself: either may be meant."""
    registry = called_otherwise(
        shipped, "acme-motor", aliases=("Coast Life Assurance Motors", "Coast Car Desk")
    )
    assert registry.names.in_text("coast life assurance motors") == {"acme-motor"}
    assert registry.names.in_text("Coast Car desk") == {"acme-motor"}
    assert registry.names.in_text("Coast Life Assurance") == frozenset()


def test_two_aliases_that_share_a_word_of_the_text_name_both(shipped: Registry) -> None:
    """Where one's alias ends another's begins: nobody chooses between them."""
    registry = called_otherwise(shipped, "acme-motor", aliases=("Red Lion",))
    registry = called_otherwise(registry, "coast-life", aliases=("Lion House",))
    assert registry.names.in_text("the red lion house") == {"acme-motor", "coast-life"}


@pytest.mark.parametrize(
    ("alias", "text"),
    [
        ("Löwe", "meine LÖWE Police"),
        ("भारत शेर", "भारत शेर से जवाब नहीं आया"),
        ("Smith & Sons", "Smith and Sons never called"),
        ("Smith and Sons", "smith & sons never called"),
        ("T-Rex", "my t rex policy"),
        ("Q8", "is Q8 open?"),
    ],
)
def test_an_alias_is_found_however_it_is_written(shipped: Registry, alias: str, text: str) -> None:
    """In any script and case, with "and" or its sign, hyphen or space."""
    assert called_otherwise(shipped, "coast-life", aliases=(alias,)).names.in_text(text) == {"coast-life"}


@pytest.mark.parametrize("keyword", ["acme", "acme motor", "acme motor & home"])
def test_a_rule_may_ask_for_an_insurers_name(shipped: Registry, keyword: str) -> None:
    """A keyword that names an insurer is found where the text has its whole name."""
    rule = {"name": "ours", "when": {"keywords_any": [keyword]}, "then": {"tags": ["named"]}}
    rules = RuleBook([Rule.model_validate(rule)])
    assert went(replace(shipped, rules=rules), "Acme Motor & Home, my car", BOB).tags == ("named",)  # type: ignore[union-attr]


@pytest.mark.parametrize("said", ["my car, not acme, bharat", "bharat, my car"])
async def test_an_answer_that_contradicts_itself_answers_nothing(
    registry: Registry, received: Callable[..., Record], said: str
) -> None:
    """Words that name two insurers, or one and another's kind, choose none of a question's: it waits on."""
    worker = Worker(registry)
    await worker.messages(received("a", "any news", "mixed"), now=NOW)
    assert await worker.messages(received("b", said, "mixed", offset=1), now=NOW) == []


@pytest.mark.parametrize(
    "text",
    ["Coast Life please", "not Acme, Coast Life please", "Bharat Swasthya told me to send you the papers"],
)
async def test_an_open_conversation_is_not_gone_on_with_where_another_insurer_is_named(
    shipped: Registry, received: Callable[..., Record], text: str
) -> None:
    """Who writes in a matter with one insurer and names another that they have is asked which is meant."""
    worker = Worker(shipped)
    assert await worker.messages(received("a", "ACM-2026-000101 my car", "bob"), now=NOW)
    out = await worker.messages(received("b", text, "bob", offset=1), now=NOW)
    (prompt,) = [each.event for each in out if isinstance(each.event, PromptRequested)]
    assert len(prompt.options) == len(ALL) + 1
    assert not [each for each in out if isinstance(each.event, MessageRouted)]


def test_a_rule_that_names_an_insurer_for_what_it_does_not_cover_decides_nothing(shipped: Registry) -> None:
    """One rule says what a message is about, another whose it is: an insurer without an agreement for it never gets it."""
    rules = [
        Rule.model_validate(
            {"name": "cars", "when": {"keywords_any": ["car"]}, "then": {"policy_type": "motor"}}
        ),
        Rule.model_validate(
            {"name": "campaign", "when": {"keywords_any": ["leaflet"]}, "then": {"insurer": "bharat-health"}}
        ),
    ]
    registry = replace(shipped, rules=RuleBook(rules))
    where = went(registry, "the leaflet about my car")
    assert isinstance(where, Route)
    assert (where.rule, where.insurer, where.policy_type) == ("triage", None, "motor")
    assert (
        "rule campaign names bharat-health, which does not cover motor, as rule cars says it is"
        in where.reasons
    )
    alone = went(registry, "the leaflet")
    assert isinstance(alone, Route)
    assert (alone.rule, alone.insurer) == ("campaign", "bharat-health")


TWO_KINDS = (
    "Quote for car insurance and health insurance please",
    "my car policy and my term plan both expire in May",
    "seguro de coche y seguro de vida, precio?",
    "कार बीमा और स्वास्थ्य बीमा दोनों",
)
OF_MOTOR = {"coche": "motor", "कार": "motor"}


@pytest.mark.parametrize("text", TWO_KINDS)
def test_policy_types_of_two_insurers_are_left_to_people(shipped: Registry, text: str) -> None:
    """Two kinds of insurance that are named are two matters: of a stranger people decide, and the reason says why."""
    where = went(shipped, text, **OF_MOTOR)
    assert isinstance(where, Route)
    assert (where.rule, where.insurer) == ("triage", None)
    assert " and the text names " in where.reasons[-2]


@pytest.mark.parametrize("text", TWO_KINDS[:2])
def test_policy_types_of_two_insurers_are_asked_about(shipped: Registry, text: str) -> None:
    """Who has a policy with each chooses."""
    assert isinstance(went(shipped, text, BOB), Ask)


@pytest.mark.parametrize(
    "text",
    [
        "car insurance and home insurance, one price?",
        "car insurance, and travel insurance for Goa",
        "my car and the hospital",
        "does my car insurance pay medical bills",
    ],
)
def test_policy_types_of_one_insurer_go_there(shipped: Registry, text: str) -> None:
    """Both are its own, or nobody serves the other, or it is only spoken of and not named."""
    where = went(shipped, text)
    assert isinstance(where, Route)
    assert where.insurer == "acme-motor"


def test_a_longer_name_of_a_policy_type_is_no_shorter_one(shipped: Registry) -> None:
    """What is "travel medical insurance" names no medical insurance."""
    assert shipped.kinds.apart("travel medical insurance") == {"travel"}
    assert shipped.kinds.apart("car insurance and medical insurance") == {"motor", "health"}
