"""What holds for everything that people let go on to a policyholder: the agreement's rules, and to whom it goes."""

from collections.abc import Mapping

from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_masker.handlers.held_commands import CannotGoError
from bowchat_masker.handlers.holding import Seals
from bowchat_masker.handlers.recipient import sealed_recipient
from bowchat_masker.model import Contact, GuardReason
from bowchat_masker.quarantine import Destination
from bowchat_masker.reply_text import read
from bowchat_masker.vault import Vault, VaultBrokenError

AROUND = "it holds contact details or asks for contact outside, which is not what it was held for: rewrite or block it"
_FROZEN = "the policyholder's number has changed: confirm who has it now, then bowchat-masker unfreeze, then release"
_UNREACHABLE = "nothing is known to reach the policyholder by: block it, or wait until they write again"
_UNREADABLE = "the policyholder's identity cannot be read: block it"
_SET_ASIDE: Mapping[GuardReason, Mapping[str, str]] = {
    "solicitation": {"solicitation": "allow"},
    "contact_details": {"contact_details": "allow"},
}
"""Which rule of the agreement a person sets aside who releases what was held by this doubt. By any other, none."""


def leads_around(text: str, reason: GuardReason, policy: MaskingPolicy) -> bool:
    """Whether the agreement stops this text for another reason than what it was held for. What was held for the number's
    change has not been looked through by anybody.
    """
    if reason == "masking_failed":
        return False
    looked = read(text, policy.model_copy(update=_SET_ASIDE.get(reason, {})))
    return bool(looked.held or looked.refused or looked.removed)


def destination(
    vault: Vault,
    sealer: Seals,
    contact: Contact | None,
    *,
    delivery_id: str,
    recipient_ref: str,
    business_number_id: str,
) -> Destination:
    """Where it goes, by what is known of the policyholder now.

    Errors: `CannotGoError`.
    """
    if contact is None:
        raise CannotGoError(_UNREADABLE)
    if contact.frozen:
        raise CannotGoError(_FROZEN)
    try:
        sealed = sealed_recipient(vault, sealer, contact, delivery_id)
    except VaultBrokenError:
        raise CannotGoError(_UNREADABLE) from None
    if sealed is None:
        raise CannotGoError(_UNREACHABLE)
    return Destination(delivery_id, recipient_ref, business_number_id, sealed, contact.version)
