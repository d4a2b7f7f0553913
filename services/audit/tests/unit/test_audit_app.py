"""The composition root and its one subscription."""

import re

from bowchat_audit.app import build, every_topic
from bowchat_audit.memory import MemoryLog
from bowchat_audit.settings import AuditSettings
from bowchat_contracts.topics import topic_names
from bowchat_runtime.mongo import MongoDatabase
from bowchat_runtime.publisher import KafkaPublisher
from bowchat_runtime.testing import MemoryPublisher


def test_the_log_reads_every_topic_of_the_table_and_no_other() -> None:
    """A topic added to the table is audited from its first record on."""
    pattern = re.compile(every_topic())
    assert all(pattern.match(name) for name in topic_names(("acme", "north-star")))
    assert not any(
        pattern.match(name)
        for name in ("inboundxreceived", "insurer.acme.secrets", "x.parked.audit", "__offsets")
    )


def test_fakes_replace_whatever_touches_the_outside() -> None:
    """With a log and a publisher given, no connection is opened; the records come undecoded."""
    service = build(AuditSettings(), store=MemoryLog(), publisher=MemoryPublisher())
    assert not [each for each in service.resources if isinstance(each, MongoDatabase | KafkaPublisher)]
    assert [subscription.raw for subscription in service.subscriptions] == [True]
    assert len(build(AuditSettings()).resources) == 5
