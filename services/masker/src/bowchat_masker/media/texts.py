"""Plain texts: the characters alone, to be masked like anything that was typed."""

from bowchat_masker.media.results import Cleaned, UncleanableError

MOST_CHARACTERS = 60_000
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def clean_text(data: bytes) -> Cleaned:
    """The text in UTF-8. It still has to be masked.

    Errors: `UncleanableError`.
    """
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    if len(data) > 4 * MOST_CHARACTERS:
        raise UncleanableError("too_long")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        raise UncleanableError("unsupported") from None
    if len(text) > MOST_CHARACTERS:
        raise UncleanableError("too_long")
    return Cleaned(text.encode(), "text/plain", readable=True, texts=(text,))
