"""`bowchat-masker mask`: texts in, what an insurer would see out."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_masker.__main__ import main
from bowchat_masker.known_file import read_known
from bowchat_masker.mask_command import chosen_policy, masker
from bowchat_runtime.errors import SettingsError


class Shell:
    """Runs the console script in this process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def mask(self, lines: str, *arguments: str) -> tuple[int, list[dict[str, Any]], str]:
        self._monkeypatch.setattr(sys, "argv", ["bowchat-masker", "mask", *arguments])
        self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines.encode())))
        with pytest.raises(SystemExit) as exit_:
            main()
        said = self._capsys.readouterr()
        return int(exit_.value.code or 0), [json.loads(line) for line in said.out.splitlines()], said.err


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(monkeypatch, capsys)


def test_one_line_out_for_each_line_in(shell: Shell) -> None:
    """Places are those of the original text; an error stands on its own line and in the exit code."""
    code, out, _ = shell.mask(
        '{"text": "hi"}\n{"text": "call \u200b9999900123"}\nnonsense\n{"no": 1}\n[]\n{"text": "bye"}\n'
    )
    assert code == 1
    assert out[0] == {"text": "hi", "findings": [], "verdict": "allow"}
    assert out[1]["text"] == "call \u200b[phone-1]"
    assert out[1]["findings"] == [{"type": "phone", "start": 6, "end": 16}]
    assert out[1]["verdict"] == "mask"
    assert [list(each) for each in out[2:5]] == [["error"], ["error"], ["error"]]
    assert out[5]["verdict"] == "allow"


def test_an_error_never_quotes_the_line(shell: Shell) -> None:
    """What cannot be read may hold anything, so it is not repeated."""
    _, out, _ = shell.mask('{"text": 9999900123}\n{"text": "9999900123\n')
    assert "99999" not in json.dumps(out)


def test_a_known_person_is_quarantined_masked_or_not(shell: Shell, tmp_path: Path) -> None:
    """A text with anything of a known person in it comes back empty, whatever the detectors made of it."""
    known = tmp_path / "known"
    known.write_text(
        '{"number": "+44 7700 900123", "name": "Asha Testperson"}\n\n{"email": "asha@example.com"}\n'
    )
    lines = "".join(
        json.dumps({"text": text}) + "\n"
        for text in (
            "I am asha testperson",
            "call 07700 900123",
            "321009 0077 backwards",
            "asha@example.com",
            "call +1 212 555 0142",
        )
    )
    code, out, _ = shell.mask(lines, "--region", "GB", "--known", str(known))
    assert code == 0
    assert [each["verdict"] for each in out] == [*["quarantine"] * 4, "mask"]
    assert [each["text"] for each in out[:4]] == [""] * 4


def test_a_text_too_long_is_quarantined() -> None:
    """What the service would hold, the command says it would hold."""
    assert masker(MaskingPolicy())({"text": "x" * 70_000})["verdict"] == "quarantine"


def test_several_regions_and_a_policy(shell: Shell, tmp_path: Path) -> None:
    """An agreement of the registry, its masking section, or the same as JSON: all are a policy; regions go before it."""
    agreement = tmp_path / "agreement.yaml"
    agreement.write_text("endpoint: {}\nmasking:\n  regions: [GB]\n  location: withhold\n")
    section = tmp_path / "policy.json"
    section.write_text('{"regions": ["US", "IN"]}')
    assert chosen_policy(agreement, None).location == "withhold"
    assert chosen_policy(section, None).regions == ("US", "IN")
    assert chosen_policy(agreement, ["in", "GB,ES"]).regions == ("IN", "GB", "ES")
    assert chosen_policy(None, None) == MaskingPolicy()
    code, out, _ = shell.mask('{"text": "hi"}\n', "--region", "GB", "IN", "--policy", str(agreement))
    assert (code, out[0]["verdict"]) == (0, "allow")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("regions: []", "regions"),
        ("regions: [XX]", "XX is not a country"),
        ("location: exact", "choose one of: coarse, withhold"),
        ("alias_days: soon", "give a whole number"),
        ("colour: blue", "colour"),
        ("- a", "mapping"),
        ("a: [", "line 1"),
    ],
)
def test_a_bad_policy_is_one_clear_line(shell: Shell, tmp_path: Path, content: str, says: str) -> None:
    """A user's mistake ends the command before the first text, with code 2 and the field."""
    path = tmp_path / "policy.yaml"
    path.write_text(content)
    code, out, err = shell.mask('{"text": "hi"}\n', "--policy", str(path))
    assert (code, out) == (2, [])
    assert says in err
    assert len(err.splitlines()) == 1


def test_a_bad_region_is_told(shell: Shell) -> None:
    """A country that does not exist would read no number at all."""
    code, _, err = shell.mask('{"text": "hi"}\n', "--region", "UK")
    assert code == 2
    assert "UK is not a country" in err


def test_a_bad_known_file_names_its_line(tmp_path: Path) -> None:
    """A user's mistake is told with file and line, not with the content."""
    path = tmp_path / "known"
    path.write_text('{"number": "447700900123"}\n\nwrong 447700900123\n')
    with pytest.raises(SettingsError, match=r"known:3 is not") as error:
        read_known(path)
    assert "wrong" not in str(error.value)
    with pytest.raises(SettingsError, match="cannot be read: No such file"):
        read_known(tmp_path / "absent")


@pytest.mark.parametrize(
    ("line", "says"),
    [('{"nam": "Casey"}', "nam: there is no such field"), ('{"number": "07700 900123"}', "country code")],
)
def test_nobody_is_known_by_a_slip(tmp_path: Path, line: str, says: str) -> None:
    """A field that is none, or a number without its country, would recognise nobody: it is refused."""
    path = tmp_path / "known"
    path.write_text(line)
    with pytest.raises(SettingsError, match=says):
        read_known(path)


def test_a_line_without_a_text_says_what_to_write(shell: Shell) -> None:
    """In words, not in Python's."""
    _, out, _ = shell.mask('{"txt": "x"}\n{"text": 5}\n')
    assert [each["error"] for each in out] == ['each line must have a text; write {"text": "…"}'] * 2


def test_an_answer_comes_before_the_next_line_is_asked_for() -> None:
    """Streaming: a program at the other end of the pipe can talk to it line by line."""
    command = [sys.executable, "-m", "bowchat_masker", "mask"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for text in ("one", "two"):
            process.stdin.write(json.dumps({"text": text}) + "\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["text"] == text
        process.stdin.close()
        assert process.wait(60) == 0


def test_it_needs_neither_service_nor_network() -> None:
    """Masking by hand loads no broker, database or web server: it works where none of them is, and starts at once."""
    code = (
        "import sys, bowchat_masker.__main__\n"
        "print([each for each in ('aiokafka', 'motor', 'uvicorn', 'faststream', 'httpx') if each in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


def test_a_policy_that_is_not_there_is_told_in_words(shell: Shell) -> None:
    """Which file, why, and what to correct; no name of an error of ours."""
    code, _, said = shell.mask("", "--policy", "nosuch.yaml")
    assert code == 2
    assert (
        said == "bowchat-masker: nosuch.yaml cannot be read (No such file or directory); correct --policy\n"
    )
