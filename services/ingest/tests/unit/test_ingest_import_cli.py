"""What `bowchat-ingest import` says of what became of a file."""

import argparse
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from bowchat_ingest.import_cli import import_options, run_import

Import = Callable[..., int]
HEADER = "policy_number,insurer,policy_type"


@pytest.fixture
def imports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Import:
    """Imports these rows into an ingest that refuses every part with a row `bad`."""

    def answer(request: httpx.Request) -> httpx.Response:
        if b"bad" in request.content:
            return httpx.Response(
                400, json={"error": "1 field is wrong", "details": ["line 2, insurer: is none"]}
            )
        return httpx.Response(202)

    def run(*rows: str, options: tuple[str, ...] = ()) -> int:
        (tmp_path / "admin_token").write_text("a token")
        file = tmp_path / "sold.csv"
        file.write_text("\n".join([HEADER, *rows]))
        parser = argparse.ArgumentParser()
        import_options(parser)
        return run_import(parser.parse_args(["policies", str(file), *options]))

    client: Any = functools.partial(httpx.Client, transport=httpx.MockTransport(answer))
    monkeypatch.setattr(httpx, "Client", client)
    monkeypatch.setenv("BOWCHAT_SECRETS", str(tmp_path))
    return run


def test_a_wrong_file_says_that_nothing_was_taken(
    imports: Import, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody has to wonder whether a part of a refused file counts."""
    assert imports("bad,acme,motor") == 1
    assert capsys.readouterr().err.endswith("line 2, insurer: is none\nnothing was taken\n")


@pytest.mark.parametrize(
    ("rows", "options", "said"),
    [
        (["A-000001,acme,motor"], (), "1 policy taken in "),
        (["A-000001,acme,motor", "A-000002,acme,motor"], (), "2 policies taken in "),
        (["A-000001,acme,motor"], ("--dry-run",), "1 policy is good"),
        (["A-000001,acme,motor", "A-000002,acme,motor"], ("--dry-run",), "2 policies are good"),
    ],
)
def test_what_was_taken_is_counted(
    imports: Import, capsys: pytest.CaptureFixture[str], rows: list[str], options: tuple[str, ...], said: str
) -> None:
    """How many, in a language's own words."""
    assert imports(*rows, options=options) == 0
    assert capsys.readouterr().out.startswith(said)


@pytest.mark.parametrize(
    ("url", "right"),
    [
        ("ingest:8001", "http://ingest:8001"),
        ("127.0.0.1:8001", "http://127.0.0.1:8001"),
        ("ftp://ingest", "http://127.0.0.1:8001"),
        ("http://", "http://127.0.0.1:8001"),
        ("http://ingest:port", "http://127.0.0.1:8001"),
        ("http://ingest:99999", "http://127.0.0.1:8001"),
    ],
)
def test_what_is_no_address_is_refused_at_once(
    imports: Import, capsys: pytest.CaptureFixture[str], url: str, right: str
) -> None:
    """An address that can never answer is not tried again for most of a minute: it is told what one looks like."""
    with pytest.raises(SystemExit) as ended:
        imports("A-000001,acme,motor", options=("--url", url))
    assert ended.value.code == 2
    assert f"--url: {url!r} is no address of ingest; write one as {right}\n" in capsys.readouterr().err


@pytest.mark.parametrize("url", ["http://ingest", "HTTPS://ingest.example.com:8443/way", "http://[::1]:8001"])
def test_every_web_address_is_taken(imports: Import, url: str) -> None:
    """With or without a port, over TLS or not."""
    assert imports("A-000001,acme,motor", options=("--url", url)) == 0
