"""How a simulated insurer answers."""

from collections.abc import Callable
from datetime import datetime

from bowchat_contracts.envelope import Meta, traceparent
from bowchat_contracts.held import InsurerReleased
from bowchat_contracts.ids import derived_id
from bowchat_contracts.insurer import InsurerMessage, InsurerReply
from bowchat_contracts.insurer_content import (
    InsurerAnswers,
    InsurerChoice,
    InsurerEdit,
    InsurerMedia,
    InsurerOther,
    InsurerText,
)
from bowchat_contracts.pii import MessageText

MESSAGES = (InsurerMessage.type, InsurerReleased.type)
"""The events that hold a message of a policyholder."""

ReplyPolicy = Callable[[InsurerMessage], str | None]
"""What to answer; None: nothing. Must give the same answer to the same message, as after a crash it is asked again."""


def silent(_: InsurerMessage) -> str | None:
    """Never answers."""
    return None


def replying(template: str) -> ReplyPolicy:
    """Answers every message with this text; `{seq}` and `{text}` stand for the message's own."""

    def policy(message: InsurerMessage) -> str | None:
        return template.replace("{seq}", str(message.seq)).replace("{text}", shown_text(message))

    return policy


def shown_text(message: InsurerMessage) -> str:
    """What the insurer's screen shows of the content."""
    match message.content:
        case InsurerText(text=text) | InsurerEdit(text=str(text)):
            return text
        case InsurerChoice(title=title):
            return title
        case InsurerMedia(media_type=type_, caption=caption):
            return caption or f"[{type_}]"
        case InsurerAnswers(answers=answers):
            return ", ".join(f"{each.label}: {each.value}" for each in answers)
        case InsurerOther(type=type_):
            return f"[{type_}]"
        case other:
            return f"[{other.kind}]"


def reply_to(insurer: str, message: InsurerMessage, text: str) -> InsurerReply:
    """The reply to a message: its id follows from the message's, so a crash never doubles it."""
    return InsurerReply(
        reply_id=derived_id("re", insurer, message.message_id),
        alias=message.alias,
        thread_id=message.thread_id,
        in_reply_to=message.message_id,
        text=MessageText(text),
    )


def reply_meta(insurer: str, reply: InsurerReply, now: datetime) -> Meta:
    """The CloudEvents attributes of a reply on the insurer's own topic."""
    return Meta(
        id=reply.reply_id,
        type=InsurerReply.type,
        source=f"/insurers/{insurer}",
        time=now,
        traceparent=traceparent(reply.reply_id, "reply"),
    )
