"""Reading a registry directory: `insurers/*.yaml`, `taxonomy.yaml`, `rules.yaml`, `commands.yaml`, `policies.csv`.

All problems are found in one go.
"""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from bowchat_contracts.ids import derived_id
from bowchat_registry.agreements import Agreement
from bowchat_registry.book import PolicyBook
from bowchat_registry.calendar import Calendar
from bowchat_registry.checks import AgreementChecks, Place, RuleChecks
from bowchat_registry.commands import CommandChecks, CommandsFile
from bowchat_registry.policies import read_policies
from bowchat_registry.problems import Problem, RegistryError, RegistryMissingError
from bowchat_registry.registry import Registry
from bowchat_registry.rules import Rule, RuleBook
from bowchat_registry.slash import Macro
from bowchat_registry.taxonomy import Taxonomy, contradictions
from bowchat_registry.written import naming
from bowchat_registry.yaml_source import YamlDocument, read_yaml

TAXONOMY, RULES, POLICIES, INSURERS = "taxonomy.yaml", "rules.yaml", "policies.csv", "insurers"
COMMANDS = "commands.yaml"
"""May be missing: then there are the built-in commands alone."""

Model = TypeVar("Model", bound=BaseModel)
Sources = dict[str, bytes]
"""The content of each file by its name within the directory."""


def read_sources(directory: Path) -> Sources:
    """All files of a registry as they stand now.

    Errors: `RegistryError` when the directory or a file cannot be read.
    """
    if not directory.is_dir():
        raise RegistryMissingError(str(directory))
    paths = [
        *(directory / each for each in (TAXONOMY, RULES, POLICIES)),
        *sorted((directory / INSURERS).glob("*.yaml")),
    ]
    if (directory / COMMANDS).exists():
        paths.append(directory / COMMANDS)
    sources: Sources = {}
    problems = list(_misnamed(directory))
    for path in paths:
        name = path.relative_to(directory).as_posix()
        try:
            sources[name] = path.read_bytes()
        except OSError as error:
            problems.append(
                Problem(name, 1, "file", f"cannot be read ({error.strerror}); add it or check its rights")
            )
    if problems:
        raise RegistryError(str(directory), problems)
    return sources


def _misnamed(directory: Path) -> Iterator[Problem]:
    """Files that were meant to be read, by their names, and would not be."""
    own = (TAXONOMY, RULES, COMMANDS)
    for path in sorted((*directory.iterdir(), *(directory / INSURERS).glob("*"))):
        name, yaml = path.relative_to(directory).as_posix(), path.with_suffix(".yaml").name
        if path.name.startswith(".") or path.suffix.lower() not in {".yaml", ".yml"}:
            continue
        near = get_close_matches(yaml, own, n=1, cutoff=0.8) or [path.name]
        meant = near[0] if path.parent == directory else yaml
        if path.name != meant:
            right = path.with_name(meant).relative_to(directory).as_posix()
            yield Problem(name, 1, "file", f"is not read; call it {right}")


def version_of(sources: Sources) -> str:
    parts = [part for name in sorted(sources) for part in (name, sources[name].hex())]
    return derived_id("rg", *parts)


def load(directory: Path) -> Registry:
    """The registry in a directory.

    Errors: `RegistryError` with every problem of every file.
    """
    return parse(read_sources(directory), str(directory))


def parse(sources: Sources, directory: str) -> Registry:
    """The registry that these files make."""
    reading = _Reading(sources)
    taxonomy = reading.taxonomy()
    agreements = reading.agreements(taxonomy)
    rules = reading.rules(agreements)
    commands = reading.commands(agreements)
    types = taxonomy.policy_type_names if taxonomy else None
    served = {insurer: each.policy_types for insurer, each in agreements.items()}
    policies, mistaken = read_policies(POLICIES, reading.text(POLICIES), reading.declared, types, served)
    problems = reading.problems + mistaken
    if problems or taxonomy is None:
        raise RegistryError(directory, problems)
    return Registry(
        version_of(sources),
        MappingProxyType(agreements),
        rules,
        PolicyBook(policies),
        taxonomy,
        MappingProxyType(commands),
    )


class _Reading:
    """One pass over the files; problems add up."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self.problems: list[Problem] = []
        self._known: dict[str, frozenset[str]] = {}
        # By the names of their files: a mistake inside one is not also a mistake of all its policies.
        self.declared = frozenset(Path(name).stem for name in sources if name.startswith(f"{INSURERS}/"))

    def text(self, name: str) -> str:
        try:
            return self._sources[name].decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = self._sources[name][: error.start].count(b"\n") + 1
            self.problems.append(Problem(name, line, "file", "is not UTF-8; save it as UTF-8 text"))
            return self._sources[name].decode("utf-8-sig", errors="replace")

    def taxonomy(self) -> Taxonomy | None:
        document = self._document(TAXONOMY)
        taxonomy = self._model(document, Taxonomy, document.data) if document else None
        if document and taxonomy:
            self._take(document, contradictions(taxonomy))
            self._known = naming(taxonomy.policy_type_names, taxonomy.intent_names)
        return taxonomy

    def agreements(self, taxonomy: Taxonomy | None) -> dict[str, Agreement]:
        names = sorted(name for name in self._sources if name.startswith(f"{INSURERS}/"))
        if not names:
            self.problems.append(Problem(INSURERS, 1, "directory", "has no .yaml file; add one per insurer"))
        documents: dict[str, YamlDocument] = {}
        found: dict[str, Agreement] = {}
        for name in names:
            document = self._document(name)
            agreement = self._model(document, Agreement, document.data) if document else None
            if document and agreement:
                if agreement.id != Path(name).stem:
                    self.problems.append(document.problem(("id",), self._misnamed(agreement.id, Path(name))))
                documents[agreement.id], found[agreement.id] = document, agreement
        for insurer, place, text in AgreementChecks(found, self.declared, taxonomy).mistakes():
            self.problems.append(documents[insurer].problem(place, text))
        return found

    def _misnamed(self, insurer: str, file: Path) -> str:
        own = file.with_name(f"{insurer}.yaml")
        set_id = f"set id: {file.stem}"
        taken = own.as_posix() in self._sources
        right = f"{set_id}, since {own.name} is there" if taken else f"call the file {own.name}, or {set_id}"
        return f"must be the file's own name; {right}"

    def rules(self, agreements: dict[str, Agreement]) -> RuleBook:
        document = self._document(RULES)
        if document is None:
            return RuleBook([])
        data = document.data if isinstance(document.data, dict) else {}
        listed = data.get("rules")
        if not isinstance(listed, list) or not set(data) <= {"rules", "calendars"}:
            text = "must be `rules:` and a list below it, an empty one is `rules: []`; beside it `calendars:` at most"
            self.problems.append(document.problem((), text))
            return RuleBook([])
        calendars = self._calendars(document, data.get("calendars", {}))
        checks = RuleChecks(agreements, self.declared, calendars)
        rules: dict[int, Rule] = {}
        for index, each in enumerate(listed):
            rule = self._model(document, Rule, each, ("rules", index))
            if rule:
                self._take(document, checks.mistakes(rule), ("rules", index))
                rules[index] = rule
        if len(rules) == len(listed):  # a rule that could not be read may ask for any tag
            self._take(document, checks.slips(rules), ("rules",))
        return RuleBook(list(rules.values()), calendars)

    def _calendars(self, document: YamlDocument, given: object) -> dict[str, Calendar]:
        if not isinstance(given, dict):
            self.problems.append(
                document.problem(("calendars",), "must be names, each with a calendar below it")
            )
            return {}
        found = {
            str(name): self._model(document, Calendar, each, ("calendars", name))
            for name, each in given.items()
        }
        return {name: each for name, each in found.items() if each}

    def commands(self, agreements: dict[str, Agreement]) -> dict[str, Macro]:
        document = self._document(COMMANDS) if COMMANDS in self._sources else None
        written = self._model(document, CommandsFile, document.data) if document else None
        if document is None or written is None:
            return {}
        desks = {insurer: each.desks_by_name for insurer, each in agreements.items()}
        checks = CommandChecks(written.commands, desks)
        self._take(document, checks.mistakes(), ("commands",))
        return {each.name: each.macro() for each in written.commands}

    def _document(self, name: str) -> YamlDocument | None:
        document, problems = read_yaml(name, self.text(name))
        self.problems += problems
        return document

    def _model(
        self, document: YamlDocument, model: type[Model], data: object, root: Place = ()
    ) -> Model | None:
        try:
            return model.model_validate(data, context=self._known)
        except ValidationError as error:
            self.problems += document.invalid(error, model, root)
            return None

    def _take(self, document: YamlDocument, mistakes: Iterable[tuple[Place, str]], root: Place = ()) -> None:
        self.problems += [document.problem(root + place, text) for place, text in mistakes]
