"""The real application on fakes: its own keys, a publisher in memory, requests without a socket."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from bowchat_ingest.app import build, pseudonyms_of
from bowchat_ingest.identity import Pseudonyms
from bowchat_ingest.settings import IngestSettings
from bowchat_runtime.keys import init
from bowchat_runtime.seal import Opener
from bowchat_runtime.settings import load
from bowchat_runtime.testing import MemoryPublisher

ROOT = Path(__file__).parents[3]
SAMPLES = ROOT / "samples" / "cloud"
NOW = datetime(2026, 1, 1, 0, 2, tzinfo=UTC)


@pytest.fixture(scope="session")
def keys_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("keys")
    init(directory, ("acme", "beta-mutual"))
    (directory / "ingest/meta_app_secret").write_text("test_app_secret\nolder_app_secret\n")
    (directory / "ingest/meta_verify_token").write_text("a-verify-token\n")
    return directory


@pytest.fixture(scope="session")
def settings(keys_directory: Path) -> IngestSettings:
    return load(
        IngestSettings,
        secrets=keys_directory / "ingest",
        publish_seconds=0.2,
        requests_in_flight=4,
        registry=ROOT / "registry",
    )


@pytest.fixture(scope="session")
def pseudonyms(settings: IngestSettings) -> Pseudonyms:
    return pseudonyms_of(settings)


@pytest.fixture(scope="session")
def opener(keys_directory: Path) -> Opener:
    return Opener((keys_directory / "masker/identity.private.json").read_bytes())


@pytest.fixture
def publisher() -> MemoryPublisher:
    return MemoryPublisher()


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def client_of(settings: IngestSettings) -> Callable[[Any], httpx.AsyncClient]:
    def make(publisher: Any) -> httpx.AsyncClient:
        app = Starlette(routes=build(settings, publisher=publisher, clock=lambda: NOW).routes)
        return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://ingest")

    return make


@pytest.fixture
async def client(
    client_of: Callable[[Any], httpx.AsyncClient], publisher: MemoryPublisher
) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(publisher) as one:
        yield one


@pytest.fixture(params=sorted(SAMPLES.glob("*.json")), ids=lambda path: path.stem)
def sample(request: pytest.FixtureRequest) -> bytes:
    content: bytes = request.param.read_bytes()
    return content


@pytest.fixture(scope="session")
def read_sample() -> Callable[[str], Any]:
    return lambda name: json.loads((SAMPLES / f"{name}.json").read_bytes())


@pytest.fixture(scope="session")
def sample_bytes() -> Callable[[str], bytes]:
    return lambda name: (SAMPLES / f"{name}.json").read_bytes()


@pytest.fixture(scope="session")
def signed() -> Callable[..., Mapping[str, str]]:
    def headers(body: bytes, secret: bytes = b"test_app_secret") -> Mapping[str, str]:
        return {"x-hub-signature-256": "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()}

    return headers


@pytest.fixture(scope="session")
def message_body() -> Callable[..., dict[str, Any]]:
    """A webhook with one text message; what is given replaces or adds fields of the message."""

    def make(**fields: Any) -> dict[str, Any]:
        message = {
            "from": "447700900101",
            "from_user_id": "GB.10000000000000000101",
            "id": "wamid.HBgMNDQ3NzAwOTAwMTAxFQIAEhgUM0EA",
            "timestamp": "1767225600",
            "type": "text",
            "text": {"body": "hello"},
        }
        value = {
            "metadata": {"display_phone_number": "15550100001", "phone_number_id": "100000000000001"},
            "messages": [message | fields],
        }
        return {
            "object": "whatsapp_business_account",
            "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}],
        }

    return make
