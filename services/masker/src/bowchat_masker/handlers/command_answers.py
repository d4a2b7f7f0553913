"""What came of a command that an insurer typed as a reply: told to that insurer on its own topic, through the guard."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import structlog

from bowchat_contracts.commands import CommandDecided, Reply
from bowchat_contracts.conversations import GuardRaised
from bowchat_contracts.insurer import InsurerCommandAnswered
from bowchat_contracts.topics import GUARD_RAISED
from bowchat_masker.egress import Mint, leave, whole_second
from bowchat_masker.guard import Cleared, Inspect, clear
from bowchat_masker.model import AliasRow, Contact
from bowchat_masker.store import VaultStore
from bowchat_masker.vault import Vault
from bowchat_runtime.errors import RejectError
from bowchat_runtime.records import Outgoing, Record, follow

log = structlog.get_logger()

SOURCE = "masker"
Outcome = Literal["accepted", "refused"]
_NAME = re.compile(r"/[a-z_]{1,60}")
_UNNAMED = "/"
_PLAIN: dict[Outcome, str] = {
    "accepted": "The command was carried out.",
    "refused": "The command was not carried out. Ask the aggregator's people why.",
}
PLAIN_WORDS = frozenset({*_PLAIN, *_PLAIN.values(), _UNNAMED})
"""What an answer in plain words is made of, beside the insurer's own identifiers."""


def told(
    reply: Reply, outcome: Outcome, at: datetime, *, command: str = _UNNAMED, detail: str | None = None
) -> InsurerCommandAnswered:
    """The answer, in plain words unless others are given."""
    return InsurerCommandAnswered(
        reply_id=reply.reply_id,
        alias=reply.alias,
        thread_id=reply.thread_id,
        command=command if _NAME.fullmatch(command) else _UNNAMED,
        outcome=outcome,
        detail=detail or _PLAIN[outcome],
        at=whole_second(at),
    )


@dataclass(slots=True)
class AnswerState:
    aliases: dict[str, AliasRow]
    contacts: dict[str, Contact]


class CommandAnswers:
    """Reads `commands.answered`; answers to the aggregator's people pass by."""

    def __init__(self, store: VaultStore, vault: Vault, mint: Mint, *, inspect: Inspect) -> None:
        self._store, self._vault, self._mint, self._inspect = store, vault, mint, inspect

    async def load(self, records: Sequence[Record]) -> AnswerState:
        answers: list[CommandDecided] = [each.event for each in records]
        aliases = await self._store.aliases_named(
            sorted({each.reply.alias for each in answers if each.reply})
        )
        contacts = await self._store.contacts(sorted({each.contact_id for each in aliases.values()}))
        return AnswerState(aliases, contacts)

    def decide(self, record: Record, state: AnswerState, now: datetime) -> Sequence[Outgoing]:
        answer: CommandDecided = record.event
        reply, insurer = answer.reply, answer.by.name
        if reply is None or answer.by.role != "insurer":
            return ()
        alias = state.aliases.get(reply.alias)
        if alias is None:
            # Its policyholder was erased since: the insurer knows, and nothing more comes under it.
            log.info("command_answer_without_alias", command_id=answer.command_id)
            return ()
        if alias.insurer != insurer:
            raise RejectError("the answer to a command names an alias of another insurer")
        contact = state.contacts.get(alias.contact_id)
        # In the router's words, unless something that they repeat from the command could name the policyholder.
        worded = told(reply, answer.outcome, answer.decided_at, command=answer.command, detail=answer.detail)
        plain = told(reply, answer.outcome, answer.decided_at)
        cleared = self._cleared(answer, worded, contact, frozenset(_PLAIN)) or self._cleared(
            answer, plain, contact, PLAIN_WORDS
        )
        if cleared is None:
            return (self._withheld(record, insurer, now),)
        return (leave(cleared),)

    async def save(self, state: AnswerState) -> None:
        """Nothing is kept."""

    def forget(self) -> None:
        """Nothing is cached."""

    def _cleared(
        self,
        answer: CommandDecided,
        event: InsurerCommandAnswered,
        contact: Contact | None,
        trusted: frozenset[str],
    ) -> Cleared | None:
        insurer, at = answer.by.name, answer.decided_at
        try:
            if contact is None:
                return None
            watch = self._vault.open(contact).watch
            draft = self._mint.draft(insurer, event.alias, event, subject_id=answer.command_id, time=at)
            verdict = clear(draft, watch, trusted=trusted, inspect=self._inspect)
        except Exception:  # noqa: BLE001 - any doubt keeps it from the insurer
            return None
        return verdict if isinstance(verdict, Cleared) else None

    def _withheld(self, record: Record, insurer: str, now: datetime) -> Outgoing:
        """Nothing of it may leave: people are told."""
        answer: CommandDecided = record.event
        if record.key is None:
            raise RejectError("the answer to a command names no conversation")
        log.warning("command_answer_withheld", command_id=answer.command_id)
        event = GuardRaised(
            subject_id=answer.command_id,
            direction="to_insurer",
            conversation_id=record.key,
            insurer=insurer,
            reason="known_identity",
            at=now,
        )
        return Outgoing(GUARD_RAISED, record.key, event, follow(record.meta, SOURCE, event, time=now))
