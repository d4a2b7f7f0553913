"""Voice notes and films: their sound and pictures are carried over, their notes are not. Nobody listens to them here."""

import struct

from bowchat_masker.media.results import Cleaned, UncleanableError

_OGG_HEADER = struct.Struct("<4sBBqIIIB")
_OPUS_TAGS = b"OpusTags" + struct.pack("<I", 7) + b"bowchat" + struct.pack("<I", 0)
_MOST_BOXES = 20_000


def clean_ogg(data: bytes) -> Cleaned:
    """An Opus voice note with an empty comment header, and nothing after its last page.

    Errors: `UncleanableError`.
    """
    out, place, number, serial = bytearray(), 0, 0, None
    while place < len(data):
        page, place = _ogg_page(data, place)
        if serial is None:
            serial = page.serial
        if page.serial != serial:
            raise UncleanableError("unsupported")
        if number == 0 and not page.body.startswith(b"OpusHead"):
            raise UncleanableError("unsupported")
        if number == 1:
            page = _without_tags(page)
        out += page.written(number, 1)
        number += 1
        if page.flags & 4:
            break
    if number < 3:
        raise UncleanableError("broken")
    return Cleaned(bytes(out), "audio/ogg", readable=False)


class _Page:
    """One Ogg page (RFC 3533)."""

    def __init__(self, flags: int, granule: int, serial: int, lacing: bytes, body: bytes) -> None:
        self.flags, self.granule, self.serial, self.lacing, self.body = flags, granule, serial, lacing, body

    def written(self, number: int, serial: int) -> bytes:
        header = _OGG_HEADER.pack(b"OggS", 0, self.flags, self.granule, serial, number, 0, len(self.lacing))
        page = bytearray(header + self.lacing + self.body)
        page[22:26] = struct.pack("<I", _ogg_checksum(page))
        return bytes(page)


def _ogg_page(data: bytes, place: int) -> tuple[_Page, int]:
    try:
        magic, version, flags, granule, serial, _, _, segments = _OGG_HEADER.unpack_from(data, place)
    except struct.error:
        raise UncleanableError("broken") from None
    start = place + _OGG_HEADER.size
    lacing = data[start : start + segments]
    end = start + segments + sum(lacing)
    if magic != b"OggS" or version != 0 or len(lacing) != segments or end > len(data):
        raise UncleanableError("broken")
    return _Page(flags & 7, granule, serial, lacing, data[start + segments : end]), end


def _without_tags(page: _Page) -> _Page:
    """Only a comment header that fits its page: a longer one, with a picture in it, is left to people."""
    if not page.body.startswith(b"OpusTags") or page.lacing[-1:] == b"\xff":
        raise UncleanableError("unsupported")
    return _Page(page.flags, 0, page.serial, bytes([len(_OPUS_TAGS)]), _OPUS_TAGS)


def _table() -> tuple[int, ...]:
    rows = []
    for byte in range(256):
        value = byte << 24
        for _ in range(8):
            value = (value << 1) ^ (0x04C11DB7 if value & 0x80000000 else 0)
        rows.append(value & 0xFFFFFFFF)
    return tuple(rows)


_CRC = _table()


def _ogg_checksum(page: bytes | bytearray) -> int:
    value = 0
    for byte in page:
        value = ((value << 8) & 0xFFFFFFFF) ^ _CRC[(value >> 24) ^ byte]
    return value


# Boxes of the ISO base media file format that hold others, and those that it takes to play a film. Sizes and places stay
# as they are, since tables inside point to places in the file: all other boxes become free space, filled with zeros.
_CONTAINERS = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl", b"dinf", b"edts"})
_PLAYED = frozenset(
    {b"ftyp", b"mdat", b"mvhd", b"tkhd", b"mdhd", b"hdlr", b"vmhd", b"smhd", b"dref", b"stsd", b"stts", b"stss", b"ctts",
     b"stsc", b"stsz", b"stz2", b"stco", b"co64", b"elst", b"sdtp", b"sgpd", b"sbgp"}
)  # fmt: skip
_TIMED = frozenset({b"mvhd", b"tkhd", b"mdhd"})
_HEARD_OR_SEEN = frozenset({b"vide", b"soun"})


def clean_mp4(data: bytes) -> Cleaned:
    """A film without user data, metadata, names of handlers and times of making. Its tracks are pictures and sound alone.

    Errors: `UncleanableError`.
    """
    out = bytearray(data)
    if not {b"ftyp", b"moov", b"mdat"} <= set(_boxes(out, 0, len(out), depth=0)):
        raise UncleanableError("broken")
    return Cleaned(bytes(out), "video/mp4", readable=False)


def _boxes(out: bytearray, start: int, end: int, *, depth: int) -> list[bytes]:
    names: list[bytes] = []
    while start < end:
        name, header, size = _box(out, start, end)
        inner, after = start + header, start + size
        if name in _CONTAINERS and depth < 8:
            _boxes(out, inner, after, depth=depth + 1)
        elif name not in _PLAYED:
            out[start + 4 : start + 8] = b"free"
            out[inner:after] = bytes(after - inner)
        elif name in _TIMED:
            _forget_times(out, inner)
        elif name == b"hdlr":
            _forget_name(out, inner, after)
        names.append(name)
        if len(names) > _MOST_BOXES:
            raise UncleanableError("too_long")
        start = after
    return names


def _box(out: bytearray, start: int, end: int) -> tuple[bytes, int, int]:
    """Name, header's size and whole size."""
    if end - start < 8:
        raise UncleanableError("broken")
    size, header = int.from_bytes(out[start : start + 4]), 8
    if size == 1:
        size, header = int.from_bytes(out[start + 8 : start + 16]), 16
    elif size == 0:
        size = end - start
    if size < header or start + size > end:
        raise UncleanableError("broken")
    return bytes(out[start + 4 : start + 8]), header, size


def _forget_times(out: bytearray, inner: int) -> None:
    width = 16 if out[inner] == 1 else 8
    out[inner + 4 : inner + 4 + width] = bytes(width)


def _forget_name(out: bytearray, inner: int, after: int) -> None:
    if bytes(out[inner + 8 : inner + 12]) not in _HEARD_OR_SEEN:
        raise UncleanableError("unsupported")
    out[inner + 24 : after] = bytes(max(after - inner - 24, 0))
