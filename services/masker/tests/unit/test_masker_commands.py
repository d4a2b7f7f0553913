"""The command line of the masker."""

import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_masker.__main__ import main
from bowchat_masker.app import build
from bowchat_masker.commands import masker, read_known
from bowchat_masker.settings import MaskerSettings
from bowchat_runtime.errors import SettingsError
from bowchat_runtime.keys import init
from bowchat_runtime.testing import MemoryPublisher


def run(monkeypatch: pytest.MonkeyPatch, capsys: Any, lines: str, *arguments: str) -> tuple[int, list[Any]]:
    monkeypatch.setattr(sys, "argv", ["bowchat-masker", *arguments])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines.encode())))
    with pytest.raises(SystemExit) as exit_:
        main()
    return int(exit_.value.code or 0), [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_mask_answers_line_by_line(monkeypatch: Any, capsys: Any, tmp_path: Path) -> None:
    """One line out per line in; places are those of the original text; an error is on its own line and in the code."""
    known = tmp_path / "known"
    known.write_text('{"number": "+44 7700 900123", "name": "Asha Testperson"}\n')
    lines = (
        '{"text": "hi"}\n{"text": "call 9876543210"}\n{"text": "I am asha testperson"}\nnonsense\n{"no": 1}\n'
    )
    code, out = run(monkeypatch, capsys, lines, "mask", "--region", "IN", "--known", str(known))
    assert code == 1
    assert out[0] == {"text": "hi", "findings": [], "verdict": "allow"}
    assert out[1] == {
        "text": "call [phone-1]",
        "findings": [{"type": "phone", "start": 5, "end": 15}],
        "verdict": "mask",
    }
    assert out[2] == {"text": "", "findings": [], "verdict": "quarantine"}
    assert [list(each) for each in out[3:]] == [["error"], ["error"]]


def test_a_text_too_long_is_quarantined() -> None:
    """What the service would hold, the command says it would hold."""
    assert masker(MaskingPolicy(regions=("IN",)), ())({"text": "x" * 70_000})["verdict"] == "quarantine"


def test_a_bad_known_file_names_its_line(tmp_path: Path) -> None:
    """A user's mistake is told with file and line, not with the content."""
    path = tmp_path / "known"
    path.write_text('{"number": "447700900123"}\n\nwrong 447700900123\n')
    with pytest.raises(SettingsError, match=r"known:3 is not") as error:
        read_known(path)
    assert "wrong" not in str(error.value)
    with pytest.raises(SettingsError, match="cannot be read"):
        read_known(tmp_path / "absent")


def test_unfreeze_needs_the_database(monkeypatch: Any, capsys: Any) -> None:
    """With the store in memory there is nothing to unfreeze from outside; the text names the variable."""
    monkeypatch.setitem(os.environ, "BOWCHAT_STORE", "memory")
    monkeypatch.setattr(sys, "argv", ["bowchat-masker", "unfreeze", "ct_x"])
    with pytest.raises(SystemExit) as exit_:
        main()
    assert exit_.value.code == 2
    assert "BOWCHAT_STORE" in capsys.readouterr().err


def test_the_service_is_built_from_development_keys(tmp_path: Path) -> None:
    """The files that `bowchat-keys` makes are those that the masker reads; without them the start says which is missing."""
    init(tmp_path, ())
    settings = MaskerSettings(store="memory", secrets=tmp_path / "masker")
    service = build(settings, publisher=MemoryPublisher())
    assert [each.name for each in service.subscriptions] == ["inbound", "replies", "conversations", "held"]
    with pytest.raises(SettingsError, match=r"identity\.private\.json"):
        build(MaskerSettings(store="memory", secrets=tmp_path / "absent"), publisher=MemoryPublisher())
