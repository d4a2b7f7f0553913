"""Several routers over one store: what one of them has not seen yet is looked up before anything is taken for settled."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from bowchat_contracts.conversations import ConversationChanged
from bowchat_contracts.inbound import MessageRouted
from bowchat_contracts.prompts import PromptRequested
from bowchat_contracts.timers import TimerDue
from bowchat_contracts.topics import TIMERS_DUE
from bowchat_registry.registry import Registry
from bowchat_router.domain.asking import WAITS
from bowchat_router.testing import Worker
from bowchat_runtime.records import Outgoing, Record
from bowchat_runtime.testing import record

NOW = datetime(2026, 3, 2, 9, 0, 1, tzinfo=UTC)
Make = Callable[..., Record]


def of(outgoing: list[Outgoing], kind: type) -> list:  # type: ignore[type-arg]
    return [each.event for each in outgoing if isinstance(each.event, kind)]


@pytest.fixture
def two(registry: Registry) -> tuple[Worker, Worker]:
    one = Worker(registry)
    other = Worker(registry, one.store, rereader=one.rereader, desks=one.desks_kept)
    return one, other


async def test_a_question_expires_in_whichever_process(
    two: tuple[Worker, Worker], received: Make, replied: Make
) -> None:
    """The other process knew the contact from before the question: it still ends the question in time."""
    one, other = two
    (first,) = of(await one.messages(received("a", "ACM-2026-021 my car", "mixed"), now=NOW), MessageRouted)
    await other.answers(replied("r", first.conversation_id, first.contact_id, offset=5), now=NOW)
    await one.messages(
        received("b", "BHS-2026-021 the hospital", "mixed", offset=1, after_s=7200),
        now=NOW + timedelta(hours=2),
    )
    late = NOW + timedelta(hours=4)
    (prompt,) = of(
        await one.messages(received("c", "any news", "mixed", offset=2, after_s=14400), now=late),
        PromptRequested,
    )
    assert prompt.expires_at == late + WAITS
    out = await other.tick(late + WAITS)
    assert [each.outcome for each in of(out, MessageRouted)] == ["triage"]


async def test_an_answer_counts_in_whichever_process(
    two: tuple[Worker, Worker], received: Make, replied: Make
) -> None:
    """The other process last saw the conversation answered: an answer to what was written since counts as well."""
    one, other = two
    (first,) = of(await one.messages(received("a", "my car", "motor"), now=NOW), MessageRouted)
    await other.answers(replied("r", first.conversation_id, first.contact_id, offset=1), now=NOW)
    await one.messages(received("b", "and my tyres?", "motor", offset=2), now=NOW)
    out = await other.answers(replied("s", first.conversation_id, first.contact_id, offset=3), now=NOW)
    assert [each.state for each in of(out, ConversationChanged)] == ["waiting_policyholder"]


async def test_a_clock_that_is_behind_ends_a_question_all_the_same(
    registry: Registry, received: Make
) -> None:
    """Another process's clock said that the time is over: who hears of it does not wait for its own."""
    worker = Worker(registry)
    (prompt,) = of(await worker.messages(received("a", "any news", "mixed"), now=NOW), PromptRequested)
    told = TimerDue(
        timer_id="t",
        what="question",
        contact_id=prompt.contact_id,
        subject_id=prompt.prompt_id,
        due_at=prompt.expires_at,
    )
    behind = prompt.expires_at - timedelta(milliseconds=40)
    out = await worker.hears(worker.timers, record(told, topic=TIMERS_DUE, key=prompt.contact_id), now=behind)
    assert [each.outcome for each in of(out, MessageRouted)] == ["triage"]


async def test_a_number_without_an_end_answers_nothing(registry: Registry, received: Make) -> None:
    """While a question is open somebody sends ten thousand digits: they wait with the rest, and nobody stumbles."""
    worker = Worker(registry)
    await worker.messages(received("a", "any news", "mixed"), now=NOW)
    assert await worker.messages(received("b", "7" * 10_000, "mixed", offset=1), now=NOW) == []
    out = await worker.tick(NOW + WAITS)
    assert [each.outcome for each in of(out, MessageRouted)] == ["triage", "triage"]
