"""What one insurer has had of one person lately, kept in the vault: the memory across messages."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from bowchat_contracts.inbound import MessageRouted
from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_contracts.replies import ReplyReceived
from bowchat_masker.bubbles import Mask, cut_out, cuts
from bowchat_masker.guard.pieces import Cut, InPieces, Memory, Piece, complete, piece_of, remembered
from bowchat_masker.guard.watch import Watch
from bowchat_masker.model import Contact, GuardReason, WindowRow, alias_key
from bowchat_masker.reply_text import read_beside
from bowchat_masker.vault import Vault, VaultBrokenError

_LONGEST_REST = 60
"""Of what a message was left open for, where it has no sign of its own."""


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
        at, key = int(message.sent_at.timestamp()), alias_key(insurer, message.contact_id)
        piece, row = piece_of(message.message_id, at, said), windows.get(key)
        if piece is None and (row is None or not 0 < len(said) <= _LONGEST_REST):
            return Recalled(None, None)
        try:
            memory = _remembered(self._vault, contact, row)
        except VaultBrokenError:
            if piece is None:
                # A text without any sign of its own goes on from nothing.
                return Recalled(None, None)
            raise
        if seen := memory.verdict_on(message.message_id):
            return Recalled(seen.verdict, None, seen.cuts)
        if piece is None and memory.is_open(at, message.conversation_id, message.seq):
            piece = piece_of(message.message_id, at, said, goes_on=True)
        if piece is None:
            return Recalled(None, None)
        reason, found = complete(memory, piece, watch, message.masking.regions), tuple[Cut, ...]()
        if reason != "known_identity_in_pieces":
            found = cuts(memory.texts_before(piece.at), leaves, message.masking, mask)
        if found:
            # What is cut out makes no number any more; its rest is what the insurer has.
            reason, piece = None, _cut(piece, leaves, found)
        place = {"conversation": message.conversation_id, "seq": message.seq}
        after = memory.with_piece(piece.model_copy(update={"verdict": reason, "cuts": found, **place}))
        return Recalled(reason, _window(self._vault, contact, key, after), found)

    def completes_own(
        self, message: MessageRouted, said: str, *, contact: Contact, watch: Watch, row: WindowRow | None
    ) -> bool:
        """Whether this, said in the place of a message that was held, completes the writer's own number.

        Errors: `VaultBrokenError`.
        """
        piece = piece_of(message.message_id, int(message.sent_at.timestamp()), said)
        if piece is None or row is None:
            return False
        memory = _remembered(self._vault, contact, row)
        return complete(memory, piece, watch, ()) == "known_identity_in_pieces"


class ReplyRecall:
    """The same for the way back: what one insurer has written to one person lately."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    @staticmethod
    def key(insurer: str, contact_id: str) -> str:
        return f"{alias_key(insurer, contact_id)}|replies"

    def judge(
        self,
        reply: ReplyReceived,
        shown: str,
        policy: MaskingPolicy,
        *,
        contact: Contact,
        row: WindowRow | None,
    ) -> tuple[GuardReason | None, WindowRow | None]:
        """What holds a reply beside those before it, and the memory with it in, where it may go. `shown` is what the
        policyholder would read.

        Errors: `VaultBrokenError`, `MaskingError`.
        """
        key, at = self.key(reply.insurer, contact.contact_id), int(reply.received_at.timestamp())
        memory = _remembered(self._vault, contact, row)
        piece = remembered(reply.reply_key, at, shown)
        if memory.verdict_on(reply.reply_key) == piece:
            # The memory was written and then the writer ended: it is not read beside itself.
            return None, None
        if reason := read_beside(memory.texts_before(at), shown, policy):
            return reason, None
        return None, _window(self._vault, contact, key, memory.with_piece(piece))


def _cut(piece: Piece, leaves: Sequence[str], found: Sequence[Cut]) -> Piece:
    """What is left of a piece."""
    left = piece_of(piece.message_id, piece.at, "\n".join(cut_out(leaves, found)))
    return left or Piece(message_id=piece.message_id, at=piece.at)


def _remembered(vault: Vault, contact: Contact, row: WindowRow | None) -> Memory:
    """Errors: `VaultBrokenError`."""
    return Memory.model_validate_json(vault.unseal(contact, _place(row.key), row.sealed)) if row else Memory()


def _window(vault: Vault, contact: Contact, key: str, memory: Memory) -> WindowRow:
    sealed = vault.seal(contact, _place(key), memory.model_dump_json(exclude_defaults=True).encode())
    return WindowRow(key, 1, contact.contact_id, sealed)


def _place(key: str) -> str:
    return f"windows|{key}|pieces"
