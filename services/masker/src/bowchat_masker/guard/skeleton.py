"""How a name looks, whatever it is written with: letters and digits alone, each by the one sign that it can be taken for.

Spaces, dots and marks fall away, and so do accents; letters of other scripts, of small capitals, in squares and on flags
become the Latin letters that they look like; digits and signs become the letters that they stand for. What is compared has
been through the same, so nothing is lost by taking `l`, `i` and `1` for one.
"""

import string
import unicodedata
from functools import lru_cache

_STAND_FOR = dict(zip("0134578@$!|l", "oieastbasiii", strict=True))
_LOOK_LIKE = dict(
    zip(
        "авсеһіјкмнорѕтухԁԛԝгզαβεηικνορτυχγωıłøđðɑɡʟᴀʙᴄᴅᴇꜰɢʜɪᴊᴋᴍɴᴏᴘǫʀꜱᴛᴜᴠᴡʏᴢ",
        "abcehijkmhopstyxdqwrqabenikvoptuxywilodoaglabcdefghijkmnopqrstuvwyz",
        strict=True,
    )
)
# Flags' letters, and white letters in black circles, squares and boxes: no decomposition leads from them to letters.
_ALPHABETS = (0x1F1E6, 0x1F130, 0x1F150, 0x1F170)
_SIGNS = {chr(first + at): letter for first in _ALPHABETS for at, letter in enumerate(string.ascii_lowercase)}
_PLAIN = str.maketrans(
    {
        character: _STAND_FOR.get(character.lower(), character.lower() if character.isalnum() else "")
        for character in map(chr, range(128))
    }
)
_NOTHING = bytes(code for code, letter in _PLAIN.items() if not letter)
_PLAIN_ASCII = bytes(ord(_PLAIN.get(code) or " ") for code in range(256))


def skeleton(text: str) -> str:
    """What is left of a text: the same for all texts that look or read alike."""
    if text.isascii():
        return text.encode().translate(_PLAIN_ASCII, _NOTHING).decode()
    return "".join(map(_skeleton, text))


def stands_alone(name: str, text: str) -> bool:
    """Whether a name, found in a text's skeleton, begins where a word begins and ends where one ends."""
    ends, before, at = set[int](), True, 0
    for character in text:
        left = skeleton(character)
        if before != (not left):
            ends.add(at)
        before, at = not left, at + len(left)
    ends.add(at)
    whole = skeleton(text)
    found = (start for start in range(len(whole)) if whole.startswith(name, start))
    return any({start, start + len(name)} <= ends for start in found)


@lru_cache(maxsize=16_384)
def _skeleton(character: str) -> str:
    if character in _SIGNS:
        return _SIGNS[character].translate(_PLAIN)
    parts = unicodedata.normalize("NFKD", character).casefold()
    letters = "".join(_LOOK_LIKE.get(each, each) for each in parts if each.isalnum() or each in "@$!|")
    return letters.translate(_PLAIN)
