"""What `parked list` says to people."""

import argparse
from datetime import UTC, datetime
from typing import Any

import pytest

from bowchat_contracts.parking import RecordParked
from bowchat_runtime import parked_cli

EVENT = RecordParked(
    park_id="pk_x", topic="t", partition=0, offset=1, key="a", headers=(), value="", reason="broken",
    parked_at=datetime(2026, 1, 1, tzinfo=UTC),
)  # fmt: skip


@pytest.mark.parametrize("waiting", [[], [EVENT]])
def test_an_empty_list_says_so_beside_the_pipe(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], waiting: list[RecordParked]
) -> None:
    """Whoever looks is told that there is nothing; whoever reads the pipe gets no line for it."""

    async def outstanding(*_: Any) -> list[RecordParked]:
        return waiting

    monkeypatch.setattr(parked_cli, "outstanding", outstanding)
    command = parked_cli.parked_command("router")
    assert command.run(argparse.Namespace(action="list")) == 0
    said = capsys.readouterr()
    assert len(said.out.splitlines()) == len(waiting)
    assert said.err == ("" if waiting else "nothing is parked\n")
