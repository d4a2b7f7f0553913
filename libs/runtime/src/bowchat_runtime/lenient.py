"""Reading records whose header names are not UTF-8.

Kafka takes any bytes for a header's name, aiokafka's parser raises on them before anybody sees the record, and so one such
record stops its partition's readers for good. Here a fetch that raised is read again by aiokafka's slower parser in Python,
which is told what to make of such a name. The record then goes its ordinary way: nothing in the relay looks for that header.
"""

from collections.abc import Iterator
from typing import Any

from aiokafka.consumer import fetcher as untyped_fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record import default_records, memory_records

# aiokafka says that these classes are final; it has no other place to step in.
_fetcher: Any = untyped_fetcher
_BatchInPython: Any = default_records._DefaultRecordBatchPy  # noqa: SLF001
_RecordsInPython: Any = memory_records._MemoryRecordsPy  # noqa: SLF001
_FetchedRecords: Any = memory_records.MemoryRecords
_FetchedPartition: Any = untyped_fetcher.PartitionRecords

_MAGIC_AT = 16
_WITH_HEADERS = 2


def install() -> None:
    """Let every aiokafka consumer of this process read such records. May be called again."""
    _fetcher.MemoryRecords = _KeptRecords
    _fetcher.PartitionRecords = _PartitionRecords


class _Bytes(bytearray):
    """What cannot be decoded becomes its hexadecimal form. The parser decodes header names and nothing else."""

    def __getitem__(self, index: Any) -> Any:
        found = super().__getitem__(index)
        return _Bytes(found) if isinstance(found, bytearray) else found

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        try:
            return super().decode(encoding, errors)
        except UnicodeDecodeError:
            return f"hex:{self.hex()}"


class _Batch(_BatchInPython):  # type: ignore[misc]
    _buffer: Any

    def _maybe_uncompress(self) -> None:
        super()._maybe_uncompress()
        self._buffer = _Bytes(self._buffer)


class _Records(_RecordsInPython):  # type: ignore[misc]
    def next_batch(self) -> Any:
        batch = self._next_slice
        if batch is None or batch[_MAGIC_AT] < _WITH_HEADERS:
            return super().next_batch()
        self._cache_next()
        return _Batch(batch)


class _KeptRecords(_FetchedRecords):  # type: ignore[misc]
    """A fetch that can be read again from its beginning."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.data = data


class _PartitionRecords(_FetchedPartition):  # type: ignore[misc]
    _records: Any

    def _unpack_records(self) -> Iterator[Any]:
        fetched = self._records.data
        try:
            yield from super()._unpack_records()
        except (UnicodeDecodeError, CorruptRecordException):
            self._records = _Records(fetched)
            # It passes over what stands before `next_fetch_offset`, which is what was handed out already.
            yield from super()._unpack_records()
