"""A desk's line on a real broker and database: the router is stopped, and killed, while conversations stand in it."""

import shutil
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from bowchat_contracts.commands import Author, CommandDecided, CommandRequested, SlashCommand
from bowchat_contracts.conversations import ConversationChanged
from bowchat_contracts.envelope import Event
from bowchat_contracts.ids import derived_id
from bowchat_contracts.inbound import MessageRouted
from bowchat_contracts.pii import MessageText
from bowchat_contracts.prompts import PromptRequested
from bowchat_contracts.topics import (
    COMMANDS_ANSWERED,
    COMMANDS_REQUESTED,
    CONVERSATIONS_CHANGED,
    INBOUND_ROUTED,
    PROMPTS_REQUESTED,
    topic_names,
)
from bowchat_runtime.decoding import decode
from bowchat_runtime.records import Record
from bowchat_runtime.testing import record
from bowchat_testkit import stack
from bowchat_testkit.database import Database
from bowchat_testkit.plugin import unavailable
from bowchat_testkit.stack_process import ChildProcess, StackUnavailableError, free_port, until

pytestmark = pytest.mark.connected

EXAMPLE = Path(__file__).parents[4] / "registry"
INSURER, DESK = "acme-motor", "roadside"
RULES = {"rules": [{"name": "car", "when": {"keywords_any": ["car"]}, "then": {"policy_type": "motor"}}]}
FULL = {"name": DESK, "capacity": 1, "when_full": "queue"}
TOLD = (INBOUND_ROUTED, CONVERSATIONS_CHANGED, PROMPTS_REQUESTED, COMMANDS_ANSWERED)


def registry(directory: Path) -> Path:
    """The example, but this insurer has one desk of one place, and a word alone decides."""
    shutil.copytree(EXAMPLE, directory)
    path = directory / f"insurers/{INSURER}.yaml"
    agreement = yaml.safe_load(path.read_text()) | {"desks": [FULL], "default_desk": DESK}
    path.write_text(yaml.safe_dump(agreement))
    (directory / "rules.yaml").write_text(yaml.safe_dump(RULES))
    return directory


class Street:
    """People who write to a router that is a process, and all that it tells, in the order of its topics."""

    def __init__(
        self,
        router: ChildProcess,
        producer: AIOKafkaProducer,
        consumer: AIOKafkaConsumer,
        received: Callable[..., Record],
    ) -> None:
        self.router, self._producer, self._consumer, self._received = router, producer, consumer, received
        self.told: list[Record] = []

    async def writes(self, name: str, who: str, text: str) -> None:
        await self._publish(self._received(name, text, who))

    async def types(self, name: str, about: MessageRouted, text: str) -> None:
        asked = CommandRequested(
            command_id=derived_id("cm", name),
            by=Author(role="aggregator", name="meera"),
            command=SlashCommand(
                conversation_id=about.conversation_id, contact_id=about.contact_id, text=MessageText(text)
            ),
            requested_at=datetime.now(UTC),
        )
        await self._publish(record(asked, topic=COMMANDS_REQUESTED, key=about.conversation_id))

    async def hears(self, kind: type[Event], **like: Any) -> Any:
        """The first event of this kind with these values, once it is there."""

        async def there() -> bool:
            await self._read()
            return bool(self.all(kind, **like))

        await until(there, seconds=60)
        return self.all(kind, **like)[0]

    def all(self, kind: type[Event], **like: Any) -> list[Any]:
        """Every copy of the events of this kind with these values that was read."""
        return [each.event for each in self.told if isinstance(each.event, kind) and _is_like(each, like)]

    async def ended(self) -> None:
        """Stop the router, and read all that it has told."""
        await self.router.stop(seconds=25)
        places = sorted(self._consumer.assignment())
        ends = await self._consumer.end_offsets(places)

        async def read() -> bool:
            await self._read()
            return all([await self._consumer.position(each) >= ends[each] for each in places])

        await until(read, seconds=30)

    async def _publish(self, given: Record) -> None:
        key = given.key.encode() if given.key else None
        await self._producer.send_and_wait(given.topic, given.value, key=key, headers=list(given.headers))

    async def _read(self) -> None:
        found = await self._consumer.getmany(timeout_ms=100)
        self.told += [decode(raw) for batch in found.values() for raw in batch]


def _is_like(told: Record, like: dict[str, Any]) -> bool:
    return all(getattr(told.event, name) == value for name, value in like.items())


@pytest.fixture
async def street(tmp_path: Path, received: Callable[..., Record]) -> AsyncIterator[Street]:
    async with AsyncExitStack() as opened:
        try:
            broker = await opened.enter_async_context(stack.broker(tmp_path / "kafka"))
            database = await opened.enter_async_context(Database(tmp_path / "database"))
        except StackUnavailableError as error:
            unavailable("a Kafka broker and a database of its own", error)
        await stack.create_topics(broker.bootstrap, topic_names((INSURER,)), partitions=2)
        environment = {
            "BOWCHAT_KAFKA_BOOTSTRAP": broker.bootstrap,
            "BOWCHAT_MONGO_URI": database.uri,
            "BOWCHAT_REGISTRY": str(registry(tmp_path / "registry")),
            "BOWCHAT_HTTP_PORT": str(free_port()),
        }
        router = ChildProcess(
            [sys.executable, str(Path(__file__).with_name("line_process.py"))],
            log=tmp_path / "router.log",
            environment=environment,
        )
        opened.callback(router.kill)
        producer = await opened.enter_async_context(AIOKafkaProducer(bootstrap_servers=broker.bootstrap))
        consumer = await opened.enter_async_context(
            AIOKafkaConsumer(*TOLD, bootstrap_servers=broker.bootstrap, auto_offset_reset="earliest")
        )
        yield Street(router, producer, consumer, received)


async def test_a_full_desks_line_drains_in_order_and_once_through_a_stop_and_a_kill(street: Street) -> None:
    """A desk of one place: who comes then waits, at the place that is told. Each time the conversation at the desk is
    resolved the next one is let in, with all its messages in their order and each of them once, and the others wait on: also
    when the router is stopped in between, or killed as it resolves.
    """
    street.router.start()
    await street.writes("ann 1", "ann", "my car")
    ann = await street.hears(MessageRouted, message_id=derived_id("ms", "ann 1"), outcome="routed")
    bob, cleo = await _queues(street, "bob", 1), await _queues(street, "cleo", 2)
    await street.writes("bob 2", "bob", "are you there?")
    await street.hears(MessageRouted, message_id=derived_id("ms", "bob 2"), outcome="queued")

    await street.router.stop(seconds=25)
    await street.types("settled", ann, "/resolve")
    street.router.start()
    await street.hears(MessageRouted, message_id=derived_id("ms", "bob 2"), outcome="routed")
    assert _let_in(street, cleo) == []

    await street.types("settled too", bob, "/resolve")
    await street.hears(CommandDecided, command_id=derived_id("cm", "settled too"), outcome="accepted")
    street.router.kill()
    street.router.start()
    await street.hears(MessageRouted, message_id=derived_id("ms", "cleo 1"), outcome="routed")
    await street.ended()
    assert _let_in(street, bob) == [(1, derived_id("ms", "bob 1")), (2, derived_id("ms", "bob 2"))]
    assert _let_in(street, cleo) == [(1, derived_id("ms", "cleo 1"))]


async def _queues(street: Street, who: str, place: int) -> MessageRouted:
    """Somebody writes to the full desk, and hears at which place they wait."""
    await street.writes(f"{who} 1", who, "my car as well")
    routed: MessageRouted = await street.hears(
        MessageRouted, message_id=derived_id("ms", f"{who} 1"), outcome="queued"
    )
    thread = routed.conversation_id
    changed = await street.hears(ConversationChanged, conversation_id=thread, change="queued")
    assert (changed.insurer, changed.desk, changed.queue_position) == (INSURER, DESK, place)
    notice = await street.hears(PromptRequested, conversation_id=thread)
    assert str(place) in notice.text.reveal()
    return routed


def _let_in(street: Street, queued: MessageRouted) -> list[tuple[int, str]]:
    """Which messages of this conversation went on to the desk. What a killed router told it may tell again: under the same
    id, with the same bytes, and so without a second effect.
    """
    mine = {"conversation_id": queued.conversation_id, "outcome": "routed"}
    copies = [each for each in street.told if isinstance(each.event, MessageRouted) and _is_like(each, mine)]
    once = {each.meta.id: each for each in copies}
    assert [once[each.meta.id].value for each in copies] == [each.value for each in copies]
    assert {(each.event.insurer, each.event.desk) for each in copies} <= {(INSURER, DESK)}
    return [(each.event.seq, each.event.message_id) for each in once.values()]
