"""A partner's client that writes header names as no Python client does: Kafka takes any bytes for one."""

import struct
from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.producer import message_accumulator
from aiokafka.record.util import calc_crc32c

_BatchBuilder: Any = message_accumulator.BatchBuilder
_CRC_AT, _CHECKED_FROM = 17, 21
_BATCH_BYTES = 16_384


def batch_with_header(name: bytes, records: Sequence[tuple[bytes, bytes, list[tuple[str, bytes]]]]) -> Any:
    """A batch of records (key, value, headers), each with one more header of this name."""
    builder = _Renaming(name)
    for key, value, headers in records:
        assert builder.append(
            timestamp=None, key=key, value=value, headers=[*headers, (builder.standing_in, b"")]
        )
    return builder


async def send_with_header(
    bootstrap: str,
    topic: str,
    name: bytes,
    *,
    key: bytes = b"any",
    value: bytes = b"",
    headers: Sequence[tuple[str, bytes]] = (),
) -> None:
    """Write one record that has a header of this name to partition 0."""
    async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
        batch = batch_with_header(name, [(key, value, list(headers))])
        await (await producer.send_batch(batch, topic, partition=0))


class _Renaming(_BatchBuilder):  # type: ignore[misc]
    """Puts the name into the finished batch, in the place of one of the same length, and mends the checksum."""

    def __init__(self, name: bytes) -> None:
        super().__init__(_BATCH_BYTES, 0)
        self._name = name
        self.standing_in = "\x02" * len(name)

    def _build(self) -> bytes:
        data = bytearray(super()._build().replace(self.standing_in.encode(), self._name))
        struct.pack_into(">I", data, _CRC_AT, calc_crc32c(bytes(data[_CHECKED_FROM:])))
        return bytes(data)
