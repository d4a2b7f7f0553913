"""What console scripts say when a user or a dependency is at fault."""

import argparse
import io
import json
import sys
from datetime import UTC, datetime
from typing import Any

import pytest

from bowchat_runtime.cli import TEXT_LINE, Command, pipe, run
from bowchat_runtime.errors import DependencyDownError


def failing(text: str) -> Command:
    def fail(_: Any) -> int:
        raise DependencyDownError(text)

    return Command("fail", fail)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "the database does not answer",
            "x: the database at db:27017 does not answer. Start it, or correct BOWCHAT_MONGO_URI\n",
        ),
        (
            "the Kafka broker does not answer",
            "x: the Kafka broker at broker:9092 does not answer. Start it, or correct the BOWCHAT_KAFKA_ variables\n",
        ),
        ("the provider of files does not answer", "x: the provider of files does not answer\n"),
    ],
)
def test_who_is_away_is_who_the_advice_is_about(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    """Nobody is sent to look at Kafka's settings when the database is away; all are told where it was looked for."""
    monkeypatch.setenv("BOWCHAT_MONGO_URI", "mongodb://relay:word@db:27017/?replicaSet=rs0")
    monkeypatch.setenv("BOWCHAT_KAFKA_BOOTSTRAP", "broker:9092")
    monkeypatch.setattr(sys, "argv", ["x", "fail"])
    assert run("x", "a script", serve=lambda: None, commands={"fail": failing(text)}) == 2
    assert capsys.readouterr().err == said


def first(given: dict[str, Any]) -> dict[str, Any]:
    """The first moment of all, where a zone may lead out of what can be reckoned with."""
    return {"at": datetime.fromisoformat(given["at"]).astimezone(UTC)}


@pytest.mark.parametrize(
    "line",
    ["my car broke down\n", "[]\n", '{"n": ' + 5_000 * "9" + "}\n", '{"at": "0001-01-01T00:00+14:00"}\n'],
)
def test_a_line_of_another_form_is_told_the_right_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    """Whoever pipes plain text into a command of texts is shown what a line looks like."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(line.encode())))
    assert pipe(first, TEXT_LINE) == 1
    assert json.loads(capsys.readouterr().out)["error"].endswith('; write {"text": "…"}')


class Keyboard(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


def test_who_is_at_the_keyboard_is_told_what_to_type(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A command that waits for lines says so where a person would wait for it; beside what it answers."""
    monkeypatch.setattr(sys, "stdin", Keyboard(io.BytesIO(b"")))
    assert pipe(first, TEXT_LINE) == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", 'Type lines like {"text": "…"}, and end them with Ctrl-D:\n')
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    assert pipe(first, TEXT_LINE) == 0
    assert capsys.readouterr().err == ""


def nested(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list").add_argument("--all", action="store_true")


@pytest.mark.parametrize(
    ("typed", "usage"),
    [
        (["held", "list", "--every"], "x held list [-h] [--all]"),
        (["fail", "--every"], "x fail [-h]"),
        (["fail", "--every", "day"], "x fail [-h]"),
        (["serve", "--every"], "x serve [-h]"),
        (["--every"], "x [-h] COMMAND ..."),
    ],
)
def test_an_unknown_option_is_told_of_its_own_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], typed: list[str], usage: str
) -> None:
    """Who mistypes an option sees which ones the command has that they typed it for, and what explains them."""
    commands = {"fail": failing("x"), "held": Command("look", lambda _: 0, nested)}
    monkeypatch.setattr(sys, "argv", ["x", *typed])
    with pytest.raises(SystemExit) as ended:
        run("x", "a script", serve=lambda: None, commands=commands)
    assert ended.value.code == 2
    prog = usage.partition(" [")[0]
    said = (
        f"{prog}: error: {' '.join(typed[typed.index('--every') :])} is not known here; see {prog} --help\n"
    )
    assert capsys.readouterr().err == f"usage: {usage}\n{said}"


def test_a_known_option_is_taken_where_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command within a command still has its options."""
    given: list[argparse.Namespace] = []

    def look(arguments: argparse.Namespace) -> int:
        given.append(arguments)
        return 0

    command = Command("look", look, nested)
    monkeypatch.setattr(sys, "argv", ["x", "held", "list", "--all"])
    assert run("x", "a script", serve=lambda: None, commands={"held": command}) == 0
    assert [(each.command, each.action, each.all) for each in given] == [("held", "list", True)]
