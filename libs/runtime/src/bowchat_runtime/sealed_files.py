"""Files encrypted in frames, so that no file has to fit into memory to be locked or opened.

A frame is 256 KiB under AES-256-GCM. Its nonce is its number and whether it is the last (the STREAM construction, Hoang
and others 2015): frames cannot be moved, left out or cut off unseen. Each encryption has a salt, so one key may lock
several files, or the same file again.
"""

import hmac
import secrets
import struct
from collections.abc import AsyncIterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FRAME_BYTES = 256 * 1024
_TAG_BYTES = 16
_SALT_BYTES = 32


class FileBrokenError(Exception):
    """A file does not open with this key: another file's, damaged, or cut off."""


def new_file_key() -> bytes:
    """A key for one file."""
    return secrets.token_bytes(32)


async def locked(key: bytes, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The file, encrypted."""
    salt = secrets.token_bytes(_SALT_BYTES)
    cipher = _cipher(key, salt)
    yield salt
    async for number, frame, last in _framed(chunks, FRAME_BYTES):
        yield cipher.encrypt(_nonce(number, last=last), frame, None)


async def opened(key: bytes, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The file, frame by frame. Errors: `FileBrokenError`, perhaps after frames that were in order."""
    cipher, rest = await _opened_salt(key, chunks)
    async for number, frame, last in _framed(_after(rest, chunks), FRAME_BYTES + _TAG_BYTES):
        try:
            yield cipher.decrypt(_nonce(number, last=last), frame, None)
        except InvalidTag:
            raise FileBrokenError("this file does not open with its key") from None


async def whole(chunks: AsyncIterator[bytes]) -> bytes:
    """All of it, in memory."""
    return b"".join([chunk async for chunk in chunks])


async def one_chunk(data: bytes) -> AsyncIterator[bytes]:
    """Bytes as a stream."""
    yield data


async def _opened_salt(key: bytes, chunks: AsyncIterator[bytes]) -> tuple[AESGCM, bytes]:
    begins = b""
    async for chunk in chunks:
        begins += chunk
        if len(begins) >= _SALT_BYTES:
            return _cipher(key, begins[:_SALT_BYTES]), begins[_SALT_BYTES:]
    raise FileBrokenError("this file ends before it begins")


async def _after(rest: bytes, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield rest
    async for chunk in chunks:
        yield chunk


async def _framed(chunks: AsyncIterator[bytes], size: int) -> AsyncIterator[tuple[int, bytes, bool]]:
    """Frames of one size, with their numbers; the last may be shorter, and is told."""
    number, held = 0, bytearray()
    async for chunk in chunks:
        held += chunk
        while len(held) > size:
            yield number, bytes(held[:size]), False
            del held[:size]
            number += 1
    yield number, bytes(held), True


def _cipher(key: bytes, salt: bytes) -> AESGCM:
    return AESGCM(hmac.digest(key, b"file|" + salt, "sha256"))


def _nonce(number: int, *, last: bool) -> bytes:
    return struct.pack(">IQ", int(last), number)
