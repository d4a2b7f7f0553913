"""The console script `bowchat-topics`: which topics a registry needs, and making those that are missing."""

import argparse
import asyncio
import logging
import sys
from collections.abc import Sequence
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from bowchat_contracts.topics import topic_config, topic_names
from bowchat_registry.loader import load as load_registry
from bowchat_registry.option import registry_option
from bowchat_runtime.cli import Parser
from bowchat_runtime.errors import DependencyDownError, SettingsError
from bowchat_runtime.publisher import connection
from bowchat_runtime.settings import ServiceSettings, load

_TOPIC_EXISTS = TopicAlreadyExistsError.errno


def main() -> None:
    """Run the command line, and exit with its code."""
    arguments = _parser().parse_args()
    logging.getLogger("aiokafka").addHandler(logging.NullHandler())  # what it says, our one line says
    try:
        arguments.run(arguments)
    except (SettingsError, DependencyDownError) as error:
        sys.stderr.write(f"bowchat-topics: {error}\n")
        sys.exit(2)
    except BrokenPipeError:  # the reader of our pipe has gone, as `head` does
        sys.stderr.close()


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="bowchat-topics", description="The relay's topics and its registry.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    listing = commands.add_parser("list", help="print every topic that this registry needs")
    listing.set_defaults(run=_list)
    applying = commands.add_parser(
        "apply", help="create the topics that are missing; change none that is there"
    )
    applying.add_argument(
        "--bootstrap", metavar="HOST:PORT", help="the broker; default: BOWCHAT_KAFKA_BOOTSTRAP"
    )
    applying.add_argument(
        "--partitions", type=_positive, default=6, metavar="N", help="of each new topic (6)"
    )
    applying.add_argument(
        "--replication", type=_positive, default=1, metavar="N", help="of each new topic (1)"
    )
    applying.set_defaults(run=_apply)
    checking = commands.add_parser("check", help="print what is wrong in the registry")
    checking.set_defaults(run=_check)
    for each in (listing, applying, checking):
        registry_option(each)
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("must be a whole number of at least 1")
    return int(text)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _list(arguments: argparse.Namespace) -> None:
    for name in topic_names(load_registry(arguments.registry).insurers):
        _say(name)


def _check(arguments: argparse.Namespace) -> None:
    registry = load_registry(arguments.registry)
    counts = f"{len(registry.insurers)} insurers, {len(registry.rules.rules)} rules, {len(registry.policies)} policies"
    _say(f"{arguments.registry}: good ({counts})")


def _apply(arguments: argparse.Namespace) -> None:
    given = {"kafka_bootstrap": arguments.bootstrap} if arguments.bootstrap else {}
    settings = load(ServiceSettings, **given)
    insurers = load_registry(arguments.registry).insurers
    created = asyncio.run(create_missing(settings, insurers, arguments.partitions, arguments.replication))
    for name in created:
        _say(f"created {name}")
    _say(f"{len(created)} created, {len(topic_names(insurers)) - len(created)} were there")


async def create_missing(
    settings: ServiceSettings, insurers: Sequence[str], partitions: int, replication: int
) -> list[str]:
    """Create the topics that are missing for these insurers, and name them. Made twice, it changes nothing.

    Errors: `DependencyDownError` when the broker is away, `SettingsError` when it refuses.
    """
    admin = AIOKafkaAdminClient(**connection(settings))
    try:
        await admin.start()
        there = set(await admin.list_topics())
        wanted = [name for name in topic_names(tuple(insurers)) if name not in there]
        made = [NewTopic(name, partitions, replication, topic_configs=topic_config(name)) for name in wanted]
        if made and not _has_controller(await admin.describe_cluster()):
            raise SettingsError(
                f"the Kafka broker {settings.kafka_bootstrap} has no controller, so it makes no topics. "
                "The demo's small broker has those of its own insurers alone"
            )
        answer: Any = await admin.create_topics(made) if made else None
    except KafkaError as error:
        raise DependencyDownError(
            f"the Kafka broker {settings.kafka_bootstrap} does not answer ({type(error).__name__}). "
            "Start it, or correct --bootstrap or the BOWCHAT_KAFKA_ variables"
        ) from None
    finally:
        await admin.close()
    return [] if answer is None else _created(answer.topic_errors)


def _has_controller(cluster: dict[str, Any]) -> bool:
    return cluster["controller_id"] in {each["node_id"] for each in cluster["brokers"]}


def _created(answers: Sequence[tuple[str, int, str | None]]) -> list[str]:
    """The topics that were created; one that somebody else made in between is as good."""
    refused = [(name, code) for name, code, *_ in answers if code not in (0, _TOPIC_EXISTS)]
    if refused:
        lines = "\n  ".join(f"{name}: {for_code(code).__name__}" for name, code in refused)
        raise SettingsError(
            f"the broker refused to create topics:\n  {lines}\n"
            "Check the user's rights, and that --replication is not above the number of brokers"
        )
    return [name for name, code, *_ in answers if code == 0]
