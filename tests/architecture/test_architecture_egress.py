"""One door to an insurer: what leaves is built in one function, from a proof that only the guard makes."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MASKER = ROOT / "services/masker/src/bowchat_masker"
DOOR, GUARD = MASKER / "egress.py", MASKER / "guard/clearance.py"
FILES = sorted(MASKER.glob("**/*.py"))


def names(tree: ast.AST) -> set[str]:
    return {
        each.id if isinstance(each, ast.Name) else each.attr
        for each in ast.walk(tree)
        if isinstance(each, ast.Name | ast.Attribute)
    } | {alias.name for each in ast.walk(tree) if isinstance(each, ast.ImportFrom) for alias in each.names}


def calls(tree: ast.AST, name: str) -> list[ast.Call]:
    return [
        each
        for each in ast.walk(tree)
        if isinstance(each, ast.Call) and getattr(each.func, "id", getattr(each.func, "attr", "")) == name
    ]


def spells_a_topic(tree: ast.AST) -> bool:
    return any(
        isinstance(each, ast.Constant) and isinstance(each.value, str) and each.value.startswith("insurer.")
        for each in ast.walk(tree)
    )


def test_one_module_knows_an_insurers_topic() -> None:
    """Nothing of the masker but the door names the topic that an insurer reads, by constant or by text."""
    knowing = {path for path in FILES if "INSURER_MESSAGES" in names(ast.parse(path.read_text()))}
    assert knowing == {DOOR}
    assert not [path for path in FILES if spells_a_topic(ast.parse(path.read_text()))]


def test_the_door_opens_to_a_proof_alone() -> None:
    """The door builds a record in one place: the function that takes a `Cleared`."""
    tree = ast.parse(DOOR.read_text())
    (built,) = calls(tree, "Outgoing")
    leave = next(each for each in tree.body if isinstance(each, ast.FunctionDef) and each.name == "leave")
    assert built in ast.walk(leave)
    assert [ast.unparse(each.annotation) for each in leave.args.args if each.annotation] == ["Cleared"]


def test_only_the_guard_makes_the_proof() -> None:
    """Nobody else calls for a `Cleared` or reaches for the permit it takes."""
    makers = {path for path in FILES if calls(ast.parse(path.read_text()), "Cleared")}
    assert makers == {GUARD}
    assert {path for path in FILES if "_PERMIT" in names(ast.parse(path.read_text()))} == {GUARD}


@pytest.mark.parametrize("code", ["topics.INSURER_MESSAGES", "from x import INSURER_MESSAGES"])
def test_the_search_finds_a_name(code: str) -> None:
    """The tests above can fail: by a name."""
    assert "INSURER_MESSAGES" in names(ast.parse(code))


def test_the_search_finds_calls_and_texts() -> None:
    """The tests above can fail: by a call, and by a topic spelled out."""
    assert calls(ast.parse("guard.Cleared(draft, object())"), "Cleared")
    assert spells_a_topic(ast.parse("topic = f'insurer.{x}.messages'"))
