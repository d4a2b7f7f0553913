"""Is this call genuine? Every check runs over the bytes as they came, before anything is parsed."""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence

from standardwebhooks import Webhook, WebhookVerificationError

_META_SIGNATURE = re.compile(r"sha256=([0-9a-f]{64})")


def signed_by_meta(body: bytes, signatures: Sequence[str], app_secrets: Sequence[bytes]) -> bool:
    """`X-Hub-Signature-256` over the raw body: exactly one header, by any of the accepted secrets.

    Every secret is tried whether or not one has matched, so that the time taken tells nothing.
    """
    match = _META_SIGNATURE.fullmatch(signatures[0]) if len(signatures) == 1 else None
    given = bytes.fromhex(match[1]) if match else bytes(32)
    matches = [
        hmac.compare_digest(hmac.digest(secret, body, hashlib.sha256), given) for secret in app_secrets
    ]
    return match is not None and any(matches)


def same_token(given: str, accepted: Sequence[bytes]) -> bool:
    """Whether the token is one of the accepted ones, in constant time."""
    matches = [hmac.compare_digest(given.encode(errors="replace"), token) for token in accepted]
    return any(matches)


def signed_by_insurer(body: bytes, headers: Mapping[str, str], secrets: Sequence[bytes]) -> bool:
    """Standard Webhooks 1.0, within five minutes of now, by any of the accepted secrets.

    The library raises whatever a malformed header leads it to, so every `ValueError` is a wrong signature.
    """
    matches = [_verified(body, headers, secret) for secret in secrets]
    return any(matches)


def _verified(body: bytes, headers: Mapping[str, str], secret: bytes) -> bool:
    try:
        Webhook(secret.decode()).verify(body, dict(headers), json_parse=False)
    except (WebhookVerificationError, ValueError):
        return False
    return True


def usable_secret(secret: bytes) -> bool:
    """Whether this is a Standard Webhooks secret: `whsec_` and 24 to 64 bytes in base64."""
    if not secret.startswith(b"whsec_"):
        return False
    try:
        return 24 <= len(base64.b64decode(secret.removeprefix(b"whsec_"), validate=True)) <= 64
    except ValueError:
        return False
