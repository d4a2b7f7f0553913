"""A policy that its holder calls by the last digits of a number: "my policy …0101", "the one ending in 4821". Pure.

Three to six digits stand in many texts: amounts, years, the end of a phone's or a card's number. So they count only beside
words that say what they are of, and only against what the writer holds: a stranger's policy is never meant so.
"""

import re
from collections.abc import Sequence

from bowchat_registry.keywords import words
from bowchat_registry.numbers import normalised, upper
from bowchat_registry.policies import Policy


def _any(phrases: str) -> str:
    """A pattern for one of these phrases, which commas part, among the words of a text."""
    said = {words(each).strip() for each in phrases.split(",")}
    return f"(?: (?:{'|'.join(sorted(said, key=len, reverse=True))}))"


_POLICY = _any("policy, policies, polisi, póliza, poliza, पॉलिसी, पालिसी")
_THING = _any(
    """claim, vehicle, car, bike, scooter, van, truck, siniestro, reclamo, reclamación, vehículo, vehiculo, coche, carro,
    auto, moto, gaadi, gadi, क्लेम, दावा, दावे, गाड़ी, वाहन"""
)
"""Amounts and models stand beside these too ("claim 5000", "bike 350"), so it has to be called a number."""
_NUMBER = _any(
    "number, numbers, no, nr, num, id, ref, reference, número, numero, núm, nambar, sankhya, नंबर, नम्बर, संख्या"
)
_SMALL = _any(
    """is, are, s, of, my, the, that, which, whose, it, in, with, by, on, es, que, cuyo, cuya, en, con, los, las, por, hai,
    ka, ki, ke, jo, jis, jiska, jiski, है, का, की, के, जो, जिस, जिसका, जिसकी"""
)
_BETWEEN = f"(?:{_SMALL}|{_NUMBER}){{0,4}}"
_ENDS = _any("ends, end, finishes, termina, acaba")
"""A number does, and so does a policy's time: "it ends in 2027"."""
_ENDING = (
    _any("ending, finishing, terminada, terminado, acabada, acabado")
    + "|"
    + _any(
        "last, final, últimos, ultimos, últimas, ultimas, aakhri, akhri, aakhiri, antim, आखिरी, आख़िरी, अंतिम"
    )
    + _any(
        "3, 4, 5, 6, three, four, five, six, tres, cuatro, cinco, seis, teen, char, chaar, तीन, चार, पांच, छह"
    )
    + "?"
    + _any("digits, digit, numbers, number, dígitos, digitos, cifras, números, ank, अंक, नंबर")
)
_UNTIL = _any("pe, par, se, mein, पर, पे, से, में") + _any("khatam, khatm, samapt, end, खत्म, ख़त्म, समाप्त")
_ONE = _any("one, ones, la, el, it, jo, wali, wala, जो, वाली, वाला")
_WHICH = _any("wali, wala, wale, waali, vali, vaali, वाली, वाला, वाले")
_OWN = _any("my, the, mi, la, meri, mera, मेरी, मेरा")
_UNIT = _any(
    """rs, re, inr, usd, eur, mxn, rupees, rupee, rupaye, rupay, dollars, dollar, euros, euro, pesos, dólares, lakh, lakhs,
    lac, crore, k, thousand, hazar, hazaar, mil, रुपये, रुपए, रुपया, लाख, हजार, हज़ार, days, day, months, month, years, year, din,
    mahine, saal, दिन, महीने, साल, días, meses, años, km, cc, percent, weeks, week, hours, hour, hrs, semanas, horas, premium,
    prima, sum, deductible, excess, franquicia"""
)
_TAIL = rf" (\d{{3,6}})(?= )(?!{_UNIT} )"
_NO_YEAR = r"(?! (?:19|20)\d\d )"

_WAYS = tuple(
    re.compile(each)
    for each in (
        # "policy 0101", "claim number 5501"
        rf"{_POLICY}{_BETWEEN}{_NO_YEAR}{_TAIL}",
        rf"{_THING}{_NUMBER}{_BETWEEN}{_NO_YEAR}{_TAIL}",
        # "the one ending in 4821", "la que termina en 4821", "policy ke aakhri 4 ank 0101"
        rf"(?:^|{_POLICY}|{_THING}|{_ONE}){_BETWEEN}(?:{_ENDING}){_BETWEEN}{_TAIL}",
        rf"(?:^|{_POLICY}|{_THING}|{_ONE}){_BETWEEN}{_ENDS}{_BETWEEN}{_NO_YEAR}{_TAIL}",
        # "jo 0101 pe khatam hoti hai"
        rf"(?:^|{_POLICY}|{_THING}|{_ONE}){_BETWEEN}{_NO_YEAR}{_TAIL}{_UNTIL}",
        # "my 0101 policy", "0101 wali policy"
        rf"{_OWN}{_NO_YEAR}{_TAIL}{_POLICY} ",
        rf"{_NO_YEAR}{_TAIL}{_NUMBER}?{_WHICH}{_POLICY} ",
    )
)
_DIGIT = re.compile(r"\d")
_LEFT_OUT = "[-X*•.…#:_]"
_HIDDEN = re.compile(rf"(?<!{_LEFT_OUT})((?<=\d){_LEFT_OUT})?+{_LEFT_OUT}++(?=\d{{3,6}}(?!\d))")
"""What people write for the digits that they leave out: "XXXX0101", "...0101". It is tried where it begins alone, for a
line of ten thousand dashes has as many places."""
_STOPS = ".,;:!?()\"'"
_OTHER = "§"
"""Stands where a number is of another look: a sum, a date, a whole number. No text has this word."""


def ending_in(text: str, held: Sequence[Policy]) -> tuple[Policy, ...]:
    """Those of the writer's policies that a text calls by the last digits of their number, a vehicle's or a claim's."""
    tails = _tails(text) if held else ()
    return tuple(each for each in held if any(_ends(each, tail) for tail in tails))


def _ends(policy: Policy, tail: str) -> bool:
    called = (policy.number, *((policy.vehicle,) if policy.vehicle else ()), *policy.claims)
    return any(each.endswith(tail) for each in map(normalised, called))


def _tails(text: str) -> set[str]:
    if not _DIGIT.search(text):
        return set()
    chunks = _HIDDEN.sub(r"\1 ", upper(text)).split()
    spaced = f" {' '.join(filter(None, map(_word, chunks)))} "
    return {found[1] for way in _WAYS for found in way.finditer(spaced)}


def _word(chunk: str) -> str:
    bare = chunk.strip(_STOPS)
    if _DIGIT.search(bare) and not bare.isdecimal():
        return _OTHER
    return bare if bare.isdecimal() else words(chunk).strip()
