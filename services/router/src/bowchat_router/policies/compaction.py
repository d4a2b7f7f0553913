"""Making the journal short again: rows that later ones replaced go, and what is left of many changes becomes one.

Only what is older than a day is touched: every process has long read it. A crash anywhere leaves a journal that gives the
same book. Changes are merged into the last of them, so a row never moves behind one that replaces it; the earlier ones go
afterwards.
"""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain

import structlog

from bowchat_contracts.policies import MOST_ROWS
from bowchat_contracts.topics import HOLDS_PEOPLE_DAYS
from bowchat_registry.policies import Contact, Policy
from bowchat_router.policies.changes import Change, contact_key, policy_key
from bowchat_router.policies.store import PolicyJournal
from bowchat_runtime.errors import ConflictError

log = structlog.get_logger()

_SETTLED = timedelta(days=1)
_TOPIC_KEEPS = timedelta(days=2 * HOLDS_PEOPLE_DAYS)
"""A change cannot come again when its topic has long forgotten it: its id is not needed any more."""
_SPARE_ROWS, _SPARE_CHANGES = 5_000, 2_000
_ATTEMPTS = 5


def is_worth_it(changes: int, rows: int, live: int) -> bool:
    """Whether a journal of so many rows in so many changes is much longer than what counts of it."""
    return rows > 2 * live + _SPARE_ROWS or changes > 2 * live // MOST_ROWS + _SPARE_CHANGES


@dataclass
class _Last:
    """Where each policy and contact is spoken of last, and how often."""

    policies: dict[str, int]
    contacts: dict[str, int]
    times: Counter[str]

    def of(self, change: Change, now: datetime) -> Change:
        """What still counts of a change. A removed row stays as long as there is one that it removes."""
        return replace(
            change,
            policies=tuple(
                each
                for each in change.policies
                if self._counts(each, policy_key(each), self.policies, change.seq)
            ),
            contacts=tuple(
                each
                for each in change.contacts
                if self._counts(each, contact_key(each), self.contacts, change.seq)
            ),
            subjects=change.subjects if now - change.at < _TOPIC_KEEPS else (),
        )

    def _counts(self, row: Policy | Contact | str, key: str, last: dict[str, int], seq: int) -> bool:
        return last[key] == seq and not (isinstance(row, str) and self.times[key] == 1)


async def compacted(journal: PolicyJournal, now: datetime) -> None:
    """A journal that gives the same book, and is not longer than it has to be.

    Where another process does the same, or forgets somebody meanwhile, it begins anew: a row that was just taken out of a
    change must not stay in another one that it was merged into.
    """
    for _ in range(_ATTEMPTS):
        try:
            before, after = await _attempt(journal, now)
        except ConflictError:
            continue
        log.info("policies_compacted", rows_before=before, rows_after=after)
        return
    log.warning("policies_compaction_left_to_another")


async def _attempt(journal: PolicyJournal, now: datetime) -> tuple[int, int]:
    last, end = await _last_rows(journal)
    before = after = live = 0
    group: list[Change] = []
    async for change in journal.everything():
        if now - change.at < _SETTLED or change.seq == end:
            break
        group.append(change)
        before, live = before + change.rows, live + last.of(change, now).rows
        if live >= MOST_ROWS:
            after += await _merge(journal, group, last, now)
            group, live = [], 0
    return before, after + (await _merge(journal, group, last, now) if group else 0)


async def _last_rows(journal: PolicyJournal) -> tuple[_Last, int]:
    found, end = _Last({}, {}, Counter()), 0
    async for change in journal.everything():
        keys = [*map(policy_key, change.policies)], [*map(contact_key, change.contacts)]
        found.policies |= dict.fromkeys(keys[0], change.seq)
        found.contacts |= dict.fromkeys(keys[1], change.seq)
        found.times.update(keys[0] + keys[1])
        end = change.seq
    return found, end


async def _merge(journal: PolicyJournal, group: list[Change], last: _Last, now: datetime) -> int:
    """One change in place of a group, at the place of its last; how many rows it has."""
    counting = [last.of(each, now) for each in group]
    *former, final = group
    merged = replace(
        final,
        subjects=tuple(chain.from_iterable(each.subjects for each in counting)),
        policies=tuple(chain.from_iterable(each.policies for each in counting)),
        contacts=tuple(chain.from_iterable(each.contacts for each in counting)),
    )
    if merged != final:
        await journal.rewrite(replace(merged, version=final.version + 1))
    for each in former:
        await journal.delete(each)
    return merged.rows
