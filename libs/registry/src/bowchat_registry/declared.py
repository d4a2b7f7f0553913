"""What a policy may name, by a look at the registry's directory: for who takes policies and needs no more of it.

Agreements are not parsed: a mistake in one of them costs nobody their imports.
"""

from dataclasses import dataclass
from pathlib import Path

from bowchat_registry.loader import INSURERS, TAXONOMY
from bowchat_registry.problems import Problem, RegistryError
from bowchat_registry.yaml_source import read_yaml


@dataclass(frozen=True)
class Declared:
    """Insurers with a file, and the policy types of the taxonomy."""

    insurers: frozenset[str]
    policy_types: frozenset[str]


class DeclaredNames:
    """The names that count now. The taxonomy is read again when its file changes; a mistake in it leaves the old names."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._stamp: tuple[int, int] | None = None
        self._policy_types: frozenset[str] = frozenset()

    def current(self) -> Declared:
        """Errors: `RegistryError` when no insurer or policy type can be found."""
        insurers = frozenset(path.stem for path in (self._directory / INSURERS).glob("*.yaml"))
        self._look()
        problems = [
            Problem(name, 1, "file", "cannot be read, or names nothing; bowchat-topics check says more")
            for name, found in ((INSURERS, insurers), (TAXONOMY, self._policy_types))
            if not found
        ]
        if problems:
            raise RegistryError(str(self._directory), problems)
        return Declared(insurers, self._policy_types)

    def _look(self) -> None:
        path = self._directory / TAXONOMY
        try:
            state = path.stat()
            stamp = state.st_mtime_ns, state.st_size
            if stamp == self._stamp:
                return
            document, _ = read_yaml(TAXONOMY, path.read_text(encoding="utf-8-sig"))
            names = (
                frozenset(str(each["name"]) for each in document.data["policy_types"]) if document else None
            )
        except (OSError, UnicodeDecodeError, KeyError, TypeError):
            return
        self._stamp, self._policy_types = stamp, names or self._policy_types
