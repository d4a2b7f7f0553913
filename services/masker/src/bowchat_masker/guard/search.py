"""The search for one person in a text that is about to leave.

It shares no code with the detectors. It does not look for what a number looks like; it knows this person's numbers, and
looks for them: any seven digits in a row, whatever stands between them, forwards or backwards, in any script, in words,
in letters that stand for digits, in codes and codes of codes; and the whole number with up to two foreign digits between
each two of its own. A known BSUID, e-mail address, username or profile name is looked for too.

A profile name of one common word ("May", "Happy", "Claims") is not looked for: it names nobody, and would hold every
message that uses the word. Names shorter than three letters are not looked for either. A name of several words is
looked for as a whole, so a first name alone passes.
"""

import re
import unicodedata
from collections.abc import Iterator

from bowchat_masker.guard.codes import MINTED, TRACE, digits_in, texts_in
from bowchat_masker.guard.letters import LOOKALIKES, coded, keyed, lookalikes
from bowchat_masker.guard.reading import alphanumeric, digits_of, folded
from bowchat_masker.guard.rows import Rows
from bowchat_masker.guard.skeleton import skeleton, stands_alone
from bowchat_masker.guard.watch import NOBODY, SHORTEST_CODE, WINDOW, Clue, Number, Watch, watch_for
from bowchat_masker.guard.words import glued, spoken

__all__ = ["MINTED", "NOBODY", "TRACE", "Clue", "TooMuchError", "Watch", "search", "watch_for"]

_DEEPEST = 3
_MOST_CHARACTERS = 10_000
_LONGEST_STRETCH = 400
_MOST_VIEWS = 64
_FEWEST_ALONE = 12
_LONGEST_WORD = 16
# A code as it stands, after its 0x, and before it where it is written from its end.
_CODE_CUTS = slice(None), slice(2, None), slice(None, -2)
_WORD = re.compile(r"[^\W_]+")
_SPACED = bytes(each if chr(each).isalnum() else ord(" ") for each in range(128)) + bytes(128)


class TooMuchError(Exception):
    """A text that hides so much that looking through all of it would take too long."""


def search(text: str, free: str, watch: Watch) -> Clue | None:
    """The first trace in `text`; words and names are looked for in `free`, the part that people wrote.

    Errors: `TooMuchError`.
    """
    rows = Rows(watch)
    for depth, view, plain in _views(text):
        clue = _search_view(view, free if depth == 0 else view, plain, rows)
        if clue:
            return clue
    return None


def _views(text: str) -> Iterator[tuple[int, str, str]]:
    """The text with its digits, what it is the code of, what that is the code of, and so on."""
    seen, spent = {text}, 0
    level = [text]
    for depth in range(_DEEPEST + 1):
        below: list[str] = []
        for view in level:
            spent += len(view)
            if spent > _MOST_CHARACTERS or len(seen) > _MOST_VIEWS:
                raise TooMuchError("the text hides too much to be looked through")
            plain = digits_of(view)
            yield depth, view, plain
            if depth < _DEEPEST:
                # In the order in which they are found, so that the same text gives the same clue in every process.
                new = [each for each in dict.fromkeys(texts_in(view, plain)) if each not in seen]
                below += new
                seen.update(new)
        level = below


def _search_view(view: str, said: str, plain: str, rows: Rows) -> Clue | None:
    watch = rows.watch
    if rows.hold_number([plain]):
        return "number"
    if watch.bsuids or watch.emails:
        letters = alphanumeric(view)
        if any(each in letters or each in plain for each in watch.bsuids):
            return "bsuid"
        if any(each in letters for each in watch.emails):
            return "email"
    if watch.windows and _is_said(view, said, plain, rows):
        return "number"
    return _search_words(said, watch) or _search_looks(said, watch) if watch.words else None


def _is_said(view: str, said: str, plain: str, rows: Rows) -> bool:
    """Whether a number is said otherwise than in digits."""
    if rows.hold_number(digits_in(view, plain)):
        return True
    return not said.isdigit() and (_is_in_words(folded(said), rows) or _is_in_letters(said, rows.watch))


def _is_in_words(text: str, rows: Rows) -> bool:
    words = words_of(text)
    if rows.hold_number(spoken(text, words)):
        return True
    lengths = list(map(len, words))
    longest = max(lengths, default=0)
    if longest >= _LONGEST_WORD or lengths.count(1) >= _FEWEST_ALONE:
        together = "".join(words)
        if rows.is_new(together) and rows.hold_number(glued(together)):
            return True
    return longest >= SHORTEST_CODE and _is_in_long_words(
        [each for each in words if len(each) >= SHORTEST_CODE], rows.watch
    )


def _is_in_long_words(words: list[str], watch: Watch) -> bool:
    if any(window in each for each in coded(words) for window in watch.windows):
        return True
    keys = keyed(words)
    if any(each.digits in keys or each.digits[::-1] in keys for each in watch.numbers):
        return True
    return any(not watch.codes.isdisjoint([each[cut] for each in words]) for cut in _CODE_CUTS)


def words_of(text: str) -> list[str]:
    if text.isascii():
        return text.encode().translate(_SPACED).decode().split()
    return _WORD.findall(text)


def _is_in_letters(text: str, watch: Watch) -> bool:
    stretches = list(lookalikes(text))
    if not stretches:
        return False
    if any(len(each) > _LONGEST_STRETCH for each in stretches):
        raise TooMuchError("the text has more letters that look like digits than people type")
    return any(
        _spells(way, each) for signs in stretches for way in (signs, signs[::-1]) for each in watch.whole
    )


def _search_words(text: str, watch: Watch) -> Clue | None:
    plain = unicodedata.normalize("NFKC", text).casefold()
    views = [plain]
    if not plain.isascii():
        invisible = {ord(each) for each in set(plain) if unicodedata.category(each) == "Cf"}
        views.append(plain.translate(dict.fromkeys(invisible)))
    hits = (
        word.clue
        for view in views
        for word in watch.words
        if word.first in view and word.pattern.search(view)
    )
    return next(hits, None)


def _search_looks(text: str, watch: Watch) -> Clue | None:
    seen = skeleton(text) if watch.looks else ""
    hits = (
        each.clue
        for each in watch.looks
        if each.skeleton in seen and (each.clue == "username" or stands_alone(each.skeleton, text))
    )
    return next(hits, None)


def _spells(signs: str, number: Number) -> bool:
    """Whether seven signs in a row can stand for seven digits of the number in a row."""
    runs = [0] * min(WINDOW, len(number.digits))
    for sign in signs:
        mask = 0
        for digit in LOOKALIKES.get(sign, ""):
            mask |= number.masks.get(digit, 0)
        runs = [mask, *[(before << 1) & mask for before in runs[:-1]]]
        if runs[-1]:
            return True
    return False
