"""The last digits of a number stand for the policy of whoever holds it; an amount, a year or a phone's number does not."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bowchat_contracts.ids import derived_id
from bowchat_registry.book import PolicyBook
from bowchat_registry.loader import load
from bowchat_registry.policies import Policy
from bowchat_router.domain.case import Case
from bowchat_router.domain.destination import destination
from bowchat_router.domain.hearing import Heard
from bowchat_router.domain.model import Ask, Dossier, Route
from bowchat_router.domain.tails import ending_in
from bowchat_router.testing import FixedReadings

MOTOR = Policy("ACM-2026-000101", "acme-motor", "motor", vehicle="KA-01-AB-4821")
LIFE = Policy("CLA/2019/55501", "coast-life", "life", claims=("CLM-2026-07731",))
HELD = (MOTOR, LIFE)
SHIPPED = load(Path(__file__).parents[4] / "registry")
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "policy ending 0101",
        "what about my policy ...0101?",
        "my policy …000101 please",
        "policy XXXX0101",
        "Policy no. ****0101 is due",
        "policy number is 00101",
        "policy #0101",
        "policy: 0101",
        "the one ending in 4821",
        "Ending in 0101",
        "my car ends with 4821",
        "vehicle number 4821",
        "last 4 digits of my policy are 0101",
        "my policy's last four digits: 0101",
        "the 0101 policy",
        "la póliza terminada en 0101",
        "mi poliza que termina en 0101",
        "la que acaba en 0101, por favor",
        "póliza con los últimos 4 dígitos 0101",
        "póliza número 0101",
        "मेरी पॉलिसी ०१०१",
        "पॉलिसी नंबर 0101 का क्या हुआ",
        "0101 वाली पॉलिसी",
        "जो 0101 पर खत्म होती है",
        "पॉलिसी के आखिरी चार अंक 0101",
        "गाड़ी नंबर 4821",
        "meri policy 0101 ka status",
        "0101 wali policy",
        "policy jo 0101 pe khatam hoti hai",
        "policy ke aakhri 4 digit 0101 hai",
        "gaadi number 4821 wali",
    ],
)
def test_the_last_digits_of_a_number_are_its_policy(text: str) -> None:
    """In four languages, as people write the digits that they leave out."""
    assert ending_in(text, HELD) == (MOTOR,)


@pytest.mark.parametrize(
    "text", ["claim number 7731", "my claim ending 07731", "policy 55501", "the one ending 501"]
)
def test_so_is_a_claims_and_as_few_as_three_digits(text: str) -> None:
    """Whatever of a policy's numbers it is."""
    assert ending_in(text, HELD) == (LIFE,)


@pytest.mark.parametrize(
    "text",
    [
        "0101",
        "I paid 4821 for my policy",
        "policy 4821 rs",
        "policy 4821 rupees pending",
        "my policy $4821",
        "policy ₹4821",
        "policy 4,821",
        "my policy 4821 premium is due",
        "policy ends in 4821 hours",
        "policy 4821.50",
        "policy 12/0101",
        "claim 4821",
        "car 4821",
        "call me on 4821",
        "my phone ending in 0101",
        "card ending 4821 was charged for the policy",
        "my account number ends in 4821",
        "last 4 digits of my card 4821",
        "+44 7700 900101",
        "the premium is 4821",
        "policy 01",
        "policy 40101",
        "policy 9000101",
        "OTP 4821",
        "my room 501, policy pending",
        "policy ACM-2025-000101",
        "mi teléfono termina en 4821",
        "mera phone number 4821",
        "4821 wala phone",
        "मेरा फोन नंबर 4821",
    ],
)
def test_other_digits_are_none(text: str) -> None:
    """A sum, a phone's, a card's or a whole number, and digits without a word: nothing is made of them."""
    assert ending_in(text, HELD) == ()


def test_a_year_is_a_year_unless_it_is_said_to_be_an_ending() -> None:
    """A number may end like one."""
    held = (Policy("AM-77-2024", "acme-motor", "motor"),)
    assert ending_in("my policy 2024 was cheaper", held) == ()
    assert ending_in("my policy ending in 2024", held) == held
    assert ending_in("my policy's last four digits: 2024", held) == held


@pytest.mark.parametrize(
    "text",
    [
        "my policy ends in 2027",
        "when does my policy end? 2027?",
        "mi póliza termina en 2027",
        "la póliza que acaba en 2027",
        "policy 2027 me khatam hogi",
        "पॉलिसी 2027 में समाप्त होगी",
    ],
)
def test_the_year_in_which_a_policy_ends_is_none_of_its_digits(text: str) -> None:
    """Many numbers end with a year, and the policy that has it need not be the one that is spoken of."""
    assert ending_in(text, (Policy("AM-77-2027", "acme-motor", "motor"), LIFE)) == ()


def test_all_that_end_so_are_meant() -> None:
    """Which of two it is, somebody else has to ask."""
    other = Policy("BHS-77-0101", "bharat-health", "health")
    assert ending_in("policy ending 0101", (*HELD, other)) == (MOTOR, other)
    assert ending_in("policy ending 000101", (*HELD, other)) == (MOTOR,)


def test_who_holds_nothing_names_nothing_so() -> None:
    """A stranger's policy is never meant."""
    assert ending_in("policy ending 0101", ()) == ()


def test_a_long_text_of_such_words_takes_no_longer_than_its_length() -> None:
    """Nobody stops the router with the words that it looks for: what is tried at each stays within a few words."""
    assert ending_in("it jo " * 10_000 + "policy number 0101", HELD) == (MOTOR,)
    assert ending_in("-" * 200_000 + " policy number 0101", HELD) == (MOTOR,)


def went(text: str, *held: Policy, others: tuple[Policy, ...] = ()) -> Route | Ask:
    registry = replace(SHIPPED, policies=PolicyBook((*held, *others)))
    dossier = Dossier(derived_id("ct", "someone"), 1)
    return destination(Case(Heard(text, NOW), dossier, held, registry, FixedReadings({}), NOW))


def test_a_holder_of_several_goes_where_the_last_digits_say() -> None:
    """Nobody is asked, nothing is read, and the reason says by what it was."""
    where = went("and the one ending in 55501?", *HELD)
    assert isinstance(where, Route)
    assert (where.rule, where.insurer, where.policy_number) == ("policy_number", "coast-life", LIFE.number)
    assert where.reasons == ("the text names a policy of coast-life, by the last digits of a number",)


def test_last_digits_that_two_policies_share_are_asked_about() -> None:
    """Nobody guesses between two insurers; of one insurer's two, the insurer is certain and the policy open."""
    health = Policy("BHS-77-0101", "bharat-health", "health")
    where = went("policy ending 0101", *HELD, health)
    assert isinstance(where, Ask)
    assert [each.insurer for each in where.choices] == ["acme-motor", "bharat-health", None]
    where = went("policy ending 0101", *HELD, Policy("AM-77-0101", "acme-motor", "home"))
    assert isinstance(where, Route)
    assert (where.insurer, where.policy_number, where.policy_type) == ("acme-motor", None, None)


def test_the_last_digits_of_strangers_policies_say_nothing() -> None:
    """What anybody could type is no context: neither of who holds nothing nor of who holds another policy."""
    for own in ((), (LIFE, Policy("BHS-77-4410", "bharat-health", "health"))):
        where = went("policy ending 0101", *own, others=(MOTOR,))
        assert isinstance(where, Ask) or where.insurer is None
        assert not any("last digits" in each for each in where.reasons)


def test_a_whole_number_counts_before_last_digits() -> None:
    """Who names another's policy in full means that one."""
    where = went(
        "BHS-77-4410 and not the policy ending 0101", MOTOR, Policy("BHS-77-4410", "bharat-health", "health")
    )
    assert isinstance(where, Route)
    assert where.insurer == "bharat-health"
