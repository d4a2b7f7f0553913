"""Canary taint of what the relay says and is told: nothing of it reaches an insurer but the answers to its commands."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bowchat_contracts.commands import (
    Author,
    CommandDecided,
    CommandRequested,
    Reply,
    SlashCommand,
    command_in_reply,
)
from bowchat_contracts.conversations import ConversationChanged, ConversationNoted
from bowchat_contracts.deliveries import DeliveryRequested
from bowchat_contracts.envelope import Event, Meta, traceparent
from bowchat_contracts.ids import derived_id
from bowchat_contracts.inbound import MessageRelayed, MessageRouted
from bowchat_contracts.pii import MessageText
from bowchat_contracts.prompts import Option, PromptRequested
from bowchat_contracts.replies import ReplyReceived
from bowchat_contracts.topics import (
    COMMANDS_ANSWERED,
    COMMANDS_REQUESTED,
    CONVERSATIONS_CHANGED,
    PROMPTS_REQUESTED,
    REPLIES_RECEIVED,
)
from bowchat_masker.egress import Mint
from bowchat_masker.handlers import prompts
from bowchat_runtime.records import Outgoing, Record
from bowchat_testkit.canary import Chain, Planter, words_in
from bowchat_testkit.canary.whatsapp_cloud import openings, people

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 1, 1, 0, 2, tzinfo=UTC)
PEOPLE = 20
POLICIES = ("ACM-2026-000101", "CLA/2019/55501")
MEERA = Author(role="aggregator", name="meera")
TOLD = {"answer:detail"}
"""What an insurer may read of all this."""
OUR_OWN = {
    "question:text", "question:title", "question:description", "documents:text", "notice:text", "note:text", "slash:text",
    "typed:text", "change:policy_type", "change:intent", "change:by",
}  # fmt: skip


class Run:
    """People with a conversation each; then prompts, notes, commands and a transfer about every one of them."""

    def __init__(self, tmp_path: Path) -> None:
        self.planter = Planter()
        self.people = people(self.planter, PEOPLE, POLICIES)
        self.chain = Chain(tmp_path / "keys", ROOT / "registry", NOW)
        self.mint_key = tmp_path / "keys/masker/mint.key"

    async def through(self) -> "Run":
        async with self.chain as chain:
            await chain.receives(openings(self.planter, self.people))
            relayed = [each for each in chain.events if isinstance(each, MessageRelayed)]
            routed = {each.message_id: each for each in chain.events if isinstance(each, MessageRouted)}
            assert len(relayed) == PEOPLE
            await chain.says([one for each in relayed for one in self.about(routed[each.message_id], each)])
            await chain.says([self.changed(each) for each in relayed])
        return self

    def about(self, routed: MessageRouted, relayed: MessageRelayed) -> list[Outgoing]:
        """Everything that the router and people might say of one conversation."""
        conversation, contact = routed.conversation_id, routed.contact_id
        insurer = Author(role="insurer", name=relayed.insurer)
        name = relayed.message_id
        slash = SlashCommand(conversation_id=conversation, contact_id=contact, text=self.text("slash:text"))
        reply_key = derived_id("rp", name)
        decided = CommandDecided(
            command_id=command_in_reply(reply_key),
            command="/resolve",
            outcome="accepted",
            detail=self.planter.word("answer:detail"),
            by=insurer,
            decided_at=NOW,
            reply=Reply(alias=relayed.alias, reply_id="r1"),
        )
        typed = ReplyReceived(
            reply_key=reply_key,
            insurer=relayed.insurer,
            reply_id="r1",
            alias=relayed.alias,
            text=MessageText(f"/note {self.planter.word('typed:text')}"),
            via="https",
            received_at=NOW,
        )
        asked = CommandRequested(command_id=derived_id("cm", name), by=MEERA, command=slash, requested_at=NOW)
        noted = ConversationNoted(
            conversation_id=conversation, contact_id=contact, by=MEERA, text=self.text("note:text"), at=NOW
        )
        place: dict[str, Any] = {"conversation_id": conversation, "insurer": relayed.insurer}
        return [
            said(PROMPTS_REQUESTED, contact, self.prompt(routed, "which_matter", "question", options=True)),
            said(
                PROMPTS_REQUESTED, contact, self.prompt(routed, "documents", "documents", by=insurer, **place)
            ),
            said(PROMPTS_REQUESTED, contact, self.prompt(routed, "notice", "notice", **place)),
            said(CONVERSATIONS_CHANGED, conversation, noted),
            said(COMMANDS_REQUESTED, conversation, asked),
            said(REPLIES_RECEIVED, relayed.alias, typed),
            said(COMMANDS_ANSWERED, conversation, decided),
        ]

    def changed(self, relayed: MessageRelayed) -> Outgoing:
        """The conversation goes on with another insurer."""
        event = ConversationChanged(
            conversation_id=relayed.conversation_id,
            contact_id=relayed.contact_id,
            insurer=relayed.insurer,
            desk=relayed.desk,
            policy_type=self.planter.word("change:policy_type"),
            previous="waiting_insurer",
            state="closed",
            version=9,
            at=NOW,
            change="transferred",
            left_seq=relayed.seq,
            intent=self.planter.word("change:intent"),
            successor=derived_id("cv", relayed.message_id),
            by=Author(role="aggregator", name=self.planter.word("change:by")),
        )
        return said(CONVERSATIONS_CHANGED, relayed.conversation_id, event)

    def prompt(
        self, routed: MessageRouted, kind: Any, path: str, *, options: bool = False, **more: Any
    ) -> Event:
        return PromptRequested(
            prompt_id=derived_id("pm", routed.message_id, path),
            kind=kind,
            contact_id=routed.contact_id,
            business_number_id=routed.business_number_id,
            text=self.text(f"{path}:text"),
            options=(self.option(routed),) if options else (),
            requested_at=NOW,
            expires_at=NOW + timedelta(hours=1),
            **more,
        )

    def option(self, routed: MessageRouted) -> Option:
        return Option(
            option_id=derived_id("op", routed.message_id),
            title=self.text("question:title"),
            description=self.text("question:description"),
        )

    def text(self, path: str) -> MessageText:
        return MessageText(self.planter.word(path))

    def words(self, sink: str) -> set[str]:
        return words_in(b"\n".join(getattr(self.chain.sinks, sink))) & self.planter.paths.keys()


def said(topic: str, key: str, event: Event) -> Outgoing:
    id_ = derived_id("ev", event.type, event.model_dump_json())
    return Outgoing(
        topic, key, event, Meta(id_, event.type, "/bowchat/router", NOW, traceparent(id_, "test"))
    )


async def test_nothing_that_the_relay_says_reaches_an_insurer(tmp_path: Path) -> None:
    """Questions, notices, notes, commands and transfers about twenty people, each word a canary: insurers read the answers
    to their own commands, all of them, and nothing else; what goes to policyholders is all there.
    """
    run = await Run(tmp_path).through()
    ours = run.planter.of(OUR_OWN | TOLD)
    for sink in ("insurer_topics", "webhooks", "phones"):
        assert run.words(sink) & ours == run.planter.of(TOLD)
    assert ours <= run.words("own_topics")
    for records in (run.chain.sinks.insurer_topics, run.chain.sinks.webhooks):
        assert sum(b"bowchat.insurer.thread_changed.v1" in each for each in records) == PEOPLE
    for sink in ("keys_and_headers", "answers", "metrics"):
        assert not run.words(sink) & ours
    sent = [each for each in run.chain.events if isinstance(each, DeliveryRequested) and each.prompt_id]
    assert len(sent) == 3 * PEOPLE
    going = b"\n".join(each.model_dump_json().encode() for each in sent)
    to_policyholders = {
        "question:text",
        "question:title",
        "question:description",
        "documents:text",
        "notice:text",
    }
    assert words_in(going) & ours == run.planter.of(to_policyholders)


async def test_a_prompt_that_is_told_an_insurer_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A masker that publishes a prompt to an insurer's topic as well turns the sinks red."""
    honest = prompts._events

    def leaky(record: Record, row: Any) -> Sequence[Outgoing]:
        prompt: PromptRequested = record.event
        draft = Mint(b"m" * 32).draft("acme-motor", "key", prompt, subject_id=prompt.prompt_id, time=NOW)
        return (*honest(record, row), Outgoing("insurer.acme-motor.messages", "key", prompt, draft.meta))

    monkeypatch.setattr(prompts, "_events", leaky)
    run = await Run(tmp_path).through()
    leaked = run.words("insurer_topics") & run.planter.of(OUR_OWN)
    assert {run.planter.paths[word] for word in leaked} == {
        each for each in OUR_OWN if each.startswith(("question", "documents", "notice"))
    }
