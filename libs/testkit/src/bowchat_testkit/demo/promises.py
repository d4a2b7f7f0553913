"""What the demo checks of its own outcome."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bowchat_testkit.demo.cast import ANSWERS, PEOPLE, SILENT, Line
from bowchat_testkit.demo.journeys import Journey
from bowchat_testkit.demo.traces import flat, identities, traces
from bowchat_testkit.insurers import SeenCall
from bowchat_testkit.whatsapp import ReceivedMessage

BREACH_NOTICED_WITHIN_S = 1.0


@dataclass(frozen=True)
class Promise:
    """One thing that must hold, and what was found."""

    text: str
    kept: bool
    found: str


def right_insurer(played: Sequence[Line], found: Sequence[Journey]) -> Promise:
    """By what was written, since the relay shows nobody's identity."""
    reached = {each.wrote: each for each in found if each.seen is not None}
    right = [
        line
        for line in played
        if (journey := reached.get(line.text)) and journey.relayed and journey.relayed.insurer == line.insurer
    ]
    return Promise(
        "Every message is at its insurer", len(right) == len(played), f"{len(right)} of {len(played)}"
    )


def in_order(found: Sequence[Journey]) -> Promise:
    threads: dict[str, list[int]] = {}
    for each in found:
        if each.seen is not None:
            threads.setdefault(each.seen.thread_id, []).append(each.seen.seq)
    whole = [numbers for numbers in threads.values() if numbers == list(range(1, len(numbers) + 1))]
    kept = bool(threads) and len(whole) == len(threads)
    return Promise("Conversations are in order, without gaps", kept, f"{len(whole)} of {len(threads)}")


def answered(played: Sequence[Line], phones: Sequence[ReceivedMessage]) -> Promise:
    """The right words, on the right phone, once."""
    expected: Counter[tuple[str, str]] = Counter()
    spoken: Counter[str] = Counter()
    for line in played:
        if line.insurer != SILENT:
            expected[line.person.name, ANSWERS[line.insurer][spoken[line.insurer]]] += 1
            spoken[line.insurer] += 1
    got = Counter((_owner(each.recipient), each.text) for each in phones)
    right = (expected & got).total()
    kept = got == expected
    return Promise(
        "Every answer is on its policyholder's phone, once",
        kept,
        f"{right} of {expected.total()}" + ("" if kept else f", {(got - expected).total()} wrong or double"),
    )


def _owner(recipient: str) -> str:
    """Errors: none; somebody unknown owns what was sent to a stranger."""
    owners = (person.name for person in PEOPLE if recipient in (person.number, person.bsuid))
    return next(owners, "unknown")


def nothing_told(insurer_side: Iterable[bytes], calls: Iterable[SeenCall], wamids: Iterable[str]) -> Promise:
    """Each record and call by itself: key or path, headers, body."""
    pieces = [*insurer_side, *(flat(call.headers.items()) + b"\n" + call.body for call in calls)]
    found = _found(pieces, wamids)
    size = f"{len(pieces)} records and calls, {sum(map(len, pieces)):,} bytes"
    return Promise(
        "Insurers get no number, name or id of a policyholder",
        bool(pieces) and not found,
        f"none in {size} (plain, spaced, reversed, hex, base64)" if not found else f"{len(found)} in {size}",
    )


def nothing_logged(logs: Path, wamids: Iterable[str]) -> Promise:
    files = sorted(logs.glob("*.log"))
    found = _found([file.read_bytes() for file in files], wamids)
    return Promise(
        "Nor does any log hold one",
        bool(files) and not found,
        f"{len(found) or 'none'} in the logs of {len(files)} processes",
    )


def _found(pieces: Sequence[bytes], wamids: Iterable[str]) -> set[str]:
    secrets = frozenset[str]().union(*(identities(person) for person in PEOPLE), wamids)
    return set[str]().union(*(traces(piece, secrets) for piece in pieces))


def breached(found: Sequence[Journey]) -> Promise:
    """The silent insurer's, at its second; and nobody else's."""
    breaches = [each.breach for each in found if each.breach is not None]
    text = "The silent insurer's breach was noticed in time, and no other"
    if [each.insurer for each in breaches] != [SILENT]:
        return Promise(text, False, f"breaches: {', '.join(each.insurer for each in breaches) or 'none'}")
    late = (breaches[0].detected_at - breaches[0].due_at).total_seconds()
    return Promise(text, late <= BREACH_NOTICED_WITHIN_S, f"{late * 1000:.0f} ms after it was due")


def audited(entries: int, records: int) -> Promise:
    return Promise(
        "The audit log has every record of every topic", entries == records, f"{entries} of {records}"
    )


def balanced(code: int) -> Promise:
    return Promise("The accounts balance", code == 0, "yes" if code == 0 else "no, see above")


def verified(code: int) -> Promise:
    return Promise(
        "The log is what was appended, entry for entry", code == 0, "yes" if code == 0 else "no, see above"
    )


def broken(promises: Iterable[Promise]) -> Iterator[Promise]:
    return (promise for promise in promises if not promise.kept)
