"""Many matters on one number: when nothing tells which, the policyholder is asked, and nothing goes anywhere meanwhile."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from bowchat_contracts.content import ChoiceContent, ReactionContent
from bowchat_contracts.deliveries import DeliveryUpdated
from bowchat_contracts.envelope import to_headers
from bowchat_contracts.ids import derived_id
from bowchat_contracts.inbound import MessageRouted
from bowchat_contracts.pii import MessageText
from bowchat_contracts.prompts import PromptAnswered, PromptDecided, PromptRequested
from bowchat_contracts.topics import DELIVERIES_UPDATED, PROMPTS_DECIDED
from bowchat_registry.registry import Registry
from bowchat_router.domain.asking import GREETING_WAITS, WAITS
from bowchat_router.testing import FixedReadings, Worker
from bowchat_runtime.errors import RejectError
from bowchat_runtime.records import Outgoing, Record
from bowchat_runtime.testing import record, run_batch

NOW = datetime(2026, 3, 2, 9, 0, 1, tzinfo=UTC)
Make = Callable[..., Record]
CAR, HEALTH = "ACM-2026-021", "BHS-2026-021"


@pytest.fixture
def worker(registry: Registry) -> Worker:
    return Worker(registry)


def routed(outgoing: list[Outgoing]) -> list[MessageRouted]:
    return [each.event for each in outgoing if isinstance(each.event, MessageRouted)]


def asked(outgoing: list[Outgoing]) -> list[PromptRequested]:
    return [each.event for each in outgoing if isinstance(each.event, PromptRequested)]


def answered(outgoing: list[Outgoing]) -> list[PromptAnswered]:
    return [each.event for each in outgoing if isinstance(each.event, PromptAnswered)]


def tap(prompt: PromptRequested, number: int) -> ChoiceContent:
    option = prompt.options[number]
    return ChoiceContent(choice="list_reply", choice_id=MessageText(option.option_id), title=option.title)


async def test_the_policyholder_is_asked_by_name_and_kind(worker: Worker, received: Make) -> None:
    """Each matter is a thing to tap, with its policy's number, and the last is something else; nothing is routed yet."""
    out = await worker.messages(received("a", "any news", "mixed"), now=NOW)
    (prompt,) = asked(out)
    assert routed(out) == []
    assert [each.title.reveal() for each in prompt.options] == [
        "Motor · acme",
        "Health · bharat",
        "Something else",
    ]
    assert [each.description.reveal() for each in prompt.options if each.description] == [CAR, HEALTH]
    assert (prompt.message_id, prompt.sealed_identity) == (derived_id("ms", "a"), "sealed")
    assert prompt.expires_at == NOW + WAITS


async def test_a_tap_sends_on_what_waited_and_goes_no_further(worker: Worker, received: Make) -> None:
    """All that waited goes to the chosen insurer, in order, with its own words; the tap itself is an answer, no message."""
    (prompt,) = asked(await worker.messages(received("a", "any news", "mixed"), now=NOW))
    assert await worker.messages(received("b", "are you there?", "mixed", offset=1), now=NOW) == []
    out = await worker.messages(received("c", tap(prompt, 1), "mixed", offset=2), now=NOW)
    assert [(each.insurer, each.seq, each.rule) for each in routed(out)] == [
        ("bharat", 1, "answer"),
        ("bharat", 2, "answer"),
    ]
    texts = [each.content.text.reveal() for each in routed(out)]  # type: ignore[union-attr]
    assert texts == ["any news", "are you there?"]
    (end,) = answered(out)
    assert (end.outcome, end.message_id) == ("answered", derived_id("ms", "c"))


@pytest.mark.parametrize(
    ("said", "insurer"), [("2", "bharat"), ("1.", "acme"), ("the bharat one", "bharat"), ("my car", "acme")]
)
async def test_an_answer_may_be_typed(worker: Worker, received: Make, said: str, insurer: str) -> None:
    """By its number in the list, by the insurer's name, or by what it is about."""
    await worker.messages(received("a", "any news", "mixed"), now=NOW)
    out = routed(await worker.messages(received("b", said, "mixed", offset=1), now=NOW))
    assert {each.insurer for each in out} == {insurer}
    assert out[0].message_id == derived_id("ms", "a")


async def test_what_says_more_than_the_answer_goes_along(worker: Worker, received: Make) -> None:
    """Who says hello and goes on by themselves is not asked; the insurer reads both."""
    await worker.messages(received("a", "hello", "mixed"), now=NOW)
    said = "somebody hit my car in the parking lot"
    out = await worker.messages(received("b", said, "mixed", offset=1), now=NOW)
    assert [each.seq for each in routed(out)] == [1, 2]
    assert answered(out) == []


async def test_who_says_hello_is_asked_only_when_they_do_not_go_on(worker: Worker, received: Make) -> None:
    """The question comes after a moment, to the writer of the greeting, and is answered like any other."""
    assert await worker.messages(received("a", "hello", "mixed"), now=NOW) == []
    assert await worker.messages(received("b", "good morning", "mixed", offset=1), now=NOW) == []
    assert await worker.tick(NOW + GREETING_WAITS - timedelta(seconds=1)) == []
    later = NOW + GREETING_WAITS
    (prompt,) = asked(await worker.tick(later))
    assert (prompt.message_id, prompt.sealed_identity) == (derived_id("ms", "a"), "sealed")
    assert [each.description.reveal() for each in prompt.options if each.description] == [CAR, HEALTH]
    assert prompt.expires_at == later + WAITS
    assert await worker.tick(later + timedelta(seconds=1)) == []
    out = await worker.messages(received("c", tap(prompt, 1), "mixed", offset=2), now=later)
    assert [(each.insurer, each.seq) for each in routed(out)] == [("bharat", 1), ("bharat", 2)]


@pytest.mark.parametrize("said", ["good", "ji", "जी"])
async def test_what_says_yes_by_itself_greets_nobody(worker: Worker, received: Make, said: str) -> None:
    """What is half a greeting ("good morning", "namaste ji") is an answer where it stands alone: it goes on at once."""
    (opened,) = routed(await worker.messages(received("a", f"policy {CAR}", "mixed"), now=NOW))
    out = await worker.messages(received("b", said, "mixed", offset=1), now=NOW)
    assert [each.conversation_id for each in routed(out)] == [opened.conversation_id]
    out = await worker.messages(received("c", f"{said} morning namaste", "mixed", offset=2), now=NOW)
    assert routed(out) == []


async def test_a_greeting_that_nothing_explains_is_asked_about_at_once(
    worker: Worker, received: Make
) -> None:
    """What follows it is no greeting and says not which matter either: waiting longer would tell nothing."""
    await worker.messages(received("a", "hello", "mixed"), now=NOW)
    out = await worker.messages(received("b", "any news", "mixed", offset=1), now=NOW)
    (prompt,) = asked(out)
    assert prompt.message_id == derived_id("ms", "b")
    assert asked(await worker.tick(NOW + GREETING_WAITS)) == []
    out = await worker.tick(NOW + WAITS)
    assert [each.outcome for each in routed(out)] == ["triage", "triage"]


@pytest.mark.parametrize("said", ["any news", None, "thanks", "2"])
async def test_what_says_not_what_a_greeting_begins_is_asked_about(
    worker: Worker, received: Make, said: str | None
) -> None:
    """It may begin something new: the one conversation that is open gets it no more than it gets "hello, any news"."""
    await worker.messages(received("c", CAR, "mixed"), now=NOW)
    later = NOW + timedelta(hours=1)
    await worker.messages(received("a", "hello", "mixed", offset=1, after_s=3600), now=later)
    out = await worker.messages(received("b", said, "mixed", offset=2, after_s=3605), now=later)
    assert (len(asked(out)), routed(out)) == (1, [])


async def test_a_reaction_settles_no_greeting(worker: Worker, received: Make) -> None:
    """An emoji on an earlier message goes to its insurer; what the greeting is about is still open."""
    await worker.messages(received("c", CAR, "mixed"), now=NOW)
    await worker.messages(received("a", "hello", "mixed", offset=1), now=NOW)
    emoji = ReactionContent(of=derived_id("ms", "c"), emoji="👍")
    out = await worker.messages(received("b", emoji, "mixed", offset=2), now=NOW)
    assert [each.message_id for each in routed(out)] == [derived_id("ms", "b")]
    assert len(asked(await worker.tick(NOW + GREETING_WAITS))) == 1


async def test_a_greeting_goes_along_with_what_is_decided(worker: Worker, received: Make) -> None:
    """A number typed after it is nobody's choice yet; a policy's number is."""
    await worker.messages(received("a", "hello", "mixed"), now=NOW)
    assert routed(await worker.messages(received("b", "2", "mixed", offset=1), now=NOW)) == []
    worker = Worker(worker.registries.current)
    await worker.messages(received("a", "hello", "mixed"), now=NOW)
    out = await worker.messages(received("b", f"about {HEALTH} please", "mixed", offset=1), now=NOW)
    assert [(each.insurer, each.message_id) for each in routed(out)] == [
        ("bharat", derived_id("ms", "a")),
        ("bharat", derived_id("ms", "b")),
    ]
    assert asked(await worker.tick(NOW + GREETING_WAITS)) == []


async def test_who_can_no_longer_be_asked_is_left_to_people(worker: Worker, received: Make) -> None:
    """Who wrote is told by the message alone. When its topic has it no more, nobody waits for an answer to a question that
    was never put: the message ends with people, parked, for its words are gone too.
    """
    await worker.messages(received("a", "hello", "mixed"), now=NOW)
    worker.rereader.drop(received("a", "hello", "mixed").position)
    with pytest.raises(RejectError, match="no longer where they were received"):
        await worker.tick(NOW + GREETING_WAITS)
    (dossier,) = worker.memory.dossiers.known(worker.store._dossiers).values()  # type: ignore[attr-defined]
    assert dossier.question is None
    assert [each.state for each in dossier.conversations] == ["triage"]


async def test_a_sentence_answers_only_for_a_greeting(worker: Worker, received: Make) -> None:
    """What waits and says something may be of another matter than the sentence after it: nobody guesses."""
    said = "somebody hit my car in the parking lot"
    await worker.messages(received("a", "any news", "mixed"), now=NOW)
    assert routed(await worker.messages(received("b", said, "mixed", offset=1), now=NOW)) == []


async def test_a_policy_number_needs_no_answer(worker: Worker, received: Make) -> None:
    """Who names a policy while a question is open is understood; the question, and what waits for it, answered by it."""
    await worker.messages(received("a", "any news", "mixed"), now=NOW)
    out = await worker.messages(received("b", f"it is {HEALTH}", "mixed", offset=1), now=NOW)
    assert [(each.insurer, each.message_id) for each in routed(out)] == [
        ("bharat", derived_id("ms", "a")),
        ("bharat", derived_id("ms", "b")),
    ]


async def test_something_else_is_for_people(worker: Worker, received: Make) -> None:
    """No insurer gets what is about none of its matters."""
    (prompt,) = asked(await worker.messages(received("a", "any news", "mixed"), now=NOW))
    out = await worker.messages(received("b", tap(prompt, 2), "mixed", offset=1), now=NOW)
    assert [(each.outcome, each.insurer) for each in routed(out)] == [("triage", None)]


async def test_silence_leads_to_people_and_not_before_its_time(worker: Worker, received: Make) -> None:
    """A question that nobody answers ends in triage, once, however often the moment is told."""
    await worker.messages(received("a", "any news", "mixed"), now=NOW)
    assert await worker.tick(NOW + WAITS - timedelta(seconds=1)) == []
    out = await worker.tick(NOW + WAITS)
    assert [(each.outcome, each.message_id) for each in routed(out)] == [("triage", derived_id("ms", "a"))]
    assert [each.outcome for each in answered(out)] == ["expired"]
    assert await worker.tick(NOW + 2 * WAITS) == []


async def test_a_late_tap_is_a_message_like_any_other(worker: Worker, received: Make) -> None:
    """The question is closed, and what its option says still tells what it is about."""
    (prompt,) = asked(await worker.messages(received("a", "any news", "mixed"), now=NOW))
    await worker.tick(NOW + WAITS)
    out = await worker.messages(received("b", tap(prompt, 1), "mixed", offset=1), now=NOW + 2 * WAITS)
    assert [each.insurer for each in routed(out)] == ["bharat"]


async def test_nobody_answers_for_somebody_else(worker: Worker, received: Make) -> None:
    """Another person's tap on a forwarded option decides nothing."""
    (prompt,) = asked(await worker.messages(received("a", "any news", "mixed"), now=NOW))
    out = await worker.messages(received("b", tap(prompt, 1), "stranger", offset=1), now=NOW)
    assert [each.message_id for each in routed(out)] == [derived_id("ms", "b")]
    assert answered(out) == []


async def test_what_waited_is_not_overtaken(worker: Worker, received: Make) -> None:
    """After an answer a conversation's later messages take the same way as those that waited, and stay behind them."""
    (prompt,) = asked(await worker.messages(received("a", "any news", "mixed"), now=NOW))
    await worker.messages(received("b", tap(prompt, 0), "mixed", offset=1), now=NOW)
    out = await worker.messages(received("c", "my car, again", "mixed", offset=2), now=NOW)
    assert [each.topic for each in out] == ["inbound.released", "inbound.routed"]
    assert [each.seq for each in routed(out)] == [2]


async def test_a_question_is_asked_again_after_a_crash_and_once(registry: Registry, received: Make) -> None:
    """Another process that reads the same records publishes the same bytes; a duplicate gives nothing."""
    first, records = (
        Worker(registry),
        [received("a", "any news", "mixed"), received("b", "2", "mixed", offset=1)],
    )
    told = await first.messages(*records, now=NOW)
    again = Worker(registry, first.store, rereader=first.rereader)
    replayed = await again.messages(*records, now=NOW + timedelta(hours=1))
    wire = [(each.topic, each.key, to_headers(each.meta), each.event.model_dump_json()) for each in told]
    same = [(each.topic, each.key, to_headers(each.meta), each.event.model_dump_json()) for each in replayed]
    assert wire == same
    assert await again.messages(received("a", "any news", "mixed", offset=7), now=NOW) == []


async def test_a_quoted_reply_leads_home(worker: Worker, received: Make) -> None:
    """A message that quotes what an insurer wrote goes to that insurer, though another conversation is open as well."""
    car, _ = routed(
        await worker.messages(received("a", CAR, "mixed"), received("b", HEALTH, "mixed", offset=1), now=NOW)
    )
    sent = DeliveryUpdated(
        delivery_id=derived_id("dl", "one"),
        recipient="policyholder",
        insurer="acme",
        subject_id="x",
        conversation_id=car.conversation_id,
        state="accepted",
        attempt=1,
        provider_ref=derived_id("pr", "ours"),
        at=NOW,
    )
    await run_batch(worker.quotes, [record(sent, topic=DELIVERIES_UPDATED)], NOW)
    quoting = received("c", "yes please", "mixed", offset=2)
    event = quoting.event.model_copy(update={"reply_to": derived_id("pr", "ours")})
    out = routed(
        await worker.messages(record(event, topic=quoting.topic, key=quoting.key, offset=2), now=NOW)
    )
    assert [(each.insurer, each.rule) for each in out] == [("acme", "other_message")]


async def test_the_classifier_is_asked_only_where_rules_leave_a_doubt(
    registry: Registry, received: Make
) -> None:
    """A number, a rule or the one matter somebody has costs no reading of its words."""
    readings = FixedReadings(kinds={"surgery": "health"})
    worker = Worker(registry, readings=readings)
    await worker.messages(received("a", f"about {CAR}", "mixed"), now=NOW)
    readings.asked.clear()
    await worker.messages(received("b", "any news?", "motor", offset=1), now=NOW)
    await worker.messages(received("c", "still waiting", "motor", offset=2), now=NOW)
    assert "still waiting" not in readings.asked
    out = routed(
        await worker.messages(
            received("d", "the surgery is planned for next monday", "mixed", offset=3), now=NOW
        )
    )
    assert [(each.insurer, each.rule) for each in out] == [("bharat", "contact_policy")]
    assert "the surgery is planned for next monday" in readings.asked


async def test_a_language_is_answered_in_kind(worker: Worker, received: Make) -> None:
    """Who writes Spanish is asked in Spanish."""
    (prompt,) = asked(
        await worker.messages(received("a", "hola, necesito ayuda por favor", "mixed"), now=NOW)
    )
    assert prompt.text.reveal().startswith("¿Sobre cuál")


async def test_a_question_that_cannot_be_put_leads_to_people_at_once(worker: Worker, received: Make) -> None:
    """Who cannot be reached is not waited for."""
    (prompt,) = asked(await worker.messages(received("a", "any news", "mixed"), now=NOW))
    decided = PromptDecided(
        prompt_id=prompt.prompt_id,
        kind="which_matter",
        contact_id=prompt.contact_id,
        outcome="refused",
        decided_at=NOW,
    )
    out = await worker.hears(worker.unasked, record(decided, topic=PROMPTS_DECIDED), now=NOW)
    assert [each.outcome for each in routed(out)] == ["triage"]


async def test_a_consent_waits_for_no_question(worker: Worker, received: Make) -> None:
    """The tap on a button of the masker's is routed at once, though nobody knows which matter it is about."""
    consent = ChoiceContent(
        choice="button_reply", choice_id=MessageText(derived_id("bt", "yes")), title=MessageText("Yes")
    )
    out = await worker.messages(received("a", consent, "mixed"), now=NOW)
    assert [each.outcome for each in routed(out)] == ["triage"]
    await worker.messages(received("b", "any news", "mixed", offset=1), now=NOW)
    assert len(routed(await worker.messages(received("c", consent, "mixed", offset=2), now=NOW))) == 1
