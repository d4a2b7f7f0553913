"""The language of a message, by its script and, in Latin script, by the small words that every sentence has."""

import unicodedata
from collections import Counter, defaultdict
from functools import lru_cache

from bowchat_registry.keywords import words

UNDETERMINED = "und"
_SCRIPTS = {
    "DEVANAGARI": "hi", "BENGALI": "bn", "GURMUKHI": "pa", "GUJARATI": "gu", "ORIYA": "or", "TAMIL": "ta",
    "TELUGU": "te", "KANNADA": "kn", "MALAYALAM": "ml", "SINHALA": "si", "THAI": "th", "LAO": "lo", "MYANMAR": "my",
    "KHMER": "km", "TIBETAN": "bo", "GEORGIAN": "ka", "ARMENIAN": "hy", "HEBREW": "he", "ARABIC": "ar", "GREEK": "el",
    "CYRILLIC": "ru", "HANGUL": "ko", "HIRAGANA": "ja", "KATAKANA": "ja", "CJK": "zh", "ETHIOPIC": "am",
}  # fmt: skip
"""The language that most who write the script mean."""
_SMALL_WORDS = {
    "en": """
        the a an is are was were am be been has have had do does did will would can could should may my your
        our his her their its i you we he she they it me him them us this that these those what which who
        whom whose how why when where there and or but if then than because so not no yes any some all for
        from with without about into of to in on at by please thanks hello hi need want get got just still
        after before now don doesn didn isn won im ive pls u ur thx
    """,
    "es": """
        el la los las un una unos unas de del al y o u pero si no que qué quien quién como cómo cuando
        cuándo cuanto cuánto cuánta donde dónde por para con sin sobre entre es son está están estoy estaba
        fue ser hay ha he han tengo tiene tienen quiero quisiera necesito puedo puede pueden mi mis tu tus
        su sus me te se le les lo nos yo usted ustedes ellos muy más ya también porque desde hasta este esta
        esto ese esa eso hola gracias buenas buenos días favor ayer hoy mañana
    """,
    "hi-Latn": """
        hai hain ho hu hun hoon tha thi the ka ki ke ko se mein main mai maine mera meri mere hum humne
        hamara hamari aap aapka aapki aapke tum kya kyu kyun kyon kaise kaisa kab kahan kitna kitne kitni
        kaun kaunsa nahi nahin nhi na aur ya par pe bhi hi toh to jo jab tak wala wali wale karna karni kar
        karo kare karte karu karun kiya kijiye karke kardo hua hui hue hoga hogi gaya gayi gaye raha rahi
        rahe chahiye sakta sakte sakti diya dijiye dena lena liya milega milegi mila abhi kal aaj bahut
        accha theek ek mujhe usko iska isko uska apna apni bhai ji haan koi kuch sab batao bataiye
    """,
    "pt": """
        o os um uma de do da dos das em no na nos nas e ou mas não que quem como quando quanto onde por para
        com sem é são está estou foi ser há tenho tem têm quero preciso posso pode meu minha seu sua me você
        vocês muito mais já também porque até este esta isso olá obrigado obrigada bom dia boa ontem hoje
        amanhã
    """,
    "fr": """
        le la les un une des de du au aux et ou mais ne pas que qui quoi comment quand combien où pour par
        avec sans sur est sont suis été être avoir j ai as ont avons mon ma mes votre vos notre je tu il
        elle nous vous ils ce cette ça bonjour merci très plus déjà aussi parce depuis jusqu hier aujourd
        hui demain
    """,
    "de": """
        der die das ein eine einen einem und oder aber nicht kein keine dass wer was wie wann wo warum für
        mit ohne von zu zum zur auf aus bei nach ist sind war bin habe hat haben wird werden kann muss
        möchte mein meine ihr ihre ich du er sie wir es mich mir bitte danke hallo sehr schon auch weil seit
        gestern heute morgen
    """,
}


def _by_word() -> dict[str, tuple[str, ...]]:
    """The languages that each small word is of."""
    found: dict[str, tuple[str, ...]] = {}
    for language, small in _SMALL_WORDS.items():
        for word in dict.fromkeys(small.split()):
            found[word] = (*found.get(word, ()), language)
    return found


_BY_WORD = _by_word()
EVERYDAY = frozenset(_BY_WORD)
"""Small words, which say nothing of what a text is about."""
_OF_SPANISH = frozenset("¿¡ñ")
_MOST_CHARACTERS = 400


def language_of(text: str) -> str:
    """The language as a BCP 47 tag: `en`, `es`, `hi`, `hi-Latn` and others; `und` where nothing tells."""
    start = text[:_MOST_CHARACTERS]
    script = "LATIN" if start.isascii() else _script(start)
    return _of_latin(start) if script == "LATIN" else _SCRIPTS.get(script, UNDETERMINED)


def _script(text: str) -> str:
    """The script of most letters. Japanese is told by its own letters, few as they may be."""
    counted = Counter(_script_of(each) for each in text if each.isalpha())
    if counted["HIRAGANA"] + counted["KATAKANA"]:
        return "HIRAGANA"
    return max(counted, key=lambda each: counted[each], default="")


@lru_cache(maxsize=4096)
def _script_of(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]


def _of_latin(text: str) -> str:
    scores: defaultdict[str, float] = defaultdict(float)
    for word in words(text).split():
        languages = _BY_WORD.get(word, ())
        for each in languages:
            scores[each] += 1 / len(languages)
    if not _OF_SPANISH.isdisjoint(text.lower()):
        scores["es"] += 1
    return max(scores, key=lambda each: scores[each], default=UNDETERMINED)
