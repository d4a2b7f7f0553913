"""Recordings, texts, and files that nothing good comes of."""

import io
import struct
import zipfile
import zlib

from bowchat_testkit.media.pictures import drawing, saved
from bowchat_testkit.media.secrets import NAME, RAW, SECRET


def others() -> dict[str, bytes]:
    """By name."""
    jpeg, png = saved(drawing(), "JPEG"), saved(drawing(), "PNG")
    return {
        "voice.ogg": voice(),
        "trailing.ogg": voice() + RAW,
        "film.mp4": film(),
        "card.vcf": f"BEGIN:VCARD\nFN:{SECRET}\nEND:VCARD".encode(),
        "card-utf16.vcf": f"BEGIN:VCARD\nFN:{SECRET}\nEND:VCARD".encode("utf-16"),
        "page.html": f"<html><body>{SECRET}</body></html>".encode(),
        "drawing.svg": f"<svg><desc>{SECRET}</desc></svg>".encode(),
        "letter.docx": _zip("docProps/core.xml"),
        "archive.zip": _zip("secret.txt"),
        "program.exe": b"MZ" + bytes(200) + RAW,
        "cut.jpg": jpeg[: len(jpeg) // 2],
        "cut.png": png[: len(png) // 2],
        "head-only.jpg": b"\xff\xd8\xff" + RAW,
        "head-only.pdf": b"%PDF-1.7\n" + RAW,
        "empty": b"",
        "zeros": bytes(1000),
        "bomb.png": bomb(),
    }


def bomb() -> bytes:
    """A picture of 900 million pixels in some kilobytes."""
    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 0, 0, 0, 0)
    packer = zlib.compressobj(9)
    body = packer.compress(bytes(3_000_000)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + _png(b"IHDR", head) + _png(b"IDAT", body) + _png(b"IEND", b"")


def voice() -> bytes:
    """An Opus voice note whose comment header says who speaks."""
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 312, 16000, 0, 0)
    comment = b"ARTIST=" + RAW
    tags = b"OpusTags" + struct.pack("<I", len(RAW)) + RAW + struct.pack("<II", 1, len(comment)) + comment
    return _page(head, 0, 2) + _page(tags, 1, 0) + _page(b"\xfc" * 40, 2, 4)


def film() -> bytes:
    """A film with user data, metadata, a handler's name and a free box."""
    spoken = _box(b"hdlr", bytes(8) + b"soun" + bytes(12) + RAW + b"\0")
    times = _box(
        b"mdhd", bytes(4) + struct.pack(">IIII", 3_800_000_000, 3_800_000_000, 1000, 1000) + bytes(4)
    )
    track = _box(b"trak", _box(b"mdia", times + spoken + _box(b"minf", _box(b"stbl", b""))))
    user = _box(
        b"udta", _box(b"\xa9xyz", struct.pack(">HH", len(RAW), 0x15C7) + RAW) + _box(b"meta", bytes(4) + RAW)
    )
    moov = _box(b"moov", track + user + _box(b"meta", RAW))
    ftyp = _box(b"ftyp", b"isom" + bytes(4) + b"isommp42")
    return ftyp + _box(b"free", RAW) + moov + _box(b"uuid", RAW + bytes(16)) + _box(b"mdat", b"\1" * 64)


def _box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + name + body


def _page(body: bytes, number: int, flags: int) -> bytes:
    lacing = [255] * (len(body) // 255) + [len(body) % 255]
    return (
        struct.pack("<4sBBqIIIB", b"OggS", 0, flags, number * 960, 7, number, 0, len(lacing))
        + bytes(lacing)
        + body
    )


def _png(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _zip(inside: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(inside, f"<creator>{NAME}</creator>")
    return out.getvalue()
