"""What a file is, by its first bytes. What its sender says it is counts for nothing."""

from typing import Literal

Kind = Literal[
    "jpeg", "png", "gif", "webp", "tiff", "bmp", "pdf", "ogg", "mp4", "vcard", "text", "unsupported"
]

_MAGIC: tuple[tuple[bytes, Kind], ...] = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"BM", "bmp"),
    (b"%PDF-", "pdf"),
    (b"OggS", "ogg"),
)
_MP4_BRANDS = frozenset(
    {b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4A ", b"M4V ", b"3gp4", b"3gp5", b"3gp6"}
)  # fmt: skip
_MARKUP = (b"<", b"{\\rtf")
_TEXT_CONTROLS = frozenset(b"\t\n\r\f")


def kind_of(data: bytes) -> Kind:
    """What these bytes begin as."""
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    if data[4:8] == b"ftyp" and data[8:12] in _MP4_BRANDS:
        return "mp4"
    return _textual(data)


def _textual(data: bytes) -> Kind:
    begins = data[:4096].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if b"begin:vcard" in begins.replace(b"\0", b""):
        return "vcard"
    if not begins or begins.startswith(_MARKUP):
        return "unsupported"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "text"
    return "unsupported" if any(byte < 32 and byte not in _TEXT_CONTROLS for byte in data[:65536]) else "text"
