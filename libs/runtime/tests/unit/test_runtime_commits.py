"""Commits that follow a little later."""

import asyncio

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import CommitFailedError

from bowchat_runtime import commits as commits_module
from bowchat_runtime.commits import Commits

ONE, OTHER = TopicPartition("t", 0), TopicPartition("t", 1)


class Consumer:
    """Notes every commit; refuses as told."""

    def __init__(self) -> None:
        self.owned = {ONE, OTHER}
        self.commits: list[dict[TopicPartition, int]] = []
        self.refuse = False
        self.committed: asyncio.Queue[dict[TopicPartition, int]] = asyncio.Queue()

    def assignment(self) -> set[TopicPartition]:
        return self.owned

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        if self.refuse:
            raise CommitFailedError
        self.commits.append(offsets)
        self.committed.put_nowait(offsets)


@pytest.fixture
def moved() -> list[str]:
    return []


@pytest.fixture
def commits(moved: list[str]) -> Commits:
    return Commits("main", lambda: moved.append("moved"))


async def test_many_batches_are_one_commit(commits: Commits, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is done in a short time is committed once, as far as it got, without anybody asking."""
    monkeypatch.setattr(commits_module, "EVERY_S", 0.0)
    consumer = Consumer()
    for offset in (3, 4, 9):
        await commits.owe({ONE: offset}, consumer)
    await commits.owe({OTHER: 2}, consumer)
    assert await consumer.committed.get() == {ONE: 9, OTHER: 2}


async def test_a_batch_during_a_commit_is_committed_after_it(
    commits: Commits, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is done while a commit is under way is not forgotten."""
    monkeypatch.setattr(commits_module, "EVERY_S", 0.0)
    consumer = Consumer()
    answer = asyncio.Event()

    async def slow(offsets: dict[TopicPartition, int]) -> None:
        consumer.committed.put_nowait(offsets)
        await answer.wait()

    monkeypatch.setattr(consumer, "commit", slow)
    await commits.owe({ONE: 1}, consumer)
    assert await consumer.committed.get() == {ONE: 1}
    await commits.owe({ONE: 2}, consumer)
    answer.set()
    assert await consumer.committed.get() == {ONE: 2}


async def test_who_leaves_has_committed_all_it_did(commits: Commits) -> None:
    """An orderly stop commits what is owed, and the batch in hand at once when it ends."""
    consumer = Consumer()
    await commits.owe({ONE: 5}, consumer)
    await commits.close()
    assert consumer.commits == [{ONE: 5}]
    await commits.owe({ONE: 6}, consumer)
    assert consumer.commits == [{ONE: 5}, {ONE: 6}]


async def test_who_joins_again_commits_a_little_later_again(commits: Commits) -> None:
    """A first start that failed closed what had been opened; the second is a start like any other."""
    consumer = Consumer()
    await commits.close()
    commits.open()
    await commits.owe({ONE: 3}, consumer)
    assert consumer.commits == []
    assert await consumer.committed.get() == {ONE: 3}


async def test_a_partition_that_moved_is_its_new_owners(commits: Commits) -> None:
    """What is owed for a partition that is ours no more is not committed over its new owner's work."""
    consumer = Consumer()
    await commits.owe({ONE: 5, OTHER: 7}, consumer)
    consumer.owned = {OTHER}
    await commits.settle()
    assert consumer.commits == [{OTHER: 7}]


async def test_a_refused_commit_is_told(commits: Commits, moved: list[str]) -> None:
    """Caches are dropped when a commit shows that partitions have moved."""
    consumer = Consumer()
    consumer.refuse = True
    await commits.owe({ONE: 5}, consumer)
    await commits.settle()
    assert moved == ["moved"]
