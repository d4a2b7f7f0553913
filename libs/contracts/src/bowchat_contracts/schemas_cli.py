"""`python -m bowchat_contracts.schemas_cli write`: bring the committed schemas up to date, unless somebody would break."""

import argparse
import sys
from pathlib import Path

from bowchat_contracts.schemas import COMMITTED, committed, generated, refusals, text_of


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bowchat_contracts.schemas_cli", description=__doc__)
    parser.add_argument(
        "action", choices=["write", "check"], help="write the files, or only say whether they are right"
    )
    parser.add_argument(
        "--directory", type=Path, default=COMMITTED, help="where the schemas are (default: %(default)s)"
    )
    chosen = parser.parse_args(arguments)
    refused = refusals(committed(chosen.directory), generated())
    if refused:
        sys.stderr.write(_explained(refused))
        return 1
    stale = _stale(chosen.directory)
    if chosen.action == "check" and stale:
        sys.stderr.write(f"not up to date: {', '.join(stale)}. Run: make schemas\n")
        return 1
    if chosen.action == "write":
        _write(chosen.directory)
    return 0


def _explained(refused: list[str]) -> str:
    lines = "".join(f"  {problem}\n" for problem in refused)
    return (
        f"these changes would break a reader:\n{lines}"
        "Make them compatible (add an optional field, widen), or give the event a new type with the next version "
        "(.v1 -> .v2).\nA type without a successor goes when no record of it is left: delete its schema file then.\n"
    )


def _stale(directory: Path) -> list[str]:
    wanted, found = _files(), {path.name: path.read_text() for path in directory.glob("*.json")}
    return sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))


def _write(directory: Path) -> None:
    files = _files()
    for path in directory.glob("*.json"):
        if path.name not in files:
            path.unlink()
    for name, text in files.items():
        (directory / name).write_text(text)


def _files() -> dict[str, str]:
    return {f"{type_}.json": text_of(schema) for type_, schema in generated().items()}


if __name__ == "__main__":
    sys.exit(main())
