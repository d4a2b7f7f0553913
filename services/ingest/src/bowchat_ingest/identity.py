"""Names for people and messages that reveal nothing: keyed hashes to find them by, a seal for the rest.

The keys live in files of this service only. The sealer holds a public keyset: what is locked here is opened elsewhere.
"""

from collections.abc import Callable, Iterable

from bowchat_contracts.content import ProviderMedia
from bowchat_contracts.ids import derived_id, keyed_id
from bowchat_contracts.inbound import Identity
from bowchat_runtime.key_ring import KeyRing
from bowchat_runtime.seal import Sealer


def number_ref(ref_key: bytes, digits: str) -> str:
    """The ref of a number: E.164 digits without the plus sign."""
    return keyed_id("rf", ref_key, "phone", digits)


class Pseudonyms:
    """Everything that ingest knows to make of an identity or a provider's id."""

    def __init__(self, ref_keys: Callable[[], KeyRing], message_key: bytes, sealer: Sealer) -> None:
        """`ref_keys` says which are in force now: the key of refs can be changed while messages come in."""
        self._ref_keys, self._message_key, self._sealer = ref_keys, message_key, sealer

    def refs(self, sender: Identity) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """By the key in use, and by the other one that is in force, if any. In each the strongest first: a BSUID stays while
        a number comes and goes from webhook to webhook.
        """
        ring = self._ref_keys()
        return _refs(ring.primary, sender), _refs(ring.others[0], sender) if ring.others else ()

    def every_ref(self, bsuid: str | None, numbers: Iterable[str]) -> tuple[str, ...]:
        """All refs by which somebody with these identities may be known when they write, by both keys that are in force."""
        ring, numbers = self._ref_keys(), tuple(numbers)
        found: list[str] = []
        for key in (ring.primary, *ring.others[:1]):
            if bsuid:
                found.append(keyed_id("rf", key, "bsuid", bsuid))
            found += [number_ref(key, each) for each in numbers]
        return tuple(dict.fromkeys(found))

    def message_id(self, business_number_id: str, provider_id: str) -> str:
        return keyed_id("ms", self._message_key, business_number_id, provider_id)

    def reply_id(self, business_number_id: str, provider_id: str) -> str:
        """What an insurer that writes on its phone has for an id of its own."""
        return keyed_id("rw", self._message_key, business_number_id, provider_id)

    def provider_ref(self, provider_id: str) -> str:
        """The same that the dispatcher computes of the id which the provider gave a message of ours."""
        return keyed_id("pr", self._message_key, provider_id)

    def status_id(self, provider_id: str, *what: str) -> str:
        """The event id of one status. Keyed, since `what` may name a member of a group."""
        return keyed_id("ev", self._message_key, provider_id, *what)

    def seal(self, sender: Identity, message_id: str) -> str:
        return self._sealer.seal(sender.model_dump_json(exclude_none=True).encode(), f"inbound:{message_id}")

    def seal_media(self, media: ProviderMedia, message_id: str) -> str:
        return self._sealer.seal(media.model_dump_json(exclude_none=True).encode(), f"media:{message_id}")


def _refs(key: bytes, sender: Identity) -> tuple[str, ...]:
    by_bsuid = (keyed_id("rf", key, "bsuid", sender.bsuid),) if sender.bsuid else ()
    return (*by_bsuid, number_ref(key, sender.number)) if sender.number else by_bsuid


def event_id(*parts: str) -> str:
    return derived_id("ev", *parts)
