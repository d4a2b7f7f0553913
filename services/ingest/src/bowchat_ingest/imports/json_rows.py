"""Rows as JSON: one object, a list of them, or one object per line."""

from collections.abc import Iterator
from typing import Any

from bowchat_ingest.foreign_json import NotJsonError, loads
from bowchat_ingest.imports.csv_rows import Placed, WrongFileError

_WHAT = "a JSON object, or a list of objects"


def json_rows(body: bytes) -> Iterator[Placed]:
    """Errors: `WrongFileError`."""
    try:
        given = loads(body)
    except NotJsonError as error:
        raise WrongFileError(f"{error}; send {_WHAT}, in UTF-8") from None
    rows = given if isinstance(given, list) else [given]
    for place, row in enumerate(rows, 1):
        yield _placed("row", place, row)


def json_line_rows(body: bytes) -> Iterator[Placed]:
    """Errors: `WrongFileError`."""
    for place, line in enumerate(body.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            given = loads(line)
        except NotJsonError:
            raise WrongFileError(
                f"line {place}, row: is not JSON in UTF-8; put one object on each line"
            ) from None
        yield _placed("line", place, given)


def _placed(word: str, place: int, row: Any) -> Placed:
    if not isinstance(row, dict):
        raise WrongFileError(f"{word} {place}, row: is no JSON object; send {_WHAT}")
    return f"{word} {place}", row
