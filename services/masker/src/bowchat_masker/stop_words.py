# ruff: noqa: RUF001 - words of other scripts are the subject
"""STOP and START, said by a policyholder as a whole message, perhaps with the insurer's name. Pure."""

import re
import string
import unicodedata
from typing import Literal, NamedTuple

from bowchat_contracts.content import ButtonContent, Content, TextContent
from bowchat_masking.canonical import canonicalise

Language = Literal["en", "hi", "hi-Latn", "es"]


class Wish(NamedTuple):
    stops: bool
    language: Language


_STOP: dict[Language, str] = {
    "en": "stop|stop it|please stop|stop please|unsubscribe|opt out|optout|stop messages|stop messaging me",
    "hi-Latn": "band karo|band kar do|band kardo|band kare|band karen|band karein|band kijiye|bandh karo|roko|mat bhejo",
    "hi": "बंद करो|बंद कर दो|बंद करें|बंद कीजिए|बन्द करो|रोको|रोकें|स्टॉप|मत भेजो",
    "es": "parar|pare|para ya|alto|basta|detener|baja|dar de baja|darme de baja",
}
_START: dict[Language, str] = {
    "en": "start|unstop|resume|subscribe|opt in|optin|start again|please start",
    "hi-Latn": "shuru karo|shuru kar do|shuru kare|shuru karen|shuru karein|shuru kijiye|chalu karo|chaalu karo",
    "hi": "शुरू करो|शुरू कर दो|शुरू करें|शुरू कीजिए|शुरु करो|चालू करो|स्टार्ट",
    "es": "empezar|comenzar|iniciar|reanudar|seguir|alta|dar de alta",
}
_WISHES = {
    phrase: Wish(stops, language)
    for stops, table in ((True, _STOP), (False, _START))
    for language, phrases in table.items()
    for phrase in phrases.split("|")
}
_LONGEST = 80
# Not \w: it leaves out the vowel signs of India's scripts.
_APART = re.compile(r"[\s!-/:-@\[-`{-~।¡¿…–—’“”]+")
_SPACED = str.maketrans(dict.fromkeys(string.punctuation, " "))
# With these begin the escapes that are read as what they stand for.
_ESCAPING = frozenset("%&\\")


def may_be_wish(text: str) -> bool:
    """Whether it is short enough."""
    return len(text) <= _LONGEST


def wish_of(content: Content, insurer: str) -> Wish | None:
    """What a message wishes of this insurer, where it says nothing else."""
    text = content.text if isinstance(content, TextContent | ButtonContent) else None
    if text is None or not may_be_wish(text.reveal()):
        return None
    words = _words(text.reveal())
    named = _APART.split(insurer)
    for many in range(len(named) + 1):
        name, rest = named[:many], len(words) - many
        if words[rest:] == name and (wish := _WISHES.get(" ".join(words[:rest]))):
            return wish
        if words[:many] == name and (wish := _WISHES.get(" ".join(words[many:]))):
            return wish
    return None


def _words(text: str) -> list[str]:
    """The words in small letters. Plain text, as nearly all is, needs no character by itself looked at."""
    if text.isascii() and _ESCAPING.isdisjoint(text):
        return text.translate(_SPACED).lower().split()
    said = "".join(" " if _is_picture(each) else each for each in text)
    return [each for each in _APART.split(canonicalise(said).text.casefold()) if each]


def _is_picture(character: str) -> bool:
    """Emoji beside a word change nothing of what it says."""
    return unicodedata.category(character) in ("So", "Sk") or character == "\ufe0f"


_STOPPED: dict[Language, str] = {
    "en": "Done: {insurer} cannot write to you here any more. Other insurers are not affected, and what you write here "
    "still reaches {insurer}. To hear from them again, write START.",
    "hi-Latn": "Ho gaya: {insurer} ab aapko yahan nahi likh sakta. Doosre insurers par asar nahi padta, aur aap jo likhenge "
    "wo {insurer} tak pahunchega. Phir se sunne ke liye START likhiye.",
    "hi": "हो गया: {insurer} अब आपको यहाँ नहीं लिख सकता। दूसरी बीमा कंपनियों पर असर नहीं पड़ता, और आप जो लिखेंगे वह "
    "{insurer} तक पहुँचेगा। फिर से सुनने के लिए START लिखिए।",
    "es": "Hecho: {insurer} ya no puede escribirle aquí. No afecta a otras aseguradoras, y lo que usted escriba aquí sigue "
    "llegando a {insurer}. Para recibir de nuevo sus mensajes, escriba START.",
}
_OPENED: dict[Language, str] = {
    "en": "Done: {insurer} can write to you here again. To end that, write STOP.",
    "hi-Latn": "Ho gaya: {insurer} ab aapko yahan phir likh sakta hai. Band karne ke liye STOP likhiye.",
    "hi": "हो गया: {insurer} अब आपको यहाँ फिर लिख सकता है। बंद करने के लिए STOP लिखिए।",
    "es": "Hecho: {insurer} puede volver a escribirle aquí. Para detenerlo, escriba STOP.",
}


def confirmation(wish: Wish, insurer: str) -> str:
    """What the policyholder reads, in the language of their word."""
    return (_STOPPED if wish.stops else _OPENED)[wish.language].format(insurer=insurer)
