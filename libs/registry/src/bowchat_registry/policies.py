"""Which policy was sold to whom, by which insurer: what a row says, and what is wrong with it."""

import csv
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from bowchat_registry.numbers import POLICY_LENGTH, VEHICLE_LENGTH, normalised
from bowchat_registry.problems import Problem
from bowchat_registry.written import instead

COLUMNS = ("policy_number", "insurer", "policy_type", "contact_ref")

_DIGIT = re.compile(r"\d")
_REF = re.compile(r"rf_[a-p]{32}")
_NUMBER = re.compile(r"[0-9A-Za-z]+(?:[-/. ][0-9A-Za-z]+)*")
_LONGEST_WRITTEN = 64


class Policy(NamedTuple):
    """One policy. `number`, `vehicle` and `claims` are as they were written down."""

    number: str
    insurer: str
    policy_type: str
    refs: tuple[str, ...] = ()
    """Who holds it."""
    contact_key: str | None = None
    """Who holds it, by the aggregator's own id."""
    vehicle: str | None = None
    claims: tuple[str, ...] = ()

    @property
    def has_holder(self) -> bool:
        return bool(self.refs or self.contact_key)


class Contact(NamedTuple):
    """What the aggregator says of a person."""

    contact_key: str
    refs: tuple[str, ...] = ()
    language: str | None = None
    tags: tuple[str, ...] = ()


def wrong_number(number: str) -> str | None:
    """What is wrong with the number of a policy or claim, and what would be right; None for a good one."""
    return _wrong_name(number, *POLICY_LENGTH)


def wrong_vehicle(number: str) -> str | None:
    return _wrong_name(number, *VEHICLE_LENGTH)


def wrong_insurer(insurer: str, insurers: Collection[str]) -> str | None:
    if insurer in insurers:
        return None
    return f"{insurer[:40]!r} has no file in insurers/; {instead(insurer[:40], insurers)}"


def wrong_policy_type(policy_type: str, policy_types: Collection[str] | None) -> str | None:
    """`policy_types` are those of the taxonomy; None where it could not be read, so that any will do."""
    if policy_types is None or policy_type in policy_types:
        return None
    return (
        f"{policy_type[:40]!r} is no policy type of taxonomy.yaml; {instead(policy_type[:40], policy_types)}"
    )


def wrong_cover(insurer: str, policy_type: str, served: Mapping[str, Collection[str]]) -> str | None:
    """`served` are the policy types of each insurer; of one whose file could not be read, any will do."""
    kinds = served.get(insurer)
    if kinds is None or policy_type in kinds:
        return None
    return f"{insurer} does not cover {policy_type[:40]!r}; {instead(policy_type[:40], kinds)}, or correct the insurer"


def _wrong_name(name: str, shortest: int, longest: int) -> str | None:
    bare = normalised(name)
    if not _NUMBER.fullmatch(name) or not _DIGIT.search(bare):
        return "must be letters and digits, a digit at least, parted by - / . or a space"
    if not shortest <= len(bare) <= longest or len(name) > _LONGEST_WRITTEN:
        return f"must have {shortest} to {longest} letters and digits"
    return None


def read_policies(
    file: str,
    text: str,
    insurers: Collection[str],
    policy_types: Collection[str] | None,
    served: Mapping[str, Collection[str]],
) -> tuple[list[Policy], list[Problem]]:
    """The policies of a CSV file, and what is wrong in it.

    Args:
        file: Its name, for errors.
        text: Its content.
        insurers: Those with an agreement.
        policy_types: Those of the taxonomy; None where it could not be read, so that any will do.
        served: The policy types of each insurer whose agreement could be read.
    """
    rows = csv.reader(text.splitlines(), strict=True)
    try:
        header = next(rows, [])
        if tuple(header) != COLUMNS:
            return [], [Problem(file, 1, "header", f"must be exactly: {','.join(COLUMNS)}")]
        numbered = ((rows.line_num, row) for row in rows if row)
        return _read_rows(file, numbered, insurers, policy_types, served)
    except csv.Error as error:
        return [], [Problem(file, rows.line_num, "row", f"is not CSV: {error}; check its quotes")]


def _read_rows(
    file: str,
    rows: Iterator[tuple[int, list[str]]],
    insurers: Collection[str],
    policy_types: Collection[str] | None,
    served: Mapping[str, Collection[str]],
) -> tuple[list[Policy], list[Problem]]:
    policies: list[Policy] = []
    problems: list[Problem] = []
    lines: dict[str, int] = {}
    for line, row in rows:
        wrong = _wrong(row, insurers, policy_types, served)
        if wrong:
            problems += [Problem(file, line, field, text) for field, text in wrong]
            continue
        number, insurer, kind, ref = row
        policies.append(Policy(number.strip(), insurer, kind, (ref,) if ref else ()))
        first = lines.setdefault(normalised(number), line)
        if first != line:
            text = f"is the same as in line {first}; a policy is listed once"
            problems.append(Problem(file, line, "policy_number", text))
    return policies, problems


def _wrong(
    row: list[str],
    insurers: Collection[str],
    policy_types: Collection[str] | None,
    served: Mapping[str, Collection[str]],
) -> Sequence[tuple[str, str]]:
    """What is wrong with a row, field by field. Never quotes a contact: it could be a number."""
    if len(row) != len(COLUMNS):
        return [
            ("row", f"has {len(row)} fields and must have {len(COLUMNS)}; a holder may be left empty: a,b,c,")
        ]
    number, insurer, kind, ref = row
    mistaken_number = wrong_number(number.strip())
    good = mistaken_number is None and insurer in insurers and (not ref or _REF.fullmatch(ref))
    if good and policy_types is not None and kind in policy_types and kind in served.get(insurer, (kind,)):
        return ()  # as nearly all of hundreds of thousands are
    found = [
        ("policy_number", mistaken_number),
        ("insurer", wrong_insurer(insurer, insurers)),
        ("policy_type", wrong_policy_type(kind, policy_types) or wrong_cover(insurer, kind, served)),
    ]
    if ref and not _REF.fullmatch(ref):
        found.append(
            ("contact_ref", "is not a contact ref; turn phone numbers into refs with: bowchat-ingest refs")
        )
    return [(field, text) for field, text in found if text]
