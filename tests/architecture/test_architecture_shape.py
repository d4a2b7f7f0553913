"""Every service has the same rooms, nothing is copied between them, and errors are not swallowed."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from bowchat_contracts.topics import SERVICES
from bowchat_runtime.settings import PREFIX, ServiceSettings, slips

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*ROOT.glob("libs/*/src/**/*.py"), *ROOT.glob("services/*/src/**/*.py")])
ROOMS = ("__main__", "console", "app", "settings", "handlers", "domain", "metrics")
STORE_ROOMS = ("store", "memory")
WITHOUT_STORE = {"ingest"}
SHORTEST_COPY = 6
LONGEST_MODULE = 300  # lines that are not blank
LONGEST_FUNCTION = 50
MAY_CATCH_ALL = {
    "libs/runtime": "the boundary: it records what came and decides between parking, retrying and ending",
    "services/masker/src/bowchat_masker/handlers": "fails closed: any error holds the message and is told to people",
    "libs/testkit": "starts and stops foreign processes",
}


def package(service: str) -> Path:
    (source,) = [
        path for path in (ROOT / "services" / service / "src").iterdir() if path.name.startswith("bowchat_")
    ]
    return source


def settings_of(service: str) -> type[ServiceSettings]:
    module = import_module(f"{package(service).name}.settings")
    (found,) = [
        each
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, ServiceSettings) and each is not ServiceSettings
    ]
    return found


def test_no_service_takes_anothers_variable_for_a_slip() -> None:
    """Services share environments: what one is set with, and what compose and tests name, is no misspelling to another."""
    settings: list[type[ServiceSettings]] = [ServiceSettings, *map(settings_of, SERVICES)]
    named = {PREFIX + name.upper() for each in settings for name in each.model_fields}
    for path in [ROOT / "docker-compose.yml", ROOT / ".env.example", *ROOT.glob("libs/testkit/src/**/*.py")]:
        named |= set(re.findall(rf"{PREFIX}[A-Z_]*[A-Z]", path.read_text()))
    assert {f"{PREFIX}MODEL_TIMEOUT_S", f"{PREFIX}AUDIT_PASSWORD"} <= named
    assert [slip for each in settings for slip in slips(each, named)] == []


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_the_rooms_every_service_has(service: str) -> None:
    """Who knows one service knows them all."""
    rooms = ROOMS if service in WITHOUT_STORE else ROOMS + STORE_ROOMS
    there = {path.stem for path in package(service).iterdir()}
    assert [room for room in rooms if room not in there] == []


def bodies(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Name and normalised body of each function that is long enough to be called a copy."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        body = node.body[1:] if ast.get_docstring(node) is not None else node.body
        statements = [each for part in body for each in ast.walk(part) if isinstance(each, ast.stmt)]
        if len(statements) >= SHORTEST_COPY:
            yield node.name, "\n".join(ast.dump(part) for part in body)


def copies(sources: dict[str, str]) -> list[list[str]]:
    """Functions with one body in several members: `{member/module: code}` in, groups of places out."""
    places: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for place, code in sources.items():
        for name, body in bodies(ast.parse(code)):
            places[body].append((place.split("/")[1], f"{place}:{name}"))
    return [
        [where for _, where in found] for found in places.values() if len({member for member, _ in found}) > 1
    ]


def test_no_function_is_copied_from_one_member_to_another() -> None:
    """What two services need lives in a library."""
    assert copies({path.relative_to(ROOT).as_posix(): path.read_text() for path in SOURCES}) == []


def test_the_search_finds_a_copy() -> None:
    """The test above can fail; a docstring or another name does not hide a copy."""
    one = "def f(a):\n" + "".join(f"    x{n} = a + {n}\n" for n in range(6))
    other = 'def g(a):\n    """Another."""\n' + "".join(f"    x{n} = a + {n}\n" for n in range(6))
    assert len(copies({"services/a/x.py": one, "services/b/y.py": other})) == 1
    assert copies({"services/a/x.py": one, "services/a/y.py": other}) == []


def broad_excepts(tree: ast.AST) -> list[int]:
    """Lines that catch everything and do not raise again."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or getattr(node.type, "id", "") in {"Exception", "BaseException"})
        and not any(isinstance(each, ast.Raise) for each in ast.walk(node))
    ]


def test_only_the_runtime_catches_everything() -> None:
    """Elsewhere an unforeseen error reaches the boundary, which parks the record or ends the process."""
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in SOURCES
        if not path.relative_to(ROOT).as_posix().startswith(tuple(MAY_CATCH_ALL))
        for line in broad_excepts(ast.parse(path.read_text()))
    ]
    assert found == []


@pytest.mark.parametrize("caught", ["except:", "except Exception:", "except BaseException as e:"])
def test_the_search_finds_a_broad_except(caught: str) -> None:
    """The test above can fail, and lets pass what raises again."""
    assert broad_excepts(ast.parse(f"try:\n    f()\n{caught}\n    pass"))
    assert not broad_excepts(ast.parse(f"try:\n    f()\n{caught}\n    g()\n    raise"))


def test_no_resource_opens_only_once() -> None:
    """A service waits for what it needs: what `app.build` makes can be opened again, as a generator's context cannot."""
    once = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        if path.name == "app.py" and "asynccontextmanager" in path.read_text()
    ]
    assert once == []


def test_modules_and_functions_stay_short() -> None:
    """One subject per module, one thought per function."""
    long = [
        f"{path.relative_to(ROOT)}"
        for path in SOURCES
        if sum(map(bool, path.read_text().splitlines())) > LONGEST_MODULE
    ]
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > LONGEST_FUNCTION:
                    long.append(f"{path.relative_to(ROOT)}:{node.name} ({length} lines)")
    assert long == []


def test_every_test_says_which_promise_it_keeps() -> None:
    """A test's docstring is the sentence that breaks when it fails."""
    silent = [
        f"{path.relative_to(ROOT)}:{node.name}"
        for path in [*ROOT.glob("libs/*/tests/**/test_*.py"), *ROOT.glob("services/*/tests/**/test_*.py"),
                     *ROOT.glob("tests/**/test_*.py")]
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]  # fmt: skip
    assert silent == []


def test_lint_keeps_the_import_contracts() -> None:
    """`make lint` runs import-linter, whose contracts stand in pyproject.toml."""
    assert "lint-imports" in (ROOT / "Makefile").read_text()
