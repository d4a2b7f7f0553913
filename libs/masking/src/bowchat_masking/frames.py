"""What programs put around what people write: who said it and when, quotation marks, tags.

A number in three bubbles of an exported chat has a name and a time between its parts, and one in a forwarded message has
marks of quotation. Where a text has such frames it is read once more without them. A frame becomes as many spaces as make
its line's beginning, so what stood on two lines is no farther apart than two lines are.
"""

import re
from collections.abc import Iterator

from bowchat_masking.canonical import Canonical, Change, as_it_stands, rewritten, small
from bowchat_masking.phrases import words

_DATE = r"[0-9]{1,4}[/.-][0-9]{1,2}[/.-][0-9]{2,4}"
_CLOCK = r"[0-9]{1,2}[:.][0-9]{2}(?:[:.][0-9]{2})?(?:\s?[ap]\.?\s?m\b\.?)?"
_STAMP = rf"(?:{_DATE},?\s{{1,2}}(?:at\s)?{_CLOCK}|{_CLOCK}(?:,?\s{_DATE})?)"
_SPEAKER = r"[^\W\d_][^\n:\0\[\]]{0,30}+"
_QUOTED = r"[>|\u2502\u00a6](?:[^\S\n]{0,2}[>|\u2502\u00a6]){0,5}+[^\S\n]{0,2}"
_SPEAKER_ALONE = r"[^\W\d_][^\n:\0\[\],0-9]{0,30}?"
_SAID_AT = re.compile(
    rf"^(?:{_QUOTED})?(?:\[{_STAMP}\]\s?(?:{_SPEAKER}:\s?)?|{_STAMP}(?:\s?[-\u2013]\s?|\s){_SPEAKER}:\s?)",
    re.IGNORECASE | re.MULTILINE,
)
_SAID_BY = re.compile(r"^([^\W\d_][^\n:\0\[\]0-9]{1,24}):[^\S\n]{0,2}", re.MULTILINE)
# A line of its own: "Asha, [12.05.24 10:31]", "Asha  10:31 AM".
_HEADING = re.compile(
    rf"(?:(?<=\n)\n|^){_SPEAKER_ALONE}(?:,?\s\[{_STAMP}\]|\s{{1,4}}{_STAMP})[^\S\n]{{0,2}}\n",
    re.IGNORECASE | re.MULTILINE,
)
_BULLET = re.compile(r"^[-*+\u2022\u25aa\u25cf\u27a4\u2192][^\S\n]{1,2}", re.MULTILINE)
_QUOTE = re.compile(rf"^{_QUOTED}", re.MULTILINE)
_TAG = re.compile(r"<(/?)(\w{1,10})(?:\s[^<>\n]{0,120})?/?>|<!--[^<>]{0,80}-->")
# Tags that part nothing: what stands before one and after it is one word.
_INLINE = words("a abbr b big code em font i mark s small span strong sub sup u wbr")

# One of these stands in each list that is read so.
_MARKS = ("a)", "a.", "a:", "ep 1", "so 1", "rt 1", "ep1", "so1", "rt1")
_FIRST_MARK = re.compile(r"(?:^|\s)\(?(?:a[).:]|(?:step|paso|part) ?1\b)", re.IGNORECASE)
_MARK = re.compile(
    r"(?:(?<=\s)|^)\(?(?:(?P<letter>[a-h])[).:]|(?:step|paso|part) ?(?P<figure>[1-9])(?:[).:]|\s?-)?)\s{0,2}"
    r"(?:(?:dial|press|type|enter|write|add|put|then|now|marca|pulsa|escribe|likho|dabao)\s)?",
    re.IGNORECASE,
)
_FEWEST_MARKS = 2


def unframed(view: Canonical) -> Canonical | None:
    """The text without its frames; its places are those of `view.text`. None for a text that has none, as nearly all."""
    text = view.text
    if "\n" not in text and not ("<" in text and ">" in text):
        return None
    plain = as_it_stands(text)
    untagged = rewritten(plain, list(_tags(text, inline=True)))
    read = rewritten(untagged, list(_line_heads(untagged.text)))
    return None if read is plain else read


def _tags(text: str, *, inline: bool) -> Iterator[Change]:
    for match in _TAG.finditer(text) if "<" in text and ">" in text else ():
        if inline == (match[2] is None or match[2].lower() in _INLINE):
            yield *match.span(), "" if inline else " "


def _line_heads(text: str) -> Iterator[Change]:
    headings = list(_HEADING.finditer(text))
    if len(headings) > 1:
        yield from ((*match.span(), "") for match in headings)
        return
    heads = {match.start(): match.end() for match in (*_QUOTE.finditer(text), *_SAID_AT.finditer(text))}
    bullets = [] if heads else list(_BULLET.finditer(text))
    if len(bullets) > 1:
        heads = {match.start(): match.end() for match in bullets}
    if not heads:
        heads = dict(_speakers(text))
    yield from ((start, end, "") for start, end in sorted(heads.items()))


def _speakers(text: str) -> Iterator[tuple[int, int]]:
    """Names before what is said. A label that stands there but once may be that of a sum."""
    found = list(_SAID_BY.finditer(text))
    labels = [match[1].casefold() for match in found]
    if any(labels.count(each) > 1 for each in labels):
        yield from (match.span() for match in found)


def unlisted(view: Canonical) -> Canonical | None:
    """The text without what parts a list or a table: "a) ... b) ...", "step 1: dial ...", cells. None without such."""
    text = view.text
    changes = list(_marks(text)) or (list(_tags(text, inline=False)) if "<" in text else [])
    return rewritten(as_it_stands(text), changes) if changes else None


def _marks(text: str) -> Iterator[Change]:
    lowered = small(text)
    if not any(map(lowered.__contains__, _MARKS)) or not _FIRST_MARK.search(text):
        return
    found = list(_MARK.finditer(text))
    places = [
        int(each["figure"]) if each["figure"] else ord(each["letter"].lower()) - ord("a") + 1
        for each in found
    ]
    if len(found) >= _FEWEST_MARKS and places == list(range(1, len(places) + 1)):
        yield from ((*each.span(), "") for each in found)
