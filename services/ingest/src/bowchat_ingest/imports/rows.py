"""What one row says of a policy or a contact, as it may travel: whoever it names is named by refs."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from bowchat_contracts.policies import ContactRow, PolicyRow
from bowchat_ingest.imports.fields import Check, Fields
from bowchat_ingest.numbers import NO_NUMBER, digits_of, forms
from bowchat_registry.declared import Declared
from bowchat_registry.policies import wrong_cover, wrong_number, wrong_vehicle

POLICY_FIELDS = (
    "policy_number", "insurer", "policy_type", "phone", "bsuid", "contact_key", "vehicle", "claims", "removed",
)  # fmt: skip
CONTACT_FIELDS = ("contact_key", "phone", "bsuid", "language", "tags", "removed")
LISTS = frozenset({"phone", "claims", "tags"})
"""Fields that may have several values."""

_MOST_PHONES, _MOST_LISTED = 3, 20
_BSUID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")
_CONTACT_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
_LIKE_A_NUMBER = re.compile(r"[1-9][0-9]{9,14}")
_TAG = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_NO_DIGIT = re.compile(r"[^0-9]")
_TELLING = 9
"""Digits from the end of a number that tell it from others."""
_SHOWN = 12

RefsOf = Callable[[str | None, Iterable[str]], tuple[str, ...]]
"""BSUID and numbers in, refs out."""


class WrongRowError(Exception):
    """A row that is not taken: each wrong field, with what would be right."""

    def __init__(self, wrong: list[tuple[str, str]]) -> None:
        super().__init__(f"{len(wrong)} wrong fields")
        self.wrong = wrong


def policy_row(given: Mapping[str, Any], declared: Declared, refs_of: RefsOf) -> PolicyRow:
    """Errors: `WrongRowError`."""
    fields = Fields(given, POLICY_FIELDS)
    number = fields.text("policy_number", wrong_number, needed=True)
    if fields.flag("removed"):
        return PolicyRow(policy_number=_good(fields, number), removed=True)
    insurer = fields.text(
        "insurer", _among(declared.insurers, "an insurer with a file in insurers/"), needed=True
    )
    policy_type = fields.text("policy_type", _among(declared.policy_types, "a policy type"), needed=True)
    if insurer and policy_type and (uncovered := wrong_cover(insurer, policy_type, declared.served)):
        fields.note("policy_type", uncovered)
    bsuid, phones, contact_key = _person(fields)
    vehicle = fields.text("vehicle", wrong_vehicle)
    claims = fields.texts("claims", _MOST_LISTED, wrong_number)
    _no_number_goes_on(
        fields,
        phones,
        policy_number=number,
        contact_key=contact_key,
        vehicle=vehicle,
        claims=" ".join(claims),
    )
    return PolicyRow(
        policy_number=_good(fields, number),
        insurer=insurer,
        policy_type=policy_type,
        contact_key=contact_key,
        refs=_refs(bsuid, phones, refs_of),
        vehicle=vehicle,
        claims=claims,
    )


def contact_row(given: Mapping[str, Any], declared: Declared, refs_of: RefsOf) -> ContactRow:  # noqa: ARG001
    """Errors: `WrongRowError`."""
    fields = Fields(given, CONTACT_FIELDS)
    removed = fields.flag("removed")
    bsuid, phones, contact_key = _person(fields, key_needed=True)
    language = fields.text("language", _shaped(_LANGUAGE, "must be a language tag, like en or hi or es-MX"))
    tags = fields.texts(
        "tags", _MOST_LISTED, _shaped(_TAG, "must be lower-case letters, digits, - and _, a letter first")
    )
    if not (bsuid or phones or removed or fields.wrong):
        fields.note("phone", "is missing; give a phone or a bsuid, or nobody could be known by this row")
    _no_number_goes_on(fields, phones, contact_key=contact_key, tags=" ".join(tags))
    key = _good(fields, contact_key)
    if removed:
        return ContactRow(contact_key=key, removed=True)
    return ContactRow(contact_key=key, refs=_refs(bsuid, phones, refs_of), language=language, tags=tags)


def _person(fields: Fields, *, key_needed: bool = False) -> tuple[str | None, tuple[str, ...], str | None]:
    bsuid = fields.text("bsuid", _shaped(_BSUID, "must be a business-scoped user id, like GB.1234"))
    phones = fields.texts("phone", _MOST_PHONES, lambda written: None if digits_of(written) else NO_NUMBER)
    key = fields.text("contact_key", _wrong_contact_key, needed=key_needed)
    return bsuid, tuple(digits_of(each) or "" for each in phones), key


def _refs(bsuid: str | None, phones: tuple[str, ...], refs_of: RefsOf) -> tuple[str, ...]:
    return refs_of(bsuid, [form for each in phones for form in forms(each)])


def _no_number_goes_on(fields: Fields, phones: tuple[str, ...], **others: str | None) -> None:
    """A number that stands in another field as well would leave with it."""
    for name, value in others.items():
        bare = _NO_DIGIT.sub("", value) if value and phones else ""
        if any(each[-_TELLING:] in bare for each in phones):
            fields.note(
                name, "holds the person's phone number, which stays here; use something that does not"
            )


def _wrong_contact_key(key: str) -> str | None:
    if not _CONTACT_KEY.fullmatch(key):
        return "must be letters, digits and . _ : -, at most 64; not an e-mail address or number"
    if _LIKE_A_NUMBER.fullmatch(key):
        return "is written like a phone number; put letters before it, like crm-"
    return None


def _shaped(shape: re.Pattern[str], text: str) -> Check:
    return lambda value: None if shape.fullmatch(value) else text


def _among(known: frozenset[str], what: str) -> Check:
    def check(value: str) -> str | None:
        if value in known:
            return None
        some = ", ".join(sorted(known)[:_SHOWN])
        return f"is not {what}; there are: {some}{', …' if len(known) > _SHOWN else ''}"

    return check


def _good(fields: Fields, value: str | None) -> str:
    """The row's name, if nothing at all is wrong with the row."""
    if fields.wrong or value is None:
        raise WrongRowError(fields.wrong)
    return value
