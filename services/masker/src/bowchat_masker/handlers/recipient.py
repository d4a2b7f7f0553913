"""To whom an accepted reply goes: the newest identity of the thread's own contact, sealed for the dispatcher."""

from bowchat_contracts.inbound import Identity
from bowchat_masker.handlers.holding import Seals
from bowchat_masker.model import Contact
from bowchat_masker.vault import Vault


def sealed_recipient(vault: Vault, sealer: Seals, contact: Contact, delivery_id: str) -> str | None:
    """The identity, in a seal that is bound to the delivery. None where nothing is known to reach them by.

    Errors: `VaultBrokenError`.
    """
    known = vault.open(contact).known
    if not known.reachable:
        return None
    recipient = Identity(number=known.current.number, bsuid=known.current.bsuid)
    plain = recipient.model_dump_json(exclude_none=True).encode()
    return sealer.seal(plain, f"delivery:{delivery_id}")
