"""The life of a conversation is the table of moves, whatever people, insurers, policyholders and time do in any order."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bowchat_contracts.commands import Author, CommandDecided, CommandRequested, SlashCommand
from bowchat_contracts.conversations import ConversationChanged, ConversationState
from bowchat_contracts.ids import derived_id
from bowchat_contracts.pii import MessageText
from bowchat_contracts.topics import COMMANDS_REQUESTED
from bowchat_registry.registry import Registry
from bowchat_router.domain.life import MOVES
from bowchat_router.testing import Worker
from bowchat_runtime.records import Outgoing, Record
from bowchat_runtime.testing import record

NOW = datetime(2026, 3, 2, 9, 0, 1, tzinfo=UTC)
AUTHORS = (
    *(Author(role="aggregator", name=each) for each in ("meera", "asha", "ravi")),
    *(Author(role="insurer", name=each) for each in ("acme", "bharat", "coast")),
)
COMMANDS = (
    "/resolve", "/reopen", "/hold", "/hold 2h", "/open", "/escalate", "/note seen", "/request_docs keys, papers",
    "/no_reply_needed all is said", "/transfer bharat", "/transfer coast", "/assign acme", "/assign coast",
    "/handoff_to_claims", "/handoff_to_service", "/block_insurer they called", "/request_contact survey", "/help", "/opne",
)  # fmt: skip
TEXTS = ("my car", "hello", "thanks", "hospital bill", "and one more thing about it", "1", "/resolve")
DO = st.one_of(
    st.sampled_from(TEXTS),
    st.tuples(st.sampled_from(COMMANDS), st.sampled_from(AUTHORS), st.booleans(), st.integers(0, 3)),
    st.none(),
)
"""What is written; what is commanded by whom, perhaps in a dry run, and where; or nothing, and what is due comes."""
PASSES = st.sampled_from([timedelta(seconds=1), timedelta(minutes=3), timedelta(hours=3), timedelta(days=8)])


class Lives:
    """One contact's conversations, followed by what is told of them."""

    def __init__(self, registry: Registry, received: Callable[..., Record]) -> None:
        self._worker, self._received = Worker(registry), received
        self._states: dict[str, ConversationState] = {}
        self._contact = ""
        self._number = 0
        self._now = NOW

    async def all(self, steps: Sequence[tuple[object, timedelta]]) -> None:
        for what, passed in steps:
            self._now += passed
            self._number += 1
            if isinstance(what, str):
                since = int((self._now - NOW).total_seconds())
                message = self._received(f"m{self._number}", what, "one", offset=self._number, after_s=since)
                self._follow(await self._worker.messages(message, now=self._now))
            elif isinstance(what, tuple) and self._states:
                await self._command(*what)
            else:
                self._follow(await self._worker.tick(self._now))

    async def _command(self, text: str, by: Author, dry: bool, place: int) -> None:
        to = list(self._states)[place % len(self._states)]
        command = SlashCommand(
            conversation_id=to,
            contact_id=self._contact,
            text=MessageText(f"{text} --dry-run" if dry else text),
        )
        event = CommandRequested(
            command_id=derived_id("cm", str(self._number)), by=by, command=command, requested_at=self._now
        )
        given_ = record(event, topic=COMMANDS_REQUESTED, key=to, offset=self._number)
        out = await self._worker.commanded(given_, now=self._now)
        (answer,) = (each.event for each in out if isinstance(each.event, CommandDecided))
        if dry or answer.outcome == "refused":
            assert len(out) == 1, (text, out)
        if self._states[to] == "closed" and text != "/help":
            assert answer.outcome == "refused", (text, answer.detail)
        self._follow(out)

    def _follow(self, out: Sequence[Outgoing]) -> None:
        for each in (one.event for one in out):
            if isinstance(each, ConversationChanged):
                self._contact = each.contact_id
                assert each.change is not None
                assert each.previous == self._states.get(each.conversation_id)
                if each.previous is None:
                    assert each.change == "opened"
                else:
                    to = MOVES[each.change][each.previous]
                    # Without an insurer it is people's: reopened, or come out of a line.
                    assert each.state == (to if each.insurer else each.state), (each.change, each.previous)
                    assert each.insurer or each.state in {to, "triage"}
                self._states[each.conversation_id] = each.state


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(DO, PASSES), max_size=25))
def test_every_change_is_a_move_of_the_table(
    registry: Registry, received: Callable[..., Record], steps: list[tuple[object, timedelta]]
) -> None:
    """Each begins where the last ended and leads where the table says; what is closed stays so; a command that is refused,
    or only asks what it would do, is answered and changes nothing.
    """
    asyncio.run(Lives(registry, received).all(steps))
