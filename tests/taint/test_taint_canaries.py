"""Canary taint: what reaches each sink is exactly what is allowed to, word by word."""

import asyncio
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bowchat_contracts.content import LocationContent
from bowchat_contracts.inbound import InboundReceived, MessageRelayed, MessageRouted
from bowchat_contracts.insurer import InsurerMessage
from bowchat_dispatcher import phone_words
from bowchat_masker.domain import insurer_message
from bowchat_router.domain.hearing import said
from bowchat_testkit.canary import Chain, Planter, words_in
from bowchat_testkit.canary.whatsapp_cloud import KEPT, MESSAGES, TYPED, Person, openings, people, webhooks

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 1, 1, 0, 2, tzinfo=UTC)
POLICIES = ("ACM-2026-000101", "CLA/2019/55501")


class Run:
    """So many webhooks, sent through the relay."""

    def __init__(self, tmp_path: Path) -> None:
        self.planter = Planter()
        self.people: list[Person] = people(self.planter, 40, POLICIES)
        self.chain = Chain(tmp_path / "keys", ROOT / "registry", NOW)

    async def of(self, count: int) -> "Run":
        async with self.chain as chain:
            await chain.receives(openings(self.planter, self.people))
            sent = list(webhooks(self.planter, self.people, count, seed=7))
            await chain.receives(sent)
            for webhook in sent[:: len(MESSAGES) + 1]:
                await chain.refuses(webhook)
        return self

    def reached(self, sink: str) -> set[str]:
        """The places whose canaries are in a sink, and the words that nobody planted."""
        data = b"\n".join(getattr(self.chain.sinks, sink))
        assert data
        found = words_in(data)
        return {self.planter.paths[word] for word in found if word in self.planter.paths}

    def words(self, sink: str) -> set[str]:
        return words_in(b"\n".join(getattr(self.chain.sinks, sink))) & self.planter.paths.keys()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return asyncio.run(Run(tmp_path_factory.mktemp("canaries")).of(2_000))


class TestTwoThousandWebhooks:
    def test_all_were_relayed(self, run: Run) -> None:
        """No message was lost or held on the way, so that what is missing at the insurers cannot pass for clean."""
        ends = [each.outcome for each in run.chain.events if isinstance(each, MessageRelayed)]
        assert ends == ["relayed"] * (2_000 + len(run.people))
        kinds = {each.content.kind for each in run.chain.events if isinstance(each, MessageRouted)}
        assert kinds == {
            "text", "button", "choice", "flow", "order", "reaction", "edit", "revoke", "location", "contacts", "media",
            "other",
        }  # fmt: skip

    def test_insurers_get_what_people_typed_and_nothing_else(self, run: Run) -> None:
        """Every word that was typed arrives; no id, name, key, unknown field, place, card, file name or address does."""
        assert run.reached("insurer_topics") == TYPED
        assert run.words("insurer_topics") == run.planter.of(TYPED)

    def test_webhooks_carry_the_same(self, run: Run) -> None:
        """Insurers that are called get the very same, in bodies and headers."""
        assert run.words("webhooks") == run.planter.of(TYPED)

    def test_whatsapp_sends_to_insurers_carry_the_same(self, run: Run) -> None:
        """What an insurer's phone shows is made of its event and fixed words: all that was typed, and nothing else."""
        assert run.words("phones") == run.planter.of(TYPED)
        assert run.reached("phones") == TYPED

    def test_our_own_topics_hold_no_more_than_is_kept(self, run: Run) -> None:
        """Who wrote is sealed, a provider's ids are replaced, and what the relay has no use for is not kept."""
        assert run.reached("own_topics") == KEPT
        assert run.words("own_topics") == run.planter.of(KEPT)

    def test_a_parked_record_holds_no_more_than_its_topic(self, run: Run) -> None:
        """What is set aside is the record as it was, in base64; the reason quotes nothing."""
        assert run.words("parked") == run.planter.of(KEPT)

    @pytest.mark.parametrize("sink", ["keys_and_headers", "answers", "metrics"])
    def test_nothing_is_anywhere_else(self, run: Run, sink: str) -> None:
        """Record keys and headers, traces in them, answers to Meta (errors too) and metrics hold none at all."""
        assert run.reached(sink) == set()

    def test_no_number_is_anywhere(self, run: Run) -> None:
        """No policyholder's number is in the clear in any sink, in whatever form it is written around."""
        for name, written in vars(run.chain.sinks).items():
            data = b"\n".join(written)
            assert [each.number for each in run.people if each.number[2:].encode() in data] == [], name


async def _strangers(tmp_path: Path) -> Run:
    """The same webhooks from people of whom nothing is known, so that a hosted model is asked what they are about."""
    run = Run(tmp_path)
    async with run.chain as chain:
        await chain.receives(webhooks(run.planter, run.people, 20 * len(MESSAGES), seed=7))
    return run


async def test_a_hosted_model_gets_what_people_typed_and_nothing_else(tmp_path: Path) -> None:
    """Words of texts, captions, forms and orders, masked; no id, name, number, key or header of who wrote."""
    run = await _strangers(tmp_path)
    assert len(run.chain.sinks.hosted_model) > len(MESSAGES)
    reached = run.reached("hosted_model")
    assert "text:text.body" in reached
    assert reached <= TYPED
    data = b"\n".join(run.chain.sinks.hosted_model)
    assert [each.number for each in run.people if each.number[2:].encode() in data] == []


async def test_what_a_hosted_model_gets_too_much_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Words that may tell who wrote turn the model's sink red."""

    def leaky(content: Any) -> str:
        name = content.name if isinstance(content, LocationContent) else None
        return f"{said(content)} {name.reveal() if name else ''}"

    monkeypatch.setattr("bowchat_router.domain.hearing.said", leaky)
    run = await _strangers(tmp_path)
    assert run.reached("hosted_model") - TYPED == {"location:location.name"}


class _WithPlace(InsurerMessage):
    """A shape with one field too many."""

    place: str | None = None


async def test_a_field_that_leaks_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shape that copies one more field turns the insurer's sinks red, and names the place it came from."""

    def leaky(message: MessageRouted, *more: Any) -> InsurerMessage:
        name = message.content.name if isinstance(message.content, LocationContent) else None
        return _WithPlace(**dict(insurer_message(message, *more)), place=name.reveal() if name else None)

    monkeypatch.setattr("bowchat_masker.handlers.inbound.insurer_message", leaky)
    run = await Run(tmp_path).of(2 * len(MESSAGES))
    assert run.reached("insurer_topics") - TYPED == {"location:location.name"}
    assert run.words("webhooks") == run.words("insurer_topics")


async def test_a_phone_that_shows_more_than_its_words_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were the whole event put into the text, what leaks into it would reach the phone: the sink turns red."""

    def leaky(message: MessageRouted, *more: Any) -> InsurerMessage:
        name = message.content.name if isinstance(message.content, LocationContent) else None
        return _WithPlace(**dict(insurer_message(message, *more)), place=name.reveal() if name else None)

    monkeypatch.setitem(phone_words._SAYS, _WithPlace, lambda event, _, __: event.model_dump_json())
    monkeypatch.setattr("bowchat_masker.handlers.inbound.insurer_message", leaky)
    run = await Run(tmp_path).of(2 * len(MESSAGES))
    assert run.reached("phones") - TYPED == {"location:location.name"}


async def test_an_id_that_is_copied_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider's id where a minted one belongs turns our own topics, their headers and the parked records red."""
    run = Run(tmp_path)

    def leaky(**fields: Any) -> InboundReceived:
        return InboundReceived(**fields | {"business_number_id": run.people[0].bsuid})

    monkeypatch.setattr("bowchat_ingest.domain.InboundReceived", leaky)
    await run.of(len(MESSAGES))
    assert run.reached("own_topics") - KEPT == {"person"}
    assert run.reached("parked") - KEPT == {"person"}


def test_logs_at_debug_hold_none(tmp_path: Path) -> None:
    """Nothing of a message is logged, however much is logged; and no file is left that is named after it."""
    planted = tmp_path / "planted.json"
    done = subprocess.run(
        [sys.executable, "-m", "bowchat_testkit.canary", "--planted", planted, "--registry", ROOT / "registry"],
        capture_output=True, check=True, cwd=tmp_path,
    )  # fmt: skip
    paths = json.loads(planted.read_text())
    assert b"webhook_received" in done.stdout
    assert words_in(done.stdout + done.stderr) & paths.keys() == set()
    assert [each.name for each in tmp_path.rglob("*")] == ["planted.json"]
