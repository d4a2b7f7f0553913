"""`python -m bowchat_registry.schemas_cli write`: the JSON Schemas by which editors complete and check registry files."""

import argparse
import json
import sys
from pathlib import Path

from pydantic import BaseModel

from bowchat_contracts.schemas.documented import Documented
from bowchat_registry.agreements import Agreement
from bowchat_registry.commands import CommandsFile
from bowchat_registry.rules import RulesFile
from bowchat_registry.taxonomy import Taxonomy

MODELS: dict[str, type[BaseModel]] = {
    "agreement": Agreement,
    "rules": RulesFile,
    "taxonomy": Taxonomy,
    "commands": CommandsFile,
}
"""What a file's first line names in `# yaml-language-server: $schema=….schema.json`."""

_COMMITTED = Path("docs/registry")
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> dict[str, str]:
    """Each schema file's text by its name."""
    return {
        f"{name}.schema.json": json.dumps(
            {"$schema": _DIALECT, **model.model_json_schema(schema_generator=Documented)},
            indent=2,
            ensure_ascii=False,
        )
        + "\n"
        for name, model in MODELS.items()
    }


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bowchat_registry.schemas_cli", description=__doc__)
    parser.add_argument(
        "action", choices=["write", "check"], help="write the files, or only say whether they are right"
    )
    parser.add_argument(
        "--directory", type=Path, default=_COMMITTED, help="where the schemas are (default: %(default)s)"
    )
    chosen = parser.parse_args(arguments)
    wanted = schemas()
    found = {path.name: path.read_text() for path in chosen.directory.glob("*.schema.json")}
    stale = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
    if chosen.action == "check" and stale:
        sys.stderr.write(f"not up to date: {', '.join(stale)}. Run: make schemas\n")
        return 1
    if chosen.action == "write":
        chosen.directory.mkdir(parents=True, exist_ok=True)
        for name in found.keys() - wanted.keys():
            (chosen.directory / name).unlink()
        for name, text in wanted.items():
            (chosen.directory / name).write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
