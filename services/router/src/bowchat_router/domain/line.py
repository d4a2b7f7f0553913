"""A desk's places and its line: who is let in, who waits where, who goes elsewhere. Pure.

What counts for one desk comes in order. It is folded into the desk's book; the same work folded twice changes nothing and
gives the same decisions.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from bowchat_contracts.desks import DeskWorked
from bowchat_contracts.ids import ContactId, ConversationId
from bowchat_registry.agreements import Agreement
from bowchat_registry.desks import Desk, Otherwise

_MOST_RECENT = 200
"""More works than a batch holds: what was decided for each is kept so long, to be told again after a crash."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A conversation at the desk."""

    conversation_id: ConversationId
    weight: float


@dataclass(frozen=True, slots=True)
class Waiter:
    """A conversation in line."""

    conversation_id: ConversationId
    contact_id: ContactId
    weight: float
    priority: int
    since: datetime
    may_overflow: bool = True
    """Whether the desk's backup may get it: it comes from no other desk."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a conversation that came to the desk."""

    conversation_id: ConversationId
    contact_id: ContactId
    what: Literal["admit", "wait", "backup", "triage"]
    position: int | None = None
    """Of who waits, from 1."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A promise that was kept or broken."""

    at: datetime
    kept: bool


@dataclass(frozen=True, slots=True)
class Recent:
    """What was decided for one work."""

    work_id: str
    decisions: tuple[Decision, ...]
    told: str
    """How the desk stood then, as it is told: JSON."""


@dataclass(frozen=True, slots=True)
class Book:
    """One desk."""

    desk_id: str
    """`insurer/desk`."""
    version: int = 0
    seats: tuple[Seat, ...] = ()
    line: tuple[Waiter, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    failing: bool = False
    recent: tuple[Recent, ...] = ()

    @property
    def load(self) -> float:
        return _exactly(sum(each.weight for each in self.seats))

    def decided_for(self, work_id: str) -> Recent | None:
        return next((each for each in self.recent if each.work_id == work_id), None)


@dataclass(frozen=True, slots=True)
class Terms:
    """What the agreement says of a desk, and the time."""

    agreement: Agreement
    desk: Desk
    now: datetime

    @property
    def closed(self) -> bool:
        return closed(self.agreement, self.desk, self.now)


def desk_id(insurer: str, desk: str) -> str:
    return f"{insurer}/{desk}"


def must_wait(agreement: Agreement, desk: Desk, now: datetime, *, failing: bool) -> bool:
    """Whether new work for this desk goes by its line, where it is let in, kept waiting or sent on."""
    return desk.capacity is not None or failing or closed(agreement, desk, now)


def closed(agreement: Agreement, desk: Desk, now: datetime) -> bool:
    """Whether the desk takes nothing now because it is not at work."""
    hours = agreement.hours_of(desk)
    return desk.when_closed != "deliver" and hours is not None and not hours.is_open(now)


def worked(book: Book, work: DeskWorked, terms: Terms) -> tuple[Book, list[Decision]]:
    """The book after this work, and what it decides."""
    after = _counted(_moved(book, work), work, terms.desk)
    arrived = work.conversation_id if work.what == "arrived" else None
    decisions = list(_let_in(after, arrived, terms))
    gone = {each.conversation_id for each in decisions if each.what != "wait"}
    let_in = {each.conversation_id for each in decisions if each.what == "admit"}
    seats = tuple(
        Seat(each.conversation_id, each.weight) for each in after.line if each.conversation_id in let_in
    )
    line = tuple(each for each in after.line if each.conversation_id not in gone)
    # Where places are not counted nobody says when one is left.
    taken = () if terms.desk.capacity is None else (*after.seats, *seats)
    return replace(after, seats=taken, line=line), decisions


def without_desk(book: Book, work: DeskWorked) -> tuple[Book, list[Decision]]:
    """The book of a desk that is in no agreement any more: who came to it goes to people."""
    arrived = _moved(book, work)
    gone = [Decision(each.conversation_id, each.contact_id, "triage") for each in arrived.line]
    return replace(arrived, line=(), seats=()), gone


def remembered(book: Book, recent: Recent) -> Book:
    return replace(book, recent=(*book.recent, recent)[-_MOST_RECENT:])


def _moved(book: Book, work: DeskWorked) -> Book:
    """Who sits and who stands in line after this work, before anybody is let in."""
    if work.conversation_id is None:
        return book
    others = tuple(each for each in book.seats if each.conversation_id != work.conversation_id)
    line = tuple(each for each in book.line if each.conversation_id != work.conversation_id)
    if work.what == "left":
        return replace(book, seats=others, line=line)
    if work.what == "weighed" and len(line) < len(book.line):
        known = next(each for each in book.line if each.conversation_id == work.conversation_id)
        waiter = replace(known, weight=work.weight, priority=work.priority)
        return replace(book, line=tuple(sorted((*line, waiter), key=_rank)))
    if work.what == "weighed":
        return replace(book, seats=(*others, Seat(work.conversation_id, work.weight)), line=line)
    if work.what == "arrived" and work.contact_id is not None and len(others) == len(book.seats):
        waiter = Waiter(
            work.conversation_id, work.contact_id, work.weight, work.priority, work.at, work.may_overflow
        )
        return replace(book, line=tuple(sorted((*line, waiter), key=_rank)))
    return book


def _rank(waiter: Waiter) -> tuple[int, datetime]:
    """The more urgent first, then who came first; of one moment the word that came first."""
    return -waiter.priority, waiter.since


def _counted(book: Book, work: DeskWorked, desk: Desk) -> Book:
    """The desk's promises within the window, and whether it breaks too many."""
    breaker = desk.breaker
    if breaker is None:
        return replace(book, outcomes=(), failing=False)
    outcomes = book.outcomes
    if work.what in ("kept", "breached"):
        outcomes = (*outcomes, Outcome(work.at, work.what == "kept"))
    outcomes = tuple(each for each in outcomes if each.at > work.at - timedelta(seconds=breaker.window_s))
    broken = sum(not each.kept for each in outcomes)
    failing = len(outcomes) >= breaker.least_cases and broken > breaker.ratio * len(outcomes)
    return replace(book, outcomes=outcomes, failing=failing)


def _let_in(book: Book, arrived: str | None, terms: Terms) -> Iterator[Decision]:
    """Decisions for the line, in its order. Nobody overtakes: who does not fit keeps the others behind."""
    free = float("inf") if terms.desk.capacity is None else _exactly(terms.desk.capacity - book.load)
    waiting = 0
    for waiter in book.line:
        what = _fate(waiter, free if waiting == 0 else 0.0, terms, failing=book.failing)
        if what == "wait":
            waiting += 1
            if waiter.conversation_id == arrived:
                yield Decision(waiter.conversation_id, waiter.contact_id, "wait", waiting)
            continue
        if what == "admit":
            free = _exactly(free - waiter.weight)
        yield Decision(waiter.conversation_id, waiter.contact_id, what)


def _exactly(places: float) -> float:
    """Without what sums of tenths lose: fifteen conversations of weight 0.2 fill three places, and not a little more."""
    return round(places, 6)


def _fate(
    waiter: Waiter, free: float, terms: Terms, *, failing: bool
) -> Literal["admit", "wait", "backup", "triage"]:
    patience = timedelta(seconds=terms.agreement.queue_limit_of(terms.desk))
    if terms.now - waiter.since >= patience:
        return "triage"
    otherwise = _obstacle(waiter, free, terms, failing=failing)
    if otherwise == "backup" and (terms.desk.backup is None or not waiter.may_overflow):
        otherwise = "queue"
    if otherwise == "queue":
        return "wait"
    return "admit" if otherwise == "deliver" else otherwise


def _obstacle(waiter: Waiter, free: float, terms: Terms, *, failing: bool) -> Otherwise:
    """What the agreement says about work that the desk cannot take now; `deliver` where it can."""
    desk = terms.desk
    if failing:
        return "backup" if desk.backup is not None and waiter.may_overflow else "triage"
    if terms.closed:
        return desk.when_closed
    return desk.when_full if free < min(waiter.weight, desk.capacity or waiter.weight) else "deliver"
