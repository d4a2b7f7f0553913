"""Every file of the corpus, cleaned, and looked at by readers other than the writer: exiftool and qpdf."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bowchat_masker.media.cleaning import clean
from bowchat_masker.media.results import EXTENSIONS, Cleaned, Uncleanable
from bowchat_testkit.media import SECRETS, corpus

ROOT = next(parent for parent in Path(__file__).resolve().parents if (parent / "requirements.lock").exists())
FILES = corpus()
RESULTS = {name: clean(data) for name, data in FILES.items()}
CLEANED = {name: result for name, result in RESULTS.items() if isinstance(result, Cleaned)}

# What a format cannot do without, as exiftool names it.
ABOUT_THE_FILE = {"ExifTool", "File", "Composite", "SourceFile"}
NEEDED = {
    "JFIF": {"JFIFVersion", "ResolutionUnit", "XResolution", "YResolution"},
    "PNG": {"ImageWidth", "ImageHeight", "BitDepth", "ColorType", "Compression", "Filter", "Interlace"},
    "RIFF": {
        "ImageWidth", "ImageHeight", "VP8Version", "HorizontalScale", "VerticalScale", "WebP_Flags", "AlphaIsUsed",
        "BackgroundColor", "AnimationLoopCount", "FrameCount", "Duration", "AlphaPreprocessing", "AlphaFiltering",
        "AlphaCompression",
    },
    "GIF": {
        "GIFVersion", "ImageWidth", "ImageHeight", "HasColorMap", "ColorResolutionDepth", "BitsPerPixel",
        "BackgroundColor", "AnimationIterations", "FrameCount", "Duration", "TransparentColor", "PixelAspectRatio",
    },
    "PDF": {
        "PDFVersion", "Linearized", "PageCount", "EmbeddedImage", "EmbeddedImageColorSpace", "EmbeddedImageFilter",
        "EmbeddedImageHeight", "EmbeddedImageWidth",
    },
    "Opus": {"OpusVersion", "AudioChannels", "SampleRate", "OutputGain"},
    "Vorbis": {"Vendor"},
    "QuickTime": {
        "MajorBrand", "MinorVersion", "CompatibleBrands", "MediaDataSize", "MediaDataOffset", "MediaHeaderVersion",
        "MediaCreateDate", "MediaModifyDate", "MediaTimeScale", "MediaDuration", "MediaLanguageCode", "HandlerType",
        "HandlerClass", "Unknown_free", "Free", "MediaData",
    },
}  # fmt: skip
FORBIDDEN_KEYS = (
    b"/Info", b"/Metadata", b"/Annots", b"/AcroForm", b"/EmbeddedFile", b"/JavaScript", b"/JS", b"/OpenAction", b"/AA",
    b"/PieceInfo", b"/Thumb", b"/Outlines", b"/StructTreeRoot", b"/OCProperties", b"/Names", b"/URI", b"/ActualText",
    b"/Alternates", b"ICCBased",
)  # fmt: skip


def reader(name: str) -> str:
    """The program; without it the test is skipped on a developer's machine and fails in CI."""
    local = ROOT / ".local/bin" / name
    found = str(local) if local.exists() else shutil.which(name)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail(f"{name} is missing: tools/setup readers", pytrace=False)
        pytest.skip(f"{name} is missing: tools/setup readers")
    return found


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("cleaned")
    for name, result in CLEANED.items():
        (place / f"{name}.{EXTENSIONS[result.mime]}").write_bytes(result.data)
    return place


@pytest.fixture(scope="module")
def metadata(written: Path) -> list[dict[str, Any]]:
    """What exiftool finds, unknown and embedded things too."""
    command = [reader("exiftool"), "-json", "-G", "-a", "-u", "-s", "-ee", str(written)]
    found = subprocess.run(command, capture_output=True, check=True, timeout=120)
    return list(json.loads(found.stdout))


def test_the_corpus_is_worth_it() -> None:
    """At least fifty files, most of which can be cleaned, and nearly all with a secret that a plain search finds."""
    assert len(FILES) >= 50
    assert len(CLEANED) >= 50
    assert sum(any(secret in FILES[name] for secret in SECRETS) for name in CLEANED) >= 50


@pytest.mark.parametrize("name", CLEANED)
def test_no_secret_survives_in_the_bytes(name: str) -> None:
    """Neither the name nor the number stands in the file, in any of the encodings that it came in."""
    assert not [secret for secret in SECRETS if secret in CLEANED[name].data]


def test_exiftool_finds_what_the_format_needs_and_nothing_else(metadata: list[dict[str, Any]]) -> None:
    """No EXIF, XMP, IPTC, GPS, profile, thumbnail, comment, unknown chunk or trailing byte is left in any file."""
    assert len(metadata) == len(CLEANED)
    left = {
        Path(each["SourceFile"]).name: sorted(tag for tag in each if not _is_needed(tag)) for each in metadata
    }
    assert {name: tags for name, tags in left.items() if tags} == {}


def test_exiftool_complains_about_no_cleaned_picture(metadata: list[dict[str, Any]]) -> None:
    """What was made is well formed."""
    odd = {
        each["SourceFile"]: each[tag]
        for each in metadata
        for tag in each
        if tag.startswith("ExifTool:") and tag[9:] in ("Error", "Warning")
    }
    assert {name: words for name, words in odd.items() if not name.endswith((".ogg", ".mp4"))} == {}


def _is_needed(tag: str) -> bool:
    group, _, name = tag.partition(":")
    return group in ABOUT_THE_FILE or name in NEEDED.get(group, set())


@pytest.mark.parametrize("name", [name for name in CLEANED if name.endswith(".pdf")])
def test_qpdf_finds_pages_alone(written: Path, name: str) -> None:
    """Unpacked by another program, the file holds no secret and none of the keys that secrets hang on, and is in order."""
    path = written / f"{name}.pdf"
    subprocess.run([reader("qpdf"), "--check", str(path)], capture_output=True, check=True, timeout=60)
    command = [
        reader("qpdf"),
        "--qdf",
        "--object-streams=disable",
        "--stream-data=uncompress",
        str(path),
        "-",
    ]
    unpacked = subprocess.run(command, capture_output=True, check=True, timeout=60).stdout
    assert not [secret for secret in SECRETS if secret in unpacked]
    assert not [key for key in FORBIDDEN_KEYS if key in unpacked]


@pytest.mark.parametrize(
    ("name", "reason"),
    [("card.vcf", "contact_card"), ("card-utf16.vcf", "contact_card"), ("page.html", "unsupported"),
     ("drawing.svg", "unsupported"), ("letter.docx", "unsupported"), ("archive.zip", "unsupported"),
     ("program.exe", "unsupported"), ("cut.jpg", "broken"), ("cut.png", "broken"), ("cut.pdf", "broken"),
     ("head-only.jpg", "broken"), ("head-only.pdf", "broken"), ("empty", "unsupported"), ("zeros", "unsupported"),
     ("bomb.png", "too_large"), ("locked.pdf", "encrypted")],
)  # fmt: skip
def test_what_cannot_be_cleaned_says_why(name: str, reason: str) -> None:
    """Nothing half cleaned comes out of a file that is broken, hostile or of another kind."""
    assert RESULTS[name] == Uncleanable(reason)  # type: ignore[arg-type]


def test_the_readers_see_a_secret_that_is_there(tmp_path: Path) -> None:
    """The tests above can fail: in the files as they came, exiftool and qpdf find more than the format needs."""
    (tmp_path / "a.jpg").write_bytes(FILES["exif.jpg"])
    (tmp_path / "a.pdf").write_bytes(FILES["annotation.pdf"])
    command = [reader("exiftool"), "-json", "-G", "-a", "-u", "-s", str(tmp_path / "a.jpg")]
    found = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)[0]
    assert "EXIF:Artist" in found
    assert not _is_needed("EXIF:Artist")
    command = [reader("qpdf"), "--qdf", str(tmp_path / "a.pdf"), "-"]
    assert b"/Annots" in subprocess.run(command, capture_output=True, check=True).stdout
