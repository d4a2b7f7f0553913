"""Links to cleaned files. A link's token is the file's key: the store alone opens nothing, and ingest keeps no key.

The token is written with the letters a to p, as every identifier, so that none can hold or seem to hold a number.
"""

import hashlib

from bowchat_contracts.ids import derived_id

ORIGINALS, CLEANED = "originals", "cleaned"
"""The buckets of files as they came, sealed, and of their cleaned copies."""
KEY_CONTEXT = "media-key:"
"""What the seal of an original's key is bound to, before the file's id."""
PREFIX = "/v1/media/"
_HEX, _LETTERS = "0123456789abcdef", "abcdefghijklmnop"
_TO_LETTERS, _TO_HEX = str.maketrans(_HEX, _LETTERS), str.maketrans(_LETTERS, _HEX)


def token_of(key: bytes) -> str:
    """The token that carries this key of 32 bytes."""
    return key.hex().translate(_TO_LETTERS)


def key_of(token: str) -> bytes:
    """The key in a token. Errors: `ValueError` for what is no token."""
    if len(token) != 64 or set(token) - set(_LETTERS):
        raise ValueError("not a token")
    return bytes.fromhex(token.translate(_TO_HEX))


def file_id_of(key: bytes) -> str:
    """Where the file that this key opens is kept; does not lead back to the key."""
    return derived_id("mc", hashlib.sha256(key).hexdigest())
