"""A registry of three insurers, and messages and replies as the router reads them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bowchat_contracts.content import Content, OtherContent, TextContent
from bowchat_contracts.ids import derived_id
from bowchat_contracts.inbound import InboundReceived
from bowchat_contracts.pii import MessageText
from bowchat_contracts.replies import ReplyDecided
from bowchat_contracts.topics import INBOUND_RECEIVED, REPLIES_DECIDED
from bowchat_registry.agreements import Agreement
from bowchat_registry.book import PolicyBook
from bowchat_registry.loader import load
from bowchat_registry.policies import Policy
from bowchat_registry.registry import Registry
from bowchat_registry.rules import Rule, RuleBook
from bowchat_runtime.records import Record
from bowchat_runtime.testing import record

EXAMPLE = Path(__file__).parents[3] / "registry"
PICTURE = OtherContent(type="image")
START = datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC)

AGREEMENTS: list[dict[str, object]] = [
    {
        "id": "acme",
        "policy_types": ["motor", "home"],
        "tags": ["roadside"],
        "priority": 2,
        "masking": {"regions": ["GB"]},
    },
    {"id": "bharat", "policy_types": ["health"]},
    {"id": "coast", "policy_types": ["life", "health"], "valid_to": "2026-12-31"},
]
RULES: list[dict[str, object]] = [
    {
        "name": "tow",
        "when": {"keywords_any": ["tow"]},
        "then": {"policy_type": "motor", "tags": ["roadside"]},
    },
    {"name": "car", "when": {"keywords_any": ["car"]}, "then": {"policy_type": "motor"}},
    {"name": "hospital", "when": {"keywords_any": ["hospital"]}, "then": {"policy_type": "health"}},
    {"name": "boss", "when": {"keywords_any": ["bharat"]}, "then": {"insurer": "bharat", "priority": 7}},
    {"name": "claim", "when": {"keywords_any": ["claim"]}, "then": {"tags": ["claim"]}},
    {"name": "expert", "when": {"keywords_any": ["expert"]}, "then": {"desk": "experts"}},
]


def _agreement(given: dict[str, object]) -> Agreement:
    rest = {
        "name": given["id"],
        "desks": [{"name": "claims", "tags": ["claim"]}, {"name": "experts"}, {"name": "service"}],
        "default_desk": "service",
        "sla": {"first_response_seconds": 300},
        "endpoint": {"kind": "kafka"},
    }
    return Agreement.model_validate(rest | given)


@pytest.fixture(scope="session")
def registry() -> Registry:
    """Three insurers: acme serves motor and home, bharat health, coast life and health.

    The refs of `motor`, `home`, `health` and `life` hold one policy each, `both` two of acme, `mixed` one of acme and
    one of bharat.
    """
    policies = [
        Policy("ACM-2026-001", "acme", "motor", (derived_id("rf", "motor"),)),
        Policy("ACM-2026-002", "acme", "home", (derived_id("rf", "home"),)),
        Policy("BHS-2026-001", "bharat", "health", (derived_id("rf", "health"),)),
        Policy("CLA-2026-001", "coast", "life", (derived_id("rf", "life"),)),
        Policy("ACM-2026-011", "acme", "motor", (derived_id("rf", "both"),)),
        Policy("ACM-2026-012", "acme", "home", (derived_id("rf", "both"),)),
        Policy("ACM-2026-021", "acme", "motor", (derived_id("rf", "mixed"),)),
        Policy("BHS-2026-021", "bharat", "health", (derived_id("rf", "mixed"),)),
    ]
    agreements = {str(each["id"]): _agreement(each) for each in AGREEMENTS}
    return Registry(
        "rg",
        agreements,
        RuleBook([Rule.model_validate(each) for each in RULES]),
        PolicyBook(policies),
        load(EXAMPLE).taxonomy,
    )


Received = Callable[..., Record]


@pytest.fixture(scope="session")
def received() -> Received:
    """A message's record: its name makes its id, and `offset` its place and time."""

    def make(
        name: str,
        text: str | Content | None,
        *who: str,
        offset: int = 0,
        partition: int = 0,
        after_s: int | None = None,
        quoted: str | None = None,
    ) -> Record:
        content: Content = TextContent(text=MessageText(text)) if isinstance(text, str) else text or PICTURE
        event = InboundReceived(
            message_id=derived_id("ms", name),
            refs=tuple(derived_id("rf", each) for each in who or ("someone",)),
            sealed_identity="sealed",
            channel="whatsapp_cloud",
            business_number_id="100000000000001",
            content=content,
            provider_ref=derived_id("pr", name),
            quoted=derived_id("ms", quoted) if quoted else None,
            sent_at=START.replace(microsecond=0),
            received_at=START + timedelta(seconds=offset if after_s is None else after_s),
        )
        return record(event, topic=INBOUND_RECEIVED, key=event.refs[0], offset=offset, partition=partition)

    return make


@pytest.fixture(scope="session")
def replied() -> Callable[..., Record]:
    """A decided reply's record."""

    def make(
        name: str, conversation_id: str, contact_id: str, *, offset: int, outcome: str = "accepted"
    ) -> Record:
        at = START + timedelta(seconds=offset)
        event = ReplyDecided(
            reply_key=derived_id("rp", name),
            insurer="acme",
            outcome=outcome,
            conversation_id=conversation_id,
            contact_id=contact_id,
            received_at=at,
            decided_at=at,
        )
        return record(event, topic=REPLIES_DECIDED, key=conversation_id, offset=offset)

    return make
