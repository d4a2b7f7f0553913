"""Who wrote: identities that belong together, and those that only seem to. Pure.

A message names its writer by one or more refs, the strongest first. A weaker ref (a number) may have changed hands, so
it follows a stronger one (a BSUID) at most once: a second stranger with the same number is another contact.

While the key of refs changes, each identity has two refs. Whatever is known of one is known of the other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from bowchat_contracts.ids import ContactId, Ref


@dataclass(frozen=True, slots=True)
class KnownRef:
    """One identity of a contact."""

    ref: Ref
    version: int
    contact_id: ContactId
    linked_at: datetime
    stronger: Ref | None = None
    """The ref this one follows."""
    weaker: tuple[Ref, ...] = ()
    """The refs that follow this one."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Who wrote a message, and what was learnt of the identities."""

    contact_id: ContactId
    refs: tuple[Ref, ...]
    """The strongest ref of the message and all that follow it: whose policies count. Not those of a stranger."""
    learnt: tuple[KnownRef, ...] = ()
    links: Literal["linked", "kept_apart"] | None = None


def identify(
    refs: Sequence[Ref],
    stored: Mapping[Ref, KnownRef],
    fresh: ContactId,
    now: datetime,
    other_refs: Sequence[Ref] = (),
) -> Writer:
    """The contact behind these refs; `fresh` is the id it gets if it is a new one. `other_refs` are the same identities."""
    if not other_refs and (known_so := _known_so(refs, stored)) is not None:
        return known_so
    others = dict(zip(refs, other_refs, strict=False))
    inherited = _renamed(others, stored)
    known = {**stored, **inherited}
    first, rest = refs[0], tuple(dict.fromkeys(refs[1:]))
    holder = known.get(first)
    contact_id = holder.contact_id if holder else _inherited(first, rest, known) or fresh
    before = holder or KnownRef(first, 0, contact_id, now)
    followers = [_followed(ref, before, known.get(ref), now) for ref in rest]
    own = [each for each in followers if each is not None]
    after = replace(before, weaker=tuple(dict.fromkeys((*before.weaker, *(each.ref for each in own)))))
    met = {each.ref: each for each in (after, *own)}
    learnt = _changed([*(inherited | met).values()], stored)
    own_refs = (first, *after.weaker)
    return Writer(
        contact_id=contact_id,
        refs=tuple(dict.fromkeys((*own_refs, *(others[ref] for ref in own_refs if ref in others)))),
        learnt=learnt,
        links="kept_apart" if len(own) < len(rest) else "linked" if rest and learnt else None,
    )


def _known_so(refs: Sequence[Ref], stored: Mapping[Ref, KnownRef]) -> Writer | None:
    """The writer where nothing is new: the first of these refs leads, the others follow it. So it is with most messages."""
    leader = stored.get(refs[0])
    if leader is None:
        return None
    for ref in refs[1:]:
        found = stored.get(ref)
        if found is None or found.contact_id != leader.contact_id:
            return None
        if found.stronger != leader.ref or ref not in leader.weaker:
            return None
    return Writer(leader.contact_id, (leader.ref, *leader.weaker))


def _renamed(others: Mapping[Ref, Ref], stored: Mapping[Ref, KnownRef]) -> dict[Ref, KnownRef]:
    """What is known of these identities by their other refs, as if it had been learnt by these: the last message may have
    named the other one first.
    """
    names = {other: ref for ref, other in others.items()}
    renamed: dict[Ref, KnownRef] = {}
    for ref, other in others.items():
        own, found = stored.get(ref), stored.get(other)
        if found is None or (own is not None and own.contact_id != found.contact_id):
            continue
        own = own or KnownRef(ref, 0, found.contact_id, found.linked_at)
        stronger = names.get(found.stronger, found.stronger) if found.stronger else None
        weaker = (names.get(each, each) for each in found.weaker)
        renamed[ref] = replace(
            own, stronger=own.stronger or stronger, weaker=tuple(dict.fromkeys((*own.weaker, *weaker)))
        )
    return renamed


def _inherited(first: Ref, rest: Sequence[Ref], known: Mapping[Ref, KnownRef]) -> ContactId | None:
    """The contact of a weaker ref that was alone so far: the same person, now known by a stronger one as well."""
    free = (known[ref] for ref in rest if ref in known and _is_free(known[ref], first))
    return next((each.contact_id for each in free), None)


def _is_free(found: KnownRef, leader: Ref) -> bool:
    return found.stronger == leader or (found.stronger is None and not found.weaker)


def _followed(ref: Ref, leader: KnownRef, found: KnownRef | None, now: datetime) -> KnownRef | None:
    """The ref as a follower of the leader; None where it belongs to somebody else."""
    if found is None:
        return KnownRef(ref, 0, leader.contact_id, now, stronger=leader.ref)
    if found.contact_id != leader.contact_id:
        return None
    # Of one contact: it follows this leader, or the same leader by its other ref.
    return found if found.stronger or found.weaker else replace(found, stronger=leader.ref, linked_at=now)


def _changed(refs: Sequence[KnownRef], known: Mapping[Ref, KnownRef]) -> tuple[KnownRef, ...]:
    return tuple(replace(each, version=each.version + 1) for each in refs if each != known.get(each.ref))
