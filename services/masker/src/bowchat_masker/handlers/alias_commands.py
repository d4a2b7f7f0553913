"""A person ends an insurer's way to one contact: the alias answers no more, and is never given again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bowchat_contracts.commands import AliasRevoke, CommandRequested, InsurerBlock
from bowchat_masker.handlers.answers import answer
from bowchat_masker.model import AliasRow, Changes, alias_key
from bowchat_masker.store import VaultStore
from bowchat_masker.ways import Way, revocation, revoked
from bowchat_runtime.moments import whole_milliseconds
from bowchat_runtime.records import Outgoing, Record

_DONE = "the alias answers no more; the policyholder's next message to this insurer goes under a new one"
_UNKNOWN = "there is no such alias"
_NOT_YOURS = "only a person of the aggregator can end an alias"
_STRANGERS = "this insurer has no way to this contact"
_ENDED = "this alias has ended before"


@dataclass(slots=True)
class AliasState:
    aliases: dict[str, AliasRow]
    """By the alias itself, and by its key."""
    ways: dict[str, Way]
    changes: Changes = field(default_factory=Changes)


class AliasCommands:
    """Reads `commands.requested`; other commands pass by. Read again, a command gets the same answer."""

    def __init__(self, store: VaultStore) -> None:
        self._store = store

    async def load(self, records: Sequence[Record]) -> AliasState:
        commands = [each.event.command for each in records]
        aliases = await self._store.aliases_named(
            sorted({each.alias for each in commands if isinstance(each, AliasRevoke)})
        )
        blocked = {_way_of(each) for each in commands if isinstance(each, InsurerBlock)}
        if not aliases and not blocked:
            return AliasState({}, {})
        ways = await self._store.ways(sorted({each.way for each in aliases.values()} | blocked))
        present = [_present(each, ways) for each in commands if isinstance(each, InsurerBlock)]
        aliases |= await self._store.aliases([each for each in present if each is not None])
        return AliasState(aliases, ways)

    def decide(self, record: Record, state: AliasState, now: datetime) -> Sequence[Outgoing]:
        asked: CommandRequested = record.event
        command = asked.command
        if not isinstance(command, AliasRevoke | InsurerBlock):
            return ()
        if asked.by.role != "aggregator":
            return (answer(record, "refused", _NOT_YOURS, asked.requested_at),)
        if isinstance(command, InsurerBlock):
            return (self._block(record, command, state, now),)
        alias = state.aliases.get(command.alias)
        way = state.ways.get(alias.way) if alias else None
        if alias is None or way is None:
            return (answer(record, "refused", _UNKNOWN, asked.requested_at),)
        return (self._end(record, way, alias.generation, state, now),)

    def _block(self, record: Record, command: InsurerBlock, state: AliasState, now: datetime) -> Outgoing:
        """By insurer and contact: what was ended by this very command, or the alias that answers now."""
        way = state.ways.get(_way_of(command))
        if way is None:
            return answer(record, "refused", _STRANGERS, record.event.requested_at)
        before = [number for number, end in enumerate(way.ended, 1) if end.by == record.event.command_id]
        known = alias_key(command.insurer, command.contact_id, way.generation) in state.aliases
        if not before and not known:
            return answer(record, "refused", _ENDED, record.event.requested_at)
        return self._end(record, way, before[0] if before else way.generation, state, now)

    def _end(self, record: Record, way: Way, generation: int, state: AliasState, now: datetime) -> Outgoing:
        asked: CommandRequested = record.event
        ended = revocation(way, generation)
        if ended is None:
            after = revoked(way, asked.command_id, whole_milliseconds(now))
            if way.key in state.changes.ways:
                after = replace(after, version=way.version)
            state.ways[way.key] = state.changes.ways[way.key] = after
            ended = after.ended[-1]
        if ended.by != asked.command_id:
            return answer(record, "refused", _ENDED, asked.requested_at)
        return answer(record, "accepted", _DONE, ended.at)

    async def save(self, state: AliasState) -> None:
        await self._store.save(state.changes)

    def forget(self) -> None:
        """Nothing is cached."""


def _way_of(command: InsurerBlock) -> str:
    return alias_key(command.insurer, command.contact_id)


def _present(command: InsurerBlock, ways: Mapping[str, Way]) -> tuple[str, str, int] | None:
    """The name of the alias that this insurer may write by now."""
    way = ways.get(_way_of(command))
    return (command.insurer, command.contact_id, way.generation) if way else None
