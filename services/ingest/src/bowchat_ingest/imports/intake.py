"""All rows of one body: taken whole, or refused with everything that is wrong."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import TypeAdapter

from bowchat_contracts.ids import derived_id
from bowchat_contracts.policies import KEY, MOST_ROWS, ContactRow, PoliciesChanged, PolicyRow
from bowchat_contracts.topics import POLICIES_CHANGED
from bowchat_ingest.domain import outgoing_of
from bowchat_ingest.identity import event_id
from bowchat_ingest.imports.rows import (
    CONTACT_FIELDS,
    POLICY_FIELDS,
    RefsOf,
    WrongRowError,
    contact_row,
    policy_row,
)
from bowchat_registry.declared import Declared
from bowchat_registry.numbers import normalised
from bowchat_runtime.records import Outgoing

Kind = Literal["policies", "contacts"]
MOST_PROBLEMS = 20


@dataclass(frozen=True)
class Sort:
    """What is different between policies and contacts."""

    kind: Kind
    names: tuple[str, ...]
    needed: tuple[str, ...]
    key: str
    row: Callable[[Mapping[str, Any], Declared, RefsOf], PolicyRow | ContactRow]
    adapter: TypeAdapter[Any]


SORTS: dict[Kind, Sort] = {
    "policies": Sort(
        "policies", POLICY_FIELDS, POLICY_FIELDS[:3], "policy_number", policy_row, TypeAdapter(tuple[PolicyRow, ...])
    ),
    "contacts": Sort(
        "contacts", CONTACT_FIELDS, CONTACT_FIELDS[:1], "contact_key", contact_row, TypeAdapter(tuple[ContactRow, ...])
    ),
}  # fmt: skip


class Intake:
    """Rows go in one by one; they wait as bytes, a tenth of what they are as objects."""

    def __init__(self, sort: Sort, declared: Declared, refs_of: RefsOf) -> None:
        self.sort = sort
        self._declared, self._refs_of = declared, refs_of
        self._places: dict[str, str] = {}
        self._rows: list[PolicyRow | ContactRow] = []
        self._parts: list[bytes] = []
        self.problems: list[str] = []
        """The first of what is wrong."""
        self.wrong = 0

    @property
    def rows(self) -> int:
        return len(self._places)

    def take(self, place: str, given: Mapping[str, Any]) -> None:
        """The row at this place."""
        try:
            row = self.sort.row(given, self._declared, self._refs_of)
        except WrongRowError as error:
            for field, text in error.wrong:
                self._note(f"{place}, {field}: {text}")
            return
        key = normalised(row.policy_number) if isinstance(row, PolicyRow) else row.contact_key
        first = self._places.setdefault(key, place)
        if first != place:
            self._note(f"{place}, {self.sort.key}: is the same as in {first}; name each once")
            return
        self._rows.append(row)
        if len(self._rows) == MOST_ROWS:
            self._close()

    def changes(self, import_id: str, now: datetime) -> Iterator[Outgoing]:
        """What to publish, in order. Their ids follow from the import's."""
        self._close()
        for index, part in enumerate(self._parts):
            rows = self.sort.adapter.validate_json(part)
            yield policies_changed(derived_id("pc", import_id, str(index)), {self.sort.kind: rows}, now)

    def _close(self) -> None:
        if self._rows:
            self._parts.append(self.sort.adapter.dump_json(tuple(self._rows), exclude_defaults=True))
            self._rows = []

    def _note(self, problem: str) -> None:
        self.wrong += 1
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(problem)


def policies_changed(change_id: str, rows: Mapping[str, Iterable[Any]], now: datetime) -> Outgoing:
    """One change, on its way to whoever keeps policies."""
    event = PoliciesChanged.model_validate({"change_id": change_id, "at": now, **rows})
    return outgoing_of(
        event, now, topic=POLICIES_CHANGED, key=KEY, identity=event_id(change_id), seed=change_id
    )
