"""The webhooks of a run, built and signed beforehand, and the marks by which their messages are known again."""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bowchat_testkit.whatsapp_payloads import (
    BusinessNumber,
    Policyholder,
    change,
    contact,
    encode,
    entry,
    envelope,
    sign,
    text,
    wamid_for,
)

PEOPLE = 200
_FIGURES, _LETTERS = "0123456789", "kmnpruvwxy"
"""No letter that the guard reads as a figure: now and then a mark would be a piece of its writer's number, and be held."""
_MARK = re.compile(rb"note ([kmnpruvwxy]{8})")
_BUSINESS = BusinessNumber()
# What people write; in one of eight stands something to be masked.
_TEXTS = {
    "acme-motor": (
        "Good morning, my car was parked outside when somebody drove into it.",
        "I would like to know how far my claim for the windscreen is, please.",
        "Can my daughter drive the car with my motor policy this weekend?",
        "Please call me about the repair of the car on +44 7700 900{index:03d}, thank you.",
    ),
    "bharat-health": (
        "The hospital asks for a cashless admission of my mother, what should they send?",
        "Is a second medical opinion covered by my policy, and up to which amount?",
        "The doctor has sent the reports, when will the reimbursement come?",
        "Which hospital near me takes the card, and do I have to pay first?",
    ),
}
INSURERS = tuple(_TEXTS)
_POLICY_TYPES = {"acme-motor": "motor", "bharat-health": "health"}


@dataclass(frozen=True)
class Webhook:
    """One HTTP request, whole, and the marks of the messages in it."""

    request: bytes
    marks: tuple[bytes, ...]


def people() -> list[Policyholder]:
    """Fictional policyholders, known by number and by BSUID."""
    return [
        Policyholder(number=f"447700900{index:03d}", bsuid=f"GB.3{index:018d}", name=f"Casey Crowd{index}")
        for index in range(PEOPLE)
    ]


def policies() -> str:
    """Who holds which policy, as CSV with phone numbers."""
    rows = [
        f"POL-{index:03d},{insurer},{_POLICY_TYPES[insurer]},+{person.number}"
        for index, person, insurer in zip(range(PEOPLE), people(), itertools.cycle(INSURERS), strict=False)
    ]
    return "\n".join(["policy_number,insurer,policy_type,phone", *rows, ""])


def marks_in(value: bytes) -> bytes | None:
    """The mark of the message in an insurer's record; None for a record that shows no message."""
    found = _MARK.search(value)
    return found[1] if found else None


class Webhooks:
    """Makes webhooks that nobody has sent before, for one relay."""

    def __init__(self, path: str, app_secret: str) -> None:
        self._path, self._secret = path, app_secret
        self._numbers = itertools.count(1)
        self._people = people()

    def make(self, count: int, messages_each: int = 1) -> list[Webhook]:
        """So many webhooks, of people one after the other."""
        return [self._webhook(list(itertools.islice(self._numbers, messages_each))) for _ in range(count)]

    def _webhook(self, numbers: Sequence[int]) -> Webhook:
        marks = [_mark(number) for number in numbers]
        body = encode(envelope(entry(_BUSINESS, *self._changes(numbers, marks))))
        head = (
            f"POST {self._path} HTTP/1.1\r\nhost: relay\r\ncontent-type: application/json\r\n"
            f"x-hub-signature-256: {sign(body, self._secret)}\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        return Webhook(head.encode() + body, tuple(mark.encode() for mark in marks))

    def _changes(self, numbers: Sequence[int], marks: Sequence[str]) -> Iterator[dict[str, object]]:
        now = datetime.now(UTC)
        for number, mark in zip(numbers, marks, strict=True):
            index = number % PEOPLE
            person, insurer = self._people[index], INSURERS[index % len(INSURERS)]
            said = _TEXTS[insurer][number // PEOPLE % 4].format(index=index)
            sent = text(person, wamid_for(person.number, number), now, f"{said} (note {mark})")
            yield change(_BUSINESS, contacts=[contact(person)], messages=[sent])


def _mark(number: int) -> str:
    # Letters alone: digits could be taken for a number and be masked.
    return f"{number:08}".translate(str.maketrans(_FIGURES, _LETTERS))
