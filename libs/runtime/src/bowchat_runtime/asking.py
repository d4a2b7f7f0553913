"""Giving a command to a running service, and waiting for its answer: what every command line of people's does."""

import argparse
import asyncio
import getpass
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from bowchat_contracts.commands import Author, CommandDecided, CommandRequested
from bowchat_contracts.envelope import Meta, traceparent
from bowchat_contracts.ids import random_id
from bowchat_contracts.topics import COMMANDS_ANSWERED, COMMANDS_DECIDED, COMMANDS_REQUESTED
from bowchat_runtime.clock import Clock, system_clock
from bowchat_runtime.decoding import decode, in_words
from bowchat_runtime.errors import BROKER_AWAY, DependencyDownError, RejectError, SettingsError
from bowchat_runtime.publisher import KafkaPublisher, Publisher
from bowchat_runtime.publisher import connection as kafka
from bowchat_runtime.records import Outgoing
from bowchat_runtime.settings import ServiceSettings

WAIT_S = 30.0
"""How long an answer is waited for. The command stands, whether or not anybody waits."""

Service = Literal["masker", "router"]
"""Who carries a command out."""
_ANSWERS: dict[Service, str] = {"masker": COMMANDS_DECIDED, "router": COMMANDS_ANSWERED}


def add_reason(parser: argparse.ArgumentParser) -> None:
    """The arguments of a command that has to be reasoned: why, and who says so."""
    parser.add_argument("--why", required=True, help="the reason, for who reads the log later")
    add_author(parser)


def add_author(parser: argparse.ArgumentParser) -> None:
    """The argument that every command of people's takes: who says so."""
    parser.add_argument("--by", help="who decides (default: your account's name)")


def requested(command: dict[str, Any], by: str | None, clock: Clock = system_clock) -> CommandRequested:
    """The command as an event. `by` is who asks; without it, the account that runs this process.

    Errors: `SettingsError` that names what is wrong.
    """
    try:
        return CommandRequested.model_validate(
            {
                "command_id": random_id("cm"),
                "by": Author(role="aggregator", name=by or getpass.getuser()),
                "command": command,
                "requested_at": clock(),
            }
        )
    except ValidationError as error:
        raise SettingsError(in_words(error)) from None


def record_of(asked: CommandRequested, about: str, service: Service) -> Outgoing:
    """The event as a record. Commands about one thing are in order: `about` is their key."""
    meta = Meta(
        id=asked.command_id,
        type=asked.type,
        source=f"/bowchat/{service}",
        time=asked.requested_at,
        traceparent=traceparent(asked.command_id, "asked"),
    )
    return Outgoing(COMMANDS_REQUESTED, about, asked, meta)


async def ask(
    settings: ServiceSettings,
    asked: CommandRequested,
    about: str,
    *,
    service: Service = "masker",
    wait_s: float = WAIT_S,
) -> CommandDecided | None:
    """The service's answer; None where none came in time.

    Errors: `DependencyDownError`.
    """
    async with _answers(settings, service) as answers, KafkaPublisher(settings, service) as publisher:
        return await answered(publisher, answers, record_of(asked, about, service), wait_s)


async def answered(
    publisher: Publisher, answers: AsyncIterator[CommandDecided], record: Outgoing, wait_s: float
) -> CommandDecided | None:
    """Publish the command, and wait among the answers for its own."""
    await publisher.publish([record])
    try:
        async with asyncio.timeout(wait_s):
            async for answer in answers:
                if answer.command_id == record.meta.id:
                    return answer
    except TimeoutError:
        return None
    return None


@asynccontextmanager
async def _answers(
    settings: ServiceSettings, service: Service
) -> AsyncIterator[AsyncIterator[CommandDecided]]:
    """The answers to commands given from now on."""
    consumer: Any = AIOKafkaConsumer(
        _ANSWERS[service],
        **kafka(settings),
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="latest",
    )
    try:
        await consumer.start()
        # Where each partition ends is asked now, not when it is first read: an answer must not come before it.
        await consumer.seek_to_end()
        for partition in consumer.assignment():
            await consumer.position(partition)
        yield _decided(consumer)
    except KafkaError as error:
        raise DependencyDownError(BROKER_AWAY) from error
    finally:
        await consumer.stop()


async def _decided(consumer: Any) -> AsyncIterator[CommandDecided]:
    async for raw in consumer:
        try:
            event = decode(raw).event
        except RejectError:
            continue
        if isinstance(event, CommandDecided):
            yield event


def tell(asked: CommandRequested, answer: CommandDecided | None, service: Service = "masker") -> int:
    """Print the answer in words. Returns the exit code: 0 when the command was carried out."""
    if answer is None:
        sys.stderr.write(
            f"no answer yet: is the {service} running? The command stands and has no second effect. "
            f"See later with: bowchat-audit events --subject {asked.command_id}\n"
        )
        return 1
    sys.stdout.write(f"{answer.outcome}: {answer.detail}\n")
    return 0 if answer.outcome == "accepted" else 1
