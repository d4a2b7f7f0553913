"""Memory across messages: a number sent in pieces is held at the piece that completes it.

What is remembered is the digits of a person's last messages to one insurer, whatever the thread, and of those that may
begin or end something the last few texts, as they were shown. A message that was held is remembered as held, and nothing
of it counts, since the insurer has not seen it. Pure: a memory and a piece in, a verdict and the next memory out. A
message that is read again gets the verdict it got.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, NamedTuple, Self

import phonenumbers
from pydantic import BaseModel, ConfigDict

from bowchat_contracts.insurer_content import Placeholder
from bowchat_masker.guard.reading import digits_of, folded
from bowchat_masker.guard.rows import any_has_number, runs_through_some
from bowchat_masker.guard.search import words_of
from bowchat_masker.guard.watch import Watch
from bowchat_masker.guard.words import heard

InPieces = Literal["known_identity_in_pieces", "number_in_pieces"]

_MOST_PIECES = 8
_MOST_REMEMBERED = 64
_MOST_OF_A_BATCH = 500
"""All that one batch may bring of a person: after a crash it is read again, and each message has to be known."""
_AT_HAND_S = 15 * 60
_IN_ONE_GO_S = 3 * 60
_MOST_DIGITS = 96
_FEWEST_ALIKE, _ALIKE = 4, 2
_MOST_TEXTS = 12
_MOST_OF_TEXTS = 400
_MOST_OF_A_TEXT = 200
_SHORTEST_NUMBER, _LONGEST_NUMBER = 10, 13
_FEWEST_BARE, _MOST_BARE = 2, 9
# Money, days, times, shares: digits that are about something.
_ABOUT = re.compile(
    r"[\u20b9$\u20ac\u00a3%]|\b(?:rs|inr|gbp|usd|eur|aed|lakhs?|km|am|pm|pin|zip|cp|otp)\b|[0-9]\s?[:/.,][0-9]",
    re.IGNORECASE,
)
# What a way to reach somebody begins or ends with, or is asked or told with.
_PART = re.compile(
    r"[@\uff20]|[^\W_][._/\\]+[^\W_]|[_:/-]\s*\Z|\A\s*[._/-]|\A\s*at\b|\b(?:at|no)\s*\Z|\bmy no\b"
    r"|\b(?:dot|com|arroba|punto|e?-?mail|correo|gmail|yahoo|hotmail|outlook|upi|paytm|gpay|phonepe|insta(?:gram)?|telegram"
    r"|snap(?:chat)?|facebook|fb|twitter|linkedin|whats\s?app|wa|handle|username|id|number|nambar|phone|mobile|mob|cell|call"
    r"|ring|dial|text|reach|contact|n[u\u00fa]mero|tel[e\u00e9]fono|m[o\u00f3]vil|celular|ll[a\u00e1]m\w*|live|address|pata"
    r"|direcci[o\u00f3]n|aadhaar|pan|account|name is|naam|nombre)\b"
    r"|\u0928\u0902\u092c\u0930|\u092b\u094b\u0928|\u092e\u094b\u092c\u093e\u0907\u0932|\u0915\u0949\u0932",
    re.IGNORECASE,
)
# What nobody ends with: the rest comes in the next message.
_OPEN = re.compile(
    r"(?:[@\uff20._/:-]|\b(?:is|am|at|rate|dot|on|and|name|naam|nombre|id|hai|es|soy|punto|arroba))\s*\Z",
    re.IGNORECASE,
)
_MOBILE = frozenset({phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE})


class Cut(NamedTuple):
    """A stretch of one of a message's texts, as masked, that was cut out because of what was said before it."""

    leaf: int
    start: int
    end: int
    type: Placeholder


class Piece(BaseModel):
    """The digits of one message that has any."""

    model_config = ConfigDict(frozen=True)

    message_id: str
    at: int
    """When it was sent, in seconds since 1970."""
    plain: str = ""
    said: str = ""
    """With those in words among them; empty where there are none in words."""
    bare: bool = False
    """Digits, and little else: no amount, no day, no sentence."""
    text: str = ""
    """As it was shown, where it may begin or end something."""
    cuts: tuple[Cut, ...] = ()
    verdict: InPieces | None = None
    conversation: str = ""
    seq: int = 0
    """Its place there. Both only while it has a text."""

    @property
    def spoken(self) -> str:
        return self.said or self.plain

    @property
    def counts(self) -> bool:
        """Whether there is anything left of what it said."""
        return bool(self.plain or self.said or self.bare or self.text)


class Memory(BaseModel):
    """The last messages with digits of one person to one insurer, oldest first. Kept encrypted; shown nowhere."""

    model_config = ConfigDict(frozen=True)

    pieces: tuple[Piece, ...] = ()

    def __repr__(self) -> str:
        return "Memory(***)"

    __str__ = __repr__

    def verdict_on(self, message_id: str) -> Piece | None:
        """The message as it was remembered when it was first read."""
        return next((each for each in self.pieces if each.message_id == message_id), None)

    def before(self, piece: Piece) -> list[Piece]:
        """What an insurer has at hand when it reads this piece."""
        return [
            each
            for each in self.pieces
            if each.verdict is None and abs(piece.at - each.at) <= _AT_HAND_S and each.plain + each.said
        ][-_MOST_PIECES:]

    def texts_before(self, at: int) -> list[str]:
        """What was shown lately, the oldest first: a few texts, and of all not more than a reader has before their eyes."""
        texts: list[str] = []
        left = _MOST_OF_TEXTS
        for each in reversed(self.pieces):
            left -= len(each.text)
            if len(texts) == _MOST_TEXTS or left < 0:
                break
            if each.text and abs(at - each.at) <= _AT_HAND_S:
                texts.insert(0, each.text)
        return texts

    def is_open(self, at: int, conversation: str, seq: int) -> bool:
        """Whether what was shown last before this place of a conversation goes on in what comes next.

        By places, and not by times of sending, which do not come in order: read again later, it is the same.
        """
        before = [
            each
            for each in self.pieces
            if each.text
            and each.conversation == conversation
            and each.seq < seq
            and abs(at - each.at) <= _AT_HAND_S
        ]
        last = max(before, key=lambda each: each.seq, default=None)
        return last is not None and _OPEN.search(last.text) is not None

    def with_piece(self, piece: Piece) -> Self:
        """The memory after this message. Digits that are too old to count are dropped; that it was read is not."""
        *early, piece = (*self.pieces, piece)[-_MOST_OF_A_BATCH:]
        old = len(early) + 1 - _MOST_REMEMBERED
        recent = (each for at, each in enumerate(early) if at >= old or piece.at - each.at <= _AT_HAND_S)
        pieces = (*recent, piece)
        spent = len(pieces) - _MOST_PIECES - 1

        def left(place: int, each: Piece) -> Piece:
            if not each.counts:
                return each
            if piece.at - each.at > _AT_HAND_S or each.verdict:
                return _spent(each)
            if place < spent:
                return _spent(each, text="" if len(pieces) - place > _MOST_TEXTS else each.text)
            return each

        return self.model_copy(update={"pieces": tuple(left(*each) for each in enumerate(pieces))})


def _spent(piece: Piece, *, text: str = "") -> Piece:
    spent = {"plain": "", "said": "", "bare": False, "text": text}
    return piece.model_copy(update=spent if text else {**spent, "conversation": "", "seq": 0})


def piece_of(message_id: str, at: int, text: str, *, goes_on: bool = False) -> Piece | None:
    """What a message's text leaves in the memory. None where it has no digit and neither begins nor ends anything, unless it
    `goes_on` from the one before.
    """
    plain, said = digits_of(text), heard(text, words_of(folded(text)))
    if not (plain or said or goes_on or _PART.search(text)):
        return None
    letters = sum(map(str.isalpha, text))
    bare = (
        _FEWEST_BARE <= len(said or plain) <= _MOST_BARE
        and letters <= (len(plain) if plain else len(text))
        and not _ABOUT.search(text)
    )
    return Piece(
        message_id=message_id,
        at=at,
        plain=_short(plain),
        said=_short(said) if said != plain else "",
        bare=bare,
        text=_kept(text),
    )


def is_part(text: str) -> bool:
    """Whether it may begin or end a way to reach somebody."""
    return piece_of("", 0, text) is not None


def remembered(message_id: str, at: int, text: str) -> Piece:
    """A text alone, whatever stands in it."""
    return Piece(message_id=message_id, at=at, text=_kept(text))


def _kept(text: str) -> str:
    return text if len(text) <= _MOST_OF_A_TEXT else ""


def complete(memory: Memory, piece: Piece, watch: Watch, regions: Sequence[str]) -> InPieces | None:
    """Whether this piece completes the person's own number, or anybody's, with those before it."""
    before = memory.before(piece)
    if not before:
        return None
    read = (*before, piece)
    for parts in {tuple(each.plain for each in read), tuple(each.spoken for each in read)}:
        if parts[-1] and _is_known(parts, watch):
            return "known_identity_in_pieces"
    return "number_in_pieces" if _is_anybodys(before, piece, regions) else None


def _is_known(parts: Sequence[str], watch: Watch) -> bool:
    """In the order they came or backwards; the new piece beside any one before; the whole number with any left out."""
    *before, last = parts
    joined = ["".join(parts), "".join(reversed(parts))]
    joined += [way for each in before for way in (each + last, last + each)]
    return any_has_number(joined, watch) or runs_through_some(parts, watch)


def _is_anybodys(before: Sequence[Piece], piece: Piece, regions: Sequence[str]) -> bool:
    """Bare digits, one message upon the other, that make a mobile number which exists."""
    run = [piece]
    for each in reversed(before):
        run.insert(0, each)
    joined = ""
    bare = [each.bare for each in run]
    close = [later.at - earlier.at <= _IN_ONE_GO_S for earlier, later in pairwise(run)] + [True]
    for each, is_bare, is_close in zip(reversed(run), reversed(bare), reversed(close), strict=True):
        if not is_bare or not is_close:
            return False
        joined = each.spoken + joined
        if len(joined) > _LONGEST_NUMBER:
            return False
        if len(joined) >= _SHORTEST_NUMBER and each is not piece and _is_mobile(joined, regions):
            return not are_values([one.spoken for one in run[run.index(each) :]])
    return False


def are_values(parts: Sequence[str]) -> bool:
    """Whether they are such as sums and references are, not parts of one thing: each ends in a nought and none begins with
    one, or they are as long as each other and begin alike ("411001", "411014").
    """
    if all(each[-1:] == "0" != each[:1] for each in parts):
        return True
    same = len(set(map(len, parts))) == 1 and len(parts[0]) >= _FEWEST_ALIKE
    return same and len({each[:_ALIKE] for each in parts}) == 1


def _is_mobile(digits: str, regions: Sequence[str]) -> bool:
    for region in regions:
        try:
            number = phonenumbers.parse(digits, region)
        except phonenumbers.NumberParseException:
            continue
        if (
            phonenumbers.is_valid_number_for_region(number, region)
            and phonenumbers.number_type(number) in _MOBILE
        ):
            return True
    return False


def _short(digits: str) -> str:
    """The beginning and the end of many digits: what a number would join on to."""
    half = _MOST_DIGITS // 2
    return digits if len(digits) <= _MOST_DIGITS else digits[:half] + digits[-half:]
