"""The relay's own word on where a message stands on its way in."""

from datetime import datetime
from typing import Literal

from bowchat_contracts.inbound import MessageRelayed, MessageRouted
from bowchat_masker.seen import Minted
from bowchat_masker.stop_words import wish_of


def relayed(
    message: MessageRouted,
    insurer: str,
    names: Minted,
    outcome: Literal["relayed", "held", "released", "blocked"],
    *,
    reason: str | None = None,
    at: datetime,
    answerable: bool = True,
) -> MessageRelayed:
    return MessageRelayed(
        message_id=message.message_id,
        conversation_id=message.conversation_id,
        contact_id=message.contact_id,
        insurer=insurer,
        desk=message.desk,
        seq=message.seq,
        outcome=outcome,
        reason=reason,
        insurer_message_id=names.message_id,
        alias=names.alias,
        # Nobody waits for an answer to STOP or START, nor for one that may not be given.
        sla=message.sla if answerable and not wish_of(message.content, insurer) else None,
        sent_at=message.sent_at,
        relayed_at=at,
    )
