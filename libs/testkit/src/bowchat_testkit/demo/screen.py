"""What the demo looks like: a hundred columns, labels to the left, colour only where a terminal shows it."""

import os
import textwrap
from collections.abc import Sequence
from typing import Literal, TextIO

WIDTH = 100
_LABEL = 18
_INDENT = "  "

Colour = Literal["bold", "dim", "red", "green", "yellow", "cyan"]
_CODES: dict[Colour, str] = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "cyan": "36",
}


class Screen:
    """Lines of text, each written out at once."""

    def __init__(self, stream: TextIO) -> None:
        self.gone = False
        """Nobody reads any more: the pipe or terminal is closed. What is still said goes nowhere."""
        self._stream = stream
        self._coloured = stream.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            # A terminal without Unicode gets question marks, not a traceback.
            reconfigure(errors="replace")

    def line(self, text: str = "", colour: Colour | None = None) -> None:
        if self.gone:
            return
        try:
            self._stream.write(self._paint(text, colour) + "\n")
            self._stream.flush()
        except OSError:
            self._leave()

    def greet(self) -> None:
        self.line()
        self.line("Bow Chat, the masked relay between policyholders and insurers", "bold")
        self.line(
            "Starting broker, database, six services, WhatsApp and four insurers here; it takes a moment …",
            "dim",
        )
        self.line()

    def heading(self, text: str) -> None:
        self.line()
        self.line(f"── {text} ".ljust(WIDTH, "─"), "bold")

    def row(self, label: str, text: str, colour: Colour | None = None) -> None:
        """A label and a text beside it, wrapped under itself."""
        room = WIDTH - len(_INDENT) - _LABEL
        wrapped = textwrap.wrap(text, room, break_on_hyphens=False) or [""]
        for index, part in enumerate(wrapped):
            named = self._paint(f"{label if index == 0 else '':<{_LABEL}}", "dim")
            self.line(_INDENT + named + self._paint(part, colour))

    def paragraph(self, text: str, colour: Colour | None = None) -> None:
        for part in textwrap.wrap(text, WIDTH - len(_INDENT), break_on_hyphens=False):
            self.line(_INDENT + self._paint(part, colour))

    def verbatim(self, text: str) -> None:
        """Lines that must stay as they are: commands to paste, the answer of a program."""
        for part in text.splitlines():
            self.line(_INDENT + part)

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """The first column to the left, numbers to the right."""
        columns = list(zip(heads, *rows, strict=True))
        widths = [max(map(len, column)) for column in columns]
        for index, cells in enumerate((heads, *rows)):
            aligned = [
                cell.ljust(width) if at == 0 else cell.rjust(width)
                for at, (cell, width) in enumerate(zip(cells, widths, strict=True))
            ]
            self.line(_INDENT + self._paint("  ".join(aligned).rstrip(), "dim" if index == 0 else None))

    def verdict(self, promise: str, *, kept: bool, detail: str) -> None:
        mark = self._paint("✓" if kept else "✗", "green" if kept else "red")
        first, *more = textwrap.wrap(f"{promise}: {detail}", WIDTH - 4, break_on_hyphens=False)
        self.line(f"{_INDENT}{mark} {first}")
        for part in more:
            self.line(f"{_INDENT}  {part}")

    def _leave(self) -> None:
        self.gone = True
        # Python flushes the stream once more when it ends, and must find something that takes what is left.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)

    def _paint(self, text: str, colour: Colour | None) -> str:
        return f"\x1b[{_CODES[colour]}m{text}\x1b[0m" if colour and self._coloured and text.strip() else text
