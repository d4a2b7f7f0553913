"""The book of policies: found by what a text names, or by who holds them. Held in memory, and changed in place.

What most rows have in common is kept once (insurers, policy types, a holder's refs), and what an index finds is mostly one
policy, which then stands there by itself: hundreds of thousands of policies take a few hundred bytes each.
"""

import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, Literal, NamedTuple, Protocol, TypeVar

from bowchat_registry.numbers import SEPARATORS, SHORTEST, normalised, pieces
from bowchat_registry.policies import Contact, Policy

Kind = Literal["policy_number", "vehicle", "claim"]
Item = TypeVar("Item")

_HEADS = 1 << 20


class ContactFacts(NamedTuple):
    """What the aggregator says of whoever is known by some refs."""

    contact_key: str | None
    """The aggregator's own id; None where several people are known by these refs."""
    language: str | None
    tags: tuple[str, ...]


class Match(NamedTuple):
    """A policy that a text names, and by what."""

    policy: Policy
    kind: Kind


class KnownPolicies(Protocol):
    """What the rules may ask about policies and their holders."""

    def __len__(self) -> int: ...

    @property
    def policies(self) -> Iterable[Policy]: ...

    def numbered(self, number: str) -> Policy | None: ...

    def held_by(self, refs: Iterable[str]) -> tuple[Policy, ...]:
        """The policies of whoever is known by these refs, each once."""

    def named_in(self, text: str) -> tuple[Policy, ...]:
        """The policies whose number stands in a text, however it is grouped; each once, in the text's order."""

    def matched_in(self, text: str) -> tuple[Match, ...]:
        """The policies that a text names by their number, their vehicle's or a claim's: each way once, in the text's
        order.
        """

    def contact(self, refs: Iterable[str]) -> ContactFacts | None:
        """What is known of whoever has these refs. Where people share a number: what is true of all of them."""


class PolicyBook:
    """All policies and contacts, with constant-time look-ups."""

    def __init__(self, policies: Iterable[Policy] = ()) -> None:
        self._by_number: dict[str, Policy] = {}
        self._by_other: dict[str, Policy | tuple[Policy, ...]] = {}
        """By a vehicle's number and by claims': several policies may have one vehicle, one after the other."""
        self._by_ref: dict[str, Policy | tuple[Policy, ...]] = {}
        self._by_key: dict[str, Policy | tuple[Policy, ...]] = {}
        self._contacts: dict[str, Contact] = {}
        self._contacts_by_ref: dict[str, Contact | tuple[Contact, ...]] = {}
        # Most words of a message begin as no number does, and need no further look. What was removed leaves its marks.
        self._openings: set[str] = set()
        self._heads = bytearray(_HEADS)
        self._longest = 0
        for policy in policies:
            self.put(policy)

    def __len__(self) -> int:
        return len(self._by_number)

    def __contains__(self, number: str) -> bool:
        return normalised(number) in self._by_number

    @property
    def policies(self) -> Iterable[Policy]:
        return self._by_number.values()

    @property
    def contacts(self) -> Collection[Contact]:
        return self._contacts.values()

    def put(self, policy: Policy) -> None:
        """The policy as it stands from now on."""
        key = normalised(policy.number)
        self._drop(key)
        policy = self._lean(policy)
        self._by_number[policy.number if policy.number == key else key] = policy
        self._mark(key)
        for ref in policy.refs:
            _add(self._by_ref, ref, policy)
        if policy.contact_key:
            _add(self._by_key, policy.contact_key, policy)
        for name in _others(policy):
            _add(self._by_other, name, policy)
            self._mark(name)

    def remove(self, number: str) -> None:
        """The policy is none any more. An unknown one is none already."""
        self._drop(normalised(number))

    def put_contact(self, contact: Contact) -> None:
        """The contact as it stands from now on."""
        self.remove_contact(contact.contact_key)
        tags = tuple(map(sys.intern, contact.tags))
        language = sys.intern(contact.language) if contact.language else None
        contact = Contact(contact.contact_key, contact.refs, language, tags)
        self._contacts[contact.contact_key] = contact
        for ref in contact.refs:
            _add(self._contacts_by_ref, ref, contact)

    def remove_contact(self, contact_key: str) -> None:
        former = self._contacts.pop(contact_key, None)
        if former is not None:
            for ref in former.refs:
                _take(self._contacts_by_ref, ref, former)

    def numbered(self, number: str) -> Policy | None:
        return self._by_number.get(normalised(number))

    def held_by(self, refs: Iterable[str]) -> tuple[Policy, ...]:
        found: dict[Policy, None] = {}
        for ref in refs:
            found |= dict.fromkeys(_all(self._by_ref, ref))
            for contact in _all(self._contacts_by_ref, ref):
                found |= dict.fromkeys(_all(self._by_key, contact.contact_key))
        return tuple(found)

    def known_by(self, refs: Iterable[str]) -> tuple[Contact, ...]:
        """The contacts whose refs these are: several where people share a number."""
        return tuple(dict.fromkeys(each for ref in refs for each in _all(self._contacts_by_ref, ref)))

    def contact(self, refs: Iterable[str]) -> ContactFacts | None:
        known = self.known_by(refs)
        if not known:
            return None
        first, *others = known
        return ContactFacts(
            contact_key=None if others else first.contact_key,
            language=first.language if all(each.language == first.language for each in others) else None,
            tags=tuple(tag for tag in first.tags if all(tag in each.tags for each in others)),
        )

    def named_in(self, text: str) -> tuple[Policy, ...]:
        return tuple(each.policy for each in self.matched_in(text) if each.kind == "policy_number")

    def matched_in(self, text: str) -> tuple[Match, ...]:
        if not self._by_number:
            return ()
        parts = pieces(text)
        found: dict[Match, None] = {}
        for start in range(1, len(parts), 2):
            if parts[start][:2] in self._openings:
                for joined in self._joined(parts, start):
                    found |= dict.fromkeys(self._called(joined))
        return tuple(found)

    def _called(self, name: str) -> Iterator[Match]:
        if policy := self._by_number.get(name):
            yield Match(policy, "policy_number")
        for other in _all(self._by_other, name):
            is_vehicle = other.vehicle is not None and normalised(other.vehicle) == name
            yield Match(other, "vehicle" if is_vehicle else "claim")

    def _joined(self, parts: Sequence[str], start: int) -> Iterator[str]:
        """What the runs from `start` on give when they are put together, one more each time."""
        joined = parts[start]
        for place in range(start + 1, len(parts), 2):
            if len(joined) >= SHORTEST:
                if len(joined) > self._longest or not self._heads[_head(joined)]:
                    return
                yield joined
            if place + 1 == len(parts) or len(parts[place]) > SEPARATORS:
                return
            joined += parts[place + 1]

    def _mark(self, name: str) -> None:
        self._openings.update((name[:1], name[:2]))
        self._heads[_head(name)] = 1
        self._longest = max(self._longest, len(name))

    def _lean(self, policy: Policy) -> Policy:
        """The same policy of strings that are there already."""
        refs = policy.refs
        if refs and (others := _all(self._by_ref, refs[0])) and others[0].refs == refs:
            refs = others[0].refs
        contact = self._contacts.get(policy.contact_key) if policy.contact_key else None
        return Policy(
            policy.number,
            sys.intern(policy.insurer),
            sys.intern(policy.policy_type),
            refs,
            contact.contact_key if contact else policy.contact_key,
            policy.vehicle,
            policy.claims,
        )

    def _drop(self, key: str) -> None:
        former = self._by_number.pop(key, None)
        if former is None:
            return
        for ref in former.refs:
            _take(self._by_ref, ref, former)
        if former.contact_key:
            _take(self._by_key, former.contact_key, former)
        for name in _others(former):
            _take(self._by_other, name, former)


def _others(policy: Policy) -> Iterator[str]:
    """What else the policy is called by, each once."""
    if policy.vehicle or policy.claims:
        names = (*((policy.vehicle,) if policy.vehicle else ()), *policy.claims)
        yield from dict.fromkeys(map(normalised, names))


def _head(name: str) -> int:
    return hash(name[:SHORTEST]) % _HEADS


def _all(index: dict[str, Item | tuple[Item, ...]], key: str) -> tuple[Item, ...]:
    found: Any = index.get(key)
    if found is None:
        return ()
    alone = isinstance(found, (Policy, Contact))
    items: tuple[Item, ...] = (found,) if alone else found
    return items


def _add(index: dict[str, Item | tuple[Item, ...]], key: str, item: Item) -> None:
    others: tuple[Item, ...] = _all(index, key)
    index[key] = (*others, item) if others else item


def _take(index: dict[str, Item | tuple[Item, ...]], key: str, item: Item) -> None:
    left = tuple(each for each in _all(index, key) if each is not item)
    if not left:
        index.pop(key, None)
    else:
        index[key] = left if len(left) > 1 else left[0]
