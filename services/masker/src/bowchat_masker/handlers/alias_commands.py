"""A person ends an insurer's way to one contact: the alias answers no more, and is never given again."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bowchat_contracts.commands import AliasRevoke, CommandRequested
from bowchat_masker.handlers.answers import answer
from bowchat_masker.model import AliasRow, Changes
from bowchat_masker.store import VaultStore
from bowchat_masker.ways import Way, revocation, revoked
from bowchat_runtime.moments import whole_milliseconds
from bowchat_runtime.records import Outgoing, Record

_DONE = "the alias answers no more; the policyholder's next message to this insurer goes under a new one"
_UNKNOWN = "there is no such alias"
_NOT_YOURS = "only a person of the aggregator can end an alias"
_ENDED = "this alias has ended before"


@dataclass(slots=True)
class AliasState:
    aliases: dict[str, AliasRow]
    ways: dict[str, Way]
    changes: Changes = field(default_factory=Changes)


class AliasCommands:
    """Reads `commands.requested`; other commands pass by. Read again, a command gets the same answer."""

    def __init__(self, store: VaultStore) -> None:
        self._store = store

    async def load(self, records: Sequence[Record]) -> AliasState:
        named = sorted(
            {each.event.command.alias for each in records if isinstance(each.event.command, AliasRevoke)}
        )
        if not named:
            return AliasState({}, {})
        aliases = await self._store.aliases_named(named)
        ways = await self._store.ways(sorted({each.way for each in aliases.values()}))
        return AliasState(aliases, ways)

    def decide(self, record: Record, state: AliasState, now: datetime) -> Sequence[Outgoing]:
        asked: CommandRequested = record.event
        command = asked.command
        if not isinstance(command, AliasRevoke):
            return ()
        if asked.by.role != "aggregator":
            return (answer(record, "refused", _NOT_YOURS, asked.requested_at),)
        alias = state.aliases.get(command.alias)
        way = state.ways.get(alias.way) if alias else None
        if alias is None or way is None:
            return (answer(record, "refused", _UNKNOWN, asked.requested_at),)
        ended = revocation(way, alias.generation)
        if ended is None:
            after = revoked(way, asked.command_id, whole_milliseconds(now))
            if way.key in state.changes.ways:
                after = replace(after, version=way.version)
            state.ways[way.key] = state.changes.ways[way.key] = after
            ended = after.ended[-1]
        if ended.by != asked.command_id:
            return (answer(record, "refused", _ENDED, asked.requested_at),)
        return (answer(record, "accepted", _DONE, ended.at),)

    async def save(self, state: AliasState) -> None:
        await self._store.save(state.changes)

    def forget(self) -> None:
        """Nothing is cached."""
