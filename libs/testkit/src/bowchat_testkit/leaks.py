"""Searching everything the relay leaves behind for a number it was told, in every form a number may hide in."""

import base64
import binascii
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

_TOKEN = re.compile(rb"[A-Za-z0-9+/_-]{12,}={0,2}")
_CHUNK = 1 << 20
_OVERLAP = 4096
_ANCHOR = 7
_NOTHING = bytes(_CHUNK)


def forms(number: str) -> dict[str, bytes]:
    """The ways one number (E.164 without the plus sign) is searched for, by name."""
    raw = number.encode()
    spaced = f"{number[:2]} {number[2:6]} {number[6:]}"
    encoded = {
        f"base64 at {shift}": base64.b64encode(b"\0" * shift + raw)[_aligned(shift) :].rstrip(b"=")[:-1]
        for shift in range(3)
    }
    return {
        "plain": raw,
        "spaced": spaced.encode(),
        "national": number[2:].encode(),
        "reversed": raw[::-1],
        "hex": raw.hex().encode(),
        **encoded,
    }


def _aligned(shift: int) -> int:
    # The characters that the padding bytes in front have a share in.
    return (shift * 8 + 5) // 6


class Searcher:
    """Looks for many numbers at once.

    Args:
        numbers: E.164 without the plus sign.
    """

    def __init__(self, numbers: Iterable[str]) -> None:
        self._forms = {form: (number, name) for number in numbers for name, form in forms(number).items()}
        self._anchors: dict[tuple[bytes, bool], set[int]] = {}
        shared = Counter(
            end for form in self._forms for end in ((form[:_ANCHOR], False), (form[-_ANCHOR:], True))
        )
        for form in self._forms:
            anchor = max(((form[:_ANCHOR], False), (form[-_ANCHOR:], True)), key=shared.__getitem__)
            self._anchors.setdefault(anchor, set()).add(len(form))

    def in_bytes(self, data: bytes) -> set[tuple[str, str]]:
        """(number, form) of every hit, in the bytes themselves and in whatever base64 stands in them."""
        inner = self._plain(b"\0".join(decoded(data)))
        return self._plain(data) | {(number, f"{form}, in base64") for number, form in inner}

    def _plain(self, data: bytes) -> set[tuple[str, str]]:
        """Looks for the few ends that the forms share, then at what stands there: much faster than for each form."""
        hits: set[tuple[str, str]] = set()
        for (anchor, at_end), lengths in self._anchors.items():
            at = data.find(anchor)
            while at >= 0:
                end = at + _ANCHOR
                found = (
                    data[max(0, end - size) : end] if at_end else data[at : at + size] for size in lengths
                )
                hits |= {self._forms[each] for each in found if each in self._forms}
                at = data.find(anchor, at + 1)
        return hits

    def in_file(self, path: Path) -> set[tuple[str, str]]:
        """The same for a file of any size, in pieces that overlap."""
        hits: set[tuple[str, str]] = set()
        with path.open("rb") as file:
            tail = b""
            while piece := file.read(_CHUNK):
                # Kafka lays out its index files ahead of time, gigabytes of nothing.
                if not _NOTHING.startswith(piece):
                    hits |= self.in_bytes(tail + piece)
                tail = piece[-_OVERLAP:]
        return hits

    def in_tree(self, root: Path) -> dict[str, set[tuple[str, str]]]:
        """Hits by file, in every file below a directory."""
        files = (path for path in sorted(root.rglob("*")) if path.is_file() and not path.is_symlink())
        found = ((str(path.relative_to(root)), self.in_file(path)) for path in files)
        return {name: hits for name, hits in found if hits}

    def in_document(self, document: Any) -> set[tuple[str, str]]:
        """The same for a database document, whatever is nested in it."""
        return self.in_bytes(b"\0".join(leaves(document)))


def decoded(data: bytes) -> Iterator[bytes]:
    """What the tokens in the data say, where they are base64 of either alphabet."""
    # Logs say the same words again and again: each is looked at once.
    for token in set(_TOKEN.findall(data)):
        body = token.rstrip(b"=").replace(b"-", b"+").replace(b"_", b"/")
        try:
            yield base64.b64decode(body + b"=" * (-len(body) % 4), validate=True)
        except binascii.Error:
            continue


def leaves(document: Any) -> Iterator[bytes]:
    """Every key and value of a nested document, as bytes."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield str(key).encode()
            yield from leaves(value)
    elif isinstance(document, (list, tuple)):
        for each in document:
            yield from leaves(each)
    elif isinstance(document, bytes):
        yield document
    else:
        yield str(document).encode(errors="replace")
