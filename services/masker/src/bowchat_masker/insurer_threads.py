"""Which thread an insurer means that answers from its phone. Pure: rows and moments in, a verdict out.

A quote or a tag names a thread, a tap names one that was offered. What names none goes to the only thread it can be for,
and to nobody where there are two: then the insurer is asked. So does what names two, or one that is not known here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from bowchat_contracts.insurer import RefusalReason
from bowchat_contracts.insurer_phone import ANSWER_WITHIN, ReplyUnaddressed

STILL_IN_MIND = timedelta(hours=24)
"""So long after a thread was closed, an insurer that names none may still mean it."""
MOST_OPTIONS = 10

State = Literal["addressed", "waiting", "expiring", "expired", "refused", "answered"]
"""`expiring`: its time is over, and the insurer is being told. `answered`: it said which thread another reply is for."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One thread that an insurer can choose."""

    option_id: str
    thread_id: str
    minutes_ago: int | None


@dataclass(frozen=True, slots=True)
class PhoneReply:
    """What was decided on something that an insurer wrote on its phone, and all it takes to publish the same again."""

    reply_key: str
    version: int
    insurer: str
    position: str
    """Where it stood."""
    place: int
    """Its place among the insurer's others."""
    reply_id: str
    state: State
    received_at: datetime
    decided_at: datetime
    reason: RefusalReason | None = None
    thread_id: str | None = None
    alias: str | None = None
    sealed: str | None = None
    """The event, while it waits and afterwards until it is swept away."""
    only: tuple[str, ...] = ()
    """The threads that it may be for, where it named several."""
    offers: tuple[Offer, ...] = ()
    """What was offered when the insurer was asked; empty as long as it was not."""
    others: int = 0
    asked_at: datetime | None = None
    asked_by: str | None = None
    """The position of what had the question asked."""
    ended_by: str | None = None
    """The position of what decided it; `time` where that was nothing."""

    @property
    def expires_at(self) -> datetime | None:
        return self.asked_at + ANSWER_WITHIN if self.asked_at else None


@dataclass(frozen=True, slots=True)
class Named:
    """It is for this thread."""

    thread_id: str


@dataclass(frozen=True, slots=True)
class Unclear:
    """The insurer has to say which of these: all it may mean, where none are named."""

    only: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answers:
    """It says that the reply which waits is for this thread."""

    reply_key: str
    thread_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    reason: RefusalReason


Verdict = Named | Unclear | Answers | Refused


@dataclass(frozen=True, slots=True)
class View:
    """What is known of one insurer's phone when it writes."""

    quoted: str | None
    """The thread of the message that was quoted, where it is known."""
    tagged: tuple[str | None, ...]
    """The thread of each tag, where there is one."""
    candidates: frozenset[str]
    """The threads that something may be for that names none."""
    erased_lately: bool
    """Whether one may be meant that is not here any more."""
    waiting: Sequence[PhoneReply]
    """What has not been said yet whom it is for, in order."""
    offered: PhoneReply | None = None
    """Whose question was answered, for a tap."""


def verdict(reply: ReplyUnaddressed, view: View) -> Verdict:
    """What becomes of it."""
    if reply.kind == "other":
        return Refused("kind_not_carried")
    if reply.kind == "tap":
        return _tapped(reply, view)
    named = _named(view)
    if not reply.text.reveal().strip():
        return _bare(reply, view, named)
    if named:
        one = len(named) == 1 and _is_certain(reply, view)
        return Named(named[0]) if one else Unclear(named if len(named) > 1 or not view.candidates else ())
    return _unnamed(reply, view)


def _unnamed(reply: ReplyUnaddressed, view: View) -> Verdict:
    if not view.candidates:
        return Refused("no_open_thread")
    names_nothing = reply.quoted is None and not reply.tags
    if names_nothing and len(view.candidates) == 1 and not view.waiting and not view.erased_lately:
        return Named(next(iter(view.candidates)))
    return Unclear()


def _named(view: View) -> tuple[str, ...]:
    return tuple(sorted({each for each in (view.quoted, *view.tagged) if each}))


def _is_certain(reply: ReplyUnaddressed, view: View) -> bool:
    """A tag counts beside a quote that is not known (an old message, a notice); no quote counts beside a tag that is none
    of this insurer's.
    """
    if reply.tags:
        return None not in view.tagged
    return view.quoted is not None


def _tapped(reply: ReplyUnaddressed, view: View) -> Verdict:
    asked = view.offered
    if asked is None or asked.state != "waiting" or asked.insurer != reply.insurer:
        return Refused("question_over")
    return Answers(asked.reply_key, thread_offered(asked, reply.option_id))


def thread_offered(asked: PhoneReply, option_id: str | None) -> str:
    """Which thread an option of this question stands for."""
    return next(each.thread_id for each in asked.offers if each.option_id == option_id)


def _bare(reply: ReplyUnaddressed, view: View, named: Sequence[str]) -> Verdict:
    """A tag and nothing else answers the question, where only one reply waits: where more do, it might be the next one's."""
    if len(named) == 1 and reply.tags and _is_certain(reply, view) and len(view.waiting) == 1:
        waiting = view.waiting[0]
        if waiting.state == "waiting" and waiting.asked_at and waiting.asked_at <= reply.received_at:
            return Answers(waiting.reply_key, named[0])
    return Refused("text_empty")


def asked(
    row: PhoneReply,
    candidates: frozenset[str],
    shown_at: Mapping[str, datetime],
    option_id: Callable[[str, str], str],
    *,
    by: str,
    now: datetime,
) -> PhoneReply:
    """The row with what its insurer is offered: the threads it named, or else every candidate, as many as a list takes."""
    threads = newest(frozenset(row.only) or candidates, shown_at)
    offers = tuple(
        Offer(option_id(row.reply_key, each), each, minutes_since(shown_at.get(each), now))
        for each in threads[:MOST_OPTIONS]
    )
    return replace(row, offers=offers, others=len(threads) - len(offers), asked_at=now, asked_by=by)


def newest(threads: frozenset[str], shown_at: Mapping[str, datetime]) -> list[str]:
    """The threads to offer, the newest first. One that nothing is known of was opened just now."""
    return sorted(threads, key=lambda each: (each in shown_at, -_stamp(shown_at.get(each)), each))


def minutes_since(moment: datetime | None, now: datetime) -> int | None:
    return None if moment is None else max(int((now - moment).total_seconds() // 60), 0)


def _stamp(moment: datetime | None) -> float:
    return moment.timestamp() if moment else 0.0
