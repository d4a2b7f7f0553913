"""Identifiers: made of the letters a to p only, so that no identifier can hold, or be mistaken for, a number.

Every identifier is a prefix, an underscore and 32 letters (128 bits). A derived identifier is a keyed or plain
hash of what it stands for, so the same input gives the same identifier after any crash or replay.
"""

import hashlib
import hmac
import secrets
from typing import Annotated

from pydantic import StringConstraints

_LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")
_LENGTH = 32


def _letters(digest: bytes) -> str:
    return digest[:16].hex().translate(_LETTERS)


def random_id(prefix: str) -> str:
    """A fresh identifier of 128 random bits."""
    return f"{prefix}_{_letters(secrets.token_bytes(16))}"


def derived_id(prefix: str, *parts: str) -> str:
    """The identifier that these parts always give. Not secret: anyone who knows the parts can compute it."""
    return f"{prefix}_{_letters(hashlib.sha256(_joined(parts)).digest())}"


def keyed_id(prefix: str, key: bytes, *parts: str) -> str:
    """The identifier that these parts give under this key (HMAC-SHA256): reveals nothing to who lacks the key."""
    digest = hmac.digest(key, _joined((prefix, *parts)), "sha256")
    return f"{prefix}_{_letters(digest)}"


def _joined(parts: tuple[str, ...]) -> bytes:
    # Length-prefixed, so that ("ab", "c") and ("a", "bc") differ.
    return "".join([f"{len(part)}:{part}" for part in parts]).encode()


def _pattern(prefix: str) -> StringConstraints:
    return StringConstraints(pattern=rf"^{prefix}_[a-p]{{{_LENGTH}}}$")


Ref = Annotated[str, _pattern("rf")]
"""Keyed hash of a provider identity (number or BSUID): finds the same person again, reveals nothing."""
ProviderRef = Annotated[str, _pattern("pr")]
"""Keyed hash of a provider's message id, which itself embeds the policyholder's number."""
MessageId = Annotated[str, _pattern("ms")]
"""One inbound message, inside the relay. Derived from the provider's id with ingest's key."""
ContactId = Annotated[str, _pattern("ct")]
ConversationId = Annotated[str, _pattern("cv")]
Alias = Annotated[str, _pattern("ph")]
"""The random name one insurer knows one contact by. Two insurers cannot join theirs."""
InsurerMessageId = Annotated[str, _pattern("im")]
"""A message as one insurer knows it; derived per insurer, so a replay gives the same one."""
InsurerMediaId = Annotated[str, _pattern("md")]
"""A file as one insurer knows it."""
ThreadId = Annotated[str, _pattern("th")]
"""A conversation as one insurer knows it."""
ReplyKey = Annotated[str, _pattern("rp")]
"""One reply of one insurer, inside the relay; derived from the insurer and its own reply id."""
DeliveryId = Annotated[str, _pattern("dl")]
"""One thing to send. Travels as `biz_opaque_callback_data`, so statuses find their way home."""
CommandId = Annotated[str, _pattern("cm")]
"""One thing that a person or an insurer asked for."""
RevealId = Annotated[str, _pattern("rv")]
"""One request of an insurer for a number, and what came of it; minted per insurer."""
ClockId = Annotated[str, _pattern("ck")]
PromptId = Annotated[str, _pattern("pm")]
"""One question or notice of the relay's own to a policyholder."""
OptionId = Annotated[str, _pattern("op")]
"""One answer that a prompt offers; derived from the prompt, so that a tap counts for its own prompt alone."""
ChangeId = Annotated[str, _pattern("pc")]
"""One change of policies and contacts: an import, or a part of a long one."""
AdId = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_-]{1,64}$")]
"""A provider's id of the advertisement that a chat began at. It names an advertisement, and no person."""

InsurerId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,39}$")]
"""An insurer's short name, as in its topics: lower-case letters, digits and dashes."""
