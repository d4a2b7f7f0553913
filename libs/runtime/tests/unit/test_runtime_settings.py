"""Settings and secrets: a mistake stops the start and says what to do."""

from pathlib import Path

import pytest
from pydantic import Field

from bowchat_runtime.errors import SettingsError
from bowchat_runtime.keys import init
from bowchat_runtime.seal import Opener, SealBrokenError, Sealer
from bowchat_runtime.settings import ServiceSettings, load


def test_a_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names every wrong variable, so that nobody has to guess."""
    monkeypatch.setenv("BOWCHAT_HTTP_PORT", "many")
    monkeypatch.setenv("BOWCHAT_LOG_LEVEL", "LOUD")
    with pytest.raises(SettingsError, match=r"BOWCHAT_HTTP_PORT[\s\S]*BOWCHAT_LOG_LEVEL"):
        load(ServiceSettings)


class ListSettings(ServiceSettings):
    """Settings of which one takes several values, and others a number and a yes or no."""

    hosts: tuple[str, ...] = ("a.example",)
    wait_s: float = Field(1, gt=0)
    open_doors: bool = False


@pytest.mark.parametrize(
    ("variable", "value", "right"),
    [
        ("BOWCHAT_HTTP_PORT", "many", "give a whole number"),
        ("BOWCHAT_HTTP_PORT", "70000", "give a number of at most 65535"),
        ("BOWCHAT_HTTP_PORT", "-1", "give a number of at least 0"),
        ("BOWCHAT_LOG_LEVEL", "info", "give one of 'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
        ("BOWCHAT_HOSTS", "a.example,b.example", "give a list in JSON, with its brackets"),
        ("BOWCHAT_HOSTS", "7", "give a list in JSON, with its brackets"),
        ("BOWCHAT_WAIT_S", "soon", "give a number"),
        ("BOWCHAT_OPEN_DOORS", "maybe", "give true or false"),
    ],
)
def test_what_would_be_right_is_said(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, right: str
) -> None:
    """Whoever starts a service knows nothing of the library that reads its variables, nor of a traceback of it."""
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as caught:
        load(ListSettings)
    assert str(caught.value) == f"cannot start with these settings:\n  {variable}: {right}"


def test_a_list_is_read_from_json(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several values stand in one variable, and several wrong ones are told at once."""
    monkeypatch.setenv("BOWCHAT_HOSTS", '["a.example", "b.example"]')
    assert load(ListSettings).hosts == ("a.example", "b.example")


def test_a_misspelt_variable_is_warned_of(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A slip in a name does not pass in silence: one line says what was meant, never the value, and no pipe gets it."""
    monkeypatch.setenv("BOWCHAT_LOGLEVEL", "DEBUG")
    monkeypatch.setenv("BOWCHAT_MEDIA_HOSTS", "of another service")
    load(ServiceSettings)
    said = capsys.readouterr()
    assert said.err == "BOWCHAT_LOGLEVEL is no setting and is ignored; did you mean BOWCHAT_LOG_LEVEL?\n"
    assert said.out == ""


def test_a_missing_secret_names_its_file_and_the_variable(tmp_path: Path) -> None:
    """A missing or bad secret file is named, with the command that makes one."""
    settings = load(ServiceSettings, secrets=tmp_path)
    with pytest.raises(SettingsError, match=r"ref\.key.*BOWCHAT_SECRETS"):
        settings.key("ref.key")
    (tmp_path / "ref.key").write_text("c2hvcnQ=")
    with pytest.raises(SettingsError, match="32 bytes in base64"):
        settings.key("ref.key")


def test_a_folder_above_the_right_one_is_told_which_it_means(tmp_path: Path) -> None:
    """Whoever names the folder of all secrets instead of one service's learns which of its folders have the file."""
    for service in ("ingest", "masker", "dispatcher"):
        (tmp_path / service).mkdir()
    for service in ("masker", "dispatcher"):
        (tmp_path / service / "identity.private.json").write_text("{}")
    with pytest.raises(SettingsError) as caught:
        load(ServiceSettings, secrets=tmp_path).secret("identity.private.json")
    assert str(caught.value) == (
        f"the secret file {tmp_path}/identity.private.json cannot be read (No such file or directory). BOWCHAT_SECRETS "
        f"names the folder of one service, and the file is in {tmp_path}/dispatcher, {tmp_path}/masker"
    )


def test_a_missing_key_ring_is_named_once_and_both_ways_out_are_told(tmp_path: Path) -> None:
    """Who runs an installation with keys is told to find them; only who has none, to make them."""
    settings = load(ServiceSettings, secrets=tmp_path)
    with pytest.raises(SettingsError) as caught:
        settings.key_ring("ref.key")
    said = str(caught.value)
    assert said.count(str(tmp_path)) == 1
    assert "put the file there; a new installation" in said
    assert "bowchat-keys init" in said
    (tmp_path / "ref.key").write_text("c2hvcnQ=")
    with pytest.raises(SettingsError, match=r"ref\.key: each line of a key file must hold"):
        settings.key_ring("ref.key")


def test_keys_are_made_once_and_agree_between_services(tmp_path: Path) -> None:
    """`init` completes what is missing and changes nothing that is there; shared secrets are the same in both folders; a
    second line may be added to each file.
    """
    made = init(tmp_path, ("acme",))
    assert all(path.read_text().endswith("\n") for path in made)
    assert init(tmp_path, ("acme",)) == []
    before = {path: path.read_bytes() for path in made}
    assert [path.name for path in init(tmp_path, ("acme", "bharat"))] == ["bharat.secret", "bharat.secret"]
    assert before == {path: path.read_bytes() for path in made}
    for shared in ("message.key", "insurers/acme.secret"):
        assert (tmp_path / "ingest" / shared).read_bytes() == (tmp_path / "dispatcher" / shared).read_bytes()
    assert all(path.stat().st_mode & 0o077 == 0 for path in made)


def test_a_seal_opens_only_with_its_keys_and_context(tmp_path: Path) -> None:
    """What ingest locks, only masker and dispatcher open, and only as what it was sealed for."""
    init(tmp_path, ())
    init(tmp_path / "other", ())
    sealer = Sealer((tmp_path / "ingest/identity.public.json").read_bytes())
    opener = Opener((tmp_path / "dispatcher/identity.private.json").read_bytes())
    stranger = Opener((tmp_path / "other/masker/identity.private.json").read_bytes())
    sealed = sealer.seal(b"447700900101", "inbound:one")
    assert opener.open(sealed, "inbound:one") == b"447700900101"
    assert opener.open(opener.sealer().seal(b"x", "c"), "c") == b"x"
    for who, what, context in (
        (opener, sealed, "inbound:two"),
        (stranger, sealed, "inbound:one"),
        (opener, "no", "c"),
    ):
        with pytest.raises(SealBrokenError):
            who.open(what, context)
