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


class RegistryMissingError(RegistryError):
    """There is no such directory, so it is of no use to name each file that it lacks. Its text is one line."""

    def __init__(self, directory: str, to_do: str = "correct --registry or BOWCHAT_REGISTRY") -> None:
        super().__init__(directory, [Problem(directory, 1, "directory", f"is not there; {to_do}")])
        self.args = (f"there is no directory {directory}: {to_do}",)
