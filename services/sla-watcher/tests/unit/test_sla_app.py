"""The composition root."""

from bowchat_runtime.testing import MemoryPublisher
from bowchat_sla.app import build
from bowchat_sla.memory import MemoryClocks
from bowchat_sla.settings import SlaSettings


def test_fakes_replace_whatever_touches_the_outside() -> None:
    """With a store and a publisher given, the watcher opens no connection; without, the database and the broker."""
    faked = build(SlaSettings(), store=MemoryClocks(), publisher=MemoryPublisher())
    real = build(SlaSettings())
    assert len(faked.resources) == 2
    assert len(faked.ready) == 0
    assert len(real.resources) == 4
    assert len(real.ready) == 1


def test_the_watcher_reads_the_three_topics_that_move_clocks() -> None:
    """The topic table names it as a reader of exactly these."""
    from bowchat_contracts.topics import TOPICS

    (subscription,) = build(SlaSettings(store="memory"), publisher=MemoryPublisher()).subscriptions
    assert set(subscription.topics) == {topic.name for topic in TOPICS if "sla-watcher" in topic.readers} - {
        "parked.{service}"
    }
