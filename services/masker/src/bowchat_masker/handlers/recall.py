"""What one insurer has had of one person lately, kept in the vault: the guard's memory across messages."""

from collections.abc import Mapping
from typing import NamedTuple

from bowchat_contracts.inbound import MessageRouted
from bowchat_masker.guard.pieces import InPieces, Memory, complete, piece_of
from bowchat_masker.guard.watch import Watch
from bowchat_masker.model import Contact, WindowRow, alias_key
from bowchat_masker.vault import Vault


class Recalled(NamedTuple):
    reason: InPieces | None
    window: WindowRow | None
    """The memory as it has to be written; None when nothing changed."""


class Recall:
    """Opens a window, asks the guard, and closes the window again with the message in it."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def judge(
        self,
        message: MessageRouted,
        insurer: str,
        said: str,
        *,
        contact: Contact,
        watch: Watch,
        windows: Mapping[str, WindowRow],
    ) -> Recalled:
        """Whether what this message says completes a number. The same message gets the same answer again.

        Errors: `VaultBrokenError`.
        """
        piece = piece_of(message.message_id, int(message.sent_at.timestamp()), said)
        if piece is None:
            return Recalled(None, None)
        key = alias_key(insurer, message.contact_id)
        row = windows.get(key)
        memory = self._opened(contact, row) if row else Memory()
        if seen := memory.verdict_on(piece.message_id):
            return Recalled(seen.verdict, None)
        reason = complete(memory, piece, watch, message.masking.regions)
        after = memory.with_piece(piece.model_copy(update={"verdict": reason}))
        sealed = self._vault.seal(contact, _place(key), after.model_dump_json(exclude_defaults=True).encode())
        return Recalled(reason, WindowRow(key, 1, message.contact_id, sealed))

    def completes_own(
        self, message: MessageRouted, said: str, *, contact: Contact, watch: Watch, row: WindowRow | None
    ) -> bool:
        """Whether this, said in the place of a message that was held, completes the writer's own number.

        Errors: `VaultBrokenError`.
        """
        piece = piece_of(message.message_id, int(message.sent_at.timestamp()), said)
        if piece is None or row is None:
            return False
        return complete(self._opened(contact, row), piece, watch, ()) == "known_identity_in_pieces"

    def _opened(self, contact: Contact, row: WindowRow) -> Memory:
        return Memory.model_validate_json(self._vault.unseal(contact, _place(row.key), row.sealed))


def _place(key: str) -> str:
    return f"windows|{key}|pieces"
