"""Insurers that read and answer in WhatsApp, on a phone of their own: what tells which thread they mean.

A phone shows all of an insurer's threads in one chat. Each thread has a tag there, `#KPLMJ`, which heads everything that
is sent of it. The last letter checks the others: a letter mistyped, or two of them swapped, is no tag, and never another
thread's.
"""

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from bowchat_contracts.envelope import Event
from bowchat_contracts.ids import (
    Alias,
    DeliveryId,
    InsurerId,
    OptionId,
    ProviderRef,
    ReplyKey,
    ThreadId,
)
from bowchat_contracts.insurer import ReplyId
from bowchat_contracts.parts import Part
from bowchat_contracts.pii import MessageText

Tag = Annotated[str, StringConstraints(pattern=r"^[A-P]{5,7}$")]
"""A thread's short name on one insurer's phone. Given once, to one thread, and never again."""

ANSWER_WITHIN = timedelta(minutes=15)
"""How long it is waited for that an insurer says which conversation a reply is for."""

_LETTERS = "ABCDEFGHIJKLMNOP"
_SHORTEST, _LONGEST = 5, 7
_AT_EACH_LENGTH = 16
_WRITTEN = re.compile(rf"#([A-Pa-p]{{{_SHORTEST},{_LONGEST}}})(?![^\W_])")
# Multiplication by two in the field of sixteen elements (x^4 + x + 1): a sum of letters weighted by its powers changes
# when any one letter does, or when two neighbours change places.
_FIELD = 0b10011


def tags_of(thread_id: str) -> Iterator[str]:
    """Tags that this thread may have, the one to be tried first coming first; the longer ones last."""
    for length in range(_SHORTEST, _LONGEST + 1):
        for attempt in range(_AT_EACH_LENGTH):
            digest = hashlib.sha256(f"{length}/{attempt}/{thread_id}".encode()).digest()
            letters = "".join(_LETTERS[each % 16] for each in digest[: length - 1])
            yield letters + _check(letters)


def tags_in(text: str) -> tuple[tuple[str, ...], str]:
    """The tags that were written in a text, each once, and the text without them. What is only like a tag stays."""
    found = [each for each in _WRITTEN.finditer(text) if is_tag(each[1].upper())]
    if not found:
        return (), text
    left, at = [], 0
    for each in found:
        left.append(text[at : each.start()])
        at = each.end()
    left.append(text[at:])
    tags = dict.fromkeys(each[1].upper() for each in found)
    return tuple(tags), "".join(_joined(left))


def is_tag(letters: str) -> bool:
    """Whether these letters, upper-case, could be a tag."""
    return _SHORTEST <= len(letters) <= _LONGEST and _check(letters[:-1]) == letters[-1]


def _check(letters: str) -> str:
    total = 0
    for letter in letters:
        total = _doubled(total ^ _LETTERS.index(letter))
    # The length counts: cutting a letter off must not make a shorter tag of a longer one more often than by chance.
    return _LETTERS[total ^ (len(letters) & 15)]


def _doubled(value: int) -> int:
    value <<= 1
    return value ^ _FIELD if value & 16 else value


def _joined(pieces: list[str]) -> Iterator[str]:
    """The pieces around tags, with one space at most where a tag stood."""
    whole = pieces[0].rstrip(" ")
    for piece in pieces[1:]:
        after = piece.lstrip(" ")
        space = " " if whole and after and not whole[-1].isspace() and not after[0].isspace() else ""
        whole = whole + space + after
    yield whole.strip()


class ReplyUnaddressed(Event):
    """What an insurer wrote on its phone, before it is known which thread it is for. Whose it is says the number that it
    came from; the masker finds the thread, or asks.
    """

    type: ClassVar[str] = "bowchat.replies.unaddressed.v1"

    reply_key: ReplyKey
    insurer: InsurerId
    reply_id: ReplyId
    """Derived from the provider's id: sent again, it is the same."""
    provider_ref: ProviderRef
    """What the provider calls it: the insurer may quote itself."""
    kind: Literal["text", "tap", "other"]
    """`other`: what is not carried (a file, a place), so that only its being sent is told."""
    text: MessageText
    """Without tags; empty where it is no text."""
    tags: tuple[Tag, ...] = Field((), max_length=20)
    """The tags that stood in it."""
    quoted: ProviderRef | None = None
    option_id: str | None = Field(None, max_length=256)
    """What was tapped."""
    sent_at: datetime
    received_at: datetime


class ThreadShown(Event):
    """A message of a thread is on its insurer's phone: quoting it means this thread, and so does the tag."""

    type: ClassVar[str] = "bowchat.threads.shown.v1"

    delivery_id: DeliveryId
    insurer: InsurerId
    thread_id: ThreadId
    alias: Alias
    tag: Tag
    policy_type: str | None = None
    provider_ref: ProviderRef
    at: datetime


class ThreadOption(Part):
    """One conversation that a reply may be for."""

    option_id: OptionId
    """Comes back when it is tapped; good for this question alone."""
    thread_id: ThreadId
    minutes_ago: int | None = Field(None, ge=0)
    """When something of it was last sent to you; None where that is not known."""


class InsurerThreadAsked(Event):
    """You answered from WhatsApp, and the relay cannot tell whom. The reply waits until you say it."""

    type: ClassVar[str] = "bowchat.insurer.thread_asked.v1"

    reply_id: ReplyId
    options: tuple[ThreadOption, ...] = Field(min_length=1, max_length=10)
    """The newest first."""
    others: int = Field(0, ge=0)
    """How many more conversations there are than options."""
    said_minutes_ago: int = Field(ge=0)
    """When the reply came."""
    minutes: int = Field(ge=1)
    """How long an answer is waited for. After that the reply is refused."""
