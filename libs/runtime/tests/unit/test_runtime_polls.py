"""When a subscription's next batch is read."""

from typing import Any

import pytest

from bowchat_runtime import consumers


class Topic:
    """A consumer whose polls find so many records, one poll after the other."""

    def __init__(self, *counts: int) -> None:
        self._counts = iter(counts)

    async def getmany(self, *, timeout_ms: int, max_records: int) -> dict[str, list[int]]:
        count = next(self._counts)
        return {"partition": list(range(count))} if count else {}


@pytest.mark.parametrize(
    ("patience_s", "found", "waited"),
    [
        (0.25, (3, 0, 0, 1), [0, 0.25, 0, 0]),
        (0.25, (10, 10, 4, 2), [0, 0, 0, 0.25]),
        (0.0, (3, 1, 0, 2), [0, 0, 0, 0]),
    ],
    ids=["rests after a batch, not after silence", "never rests while more is there", "who is waited for"],
)
async def test_a_patient_subscription_rests_between_small_batches(
    monkeypatch: pytest.MonkeyPatch, patience_s: float, found: tuple[int, ...], waited: list[float]
) -> None:
    """So that records come in batches, without one that comes after a pause having to wait."""
    now, slept = 100.0, list[float]()

    async def sleep(seconds: float) -> None:
        nonlocal now
        slept.append(round(seconds, 3))
        now += seconds

    monkeypatch.setattr("asyncio.sleep", sleep)
    monkeypatch.setattr("time.monotonic", lambda: now)
    poll, topic = consumers._polls(10, patience_s), Topic(*found)
    read: list[Any] = [await poll(topic) for _ in found]
    assert list(map(len, read)) == list(found)
    assert slept == waited
