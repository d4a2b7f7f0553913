"""One contract for tags in memory and in a database."""

from collections.abc import AsyncIterator

import pytest

from bowchat_dispatcher.tags import MemoryTags, MongoTags, TagRow, Tags
from bowchat_runtime.errors import ConflictError
from bowchat_testkit.stores import either

ROW = TagRow("coast", "KPLMI", "th_a", "ph_a", "motor")


@pytest.fixture
async def tags(place: tuple[str, str] | None) -> AsyncIterator[Tags]:
    async with either(place, MemoryTags, MongoTags) as one:
        yield one


async def test_a_tag_is_found_again(tags: Tags) -> None:
    """By its thread and its alias, and as taken; under its own insurer alone."""
    await tags.insert([ROW])
    assert await tags.of_threads(["th_a", "th_x"]) == {"th_a": ROW}
    assert await tags.of_aliases("coast", ["ph_a", "ph_x"]) == [ROW]
    assert await tags.of_aliases("other", ["ph_a"]) == []
    assert await tags.taken(["coast|KPLMI", "other|KPLMI"]) == {"coast|KPLMI"}
    assert (await tags.of_threads([]), await tags.of_aliases("coast", [])) == ({}, [])


async def test_a_tag_is_one_threads(tags: Tags) -> None:
    """Given again to the same thread it stands; to another it is refused, and the first keeps it."""
    await tags.insert([ROW])
    await tags.insert([ROW])
    with pytest.raises(ConflictError):
        await tags.insert([TagRow("coast", "KPLMI", "th_b", "ph_b", None)])
    assert await tags.of_threads(["th_a", "th_b"]) == {"th_a": ROW}
