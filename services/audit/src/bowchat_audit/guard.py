"""Before anything is appended: is the log what was appended before?"""

import structlog

from bowchat_audit import domain, metrics
from bowchat_audit.domain import EMPTY, Tail
from bowchat_audit.errors import LogBrokenError
from bowchat_audit.store import LogStore
from bowchat_runtime.errors import SettingsError

log = structlog.get_logger()

_LOOK_BACK = 1000


async def check(store: LogStore) -> None:
    """The log has as many entries as its last place says, and its last thousand follow from one another.

    Errors: `SettingsError` when the database was never prepared, `LogBrokenError` when the log is damaged.
    """
    if not await store.prepared():
        raise SettingsError(
            "the audit database has no indexes yet. As a user that may make them, run deploy/mongo/indexes.js, "
            "or: BOWCHAT_MONGO_URI=<that user's> bowchat-audit prepare"
        )
    tail = await store.tail()
    count = await store.count()
    # Another worker may be appending meanwhile, so the count lies between the tail before and the tail after it.
    if not tail.seq <= count <= (await store.tail()).seq:
        raise _broken(f"its last entry is {tail.seq}, but it has {count}")
    await _check_chain(store, tail)


async def _check_chain(store: LogStore, tail: Tail) -> None:
    start = max(0, tail.seq - _LOOK_BACK)
    before = EMPTY if start == 0 else await _at(store, start)
    wrong = domain.first_break(before, await store.read(start, _LOOK_BACK))
    if wrong is not None:
        raise _broken(f"entry {wrong} does not follow from the one before it")


async def _at(store: LogStore, seq: int) -> Tail:
    found = await store.read(seq - 1, 1)
    if not found or found[0]["_id"] != seq:
        raise _broken(f"entry {seq} is missing")
    return Tail(seq, found[0]["chain"])


def _broken(what: str) -> LogBrokenError:
    metrics.BROKEN.set(1)
    log.critical("audit_log_damaged", reason=what)
    return LogBrokenError(f"the audit log is damaged: {what}. Restore it from a backup; do not edit it.")
