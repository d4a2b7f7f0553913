"""Pictures with secrets beside their pixels."""

import io
import struct
import zlib
from typing import Any

from PIL import Image, ImageCms, PngImagePlugin

from bowchat_testkit.media.secrets import NAME, RAW, SECRET

XMP = (
    b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
    b'xmlns:dc="http://purl.org/dc/elements/1.1/" dc:creator="'
    + RAW
    + b'"/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)


def exif() -> Image.Exif:
    """Who, where and with what."""
    tags = Image.Exif()
    tags[0x010E] = SECRET  # description
    tags[0x010F] = "Fictional Cameras"
    tags[0x0112] = 6  # lies on its side
    tags[0x013B] = NAME  # artist
    tags[0x9C9B] = NAME.encode("utf-16-le")  # Windows' title
    tags.get_ifd(0x8769).update({0x9286: b"ASCII\0\0\0" + RAW, 0xA431: SECRET})
    tags.get_ifd(0x8825).update(
        {1: "N", 2: (51.0, 30.0, 2.5), 3: "W", 4: (0.0, 7.0, 1.5), 0x1D: "2026:11:22"}
    )
    return tags


def drawing(mode: str = "RGB", size: tuple[int, int] = (60, 40)) -> Image.Image:
    image = Image.linear_gradient("L").resize(size)
    return image.convert(mode)


def saved(image: Image.Image, format_: str, **more: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, format_, **more)
    return out.getvalue()


def pictures() -> dict[str, bytes]:
    """By name; the ending says the format."""
    return {**_jpegs(), **_pngs(), **_webps(), **_gifs(), **_tiffs()}


def _jpegs() -> dict[str, bytes]:
    plain = saved(drawing(), "JPEG")
    thumbnail = saved(drawing(size=(16, 16)), "JPEG", comment=RAW)
    everything = saved(drawing(), "JPEG", exif=exif(), xmp=XMP, comment=RAW, icc_profile=profile())
    return {
        "exif.jpg": saved(drawing(), "JPEG", exif=exif()),
        "xmp.jpg": saved(drawing(), "JPEG", xmp=XMP),
        "comment.jpg": saved(drawing(), "JPEG", comment=RAW),
        "profile.jpg": saved(drawing(), "JPEG", icc_profile=profile()),
        "iptc.jpg": _segment(plain, 0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0" + _iptc()),
        "extended-xmp.jpg": _segment(plain, 0xE1, b"http://ns.adobe.com/xmp/extension/\0" + b"0" * 32 + bytes(8) + XMP),
        "other-segment.jpg": _segment(plain, 0xEC, b"Ducky\0" + RAW),
        "unknown-segment.jpg": _segment(plain, 0xEF, RAW),
        "jfxx-thumbnail.jpg": _segment(plain, 0xE0, b"JFXX\0\x10" + thumbnail),
        "exif-thumbnail.jpg": _segment(plain, 0xE1, b"Exif\0\0" + _thumbnail_exif(thumbnail)),
        "trailing.jpg": plain + RAW,
        "trailing-second-image.jpg": plain + thumbnail,
        "trailing-zip.jpg": plain + b"PK\x03\x04" + RAW,
        "everything.jpg": _segment(everything, 0xEE, RAW) + RAW,
        "grey.jpg": saved(drawing("L"), "JPEG", exif=exif(), comment=RAW),
        "cmyk.jpg": saved(drawing("CMYK"), "JPEG", exif=exif(), comment=RAW),
        "progressive.jpg": saved(drawing(), "JPEG", progressive=True, exif=exif()),
        "wrong-name.png": saved(drawing(), "JPEG", exif=exif()),
    }  # fmt: skip


def _pngs() -> dict[str, bytes]:
    words = PngImagePlugin.PngInfo()
    words.add_text("Author", SECRET)
    words.add_text("Comment", SECRET, zip=True)
    words.add_itxt("Description", SECRET, lang="en", tkey=NAME)
    words.add_itxt("XML:com.adobe.xmp", XMP.decode())
    plain = saved(drawing(), "PNG")
    return {
        "text.png": saved(drawing(), "PNG", pnginfo=words),
        "exif.png": saved(drawing(), "PNG", exif=exif()),
        "profile.png": saved(drawing(), "PNG", icc_profile=profile()),
        "own-chunk.png": _chunk(plain, b"asHa", RAW),
        "time.png": _chunk(plain, b"tIME", struct.pack(">HBBBBB", 2026, 11, 22, 10, 0, 0)),
        "trailing.png": plain + RAW,
        "palette.png": saved(drawing("P"), "PNG", pnginfo=words),
        "alpha.png": saved(drawing("RGBA"), "PNG", pnginfo=words, exif=exif()),
        "deep.png": saved(drawing().convert("I;16"), "PNG", pnginfo=words),
        "one-bit.png": saved(drawing("1"), "PNG", pnginfo=words),
    }


def _webps() -> dict[str, bytes]:
    frames = [drawing("RGBA").rotate(turn) for turn in (0, 90, 180)]
    beside = {"exif": exif().tobytes(), "xmp": XMP, "icc_profile": profile()}
    plain = saved(drawing(), "WEBP")
    return {
        "beside.webp": saved(drawing(), "WEBP", **beside),
        "lossless.webp": saved(drawing("RGBA"), "WEBP", lossless=True, **beside),
        "sticker.webp": saved(
            frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=80, **beside
        ),
        "trailing.webp": plain + RAW,
        "own-chunk.webp": _riff(plain, b"ASHA", RAW),
    }


def _gifs() -> dict[str, bytes]:
    frames = [drawing("P").rotate(turn) for turn in (0, 90, 180)]
    moving = saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=80, comment=RAW)
    plain = saved(drawing("P"), "GIF")
    extension = b"\x21\xff\x0bXMP DataXMP" + bytes([len(RAW)]) + RAW + b"\0"
    return {
        "comment.gif": saved(drawing("P"), "GIF", comment=RAW),
        "moving.gif": moving,
        "extension.gif": plain[:-1] + extension + b"\x3b",
        "plain-text.gif": plain[:-1] + b"\x21\x01\x0c" + bytes(12) + bytes([len(RAW)]) + RAW + b"\0\x3b",
        "trailing.gif": plain + RAW,
    }


def _tiffs() -> dict[str, bytes]:
    tags = {270: SECRET, 315: NAME, 700: XMP, 33723: _iptc()}
    return {
        "tags.tiff": saved(drawing(), "TIFF", tiffinfo=tags),
        "profile.tiff": saved(drawing(), "TIFF", icc_profile=profile(), description=SECRET),
        "trailing.bmp": saved(drawing(), "BMP") + RAW,
    }


def profile() -> bytes:
    """A colour profile whose copyright is a secret."""
    made = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    # The words of the profile begin behind its table of tags; they are as free as any comment.
    place = made.find("sRGB".encode("utf-16-be"))
    words = NAME.encode("utf-16-be")
    if place > 0:
        made[place : place + 8] = words[:8]
    return bytes(made) + RAW


def _iptc() -> bytes:
    return b"\x1c\x02\x50" + struct.pack(">H", len(RAW)) + RAW


def _segment(jpeg: bytes, marker: int, body: bytes) -> bytes:
    return jpeg[:2] + bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


def _thumbnail_exif(thumbnail: bytes) -> bytes:
    """Two directories: one empty, one with a picture of its own."""
    head = b"II*\0" + struct.pack("<I", 8)
    first = struct.pack("<HI", 0, 14)
    second = (
        struct.pack("<H", 2)
        + struct.pack("<HHII", 0x201, 4, 1, 44)
        + struct.pack("<HHII", 0x202, 4, 1, len(thumbnail))
    )
    return head + first + second + struct.pack("<I", 0) + thumbnail


def _chunk(png: bytes, name: bytes, body: bytes) -> bytes:
    made = struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    return png[:33] + made + png[33:]


def _riff(webp: bytes, name: bytes, body: bytes) -> bytes:
    body += b"\0" * (len(body) % 2)
    made = webp + name + struct.pack("<I", len(body)) + body
    return made[:4] + struct.pack("<I", len(made) - 8) + made[8:]
