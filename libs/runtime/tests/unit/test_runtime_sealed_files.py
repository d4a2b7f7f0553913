"""Files sealed in frames."""

from collections.abc import AsyncIterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bowchat_runtime.media_links import file_id_of, key_of, token_of
from bowchat_runtime.sealed_files import (
    FRAME_BYTES,
    FileBrokenError,
    locked,
    new_file_key,
    one_chunk,
    opened,
    whole,
)

SIZES = (0, 1, FRAME_BYTES - 1, FRAME_BYTES, FRAME_BYTES + 1, 3 * FRAME_BYTES)


async def chopped(data: bytes, step: int) -> AsyncIterator[bytes]:
    for start in range(0, len(data), step):
        yield data[start : start + step]


async def sealed(key: bytes, data: bytes) -> bytes:
    return await whole(locked(key, one_chunk(data)))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("step", [1000, 100_003])
async def test_what_was_locked_opens_however_it_is_cut(size: int, step: int) -> None:
    """The same bytes come out, whatever the pieces in which they go in and are read."""
    key, data = new_file_key(), b"x7" * (size // 2) + b"y" * (size % 2)
    kept = await whole(locked(key, chopped(data, step)))
    assert await whole(opened(key, chopped(kept, step))) == data


@pytest.mark.parametrize("change", ["cut", "flip", "swap", "more", "other key", "nothing"])
async def test_a_changed_file_does_not_open(change: str) -> None:
    """A file that was cut at a frame, changed, put in another order, lengthened, or locked with another key, is refused."""
    key = new_file_key()
    kept = await sealed(key, b"z" * (2 * FRAME_BYTES + 10))
    frame = FRAME_BYTES + 16
    changed = {
        "cut": kept[: 32 + 2 * frame],
        "flip": kept[:100] + bytes([kept[100] ^ 1]) + kept[101:],
        "swap": kept[:32]
        + kept[32 + frame : 32 + 2 * frame]
        + kept[32 : 32 + frame]
        + kept[32 + 2 * frame :],
        "more": kept + b"\0",
        "other key": kept,
        "nothing": b"",
    }[change]
    with pytest.raises(FileBrokenError):
        await whole(opened(new_file_key() if change == "other key" else key, one_chunk(changed)))


async def test_the_same_file_is_never_the_same_twice() -> None:
    """A file locked again under its key has another salt, so that no nonce is used twice."""
    key = new_file_key()
    assert await sealed(key, b"abc") != await sealed(key, b"abc")


@settings(deadline=None)
@given(st.binary(min_size=32, max_size=32))
def test_a_token_carries_its_key_in_letters(key: bytes) -> None:
    """Every key has a token of 64 letters without a digit, and the token gives the key; the file's id gives neither."""
    token = token_of(key)
    assert key_of(token) == key
    assert len(token) == 64
    assert set(token) <= set("abcdefghijklmnop")
    assert token[:32] not in file_id_of(key)


@pytest.mark.parametrize("token", ["", "a" * 63, "a" * 65, "A" * 64, "0" * 64, "q" * 64])
def test_what_is_no_token_is_refused(token: str) -> None:
    """Anything but 64 letters from a to p is no token."""
    with pytest.raises(ValueError, match="token"):
        key_of(token)
