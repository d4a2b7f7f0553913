"""A message that was under way when its writer was erased: it keeps its place, and brings nothing of them back."""

from collections.abc import Iterable, Mapping

from bowchat_contracts.content import OtherContent
from bowchat_contracts.inbound import MessageRouted
from bowchat_masker.model import AliasRow, Erased, alias_key

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


def _aliases(erased: Mapping[str, Erased], contact_id: str) -> tuple[tuple[str, str], ...]:
    row = erased.get(contact_id)
    return row.aliases if row else ()
