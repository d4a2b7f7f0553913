"""What a policy may name, by a look at the registry's directory: for who takes policies and needs no more of it.

Of an agreement only its policy types and its endpoint's kind are looked at: a mistake in one costs nobody their imports.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bowchat_registry.loader import INSURERS, TAXONOMY
from bowchat_registry.problems import Problem, RegistryError
from bowchat_registry.yaml_source import read_yaml


@dataclass(frozen=True)
class Declared:
    """Insurers with a file, the policy types of the taxonomy, and those of each insurer."""

    insurers: frozenset[str]
    policy_types: frozenset[str]
    served: Mapping[str, frozenset[str]]
    """Without insurers whose file has never been good."""
    on_whatsapp: frozenset[str] = frozenset()
    """The insurers that read and answer in WhatsApp."""


class DeclaredNames:
    """The names that count now. A file is read again when it changes; a mistake in it leaves the old names."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._taxonomy = _Names(directory / TAXONOMY, _of_taxonomy)
        self._agreements: dict[str, _Names] = {}

    def current(self) -> Declared:
        """Errors: `RegistryError` when no insurer or policy type can be found."""
        files = {path.stem: path for path in (self._directory / INSURERS).glob("*.yaml")}
        (policy_types,) = self._taxonomy.current()
        problems = [
            Problem(name, 1, "file", "cannot be read, or names nothing; bowchat-topics check says more")
            for name, found in ((INSURERS, files), (TAXONOMY, policy_types))
            if not found
        ]
        if problems:
            raise RegistryError(str(self._directory), problems)
        self._agreements = {
            insurer: self._agreements.get(insurer) or _Names(path, _of_agreement, _of_endpoint)
            for insurer, path in files.items()
        }
        named = {insurer: each.current() for insurer, each in self._agreements.items()}
        return Declared(
            frozenset(files),
            policy_types,
            {insurer: kinds for insurer, (kinds, _) in named.items() if kinds},
            frozenset(insurer for insurer, (_, endpoint) in named.items() if "whatsapp" in endpoint),
        )


class _Names:
    """Names of several sorts in one file, each as it last was good; none before that."""

    def __init__(self, path: Path, *sorts: Callable[[Any], frozenset[str]]) -> None:
        self._path, self._sorts = path, sorts
        self._stamp: tuple[int, int] | None = None
        self._names = tuple(frozenset[str]() for _ in sorts)

    def current(self) -> tuple[frozenset[str], ...]:
        try:
            state = self._path.stat()
            stamp = state.st_mtime_ns, state.st_size
            if stamp == self._stamp:
                return self._names
            document, _ = read_yaml(self._path.name, self._path.read_text(encoding="utf-8-sig"))
        except (OSError, UnicodeDecodeError):
            return self._names
        self._stamp = stamp
        if document:
            found = (_names_in(document.data, sort) for sort in self._sorts)
            self._names = tuple(new or known for new, known in zip(found, self._names, strict=True))
        return self._names


def _names_in(data: Any, sort: Callable[[Any], frozenset[str]]) -> frozenset[str]:
    """None where the file is not written so."""
    try:
        return sort(data)
    except (KeyError, TypeError):
        return frozenset()


def _of_taxonomy(data: Any) -> frozenset[str]:
    return frozenset(str(each["name"]) for each in data["policy_types"])


def _of_agreement(data: Any) -> frozenset[str]:
    return frozenset(map(str, data["policy_types"]))


def _of_endpoint(data: Any) -> frozenset[str]:
    return frozenset({str(data["endpoint"]["kind"])})
