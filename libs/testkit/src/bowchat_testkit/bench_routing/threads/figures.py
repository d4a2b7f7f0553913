"""How often the router was right, had to ask, and left it to people."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from bowchat_registry.registry import Registry
from bowchat_router.readings import Readings
from bowchat_router.testing import Worker
from bowchat_testkit.bench_routing.threads.play import Play
from bowchat_testkit.bench_routing.threads.scripts import PLAIN
from bowchat_testkit.bench_routing.threads.thread import Written
from bowchat_testkit.bench_routing.threads.world import people, registry_of

THREADS, SEED = 520, 11


@dataclass
class Figures:
    """What became of the messages of a run."""

    threads: int = 0
    messages: int = 0
    asked: int = 0
    """Messages that waited for an answer."""
    questions: int = 0
    triage: int = 0
    """Messages that people placed."""
    lost: int = 0
    """Messages in no conversation at the end: must be none."""
    wrong: list[tuple[str, Written]] = field(default_factory=list)
    """Messages that an insurer got for which they were not, with that insurer they were for."""

    @property
    def share_asked(self) -> float:
        return self.asked / self.messages

    def lines(self) -> Iterator[str]:
        yield "| threads | messages | to a wrong insurer | asked about | questions | to people |"
        yield "|---|---|---|---|---|---|"
        yield (
            f"| {self.threads} | {self.messages} | {len(self.wrong)} | {self.asked} ({self.share_asked:.1%}) "
            f"| {self.questions} | {self.triage} ({self.triage / self.messages:.1%}) |"
        )


async def measure(
    base: Registry, readings: Readings, *, threads: int = THREADS, seed: int = SEED, of: str = PLAIN
) -> tuple[Figures, list[Play]]:
    """All threads of this seed through the router. `base`: the shipped registry; `of`: the set of scripts."""
    who = people(seed, threads, of)
    registry = registry_of(base, who)
    figures, plays = Figures(), []
    for person in who:
        play = Play(person, Worker(registry, readings=readings), seed)
        await play.run()
        figures.threads += len(person.matters)
        figures.questions += play.questions
        _count(figures, play.written.values(), [each.policy.insurer for each in person.matters])
        plays.append(play)
    return figures, plays


def _count(figures: Figures, written: Iterable[Written], insurers: list[str]) -> None:
    for each in written:
        figures.messages += 1
        figures.asked += each.asked
        figures.triage += each.triage
        figures.lost += not each.rule
        if any(insurer != insurers[each.thread] for insurer in each.insurers):
            figures.wrong.append((insurers[each.thread], each))
