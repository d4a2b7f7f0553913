"""The fixtures that every test of the repository may ask for, in which order tests go, and how Hypothesis tries examples."""

import pytest
from hypothesis import HealthCheck, settings

from bowchat_runtime.garbage import collect_seldom

pytest_plugins = ["bowchat_testkit.plugin"]

# How long an example takes is no promise: the machine may be busy with other tests.
settings.register_profile("untimed", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

# The files that take longest start first: the short ones fill the time that these leave to other processes.
LONGEST = (
    "test_e2e_kills", "test_e2e_outages", "test_e2e_demo", "test_e2e_media",
    "test_router_model", "test_taint_canaries", "test_router_threads",
    "test_runtime_consumers", "test_dispatcher_service", "test_ingest_service", "test_audit_process",
)  # fmt: skip


# Where the Makefile looks for the tests of a marker.
PLACES = {"connected": "*/*/tests/connected/*.py", "e2e": "tests/e2e/*.py"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Errors: `UsageError` names the tests that no target of the Makefile would run."""
    if lost := [item.nodeid for item in items if _lost(item)]:
        raise pytest.UsageError(f"marked, but not where {PLACES} says: {', '.join(lost)}")
    items.sort(key=lambda item: _place(item.path.stem))


def pytest_collection_finish() -> None:
    """To look for garbage among what was loaded takes a twentieth of the time."""
    collect_seldom()


def _lost(item: pytest.Item) -> bool:
    return any(item.get_closest_marker(marker) and not item.path.match(at) for marker, at in PLACES.items())


def _place(name: str) -> int:
    return LONGEST.index(name) if name in LONGEST else len(LONGEST)
