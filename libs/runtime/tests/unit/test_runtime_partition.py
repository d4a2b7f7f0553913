"""Which partition a key goes to."""

from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from bowchat_runtime.partition_batches import partition_of


@given(st.binary(max_size=60), st.integers(1, 12))
def test_a_key_goes_where_every_kafka_client_puts_it(key: bytes, partitions: int) -> None:
    """An insurer's own producer and the relay agree, so that order holds whoever writes, and over restarts."""
    every = list(range(partitions))
    assert partition_of(key, partitions) == DefaultPartitioner()(key, every, every)
