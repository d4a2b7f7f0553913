"""Many matters in one chat, end to end: a fixed corpus of interleaved threads through the shipped rules and classifier."""

from pathlib import Path

from bowchat_registry.loader import load
from bowchat_router.kept import trained
from bowchat_router.readings import TrainedReadings
from bowchat_router.testing import InUse
from bowchat_testkit.bench_routing.threads.figures import measure

SHIPPED = load(Path(__file__).parents[4] / "registry")


async def test_no_message_of_interleaved_threads_reaches_a_wrong_insurer_and_few_are_asked_about() -> None:
    """Over 500 threads of people with two to four insurers, by either set of scripts: none astray, none lost. At most one in
    twelve is asked about, and one in ten where people mention their other matters in passing.
    """
    async with TrainedReadings(InUse(SHIPPED), trained) as readings:
        for scripts, most in (("plain", 1 / 12), ("passing", 1 / 10)):
            figures, _ = await measure(SHIPPED, readings, threads=500, of=scripts)
            assert figures.threads >= 500
            assert figures.wrong == []
            assert figures.share_asked <= most
            assert figures.lost == 0
