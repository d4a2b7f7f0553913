"""Topics on a real broker."""

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from bowchat_contracts.topics import topic_names
from bowchat_registry.topics_cli import create_missing
from bowchat_runtime.settings import ServiceSettings

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
