"""`bowchat-ingest import`: a CSV file of any length to a running ingest, in parts, each as often as it takes."""

import argparse
import re
import secrets
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from bowchat_ingest.imports.csv_rows import WrongFileError
from bowchat_ingest.settings import IngestSettings
from bowchat_runtime.errors import SettingsError
from bowchat_runtime.settings import load

ROWS_AT_ONCE = 100_000
_ATTEMPTS = 8
_FIRST_WAIT_S, _MOST_WAIT_S = 0.5, 15.0
_AGAIN = frozenset({408, 429, 502, 503, 504})
_SECONDS = 600.0
_HERE = "http://127.0.0.1:8001"
_ONE_OF = {"policies": "policy", "contacts": "contact"}
_LAST_PORT = 65_535
_HOST = re.compile(r"[\w.-]+(:\d{1,5})?", re.ASCII)
"""A host as one is written where `http://` is forgotten."""
_LINE = re.compile(r"\bline (\d+)")


@dataclass(frozen=True)
class Part:
    """Some rows of a file under its header, and where they stand in it."""

    body: bytes
    rows: int
    offset: int
    """What to add to a line of the part for its line in the file."""


def import_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", choices=list(_ONE_OF))
    parser.add_argument("file", type=Path, help="CSV in UTF-8 with a header (docs/policies.md)")
    parser.add_argument("--url", type=_address, default=_HERE, help="where ingest listens (%(default)s)")
    parser.add_argument(
        "--key",
        help="go on with an import that was cut short: the key that it printed; what was taken is not taken again",
    )
    parser.add_argument("--dry-run", action="store_true", help="say what is wrong, and change nothing")
    parser.add_argument(
        "--rows", type=int, default=ROWS_AT_ONCE, metavar="N", help="rows of one request (%(default)s)"
    )


def _address(text: str) -> str:
    """A web address, or `ArgumentTypeError`: what can never answer is not worth trying again."""
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme in ("http", "https") and url.host and (url.port or 0) <= _LAST_PORT:
        return text
    instead = f"http://{text}" if _HOST.fullmatch(text) else _HERE
    raise argparse.ArgumentTypeError(f"{text!r} is no address of ingest; write one as {instead}")


def run_import(arguments: argparse.Namespace) -> int:
    """The exit code: 0 when every row was taken, 1 when something in the file is wrong; nothing is taken then.

    Errors: `SettingsError` when the file cannot be read, or ingest does not take it.
    """
    token = load(IngestSettings).secrets_list("admin_token")[0].decode(errors="replace")
    key = arguments.key or secrets.token_hex(8)
    try:
        found = list(parts(arguments.file.read_bytes(), max(1, arguments.rows)))
    except OSError as error:
        raise SettingsError(f"{arguments.file} cannot be read ({error.strerror})") from None
    except WrongFileError as error:
        sys.stderr.write(f"bowchat-ingest import: {error}\n")
        return 1
    with httpx.Client(
        base_url=arguments.url, headers={"authorization": f"Bearer {token}"}, timeout=_SECONDS
    ) as client:
        sender = _Sender(client, arguments.kind, key)
        # A part that is good may come before one that is not: a file of several is looked through first.
        if arguments.dry_run or len(found) > 1:
            problems = [
                problem for index, part in enumerate(found) for problem in sender.problems(index, part)
            ]
            if problems:
                sys.stderr.writelines(f"{arguments.file}: {each}\n" for each in problems)
                sys.stderr.write("nothing was taken\n")
                return 1
        rows = sum(part.rows for part in found)
        if arguments.dry_run:
            sys.stdout.write(f"{_counted(rows, arguments.kind)} {'is' if rows == 1 else 'are'} good\n")
            return 0
        return _send_all(sender, found, arguments)


def _send_all(sender: "_Sender", found: list[Part], arguments: argparse.Namespace) -> int:
    started, rows = time.monotonic(), 0
    sys.stderr.write(f"key {sender.key} (--key {sender.key} goes on after an interruption)\n")
    for index, part in enumerate(found):
        problems = sender.sent(index, part)
        if problems:
            sys.stderr.writelines(f"{arguments.file}: {each}\n" for each in problems)
            before = f"{_counted(rows, arguments.kind)} taken before" if rows else "nothing was taken"
            sys.stderr.write(f"{before}\n")
            return 1
        rows += part.rows
    seconds = time.monotonic() - started
    sys.stdout.write(f"{_counted(rows, arguments.kind)} taken in {seconds:.1f} s\n")
    return 0


def _counted(rows: int, kind: str) -> str:
    return f"{rows} {_ONE_OF[kind] if rows == 1 else kind}"


def parts(content: bytes, rows_at_once: int) -> Iterator[Part]:
    """The file in parts. A row within quotes may have several lines; it is never parted.

    Errors: `WrongFileError` when there is no row.
    """
    header, *lines = content.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    taken: list[bytes] = []
    rows, quotes, first, found = 0, 0, 2, 0
    for number, line in enumerate(lines, 2):
        taken.append(line)
        quotes += line.count(b'"')
        rows += quotes % 2 == 0 and bool(line.strip())
        if rows == rows_at_once and quotes % 2 == 0:
            yield Part(b"\n".join([header, *taken]), rows, first - 2)
            taken, rows, first, found = [], 0, number + 1, found + 1
    if any(line.strip() for line in taken):
        yield Part(b"\n".join([header, *taken]), rows, first - 2)
    elif not found:
        raise WrongFileError("line 1, file: has a header at most; there is no row to import")


class _Sender:
    def __init__(self, client: httpx.Client, kind: str, key: str) -> None:
        self._client, self._kind, self.key = client, kind, key

    def problems(self, index: int, part: Part) -> list[str]:
        """What is wrong with a part, in the file's lines. Changes nothing."""
        return self.sent(index, part, dry_run="true")

    def sent(self, index: int, part: Part, **query: str) -> list[str]:
        """What is wrong with a part; nothing when it was taken.

        Errors: `SettingsError` when ingest does not take it for a reason outside of the file.
        """
        answer = self._answer(part.body, f"{self.key}-{index}", query)
        if answer.is_success:
            return []
        said = _said(answer)
        if answer.status_code == httpx.codes.BAD_REQUEST and said.get("details"):
            return [
                _LINE.sub(lambda line: f"line {int(line[1]) + part.offset}", each) for each in said["details"]
            ]
        error, to_do = said.get("error", "no reason is given"), said.get("what_to_do", "look into its log")
        raise SettingsError(
            f"ingest answered {answer.status_code}: {error}; {to_do}. Go on later with --key {self.key}"
        )

    def _answer(self, body: bytes, key: str, query: dict[str, str]) -> httpx.Response:
        """The answer, asked for again while ingest is busy or away."""
        answer, wait = None, _FIRST_WAIT_S
        for attempt in range(_ATTEMPTS):
            if attempt:
                time.sleep(wait)
                wait = min(_MOST_WAIT_S, 2 * wait)
            try:
                answer = self._client.post(
                    f"/v1/imports/{self._kind}",
                    params=query,
                    content=body,
                    headers={"content-type": "text/csv", "idempotency-key": key},
                )
            except httpx.TransportError:
                if not attempt:
                    sys.stderr.write(f"ingest does not answer at {self._client.base_url}: trying again\n")
                continue
            if answer.status_code not in _AGAIN:
                break
        if answer is None:
            raise SettingsError(
                f"ingest does not answer at {self._client.base_url}: start it, or correct --url. "
                f"Go on later with --key {self.key}"
            )
        return answer


def _said(answer: httpx.Response) -> dict[str, Any]:
    try:
        said = answer.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
