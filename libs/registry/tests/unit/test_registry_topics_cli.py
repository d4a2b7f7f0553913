"""`bowchat-topics` prints what a registry needs, or what is wrong with it."""

from pathlib import Path

import pytest

from bowchat_contracts.topics import topic_names
from bowchat_registry.topics_cli import main

EXAMPLE = Path(__file__).parents[4] / "registry"


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int | str | None:
    monkeypatch.setattr("sys.argv", ["bowchat-topics", *arguments])
    try:
        main()
    except SystemExit as end:
        return end.code
    return 0


def test_list_prints_every_topic(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """One topic a line, those of each insurer among them."""
    assert run(monkeypatch, "list", "--registry", str(EXAMPLE)) == 0
    expected = topic_names(("acme-motor", "bharat-health", "coast-life"))
    assert capsys.readouterr().out.splitlines() == list(expected)


def test_check_says_good(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A good registry is counted."""
    assert run(monkeypatch, "check", "--registry", str(EXAMPLE)) == 0
    assert "good (3 insurers, 19 rules, 7 policies)" in capsys.readouterr().out


def test_the_registry_may_be_named_by_the_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """BOWCHAT_REGISTRY serves where --registry is left out; with neither, the option is asked for."""
    monkeypatch.delenv("BOWCHAT_REGISTRY", raising=False)
    assert run(monkeypatch, "check") == 2
    assert "--registry" in capsys.readouterr().err
    monkeypatch.setenv("BOWCHAT_REGISTRY", str(EXAMPLE))
    assert run(monkeypatch, "check") == 0
    assert capsys.readouterr().out.startswith(str(EXAMPLE))


def test_check_names_problems(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A bad one is exit code 2 and one line per problem on standard error."""
    assert run(monkeypatch, "check", "--registry", str(tmp_path)) == 2
    assert "rules.yaml:1: file: cannot be read" in capsys.readouterr().err


def test_an_absent_broker_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No traceback: which broker does not answer, and what to do."""
    code = run(monkeypatch, "apply", "--registry", str(EXAMPLE), "--bootstrap", "127.0.0.1:1")
    assert code == 2
    assert "127.0.0.1:1 does not answer" in capsys.readouterr().err
