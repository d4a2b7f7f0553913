"""What a seal says of who wrote, added to what the vault knows of them; and whether sending to them has to stop."""

from datetime import datetime

from bowchat_contracts.conversations import ContactFrozen
from bowchat_contracts.inbound import Identity
from bowchat_contracts.topics import CONTACTS_FROZEN
from bowchat_masker.egress import Mint
from bowchat_masker.handlers.outcome import Learned
from bowchat_masker.identity import learn
from bowchat_masker.model import Contact
from bowchat_masker.vault import Vault
from bowchat_runtime.records import Outgoing, Record, follow
from bowchat_runtime.seal import Opener

SOURCE = "masker"


class Learning:
    """Opens seals of policyholders' messages."""

    def __init__(self, vault: Vault, opener: Opener) -> None:
        self._vault, self._opener = vault, opener

    def of(
        self, contact_id: str, contact: Contact | None, sealed: str, message_id: str, sent_at: datetime, *,
        says_changed: bool = False,
    ) -> Learned:  # fmt: skip
        """What the message's seal says of its writer; `says_changed`: the message itself says that their number changed.

        Whatever goes wrong here leaves no watch, and so holds what depends on it.
        """
        try:
            opened = self._opener.open(sealed, f"inbound:{message_id}")
            known = self._vault.open(contact).known if contact else None
            learned = learn(known, Identity.model_validate_json(opened), sent_at)
            freezes = learned.number_changed or says_changed
            if contact is None:
                changed = self._vault.create(contact_id, learned.known, frozen=freezes)
            elif learned.changed or (freezes and not contact.frozen):
                changed = self._vault.change(contact, learned.known, frozen=contact.frozen or freezes)
            else:
                return Learned(None, self._vault.open(contact).watch)
            return Learned(changed, self._vault.open(changed).watch, froze=freezes)
        except Exception as error:  # noqa: BLE001 - any doubt ends in quarantine
            return Learned(None, None, cause=type(error).__name__)


def frozen(record: Record, contact: Contact | None, mint: Mint, now: datetime) -> tuple[Outgoing, ...]:
    """Told with every message of theirs while they are frozen, so that a crash after the first cannot silence it."""
    if contact is None or not contact.frozen:
        return ()
    ref = mint.recipient_ref(contact.contact_id)
    event = ContactFrozen(contact_id=contact.contact_id, recipient_ref=ref, version=contact.version, at=now)
    return (Outgoing(CONTACTS_FROZEN, ref, event, follow(record.meta, SOURCE, event, time=now)),)
