"""What each account may do on the broker: its own work and nothing else."""

import pytest

from bowchat_contracts.acls import Acl, acls, main
from bowchat_contracts.topics import COMMANDS_REQUESTED, SERVICES

INSURERS = ("acme-motor", "coast-life")


def test_an_insurer_reads_its_messages_writes_its_replies_and_nothing_else() -> None:
    """No insurer can see another's topic, or any of the relay's own."""
    mine = {each for each in acls(INSURERS) if each.principal == "insurer.acme-motor"}
    assert mine == {
        Acl("insurer.acme-motor", "Read", "topic", "insurer.acme-motor.messages"),
        Acl("insurer.acme-motor", "Write", "topic", "insurer.acme-motor.replies"),
        Acl("insurer.acme-motor", "Read", "group", "insurer.acme-motor.", prefixed=True),
    }


def test_no_ones_consumer_groups_begin_with_anothers() -> None:
    """A prefix of groups would otherwise let one account move another's offsets."""
    groups = [each.name for each in acls((*INSURERS, "acme")) if each.resource == "group"]
    assert not [(one, other) for one in groups for other in groups if one != other and other.startswith(one)]


def test_only_one_account_writes_a_topic_of_the_relay() -> None:
    """A contradiction in a topic has one culprit. Only commands have several writers: each names its author."""
    writers: dict[str, set[str]] = {}
    for each in acls(INSURERS):
        if each.operation == "Write" and each.name != COMMANDS_REQUESTED:
            writers.setdefault(each.name, set()).add(each.principal)
    assert [topic for topic, found in writers.items() if len(found) != 1] == []


def test_a_service_parks_in_its_own_topic_and_audit_reads_all() -> None:
    """No service can replay or forge another's parked records; the log misses none."""
    parked = [each for each in acls(()) if each.name.startswith("parked.")]
    assert {each.name for each in parked if each.principal == "audit"} == {
        f"parked.{one}" for one in SERVICES
    }
    assert all(each.name == f"parked.{each.principal}" for each in parked if each.principal != "audit")


def test_the_command_prints_what_kafka_takes(capsys: pytest.CaptureFixture[str]) -> None:
    """Each line is one call of kafka-acls.sh."""
    assert main(["--insurers", "acme-motor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert (
        "--add --allow-principal User:insurer.acme-motor --operation Read --topic insurer.acme-motor.messages"
        in lines
    )
    assert all(line.startswith("--add --allow-principal User:") for line in lines)
