"""What was under way when a person was erased: it keeps its place, and brings nothing of them back."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from bowchat_contracts.content import OtherContent
from bowchat_contracts.inbound import MessageRouted
from bowchat_masker.model import AliasRow, Changes, Erased, alias_key
from bowchat_masker.store import VaultStore

ERASED = "erased"
"""The cause of such a hold."""


def bare(message: MessageRouted) -> bytes:
    """What is kept of it: its place, so that it can be blocked, and nothing that it said or that says who wrote it."""
    nothing = {
        "content": OtherContent(type="unknown"),
        "sealed_identity": "",
        "policy_number": None,
        "reasons": (),
        "reply_to": None,
    }
    return message.model_copy(update=nothing).model_dump_json().encode()


def names_before(erased: Mapping[str, Erased], names: Iterable[tuple[str, str, int]]) -> dict[str, AliasRow]:
    """The last alias by which each of these insurers knew an erased person: its tombstone went there, and so does what
    comes after it.
    """
    found: dict[str, AliasRow] = {}
    for insurer, contact_id, generation in names:
        known = [alias for whose, alias in _aliases(erased, contact_id) if whose == insurer]
        if known:
            row = AliasRow(insurer, contact_id, known[-1], generation)
            found[alias_key(insurer, contact_id, generation)] = row
    return found


async def forget_again(
    store: VaultStore, changes: Changes, whose: Mapping[str, str | None], known: frozenset[str] = frozenset()
) -> None:
    """Take away what a batch has written of a person who was erased after it was read. `whose`: who writes in each
    conversation that it holds something of; `known`: who was erased before.

    A row that was there before is gone with its person, and cannot be written: only new ones come to stay.
    """
    held = {key: whose.get(each.conversation_id) for key, each in changes.held.items()}
    new: set[str | None] = {each.contact_id for each in changes.replies.values()} | {*held.values()}
    new |= {each.contact_id for each in changes.aliases.values()}
    new |= {each.contact_id for each in changes.windows.values() if each.version == 1}
    for row in (await store.erased(sorted(filter(None, new - known)))).values():
        lanes = [key for key, contact_id in held.items() if contact_id == row.contact_id]
        await store.erase(replace(row, lanes=(*row.lanes, *lanes)))


def _aliases(erased: Mapping[str, Erased], contact_id: str) -> tuple[tuple[str, str], ...]:
    row = erased.get(contact_id)
    return row.aliases if row else ()
