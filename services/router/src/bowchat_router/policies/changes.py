"""A change of policies and contacts, as the router keeps it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from bowchat_contracts.policies import PoliciesChanged
from bowchat_registry.book import PolicyBook
from bowchat_registry.numbers import normalised
from bowchat_registry.policies import Contact, Policy
from bowchat_runtime.errors import RejectError
from bowchat_runtime.mongo import Document


@dataclass(frozen=True, slots=True)
class Change:
    """One document of the journal. Its rows count in order; of a removed one there is the number, or the key, alone."""

    seq: int
    """Its place, from 1. The journal is in this order for everybody."""
    subjects: tuple[str, ...]
    """The change ids that are in it: a compacted one holds several."""
    at: datetime
    policies: tuple[Policy | str, ...] = ()
    contacts: tuple[Contact | str, ...] = ()
    version: int = 1
    """Counts its rewritings: rows are taken out when they count no more, or are to be forgotten."""

    @property
    def rows(self) -> int:
        return len(self.policies) + len(self.contacts)


def change_of(event: PoliciesChanged, seq: int) -> Change:
    """The event at its place.

    Errors: `RejectError` for a policy without insurer or policy type: nobody could say where its messages go.
    """
    policies: list[Policy | str] = []
    for row in event.policies:
        if row.removed:
            policies.append(row.policy_number)
        elif row.insurer is None or row.policy_type is None:
            raise RejectError("a policy that is not removed needs its insurer and policy type")
        else:
            policies.append(
                Policy(
                    row.policy_number,
                    row.insurer,
                    row.policy_type,
                    row.refs,
                    row.contact_key,
                    row.vehicle,
                    row.claims,
                )
            )
    contacts = tuple(
        row.contact_key if row.removed else Contact(row.contact_key, row.refs, row.language, row.tags)
        for row in event.contacts
    )
    return Change(seq, (event.change_id,), event.at, tuple(policies), contacts)


def apply(change: Change, book: PolicyBook) -> None:
    """The book as it is after the change. Again, it is the same."""
    for contact in change.contacts:
        if isinstance(contact, str):
            book.remove_contact(contact)
        else:
            book.put_contact(contact)
    for policy in change.policies:
        if isinstance(policy, str):
            book.remove(policy)
        else:
            book.put(policy)


def policy_key(row: Policy | str) -> str:
    """What a row replaces: whatever was known of this policy before."""
    return normalised(row if isinstance(row, str) else row.number)


def contact_key(row: Contact | str) -> str:
    return row if isinstance(row, str) else row.contact_key


def document_of(change: Change) -> Document:
    """As it is stored. The rows are JSON in one field: nobody asks for them one by one, and they are read five times faster
    than as documents.
    """
    return {
        "_id": change.seq,
        "version": change.version,
        "subjects": list(change.subjects),
        "at": change.at,
        "policies": orjson.dumps([_columns(each) for each in change.policies]),
        "contacts": orjson.dumps([_columns(each) for each in change.contacts]),
    }


def _columns(row: Policy | Contact | str) -> tuple[Any, ...]:
    return (row,) if isinstance(row, str) else tuple(row)


def change_from(document: Mapping[str, Any]) -> Change:
    return Change(
        seq=document["_id"],
        version=document["version"],
        subjects=tuple(document["subjects"]),
        at=document["at"],
        policies=tuple(map(_policy, orjson.loads(document["policies"]))),
        contacts=tuple(map(_contact, orjson.loads(document["contacts"]))),
    )


def _policy(row: list[Any]) -> Policy | str:
    if len(row) == 1:
        return str(row[0])
    number, insurer, policy_type, refs, key, vehicle, claims = row
    return Policy(number, insurer, policy_type, tuple(refs), key, vehicle, tuple(claims))


def _contact(row: list[Any]) -> Contact | str:
    if len(row) == 1:
        return str(row[0])
    key, refs, language, tags = row
    return Contact(key, tuple(refs), language, tuple(tags))
