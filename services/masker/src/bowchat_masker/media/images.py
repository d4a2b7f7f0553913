"""Images, decoded and encoded anew: what comes out was drawn from pixels, so nothing beside them comes along."""

import io
import warnings
from collections.abc import Iterator
from typing import Any

from PIL import Image, ImageCms, ImageOps, ImageSequence

from bowchat_masker.media.results import Cleaned, CleanMime, UncleanableError
from bowchat_masker.media.sniff import Kind

IMAGES: dict[Kind, str] = {
    "jpeg": "JPEG",
    "png": "PNG",
    "gif": "GIF",
    "webp": "WEBP",
    "tiff": "TIFF",
    "bmp": "BMP",
}
_OUT: dict[Kind, tuple[str, CleanMime]] = {
    "jpeg": ("JPEG", "image/jpeg"),
    "gif": ("GIF", "image/gif"),
    "webp": ("WEBP", "image/webp"),
}
_PNG: tuple[str, CleanMime] = ("PNG", "image/png")
_MOST_PIXELS = 50_000_000
_MOST_MOVING_PIXELS = 150_000_000
_MOST_FRAMES = 600
_QUALITY = 90
_SLOWEST_MS = 60_000


def clean_image(data: bytes, kind: Kind) -> Cleaned:
    """The image, without EXIF, XMP, IPTC, profiles, comments, thumbnails, text chunks and trailing bytes. A profile and an
    orientation are applied before they go.

    Errors: `UncleanableError`.
    """
    format_, mime = _OUT.get(kind, _PNG)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=[IMAGES[kind]]) as image:
                _check_size(image)
                out = _encode(image, format_)
    except (Image.DecompressionBombError, MemoryError):
        raise UncleanableError("too_large") from None
    except UncleanableError:
        raise
    except Exception:  # noqa: BLE001 - a decoder meets hostile bytes, and fails in its own ways
        raise UncleanableError("broken") from None
    return Cleaned(out, mime, readable=False)


def _check_size(image: Image.Image) -> None:
    pixels, frames = image.width * image.height, getattr(image, "n_frames", 1)
    moving = pixels * frames > _MOST_MOVING_PIXELS or frames > _MOST_FRAMES
    if pixels > _MOST_PIXELS or moving:
        raise UncleanableError("too_large")


def _encode(image: Image.Image, format_: str) -> bytes:
    out = io.BytesIO()
    if format_ in ("GIF", "WEBP") and getattr(image, "n_frames", 1) > 1:
        _encode_moving(image, format_, out)
    else:
        image.load()
        still = _bare(image, opaque=format_ == "JPEG")
        quality = {"quality": _QUALITY} if format_ in ("JPEG", "WEBP") else {}
        still.save(out, format_, **quality)
    return out.getvalue()


def _encode_moving(image: Image.Image, format_: str, out: io.BytesIO) -> None:
    durations: list[int] = []

    def frames() -> Iterator[Image.Image]:
        for frame in ImageSequence.Iterator(image):
            duration = frame.info.get("duration", 100)
            durations.append(min(max(int(duration), 20), _SLOWEST_MS))
            yield _bare(frame, opaque=False)

    first, *others = list(frames())
    more: dict[str, Any] = {"disposal": 2} if format_ == "GIF" else {"quality": _QUALITY}
    first.save(out, format_, save_all=True, append_images=others, duration=durations, loop=0, **more)


def _bare(image: Image.Image, *, opaque: bool) -> Image.Image:
    """A new image of these pixels, upright and in sRGB, that knows nothing of the file."""
    upright = ImageOps.exif_transpose(image)
    mode = "RGB" if opaque or not _has_alpha(upright) else "RGBA"
    pixels = _in_srgb(upright, mode)
    return Image.frombytes(mode, pixels.size, pixels.tobytes())


def _has_alpha(image: Image.Image) -> bool:
    return image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info


def _in_srgb(image: Image.Image, mode: str) -> Image.Image:
    profile = image.info.get("icc_profile")
    if profile and image.mode in ("RGB", "RGBA", "L", "CMYK"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            target = ImageCms.createProfile("sRGB")
            turned = ImageCms.profileToProfile(
                image.convert("RGB") if image.mode == "RGBA" else image, source, target, outputMode="RGB"
            )
        except (ImageCms.PyCMSError, OSError, ValueError):
            return image.convert(mode)
        if turned is not None and mode == "RGBA":
            turned.putalpha(
                image.getchannel("A") if image.mode == "RGBA" else image.convert("RGBA").getchannel("A")
            )
        if turned is not None:
            return turned.convert(mode)
    return image.convert(mode)
