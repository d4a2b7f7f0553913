"""What stands in a text for what was found in it: "[phone-1]"."""

import re
from collections.abc import Iterable
from typing import get_args

from bowchat_contracts.insurer_content import Placeholder

PLACEHOLDER = re.compile(rf"\[(?:{'|'.join(get_args(Placeholder))})-[0-9]{{1,4}}\]")


class Names:
    """Hands out placeholders: the same for the same value, and none that somebody typed already."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._taken = {match[0] for text in texts for match in PLACEHOLDER.finditer(text)}
        self._names: dict[tuple[Placeholder, str], str] = {}
        self._next: dict[Placeholder, int] = {}

    def of(self, type_: Placeholder, value: str) -> str:
        key = (type_, value)
        if key not in self._names:
            self._names[key] = self.fresh(type_)
        return self._names[key]

    def fresh(self, type_: Placeholder) -> str:
        """One that stands for nothing else."""
        number = self._next.get(type_, 0) + 1
        while (name := f"[{type_}-{number}]") in self._taken:
            number += 1
        self._next[type_] = number
        return name
