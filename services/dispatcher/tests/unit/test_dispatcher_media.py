"""Files fetched from the simulated provider: verified, sealed, stored, or never to come."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from bowchat_contracts.content import ProviderMedia
from bowchat_contracts.ids import derived_id
from bowchat_contracts.media import MediaFetched, MediaRequested
from bowchat_contracts.topics import MEDIA_REQUESTED
from bowchat_dispatcher.media.handler import MediaFetcher
from bowchat_dispatcher.media.provider import CloudMedia, ProviderBusyError
from bowchat_dispatcher.ssrf import GuardedTransport
from bowchat_runtime.errors import DependencyDownError
from bowchat_runtime.files import MemoryFiles
from bowchat_runtime.media_links import KEY_CONTEXT
from bowchat_runtime.records import Record
from bowchat_runtime.seal import Opener
from bowchat_runtime.sealed_files import opened, whole
from bowchat_runtime.testing import record, run_batch
from bowchat_testkit.whatsapp import CloudApiSimulator, SimulatorSettings
from bowchat_testkit.whatsapp.media import Trick

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
PICTURE = bytes(range(256)) * 3000
TOKEN = "the token"


@dataclass
class Fetching:
    """A fetcher and its provider."""

    simulator: CloudApiSimulator
    provider: CloudMedia
    files: MemoryFiles
    opener: Opener
    asked: list[httpx.URL]
    now: datetime = NOW

    def fetcher(self) -> MediaFetcher:
        return MediaFetcher(self.files, self.provider, self.opener, lambda: self.now)

    def request(self, provider_id: str, *, name: str = "1", seal: str | None = None) -> Record:
        message_id = derived_id("ms", name)
        named = ProviderMedia(media_id=provider_id, file_name="asha.jpg").model_dump_json().encode()
        event = MediaRequested(
            media_id=derived_id("md", name),
            media_type="image",
            message_id=message_id,
            insurer_message_id=derived_id("im", name),
            conversation_id=derived_id("cv", "1"),
            contact_id=derived_id("ct", "asha"),
            insurer="acme",
            alias=derived_id("ph", "asha"),
            thread_id=derived_id("th", "1"),
            sealed_media=seal or self.opener.sealer().seal(named, f"media:{message_id}"),
            requested_at=NOW,
        )
        return record(event, topic=MEDIA_REQUESTED)

    async def fetched(self, *records: Record, fetcher: MediaFetcher | None = None) -> list[MediaFetched]:
        sent = await run_batch(fetcher or self.fetcher(), records, self.now)
        return [each.event for each in sent if isinstance(each.event, MediaFetched)]


@pytest.fixture
async def fetching(opener: Opener) -> AsyncIterator[Fetching]:
    settings = SimulatorSettings(
        webhook_url="http://127.0.0.1:9/none", app_secret="secret", access_token=TOKEN, window_s=None
    )
    async with CloudApiSimulator(settings) as simulator:
        asked: list[httpx.URL] = []

        class Watched(GuardedTransport):
            async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
                asked.append(request.url)
                return await super().handle_async_request(request)

        provider = CloudMedia(
            url=f"{simulator.url}/v25.0",
            token=lambda: TOKEN,
            hosts=("127.0.0.1",),
            timeout_s=5,
            to_api=httpx.AsyncHTTPTransport(trust_env=False),
            to_files=Watched(allow_loopback=True),
        )
        yield Fetching(simulator, provider, MemoryFiles(), opener, asked)
        await provider.aclose()


async def test_a_file_is_stored_sealed(fetching: Fetching) -> None:
    """What is stored opens with the private key alone, to the very bytes; nothing of it stands there in the clear."""
    request = fetching.request(fetching.simulator.media.add(PICTURE, "image/jpeg"))
    (event,) = await fetching.fetched(request)
    assert (event.outcome, event.failure, event.media_id) == ("stored", None, request.event.media_id)
    about = await fetching.files.about(event.media_id)
    assert about is not None
    key = fetching.opener.open(about["key"], KEY_CONTEXT + event.media_id)
    assert PICTURE[:64] not in await whole(fetching.files.read(event.media_id))
    assert await whole(opened(key, fetching.files.read(event.media_id))) == PICTURE


async def test_a_file_is_fetched_once(fetching: Fetching) -> None:
    """A request read again, or twice in a batch, asks the provider for the bytes once."""
    request = fetching.request(fetching.simulator.media.add(PICTURE, "image/jpeg"))
    assert len(await fetching.fetched(request, request)) == 2
    await fetching.fetched(request)
    assert len(fetching.simulator.media.downloads) == 1


@pytest.mark.parametrize(
    ("trick", "failure"),
    [("redirect", "forbidden_address"), ("foreign_host", "forbidden_address"), ("larger_than_said", "too_large"),
     ("damaged", "damaged")],
)  # fmt: skip
async def test_a_file_that_misbehaves_never_comes(fetching: Fetching, trick: Trick, failure: str) -> None:
    """It is told as failed with a reason, nothing of it is stored, and no host off the list hears the token."""
    request = fetching.request(fetching.simulator.media.add(PICTURE, "image/jpeg", trick))
    (event,) = await fetching.fetched(request)
    assert (event.outcome, event.failure) == ("failed", failure)
    assert await fetching.files.about(event.media_id) is None
    assert {url.host for url in fetching.asked} <= {"127.0.0.1"}


async def test_an_address_that_ran_out_is_asked_for_again(fetching: Fetching) -> None:
    """One that is always over has expired; an id that nobody knows has, too."""
    fetching.simulator.media.address_s = 0
    request = fetching.request(fetching.simulator.media.add(PICTURE, "image/jpeg"))
    assert [each.failure for each in await fetching.fetched(request)] == ["expired"]
    assert len(fetching.asked) == 2
    unknown = fetching.request("999", name="2")
    assert [each.failure for each in await fetching.fetched(unknown)] == ["expired"]


async def test_a_busy_provider_is_asked_five_times(fetching: Fetching) -> None:
    """A file that the provider cannot give is tried again a few times, so that it holds up others for a while only."""
    request = fetching.request(fetching.simulator.media.add(PICTURE, "image/jpeg", "busy"))
    fetcher = fetching.fetcher()
    for _ in range(4):
        with pytest.raises(ProviderBusyError):
            await fetching.fetched(request, fetcher=fetcher)
    assert [each.failure for each in await fetching.fetched(request, fetcher=fetcher)] == ["provider_error"]


async def test_a_provider_that_is_away_is_waited_for(fetching: Fetching) -> None:
    """As long as it keeps the file: for seven days."""
    request = fetching.request(fetching.simulator.media.add(PICTURE, "image/jpeg"))
    await fetching.simulator.leave("refuse")
    with pytest.raises(DependencyDownError):
        await fetching.fetched(request)
    fetching.now = NOW + timedelta(days=7)
    assert [each.failure for each in await fetching.fetched(request)] == ["expired"]


@pytest.mark.parametrize("provider_id", ["../4477/messages", "1?x=https://a", "", "1" * 200])
async def test_an_id_that_is_a_path_is_refused(fetching: Fetching, provider_id: str) -> None:
    """A provider's id goes into a path of the API only where it is letters and digits."""
    assert [each.failure for each in await fetching.fetched(fetching.request(provider_id))] == ["refused"]


async def test_a_seal_of_another_message_does_not_open(fetching: Fetching) -> None:
    """An id sealed for one message cannot be used for another."""
    seal = fetching.opener.sealer().seal(b'{"media_id":"1"}', "media:other")
    assert [each.failure for each in await fetching.fetched(fetching.request("1", seal=seal))] == [
        "seal_unreadable"
    ]


@pytest.mark.parametrize(
    ("url", "listed"),
    [("https://lookaside.fbsbx.com/x", True), ("https://a.fbcdn.net/x", True), ("https://fbcdn.net.example.net/x", False),
     ("https://evilfbcdn.net/x", False), ("http://lookaside.fbsbx.com/x", False), ("https://u@lookaside.fbsbx.com/x", False),
     ("https://lookaside.fbsbx.com.example.net/x", False), ("https://169.254.169.254/x", False), ("file:///etc/x", False)],
)  # fmt: skip
async def test_the_token_goes_to_listed_hosts_alone(url: str, listed: bool) -> None:
    """Whatever address the provider names."""
    files: list[str] = []

    def api(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"url": url, "file_size": 1, "sha256": "0" * 64})

    def file(request: httpx.Request) -> httpx.Response:
        files.append(request.headers["authorization"])
        return httpx.Response(404)

    provider = CloudMedia(
        url="https://graph.example.net/v25.0",
        token=lambda: TOKEN,
        hosts=("lookaside.fbsbx.com", "*.fbcdn.net"),
        timeout_s=5,
        to_api=httpx.MockTransport(api),
        to_files=httpx.MockTransport(file),
    )
    with pytest.raises(Exception, match="expired" if listed else "forbidden_address"):
        await whole(provider.fetch("1", most=10))
    assert bool(files) is listed
    await provider.aclose()
