"""A masker in memory, and the records that come to it."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bowchat_contracts.content import Content, TextContent
from bowchat_contracts.conversations import ConversationChanged
from bowchat_contracts.ids import derived_id
from bowchat_contracts.inbound import Identity, MessageRouted, SlaTerms
from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_contracts.pii import MessageText
from bowchat_contracts.replies import ReplyReceived
from bowchat_contracts.topics import CONVERSATIONS_CHANGED, INBOUND_ROUTED, REPLIES_RECEIVED
from bowchat_masker.egress import Mint
from bowchat_masker.guard import inspect
from bowchat_masker.handlers import ConversationFollower, InboundMasker, ReplyMasker
from bowchat_masker.memory import MemoryVault
from bowchat_masker.vault import Vault
from bowchat_masking import mask
from bowchat_runtime.records import Outgoing, Record
from bowchat_runtime.seal import Opener, new_keysets
from bowchat_runtime.testing import record, run_batch

NOW = datetime(2026, 11, 22, 10, 0, 0, 123456, tzinfo=UTC)
PRIVATE, _ = new_keysets()


class World:
    """A masker with its parts in reach, and shorthand for what people and insurers do."""

    identity = Identity(
        number="447700900123", bsuid="GB.10000000000000000123", username="asha.writes", name="Asha Testperson"
    )

    def __init__(self) -> None:
        self.store = MemoryVault()
        self.opener, self.vault, self.mint = Opener(PRIVATE.encode()), Vault(b"k" * 32), Mint(b"m" * 32)
        self.mask: Any = mask
        self.inspect: Any = inspect
        self.offset = 0

    def inbound(self) -> InboundMasker:
        """A masker just started: nothing cached."""
        return InboundMasker(
            self.store, self.vault, self.opener, self.mint, mask=self.mask, inspect=self.inspect
        )

    def replies(self) -> ReplyMasker:
        return ReplyMasker(self.store, self.vault, self.opener, self.mint, inspect=self.inspect)

    def message(
        self,
        content: Content | str = "Is windscreen damage covered?",
        *,
        name: str = "1",
        seq: int = 1,
        identity: Identity | None = None,
        contact: str = "asha",
        conversation: str = "c1",
        insurer: str | None = "acme",
        **more: Any,
    ) -> Record:
        message_id = derived_id("ms", name)
        plain = (identity or self.identity).model_dump_json(exclude_none=True).encode()
        values: dict[str, Any] = {
            "message_id": message_id,
            "conversation_id": derived_id("cv", conversation),
            "contact_id": derived_id("ct", contact),
            "seq": seq,
            "outcome": "routed" if insurer else "triage",
            "insurer": insurer,
            "desk": "claims" if insurer else None,
            "policy_type": "motor",
            "policy_number": "MOT-2024-884412",
            "tags": ("gold",),
            "rule": "policy_number",
            "reasons": ("the text names the policy",),
            "sla": SlaTerms(first_response_s=300, warn_ratio=0.75),
            "sealed_identity": self.opener.sealer().seal(plain, f"inbound:{message_id}"),
            "business_number_id": "business",
            "masking": MaskingPolicy(regions=("GB",)),
            "content": TextContent(text=MessageText(content)) if isinstance(content, str) else content,
            "sent_at": NOW,
            "received_at": NOW,
        }
        return self.record(MessageRouted(**(values | more)), INBOUND_ROUTED)

    def reply(
        self, alias: str, text: str = "Yes, it is covered.", *, name: str = "r1", **more: Any
    ) -> Record:
        values = {"insurer": "acme", "reply_id": name, "via": "kafka", "received_at": NOW} | more
        event = ReplyReceived(reply_key=derived_id("rp", name), alias=alias, text=MessageText(text), **values)
        return self.record(event, REPLIES_RECEIVED)

    def changed(self, state: Any, version: int, conversation: str = "c1") -> Record:
        event = ConversationChanged(
            conversation_id=derived_id("cv", conversation),
            contact_id=derived_id("ct", "asha"),
            insurer="acme",
            desk="claims",
            policy_type="motor",
            previous=None,
            state=state,
            version=version,
            at=NOW,
        )
        return self.record(event, CONVERSATIONS_CHANGED)

    def record(self, event: Any, topic: str) -> Record:
        self.offset += 1
        return record(event, topic=topic, offset=self.offset)

    async def takes(self, *records: Record, now: datetime = NOW) -> list[Outgoing]:
        return await run_batch(self.inbound(), records, now)

    async def answers(self, *records: Record, now: datetime = NOW) -> list[Outgoing]:
        return await run_batch(self.replies(), records, now)

    async def follows(self, *records: Record) -> None:
        await run_batch(ConversationFollower(self.store, self.mint), records, NOW)

    async def alias(self, **message: Any) -> str:
        """The alias by which an insurer knows the writer, after a first message."""
        sent = await self.takes(self.message(**message))
        return str(to_insurers(sent)[0].key)


def to_insurers(outgoing: Sequence[Outgoing]) -> list[Outgoing]:
    return [each for each in outgoing if each.topic.startswith("insurer.")]


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def later() -> datetime:
    return NOW + timedelta(seconds=7, microseconds=5)


@pytest.fixture
def leaving() -> Callable[[Sequence[Outgoing]], list[Outgoing]]:
    """Those of the published records that leave for an insurer."""
    return to_insurers
