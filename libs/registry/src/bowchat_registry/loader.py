"""Reading a registry directory: `insurers/*.yaml`, `taxonomy.yaml`, `rules.yaml`, `policies.csv`.

All problems are found in one go.
"""

from pathlib import Path
from types import MappingProxyType

from pydantic import ValidationError

from bowchat_contracts.ids import derived_id
from bowchat_registry.agreements import Agreement, WebhookEndpoint
from bowchat_registry.book import PolicyBook
from bowchat_registry.policies import read_policies
from bowchat_registry.problems import Problem, RegistryError
from bowchat_registry.registry import Registry
from bowchat_registry.rules import Rule, RuleBook
from bowchat_registry.taxonomy import Taxonomy, contradictions
from bowchat_registry.yaml_source import YamlDocument, read_yaml

TAXONOMY, RULES, POLICIES, INSURERS = "taxonomy.yaml", "rules.yaml", "policies.csv", "insurers"

Sources = dict[str, bytes]
"""The content of each file by its name within the directory."""


def read_sources(directory: Path) -> Sources:
    """All files of a registry as they stand now.

    Errors: `RegistryError` when the directory or a file cannot be read.
    """
    paths = [
        *(directory / each for each in (TAXONOMY, RULES, POLICIES)),
        *sorted((directory / INSURERS).glob("*.yaml")),
    ]
    sources, problems = {}, []
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
    agreements = reading.agreements()
    rules = reading.rules(agreements)
    policies, wrong = read_policies(POLICIES, reading.text(POLICIES), _declared(sources))
    problems = reading.problems + wrong
    if problems or taxonomy is None:
        raise RegistryError(directory, problems)
    return Registry(
        version_of(sources),
        MappingProxyType(agreements),
        RuleBook(rules),
        PolicyBook(policies),
        taxonomy,
    )


def _declared(sources: Sources) -> list[str]:
    """Insurers by the names of their files: a mistake inside one is not also a mistake of all its policies."""
    return [Path(name).stem for name in sources if name.startswith(f"{INSURERS}/")]


class _Reading:
    """One pass over the files; problems add up."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self.problems: list[Problem] = []

    def text(self, name: str) -> str:
        try:
            return self._sources[name].decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = self._sources[name][: error.start].count(b"\n") + 1
            self.problems.append(Problem(name, line, "file", "is not UTF-8; save it as UTF-8 text"))
            return self._sources[name].decode("utf-8-sig", errors="replace")

    def taxonomy(self) -> Taxonomy | None:
        document = self._document(TAXONOMY)
        if document is None:
            return None
        try:
            taxonomy = Taxonomy.model_validate(document.data)
        except ValidationError as error:
            self.problems += document.invalid(error)
            return None
        for place, text in contradictions(taxonomy):
            self._say(document, place, text)
        return taxonomy

    def agreements(self) -> dict[str, Agreement]:
        names = sorted(name for name in self._sources if name.startswith(f"{INSURERS}/"))
        if not names:
            self.problems.append(Problem(INSURERS, 1, "directory", "has no .yaml file; add one per insurer"))
        found: dict[str, Agreement] = {}
        taken: dict[str, str] = {}
        for name in names:
            document = self._document(name)
            agreement = self._agreement(document) if document else None
            if document and agreement:
                self._check_shared(document, agreement, taken)
                found[agreement.id] = agreement
        return found

    def _document(self, name: str) -> YamlDocument | None:
        document, problems = read_yaml(name, self.text(name))
        self.problems += problems
        return document

    def _agreement(self, document: YamlDocument) -> Agreement | None:
        try:
            agreement = Agreement.model_validate(document.data)
        except ValidationError as error:
            self.problems += document.invalid(error)
            return None
        if agreement.id != Path(document.file).stem:
            self.problems.append(
                document.problem(("id",), f"must be the file's own name; call the file {agreement.id}.yaml")
            )
        return agreement

    def _check_shared(self, document: YamlDocument, agreement: Agreement, taken: dict[str, str]) -> None:
        """Two insurers that shared a name or an address could be taken for each other."""
        own: dict[tuple[str, ...], str] = {("name",): f"name {agreement.name.casefold()}"}
        if isinstance(agreement.endpoint, WebhookEndpoint):
            own["endpoint", "url"] = f"url {agreement.endpoint.url}"
        for path, value in own.items():
            other = taken.setdefault(value, document.file)
            if other != document.file:
                self.problems.append(
                    document.problem(path, f"is the same as in {other}; every insurer has its own")
                )

    def rules(self, agreements: dict[str, Agreement]) -> list[Rule]:
        document = self._document(RULES)
        if document is None:
            return []
        listed = document.data.get("rules") if isinstance(document.data, dict) else None
        if not isinstance(listed, list) or set(document.data) != {"rules"}:
            self.problems.append(
                document.problem((), "must be `rules:` and a list below it; an empty one is `rules: []`")
            )
            return []
        rules: list[Rule] = []
        for index, each in enumerate(listed):
            try:
                rules.append(Rule.model_validate(each))
            except ValidationError as error:
                self.problems += document.invalid(error, ("rules", index))
            else:
                self._check_rule(document, ("rules", index), rules, agreements)
        return rules

    def _check_rule(
        self,
        document: YamlDocument,
        root: tuple[str, int],
        rules: list[Rule],
        agreements: dict[str, Agreement],
    ) -> None:
        rule, then = rules[-1], rules[-1].then
        if any(rule.name == other.name for other in rules[:-1]):
            self._say(document, (*root, "name"), "is the name of a rule above; rename one")
        if then.insurer and then.insurer not in _declared(self._sources):
            self._say(
                document,
                (*root, "then", "insurer"),
                "has no file in insurers/; add it or correct the spelling",
            )
        asked = [agreements[then.insurer]] if then.insurer in agreements else list(agreements.values())
        if then.desk and not any(then.desk in each.desk_names for each in asked):
            whose = "this insurer" if then.insurer else "any insurer"
            self._say(document, (*root, "then", "desk"), f"names no desk of {whose}; correct the spelling")
        if then.policy_type and then.insurer in agreements and then.policy_type not in asked[0].policy_types:
            self._say(document, (*root, "then", "policy_type"), "is not covered by this insurer's agreement")

    def _say(self, document: YamlDocument, path: tuple[str | int, ...], text: str) -> None:
        self.problems.append(document.problem(path, text))
