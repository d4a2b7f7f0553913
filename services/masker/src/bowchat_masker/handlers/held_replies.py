"""A held reply of an insurer goes on to the one policyholder of its thread, or never."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import ValidationError

from bowchat_contracts.commands import HeldRewrite
from bowchat_contracts.deliveries import DeliveryRequested
from bowchat_contracts.envelope import Event
from bowchat_contracts.ids import derived_id
from bowchat_contracts.pii import MessageText
from bowchat_contracts.replies import ReplyDecided, ReplyReceived
from bowchat_contracts.slashes import is_command
from bowchat_contracts.topics import DELIVERIES_REQUESTED, REPLIES_DECIDED
from bowchat_masker.domain import ReplyView, find_thread, refuse_text, why_closed
from bowchat_masker.egress import Mint
from bowchat_masker.handlers.held_commands import CannotGoError, Subject
from bowchat_masker.handlers.held_outbound import AROUND, destination, leads_around
from bowchat_masker.handlers.holding import Seals, kept_copy
from bowchat_masker.handlers.reply_events import policy_of
from bowchat_masker.model import Contact, Held, Thread
from bowchat_masker.quarantine import Destination, HeldCommand, Ruling
from bowchat_masker.store import VaultStore
from bowchat_masker.vault import Vault
from bowchat_masker.ways import Way
from bowchat_runtime.records import Outgoing, Record, follow
from bowchat_runtime.seal import Opener

SOURCE = "masker"


class HeldReplies:
    """Those whose subject is a reply key."""

    def __init__(self, store: VaultStore, vault: Vault, opener: Opener, mint: Mint) -> None:
        self._store, self._vault, self._opener, self._mint = store, vault, opener, mint
        self._sealer = opener.sealer()

    async def subjects(self, held: Sequence[Held]) -> dict[str, Subject]:
        replies = {each.subject_id: reply for each in held if (reply := _reply(each, self._opener))}
        named = sorted({each.alias for each in replies.values()})
        aliases, threads = await asyncio.gather(
            self._store.aliases_named(named), self._store.threads_of(named)
        )
        conversations, contacts, ways = await asyncio.gather(
            self._store.conversations(sorted({each.conversation_id for each in threads})),
            self._store.contacts(sorted({each.contact_id for each in threads})),
            self._store.ways(sorted({each.way for each in aliases.values()})),
        )
        found: dict[str, Subject] = {}
        for subject_id, reply in replies.items():
            own = [each for each in threads if each.alias == reply.alias]
            view = ReplyView(aliases.get(reply.alias), own, conversations, self._mint.thread_id)
            held_reply = next(each for each in held if each.subject_id == subject_id)
            found[subject_id] = HeldReply(held_reply, reply, view, contacts, ways, self._vault, self._sealer)
        return found


def _reply(held: Held, opener: Opener) -> ReplyReceived | None:
    value = kept_copy(opener, held)
    try:
        return ReplyReceived.model_validate_json(value) if value is not None else None
    except ValidationError:
        return None


@dataclass(frozen=True, slots=True)
class HeldReply:
    held: Held
    reply: ReplyReceived
    view: ReplyView
    contacts: Mapping[str, Contact]
    ways: Mapping[str, Way]
    vault: Vault
    sealer: Seals

    def rule(self, command: HeldCommand, ruling: Ruling) -> Ruling:
        """Judged as a reply is, by what holds now; only the doubt that held it is a person's to set aside."""
        if ruling.end == "blocked":
            return ruling
        closed = why_closed(self.view.alias, self.ways, self.reply.insurer, ruling.decided_at)
        thread = closed or find_thread(self.reply, self.view)
        text = command.text if isinstance(command, HeldRewrite) else self.reply.text
        reason = thread if not isinstance(thread, Thread) else refuse_text(text.reveal())
        if not isinstance(thread, Thread) or reason is not None:
            raise CannotGoError(f"it cannot be carried ({reason}): block it")
        if is_command(text.reveal()):
            raise CannotGoError(
                "what begins with / is a command, and never goes to a policyholder: write it anew"
            )
        as_it_is, policy = not isinstance(command, HeldRewrite), policy_of(thread.masking)
        if as_it_is and leads_around(text.reveal(), self.held.reason, policy):
            raise CannotGoError(AROUND)
        return replace(ruling, to=self._destination(thread))

    def _destination(self, thread: Thread) -> Destination:
        return destination(
            self.vault,
            self.sealer,
            self.contacts.get(thread.contact_id),
            delivery_id=derived_id("dl", self.reply.reply_key),
            recipient_ref=thread.recipient_ref,
            business_number_id=thread.business_number_id,
        )

    def told(self, record: Record, ruling: Ruling) -> tuple[Outgoing, ...]:
        decision = ReplyDecided(
            reply_key=self.reply.reply_key,
            insurer=self.held.insurer,
            outcome="accepted" if ruling.to else "blocked",
            conversation_id=self.held.conversation_id,
            contact_id=_contact_of(self.view, self.held.conversation_id),
            delivery_id=ruling.to.delivery_id if ruling.to else None,
            received_at=self.reply.received_at,
            decided_at=ruling.decided_at,
        )
        decided = _internal(record, REPLIES_DECIDED, self.held.conversation_id, decision, ruling)
        if ruling.to is None:
            return (decided,)
        command = record.event.command
        text = command.text if isinstance(command, HeldRewrite) else self.reply.text
        delivery = self._delivery(ruling, ruling.to, text)
        return _internal(record, DELIVERIES_REQUESTED, ruling.to.recipient_ref, delivery, ruling), decided

    def _delivery(self, ruling: Ruling, to: Destination, text: MessageText) -> DeliveryRequested:
        return DeliveryRequested(
            delivery_id=to.delivery_id,
            recipient_ref=to.recipient_ref,
            sealed_recipient=to.sealed_recipient,
            conversation_id=self.held.conversation_id,
            reply_key=self.reply.reply_key,
            insurer=self.held.insurer,
            business_number_id=to.business_number_id,
            text=text,
            requested_at=ruling.decided_at,
            contact_version=to.contact_version,
        )


def _contact_of(view: ReplyView, conversation_id: str) -> str | None:
    found = [each.contact_id for each in view.threads if each.conversation_id == conversation_id]
    return found[0] if found else None


def _internal(record: Record, topic: str, key: str, event: Event, ruling: Ruling) -> Outgoing:
    return Outgoing(topic, key, event, follow(record.meta, SOURCE, event, time=ruling.decided_at))
