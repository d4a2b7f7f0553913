"""PDFs: pages alone, with what it takes to draw them. Everything kept is on a list; nothing is removed by name."""

import io
import re
from collections.abc import Iterator
from typing import Any

import pikepdf
import pypdf
from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream, String

from bowchat_masker.media.images import clean_image
from bowchat_masker.media.results import Cleaned, UncleanableError
from bowchat_masker.media.sniff import kind_of
from bowchat_masker.media.texts import MOST_CHARACTERS

_PAGE = frozenset({"/Type", "/MediaBox", "/CropBox", "/Rotate", "/Resources", "/Contents"})
# Dictionaries of names that the producer chose, which page contents call.
_NAMED = frozenset({"/Font", "/XObject", "/ExtGState", "/ColorSpace", "/Pattern", "/Shading", "/CharProcs"})
_KEPT_WORDS = """
/Type /Subtype /Resources /BBox /Matrix /FormType /Group /S /CS /I /K /G /TR /BC /Length /Filter /DecodeParms
/Width /Height /BitsPerComponent /Decode /ImageMask /Mask /SMask /Interpolate /Matte /ColorTransform /Predictor
/Colors /Columns /EarlyChange /Rows /BlackIs1 /EncodedByteAlign /EndOfLine /EndOfBlock
/BaseFont /FirstChar /LastChar /Widths /FontDescriptor /Encoding /ToUnicode /DescendantFonts /CIDSystemInfo
/Registry /Ordering /Supplement /DW /DW2 /W /W2 /CIDToGIDMap /BaseEncoding /Differences /FontBBox /FontMatrix
/FontName /Flags /ItalicAngle /Ascent /Descent /Leading /CapHeight /XHeight /StemV /StemH /AvgWidth /MaxWidth
/MissingWidth /FontFile /FontFile2 /FontFile3 /Length1 /Length2 /Length3 /WMode /UseCMap /CMapName
/LW /LC /LJ /ML /D /RI /OP /op /OPM /FL /SM /SA /BM /ca /CA /AIS /TK
/PatternType /PaintType /TilingType /XStep /YStep /ShadingType /Background /AntiAlias /Coords /Domain /Function
/Extend /BitsPerCoordinate /BitsPerFlag /VerticesPerRow /FunctionType /Range /Size /BitsPerSample /Encode /Order
/C0 /C1 /N /Functions /Bounds /WhitePoint /BlackPoint /Gamma /Alternate
"""
_KEPT = frozenset(_KEPT_WORDS.split())
_MARKS = frozenset({"BMC", "BDC", "EMC", "MP", "DP", "BX", "EX"})
_CURVES = frozenset({"c", "v", "y"})
_SHOWS = frozenset({"Tj", "TJ", "'", '"'})
_PIXEL_FILTERS = frozenset(
    {"/FlateDecode", "/LZWDecode", "/RunLengthDecode", "/ASCII85Decode", "/ASCIIHexDecode", "/CCITTFaxDecode"}
)
_READABLE_ENCODINGS = frozenset({"/WinAnsiEncoding", "/MacRomanEncoding", "/StandardEncoding"})
_MANY_DIGITS = re.compile(r"(\d\D{0,3}){7}")
_COMMENT = re.compile(rb"%[^\r\n]*")
_MOST_PAGES, _MOST_OBJECTS, _DEEPEST = 500, 100_000, 60


def clean_pdf(data: bytes) -> Cleaned:
    """The document's pages, redrawn from an allow-list, and the text they show.

    Without Info, XMP, annotations, forms, attachments, scripts, actions, outlines, names, structure, layers, thumbnails,
    page pieces, comments and marked content. Images in it are encoded anew.

    Errors: `UncleanableError`.
    """
    try:
        with Pdf.open(io.BytesIO(data)) as source, Pdf.new() as clean:
            sweep = _Sweep(source)
            for page in _pages(source):
                sweep.page(page)
                clean.pages.append(page)
            out = io.BytesIO()
            clean.save(out, fix_metadata_version=False, deterministic_id=True)
    except pikepdf.PasswordError:
        raise UncleanableError("encrypted") from None
    except (UncleanableError, MemoryError):
        raise
    except Exception:  # noqa: BLE001 - a parser meets hostile bytes, and fails in its own ways
        raise UncleanableError("broken") from None
    texts = _texts(out.getvalue())
    readable = sweep.readable and (not sweep.shows_text or any(text.strip() for text in texts))
    return Cleaned(out.getvalue(), "application/pdf", readable, texts)


def _pages(source: Pdf) -> Iterator[pikepdf.Page]:
    if len(source.pages) > _MOST_PAGES:
        raise UncleanableError("too_long")
    # What a page inherits must stand in the page itself, before all else goes.
    for page in source.pages:
        for key in ("/Resources", "/MediaBox", "/CropBox", "/Rotate"):
            inherited = _inherited(page.obj, key)
            if key not in page.obj and inherited is not None:
                page.obj[key] = inherited
        yield page


def _inherited(node: Object, key: str) -> Object | None:
    for _ in range(_DEEPEST):
        if key in node:
            return node[key]
        if "/Parent" not in node:
            return None
        node = node["/Parent"]
    return None


class _Sweep:
    """Takes away, in place, all that is not on the list, and notes whether the text says all that is shown."""

    def __init__(self, pdf: Pdf) -> None:
        self._pdf = pdf
        self._seen: set[tuple[int, int]] = set()
        self._count = 0
        self.readable = True
        self.shows_text = False

    def page(self, page: pikepdf.Page) -> None:
        _only(page.obj, _PAGE | {"/Parent"})
        page.obj["/Contents"] = self._pdf.make_stream(self._contents(page))
        if "/Resources" in page.obj:
            self._swept(page.obj["/Resources"], 0)

    def _contents(self, drawn: Any) -> bytes:
        """The drawing orders, without comments and marked content."""
        kept: list[Any] = []
        for each in pikepdf.parse_content_stream(drawn):
            if isinstance(each, pikepdf.ContentStreamInlineImage):
                self._inline(each)
                kept.append(each)
                continue
            operator = str(each.operator)
            if operator in _MARKS:
                continue
            self.readable = self.readable and operator not in _CURVES
            self.shows_text = self.shows_text or operator in _SHOWS
            kept.append(each)
        return pikepdf.unparse_content_stream(kept)

    def _inline(self, inline: pikepdf.ContentStreamInlineImage) -> None:
        self.readable = False
        filters = {str(each) for each in inline.iimage.filters}
        if not filters <= _PIXEL_FILTERS:
            raise UncleanableError("unsupported")

    def _swept(self, node: Object, depth: int) -> None:
        if depth > _DEEPEST:
            raise UncleanableError("broken")
        if isinstance(node, Array) and self._first(node):
            self._array(node, depth)
            return
        if not isinstance(node, Dictionary | Stream) or not self._first(node):
            return
        if isinstance(node, Stream):
            self._stream(node)
        _only(node, _KEPT | _NAMED)
        self._judge_font(node)
        for key, each in list(node.items()):
            _check_words(each)
            if key in _NAMED and isinstance(each, Dictionary) and "/PatternType" not in node:
                self._named(each, depth + 1)
            else:
                self._swept(each, depth + 1)
            if key in ("/ToUnicode", "/Encoding") and isinstance(each, Stream):
                each.write(_COMMENT.sub(b"", each.read_bytes()))

    def _array(self, node: Object, depth: int) -> None:
        if len(node) == 2 and node[0] == Name.ICCBased and isinstance(node[1], Stream):
            # A profile holds words of whoever made it; the colours of the device come near enough.
            spaces = {1: Name.DeviceGray, 3: Name.DeviceRGB, 4: Name.DeviceCMYK}
            node[0] = spaces.get(int(node[1].get("/N", 3)), Name.DeviceRGB)
            del node[1]
        for each in list(node):
            _check_words(each)
            self._swept(each, depth + 1)

    def _first(self, node: Object) -> bool:
        self._count += 1
        if self._count > _MOST_OBJECTS:
            raise UncleanableError("too_long")
        if not node.is_indirect:
            return True
        first = node.objgen not in self._seen
        self._seen.add(node.objgen)
        return first

    def _named(self, node: Object, depth: int) -> None:
        """Names that contents call cannot be changed without them; one that might be a number has no business there."""
        for name, each in list(node.items()):
            if _MANY_DIGITS.search(name):
                raise UncleanableError("personal_data")
            self._swept(each, depth)

    def _stream(self, stream: Stream) -> None:
        subtype = str(stream.get("/Subtype", ""))
        if subtype == "/Image":
            self.readable = False
            self._image(stream)
        elif subtype == "/PS":
            raise UncleanableError("unsupported")
        elif stream.get("/FunctionType") == 4:
            stream.write(_COMMENT.sub(b"", stream.read_bytes()))
        elif subtype == "/Form" or "/PaintType" in stream or "/BBox" in stream:
            stream.write(self._contents(stream))

    def _image(self, stream: Stream) -> None:
        filters = _filters(stream)
        if filters <= _PIXEL_FILTERS:
            return
        if filters - _PIXEL_FILTERS != {"/DCTDecode"} or "/Decode" in stream:
            raise UncleanableError("unsupported")
        encoded = pikepdf.PdfImage(stream)
        raw = encoded.obj.read_raw_bytes() if len(filters) == 1 else b""
        if kind_of(raw) != "jpeg":
            raise UncleanableError("unsupported")
        drawn = clean_image(raw, "jpeg")
        stream.write(drawn.data, filter=Name.DCTDecode)
        stream["/ColorSpace"] = Name.DeviceRGB
        stream["/BitsPerComponent"] = 8

    def _judge_font(self, node: Object) -> None:
        if node.get("/Type") != Name.Font:
            return
        subtype, encoding = node.get("/Subtype"), node.get("/Encoding")
        if subtype == Name.Type3:
            self.readable = False
            for each in node.get("/CharProcs", Dictionary()).values():
                each.write(self._contents(each))
        elif "/ToUnicode" not in node and subtype not in (Name.CIDFontType0, Name.CIDFontType2):
            named = str(encoding) if isinstance(encoding, Name) else None
            self.readable = self.readable and (encoding is None or named in _READABLE_ENCODINGS)


def _only(node: Object, kept: frozenset[str]) -> None:
    for key in list(node.keys()):
        if key not in kept:
            del node[key]


def _check_words(value: Any) -> None:
    """Names and strings that are kept are the format's own; one that might be a number has no business there."""
    if isinstance(value, Name | String) and _MANY_DIGITS.search(str(value)):
        raise UncleanableError("personal_data")


def _filters(stream: Stream) -> set[str]:
    given = stream.get("/Filter")
    if given is None:
        return set()
    return {str(each) for each in given} if isinstance(given, Array) else {str(given)}


def _texts(data: bytes) -> tuple[str, ...]:
    """What each page says, by another reader than the one that wrote it."""
    try:
        texts = tuple(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - a text that cannot be read is a text that nobody looked at
        raise UncleanableError("unreadable") from None
    if sum(map(len, texts)) > MOST_CHARACTERS:
        raise UncleanableError("too_long")
    return texts
