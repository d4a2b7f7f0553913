"""Codes that a machine makes of a text."""

import base64
import quopri
import urllib.parse
from collections.abc import Callable
from random import Random

Family = Callable[[str, Random], str]

_MORSE = ["-----", ".----", "..---", "...--", "....-", ".....", "-....", "--...", "---..", "----."]


def _each(form: str) -> Family:
    return lambda text, _: "".join(form.format(ord(each)) for each in text)


def _json(text: str, _: Random) -> str:
    """As JSON writes what is beyond ASCII, of all characters: in halves where they are beyond the first plane."""
    halves = text.encode("utf-16-be")
    return "".join(f"\\u{halves[at]:02x}{halves[at + 1]:02x}" for at in range(0, len(halves), 2))


ENCODINGS: dict[str, Family] = {
    "base64": lambda text, _: base64.b64encode(text.encode()).decode(),
    "base64 url-safe without padding": lambda text, _: (
        base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    ),
    "base64 of a sentence": lambda text, _: base64.b64encode(f"call me on {text} today".encode()).decode(),
    "base32": lambda text, _: base64.b32encode(text.encode()).decode(),
    "hex": lambda text, _: text.encode().hex(),
    "hex in pairs": lambda text, _: text.encode().hex(" "),
    "hex number": lambda digits, _: f"0x{int(digits):x}",
    "percent": lambda text, _: "".join(f"%{each:02X}" for each in text.encode()),
    "percent twice": lambda text, _: urllib.parse.quote("".join(f"%{each:02X}" for each in text.encode())),
    "html decimal": _each("&#{};"),
    "html hexadecimal": _each("&#x{:x};"),
    "quoted-printable": lambda text, _: "".join(f"={each:02X}" for each in text.encode()),
    "quoted-printable sentence": lambda text, _: quopri.encodestring(f"n\u00ba {text}".encode()).decode(),
    "json escapes": _json,
    "backslash x": lambda text, _: "".join(f"\\x{each:02x}" for each in text.encode()),
    "octal escapes": lambda text, _: "".join(f"\\{each:03o}" for each in text.encode()),
    "character codes": lambda digits, _: " ".join(str(ord(each)) for each in digits),
    "binary": lambda digits, _: " ".join(f"{ord(each):08b}" for each in digits),
    "binary digits": lambda digits, _: " ".join(f"{int(each):04b}" for each in digits),
    "morse": lambda digits, _: " ".join(_MORSE[int(each)] for each in digits),
}
