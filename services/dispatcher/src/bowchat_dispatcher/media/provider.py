"""The Cloud API's media: an id gives an address for five minutes, the address gives the bytes.

The access token goes only to hosts on a list, over addresses that were checked, and no redirect is followed: whoever could
make us ask elsewhere would have the token.
"""

import hashlib
import json
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import httpx

from bowchat_contracts.media import MediaFailure
from bowchat_dispatcher.ssrf import ForbiddenAddressError
from bowchat_runtime.errors import DependencyDownError

_MEDIA_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_MOST_ANSWER_BYTES = 65_536
_LOOPBACK = "127.0.0.1"


class FetchError(Exception):
    """A file will never come, and why."""

    def __init__(self, failure: MediaFailure) -> None:
        super().__init__(failure)
        self.failure: MediaFailure = failure


class ProviderBusyError(DependencyDownError):
    """The provider answered that it cannot now: this file is tried again a few times."""


class MediaProvider(Protocol):
    """Where files come from."""

    def fetch(self, media_id: str, *, most: int) -> AsyncIterator[bytes]:
        """The file's bytes. Size and checksum are verified by the time it ends.

        Errors: `FetchError`; `ProviderBusyError`; `DependencyDownError` when the provider is away.
        """


@dataclass(frozen=True, slots=True)
class _Place:
    url: httpx.URL
    size: int
    sha256: str


class CloudMedia:
    """The Cloud API over HTTP. `to_api` reaches the Graph API, `to_files` the hosts of files and no other."""

    def __init__(
        self,
        *,
        url: str,
        token: Callable[[], str],
        hosts: Sequence[str],
        timeout_s: float,
        to_api: httpx.AsyncBaseTransport,
        to_files: httpx.AsyncBaseTransport,
    ) -> None:
        self._token, self._hosts = token, tuple(hosts)
        timeout = httpx.Timeout(timeout_s, connect=min(5.0, timeout_s))
        self._api = httpx.AsyncClient(base_url=url, timeout=timeout, transport=to_api, follow_redirects=False)
        self._files = httpx.AsyncClient(timeout=timeout, transport=to_files, follow_redirects=False)

    async def aclose(self) -> None:
        await self._api.aclose()
        await self._files.aclose()

    async def fetch(self, media_id: str, *, most: int) -> AsyncIterator[bytes]:
        """See `MediaProvider.fetch`. An address that has run out is asked for once more."""
        if not _MEDIA_ID.fullmatch(media_id):
            raise FetchError("refused")
        for last in (False, True):
            place = await self._place(media_id, most)
            async with _told(), self._files.stream("GET", place.url, headers=self._bearer()) as answer:
                if answer.status_code == httpx.codes.NOT_FOUND and not last:
                    continue
                _judge(answer)
                async for chunk in _verified(answer, place, most):
                    yield chunk
                return

    async def _place(self, media_id: str, most: int) -> _Place:
        async with _told(), self._api.stream("GET", f"/{media_id}", headers=self._bearer()) as answer:
            _judge(answer)
            place = _read(await _short(answer))
        if not _is_listed(place.url, self._hosts):
            raise FetchError("forbidden_address")
        if place.size > most:
            raise FetchError("too_large")
        return place

    def _bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token()}", "Accept-Encoding": "identity"}


def _is_listed(url: httpx.URL, hosts: Sequence[str]) -> bool:
    """Is this an address that the token may go to?"""
    if url.userinfo or url.scheme != ("http" if url.host == _LOOPBACK else "https"):
        return False
    return any(url.host == each or (each.startswith("*.") and url.host.endswith(each[1:])) for each in hosts)


def _judge(answer: httpx.Response) -> None:
    status = answer.status_code
    if status == 200:
        return
    if answer.is_redirect:
        raise FetchError("forbidden_address")
    if status in (httpx.codes.NOT_FOUND, httpx.codes.GONE, httpx.codes.BAD_REQUEST):
        raise FetchError("expired")
    if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        raise DependencyDownError("the provider does not take our token: check the file whatsapp_token")
    if status == httpx.codes.TOO_MANY_REQUESTS or answer.is_server_error:
        raise ProviderBusyError("the provider cannot give a file now")
    raise FetchError("provider_error")


async def _short(answer: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in answer.aiter_bytes():
        body += chunk
        if len(body) > _MOST_ANSWER_BYTES:
            raise FetchError("provider_error")
    return bytes(body)


def _read(body: bytes) -> _Place:
    try:
        found: Any = json.loads(body)
        place = _Place(httpx.URL(found["url"]), int(found["file_size"]), str(found["sha256"]).lower())
    except (ValueError, TypeError, KeyError, RecursionError, httpx.InvalidURL):
        raise FetchError("provider_error") from None
    if not _DIGEST.fullmatch(place.sha256) or place.size < 0:
        raise FetchError("provider_error")
    return place


async def _verified(answer: httpx.Response, place: _Place, most: int) -> AsyncIterator[bytes]:
    size, digest = 0, hashlib.sha256()
    async for chunk in answer.aiter_raw():
        size += len(chunk)
        if size > most:
            raise FetchError("too_large")
        digest.update(chunk)
        yield chunk
    if size != place.size or digest.hexdigest() != place.sha256:
        raise FetchError("damaged")


@asynccontextmanager
async def _told() -> AsyncIterator[None]:
    """The library's errors as ours. Their texts hold addresses, so none is passed on."""
    try:
        yield
    except ForbiddenAddressError:
        raise FetchError("forbidden_address") from None
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
        raise DependencyDownError("the provider of files does not answer") from None
    except httpx.HTTPError:
        raise ProviderBusyError("the provider broke off a file") from None
