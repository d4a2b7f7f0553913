"""Who may do what on the broker, made from the topic table.

`python -m bowchat_contracts.acls --insurers acme-motor,coast-life` prints the arguments of `kafka-acls.sh`, one call a line.
"""

import argparse
import sys
from collections.abc import Iterator
from typing import Literal, NamedTuple

from bowchat_contracts.topics import INSURER, SERVICES, TOPICS, Topic


class Acl(NamedTuple):
    """One permission. Whatever is not permitted is denied."""

    principal: str
    operation: Literal["Read", "Write"]
    resource: Literal["topic", "group"]
    name: str
    prefixed: bool = False

    def arguments(self) -> str:
        """As `kafka-acls.sh` takes it."""
        pattern = " --resource-pattern-type prefixed" if self.prefixed else ""
        permission = f"--allow-principal User:{self.principal} --operation {self.operation}"
        return f"--add {permission} --{self.resource} {self.name}{pattern}"


def acls(insurers: tuple[str, ...]) -> list[Acl]:
    """Every permission of a deployment with these insurers: services and insurers are accounts of their own name.

    An insurer's account is `insurer.<id>`; it reads its messages, writes its replies, and has its own consumer groups.
    """
    found = [each for topic in TOPICS for each in _of_topic(topic, insurers)]
    found += [Acl(service, "Read", "group", f"{service}.", prefixed=True) for service in SERVICES]
    found += [Acl(f"insurer.{one}", "Read", "group", f"insurer.{one}.", prefixed=True) for one in insurers]
    return list(dict.fromkeys(found))


def _of_topic(topic: Topic, insurers: tuple[str, ...]) -> Iterator[Acl]:
    for writer in topic.writers:
        for principal, name in _granted(topic.name, writer, insurers):
            yield Acl(principal, "Write", "topic", name)
    for reader in topic.readers:
        for principal, name in _granted(topic.name, reader, insurers):
            yield Acl(principal, "Read", "topic", name)
    if "{service}" in topic.name:
        # A service parks and replays its own records only; the audit log reads everybody's.
        yield from (Acl("audit", "Read", "topic", topic.name.format(service=one)) for one in SERVICES)


def _granted(name: str, party: str, insurers: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Which accounts a party of the table stands for, and on which concrete topics."""
    if "{insurer}" in name:
        for one in insurers:
            yield (f"insurer.{one}" if party == INSURER else party), name.format(insurer=one)
    else:
        yield party, name.format(service=party)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bowchat_contracts.acls", description=__doc__)
    parser.add_argument("--insurers", required=True, help="the registry's ids, comma-separated")
    insurers = tuple(parser.parse_args(arguments).insurers.split(","))
    sys.stdout.writelines(f"{each.arguments()}\n" for each in acls(insurers))
    return 0


if __name__ == "__main__":
    sys.exit(main())
