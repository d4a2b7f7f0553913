"""Phone numbers as people write them, and as WhatsApp does."""

import re

_WRITING = re.compile(r"[\s().-]")
_E164 = re.compile(r"\+?([1-9][0-9]{7,14})")
NO_NUMBER = "it is no international number; write it like +447700900101"

_MEXICO = re.compile(r"52(1?)([0-9]{10})")
_ARGENTINA = re.compile(r"54(9?)([0-9]{10})")
_BRAZIL = re.compile(r"55([0-9]{2})(9?)([6-9][0-9]{7})")


def digits_of(written: str) -> str | None:
    """The digits of an international number, as WhatsApp writes it; None for anything else."""
    match = _E164.fullmatch(_WRITING.sub("", written))
    return match[1] if match else None


def forms(digits: str) -> tuple[str, ...]:
    """Under which digits WhatsApp may know this number, itself first: Mexico's and Argentina's mobiles have a digit that is
    written or left out there, and so have Brazil's, by the age of the account.
    """
    others: tuple[str, ...] = ()
    if match := _MEXICO.fullmatch(digits):
        others = (f"52{match[2]}", f"521{match[2]}")
    elif match := _ARGENTINA.fullmatch(digits):
        others = (f"54{match[2]}", f"549{match[2]}")
    elif match := _BRAZIL.fullmatch(digits):
        others = (f"55{match[1]}{match[3]}", f"55{match[1]}9{match[3]}")
    return tuple(dict.fromkeys((digits, *others)))
