"""Everything that is wrong with a registry, said at once: `file:line: field: what is wrong, what to do`."""

from dataclasses import dataclass

from bowchat_runtime.errors import SettingsError


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake in one place. `line` counts from 1."""

    file: str
    line: int
    field: str
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.field}: {self.text}"


class RegistryError(SettingsError):
    """The registry cannot be used. Its text has one line per problem."""

    def __init__(self, directory: str, problems: list[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        lines = "\n  ".join(map(str, self.problems))
        super().__init__(f"the registry in {directory} has {len(problems)} problem(s):\n  {lines}")
