"""What an insurer sees and says: the only events that leave the aggregator.

Every field is allow-listed here; nothing is copied through. Times are whole seconds. Identifiers are minted per insurer.
Delivery is at least once: a duplicate has the same `message_id` and the same bytes; `seq` has no gaps within a thread.
"""

from datetime import datetime
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from bowchat_contracts.content import Origin
from bowchat_contracts.envelope import Event
from bowchat_contracts.ids import Alias, InsurerMessageId, ThreadId
from bowchat_contracts.insurer_content import InsurerContent
from bowchat_contracts.pii import MessageText


class InsurerMessage(Event):
    """A policyholder's message, masked."""

    type: ClassVar[str] = "bowchat.insurer.message.v1"

    message_id: InsurerMessageId
    alias: Alias
    thread_id: ThreadId
    seq: int = Field(ge=1)
    sent_at: datetime
    desk: str | None = None
    policy_type: str | None = None
    intent: str | None = None
    tags: tuple[str, ...] = ()
    priority: int = 0
    origin: Origin | None = None
    reply_to: InsurerMessageId | None = None
    """The message of this thread that was quoted. Left out for a quoted reply of yours."""
    content: InsurerContent


WithheldReason = Literal["under_review", "contact_details", "could_not_be_checked"]
"""Why a message does not come yet. Says something of the message, nothing of its writer."""


class InsurerWithheld(Event):
    """A message exists at this place in the thread, and is being looked at by the aggregator."""

    type: ClassVar[str] = "bowchat.insurer.withheld.v1"

    message_id: InsurerMessageId
    alias: Alias
    thread_id: ThreadId
    seq: int = Field(ge=1)
    sent_at: datetime
    reason: WithheldReason


RefusalReason = Literal[
    "unknown_alias", "unknown_thread", "ambiguous_thread", "conversation_closed", "text_empty", "text_too_long",
    "command_unknown", "contact_unreachable", "reply_id_reused", "alias_expired", "alias_blocked",
    "policyholder_stopped", "no_open_matter", "solicitation", "thread_not_said", "question_over", "no_open_thread",
    "kind_not_carried",
]  # fmt: skip
"""`command_unknown` stands in older events alone: what came of a command is told in a `command_answered`. The last four are
of replies from WhatsApp alone.
"""


class ReplyRefused(Event):
    """A reply was not carried to the policyholder; `detail` says what to do."""

    type: ClassVar[str] = "bowchat.insurer.reply_refused.v1"

    reply_id: str
    alias: str
    reason: RefusalReason
    detail: str


RemovedPart = Literal["phone", "email", "link", "handle", "payment", "number"]
"""What of a reply does not reach a policyholder: ways around the relay."""


class InsurerReplyChanged(Event):
    """A reply was carried to the policyholder without some of its parts; `detail` says why and what to do."""

    type: ClassVar[str] = "bowchat.insurer.reply_changed.v1"

    reply_id: str
    alias: Alias
    removed: tuple[RemovedPart, ...] = Field(min_length=1)
    detail: str


class InsurerWayChanged(Event):
    """The policyholder has said STOP to you: your replies to this alias are refused until they say START. Their own
    messages come as before.
    """

    type: ClassVar[str] = "bowchat.insurer.way_changed.v1"

    alias: Alias
    thread_id: ThreadId
    """Where they said it; it holds for every thread of the alias."""
    state: Literal["stopped", "open"]
    at: datetime


ThreadState = Literal[
    "open", "waiting_for_policyholder", "waiting_for_documents", "on_hold", "handed_off", "resolved", "closed"
]
"""`handed_off`: another desk of yours has it. `resolved`: done, and the policyholder's next message reopens it. `closed`:
for good.
"""
ThreadActor = Literal["you", "aggregator", "policyholder", "relay"]
"""`aggregator`: one of its people. `relay`: nobody, a time was over."""


class InsurerThreadChanged(Event):
    """What became of a thread of yours. Whose turn it is, as messages and replies say by themselves, is not told."""

    type: ClassVar[str] = "bowchat.insurer.thread_changed.v1"

    alias: Alias
    thread_id: ThreadId
    after_seq: int = Field(ge=1)
    """The `seq` of the latest message that was on its way to you when it happened: its place in the thread."""
    state: ThreadState
    desk: str | None = None
    cycle: int = Field(1, ge=1)
    """Counts how often the thread was opened: one more when it is reopened more than a day after it was resolved."""
    priority: int = 0
    by: ThreadActor
    at: datetime


class InsurerCommandAnswered(Event):
    """What came of a command that you sent as a reply, a text that begins with `/`. The policyholder does not see it."""

    type: ClassVar[str] = "bowchat.insurer.command_answered.v1"

    reply_id: str
    alias: Alias
    thread_id: ThreadId | None = None
    command: str
    """Its name, `/resolve`; `/` where it could not be read."""
    outcome: Literal["accepted", "refused"]
    detail: str
    """What was done, or why nothing was and what to do instead."""
    at: datetime


ReplyId = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9._:-]+$")]


class InsurerReply(Event):
    """An insurer's answer to an alias."""

    type: ClassVar[str] = "bowchat.insurer.reply.v1"

    reply_id: ReplyId
    """The insurer's own id of this reply. Sent again, it has no second effect; with other content it is refused."""
    alias: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    thread_id: Annotated[str, StringConstraints(max_length=100)] | None = None
    """Which thread is answered. May be left out while the alias has only one."""
    in_reply_to: Annotated[str, StringConstraints(max_length=100)] | None = None
    text: MessageText
