"""What went in and what came out, and every way in which the two may differ."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from bowchat_contracts.insurer import InsurerMessage
from bowchat_testkit.insurers import shown_text


@dataclass(frozen=True)
class Arrival:
    """One copy of a message at an insurer: what it says, and everything about it that has to be the same in a duplicate."""

    insurer: str
    message: InsurerMessage
    bytes: tuple[object, ...]


@dataclass
class Findings:
    """Broken promises, in words. Empty is good."""

    lost: list[str] = field(default_factory=list)
    misplaced: list[str] = field(default_factory=list)
    out_of_order: list[str] = field(default_factory=list)
    unequal_duplicates: list[str] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return any(vars(self).values())


def compare(sent: dict[str, list[str]], insurers: dict[str, str], arrivals: Iterable[Arrival]) -> Findings:
    """Hold what arrived against what was sent.

    Args:
        sent: By person, the texts in the order of sending, which is their order as strings; no text occurs twice.
        insurers: By person, the insurer that has to get them.
        arrivals: Every copy, in the order each insurer saw them.
    """
    findings = Findings()
    persons = {said: person for person, texts in sent.items() for said in texts}
    arrived: set[str] = set()
    for (insurer, thread_id), messages in _threads(findings, arrivals).items():
        seqs = [each.seq for each in messages]
        said = [shown_text(each) for each in messages]
        arrived.update(said)
        if seqs != list(range(1, len(seqs) + 1)):
            findings.gaps.append(f"{insurer} {thread_id}: {seqs}")
        if {insurers.get(persons.get(one, "")) for one in said} != {insurer} or len(
            {persons[one] for one in said}
        ) > 1:
            findings.misplaced.append(f"{insurer} {thread_id}: {said}")
        if said != sorted(said):
            findings.out_of_order.append(f"{insurer} {thread_id}: {said}")
    findings.lost = sorted(set(persons) - arrived)
    return findings


def _threads(findings: Findings, arrivals: Iterable[Arrival]) -> dict[tuple[str, str], list[InsurerMessage]]:
    """By insurer and thread, each message once, in the order of its first copy."""
    threads: dict[tuple[str, str], dict[str, Arrival]] = {}
    for each in arrivals:
        thread = threads.setdefault((each.insurer, each.message.thread_id), {})
        first = thread.setdefault(each.message.message_id, each)
        if first.bytes != each.bytes:
            findings.unequal_duplicates.append(each.message.message_id)
    return {thread: [each.message for each in copies.values()] for thread, copies in threads.items()}
