"""Keys change hands step by step: what was locked before, during and after opens; then the former key opens nothing."""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bowchat_runtime import keys
from bowchat_runtime.errors import SettingsError
from bowchat_runtime.key_ring import KeyRing, key_id, parse_ring
from bowchat_runtime.keys import init
from bowchat_runtime.rotation import KINDS, STEPS, listed, step
from bowchat_runtime.seal import Opener, SealBrokenError, Sealer
from bowchat_runtime.settings import ServiceSettings, load


def opens(opener: Opener, sealed: str) -> bool:
    try:
        return opener.open(sealed, "here") == b"asha"
    except SealBrokenError:
        return False


class Installation:
    """Services that run while their keys change: made once, from the files of the moment."""

    def __init__(self, directory: Path) -> None:
        init(directory, ())
        self.directory = directory
        of = {
            name: load(ServiceSettings, secrets=directory / name)
            for name in ("ingest", "masker", "dispatcher")
        }
        self.masker = Opener(of["masker"].watched("identity.private.json"))
        self.dispatcher = Opener(of["dispatcher"].watched("identity.private.json"))
        self.sealers = (Sealer(of["ingest"].watched("identity.public.json")), self.masker.sealer())
        self.kek = of["masker"].key_ring("kek.key")

    def sealed(self) -> list[str]:
        return [each.seal(b"asha", "here") for each in self.sealers]

    def opened(self, seals: list[str]) -> list[bool]:
        return [opens(who, each) for each in seals for who in (self.masker, self.dispatcher)]


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(tmp_path)


def test_seals_open_through_a_whole_rotation_and_old_ones_no_more_after_it(
    installation: Installation,
) -> None:
    """Nothing that ingest or the masker sealed is unreadable to anybody at any step, without a restart; after `retire`, only
    what was sealed with the new key opens.
    """
    old, new = installation.sealed(), []
    for name in ("rotate", "promote"):
        step(installation.directory, "identity", name)
        new = installation.sealed()
        assert all(installation.opened(old + new))
        if name == "rotate":
            old += new
    step(installation.directory, "identity", "retire")
    assert all(installation.opened(new + installation.sealed()))
    assert not any(installation.opened(old))


def test_no_service_seals_with_a_key_that_another_may_not_know_yet(installation: Installation) -> None:
    """After `rotate` and before `promote`, whoever has the files of before still opens everything."""
    behind = Opener((installation.directory / "dispatcher/identity.private.json").read_bytes())
    step(installation.directory, "identity", "rotate")
    assert all(opens(behind, each) for each in installation.sealed())


def test_a_service_that_runs_sees_each_step_of_a_ring(installation: Installation) -> None:
    """The key in use changes with `promote` alone; the other one stays in force until `retire`."""
    first = installation.kek().primary
    step(installation.directory, "kek", "rotate")
    assert installation.kek().primary == first
    (second,) = installation.kek().others
    step(installation.directory, "kek", "promote")
    assert installation.kek() == KeyRing(second, (first,))
    step(installation.directory, "kek", "retire")
    assert installation.kek() == KeyRing(second)


@given(kind=st.sampled_from(KINDS), steps=st.lists(st.sampled_from(STEPS), max_size=8))
def test_steps_are_taken_in_their_order_alone(
    tmp_path_factory: pytest.TempPathFactory, kind: str, steps: list[str]
) -> None:
    """In whatever order asked, a key is first known, then used, then the former one goes; others change nothing."""
    directory = tmp_path_factory.mktemp("keys")
    init(directory, ())
    state = 0
    for name in steps:
        before = listed(directory, kind)
        if STEPS[state] == name:
            step(directory, kind, name)
            state = (state + 1) % 3
        else:
            with pytest.raises(SettingsError):
                step(directory, kind, name)
            assert listed(directory, kind) == before
        states = [word for _, word in listed(directory, kind)]
        assert states == [["in use"], ["next", "in use"], ["in use", "former"]][state]
    shutil.rmtree(directory)


def test_a_step_cut_short_is_finished_by_the_next_command(installation: Installation) -> None:
    """The dispatcher's and ingest's files are brought in line with the masker's before anything else is done."""
    directory = installation.directory
    behind = directory / "dispatcher/identity.private.json"
    content = behind.read_text()
    step(directory, "identity", "rotate")
    behind.write_text(content)
    step(directory, "identity", "promote")
    assert all(installation.opened(installation.sealed()))


def test_rights_of_a_file_stay_and_nothing_else_is_left(installation: Installation) -> None:
    """A key is never readable to more accounts than before, and no half-written file remains."""
    before = sorted(path.name for path in (installation.directory / "masker").iterdir())
    step(installation.directory, "kek", "rotate")
    assert (installation.directory / "masker/kek.key").stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in (installation.directory / "masker").iterdir()) == before


@pytest.mark.parametrize(
    "spoil", [Path.unlink, lambda path: path.write_text("half a key"), lambda path: path.write_text("")]
)
def test_a_file_that_is_of_no_use_changes_nothing(
    installation: Installation, spoil: Callable[[Path], object]
) -> None:
    """A service that runs keeps the keys it has; the file that takes its place counts again."""
    path, ring = installation.directory / "masker/kek.key", installation.kek()
    spoil(path)
    assert installation.kek() == ring
    path.write_text("7" * 43 + "=")
    os.utime(path, ns=(1, 1))
    assert installation.kek() != ring


@pytest.mark.parametrize("content", [b"", b"c2hvcnQ=", b"\xff", b"next:" + b"A" * 43 + b"="])
def test_a_ring_without_a_key_to_use_is_refused(content: bytes) -> None:
    """A service does not start without a key."""
    with pytest.raises(SettingsError):
        parse_ring(content)


def test_the_command_shows_ids_and_never_a_key(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What an operator's terminal keeps opens nothing; a step out of turn is said in words."""
    directory = str(installation.directory)
    kek = installation.kek().primary

    def run(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["bowchat-keys", *arguments])
        return keys.main()

    assert run("rotate", directory, "kek") == run("list", directory) == 0
    assert run("retire", directory, "kek") == 1
    told = capsys.readouterr()
    assert f"kek       {key_id(kek)}  in use" in told.out
    assert "promote" in told.err
    for line in (installation.directory / "masker/kek.key").read_text().split():
        assert line.removeprefix("next:") not in told.out + told.err + repr(installation.kek())
