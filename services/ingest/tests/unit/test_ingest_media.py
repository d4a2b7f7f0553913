"""Links to cleaned files: served from the copy alone, for their time alone."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from bowchat_contracts.media import EXTENSIONS
from bowchat_ingest.api.media import MediaLinks
from bowchat_ingest.api.requests import Lane
from bowchat_runtime.errors import DependencyDownError
from bowchat_runtime.files import About, MemoryFiles
from bowchat_runtime.media_links import file_id_of, token_of
from bowchat_runtime.sealed_files import locked, new_file_key, one_chunk
from bowchat_runtime.testing import MemoryPublisher

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
DATA = bytes(range(256)) * 3000


class Served:
    """The endpoint over a store in memory."""

    def __init__(self, files: MemoryFiles | None = None, places: int = 2) -> None:
        self.files, self.now = files or MemoryFiles(), NOW
        lane = Lane("media", places, MemoryPublisher(), 5)
        links = MediaLinks(lane, self.files, lambda: self.now)
        app = Starlette(routes=[Route("/v1/media/{token}", links.serve, methods=["GET"])])
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://ingest")

    async def keep(self, **more: Any) -> str:
        """A cleaned file in the store; the link to it."""
        key = new_file_key()
        about = {
            "media_id": "md_" + "a" * 32,
            "mime": "image/jpeg",
            "size": len(DATA),
            "expires_at": NOW + timedelta(1),
        }
        await self.files.put(file_id_of(key), locked(key, one_chunk(DATA)), about | more)
        return "/v1/media/" + token_of(key)


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    one = Served()
    yield one
    await one.client.aclose()


@pytest.mark.parametrize("mime", EXTENSIONS)
async def test_a_link_gives_the_file_under_our_name(served: Served, mime: str) -> None:
    """The very bytes, as a download, with a name of ours and a type from the closed list, which no browser guesses at."""
    answer = await served.client.get(await served.keep(mime=mime))
    assert (answer.status_code, answer.content) == (200, DATA)
    assert answer.headers["content-type"].split(";")[0] == mime
    name = f"md_{'a' * 32}.{EXTENSIONS[mime]}"  # type: ignore[index]
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


async def test_a_link_ends(served: Served) -> None:
    """At its end, to the second, the answer is 410, and says what to do."""
    link = await served.keep()
    served.now = NOW + timedelta(1) - timedelta(seconds=1)
    assert (await served.client.get(link)).status_code == 200
    served.now = NOW + timedelta(1)
    answer = await served.client.get(link)
    assert answer.status_code == 410
    assert answer.json().keys() == {"error", "what_to_do"}


@pytest.mark.parametrize("token", ["a" * 64, "a" * 63, "A" * 64, "..%2f..", "0" * 64, "%00" * 64])
async def test_a_link_that_never_was_is_not_found(served: Served, token: str) -> None:
    """A guess, and anything that is no token, is 404; the answer quotes nothing of it."""
    await served.keep()
    answer = await served.client.get("/v1/media/" + token)
    assert answer.status_code == 404
    assert token not in answer.text


async def test_a_type_off_the_list_is_not_served(served: Served) -> None:
    """Whatever stands in the store, a page that a browser runs does not leave here."""
    assert (await served.client.get(await served.keep(mime="text/html"))).status_code == 404


async def test_a_file_of_another_key_does_not_open(served: Served) -> None:
    """A copy put in another's place breaks off; nothing of it is shown."""
    link = await served.keep()
    (file_id,) = served.files._files
    key = new_file_key()
    other = b"".join([chunk async for chunk in locked(key, one_chunk(b"other" * 1000))])
    served.files._files[file_id] = (other, served.files._files[file_id][1])
    with pytest.raises(Exception, match="does not open"):
        await served.client.get(link)


async def test_a_store_that_is_away_is_told() -> None:
    """503, and come back; messages go on, since nothing else of ingest asks the store."""

    class Away(MemoryFiles):
        async def about(self, file_id: str) -> About | None:
            raise DependencyDownError("the database does not answer")

    answer = await Served(Away()).client.get("/v1/media/" + "a" * 64)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


async def test_files_under_way_have_places_of_their_own() -> None:
    """With none left the answer is 503; a place is free again when its file is over."""
    full, one = Served(places=0), Served(places=1)
    assert (await full.client.get(await full.keep())).status_code == 503
    link = await one.keep()
    assert [(await one.client.get(link)).status_code for _ in range(3)] == [200, 200, 200]
