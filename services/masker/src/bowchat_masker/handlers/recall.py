"""What one insurer has had of one person lately, kept in the vault: the memory across messages."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from bowchat_contracts.inbound import MessageRouted
from bowchat_masker.bubbles import Mask, cut_out, cuts
from bowchat_masker.guard.pieces import Cut, InPieces, Memory, Piece, complete, piece_of
from bowchat_masker.guard.watch import Watch
from bowchat_masker.model import Contact, WindowRow, alias_key
from bowchat_masker.vault import Vault


class Recalled(NamedTuple):
    reason: InPieces | None
    window: WindowRow | None
    """The memory as it has to be written; None when nothing changed."""
    cuts: tuple[Cut, ...] = ()
    """What has to be cut out of the message's texts, as masked."""


class Recall:
    """Opens a window, asks the guard, and closes the window again with the message in it."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def judge(
        self,
        message: MessageRouted,
        insurer: str,
        said: str,
        leaves: Sequence[str],
        *,
        contact: Contact,
        watch: Watch,
        windows: Mapping[str, WindowRow],
        mask: Mask,
    ) -> Recalled:
        """Whether what this message says completes a number, and what shows itself beside the messages before it. The same
        message gets the same answer again.

        Errors: `VaultBrokenError`, `MaskingError`.
        """
        piece = piece_of(message.message_id, int(message.sent_at.timestamp()), said)
        if piece is None:
            return Recalled(None, None)
        key = alias_key(insurer, message.contact_id)
        row = windows.get(key)
        memory = self._opened(contact, row) if row else Memory()
        if seen := memory.verdict_on(piece.message_id):
            return Recalled(seen.verdict, None, seen.cuts)
        reason, found = complete(memory, piece, watch, message.masking.regions), tuple[Cut, ...]()
        if reason != "known_identity_in_pieces":
            found = cuts(memory.texts_before(piece.at), leaves, message.masking, mask)
        if found:
            # What is cut out makes no number any more; its rest is what the insurer has.
            reason, piece = None, _cut(piece, leaves, found)
        after = memory.with_piece(piece.model_copy(update={"verdict": reason, "cuts": found}))
        sealed = self._vault.seal(contact, _place(key), after.model_dump_json(exclude_defaults=True).encode())
        return Recalled(reason, WindowRow(key, 1, message.contact_id, sealed), found)

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


def _cut(piece: Piece, leaves: Sequence[str], found: Sequence[Cut]) -> Piece:
    """What is left of a piece."""
    left = piece_of(piece.message_id, piece.at, "\n".join(cut_out(leaves, found)))
    return left or Piece(message_id=piece.message_id, at=piece.at)


def _place(key: str) -> str:
    return f"windows|{key}|pieces"
