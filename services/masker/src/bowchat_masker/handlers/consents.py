"""The policyholder's yes or no: a tap on a button of ours, in a message of who was asked. STOP is a no, too."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import orjson
from pydantic import ValidationError

from bowchat_contracts.content import ChoiceContent
from bowchat_contracts.envelope import rfc3339
from bowchat_contracts.inbound import Identity, MessageRouted
from bowchat_masker.egress import whole_second
from bowchat_masker.guard import Watch
from bowchat_masker.handlers.reveal_events import NO, YES, events
from bowchat_masker.handlers.reveals import RevealTools
from bowchat_masker.model import Contact
from bowchat_masker.reveal_store import RevealStore
from bowchat_masker.reveals import Reveal, answered, as_written, ended, granted
from bowchat_masker.stop_words import may_be_wish, wish_of
from bowchat_masker.store import VaultStore
from bowchat_masker.vault import VaultBrokenError
from bowchat_runtime.errors import RejectError
from bowchat_runtime.records import Outgoing, Record
from bowchat_runtime.seal import SealBrokenError

_WORDS = ("text", "button")
"""Kinds of content that can say STOP, and nothing else that counts here."""
_BUTTON = re.compile(r"bt_[a-p]{32}")


@dataclass(slots=True)
class ConsentState:
    contacts: dict[str, Contact]
    reveals: dict[str, Reveal]
    changed: dict[str, Reveal] = field(default_factory=dict)
    stored: dict[str, int] = field(init=False)
    """Versions in the store; a batch writes the one after."""

    def __post_init__(self) -> None:
        self.stored = {key: each.version for key, each in self.reveals.items()}


class Consents:
    """Reads `inbound.routed`; whatever is neither a tap on our own buttons nor STOP passes by."""

    def __init__(self, rows: VaultStore, store: RevealStore, tools: RevealTools) -> None:
        self._rows, self._store = rows, store
        self._vault, self._opener, self._mint, self._keys = tools.vault, tools.opener, tools.mint, tools.keys

    def concerns(self, raw: Any) -> bool:
        """Not what is only talk: every message of everybody is read here."""
        try:
            content = orjson.loads(raw.value)["content"]
            return content["kind"] not in _WORDS or may_be_wish(content["text"])
        except (orjson.JSONDecodeError, KeyError, TypeError):
            return True

    async def load(self, records: Sequence[Record]) -> ConsentState:
        people = sorted(
            {each.event.contact_id for each in records if _button(each.event) or _stops(each.event)}
        )
        if not people:
            return ConsentState({}, {})
        contacts, reveals = await asyncio.gather(self._rows.contacts(people), self._store.of_contacts(people))
        return ConsentState(contacts, {each.reveal_id: each for each in reveals})

    def decide(self, record: Record, state: ConsentState, now: datetime) -> Sequence[Outgoing]:
        message: MessageRouted = record.event
        if _stops(message):
            return self._stopped(record, state, whole_second(now))
        tapped = _button(message)
        found = self._meant(tapped, message.contact_id, state) if tapped else None
        if found is None:
            return ()
        reveal, said = found
        contact = state.contacts.get(message.contact_id)
        if reveal.cause == record.position:
            return events(reveal, self._mint, self._watch(contact))
        moved = self._moved(reveal, said, message, contact, cause=record.position, now=whole_second(now))
        if moved is None:
            return ()
        outgoing = events(moved, self._mint, self._watch(contact))
        self._keep(moved, state)
        return outgoing

    async def save(self, state: ConsentState) -> None:
        await self._store.save(list(state.changed.values()))

    def forget(self) -> None:
        """Nothing is cached."""

    def _stopped(self, record: Record, state: ConsentState, now: datetime) -> tuple[Outgoing, ...]:
        """STOP ends the insurer's way to them, and a number that they let it have is one."""
        whose = (record.event.insurer, record.event.contact_id)
        of_theirs = [each for each in state.reveals.values() if (each.insurer, each.contact_id) == whose]
        again = [each for each in of_theirs if each.cause == record.position]
        over = [ended(each, "revoked", cause=record.position, now=now) for each in of_theirs if each.is_open]
        for each in over:
            self._keep(each, state)
        return tuple(one for each in (*again, *over) for one in events(each, self._mint))

    def _keep(self, moved: Reveal, state: ConsentState) -> None:
        moved = as_written(moved, state.stored)
        state.reveals[moved.reveal_id] = state.changed[moved.reveal_id] = moved

    def _meant(
        self, tapped: str, contact_id: str, state: ConsentState
    ) -> tuple[Reveal, Literal["yes", "no"]] | None:
        """Which question of this very person the button belongs to. Another's button, forwarded or made up, is nobody's."""
        for reveal in state.reveals.values():
            if reveal.contact_id != contact_id:
                continue
            if tapped == self._mint.button_id(reveal.reveal_id, YES):
                return reveal, "yes"
            if tapped == self._mint.button_id(reveal.reveal_id, NO):
                return reveal, "no"
        return None

    def _moved(
        self,
        reveal: Reveal,
        said: Literal["yes", "no"],
        message: MessageRouted,
        contact: Contact | None,
        *,
        cause: str,
        now: datetime,
    ) -> Reveal | None:
        after = answered(reveal, said, now)
        if after is None:
            return None
        if after != "granted":
            return ended(reveal, after, cause=cause, now=now)
        sealed = self._sealed(reveal, message, contact, now)
        return granted(reveal, sealed, cause=cause, now=now) if sealed else None

    def _sealed(
        self, reveal: Reveal, message: MessageRouted, contact: Contact | None, now: datetime
    ) -> str | None:
        """The number of who tapped, locked for the insurer. None where it is not certain whose it is: then the yes counts
        for nothing, and the question stays open.
        """
        box = self._keys.of(reveal.insurer)
        if contact is None or contact.frozen or box is None:
            return None
        try:
            opened = self._opener.open(message.sealed_identity, f"inbound:{message.message_id}")
            tapper = Identity.model_validate_json(opened)
            known = self._vault.open(contact).known.current
        except (SealBrokenError, ValidationError, VaultBrokenError):
            return None
        number = tapper.number or known.number
        if number is None or number != known.number or tapper.bsuid not in (None, known.bsuid):
            return None
        until = granted(reveal, "", cause="", now=now).ends_at
        plain = {"number": f"+{number}", "purpose": reveal.purpose, "until": rfc3339(until)}
        return box.lock(orjson.dumps(plain), reveal.reveal_id)

    def _watch(self, contact: Contact | None) -> Watch:
        """Errors: `RejectError` when nobody knows whom to look for."""
        if contact is None:
            raise RejectError("who tapped is not in the vault")
        return self._vault.open(contact).watch


def _stops(message: MessageRouted) -> bool:
    wish = wish_of(message.content, message.insurer) if message.insurer else None
    return wish is not None and wish.stops


def _button(message: MessageRouted) -> str | None:
    content = message.content
    if not isinstance(content, ChoiceContent) or content.choice != "button_reply":
        return None
    chosen = content.choice_id.reveal()
    return chosen if _BUTTON.fullmatch(chosen) else None
