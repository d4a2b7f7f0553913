"""The command line of the masker."""

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from bowchat_masker.__main__ import main
from bowchat_masker.app import build
from bowchat_masker.settings import MaskerSettings
from bowchat_runtime.errors import SettingsError
from bowchat_runtime.keys import init
from bowchat_runtime.testing import MemoryPublisher


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
    names = {each.name for each in service.subscriptions}
    assert names >= {"inbound", "replies", "conversations", "held", "reveals", "consents"}
    with pytest.raises(SettingsError, match=r"identity\.private\.json"):
        build(MaskerSettings(store="memory", secrets=tmp_path / "absent"), publisher=MemoryPublisher())
