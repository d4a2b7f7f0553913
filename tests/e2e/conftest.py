"""The files that take longest start first: the short ones fill the time that these leave to other processes."""

from collections.abc import Sequence

import pytest

LONGEST = ("test_e2e_kills", "test_e2e_outages", "test_e2e_demo")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _place(item.path.stem, LONGEST))


def _place(name: str, first: Sequence[str]) -> int:
    return first.index(name) if name in first else len(first)
