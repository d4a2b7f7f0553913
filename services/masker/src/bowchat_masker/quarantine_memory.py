"""The ends of holds in memory: the same contract as in the database, for tests and for BOWCHAT_STORE=memory."""

from collections.abc import Mapping, Sequence

from bowchat_masker.quarantine import Refusal, Ruling
from bowchat_runtime.errors import ConflictError


class MemoryQuarantine:
    """Rulings and refusals in dictionaries."""

    def __init__(self) -> None:
        self._rulings: dict[str, Ruling] = {}
        self._refusals: dict[str, Refusal] = {}

    async def rulings(self, subjects: Sequence[str]) -> dict[str, Ruling]:
        return {each: self._rulings[each] for each in subjects if each in self._rulings}

    async def refusals(self, commands: Sequence[str]) -> dict[str, Refusal]:
        return {each: self._refusals[each] for each in commands if each in self._refusals}

    async def save(self, rulings: Mapping[str, Ruling], refusals: Mapping[str, Refusal]) -> None:
        taken = rulings.keys() & self._rulings.keys() | refusals.keys() & self._refusals.keys()
        self._rulings = {**rulings, **self._rulings}
        self._refusals = {**refusals, **self._refusals}
        if taken:
            raise ConflictError("it was decided by somebody else")

    async def erase(self, subjects: Sequence[str]) -> None:
        self._rulings = {key: each for key, each in self._rulings.items() if key not in subjects}
