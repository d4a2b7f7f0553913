"""Taking an erased person out of the changes that were kept."""

from dataclasses import replace

from bowchat_contracts.ids import Ref
from bowchat_registry.policies import Contact, Policy
from bowchat_router.policies.changes import Change
from bowchat_router.policies.store import PolicyJournal


async def scrubbed(journal: PolicyJournal, refs: frozenset[Ref], keys: frozenset[str]) -> int:
    """Every change without these people; how many were rewritten. A policy of theirs stays, and has no holder.

    Errors: `ConflictError` when a change was rewritten meanwhile: do it again.
    """
    every = refs
    async for change in journal.everything():
        for each in change.contacts:
            if isinstance(each, Contact) and (each.contact_key in keys or not refs.isdisjoint(each.refs)):
                every, keys = every.union(each.refs), keys | {each.contact_key}
    rewritten = 0
    async for change in journal.everything():
        after = _without(change, every, keys)
        if after is not change:
            await journal.rewrite(after)
            rewritten += 1
    return rewritten


def _without(change: Change, refs: frozenset[Ref], keys: frozenset[str]) -> Change:
    """The change in its next version; itself where it names none of them."""
    policies = tuple(_unheld(each, refs, keys) for each in change.policies)
    contacts = tuple(
        each for each in change.contacts if isinstance(each, str) or each.contact_key not in keys
    )
    if contacts == change.contacts and all(map(_same, policies, change.policies)):
        return change
    return replace(change, policies=policies, contacts=contacts, version=change.version + 1)


def _unheld(row: Policy | str, refs: frozenset[Ref], keys: frozenset[str]) -> Policy | str:
    if isinstance(row, str) or (row.contact_key not in keys and refs.isdisjoint(row.refs)):
        return row
    return row._replace(refs=(), contact_key=None)


def _same(one: object, other: object) -> bool:
    return one is other
