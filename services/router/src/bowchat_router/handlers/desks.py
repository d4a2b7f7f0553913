"""What counts for a desk: who is let in, who waits, who goes elsewhere."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bowchat_contracts.desks import DeskChanged, DeskWorked
from bowchat_contracts.ids import ContactId, derived_id
from bowchat_contracts.topics import DESKS_CHANGED
from bowchat_router import metrics
from bowchat_router.deeds import SOURCE, Step
from bowchat_router.desk_store import DeskStore
from bowchat_router.domain.letting_in import admitted, kept_waiting, overflowed, sent_to_people
from bowchat_router.domain.line import (
    Book,
    Decision,
    Recent,
    Terms,
    desk_id,
    remembered,
    without_desk,
    worked,
)
from bowchat_router.domain.model import Conversation
from bowchat_router.handlers.common import Batch, Deciding, Registries
from bowchat_router.remembered import Memory
from bowchat_router.store import RouterStore
from bowchat_runtime.errors import ConflictError
from bowchat_runtime.moments import whole_milliseconds
from bowchat_runtime.records import Outgoing, Record, follow


@dataclass
class DeskBatch(Batch):
    books: dict[str, Book] = field(default_factory=dict)
    stored: dict[str, int] = field(default_factory=dict)
    """Versions in the store; a batch writes the one after, however often a book changed."""
    unread: set[ContactId] = field(default_factory=set)
    """Who is let in, or sent on, and was not expected to be."""
    tally: list[tuple[str, str]] = field(default_factory=list)
    """Desk, and what was decided for somebody there."""


class DeskHandler(Deciding):
    """Reads `desks.worked`, desk by desk in order."""

    def __init__(self, store: RouterStore, registries: Registries, memory: Memory, desks: DeskStore) -> None:
        super().__init__(store, registries, memory)
        self._desks = desks
        self._unread: frozenset[ContactId] = frozenset()

    async def load(self, records: Sequence[Record]) -> DeskBatch:
        works: list[DeskWorked] = [record.event for record in records]
        books = await self._desks.books(sorted({desk_id(each.insurer, each.desk) for each in works}))
        recent = [each for record in records for each in _decided_before(books, record)]
        subjects = [_subject(record, each) for record, each in recent]
        people = {each.contact_id for each in works if each.contact_id}
        people |= {each.contact_id for _, each in recent} | self._unread
        for book in books.values():
            people |= {each.contact_id for each in itertools.islice(book.line, len(records) + 1)}
        batch = await self._batch(subjects, people)
        stored = {name: each.version for name, each in books.items()}
        return DeskBatch(batch.registry, batch.deeds, batch.dossiers, batch.age, books=books, stored=stored)

    def decide(self, record: Record, state: DeskBatch, now: datetime) -> Sequence[Outgoing]:
        terms = _terms(record.event, state, whole_milliseconds(now))
        recent = _decided(record, terms, state, whole_milliseconds(now))
        outgoing: list[Outgoing] = []
        for decision in recent.decisions:
            outgoing += _carried_out(record, decision, terms, state, now)
        told = DeskChanged.model_validate_json(recent.told)
        meta = follow(record.meta, SOURCE, told, time=told.at)
        return [*outgoing, Outgoing(DESKS_CHANGED, desk_id(told.insurer, told.desk), told, meta)]

    async def save(self, state: Batch) -> None:
        """The books first: what they decided is carried out on the dossiers, now or when the record is read again.

        Errors: `ConflictError` where one work moved more of the line than was read: all of it is read, and decided again.
        """
        assert isinstance(state, DeskBatch)
        if state.unread:
            self._unread |= state.unread
            raise ConflictError("who is let in has to be read first")
        await self._desks.save(
            [replace(each, version=state.stored.get(name, 0) + 1) for name, each in state.books.items()]
        )
        await super().save(state)
        self._unread = frozenset()
        for name, book in state.books.items():
            metrics.DESK_WAITING.labels(name).set(len(book.line))
            metrics.DESK_LOAD.labels(name).set(book.load)
            metrics.DESK_FAILING.labels(name).set(book.failing)
        for name, what in state.tally:
            metrics.DESK_DECISIONS.labels(name, what).inc()


def _terms(work: DeskWorked, state: DeskBatch, now: datetime) -> Terms | None:
    """None for a desk that is in no agreement any more, or in none that is in force."""
    agreement = state.registry.agreement(work.insurer, now.date())
    desk = agreement.desk(work.desk) if agreement else None
    return Terms(agreement, desk, now) if agreement and desk else None


def _decided(record: Record, terms: Terms | None, state: DeskBatch, now: datetime) -> Recent:
    """What is decided for this work, once."""
    work: DeskWorked = record.event
    name = desk_id(work.insurer, work.desk)
    book = state.books.get(name) or Book(name)
    again = book.decided_for(record.meta.id)
    if again is not None:
        return again
    book, decisions = worked(book, work, terms) if terms else without_desk(book, work)
    told = _stands(book, work, terms.desk.capacity if terms else None, now)
    recent = Recent(record.meta.id, tuple(decisions), told.model_dump_json())
    state.books[name] = remembered(book, recent)
    state.tally += [(name, each.what) for each in decisions]
    return recent


def _carried_out(
    record: Record, decision: Decision, terms: Terms | None, state: DeskBatch, now: datetime
) -> Sequence[Outgoing]:
    subject = _subject(record, decision)
    told = state.told_before(record, subject)
    if told is not None:
        return told
    if decision.contact_id not in state.dossiers:
        state.unread.add(decision.contact_id)
        return ()
    step = state.begin(record, subject, decision.contact_id, now)
    return state.end(record, step) if _act(step, decision, record.event, terms) else ()


def _act(step: Step, decision: Decision, work: DeskWorked, terms: Terms | None) -> bool:
    """What the decision does to the conversation. False where it waits no longer: it was resolved meanwhile, or moved."""
    conversation = step.dossier.conversation(decision.conversation_id)
    if conversation is None or conversation.state != "queued" or not _stands_at(conversation, work):
        return False
    if decision.what == "wait":
        kept_waiting(step, conversation, decision.position or 1)
    elif decision.what == "admit" and terms is not None:
        admitted(step, conversation, terms.agreement)
    elif decision.what == "backup" and terms is not None and terms.desk.backup is not None:
        overflowed(step, conversation, terms.desk.backup)
    else:
        sent_to_people(step, conversation)
    return True


def _stands_at(conversation: Conversation, work: DeskWorked) -> bool:
    return (conversation.insurer, conversation.desk) == (work.insurer, work.desk)


def _decided_before(books: dict[str, Book], record: Record) -> Iterable[tuple[Record, Decision]]:
    book = books.get(desk_id(record.event.insurer, record.event.desk))
    recent = book.decided_for(record.meta.id) if book else None
    return ((record, each) for each in (recent.decisions if recent else ()))


def _subject(record: Record, decision: Decision) -> str:
    return derived_id("dw", record.meta.id, decision.conversation_id)


def _stands(book: Book, work: DeskWorked, capacity: float | None, now: datetime) -> DeskChanged:
    return DeskChanged(
        insurer=work.insurer,
        desk=work.desk,
        load=round(book.load, 3),
        capacity=capacity,
        waiting=len(book.line),
        failing=book.failing,
        at=now,
    )
