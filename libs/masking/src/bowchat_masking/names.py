"""Names with which people introduce themselves: "my name is ...", "mera naam ... hai", "this is ... speaking".

Only the writer's own words about a name count; a name in mid-sentence is not told from any other word here. The name
that a profile shows is known, and the guard looks for it.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile

from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_masking.canonical import Canonical, small
from bowchat_masking.hits import Hit
from bowchat_masking.phrases import phrases, said, words
from bowchat_masking.spoken import INDIC

_TRIGGERS = (
    "name", "naam", "nombre", "llamo", "speaking", " here", "this side", "myself", "regards", "best",
    "cheers", "sincerely", "nam ", "bol rah", " from", " calling", "this is m", "this is dr", "yours",
    "thanks", "नाम", "saludos", "fn:", "soy ", "atentamente", "nominee", "proposer", "holder", "claimant", "driver",
    "titular",
    "tomador", "conductor", "faithfully",
)  # fmt: skip
_WORD = rf"(?:[^\W\d_]|[{INDIC}])(?:[^\W\d_]|[{INDIC}'.-]){{1,24}}+"
_NAME = rf"{_WORD}(?:[ ]{_WORD}){{0,3}}+"
_TITLE = r"(?:(?:mr|mrs|ms|miss|dr|shri|smt|kumari|sr|sra)\.?\s)?"
_LEAD = r"(?<![\w\[])"
_INTRODUCED = re.compile(
    rf"{_LEAD}(?:my (?:full |good |real |own )?name(?:'s| is|\s?[:=-])|mi nombre es|me llamo"
    rf"|mera (?:poora |pura )?naa?m(?: hai)?"
    rf"|मेरा (?:पूरा )?नाम(?: है)?|(?:policy ?holder|insured|full|customer|patient|nominee"
    rf"|account holder|proposer)(?:'s)?\s(?:full )?name"
    rf"(?: is|\s?[:=-])|myself|name\s?[:=]|name\s?-(?=\s)|fn:)(?:(?<=[:=-])|(?!\w))\s{{0,2}}{_TITLE}({_NAME})",
    re.IGNORECASE,
)
_SPEAKING = re.compile(
    rf"{_LEAD}(?:this is|it'?s|i am|i'?m|main|mai|ye|yeh) {_TITLE}({_NAME})", re.IGNORECASE
)
_OPENED = re.compile(rf"(?:\A|[.!?,\n]\s?|(?:hi|hello|hey)[ ,]{{1,2}}){_TITLE}({_NAME})", re.IGNORECASE)
_SIGNED = re.compile(
    rf"(?:regards|best|best wishes|cheers|sincerely|faithfully|yours truly|saludos|thanks"
    rf"|thank you)[,.!]?[ ]?\n\s{{0,3}}{_TITLE}({_NAME})[ .]?(?=\n|\Z)",
    re.IGNORECASE,
)
# In one line a name has its capitals, and two of them: "thanks and regards, John Whitfield".
_SIGNED_IN_LINE = re.compile(
    rf"(?<!\w)(?:regards|sincerely|faithfully|saludos|atentamente)[,.:-]?[ ]{{1,2}}{_TITLE}({_NAME})[ .]?(?=\n|\Z)",
    re.IGNORECASE,
)
# Words that come before a name and before much else.
_NAMED = re.compile(
    rf"{_LEAD}(?:soy|naa?m(?: hai)?|(?:nominee|proposer|policy ?holder|claimant|driver|titular|tomador|conductor)\s?[:=-])"
    rf"\s{{1,2}}{_TITLE}({_NAME})",
    re.IGNORECASE,
)
_TITLED = re.compile(
    rf"{_LEAD}(?:this is|i am|i'?m|myself) (?:mr|mrs|ms|dr|shri|smt|sra?)\.?\s({_NAME})", re.IGNORECASE
)
_INTRODUCING = words(
    "my mi me mera policy policyholder insured full customer patient nominee account proposer myself name fn"
)
_CLOSING = ("regards", "sincerely", "faithfully", "saludos", "atentamente")
_NAMED_WORDS = words(
    "soy naam nam nominee proposer policy policyholder claimant driver titular tomador conductor"
)
_TITLING = words("this i im myself")
_PRESENTING = words("this it its i im main mai ye yeh")
_SIGNING = (
    "regards",
    "best",
    "best wishes",
    "cheers",
    "sincerely",
    "faithfully",
    "yours truly",
    "saludos",
    "thanks",
    "thank you",
)
_FROM_ONE, _THIS_SIDE = words("speaking here herefrom bol"), words("this side")
_CALLING = words("from calling")
# Where a name ends, and what is none: "my name is wrong on the card", "my name is not there".
_NO_NAMES = frozenset({
    "bol", "strictly", "generally", "legally", "honestly", "frankly", "technically", "roughly",
    "broadly", "personally", "medically", "mr", "mrs", "ms", "miss", "dr", "shri", "smt", "kumari", "sr",
    "sra", "i'm", "im", "it's", "its", "hey", "hello", "mum", "dad", "mom", "hard", "easy", "short",
    "long", "common", "kisne", "kyun", "kab", "kaise", "kahan", "kisi", "kiska", "sahi", "thik", "theek",
    "change", "add", "update", "hata", "hatao", "a", "absent", "added", "again", "all", "already",
    "also", "always", "an", "and", "any", "appearing", "are", "as", "at", "back", "blank", "but", "by",
    "calling", "came", "changed", "claim", "clear", "come", "comes", "coming", "correct", "corrected",
    "correctly", "customer", "de", "deleted", "different", "do", "does", "doing", "done", "el", "en",
    "error", "es", "exactly", "for", "from", "going", "gone", "good", "great", "h", "ha", "had", "hai",
    "has", "have", "he", "her", "here", "hi", "him", "his", "how", "i", "if", "in", "incomplete",
    "incorrect", "incorrectly", "insured", "is", "it", "just", "kya", "la", "linked", "listed", "madam",
    "mentioned", "mis", "misprinted", "missing", "misspelled", "misspelt", "mistake", "mistyped", "my",
    "myself", "name", "named", "nahi", "nahin", "nai", "nobody", "none", "nor", "not", "nothing", "now",
    "of", "ok", "okay", "old", "on", "only", "or", "our", "out", "para", "please", "pls", "por",
    "printed", "properly", "que", "removed", "right", "same", "se", "shown", "showing", "sir", "so",
    "sorry", "speaking", "spelled", "spelling", "spelt", "still", "supposed", "sure", "tha", "that",
    "the", "their", "them", "then", "there", "they", "thi", "this", "to", "today", "too", "unknown",
    "updated", "urgent", "very", "want", "wanting", "was", "we", "what", "when", "where", "which", "who",
    "why", "will", "with", "writing", "written", "wrong", "wrongly", "y", "yes", "you", "your", "and/or",
    "galat", "likha", "likhi", "mein", "me", "main", "mai", "hu", "hoon", "hun", "policy", "holder",
    "number", "no", "id", "dob", "sex", "age", "address", "city", "mobile", "phone", "email", "call",
    "aur", "ka", "ki", "ke", "ne", "ko", "par", "pe", "thanks", "thank", "regards", "regarding", "about",
    "than", "because", "since", "until", "after", "before", "during", "under", "over", "है", "हैं", "था",
    "थी", "और", "का", "की", "के", "में", "से", "पर", "नहीं", "गलत", "मैं", "हूं", "हूँ", "कृपया", "नाम",
    "टाइप", "आपका", "क्या", "cliente", "asegurado", "asegurada", "titular", "tomador", "team", "department", "self", "yo",
})  # fmt: skip
_MOST_WORDS = 3


# After a name in small letters its clause has to end, as "my name is hard to spell" does not.
_CLAUSE_END = re.compile(
    r"\s{0,2}(?:\Z|[.,;:!?\n()/-]|(?:and|i|im|from|my|policy|please|pls|this|aur|main|mai|hai|h|he"
    r"|hoon|hu|y|aged?|dob)(?!\w)|है|और|मैं)",
    re.IGNORECASE,
)
_ANYTHING = re.compile("")
_SIDES = re.compile(r"[ ,]{1,2}(?:speaking|this side|bol rah[aieo]|bol rh[aie])(?!\w)", re.IGNORECASE)
_FROM_AFTER = re.compile(r"[ ,]{1,2}(?:from|calling)(?!\w)", re.IGNORECASE)
_HERE_AFTER = re.compile(r"[ ,]{1,2}here(?=\s{0,2}(?:\Z|[.,;:!?\n]|from))", re.IGNORECASE)


def names(view: Canonical, _: MaskingPolicy) -> Iterator[Hit]:
    text = view.text
    lowered = small(text)
    if not any(map(lowered.__contains__, _TRIGGERS)):
        return
    for match in phrases(_INTRODUCED, text, _INTRODUCING, ("मेरा",)):
        end = _end_of(match[1])
        if end and (_is_capitalised(match[1][:end]) or _CLAUSE_END.match(text, match.start(1) + end)):
            yield _hit(match, end)
    for match in _SIGNED.finditer(text) if _may_be_signed(lowered) else ():
        if end := _end_of(match[1]):
            yield _hit(match, end)
    for match in _loosely_named(text, lowered):
        name = " ".join(takewhile(_is_capitalised, match[1][: _end_of(match[1])].split(" ")))
        if " " in name:
            yield _hit(match, len(name))
    yield from _presented(phrases(_TITLED, text, _TITLING), (_ANYTHING,), (_ANYTHING,))
    found = said(text)
    from_one = found.any_of(_FROM_ONE) or found.every >= _THIS_SIDE
    if from_one or found.any_of(_CALLING):
        yield from _presented(
            phrases(_SPEAKING, text, _PRESENTING), (_SIDES,), (_SIDES, _HERE_AFTER, _FROM_AFTER)
        )
    if from_one:
        yield from _presented(_OPENED.finditer(text), (_SIDES,), (_SIDES, _HERE_AFTER))


def _loosely_named(text: str, lowered: str) -> Iterator[re.Match[str]]:
    if any(map(lowered.__contains__, _CLOSING)):
        yield from _SIGNED_IN_LINE.finditer(text)
    yield from phrases(_NAMED, text, _NAMED_WORDS, ())


def _may_be_signed(lowered: str) -> bool:
    """Whether a line ends with what a name is written under."""
    *lines, _ = lowered.split("\n")
    return any(each.rstrip(" ,.!").endswith(_SIGNING) for each in lines)


def _presented(
    found: Iterable[re.Match[str]],
    after_one: Sequence[re.Pattern[str]],
    after_two: Sequence[re.Pattern[str]],
) -> Iterator[Hit]:
    """Names after "this is" and the like. They have capitals, and the words after them say who is calling.

    After two words less is asked for than after one: "Traffic here" is nobody.
    """
    for match in found:
        end = _end_of(match[1])
        after = after_two if " " in match[1][:end] else after_one
        if (
            end
            and _is_capitalised(match[1][:end])
            and any(each.match(match.string, match.start(1) + end) for each in after)
        ):
            yield _hit(match, end)


def _hit(match: re.Match[str], length: int) -> Hit:
    start = match.start(1)
    return Hit("name", start, start + length, match[1][:length].casefold())


def _end_of(found: str) -> int:
    """How much of the words found is a name; nothing when the first of them is an ordinary word."""
    length = 0
    for count, word in enumerate(re.finditer(r"[^ ]+", found)):
        plain = word[0].rstrip(".'-").lower()
        if count == _MOST_WORDS or _is_ordinary(word[0], plain):
            break
        length = word.start() + len(word[0].rstrip(".'-"))
        if word[0].endswith(".") and len(plain) > 2:  # the sentence ends; "S." is an initial
            break
    return length


def _is_ordinary(word: str, plain: str) -> bool:
    is_initial = len(plain) == 1 and word.endswith(".")
    return (plain in _NO_NAMES and not is_initial) or (word.islower() and word.endswith(("ing", "ed")))


def _is_capitalised(found: str) -> bool:
    return all(word[0].isupper() for word in found.split())
