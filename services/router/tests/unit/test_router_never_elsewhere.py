"""What belongs to one insurer's matter never goes to another, however little is left of the matter."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bowchat_contracts.commands import Author, CommandRequested, SlashCommand
from bowchat_contracts.content import ChoiceContent, EditContent
from bowchat_contracts.ids import derived_id
from bowchat_contracts.inbound import MessageRouted
from bowchat_contracts.pii import MessageText
from bowchat_contracts.prompts import PromptRequested
from bowchat_contracts.topics import COMMANDS_REQUESTED
from bowchat_registry.book import PolicyBook
from bowchat_registry.policies import Policy
from bowchat_registry.registry import Registry
from bowchat_router.domain.asking import GREETING_WAITS
from bowchat_router.domain.life import REOPENS_WITHIN
from bowchat_router.testing import Worker
from bowchat_runtime.records import Outgoing, Record
from bowchat_runtime.testing import record

NOW = datetime(2026, 3, 2, 9, 0, 1, tzinfo=UTC)
Make = Callable[..., Record]


def of(outgoing: list[Outgoing], kind: type) -> list:  # type: ignore[type-arg]
    return [each.event for each in outgoing if isinstance(each.event, kind)]


def edit(of_message: str, text: str) -> EditContent:
    return EditContent(of=derived_id("ms", of_message), text=MessageText(text))


def tap(prompt: PromptRequested, number: int) -> ChoiceContent:
    option = prompt.options[number]
    return ChoiceContent(choice="list_reply", choice_id=MessageText(option.option_id), title=option.title)


async def resolved(worker: Worker, about: MessageRouted, now: datetime) -> None:
    event = CommandRequested(
        command_id=derived_id("cm", f"resolve {about.conversation_id}"),
        by=Author(role="aggregator", name="meera"),
        command=SlashCommand(
            conversation_id=about.conversation_id, contact_id=about.contact_id, text=MessageText("/resolve")
        ),
        requested_at=now,
    )
    await worker.commanded(record(event, topic=COMMANDS_REQUESTED, key=about.conversation_id), now=now)


def without(registry: Registry, insurer: str) -> Registry:
    """The registry once this insurer's agreement has ended."""
    ended = registry.agreements[insurer].model_copy(update={"valid_to": (NOW - timedelta(days=1)).date()})
    return replace(registry, agreements={**registry.agreements, insurer: ended})


@pytest.fixture
def worker(registry: Registry) -> Worker:
    return Worker(registry)


@pytest.fixture
async def ended(worker: Worker, registry: Registry, received: Make) -> Worker:
    """Two matters are open, and the insurer of one of them, `a`, is gone since."""
    await worker.messages(received("a", "BHS-2026-021 the hospital", "mixed"), now=NOW)
    await worker.messages(received("b", "ACM-2026-021 my car", "mixed", offset=1), now=NOW)
    worker.registries.current = without(registry, "bharat")
    return worker


async def test_a_policy_whose_agreement_ended_is_not_shown_to_another(
    registry: Registry, received: Make
) -> None:
    """A text that names a policy of an insurer that is gone goes to people, though its words fit another's business."""
    worker = Worker(without(registry, "bharat"))
    out = await worker.messages(received("a", "BHS-2026-001, the hospital", "someone"), now=NOW)
    assert [each.insurer for each in of(out, MessageRouted)] == [None]


async def test_an_open_matter_whose_agreement_ended_goes_to_people(
    registry: Registry, received: Make
) -> None:
    """What follows it is not taken by the one other insurer that does such business."""
    worker = Worker(registry)
    (first,) = of(await worker.messages(received("a", "the hospital", "health"), now=NOW), MessageRouted)
    assert first.insurer == "bharat"
    worker.registries.current = without(registry, "bharat")
    out = await worker.messages(received("b", "any news of the hospital?", "health", offset=1), now=NOW)
    assert [each.insurer for each in of(out, MessageRouted)] == [None]


async def test_beside_an_ended_agreement_an_open_matter_is_asked_about(ended: Worker, received: Make) -> None:
    """Of two open matters one insurer is gone: what says nothing of either is not sent to the other."""
    out = await ended.messages(received("c", "any news?", "mixed", offset=2), now=NOW)
    assert {each.insurer for each in of(out, MessageRouted)} <= {None}


async def test_a_quote_of_an_ended_agreements_message_goes_to_people(ended: Worker, received: Make) -> None:
    """What is quoted was said to that insurer, so no other gets it."""
    out = await ended.messages(received("c", "this one", "mixed", offset=2, quoted="a"), now=NOW)
    assert [each.insurer for each in of(out, MessageRouted)] == [None]


@pytest.mark.parametrize("how", ["quote", "edit"])
async def test_a_closed_matters_message_leads_back_to_its_insurer(
    worker: Worker, received: Make, how: str
) -> None:
    """A quote or an edit of what was said in a matter that is closed is never sent to the insurer of the open one."""
    (first,) = of(
        await worker.messages(received("a", "BHS-2026-021 the hospital", "mixed"), now=NOW), MessageRouted
    )
    await resolved(worker, first, NOW)
    later = NOW + REOPENS_WITHIN + timedelta(hours=1)
    await worker.tick(later)
    seconds = int((later - NOW).total_seconds())
    await worker.messages(received("b", "ACM-2026-021 my car", "mixed", offset=1, after_s=seconds), now=later)
    said = received("c", "that one again", "mixed", offset=2, after_s=seconds, quoted="a")
    if how == "edit":
        said = received("c", edit("a", "the other hospital"), "mixed", offset=2, after_s=seconds)
    out = await worker.messages(said, now=later)
    assert "acme" not in {each.insurer for each in of(out, MessageRouted)}


async def test_an_edit_of_what_waited_follows_it(worker: Worker, received: Make) -> None:
    """A message waited for an answer and went where that said: an edit of it goes there too, not where people spoke last."""
    (prompt,) = of(await worker.messages(received("a", "any news", "mixed"), now=NOW), PromptRequested)
    (first,) = of(
        await worker.messages(received("b", tap(prompt, 1), "mixed", offset=1), now=NOW), MessageRouted
    )
    assert first.insurer == "bharat"
    late = NOW + timedelta(hours=2)
    await worker.messages(received("c", "ACM-2026-021 my car", "mixed", offset=2, after_s=7200), now=late)
    out = await worker.messages(
        received("d", edit("a", "hello, my illness"), "mixed", offset=3, after_s=7201), now=late
    )
    assert [each.insurer for each in of(out, MessageRouted)] == ["bharat"]


async def test_an_edit_of_what_people_have_stays_with_people(worker: Worker, received: Make) -> None:
    """A message that waits for people is corrected: no insurer gets the correction."""
    (first,) = of(await worker.messages(received("a", "an illness", "someone"), now=NOW), MessageRouted)
    assert first.insurer is None
    await worker.messages(received("b", "ACM-2026-001 my car", "someone", offset=1), now=NOW)
    out = await worker.messages(received("c", edit("a", "a bad illness"), "someone", offset=2), now=NOW)
    assert [each.insurer for each in of(out, MessageRouted)] == [None]


async def test_a_tap_on_an_old_question_names_no_insurer_to_another(
    registry: Registry, received: Make
) -> None:
    """A question is over: what is tapped in it afterwards names an insurer, and is not relayed to another one."""
    worker = Worker(registry)
    said = received("a", "the hospital of bharat", "someone")
    (health,) = of(await worker.messages(said, now=NOW), MessageRouted)
    await worker.messages(received("b", "my car", "someone", offset=1), now=NOW)
    assert health.insurer == "bharat"
    await worker.messages(received("c", "hello", "someone", offset=2), now=NOW)
    out = await worker.tick(NOW + GREETING_WAITS)
    (prompt,) = of(out, PromptRequested)
    assert [each.title.reveal() for each in prompt.options[:2]] == ["Health · bharat", "Motor · acme"]
    await worker.messages(received("d", tap(prompt, 1), "someone", offset=3), now=NOW)
    await resolved(worker, health, NOW)
    out = await worker.messages(received("e", tap(prompt, 0), "someone", offset=4), now=NOW)
    assert "acme" not in {each.insurer for each in of(out, MessageRouted)}


async def test_a_strangers_policies_are_not_told(registry: Registry, received: Make) -> None:
    """Who types the numbers of other people's vehicles is not told which policies they have, nor of what kind."""
    book = PolicyBook(
        [
            Policy("ACM-2026-777", "acme", "home", (derived_id("rf", "x"),), None, "AB12 CDE"),
            Policy("BHS-2026-777", "bharat", "health", (derived_id("rf", "y"),), None, "XY34 ZZZ"),
        ]
    )
    worker = Worker(replace(registry, policies=book))
    out = await worker.messages(received("a", "AB12 CDE and XY34 ZZZ", "stranger"), now=NOW)
    (prompt,) = of(out, PromptRequested)
    shown = prompt.model_dump_json().lower()
    assert not [each for each in ("acm-2026-777", "bhs-2026-777", "home", "health") if each in shown]
