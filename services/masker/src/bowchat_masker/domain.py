"""What an insurer may see, and whether a reply may go out. Pure: text, rows and `now` in, decisions out."""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import get_args

from bowchat_contracts.commands import RevealRequest
from bowchat_contracts.content import MediaContent, OtherContent
from bowchat_contracts.inbound import MessageRouted
from bowchat_contracts.insurer import InsurerMessage, InsurerWithheld, RefusalReason, WithheldReason
from bowchat_contracts.insurer_content import InsurerContent, Placeholder
from bowchat_contracts.replies import ReplyReceived
from bowchat_masker.egress import whole_second
from bowchat_masker.model import AliasRow, ConversationRow, GuardReason, ReplyRow, Thread
from bowchat_masker.seen import Minted
from bowchat_masker.ways import Way, closed

LONGEST_REPLY = 4096
_NUMBER_CHANGED = "number_changed"
_PLACEHOLDERS = get_args(Placeholder)


def says_number_changed(message: MessageRouted) -> bool:
    return isinstance(message.content, OtherContent) and message.content.type == _NUMBER_CHANGED


def insurer_message(message: MessageRouted, names: Minted, content: InsurerContent) -> InsurerMessage:
    return InsurerMessage(
        message_id=names.message_id,
        alias=names.alias,
        thread_id=names.thread_id,
        seq=message.seq,
        sent_at=whole_second(message.sent_at),
        desk=message.desk,
        policy_type=message.policy_type,
        intent=message.intent,
        tags=message.tags,
        priority=message.priority,
        origin=message.origin,
        reply_to=names.quoted,
        content=content,
    )


def withheld(message: MessageRouted, names: Minted, reason: WithheldReason) -> InsurerWithheld:
    """What stands at a held message's place, so that the insurer sees no gap and no silence."""
    return InsurerWithheld(
        message_id=names.message_id,
        alias=names.alias,
        thread_id=names.thread_id,
        seq=message.seq,
        sent_at=whole_second(message.sent_at),
        reason=reason,
    )


def trusted_words(message: MessageRouted) -> frozenset[str]:
    """Words of a record that people did not write: the registry's and the contract's."""
    content = message.content
    ours = {
        message.desk,
        message.policy_type,
        message.intent,
        *message.tags,
        message.origin,
        "choice",
        content.kind,
        *_PLACEHOLDERS,
    }
    if isinstance(content, OtherContent):
        ours.add(content.type)
    if isinstance(content, MediaContent):
        ours |= {content.media_type, content.mime, "pending"}
    return frozenset(ours - {None, ""})


def follow_conversation(
    row: ConversationRow | None, conversation_id: str, at: int, *, closed: bool
) -> ConversationRow | None:
    """The row after a change of the conversation, or None when nothing has to be written."""
    if row is None:
        return ConversationRow(conversation_id, 1, at, closed) if closed else None
    if at <= row.at or closed == row.closed:
        return None
    return replace(row, version=row.version + 1, at=at, closed=closed)


@dataclass(frozen=True, slots=True)
class ReplyView:
    """What the vault knows about where a reply wants to go."""

    alias: AliasRow | None
    threads: Sequence[Thread]
    """Every thread of that alias."""
    conversations: Mapping[str, ConversationRow]
    own_thread_id: Callable[[str, str], str]
    """The thread id that an insurer and a conversation must have."""

    def is_closed(self, thread: Thread) -> bool:
        row = self.conversations.get(thread.conversation_id)
        return row is not None and row.closed

    def is_consistent(self, thread: Thread) -> bool:
        """The alias, its contact, the thread and its conversation all name each other."""
        alias = self.alias
        return (
            alias is not None
            and (thread.alias, thread.contact_id, thread.insurer)
            == (alias.alias, alias.contact_id, alias.insurer)
            and thread.thread_id == self.own_thread_id(thread.insurer, thread.conversation_id)
        )


def find_thread(reply: ReplyReceived | RevealRequest, view: ReplyView) -> Thread | RefusalReason:
    """The one thread that a reply goes to, or why there is none."""
    if view.alias is None or view.alias.insurer != reply.insurer:
        return "unknown_alias"
    threads = [each for each in view.threads if view.is_consistent(each)]
    if reply.thread_id is not None:
        named = [each for each in threads if each.thread_id == reply.thread_id]
        return _open_one(named, view, otherwise="unknown_thread")
    return _open_one(
        [each for each in threads if not view.is_closed(each)] or threads, view, otherwise="unknown_thread"
    )


def why_closed(
    alias: AliasRow | None, ways: Mapping[str, Way], insurer: str, now: datetime
) -> RefusalReason | None:
    """Why this insurer may not write by this alias now; None where it may, or where the alias is not its own."""
    if alias is None or alias.insurer != insurer:
        return None
    return closed(ways.get(alias.way), alias.generation, now)


def _open_one(
    threads: Sequence[Thread], view: ReplyView, *, otherwise: RefusalReason
) -> Thread | RefusalReason:
    if not threads:
        return otherwise
    if all(view.is_closed(each) for each in threads):
        return "conversation_closed"
    return threads[0] if len(threads) == 1 else "ambiguous_thread"


def refuse_text(text: str) -> RefusalReason | None:
    """Why a reply's text cannot be carried, or None when it can."""
    if not _visible(text):
        return "text_empty"
    return "text_too_long" if len(text) > LONGEST_REPLY else None


def _visible(text: str) -> str:
    return "".join(each for each in text if unicodedata.category(each) not in ("Cf", "Cc")).strip()


def refused(
    reply: ReplyReceived, position: str, reason: RefusalReason, thread: Thread | None, now: datetime
) -> ReplyRow:
    return ReplyRow(
        reply_key=reply.reply_key,
        position=position,
        insurer=reply.insurer,
        outcome="refused",
        decided_at=now,
        reason=reason,
        conversation_id=thread.conversation_id if thread else None,
        contact_id=thread.contact_id if thread else None,
    )


def command(reply: ReplyReceived, position: str, thread: Thread, now: datetime) -> ReplyRow:
    return ReplyRow(
        reply_key=reply.reply_key,
        position=position,
        insurer=reply.insurer,
        outcome="command",
        decided_at=now,
        conversation_id=thread.conversation_id,
        contact_id=thread.contact_id,
    )


def held_reply(
    reply: ReplyReceived,
    position: str,
    thread: Thread,
    raised: GuardReason,
    now: datetime,
) -> ReplyRow:
    return ReplyRow(
        reply_key=reply.reply_key,
        position=position,
        insurer=reply.insurer,
        outcome="held",
        decided_at=now,
        reason=_NUMBER_CHANGED if raised == _NUMBER_CHANGED else "guard",
        raised=raised,
        conversation_id=thread.conversation_id,
        contact_id=thread.contact_id,
    )


DETAILS: Mapping[RefusalReason, str] = {
    "unknown_alias": "You have no contact of this alias. Copy the alias from the message you answer.",
    "unknown_thread": "This alias has no such thread. Copy thread_id from the message you answer.",
    "ambiguous_thread": "This alias has several open threads. Send the reply again, under a new reply_id, with thread_id.",
    "conversation_closed": "This conversation is closed for good. What the policyholder writes to you next comes in another "
    "thread; answer there.",
    "text_empty": "The reply has no text. Send it again, under a new reply_id, with a text.",
    "text_too_long": f"The text is longer than {LONGEST_REPLY} characters. Send it in parts, each with its own reply_id.",
    "reply_id_reused": "This reply_id was used before, with other content; that reply stands. Send this under a new one.",
    "alias_expired": "This alias has expired: the policyholder has not written for as long as your agreement says. "
    "Their next message comes under a new alias.",
    "alias_blocked": "This alias was ended. The policyholder's next message comes under a new alias; answer that one.",
    "policyholder_stopped": "The policyholder said STOP to you. Nothing reaches them until they say START; "
    "you are told then.",
    "no_open_matter": "The policyholder has not written to you for 30 days. Wait until they write again.",
    "solicitation": "The reply asks for contact outside this chat, which your agreement does not allow. "
    "Send it again, under a new reply_id, without that.",
    "contact_unreachable": "The policyholder cannot be reached now. It was not sent; try again after they have written.",
    "thread_not_said": "Nobody said in time which conversation it was for. It was not passed on: send it again, quoting the "
    "message you answer or with its tag.",
    "question_over": "This question is over, and nothing was passed on by your answer. If your reply was refused, send it "
    "again.",
    "no_open_thread": "You have no open conversation that it could be for. It was not passed on.",
    "kind_not_carried": "Only texts can be passed on from WhatsApp. The policyholder did not get this; write it as a text.",
}
"""What an insurer reads when a reply was refused: what happened, and what to do."""
