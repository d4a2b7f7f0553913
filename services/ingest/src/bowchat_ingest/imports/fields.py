"""The fields of one row: each is what it has to be, or is noted as wrong, with what would be right. No value is quoted."""

from collections.abc import Callable, Mapping
from typing import Any

Check = Callable[[str], str | None]
"""What is wrong with a value, in words that follow upon its name; None for a good one."""
_YES, _NO = frozenset({"true", "yes", "1"}), frozenset({"false", "no", "0"})


class Fields:
    """A row's values by their names. `wrong` gathers what has to be corrected."""

    def __init__(self, given: Mapping[str, Any], names: tuple[str, ...]) -> None:
        self._given = {name: value for name, value in given.items() if value is not None}
        self.wrong: list[tuple[str, str]] = []
        if not self._given.keys() <= frozenset(names):
            self.note("row", f"has a field that is none of: {', '.join(names)}")

    def note(self, name: str, text: str) -> None:
        self.wrong.append((name, text))

    def text(self, name: str, check: Check, *, needed: bool = False) -> str | None:
        """One value; None where it is left out or wrong."""
        value = self._given.get(name)
        if value is None:
            if needed:
                self.note(name, "is missing; add it")
            return None
        if not isinstance(value, str):
            self.note(name, "must be a text")
            return None
        return self._checked(name, value.strip(), check)

    def texts(self, name: str, most: int, check: Check) -> tuple[str, ...]:
        """One value, or a list of them; each once."""
        value = self._given.get(name, ())
        values = (value,) if isinstance(value, str) else value
        if not isinstance(values, (list, tuple)) or not all(isinstance(each, str) for each in values):
            self.note(name, "must be a text, or a list of texts")
            return ()
        if len(values) > most:
            self.note(name, f"has more than {most} values")
            return ()
        found = [self._checked(name, each.strip(), check) for each in values]
        return tuple(dict.fromkeys(each for each in found if each is not None))

    def flag(self, name: str) -> bool:
        value = self._given.get(name, False)
        said = value if isinstance(value, bool) else value.strip().lower() if isinstance(value, str) else None
        if said in (True, False):
            return bool(said)
        if said not in _YES | _NO:
            self.note(name, "must be true or false")
        return said in _YES

    def _checked(self, name: str, value: str, check: Check) -> str | None:
        problem = check(value)
        if problem is None:
            return value
        self.note(name, problem)
        return None
