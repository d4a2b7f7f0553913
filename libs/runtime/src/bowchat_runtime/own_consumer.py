"""A Kafka consumer of one's own, without a group: for who asks the broker now and then."""

from typing import Any

from aiokafka import AIOKafkaConsumer

from bowchat_runtime.publisher import connection
from bowchat_runtime.settings import ServiceSettings


class OwnConsumer:
    """Opened when it is first needed. Who finds that it does not answer closes it: the next time there is a new one."""

    def __init__(self, settings: ServiceSettings, **options: Any) -> None:
        """`options`: aiokafka's, beside those that say how to reach the broker."""
        self._settings, self._options = settings, options
        self._consumer: Any = None

    async def opened(self) -> Any:
        """Errors: `KafkaError`."""
        if self._consumer is None:
            self._consumer = AIOKafkaConsumer(
                **connection(self._settings), group_id=None, enable_auto_commit=False, **self._options
            )
            await self._consumer.start()
        return self._consumer

    async def close(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await consumer.stop()
