"""What stands around and between the digits, and their order."""

from collections.abc import Callable
from random import Random

Family = Callable[[str, Random], str]


def _between(filler: str) -> Family:
    return lambda digits, _: filler.join(digits)


def _grouped(digits: str, chance: Random) -> str:
    sizes = chance.choice([(3, 3, 4), (5, 5), (2, 4, 4), (4, 3, 3)])
    parts, at = [], 0
    for size in sizes:
        parts.append(digits[at : at + size])
        at += size
    return " ".join(filter(None, [*parts, digits[at:]]))


def _halves(digits: str, chance: Random) -> str:
    at = chance.randint(3, len(digits) - 3)
    return f"{digits[:at]} is the first half and this is the second {digits[at:]}"


def _any_filler(digits: str, chance: Random) -> str:
    fillers = [" ", "-", ".", "_", "~", "*", "/", "|", ",", "'", ":", "#"]
    return "".join(each + chance.choice(fillers) * chance.randint(0, 2) for each in digits)


def _emoji(digits: str, chance: Random) -> str:
    faces = "\U0001f600\U0001f44d\u2764\U0001f64f\U0001f697"
    return "".join(each + chance.choice(faces) for each in digits)


def _decoys(digits: str, chance: Random) -> str:
    return "".join(each + chance.choice("0123456789") for each in digits)


def _list(digits: str, _: Random) -> str:
    return "\n".join(f"{place}. {each}" for place, each in enumerate(digits, 1))


def _sums(digits: str, chance: Random) -> str:
    def sum_of(digit: int) -> str:
        first = chance.randint(0, digit)
        return f"{first}+{digit - first}"

    return " ".join(sum_of(int(each)) for each in digits)


def _differences(digits: str, chance: Random) -> str:
    def difference(digit: int) -> str:
        more = chance.randint(1, 9)
        return f"{digit + more} - {more}"

    return ", ".join(difference(int(each)) for each in digits)


LAYOUTS: dict[str, Family] = {
    "spaced": _between(" "),
    "wide spaces": _between("   "),
    "dashes": _between("-"),
    "dots": _between("."),
    "commas": _between(","),
    "underscores": _between("_"),
    "pipes": _between("|"),
    "lines": _between("\n"),
    "zero width": _between("\u200b"),
    "soft hyphens": _between("\u00ad"),
    "struck through": _between("\u0336"),
    "letters between": _between("x"),
    "arrows": _between(" -> "),
    "ellipses": _between("..."),
    "grouped": _grouped,
    "any filler": _any_filler,
    "emoji between": _emoji,
    "slash pairs": lambda digits, _: "/".join(digits[i : i + 2] for i in range(0, len(digits), 2)),
    "rows": lambda digits, _: "\n".join(digits[i : i + 3] for i in range(0, len(digits), 3)),
    "stars": lambda digits, _: f"*{digits[:5]}*{digits[5:]}",
    "brackets": lambda digits, _: "".join(f"({each})" for each in digits),
    "quoted": lambda digits, _: " ".join(f'"{each}"' for each in digits),
    "markup": lambda digits, _: "".join(f"<b>{each}</b>" for each in digits),
    "right to left": lambda digits, _: f"\u202e{digits}\u202c",
    "glued to words": lambda digits, _: f"call{digits}now",
    "text between halves": _halves,
    "link": lambda digits, _: f"https://wa.me/{digits}",
    "tel": lambda digits, _: f"tel:{digits[:3]}-{digits[3:]}",
    "vcard": lambda digits, _: f"TEL;type=CELL;waid={digits}:+{digits}",
    "price": lambda digits, _: f"Rs {digits[:2]},{digits[2:5]},{digits[5:]}/-",
    "claim number": lambda digits, _: f"claim no CLM{digits}",
    "decimals": lambda digits, _: f"{digits[:5]}.{digits[5:]}",
    "reversed": lambda text, _: text[::-1],
    "reversed and spaced": lambda digits, _: " ".join(digits[::-1]),
    "decoy digits": _decoys,
    "numbered list": _list,
    "sums": _sums,
    "differences": _differences,
}
