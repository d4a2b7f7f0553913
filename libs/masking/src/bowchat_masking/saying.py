"""What people say when they tell a number: that one comes, and how its parts follow. Looked for in small letters."""

import re
from collections import defaultdict
from functools import lru_cache

from bowchat_masking.canonical import small

_CHOICE = re.compile(r"(?:[^|()\[\\]|\\.|\[[^\]]*+\]|\((?:[^()\[\\]|\\.|\[[^\]]*+\])*+\))++")
_LETTER_FIRST = re.compile(r"[^\W\d_](?![?*+{])")


def by_letter(table: str) -> str:
    """The same choice of words, those of one first letter together: an expression tries one after another, and passes over
    a letter's at once. Which of them comes first is not kept.

    Errors: `ValueError` for brackets within brackets.
    """
    found = _CHOICE.findall(table)
    if "|".join(found) != table:
        raise ValueError("the table has brackets within brackets, or an empty word")
    together: defaultdict[str, list[str]] = defaultdict(list)
    for word in found:
        letter = word[0] if _LETTER_FIRST.match(word) else ""
        together[letter].append(word.removeprefix(letter))
    return "|".join(f"{letter}(?:{'|'.join(rest)})" for letter, rest in together.items())


JOINING = re.compile(
    r"\b(?:then|and|rest|remaining|half|part|followed|last|next|first|second|after|end(?:s|ing)?|continue|start(?:s|ing)?|plus|add"
    r"|aur|phir|fir|baad|baaki|baki|aage|aakhri|pehle|luego|despu[eé]s|resto|mitad|y|primer[oa]?|[uú]ltim[oa]s?|puis|ensuite|dann"
    # What is said while the other writes.
    r"|write|type|gap|laga(?:o|na|iye)?|wait|sorry|hold on"
    r"|hang on|one sec|ek min(?:ute)?|ruko|likh(?:o|na|iye)?|got (?:it|that)|writing|listening"
    r"|let me (?:check|see)|erm|umm?|uh"
    r"|espera|apunta[sn]?|sigo|perd[oó]n|theek|thik|likha|haan|acc?ha|hmm|listo|vale|yalla|tamam|khalas)\b"
    r"|फिर|और|बाद|बाकी|आगे|आखिरी|पहले|\u0645|\u2026|\.\.|->|\u2192"
)
_CALLING = re.compile(
    r"\b(?:"
    + by_letter(
        r"call|phone|ph|mob(?:ile)?|cell|whats?app|wa|tel|contact|dial|ring|reach|text|sms|number|num|n[uú]mero|ll[aá]m(?:a|ame|e|ar)"
        r"|tlfn?o?|tfno|tel[eé]fono|m[oó]vil|celular|cel|wasap|apunta|hit me|cl"
        r"|appelle|rufnummer|mera|phon|nambar|fone"
    )
    + r")\b|फोन|फ़ोन|मोबाइल|नंबर|नम्बर|कॉल"
)
_SUMS = re.compile(
    r"[₹£$€]|(?<![^\W_])(?:"
    + by_letter(
        r"rs|inr|rupees?|notes?|cuotas?|due|bill|premium|paid|payment|amount|amt|cheque|loan|tax|idv|price|cost|lakhs?|emi|refund|total|salary"
        r"|quoted|estimate|bola|kharcha|km|kms|kilomet(?:er|re|ro)s?|garage|taller|prima|importe|euros|floater|surveyor|advance|balance"
    )
    + r")(?![^\W_])"
)
_REACH = 40


def stands_before(expression: re.Pattern[str], text: str, at: int) -> bool:
    """Whether an expression of small letters is found shortly before a place, or up to it where it ends so."""
    return expression.search(small(text), max(0, at - _REACH), at) is not None


def speaks_of_telephone(text: str) -> bool:
    """Whether it speaks of one anywhere."""
    return _CALLING.search(small(text)) is not None


@lru_cache(maxsize=4)
def speaks_of_sums(text: str) -> bool:
    """Whether it speaks of money or of distances, and of no telephone."""
    lowered = small(text)
    return _SUMS.search(lowered) is not None and _CALLING.search(lowered) is None


def is_called_for(text: str, at: int) -> bool:
    """Whether the words before a place speak of a telephone."""
    return stands_before(_CALLING, text, at)
