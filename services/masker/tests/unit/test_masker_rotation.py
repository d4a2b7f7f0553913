"""The key-encryption key and the identity keyset change while messages flow; nothing is held for it, everything opens."""

from base64 import b64decode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bowchat_contracts.ids import derived_id
from bowchat_contracts.replies import ReplyDecided
from bowchat_masker.rewrap import Pass, one_pass, rewrap
from bowchat_masker.vault import Vault, VaultBrokenError
from bowchat_runtime.key_ring import KeyRing
from bowchat_runtime.keys import init
from bowchat_runtime.rotation import step
from bowchat_runtime.seal import Opener
from bowchat_runtime.settings import ServiceSettings, load

OLD, NEW = b"o" * 32, b"n" * 32
BOTH = KeyRing(NEW, (OLD,))
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
PEOPLE = ("asha", "bo", "chen")


class Rotating:
    """A masker whose keys are files, as in production."""

    def __init__(self, world: Any, directory: Path) -> None:
        init(directory, ())
        self.world, self.store, self.directory, self.count = world, world.store, directory, 0
        files = load(ServiceSettings, secrets=directory / "masker")
        world.opener = Opener(files.watched("identity.private.json"))
        self.vault = world.vault = Vault(files.key_ring("kek.key"))

    async def relays(self, contact: str) -> None:
        """A message of this person reaches the insurer, and the answer is sent back."""
        self.count += 1
        alias = await self.world.alias(name=str(self.count), contact=contact, conversation=contact)
        assert not await self.store.held([derived_id("ms", str(self.count))])
        answered = await self.world.answers(self.world.reply(alias, name=f"r{self.count}"))
        (decided,) = [each.event for each in answered if isinstance(each.event, ReplyDecided)]
        assert decided.outcome == "accepted"

    async def rewraps(self) -> list[Pass]:
        passes: list[Pass] = []

        async def sleep(_: float) -> None:
            await self.relays("asha")

        await rewrap(self.store, self.vault, passes.append, sleep)
        return passes


@pytest.fixture
def rotating(world: Any, tmp_path: Path) -> Rotating:
    return Rotating(world, tmp_path)


async def test_the_key_encryption_key_changes_while_messages_flow(rotating: Rotating) -> None:
    """At every step old and new contacts are written to and answered; after `rewrap` the former key can go, and opens none
    of the rows any more.
    """
    kek = b64decode((rotating.directory / "masker/kek.key").read_text())
    for name in ("rotate", "promote"):
        await rotating.relays("asha")
        step(rotating.directory, "kek", name)
        await rotating.relays("asha")
        await rotating.relays(name)
    ids = [derived_id("ct", each) for each in ("asha", "rotate", "promote")]
    before = await rotating.store.contacts(ids)
    passes = await rotating.rewraps()
    assert [(each.seen, each.rewrapped, each.left) for each in passes] == [(3, 2, 0), (3, 0, 0)]
    step(rotating.directory, "kek", "retire")
    for each in ("asha", "rotate", "promote", "somebody new"):
        await rotating.relays(each)
    former = Vault(kek)
    for contact in (await rotating.store.contacts(ids)).values():
        assert rotating.vault.unseal(contact, "x", rotating.vault.seal(contact, "x", b"y")) == b"y"
        with pytest.raises(VaultBrokenError):
            former.open(contact)
    kept_elsewhere = before[derived_id("ct", "asha")]
    with pytest.raises(VaultBrokenError):
        rotating.vault.seal(kept_elsewhere, "x", b"y")


async def test_the_identity_keyset_changes_while_messages_flow(rotating: Rotating, leaving: Any) -> None:
    """Messages sealed before, during and after are all relayed by one masker that is never restarted."""
    waiting = [rotating.world.message(name=f"w{place}", contact="w", conversation="w") for place in range(3)]
    await rotating.relays("asha")
    for name in ("rotate", "promote"):
        sent = leaving(await rotating.world.takes(waiting.pop()))
        assert [each.event.type for each in sent] == ["bowchat.insurer.message.v1"]
        step(rotating.directory, "identity", name)
        await rotating.relays("asha")
    sent = leaving(await rotating.world.takes(waiting.pop()))
    assert [each.event.type for each in sent] == ["bowchat.insurer.message.v1"]
    step(rotating.directory, "identity", "retire")
    await rotating.relays("asha")


async def test_a_key_that_is_not_there_is_told(world: Any) -> None:
    """Where a data key opens with no key in force, nothing is said to be ready, and nothing is changed."""
    await world.takes(world.message())
    found = await world.store.wrapped_after("", 10)
    assert await one_pass(world.store, Vault(lambda: BOTH)) == Pass(seen=1, broken=1)
    assert await world.store.wrapped_after("", 10) == found


@given(writes=st.lists(st.sampled_from(PEOPLE), max_size=6))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
async def test_rows_written_meanwhile_are_rewrapped_as_well(world: Any, writes: list[str]) -> None:
    """What a masker that has not seen the new key promoted writes between two looks is met by the next pass; no write of
    either is undone, and at the end every row is under the key in use.
    """
    now = type(world)()
    now.vault = Vault(lambda: KeyRing(OLD, (NEW,)))
    for name in PEOPLE:
        await now.takes(now.message(name=name, contact=name, conversation=name))
    names = dict.fromkeys(PEOPLE, "Asha Testperson")

    async def others_write(_: float) -> None:
        for place, who in enumerate(writes):
            names[who] = f"Name Nr{place}x"
            known = now.identity.model_copy(update={"name": names[who]})
            again = {"name": f"{who}{place}", "contact": who, "conversation": who, "identity": known}
            await now.takes(now.message(**again, seq=place + 2, sent_at=NOW + timedelta(seconds=place + 1)))
        writes.clear()

    done = await rewrap(now.store, Vault(lambda: BOTH), list[Pass]().append, others_write)
    assert done == Pass(seen=3)
    contacts = await now.store.contacts([derived_id("ct", each) for each in PEOPLE])
    opened = {who: Vault(NEW).open(contacts[derived_id("ct", who)]).known.current.name for who in PEOPLE}
    assert opened == names
