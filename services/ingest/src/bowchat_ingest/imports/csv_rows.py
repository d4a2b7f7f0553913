"""CSV as it comes in over the network: bytes in any pieces, rows out, each with the line it begins at."""

import csv
from collections.abc import Iterator
from typing import Any

from bowchat_ingest.imports.rows import LISTS

_LONGEST_ROW = 64 * 1024

Placed = tuple[str, dict[str, Any]]
"""Where a row stands, in words, and its fields."""


class WrongFileError(ValueError):
    """The body cannot be read as rows. The text begins with the line, and says what to do."""


class CsvRows:
    """Reads one body. The header names the columns, in any order."""

    def __init__(self, names: tuple[str, ...], needed: tuple[str, ...]) -> None:
        self._names, self._needed = names, needed
        self._rest, self._open, self._quotes = b"", list[str](), 0
        self._line = self._first = 0
        self._columns: list[str] = []

    def feed(self, piece: bytes, *, final: bool = False) -> Iterator[Placed]:
        """The rows that end in this piece.

        Errors: `WrongFileError`.
        """
        *lines, self._rest = (self._rest + piece).split(b"\n")
        if final and self._rest:
            lines.append(self._rest)
        for line in lines:
            yield from self._took(self._decoded(line))
        if len(self._rest) > _LONGEST_ROW or (final and self._open):
            raise self._wrong("a quote is opened and not closed, or the line is far too long")
        if final and not self._columns:
            raise WrongFileError(
                f"line 1, header: is missing; it must name at least: {','.join(self._needed)}"
            )

    def _decoded(self, line: bytes) -> str:
        try:
            return line.decode("utf-8" if self._line else "utf-8-sig")
        except UnicodeDecodeError:
            raise WrongFileError(
                f"line {self._line + 1}, file: is not UTF-8; save it as CSV in UTF-8"
            ) from None

    def _took(self, line: str) -> Iterator[Placed]:
        self._line += 1
        if not self._open:
            self._first = self._line
        self._open.append(line)
        self._quotes += line.count('"')
        if self._quotes % 2:  # a line break within quotes
            if sum(map(len, self._open)) > _LONGEST_ROW:
                raise self._wrong("a quote is opened and not closed, or the line is far too long")
            return
        record = "\n".join(self._open).removesuffix("\r")
        self._open, self._quotes = [], 0
        if not record:
            return
        cells = self._cells(record)
        if not self._columns:
            self._columns = self._header(cells)
            return
        if len(cells) != len(self._columns):
            raise self._wrong(
                f"has {len(cells)} fields, and the header {len(self._columns)}; quote a field with a comma"
            )
        yield f"line {self._first}", dict(zip(self._columns, map(_value, self._columns, cells), strict=True))

    def _cells(self, record: str) -> list[str]:
        try:
            (cells,) = csv.reader([record], strict=True)
        except (csv.Error, ValueError):
            raise self._wrong("is not CSV; check its quotes") from None
        return cells

    def _header(self, cells: list[str]) -> list[str]:
        columns = [cell.strip().lower() for cell in cells]
        known = set(columns) <= set(self._names) and len(set(columns)) == len(columns)
        if not known or not set(self._needed) <= set(columns):
            hint = (
                "; columns are parted by commas" if any(";" in cell or "\t" in cell for cell in cells) else ""
            )
            raise WrongFileError(
                f"line 1, header: must name {','.join(self._needed)}, each once, and may name "
                f"{','.join(name for name in self._names if name not in self._needed)}{hint}"
            )
        return columns

    def _wrong(self, text: str) -> WrongFileError:
        return WrongFileError(f"line {self._first or 1}, row: {text}")


def _value(column: str, cell: str) -> Any:
    """An empty cell says nothing. Several values in one are parted by semicolons."""
    if not cell.strip():
        return None
    return [each for each in cell.split(";") if each.strip()] if column in LISTS else cell
