"""Policies and contacts from the aggregator's own systems: JSON, JSON Lines and CSV, behind a token of their own.

A body is taken whole or not at all: nothing is published before every row has been found good.
"""

import asyncio
import hashlib
import re
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bowchat_contracts.ids import derived_id, random_id
from bowchat_ingest import metrics, signatures
from bowchat_ingest.api.requests import Lane, RefusalError, read_body
from bowchat_ingest.identity import Pseudonyms
from bowchat_ingest.imports.csv_rows import CsvRows, Placed, WrongFileError
from bowchat_ingest.imports.intake import SORTS, Intake, Kind
from bowchat_ingest.imports.json_rows import json_line_rows, json_rows
from bowchat_registry.declared import DeclaredNames
from bowchat_registry.problems import RegistryError
from bowchat_runtime.clock import Clock

log = structlog.get_logger()

LARGEST_JSON = 8 * 1024 * 1024
LARGEST_CSV = 256 * 1024 * 1024
MOST_JSON_ROWS = 10_000
MOST_CSV_ROWS = 500_000
_JSON = "application/json"
_JSON_LINES = frozenset({"application/x-ndjson", "application/jsonl", "application/x-jsonlines"})
_CSV = "text/csv"
_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_PIECE_SECONDS = 10.0
_AT_ONCE = 50
"""Rows between two chances for other requests."""
_PUBLISHED_AT_ONCE = 4
_KEYS_KEPT = 10_000


@dataclass
class UsedKeys:
    """Idempotency keys that were used with this process lately, and the digest of what came with each."""

    _kept: OrderedDict[tuple[str, str], str] = field(default_factory=OrderedDict)

    def check(self, kind: str, key: str, digest: str) -> None:
        """Errors: `RefusalError` 409 when another body came under this key."""
        if self._kept.get((kind, key), digest) != digest:
            raise RefusalError(
                409,
                "this Idempotency-Key was used with another body",
                "send the first body again, or take a new key for this one",
            )

    def keep(self, kind: str, key: str, digest: str) -> None:
        self._kept[kind, key] = digest
        while len(self._kept) > _KEYS_KEPT:
            self._kept.popitem(last=False)


@dataclass(frozen=True)
class PolicyApi:
    """The endpoints. Everything is looked at anew with each request: tokens, insurers, keys of refs."""

    lane: Lane
    pseudonyms: Pseudonyms
    tokens: Callable[[], Sequence[bytes]]
    names: DeclaredNames
    clock: Clock
    used: UsedKeys = field(default_factory=UsedKeys)

    def routes(self) -> Sequence[Route]:
        """Where each is found."""
        return (
            Route("/v1/policies", self.put_policies, methods=["POST"]),
            Route("/v1/policies/{name:path}", self.remove_policy, methods=["DELETE"]),
            Route("/v1/contacts", self.put_contacts, methods=["POST"]),
            Route("/v1/contacts/{name:path}", self.remove_contact, methods=["DELETE"]),
            Route("/v1/imports/policies", self.import_policies, methods=["POST"]),
            Route("/v1/imports/contacts", self.import_contacts, methods=["POST"]),
        )

    async def put_policies(self, request: Request) -> Response:
        return await self._answered(request, "policies", self._json)

    async def put_contacts(self, request: Request) -> Response:
        return await self._answered(request, "contacts", self._json)

    async def import_policies(self, request: Request) -> Response:
        return await self._answered(request, "policies", self._csv)

    async def import_contacts(self, request: Request) -> Response:
        return await self._answered(request, "contacts", self._csv)

    async def remove_policy(self, request: Request) -> Response:
        return await self._answered(request, "policies", self._removed)

    async def remove_contact(self, request: Request) -> Response:
        return await self._answered(request, "contacts", self._removed)

    async def _answered(
        self, request: Request, kind: Kind, read: Callable[[Request, Intake], Awaitable[str]]
    ) -> Response:
        started = time.perf_counter()
        try:
            self._authorise(request)
            with self.lane.place():
                intake = await self._intake(kind)
                digest = await read(request, intake)
                response = await self._taken(request, kind, intake, digest)
        except RefusalError as refusal:
            response = refusal.response()
            if refusal.code == 401:
                response.headers["www-authenticate"] = "Bearer"
            log.warning("import_refused", kind=kind, code=refusal.code, reason=refusal.error)
        else:
            log.info(
                "import_taken", kind=kind, rows=intake.rows, seconds=round(time.perf_counter() - started, 3)
            )
        metrics.IMPORTS.labels(kind, response.status_code).inc()
        return response

    def _authorise(self, request: Request) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if not signatures.same_token(token.strip(), self.tokens()) or scheme.lower() != "bearer":
            raise RefusalError(
                401,
                "the token is missing or wrong",
                "send the header Authorization: Bearer, with a line of the secret file admin_token",
            )

    async def _intake(self, kind: Kind) -> Intake:
        try:
            known = await asyncio.to_thread(self.names.current)
        except RegistryError:
            raise RefusalError(
                503,
                "which insurers and policy types there are cannot be read right now",
                "check BOWCHAT_REGISTRY of ingest, and send it again",
            ) from None
        return Intake(SORTS[kind], known, self.pseudonyms.every_ref)

    async def _json(self, request: Request, intake: Intake) -> str:
        """Reads a JSON body into the intake; its digest."""
        content_type = _content_type(request)
        if content_type != _JSON and content_type not in _JSON_LINES:
            raise _unsupported(f"{_JSON}, or application/x-ndjson for one object per line")
        body = await read_body(request, LARGEST_JSON)
        rows = json_rows(body) if content_type == _JSON else json_line_rows(body)
        await _take_all(intake, rows, MOST_JSON_ROWS)
        return hashlib.sha256(body).hexdigest()

    async def _csv(self, request: Request, intake: Intake) -> str:
        """Reads a CSV body into the intake while it comes; its digest."""
        if _content_type(request) != _CSV:
            raise _unsupported(_CSV)
        reader, digest, size = CsvRows(intake.sort.names, intake.sort.needed), hashlib.sha256(), 0
        stream = aiter(request.stream())
        while piece := await _next_piece(stream):
            size += len(piece)
            if size > LARGEST_CSV:
                raise RefusalError(413, f"the body is larger than {LARGEST_CSV} bytes", "send it in parts")
            digest.update(piece)
            await _take_all(intake, reader.feed(piece), MOST_CSV_ROWS)
        await _take_all(intake, reader.feed(b"", final=True), MOST_CSV_ROWS)
        return digest.hexdigest()

    async def _removed(self, request: Request, intake: Intake) -> str:
        """Takes the removal of what the path names; its digest."""
        name = str(request.path_params["name"])
        intake.take("path", {intake.sort.key: name, "removed": True})
        return hashlib.sha256(name.encode(errors="replace")).hexdigest()

    async def _taken(self, request: Request, kind: Kind, intake: Intake, digest: str) -> Response:
        if intake.wrong:
            more = intake.wrong - len(intake.problems)
            raise RefusalError(
                400,
                f"{intake.wrong} fields are wrong, so nothing of this is taken",
                "correct what details name, and send the whole again",
                (*intake.problems, *([f"and {more} more"] if more else [])),
            )
        if not intake.rows:
            raise RefusalError(400, "there is no row in this", "send at least one")
        key, import_id = self._identity(request, kind, digest)
        if request.query_params.get("dry_run") == "true":
            return JSONResponse({"status": "good", "rows": intake.rows})
        if key:
            self.used.keep(kind, key, digest)
        published = await self._publish(intake, import_id)
        metrics.ROWS.labels(kind).inc(intake.rows)
        answer = {"status": "accepted", "import_id": import_id, "rows": intake.rows, "changes": published}
        return JSONResponse(answer, 202)

    async def _publish(self, intake: Intake, import_id: str) -> int:
        """How many changes Kafka has acknowledged: all."""
        changes, published = intake.changes(import_id, self.clock()), 0
        while part := list(islice(changes, _PUBLISHED_AT_ONCE)):
            try:
                await self.lane.publish(part)
            except RefusalError as refusal:
                if not published:
                    raise
                raise RefusalError(
                    refusal.code,
                    "only a part of this could be stored right now",
                    "send the whole again, with the same Idempotency-Key: what is stored has no second effect",
                ) from None
            published += len(part)
        return published

    def _identity(self, request: Request, kind: Kind, digest: str) -> tuple[str | None, str]:
        """The idempotency key, and the import's id: derived where there is a key. Without one each call is its own, since
        who says A, then B, then A again means A.
        """
        key = request.headers.get("idempotency-key")
        if key is None:
            return None, random_id("pc")
        if not _IDEMPOTENCY_KEY.fullmatch(key):
            raise RefusalError(
                400, "the Idempotency-Key is not valid", "take 1 to 200 printable characters without spaces"
            )
        self.used.check(kind, key, digest)
        return key, derived_id("pc", kind, key, digest)


async def _take_all(intake: Intake, rows: Iterable[Placed], most: int) -> None:
    try:
        for count, (place, given) in enumerate(rows, 1):
            intake.take(place, given)
            if intake.rows > most:
                raise RefusalError(413, f"there are more than {most} rows", "send them in parts")
            if count % _AT_ONCE == 0:
                await asyncio.sleep(0)
    except WrongFileError as error:
        raise RefusalError(
            400,
            "this cannot be read as rows, so nothing of it is taken",
            "correct what details name, and send the whole again",
            (*intake.problems, str(error)),
        ) from None


async def _next_piece(stream: AsyncIterator[bytes]) -> bytes:
    """The next bytes of a body; none at its end."""
    try:
        async with asyncio.timeout(_PIECE_SECONDS):
            async for piece in stream:
                if piece:
                    return bytes(piece)
    except TimeoutError:
        raise RefusalError(408, "the body took too long to arrive", "send it again") from None
    except ClientDisconnect:
        raise RefusalError(400, "the body ended early", "send it again") from None
    return b""


def _content_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _unsupported(wanted: str) -> RefusalError:
    return RefusalError(
        415, "the body is of another type than is read here", f"send the content type {wanted}"
    )
