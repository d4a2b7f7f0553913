"""The simulated provider's media: an id gives an address for a while, the address the bytes, both to the token alone."""

import hashlib
import secrets
import time
from dataclasses import dataclass, field
from typing import Literal

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from bowchat_testkit.whatsapp.errors import ApiError
from bowchat_testkit.whatsapp_payloads import Json

Trick = Literal["redirect", "foreign_host", "larger_than_said", "damaged", "busy"]
"""How a file misbehaves: sent on elsewhere, an address at another host, more bytes than announced, other bytes, a 503."""

FOREIGN = "https://files.example.net/stolen"


@dataclass
class _File:
    data: bytes
    mime: str
    trick: Trick | None = None
    asked: int = 0


@dataclass
class MediaShelf:
    """Files that policyholders uploaded."""

    address_s: float = 300.0
    """How long an address is good for."""
    downloads: list[str] = field(default_factory=list)
    """The ids of files whose bytes were given out."""
    _files: dict[str, _File] = field(default_factory=dict)
    _addresses: dict[str, tuple[str, float]] = field(default_factory=dict)

    def add(self, data: bytes, mime: str, trick: Trick | None = None) -> str:
        """Keep a file. Returns its media id."""
        media_id = str(secrets.randbelow(10**15) + 10**15)
        self._files[media_id] = _File(data, mime, trick)
        return media_id

    def body(self, media_id: str, **more: str) -> Json:
        """What stands in a message under its type's own name."""
        file = self._files[media_id]
        return {"id": media_id, "mime_type": file.mime, "sha256": _digest(file.data), **more}

    def describe(self, media_id: str, host: str) -> Json:
        """The answer to `GET /{MEDIA_ID}`. Errors: `ApiError` 100 for an id that is not known."""
        file = self._files.get(media_id)
        if file is None:
            raise ApiError(100, "Object with this ID does not exist.")
        address = secrets.token_urlsafe(16)
        self._addresses[address] = (media_id, time.monotonic() + self.address_s)
        url = FOREIGN if file.trick == "foreign_host" else f"{host}/_media/{address}"
        return {
            "messaging_product": "whatsapp",
            "url": url,
            "mime_type": file.mime,
            "sha256": _digest(file.data),
            "file_size": len(file.data),
            "id": media_id,
        }

    def download(self, address: str) -> Response:
        """The answer to `GET url`."""
        media_id, until = self._addresses.get(address, ("", 0.0))
        if time.monotonic() >= until:
            return JSONResponse({"error": "not found"}, 404)
        file = self._files[media_id]
        file.asked += 1
        self.downloads.append(media_id)
        match file.trick:
            case "redirect":
                return RedirectResponse(FOREIGN, 302)
            case "busy":
                return Response(status_code=503)
            case "larger_than_said":
                return Response(file.data + b"\0" * 200_000_000, media_type=file.mime)
            case "damaged":
                return Response(bytes([file.data[0] ^ 1]) + file.data[1:], media_type=file.mime)
        return Response(file.data, media_type=file.mime)


class MediaEndpoints:
    """`GET /{MEDIA_ID}` and the addresses it gives; both demand the token."""

    def __init__(self, shelf: MediaShelf, access_token: str) -> None:
        self._shelf, self._token = shelf, access_token

    async def describe(self, request: Request) -> Response:
        self._demand(request)
        host = str(request.base_url).rstrip("/")
        return JSONResponse(self._shelf.describe(request.path_params["media_id"], host))

    async def download(self, request: Request) -> Response:
        self._demand(request)
        return self._shelf.download(request.path_params["address"])

    def _demand(self, request: Request) -> None:
        if request.headers.get("authorization") != f"Bearer {self._token}":
            raise ApiError(190, "The access token is missing or not valid; check WhatsApp's token setting.")


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
