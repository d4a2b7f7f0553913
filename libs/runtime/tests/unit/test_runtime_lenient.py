"""Records whose header names are not UTF-8."""

from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer import fetcher as untyped_fetcher
from aiokafka.errors import CorruptRecordException
from hypothesis import given
from hypothesis import strategies as st

from bowchat_runtime import lenient
from bowchat_testkit.foreign_headers import batch_with_header

fetcher: Any = untyped_fetcher
names = st.binary(min_size=4, max_size=40).filter(lambda name: name != b"\x02" * len(name))


@pytest.fixture(autouse=True, scope="module")
def installed() -> None:
    lenient.install()


def read(data: bytes, *, start: int = 0) -> list[Any]:
    partition = TopicPartition("t", 0)
    records = fetcher.MemoryRecords(data)
    return list(fetcher.PartitionRecords(partition, records, None, start, None, None, True, 0))


@given(names, st.integers(0, 3))
def test_a_record_is_read_whatever_its_header_is_called(name: bytes, start: int) -> None:
    """Each record comes once, from the asked offset on, with key and value; a name that is text stays as it is."""
    sent = [
        (b"key", str(number).encode(), [("ce_id", b"1"), ("ce_type", b"\xff")] if number % 2 else [])
        for number in range(3)
    ]
    data = batch_with_header(name, sent)._build()
    found = read(data, start=start)
    assert [(each.offset, each.key, each.value) for each in found] == [
        (number, b"key", str(number).encode()) for number in range(start, 3)
    ]
    try:
        shown = name.decode()
    except UnicodeDecodeError:
        shown = f"hex:{name.hex()}"
    assert all(each.headers[-1] == (shown, b"") for each in found)
    assert all(each.headers[:-1] == tuple(sent[each.offset][2]) for each in found)


def test_batches_around_an_odd_one_are_read_once() -> None:
    """What was handed out before the odd batch is not handed out again, and what stands behind it is not lost."""
    plain = bytearray(batch_with_header(b"plain", [(b"k", b"first", [])])._build())
    odd = bytearray(batch_with_header(b"\xff\xfe\xfd\xfc", [(b"k", b"odd", [])])._build())
    last = bytearray(plain)
    odd[:8], last[:8] = (1).to_bytes(8, "big"), (2).to_bytes(8, "big")
    assert [each.offset for each in read(bytes(plain + odd + last))] == [0, 1, 2]


def test_a_damaged_batch_is_still_refused() -> None:
    """Leniency is about names: bytes that were damaged on the way raise as before."""
    data = bytearray(batch_with_header(b"plain", [(b"k", b"value", [])])._build())
    data[-3] ^= 1
    with pytest.raises(CorruptRecordException):
        read(bytes(data))
