"""Events of the way back: what an insurer answered, and whether it may go out."""

from datetime import datetime
from typing import ClassVar, Literal

from bowchat_contracts.envelope import Event
from bowchat_contracts.ids import ContactId, ConversationId, DeliveryId, InsurerId, ReplyKey
from bowchat_contracts.insurer import RefusalReason, ReplyId
from bowchat_contracts.pii import MessageText


class ReplyReceived(Event):
    """An insurer's reply, authenticated. The alias is checked by the masker."""

    type: ClassVar[str] = "bowchat.replies.received.v1"

    reply_key: ReplyKey
    insurer: InsurerId
    reply_id: ReplyId
    alias: str
    thread_id: str | None = None
    in_reply_to: str | None = None
    text: MessageText
    via: Literal["kafka", "https", "whatsapp"]
    received_at: datetime


class ReplyDecided(Event):
    """May this reply go out? `held` waits for people, who accept it after all or have it `blocked`; `refused` has been told
    to the insurer, with the reason. A `command` is none for the policyholder: it begins with `/`, and the router reads it.
    `answered`: it said which thread another reply is for, and was nothing else.
    """

    type: ClassVar[str] = "bowchat.replies.decided.v1"

    reply_key: ReplyKey
    insurer: InsurerId
    outcome: Literal["accepted", "held", "refused", "blocked", "command", "answered"]
    reason: RefusalReason | Literal["guard", "number_changed"] | None = None
    conversation_id: ConversationId | None = None
    """None where the alias is unknown, so that no conversation can be named."""
    contact_id: ContactId | None = None
    delivery_id: DeliveryId | None = None
    received_at: datetime
    decided_at: datetime
