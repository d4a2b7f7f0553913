"""All keys of an installation change while people write, from webhook to insurer's topic, and no service is restarted."""

import asyncio
import shutil
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bowchat_contracts.inbound import InboundReceived, MessageRelayed, MessageRouted
from bowchat_ingest.identity import number_ref
from bowchat_ingest.settings import IngestSettings
from bowchat_masker.rewrap import Pass, rewrap
from bowchat_masker.settings import MaskerSettings
from bowchat_masker.vault import Vault, VaultBrokenError
from bowchat_runtime.key_ring import parse_ring
from bowchat_runtime.keys import init
from bowchat_runtime.rotation import KINDS, step
from bowchat_runtime.seal import Opener, SealBrokenError
from bowchat_runtime.settings import load
from bowchat_testkit.canary import Chain
from bowchat_testkit.whatsapp_payloads import BusinessNumber, Policyholder, message_webhook, text, wamid_for

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 1, 1, 0, 2, tzinfo=UTC)
PHASES = ("before", "known", "used", "rewrapped", "retired")
BY_OLD_REF, BY_NEW_REF = "447700900131", "447700900132"


class Story:
    """People write in each phase of the rotation: the same ones again, and in each somebody new."""

    def __init__(self, directory: Path) -> None:
        self.keys, registry = directory / "keys", directory / "registry"
        init(self.keys, ())
        self.before = {path: path.read_text() for path in self.keys.glob("*/*") if path.is_file()}
        shutil.copytree(ROOT / "registry", registry)
        # The next ref key, made known before the story starts, so that the list of policies can hold refs of both.
        step(self.keys, "ref", "rotate")
        ring = load(IngestSettings, secrets=self.keys / "ingest").key_ring("ref.key")()
        with (registry / "policies.csv").open("a") as policies:
            policies.write(f"ACM-2026-990001,acme-motor,motor,{number_ref(ring.primary, BY_OLD_REF)}\n")
            policies.write(f"ACM-2026-990002,acme-motor,motor,{number_ref(ring.others[0], BY_NEW_REF)}\n")
        self.chain, self.written = Chain(self.keys, registry, NOW), 0
        self.phases: dict[str, list[Any]] = {}
        self.vaults: dict[str, Any] = {}

    async def tell(self) -> "Story":
        async with self.chain as chain:
            await self.write(chain, "before")
            for kind in ("kek", "identity"):
                step(self.keys, kind, "rotate")
            await self.write(chain, "known")
            for kind in KINDS:
                step(self.keys, kind, "promote")
            await self.write(chain, "used")
            self.vaults["former"] = await self.contacts()
            self.passes = await self.rewraps()
            await self.write(chain, "rewrapped")
            for kind in KINDS:
                step(self.keys, kind, "retire")
            await self.write(chain, "retired")
            self.vaults["now"] = await self.contacts()
        return self

    async def write(self, chain: Chain, phase: str) -> None:
        start = len(chain.events)
        asha = Policyholder("447700900101", "GB.10000000000000000101")
        hidden = Policyholder(None, asha.bsuid)
        new = Policyholder(
            f"44770090015{PHASES.index(phase)}", f"GB.1000000000000000015{PHASES.index(phase)}"
        )
        others = [] if phase == "retired" else [Policyholder(BY_OLD_REF)]
        await chain.receives(
            [
                *[
                    self.says(each, "My policy is ACM-2026-000101, is it paid?")
                    for each in (asha, hidden, new)
                ],
                *[self.says(each, "hello") for each in (*others, Policyholder(BY_NEW_REF))],
            ]
        )
        self.phases[phase] = chain.events[start:]

    def says(self, person: Policyholder, words: str) -> dict[str, Any]:
        self.written += 1
        wamid = wamid_for(person.number, self.written)
        return message_webhook(
            BusinessNumber(), person, text(person, wamid, NOW - timedelta(minutes=1), words)
        )

    async def contacts(self) -> list[Any]:
        ids = sorted(await self.chain.vault.wrapped_after("", 100))
        return list((await self.chain.vault.contacts(ids)).values())

    async def rewraps(self) -> list[Pass]:
        passes: list[Pass] = []
        vault = Vault(load(MaskerSettings, secrets=self.keys / "masker").key_ring("kek.key"))

        async def sleep(_: float) -> None:
            await asyncio.sleep(0)

        await rewrap(self.chain.vault, vault, passes.append, sleep)
        return passes

    def all(self, kind: type, *phases: str) -> list[Any]:
        return [each for name in phases or PHASES for each in self.phases[name] if isinstance(each, kind)]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return asyncio.run(Story(tmp_path_factory.mktemp("rotation")).tell())


def test_every_message_reached_its_insurer(story: Story) -> None:
    """In no phase was a message held, lost or left to people, also where its insurer was found by a ref of either key."""
    assert [each.outcome for each in story.all(MessageRelayed)] == ["relayed"] * story.written
    assert {each.outcome for each in story.all(MessageRouted)} == {"routed"}
    by_ref = [
        each
        for each in story.all(MessageRouted)
        if each.policy_number in {"ACM-2026-990001", "ACM-2026-990002"}
    ]
    assert len(by_ref) == 2 * len(PHASES) - 1


def test_people_stayed_who_they_were(story: Story) -> None:
    """Everybody who wrote while both ref keys were in force has one contact from the first message to the last."""
    first = [each.contact_id for each in story.all(MessageRouted, "before")]
    asha, hidden, _, by_old, by_new = first
    assert asha == hidden
    assert len(set(first)) == 4
    for phase in PHASES[1:]:
        mine, mine_hidden, _, *others = [each.contact_id for each in story.all(MessageRouted, phase)]
        assert mine == mine_hidden == asha
        assert others == ([by_new] if phase == "retired" else [by_old, by_new])


def test_refs_are_of_the_key_in_use_and_double_only_meanwhile(story: Story) -> None:
    """Each record names its writer under the new key once that is used, and under one key alone when the former is gone."""
    doubled = {
        name: {len(each.refs) == len(each.other_refs) for each in story.all(InboundReceived, name)}
        for name in PHASES
    }
    assert doubled == {name: {True} for name in PHASES[:-1]} | {"retired": {False}}
    assert story.all(InboundReceived, "retired")[0].refs == story.all(InboundReceived, "used")[0].refs
    assert story.all(InboundReceived, "used")[0].refs == story.all(InboundReceived, "before")[0].other_refs


def test_what_a_retired_key_locked_opens_no_more(story: Story) -> None:
    """Seals of before and copies of the vault from before `rewrap` open with no file of the installation; with the keys of
    before, nothing that was made after opens.
    """
    opener = Opener((story.keys / "dispatcher/identity.private.json").read_bytes())
    former = Opener(story.before[story.keys / "dispatcher/identity.private.json"].encode())
    opens = {
        (name, who): {_opens(who, each) for each in story.all(InboundReceived, name)}
        for name in PHASES
        for who in (opener, former)
    }
    assert opens == {(name, opener): {name not in {"before", "known"}} for name in PHASES} | {
        (name, former): {name in {"before", "known"}} for name in PHASES
    }
    kek = parse_ring((story.keys / "masker/kek.key").read_bytes()).primary
    old_kek = b64decode(story.before[story.keys / "masker/kek.key"])
    assert story.passes[-1] == Pass(seen=6)
    assert all(_is_readable(kek, each) for each in story.vaults["now"])
    assert not any(_is_readable(old_kek, each) for each in story.vaults["now"])
    old = [each for each in story.vaults["former"] if not _is_readable(kek, each)]
    assert len(old) == story.passes[0].rewrapped > 0


def _opens(opener: Opener, received: InboundReceived) -> bool:
    try:
        return bool(opener.open(received.sealed_identity, f"inbound:{received.message_id}"))
    except SealBrokenError:
        return False


def _is_readable(kek: bytes, contact: Any) -> bool:
    """A vault of its own for each, which remembers nobody."""
    try:
        return bool(Vault(kek).open(contact).known.current)
    except VaultBrokenError:
        return False
