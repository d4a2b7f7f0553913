"""Which policy was sold to whom, by which insurer: found by its number in a text, or by its holder."""

import csv
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from bowchat_registry.agreements import POLICY_TYPES
from bowchat_registry.problems import Problem

COLUMNS = ("policy_number", "insurer", "policy_type", "contact_ref")

_GROUPS = re.compile(r"[0-9A-Z]+")
_PIECES = re.compile(r"([0-9A-Z]+)")
_DIGIT = re.compile(r"\d")
_REF = re.compile(r"rf_[a-p]{32}")
_NUMBER = re.compile(r"[0-9A-Za-z]+(?:[-/. ][0-9A-Za-z]+)*")
# Shorter ones would be found in house numbers, dates and prices.
_SHORTEST, _LONGEST = 6, 32
_SEPARATORS = 3
"""How many characters may stand between two groups of one number, as in `ACM - 2026`."""


class Policy(NamedTuple):
    number: str
    insurer: str
    policy_type: str
    contact_ref: str | None


def normalised(number: str) -> str:
    """A policy number without what people write differently: case, spaces, dashes, slashes, dots."""
    return "".join(_GROUPS.findall(_upper(number)))


def _upper(text: str) -> str:
    if text.isascii():
        return text.upper()
    folded = unicodedata.normalize("NFKC", text).upper()
    return "".join(str(unicodedata.decimal(each)) if each.isdecimal() else each for each in folded)


class PolicyBook:
    """All policies, with constant-time look-up by number and by holder."""

    def __init__(self, policies: Iterable[Policy]) -> None:
        by_number: dict[str, Policy] = {}
        by_ref: defaultdict[str, list[Policy]] = defaultdict(list)
        for policy in policies:
            by_number[normalised(policy.number)] = policy
            if policy.contact_ref:
                by_ref[policy.contact_ref].append(policy)
        self._by_number, self._by_ref = by_number, {ref: tuple(held) for ref, held in by_ref.items()}
        self._longest = max(map(len, by_number), default=0)
        self._heads = {number[:_SHORTEST] for number in by_number}
        # Most words of a message begin as no policy number does, and need no further look.
        self._openings = {number[:length] for number in by_number for length in (1, 2)}

    def __len__(self) -> int:
        return len(self._by_number)

    def numbered(self, number: str) -> Policy | None:
        return self._by_number.get(normalised(number))

    def held_by(self, refs: Iterable[str]) -> tuple[Policy, ...]:
        """The policies of whoever is known by these refs."""
        return tuple(dict.fromkeys(policy for ref in refs for policy in self._by_ref.get(ref, ())))

    def named_in(self, text: str) -> tuple[Policy, ...]:
        """The policies whose number stands in a text, however it is grouped; each once, in the text's order."""
        if not _DIGIT.search(text):
            return ()
        # Odd places hold runs of letters and digits, even ones what stands between them.
        pieces = _PIECES.split(_upper(text))
        found: dict[Policy, None] = {}
        for start in range(1, len(pieces), 2):
            if pieces[start][:2] not in self._openings:
                continue
            for joined in self._joined(pieces, start):
                if policy := self._by_number.get(joined):
                    found[policy] = None
        return tuple(found)

    def _joined(self, pieces: list[str], start: int) -> Iterable[str]:
        """What the runs from `start` on give when they are put together, one more each time."""
        joined = pieces[start]
        for place in range(start + 1, len(pieces), 2):
            if len(joined) >= _SHORTEST:
                if joined[:_SHORTEST] not in self._heads or len(joined) > self._longest:
                    return
                yield joined
            if place + 1 == len(pieces) or len(pieces[place]) > _SEPARATORS:
                return
            joined += pieces[place + 1]


def read_policies(file: str, text: str, insurers: Iterable[str]) -> tuple[list[Policy], list[Problem]]:
    """The policies of a CSV file, and what is wrong in it. `insurers` are those with an agreement."""
    rows = csv.reader(text.splitlines(), strict=True)
    try:
        header = next(rows, [])
        if tuple(header) != COLUMNS:
            return [], [Problem(file, 1, "header", f"must be exactly: {','.join(COLUMNS)}")]
        numbered = ((rows.line_num, row) for row in rows if row)
        return _read_rows(file, numbered, frozenset(insurers))
    except csv.Error as error:
        return [], [Problem(file, rows.line_num, "row", f"is not CSV: {error}; check its quotes")]


def _read_rows(
    file: str, rows: Iterator[tuple[int, list[str]]], insurers: frozenset[str]
) -> tuple[list[Policy], list[Problem]]:
    policies: list[Policy] = []
    problems: list[Problem] = []
    lines: dict[str, int] = {}
    for line, row in rows:
        wrong = _wrong(row, insurers)
        if not wrong:
            policies.append(Policy(row[0].strip(), row[1], row[2], row[3] or None))
            first = lines.setdefault(normalised(row[0]), line)
            if first != line:
                wrong = [("policy_number", f"is the same as in line {first}; a policy is listed once")]
        problems += [Problem(file, line, field, text) for field, text in wrong]
    return policies, problems


def _wrong(row: list[str], insurers: frozenset[str]) -> list[tuple[str, str]]:
    """What is wrong with a row, field by field. Never quotes a contact: it could be a number."""
    if len(row) != len(COLUMNS):
        return [
            ("row", f"has {len(row)} fields and must have {len(COLUMNS)}; a holder may be left empty: a,b,c,")
        ]
    number, insurer, kind, ref = row
    wrong = []
    bare = normalised(number)
    if not _NUMBER.fullmatch(number.strip()) or not any(map(str.isdigit, bare)):
        wrong.append(
            ("policy_number", "must be letters and digits, a digit at least, parted by - / . or a space")
        )
    elif not _SHORTEST <= len(bare) <= _LONGEST:
        wrong.append(("policy_number", f"must have {_SHORTEST} to {_LONGEST} letters and digits"))
    if insurer not in insurers:
        wrong.append(("insurer", f"{insurer!r} has no file in insurers/; add it or correct the spelling"))
    if kind not in POLICY_TYPES:
        wrong.append(("policy_type", f"{kind!r} is not one of: {', '.join(POLICY_TYPES)}"))
    if ref and not _REF.fullmatch(ref):
        wrong.append(
            ("contact_ref", "is not a contact ref; turn phone numbers into refs with: bowchat-ingest refs")
        )
    return wrong
