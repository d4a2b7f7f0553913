"""Check digits: what tells an identity number from any other of its length."""

_VERHOEFF_TABLE = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_VERHOEFF_TURNS = (
    "0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip
_BASE_36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"


def verhoeff(digits: str) -> bool:
    """Aadhaar's check digit."""
    check = 0
    for place, digit in enumerate(reversed(digits)):
        check = int(_VERHOEFF_TABLE[check][int(_VERHOEFF_TURNS[place % 8][int(digit)])])
    return check == 0


def luhn(digits: str) -> bool:
    """The check digit of payment cards."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 * (value > 9)
    return total % 10 == 0


def gstin(code: str) -> bool:
    """The last of the fifteen characters of India's tax number of a business."""
    total = 0
    for place, character in enumerate(code[:14]):
        product = _BASE_36.index(character) * (1 + place % 2)
        total += product // 36 + product % 36
    return _BASE_36[-total % 36] == code[14]


def iban(code: str) -> bool:
    """ISO 13616: modulo 97."""
    return int("".join(str(_BASE_36.index(each)) for each in code[4:] + code[:4])) % 97 == 1


def dni(code: str) -> bool:
    """The letter of a Spanish identity number; the X, Y or Z of a foreigner's stands for 0, 1 or 2."""
    number = int(code[:-1].translate(str.maketrans("XYZ", "012")))
    return _DNI_LETTERS[number % 23] == code[-1]


def aba(digits: str) -> bool:
    """The check digit of a bank's routing number in the United States."""
    return sum(int(digit) * weight for digit, weight in zip(digits, (3, 7, 1) * 3, strict=True)) % 10 == 0
