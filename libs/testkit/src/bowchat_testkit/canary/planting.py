"""Words that stand nowhere else, put into every leaf and key of a payload, and found again wherever they went."""

import json
import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from bowchat_testkit.leaks import decoded

_LETTERS = "fghjkprt"
"""No vowels, so no word of any language; none that reads as a digit."""
_LENGTH = 7
_WORD = re.compile(rb"zq[fghjkprt]{7}q")
_DIGITS = re.compile(rb"[0-9]{7,}")
_FIRST_NUMBER = 310_000_000


@dataclass(frozen=True)
class Fixed:
    """A value that has to stay as it is, so that the payload is understood. It is not searched for."""

    value: Any


@dataclass(frozen=True)
class Inner:
    """JSON inside a string."""

    template: Any


@dataclass
class Planter:
    """Hands out canaries, and remembers where each was put."""

    paths: dict[str, str] = field(default_factory=dict)
    """Word or number, to the place it was planted at: `image:image.caption`, an unknown key `image:image.+`."""

    def word(self, path: str) -> str:
        count, letters = len(self.paths), ""
        for _ in range(_LENGTH):
            count, digit = divmod(count, len(_LETTERS))
            letters += _LETTERS[digit]
        return self._noted(f"zq{letters}q", path)

    def number(self, path: str) -> int:
        return int(self._noted(str(_FIRST_NUMBER + len(self.paths)), path))

    def noted(self, value: str, path: str) -> str:
        """A value of the caller's own making that is searched for: seven digits or more."""
        return self._noted(value, path)

    def plant(self, template: Any, path: str) -> Any:
        """The template with a canary for each string and number, and a field of an unknown name in each object."""
        if isinstance(template, Fixed):
            return template.value
        if isinstance(template, Inner):
            return json.dumps(self.plant(template.template, path))
        return self._planted(template, path)

    def _planted(self, template: Any, path: str) -> Any:
        match template:
            case dict():
                planted = {name: self.plant(each, _below(path, name)) for name, each in template.items()}
                return planted | {self.word(_below(path, "+")): self.word(_below(path, "+"))}
            case list():
                return [self.plant(each, path) for each in template]
            case str():
                return self.word(path)
            case bool() | None:
                return template
            case int() | float():
                return self.number(path)
        raise TypeError("a template is made of JSON values")

    def of(self, allowed: AbstractSet[str]) -> set[str]:
        """The canaries planted at these places."""
        return {word for word, path in self.paths.items() if path in allowed}

    def _noted(self, value: str, path: str) -> str:
        if value in self.paths:
            raise ValueError("a canary stands in one place only")
        self.paths[value] = path
        return value


def _below(path: str, name: str) -> str:
    return f"{path}{name}" if path.endswith(":") else f"{path}.{name}"


def words_in(data: bytes, *, deep: bool = True) -> set[str]:
    """The canaries in some bytes: as they stand, and in whatever base64 stands there."""
    found = {match.decode() for pattern in (_WORD, _DIGITS) for match in pattern.findall(data)}
    return found.union(*(words_in(each, deep=False) for each in decoded(data))) if deep else found
