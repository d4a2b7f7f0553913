"""Nobody has to read a pattern to learn what they should have written."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bowchat_registry.wording import examples

SCHEMAS = Path(__file__).parents[4] / "docs/registry"


def patterns(node: Any) -> Iterator[str]:
    """Every pattern of a JSON Schema, those of names among them."""
    if isinstance(node, list):
        for each in node:
            yield from patterns(each)
    if isinstance(node, dict):
        yield from node.get("patternProperties", ())
        if isinstance(node.get("pattern"), str):
            yield node["pattern"]
        for each in node.values():
            yield from patterns(each)


def test_every_pattern_has_an_example_that_fits() -> None:
    """Whatever is not written as its field wants it is answered with one that is."""
    wanted = {each for path in SCHEMAS.glob("*.json") for each in patterns(json.loads(path.read_text()))}
    assert wanted
    assert wanted - set(examples()) == set()
    for pattern, example in examples().items():
        for one in example.split(": ")[0].split(" or "):
            assert re.search(pattern, one), (pattern, one)
