"""`python -m bowchat_contracts.docs_cli write`: the generated pages under `docs/`."""

import argparse
import sys
from pathlib import Path

import yaml

from bowchat_contracts.asyncapi import internal_document, partner_document
from bowchat_contracts.asyncapi.pieces import Document
from bowchat_contracts.events_page import events_page


def pages() -> dict[str, str]:
    """The generated pages by their path under `docs/`."""
    return {
        "asyncapi/partner.yaml": _yaml(partner_document()),
        "asyncapi/internal.yaml": _yaml(internal_document()),
        "events.md": events_page(),
    }


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bowchat_contracts.docs_cli", description=__doc__)
    parser.add_argument(
        "action", choices=["write", "check"], help="write the pages, or only say whether they are right"
    )
    parser.add_argument(
        "--directory", type=Path, default=Path("docs"), help="where they are (default: %(default)s)"
    )
    chosen = parser.parse_args(arguments)
    if chosen.action == "write":
        for name, text in pages().items():
            (chosen.directory / name).parent.mkdir(parents=True, exist_ok=True)
            (chosen.directory / name).write_text(text)
        return 0
    stale = [name for name, text in pages().items() if _read(chosen.directory / name) != text]
    if stale:
        sys.stderr.write(f"not up to date: {', '.join(stale)}. Run: make docs\n")
    return 1 if stale else 0


class _Plain(yaml.SafeDumper):
    """Without anchors, which people do not read, and with long texts as blocks."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - the overridden method's own name
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Plain.add_representer(str, _text)


def _yaml(document: Document) -> str:
    return yaml.dump(document, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=110)


def _read(path: Path) -> str | None:
    return path.read_text() if path.exists() else None


if __name__ == "__main__":
    sys.exit(main())
