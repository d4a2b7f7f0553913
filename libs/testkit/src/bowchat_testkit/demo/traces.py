"""Does something identify a policyholder? Searched in every disguise a program might give it by accident."""

import base64
import re
from collections.abc import Iterable
from typing import Any

from bowchat_testkit.whatsapp_payloads import Policyholder

_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{12,}")
_SEPARATORS = re.compile(rb"[\s().+-]+")
_NATIONAL_DIGITS = 9
"""A number written without its country code still ends in these."""


def identities(person: Policyholder, wamids: Iterable[str] = ()) -> frozenset[str]:
    """All that names this person, and their messages' provider ids, which contain their number."""
    number = {person.number, person.number[-_NATIONAL_DIGITS:]} if person.number else set()
    known = {person.bsuid, person.parent_bsuid, person.name, (person.username or "").removeprefix("@")}
    return frozenset(each for each in {*number, *known, *wamids} if each)


def traces(data: bytes, secrets: Iterable[str]) -> set[str]:
    """Which of these stand in the data: plain, spaced, reversed, in hexadecimal, or inside decoded base64."""
    views = [data, _SEPARATORS.sub(b"", data), *_decoded(data)]
    lowered = [view.lower() for view in views]
    return {secret for secret in secrets if any(form in view for form in _forms(secret) for view in lowered)}


def _forms(secret: str) -> tuple[bytes, ...]:
    plain = secret.lower().encode()
    return plain, plain[::-1], plain.hex().encode()


def _decoded(data: bytes) -> list[bytes]:
    return [_decode(found) for found in _BASE64.findall(data)]


def _decode(token: bytes) -> bytes:
    # Cut to whole groups of four: a tail of another length is padding that was lost, or no base64 at all.
    return base64.b64decode(token[: len(token) // 4 * 4], altchars=b"-_" if {45, 95} & {*token} else None)


def flat(headers: Iterable[tuple[str, Any]]) -> bytes:
    """Headers as bytes, to be searched."""
    return b"\n".join(
        name.encode() + b": " + (value if isinstance(value, bytes) else str(value).encode())
        for name, value in headers
    )
