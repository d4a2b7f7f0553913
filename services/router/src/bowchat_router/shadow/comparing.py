"""Two versions of the registry over one log, message by message."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from bowchat_contracts.ids import MessageId
from bowchat_router.shadow.world import Fate, Outcome, World
from bowchat_runtime.records import Record


class Where(NamedTuple):
    """What counts of a fate: another rule that leads to the same desk changes nothing."""

    outcome: Outcome
    insurer: str | None
    desk: str | None


@dataclass(frozen=True, slots=True)
class Difference:
    """A message that would go another way."""

    message_id: MessageId
    before: Fate
    after: Fate


@dataclass
class Comparison:
    """What a log came to."""

    messages: int = 0
    moves: Counter[tuple[Where, Where]] = field(default_factory=Counter)
    """How many messages would go there instead of here."""

    @property
    def changed(self) -> int:
        return sum(self.moves.values())

    @property
    def counts(self) -> Mapping[str, int]:
        """What people look at first, by its name."""
        return {
            "no_longer_asked": self._moved("asked", leaving=True),
            "newly_asked": self._moved("asked", leaving=False),
            "no_longer_to_triage": self._moved("triage", leaving=True),
            "newly_to_triage": self._moved("triage", leaving=False),
        }

    def _moved(self, outcome: Outcome, *, leaving: bool) -> int:
        return sum(
            count
            for (before, after), count in self.moves.items()
            if before.outcome != after.outcome and (before if leaving else after).outcome == outcome
        )


class Shadow:
    """Takes in a log, record by record."""

    def __init__(self, current: World, new: World) -> None:
        self._current, self._new = current, new
        self.result = Comparison()

    def hear(self, record: Record) -> Difference | None:
        """The difference that this record makes, where it is a message that would go another way."""
        before, after = self._current.hear(record), self._new.hear(record)
        if before is None or after is None:
            return None
        self.result.messages += 1
        move = _where(before), _where(after)
        if move[0] == move[1]:
            return None
        self.result.moves[move] += 1
        return Difference(record.event.message_id, before, after)


def _where(fate: Fate) -> Where:
    return Where(fate.outcome, fate.insurer, fate.desk)
