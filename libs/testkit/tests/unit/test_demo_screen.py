"""How the demo writes."""

import io
import os
from pathlib import Path

import pytest

from bowchat_testkit.demo.screen import WIDTH, Screen


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def said(stream: io.StringIO) -> str:
    screen = Screen(stream)
    screen.heading("One")
    screen.row("label", "word " * 60, "green")
    screen.paragraph("word " * 60)
    screen.verdict("A promise", kept=True, detail="word " * 60)
    screen.table(["a", "b"], [["one", "1,000"], ["three", "2"]])
    return stream.getvalue()


def test_nothing_is_wider_than_a_hundred_columns() -> None:
    """Long texts are wrapped under themselves."""
    lines = said(io.StringIO()).splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert all(line.startswith("  ") for line in lines if line.strip("─ ") and "── One" not in line)


def test_the_greeting_is_not_wider() -> None:
    """It is the first that a newcomer sees, and wraps nothing."""
    stream = io.StringIO()
    Screen(stream).greet()
    assert max(map(len, stream.getvalue().splitlines())) <= WIDTH


def test_colour_is_for_terminals_that_want_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe, NO_COLOR and a dumb terminal get plain text."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[" in said(Terminal())
    assert "\x1b[" not in said(io.StringIO())
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b[" not in said(Terminal())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in said(Terminal())


def test_a_reader_who_leaves_is_no_error() -> None:
    """`make demo | head` ends without a traceback, and the screen knows."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as stream:
        screen = Screen(stream)
        screen.line("Hello")
        assert screen.gone
        screen.line("Is anybody there?")


def test_a_terminal_without_unicode_is_no_error(tmp_path: Path) -> None:
    """It gets question marks."""
    with (tmp_path / "out").open("w", encoding="ascii") as stream:
        Screen(stream).heading("One")
    assert (tmp_path / "out").read_text().startswith("\n?? One")
