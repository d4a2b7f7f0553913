"""Topics on a real broker."""

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from bowchat_contracts.topics import topic_names
from bowchat_registry.topics_cli import create_missing
from bowchat_runtime.errors import SettingsError
from bowchat_runtime.settings import ServiceSettings
from bowchat_testkit.embedded_broker import EmbeddedBroker

pytestmark = pytest.mark.connected


async def test_apply_creates_what_is_missing_once(kafka: str) -> None:
    """Every topic of the insurers is there afterwards; a second run creates none."""
    settings = ServiceSettings(kafka_bootstrap=kafka)
    insurers = ("registry-one", "registry-two")
    created = await create_missing(settings, insurers, 2, 1)
    again = await create_missing(settings, insurers, 2, 1)
    assert {"insurer.registry-one.messages", "insurer.registry-two.replies"} <= set(created)
    assert again == []
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        assert set(topic_names(insurers)) <= set(await admin.list_topics())
    finally:
        await admin.close()


async def test_a_broker_without_a_controller_is_told_in_words(embedded_kafka: EmbeddedBroker) -> None:
    """The demo's small broker makes no topics, and says so."""
    settings = ServiceSettings(kafka_bootstrap=embedded_kafka.bootstrap)
    with pytest.raises(SettingsError, match="has no controller"):
        await create_missing(settings, ("registry-three",), 2, 1)
