"""`bowchat-masker rewrap`: bring every data key under the key-encryption key in use, while the masker runs."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bowchat_masker.app import vault_database
from bowchat_masker.settings import MaskerSettings
from bowchat_masker.store import MongoVault, VaultStore
from bowchat_masker.vault import Vault, VaultBrokenError
from bowchat_runtime.errors import SettingsError
from bowchat_runtime.settings import load

_AT_ONCE = 100
_SETTLE_S = 5.0
"""Longer than a batch takes: what a running masker had read before a pass is written by then."""

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Pass:
    """What one look at every contact found."""

    seen: int = 0
    rewrapped: int = 0
    left: int = 0
    """Under a former key still: somebody else wrote them at the same moment."""
    broken: int = 0
    """Open with no key in force."""

    @property
    def is_clean(self) -> bool:
        return not self.rewrapped and not self.left

    def plus(self, other: "Pass") -> "Pass":
        return Pass(
            self.seen + other.seen,
            self.rewrapped + other.rewrapped,
            self.left + other.left,
            self.broken + other.broken,
        )


async def rewrap(store: VaultStore, vault: Vault, tell: Callable[[Pass], None], sleep: Sleep) -> Pass:
    """Pass over all contacts until a pass finds none under a former key; `tell` hears of each pass. Returns the last one.

    It can be stopped and begun again at any moment: each contact is one write, and opens before and after it.
    """
    done = await one_pass(store, vault)
    tell(done)
    while not done.is_clean:
        await sleep(_SETTLE_S)
        done = await one_pass(store, vault)
        tell(done)
    return done


async def one_pass(store: VaultStore, vault: Vault) -> Pass:
    """Look at every contact once."""
    total, after = Pass(), ""
    while found := await store.wrapped_after(after, _AT_ONCE):
        each = await asyncio.gather(*[_one(store, vault, *contact) for contact in found.items()])
        for one in each:
            total = total.plus(one)
        after = max(found)
    return total


async def _one(store: VaultStore, vault: Vault, contact_id: str, wrapped: bytes) -> Pass:
    try:
        fresh = vault.rewrapped(wrapped)
    except VaultBrokenError:
        return Pass(seen=1, broken=1)
    if fresh == wrapped:
        return Pass(seen=1)
    moved = await store.rewrap(contact_id, wrapped, fresh)
    return Pass(seen=1, rewrapped=int(moved), left=int(not moved))


def run_rewrap(_: argparse.Namespace) -> int:
    settings = load(MaskerSettings)
    if settings.store != "mongo":
        raise SettingsError("BOWCHAT_STORE is memory: there are no data keys outside the masker itself.")
    done = asyncio.run(_rewrap(settings))
    if done.broken:
        sys.stderr.write(
            f"bowchat-masker rewrap: {done.broken} data keys open with no key in force. Retire nothing; put the key "
            "that they need back into kek.key.\n"
        )
        return 1
    sys.stdout.write("0 left under a former key: it may be retired (bowchat-keys retire DIR kek)\n")
    return 0


async def _rewrap(settings: MaskerSettings) -> Pass:
    vault = Vault(settings.key_ring("kek.key"))
    async with vault_database(settings) as database:
        return await rewrap(MongoVault(database), vault, _tell, asyncio.sleep)


def _tell(done: Pass) -> None:
    sys.stdout.write(f"{done.seen} data keys seen, {done.rewrapped} rewrapped, {done.left} left\n")
    sys.stdout.flush()
