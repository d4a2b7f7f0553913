"""One way for every file: sniff, then the cleaner of its kind. Pure: bytes in, result out."""

from collections.abc import Callable
from functools import partial

from bowchat_masker.media.images import IMAGES, clean_image
from bowchat_masker.media.pdfs import clean_pdf
from bowchat_masker.media.recordings import clean_mp4, clean_ogg
from bowchat_masker.media.results import Cleaned, CleaningResult, Uncleanable, UncleanableError
from bowchat_masker.media.sniff import Kind, kind_of
from bowchat_masker.media.texts import clean_text

_CLEANERS: dict[Kind, Callable[[bytes], Cleaned]] = {
    "text": clean_text,
    "pdf": clean_pdf,
    "ogg": clean_ogg,
    "mp4": clean_mp4,
    **{kind: partial(clean_image, kind=kind) for kind in IMAGES},
}


def clean(data: bytes) -> CleaningResult:
    """The cleaned file, or why there is none. Never raises but for want of memory."""
    kind = kind_of(data)
    cleaner = _CLEANERS.get(kind)
    if cleaner is None:
        return Uncleanable("contact_card" if kind == "vcard" else "unsupported")
    try:
        return cleaner(data)
    except UncleanableError as error:
        return Uncleanable(error.reason)
