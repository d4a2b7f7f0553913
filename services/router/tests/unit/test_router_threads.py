"""Many matters in one chat, end to end: a fixed corpus of interleaved threads through the shipped rules and classifier."""

from pathlib import Path

from bowchat_registry.loader import load
from bowchat_router.classify.training import train
from bowchat_router.readings import TrainedReadings
from bowchat_router.testing import InUse
from bowchat_testkit.bench_routing.threads.figures import measure

SHIPPED = load(Path(__file__).parents[4] / "registry")


async def test_no_message_of_interleaved_threads_reaches_a_wrong_insurer_and_few_are_asked_about() -> None:
    """Over 500 threads of people with two to four insurers: none astray, at most one in ten asked about, none lost."""
    async with TrainedReadings(InUse(SHIPPED), train) as readings:
        figures, _ = await measure(SHIPPED, readings)
    assert figures.threads >= 500
    assert figures.wrong == []
    assert figures.share_asked <= 0.1
    assert figures.lost == 0
