"""What an insurer's event says on its phone: values of the event, and fixed words. Pure.

The guard has looked at the event; so nothing else may reach the text. The thread's tag and how long ago things were are made
of the event's own ids and counts.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bowchat_contracts.content import Near
from bowchat_contracts.envelope import Event
from bowchat_contracts.erasure import InsurerContactErased
from bowchat_contracts.held import InsurerBlocked, InsurerReleased
from bowchat_contracts.insurer import (
    InsurerCommandAnswered,
    InsurerMessage,
    InsurerReplyChanged,
    InsurerThreadChanged,
    InsurerWayChanged,
    InsurerWithheld,
    ReplyRefused,
)
from bowchat_contracts.insurer_content import (
    InsurerAnswers,
    InsurerChoice,
    InsurerContacts,
    InsurerContent,
    InsurerEdit,
    InsurerLocation,
    InsurerMedia,
    InsurerOrder,
    InsurerOrderItem,
    InsurerOther,
    InsurerReaction,
    InsurerRevoke,
    InsurerText,
)
from bowchat_contracts.insurer_phone import InsurerThreadAsked, ThreadOption
from bowchat_contracts.media import InsurerMediaUpdate
from bowchat_contracts.pii import MessageText
from bowchat_contracts.reveals import InsurerIdentityRevealed, InsurerRevealChanged
from bowchat_dispatcher.domain import Choice

LONGEST = 4000
"""Characters of one text; WhatsApp takes 4096."""
LIST_LABEL = "Choose"

_WITHHELD = {
    "under_review": "A message is being looked at by the aggregator first. It follows, or you are told that it does not.",
    "contact_details": "A message with contact details is being looked at by the aggregator first.",
    "could_not_be_checked": "A message could not be checked yet. The aggregator looks at it.",
}
_REFUSED = {
    "unknown_alias": "You have no such conversation.",
    "unknown_thread": "The conversation that you named is not here any more.",
    "ambiguous_thread": "It could be for several conversations. Send it again, quoting the message you answer.",
    "conversation_closed": "This conversation is closed for good. What the policyholder writes to you next comes in another "
    "one; answer that.",
    "text_empty": "It had no text. Write the tag and your text in one message.",
    "text_too_long": "It is longer than 4096 characters. Send it in parts.",
    "contact_unreachable": "The policyholder cannot be reached now. Try again after they have written.",
    "alias_expired": "The policyholder has not written for as long as your agreement says. Wait until they write again.",
    "alias_blocked": "Your way to this policyholder was ended. Answer their next message.",
    "policyholder_stopped": "The policyholder said STOP. Nothing reaches them until they say START; you are told then.",
    "no_open_matter": "The policyholder has not written for 30 days. Wait until they write again.",
    "solicitation": "It asks for contact outside this chat, which your agreement does not allow. Send it without that.",
    "thread_not_said": "Nobody said in time which conversation it was for. Send it again, quoting the message you answer, "
    "or with its tag.",
    "question_over": "This question is over. If your message was not passed on, send it again.",
    "no_open_thread": "You have no open conversation that it could be for.",
    "kind_not_carried": "Only texts can be passed on. Write it as a text.",
}
_REMOVED = {
    "phone": "a telephone number", "email": "an e-mail address", "link": "a link", "handle": "a name in another service",
    "payment": "a payment address", "number": "a number",
}  # fmt: skip
_FILES = {
    "image": "A picture", "video": "A video", "audio": "A sound file", "voice": "A voice message",
    "document": "A document", "sticker": "A sticker",
}  # fmt: skip
_REVEALS = {
    "asked": "The policyholder is being asked whether you may have their number.",
    "declined": "The policyholder does not want you to have their number.",
    "expired": "The time is over for which you could use the number, or no answer came. Do not use it any more.",
    "revoked": "The number was taken back. Do not use it any more.",
    "refused": "The policyholder was not asked for their number.",
}
_THREADS = {
    "open": "This conversation is open, and waits for you",
    "waiting_for_policyholder": "This conversation waits for the policyholder: no reply is owed",
    "waiting_for_documents": "This conversation waits for the policyholder's documents",
    "on_hold": "This conversation is on hold",
    "handed_off": "This conversation was handed to another desk of yours",
    "resolved": "This conversation is resolved",
    "closed": "This conversation is closed for good",
}
_ACTORS = {
    "you": "you",
    "aggregator": "the aggregator",
    "policyholder": "the policyholder",
    "relay": "the relay",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What the phone is to show of an event."""

    texts: tuple[MessageText, ...]
    """One, or the parts of a long one, in order."""
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """What this phone was told of a thread before."""

    tag: str
    policy_type: str | None


def shown(
    event: Event, threads: Mapping[str, Known], of_alias: Known | None, at: datetime, link: str
) -> Shown:
    """The event in words.

    Args:
        event: What the guard has looked at.
        threads: The threads that it names, by id.
        of_alias: The only thread of its alias, where it names an alias and no thread.
        at: When it happened.
        link: What a file's path is appended to.
    """
    if isinstance(event, InsurerThreadAsked):
        return _question(event, threads)
    known = threads.get(str(getattr(event, "thread_id", ""))) or of_alias
    says = next((_SAYS[each] for each in type(event).__mro__ if each in _SAYS), _unknown)
    said = says(event, at, link)
    head = _head(known, event)
    return Shown(tuple(MessageText(each) for each in pages(head, said)))


def pages(head: str, said: str) -> list[str]:
    """The text with its heading, in as many parts as it takes; each has the heading."""
    room = LONGEST - len(head) - 16
    parts = [said[start : start + room] for start in range(0, len(said), room)] or [""]
    if len(parts) == 1:
        return [f"{head}\n\n{said}" if head else said]
    return [f"{head} ({number}/{len(parts)})\n\n{part}".strip() for number, part in enumerate(parts, 1)]


def _head(known: Known | None, event: Event) -> str:
    if known is None:
        return ""
    policy_type = getattr(event, "policy_type", None) or known.policy_type
    about = [policy_type, getattr(event, "intent", None)]
    return " · ".join([f"*#{known.tag}*", *(_words(each) for each in about if each)])


def _question(event: InsurerThreadAsked, threads: Mapping[str, Known]) -> Shown:
    text = (
        f"Which conversation is this for? Your message, sent {_ago(event.said_minutes_ago)}, was not passed on yet. "
        f"It waits {event.minutes} minutes for your choice."
    )
    if event.others:
        text += f" {event.others} more are not in the list: for one of them, write its tag."
    text += "\nQuote the message you answer, or write its tag, and you are not asked."
    return Shown(
        (MessageText(text),), tuple(_choice(each, threads.get(each.thread_id)) for each in event.options)
    )


def _choice(option: ThreadOption, known: Known | None) -> Choice:
    name = f"#{known.tag} {_words(known.policy_type or '')}".strip() if known else "A new conversation"
    about = "just opened" if option.minutes_ago is None else f"last message {_ago(option.minutes_ago)}"
    return Choice(option.option_id, MessageText(name[:24]), MessageText(about))


def _ago(minutes: int) -> str:
    for size, one, many in ((1440, "day", "days"), (60, "hour", "hours"), (1, "minute", "minutes")):
        count = minutes // size
        if count:
            return f"{count} {one if count == 1 else many} ago"
    return "just now"


def _message(event: InsurerMessage, _: datetime, __: str) -> str:
    said = content_words(event.content)
    return f"{said}\n\n(quoting an earlier message)" if event.reply_to else said


def _released(event: InsurerReleased, _: datetime, __: str) -> str:
    return f"The message that was looked at:\n\n{content_words(event.content)}"


def content_words(content: InsurerContent) -> str:
    """One kind of content, in words."""
    return _CONTENT[type(content)](content)


def _answers(content: InsurerAnswers) -> str:
    return "\n".join(["A form was filled in:", *(f"{each.label}: {each.value}" for each in content.answers)])


def _order(content: InsurerOrder) -> str:
    lines = ["An order:", *map(_item, content.items)]
    return "\n".join(lines + ([content.note] if content.note else []))


def _item(item: InsurerOrderItem) -> str:
    price = f" at {item.price} {item.currency or ''}".rstrip() if item.price else ""
    return f"{item.quantity} x {item.product}{price}"


def _reaction(content: InsurerReaction) -> str:
    if content.removed:
        return "A reaction was taken off again."
    return f"Reacted with {content.emoji}" if content.emoji else "Reacted to a message."


def _edit(content: InsurerEdit) -> str:
    return "A message was changed. " + (f"It now says:\n\n{content.text}" if content.text else "")


def _location(content: InsurerLocation) -> str:
    return (
        f"A place was shared, near {_near(content.near)}."
        if content.near
        else "A place was shared. It is withheld."
    )


def _near(near: Near) -> str:
    return f"{near.latitude}, {near.longitude}"


def _contacts(content: InsurerContacts) -> str:
    return f"Contact cards were shared, {content.withheld} in all. They are withheld: ask the aggregator."


def _file(content: InsurerMedia) -> str:
    said = f"{_FILES[content.media_type]} was sent. It is being looked at, and follows as a link."
    return f"{said}\n\n{content.caption}" if content.caption else said


def _choice_made(content: InsurerChoice) -> str:
    about = f" ({content.description})" if content.description else ""
    return f"Chose: {content.title}{about}"


_CONTENT: Mapping[type, Callable[[Any], str]] = {
    InsurerText: lambda content: content.text,
    InsurerChoice: _choice_made,
    InsurerAnswers: _answers,
    InsurerOrder: _order,
    InsurerReaction: _reaction,
    InsurerEdit: _edit,
    InsurerRevoke: lambda _: "A message was deleted by who wrote it: use it no more.",
    InsurerLocation: _location,
    InsurerContacts: _contacts,
    InsurerMedia: _file,
    InsurerOther: lambda content: (
        f"Something of another kind was sent ({_words(content.type)}). The aggregator has it."
    ),
}


def _media(event: InsurerMediaUpdate, _: datetime, link: str) -> str:
    if event.state == "ready" and event.link:
        size = f", {event.kilobytes} kB" if event.kilobytes else ""
        until = f" until {_day(event.expires_at)}" if event.expires_at else ""
        unread = "" if event.verified else " The relay could not read all that it shows."
        return (
            f"The file is here{size}{until}:\n{link}{event.link}\nWhoever has the link has the file.{unread}"
        )
    if event.state == "held":
        return "The file is being looked at by the aggregator."
    return "The file will not come." if event.state == "blocked" else "The file could not be fetched."


def _refused(event: ReplyRefused, at: datetime, _: str) -> str:
    why = _REFUSED.get(event.reason, event.detail)
    return f"NOT PASSED ON: your message of {_time(at)}. {why}"


def _changed(event: InsurerReplyChanged, at: datetime, _: str) -> str:
    removed = ", ".join(_REMOVED[each] for each in event.removed)
    return f"Your message of {_time(at)} was passed on without {removed}: the policyholder talks to you here."


def _way(event: InsurerWayChanged, _: datetime, __: str) -> str:
    if event.state == "stopped":
        return "The policyholder said STOP. Nothing that you write reaches them until they say START."
    return "The policyholder said START: what you write reaches them again."


def _thread(event: InsurerThreadChanged, _: datetime, __: str) -> str:
    desk = f" Desk: {_words(event.desk)}." if event.desk else ""
    urgent = f" Priority: {event.priority}." if event.priority else ""
    return f"{_THREADS[event.state]}, by {_ACTORS[event.by]}.{desk}{urgent}"


def _command(event: InsurerCommandAnswered, _: datetime, __: str) -> str:
    return f"{event.command}: {'done' if event.outcome == 'accepted' else 'not done'}. {event.detail}"


def _unknown(_: Event, __: datetime, ___: str) -> str:
    """Of an event that has no words yet: not silent, and none of its values."""
    return "There is news that cannot be shown here: ask the aggregator."


def _revealed(event: InsurerIdentityRevealed, _: datetime, __: str) -> str:
    return (
        f"The policyholder lets you have their number until {_day(event.until)}. It is locked with your key and cannot be "
        "shown here: ask the aggregator."
    )


_SAYS: Mapping[type, Callable[[Any, datetime, str], str]] = {
    InsurerMessage: _message,
    InsurerReleased: _released,
    InsurerWithheld: lambda event, _, __: _WITHHELD[event.reason],
    InsurerBlocked: lambda _, __, ___: "The message that was looked at will not come.",
    InsurerMediaUpdate: _media,
    ReplyRefused: _refused,
    InsurerReplyChanged: _changed,
    InsurerWayChanged: _way,
    InsurerThreadChanged: _thread,
    InsurerCommandAnswered: _command,
    InsurerRevealChanged: lambda event, _, __: _REVEALS[event.state],
    InsurerIdentityRevealed: _revealed,
    InsurerContactErased: lambda _, __, ___: (
        "The policyholder was erased. Nothing more comes of this conversation."
    ),
}


def _words(name: str) -> str:
    return name.replace("_", " ")


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%H:%M} UTC"


def _day(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
