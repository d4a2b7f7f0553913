"""Policies and contacts come in over HTTP: whole or not at all, once, and without a number."""

import csv
import io
import json
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from prometheus_client import generate_latest
from starlette.applications import Starlette
from starlette.routing import Route

from bowchat_contracts.ids import keyed_id
from bowchat_contracts.inbound import Identity
from bowchat_contracts.policies import KEY, ContactRow, PoliciesChanged, PolicyRow
from bowchat_contracts.topics import POLICIES_CHANGED
from bowchat_ingest.api import policies as api
from bowchat_ingest.app import build
from bowchat_ingest.identity import Pseudonyms
from bowchat_ingest.import_cli import parts
from bowchat_ingest.imports.csv_rows import CsvRows, WrongFileError
from bowchat_ingest.imports.rows import CONTACT_FIELDS, POLICY_FIELDS
from bowchat_ingest.numbers import digits_of, forms
from bowchat_ingest.settings import IngestSettings
from bowchat_runtime.errors import SettingsError
from bowchat_runtime.key_ring import KeyRing
from bowchat_runtime.keys import init
from bowchat_runtime.records import Outgoing
from bowchat_runtime.settings import load
from bowchat_runtime.testing import MemoryPublisher

ROOT = Path(__file__).parents[4]
GOOD = {"policy_number": "ACM-2026-000777", "insurer": "acme-motor", "policy_type": "motor"}
HEADER = "policy_number,insurer,policy_type,phone"
Send = Callable[..., Any]


@pytest.fixture
def token(settings: IngestSettings) -> str:
    return settings.secret("admin_token").decode()


@pytest.fixture
def send(client: httpx.AsyncClient, token: str) -> Send:
    async def post(body: Any, path: str = "/v1/policies", **headers: str) -> httpx.Response:
        content = body if isinstance(body, (bytes, str)) else json.dumps(body)
        kind = "text/csv" if "imports" in path else "application/json"
        given_ = {name.replace("_", "-"): value for name, value in headers.items()}
        return await client.post(
            path, content=content, headers={"authorization": f"Bearer {token}", "content-type": kind} | given_
        )

    return post


def events(publisher: MemoryPublisher) -> list[PoliciesChanged]:
    return [each.event for each in publisher.sent if isinstance(each.event, PoliciesChanged)]


class TestRowsBecomeEvents:
    async def test_a_policy_names_its_holder_by_refs(
        self, send: Send, publisher: MemoryPublisher, pseudonyms: Pseudonyms
    ) -> None:
        """The refs are those that a message of the same person comes with, so the holder is found when they write."""
        answer = await send(
            GOOD | {"phone": "+44 7700 900-101", "bsuid": "GB.1234", "vehicle": "AB12 CDE", "claims": ["CLM/1-77"],
                    "contact_key": "crm-1"}
        )  # fmt: skip
        assert answer.status_code == 202
        assert (answer.json()["status"], answer.json()["rows"], answer.json()["changes"]) == (
            "accepted",
            1,
            1,
        )
        (outgoing,) = publisher.sent
        assert (outgoing.topic, outgoing.key) == (POLICIES_CHANGED, KEY)
        refs, _ = pseudonyms.refs(Identity(number="447700900101", bsuid="GB.1234"))
        assert events(publisher)[0].policies == (
            PolicyRow(**GOOD, refs=refs, contact_key="crm-1", vehicle="AB12 CDE", claims=("CLM/1-77",)),
        )

    async def test_a_contact_says_what_is_known_of_a_person(
        self, send: Send, publisher: MemoryPublisher
    ) -> None:
        """Language, tags and every way by which they are known; a removed one needs its key alone."""
        said = {
            "contact_key": "crm-1",
            "phone": ["+447700900101", "+15550100123"],
            "language": "es-MX",
            "tags": ["gold"],
        }
        assert (
            await send([said, {"contact_key": "crm-2", "removed": True}], "/v1/contacts")
        ).status_code == 202
        first, second = events(publisher)[0].contacts
        assert (first.contact_key, first.language, first.tags, len(first.refs)) == (
            "crm-1",
            "es-MX",
            ("gold",),
            2,
        )
        assert second == ContactRow(contact_key="crm-2", removed=True)

    async def test_all_three_forms_say_the_same(self, send: Send, publisher: MemoryPublisher) -> None:
        """One row as JSON, as a line, and as CSV (any order of columns, several values, a byte-order mark) is one event."""
        rich = GOOD | {"phone": "+447700900101", "claims": ["CLM-000001", "CLM-000002"], "removed": False}
        await send(rich)
        await send(json.dumps(rich) + "\n\n", content_type="application/x-ndjson")
        line = '"CLM-000001;CLM-000002",ACM-2026-000777,acme-motor,motor,,+447700900101'
        header = "claims,policy_number,insurer,policy_type,vehicle,phone"
        await send(b"\xef\xbb\xbf" + f"{header}\r\n{line}\r\n".encode(), "/v1/imports/policies")
        one, two, three = events(publisher)
        assert one.policies == two.policies == three.policies

    async def test_a_policy_is_removed_by_its_address(
        self, client: httpx.AsyncClient, token: str, publisher: MemoryPublisher
    ) -> None:
        """Numbers with slashes are addresses too."""
        for path in ("/v1/policies/CLA/2019/55501", "/v1/contacts/crm-1"):
            assert (
                await client.delete(path, headers={"authorization": f"bearer {token}"})
            ).status_code == 202
        policies, contacts = events(publisher)
        assert policies.policies == (PolicyRow(policy_number="CLA/2019/55501", removed=True),)
        assert contacts.contacts == (ContactRow(contact_key="crm-1", removed=True),)

    async def test_a_long_import_is_many_events_in_order(
        self, send: Send, publisher: MemoryPublisher
    ) -> None:
        """No event has more than 500 rows; none is left out, and the order is the file's."""
        rows = [f"ACM-{index:06d},acme-motor,motor,+447700900101" for index in range(1_201)]
        answer = await send("\n".join([HEADER, *rows]), "/v1/imports/policies")
        assert (answer.json()["rows"], answer.json()["changes"]) == (1_201, 3)
        assert [len(each.policies) for each in events(publisher)] == [500, 500, 201]
        numbers = [row.policy_number for each in events(publisher) for row in each.policies]
        assert numbers == [row.partition(",")[0] for row in rows]

    def test_while_a_ref_key_takes_over_both_count(self) -> None:
        """A row that comes during a rotation has the refs of both keys, so its holder is found before and after."""
        old, new = b"o" * 32, b"n" * 32
        made = Pseudonyms(lambda: KeyRing(new, (old,)), b"m" * 32, sealer=None)  # type: ignore[arg-type]
        refs = made.every_ref("GB.1", ["447700900101"])
        wanted = [
            (new, "bsuid", "GB.1"),
            (new, "phone", "447700900101"),
            (old, "bsuid", "GB.1"),
            (old, "phone", "447700900101"),
        ]
        assert refs == tuple(keyed_id("rf", *each) for each in wanted)

    @pytest.mark.parametrize(
        ("written", "known_as"),
        [
            ("+52 55 5555 0123", {"525555550123", "5215555550123"}),
            ("+521 55 5555 0123", {"525555550123", "5215555550123"}),
            ("+54 9 11 5555-0123", {"541155550123", "5491155550123"}),
            ("+55 11 98555-0123", {"5511985550123", "551185550123"}),
            ("+55 11 8555-0123", {"5511985550123", "551185550123"}),
            ("+44 7700 900123", {"447700900123"}),
        ],
    )  # fmt: skip
    def test_a_number_is_known_as_whatsapp_may_write_it(self, written: str, known_as: set[str]) -> None:
        """Countries whose mobiles gain or lose a digit on WhatsApp are found either way."""
        digits = digits_of(written)
        assert digits is not None
        assert set(forms(digits)) == known_as
        assert forms(digits)[0] == digits


WRONG_ROWS: list[tuple[dict[str, Any], str]] = [
    ({"policy_number": None}, "row 1, policy_number: is missing"),
    ({"policy_number": 7}, "row 1, policy_number: must be a text"),
    ({"policy_number": "ABC"}, "row 1, policy_number: must be letters and digits, a digit at least"),
    ({"policy_number": "A1"}, "row 1, policy_number: must have 6 to 32"),
    (
        {"policy_type": "health"},
        "row 1, policy_type: acme-motor does not cover 'health'; choose one of: home, motor",
    ),
    ({"policy_number": "A-1" * 30}, "row 1, policy_number: must have 6 to 32"),
    (
        {"insurer": "acme-moto"},
        "row 1, insurer: is not an insurer with a file in insurers/; there are: acme-motor, ",
    ),
    ({"policy_type": "boats"}, "row 1, policy_type: is not a policy type; there are: "),
    ({"phone": "07700 900101"}, "row 1, phone: it is no international number; write it like +447700900101"),
    ({"phone": "4.477E+11"}, "row 1, phone: it is no international number"),
    ({"phone": ["+447700900101"] * 4}, "row 1, phone: has more than 3 values"),
    ({"phone": 447700900101}, "row 1, phone: must be a text, or a list of texts"),
    ({"bsuid": "447700900101"}, "row 1, bsuid: must be a business-scoped user id"),
    ({"contact_key": "asha@example.com"}, "row 1, contact_key: must be letters, digits"),
    ({"contact_key": "447700900101"}, "row 1, contact_key: is written like a phone number"),
    (
        {"contact_key": "crm-447700900101", "phone": "+447700900101"},
        "row 1, contact_key: holds the person's phone number",
    ),
    (
        {"policy_number": "07700-900101", "phone": "+447700900101"},
        "row 1, policy_number: holds the person's phone number",
    ),
    (
        {"claims": ["CLM-447700900101"], "phone": "+447700900101"},
        "row 1, claims: holds the person's phone number",
    ),
    ({"vehicle": "AB"}, "row 1, vehicle: must be letters and digits"),
    ({"claims": "x"}, "row 1, claims: must be letters and digits"),
    ({"removed": "perhaps"}, "row 1, removed: must be true or false"),
    ({"polcy_type": "motor"}, "row 1, row: has a field that is none of: policy_number, insurer"),
]


class TestWhatIsWrong:
    @pytest.mark.parametrize(("change", "said"), WRONG_ROWS, ids=lambda each: str(each)[:40])
    async def test_each_wrong_field_is_named_with_what_would_be_right(
        self, send: Send, publisher: MemoryPublisher, change: dict[str, Any], said: str
    ) -> None:
        """The answer names row, field and what is right, and quotes no number; nothing is taken."""
        answer = await send(GOOD | change)
        assert answer.status_code == 400
        assert any(each.startswith(said) for each in answer.json()["details"]), answer.json()
        assert "7700900101" not in answer.text.replace("+447700900101", "")
        assert publisher.sent == []

    @pytest.mark.parametrize(
        ("row", "said"),
        [
            ({"phone": "+447700900101"}, "row 1, contact_key: is missing"),
            ({"contact_key": "crm-1"}, "row 1, phone: is missing; give a phone or a bsuid"),
            (
                {"contact_key": "crm-1", "bsuid": "GB.1", "language": "Hindi"},
                "row 1, language: must be a language tag",
            ),
            (
                {"contact_key": "crm-1", "bsuid": "GB.1", "tags": ["VIP!"]},
                "row 1, tags: must be lower-case letters",
            ),
            (
                {"contact_key": "crm-1", "phone": "+447700900101", "tags": ["n447700900101"]},
                "row 1, tags: holds the person's",
            ),
        ],
    )
    async def test_so_is_a_contacts(
        self, send: Send, publisher: MemoryPublisher, row: dict[str, Any], said: str
    ) -> None:
        """The same for contacts."""
        answer = await send(row, "/v1/contacts")
        assert (answer.status_code, publisher.sent) == (400, [])
        assert any(each.startswith(said) for each in answer.json()["details"]), answer.json()

    async def test_one_bad_row_refuses_the_whole(self, send: Send, publisher: MemoryPublisher) -> None:
        """Of a thousand good rows and two bad ones nothing is applied; both are named, by the file's own lines."""
        rows = [f"ACM-{index:06d},acme-motor,motor,+447700900101" for index in range(1_000)]
        rows[500], rows[-1] = "ACM-x00500,acme-motor,motor,0770", "ACM-000000,acme-motor,motor,"
        answer = await send("\n".join([HEADER, *rows]), "/v1/imports/policies")
        assert (answer.status_code, publisher.sent) == (400, [])
        assert answer.json()["error"] == "2 fields are wrong, so nothing of this is taken"
        assert answer.json()["details"] == [
            "line 502, phone: it is no international number; write it like +447700900101",
            "line 1001, policy_number: is the same as in line 2; name each once",
        ]

    async def test_many_problems_are_counted(self, send: Send) -> None:
        """The first twenty are told, and how many more there are."""
        answer = await send([GOOD | {"insurer": "nobody"}] * 30)
        assert len(answer.json()["details"]) == 21
        assert answer.json()["details"][-1] == "and 10 more"

    @pytest.mark.parametrize(
        ("body", "said"),
        [
            ("", "line 1, header: is missing"),
            ("policy_number;insurer;policy_type", "line 1, header: must name policy_number,insurer,policy_type"),
            ("policy_number,insurer\nA,b", "line 1, header: must name"),
            (HEADER + ",phone\n", "line 1, header: must name"),
            (HEADER + "\nA,b", "line 2, row: has 2 fields, and the header 4"),
            (HEADER + '\n"ACM,acme-motor,motor,\n\n', "line 2, row: a quote is opened and not closed"),
            (HEADER + '\n"ACM"1,acme,motor,', "line 2, row: is not CSV"),
            (HEADER.encode() + b"\nACM-000001,acme-motor,motor,\n\xff", "line 3, file: is not UTF-8"),
        ],
    )  # fmt: skip
    async def test_a_file_that_cannot_be_read_is_explained(
        self, send: Send, body: str | bytes, said: str
    ) -> None:
        """Header, quotes, encoding: the line and what to do."""
        answer = await send(body, "/v1/imports/policies")
        assert answer.status_code == 400
        assert answer.json()["details"][-1].startswith(said), answer.json()

    @pytest.mark.parametrize("body", ["", "[", "7", "[7]", "[]", b"\xff", "[" * 100])
    async def test_json_that_is_none(self, send: Send, publisher: MemoryPublisher, body: str | bytes) -> None:
        """What is no object or list of objects is refused in words."""
        answer = await send(body)
        assert (answer.status_code, publisher.sent) == (400, [])
        assert answer.json()["what_to_do"]


class TestWhoMayCall:
    @pytest.mark.parametrize(
        "sent", [None, "", "Bearer", "Bearer wrong", "Basic {token}", "{token}", "Bearer \xe9"]
    )
    @pytest.mark.parametrize(
        "path", ["/v1/policies", "/v1/contacts", "/v1/imports/policies", "/v1/imports/contacts"]
    )
    async def test_without_the_token_nothing_is_read(
        self, client: httpx.AsyncClient, token: str, publisher: MemoryPublisher, path: str, sent: str | None
    ) -> None:
        """Whoever does not know the token is told so before their body is looked at."""

        async def body() -> AsyncIterator[bytes]:
            yield b""
            raise AssertionError("the body was read")

        headers = [] if sent is None else [(b"authorization", sent.format(token=token).encode("latin-1"))]
        answer = await client.post(path, content=body(), headers=headers)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert publisher.sent == []

    async def test_two_tokens_count_while_one_takes_over(
        self, tmp_path: Path, settings: IngestSettings
    ) -> None:
        """Each line of the file is a token, from the next request on; one that is easily guessed is none."""
        init(tmp_path, ())
        path = tmp_path / "ingest/admin_token"
        (tmp_path / "ingest/meta_app_secret").write_text("x")
        own = settings.model_copy(update={"secrets": tmp_path / "ingest"})
        app = Starlette(routes=build(own, publisher=MemoryPublisher()).routes)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://ingest") as client:

            async def code(token: str) -> int:
                headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
                return (
                    await client.post("/v1/policies", content=json.dumps(GOOD), headers=headers)
                ).status_code

            before = path.read_text()
            path.write_text(f"{'n' * 32}\n{before}\nshort\n")
            assert [await code(each) for each in ("n" * 32, before, "short", "m" * 32)] == [
                202,
                202,
                401,
                401,
            ]
            path.unlink()
            assert await code(before) == 401

    @pytest.mark.parametrize("content", ["", "too-short"])
    def test_a_token_that_is_no_good_stops_the_start(
        self, tmp_path: Path, settings: IngestSettings, content: str
    ) -> None:
        """A missing or guessable token is a mistake of the installation, said when it starts."""
        init(tmp_path, ())
        (tmp_path / "ingest/admin_token").write_text(content)
        with pytest.raises(SettingsError, match="admin_token"):
            build(settings.model_copy(update={"secrets": tmp_path / "ingest"}), publisher=MemoryPublisher())


class TestAgain:
    async def test_under_one_key_the_same_body_is_the_same_events(
        self, send: Send, publisher: MemoryPublisher
    ) -> None:
        """Sent again, each event has the id that it had: readers absorb it."""
        for _ in range(2):
            assert (await send(GOOD, idempotency_key="k-1")).status_code == 202
        first, second = publisher.sent
        assert (first.meta.id, first.event) == (second.meta.id, second.event)

    async def test_another_body_under_a_used_key_is_refused(
        self, send: Send, publisher: MemoryPublisher
    ) -> None:
        """A key names one body, for policies and contacts apart. A body that was refused has not used it."""
        assert (await send(GOOD | {"insurer": "x"}, idempotency_key="k-2")).status_code == 400
        assert (await send(GOOD, idempotency_key="k-2")).status_code == 202
        answer = await send(GOOD | {"policy_type": "home"}, idempotency_key="k-2")
        assert (answer.status_code, len(publisher.sent)) == (409, 1)
        contact = {"contact_key": "crm-1", "bsuid": "GB.1"}
        assert (await send(contact, "/v1/contacts", idempotency_key="k-2")).status_code == 202

    async def test_without_a_key_each_call_counts(self, send: Send, publisher: MemoryPublisher) -> None:
        """Who says A, then B, then A again means A: no change is taken for another one."""
        for kind in ("motor", "home", "motor"):
            await send(GOOD | {"policy_type": kind})
        assert len({each.meta.id for each in publisher.sent}) == 3

    @pytest.mark.parametrize("key", ["", "a b", "x" * 201])
    async def test_a_key_that_is_none(self, send: Send, key: str) -> None:
        """A key that could not be told from others is refused."""
        assert (await send(GOOD, idempotency_key=key)).status_code == 400

    async def test_a_dry_run_says_what_is_wrong_and_changes_nothing(
        self, send: Send, publisher: MemoryPublisher
    ) -> None:
        """The same checks, and no event."""
        answer = await send(GOOD, "/v1/policies?dry_run=true")
        assert answer.json() == {"status": "good", "rows": 1}
        assert (await send(GOOD | {"insurer": "x"}, "/v1/policies?dry_run=true")).status_code == 400
        assert publisher.sent == []


class _Half(MemoryPublisher):
    """Takes the first events, and is away after that."""

    async def publish(self, outgoing: Sequence[Outgoing]) -> None:
        if self.sent:
            self.fail_next(1)
        await super().publish(outgoing)


class TestLimits:
    async def test_other_types_are_refused(self, send: Send) -> None:
        """The answer says which type is read here."""
        answer = await send(GOOD, content_type="application/x-www-form-urlencoded")
        assert (answer.status_code, "application/json" in answer.json()["what_to_do"]) == (415, True)
        answer = await send(HEADER, "/v1/imports/policies", content_type="application/json")
        assert (answer.status_code, "text/csv" in answer.json()["what_to_do"]) == (415, True)

    async def test_too_much_is_refused(
        self, send: Send, publisher: MemoryPublisher, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Too many rows, or bytes, are 413, and nothing of them is taken."""
        monkeypatch.setattr(api, "MOST_CSV_ROWS", 3)
        monkeypatch.setattr(api, "LARGEST_CSV", 2_000)
        rows = [f"ACM-{index:06d},acme-motor,motor," for index in range(4)]
        assert (await send("\n".join([HEADER, *rows]), "/v1/imports/policies")).status_code == 413
        assert (await send(HEADER + "\n" * 2_000, "/v1/imports/policies")).status_code == 413
        assert (await send(b" " * (api.LARGEST_JSON + 1))).status_code == 413
        assert publisher.sent == []

    async def test_while_kafka_is_away_the_caller_comes_back(
        self, send: Send, publisher: MemoryPublisher
    ) -> None:
        """503 and when to try again; nothing is kept here."""
        publisher.fail_next(1)
        answer = await send(GOOD)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")

    async def test_a_part_that_was_stored_is_said(
        self, client_of: Callable[[Any], httpx.AsyncClient], token: str
    ) -> None:
        """Where Kafka goes away in the middle, the caller learns that sending the whole again is right."""
        rows = [f"ACM-{index:06d},acme-motor,motor," for index in range(3_000)]
        headers = {"authorization": f"Bearer {token}", "content-type": "text/csv"}
        async with client_of(_Half()) as client:
            answer = await client.post(
                "/v1/imports/policies", content="\n".join([HEADER, *rows]), headers=headers
            )
        assert (answer.status_code, answer.json()["error"]) == (
            503,
            "only a part of this could be stored right now",
        )

    async def test_without_a_registry_the_caller_is_told(
        self, tmp_path: Path, settings: IngestSettings, token: str
    ) -> None:
        """No insurer is known then, so nothing can be judged: 503, and webhooks are taken all the same."""
        own = settings.model_copy(update={"registry": tmp_path / "none"})
        app = Starlette(routes=build(own, publisher=MemoryPublisher()).routes)
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://ingest") as client:
            answer = await client.post("/v1/policies", content=json.dumps(GOOD), headers=headers)
            assert (answer.status_code, "BOWCHAT_REGISTRY" in answer.json()["what_to_do"]) == (503, True)
            assert (await client.post("/webhooks/whatsapp", content=b"{}")).status_code == 401


async def test_no_number_goes_further(send: Send, publisher: MemoryPublisher) -> None:
    """Neither events, keys and headers, nor answers or metrics hold a number in any form, nor a business-scoped id."""
    lines = [f"ACM-{index:06d},acme-motor,motor,+44 7700 900{index:03d}" for index in range(300)]
    answers = [await send("\n".join([HEADER, *lines]), "/v1/imports/policies")]
    answers.append(
        await send({"contact_key": "crm-1", "phone": "+447700900101", "bsuid": "GB.zqcanary"}, "/v1/contacts")
    )
    answers.append(await send(GOOD | {"phone": "+447700900101", "insurer": "nobody"}))
    assert [each.status_code for each in answers] == [202, 202, 400]
    sinks = [each.body + each.key.encode() + repr(each.meta).encode() for each in publisher.sent]
    sinks += [each.content + repr(each.headers).encode() for each in answers] + [generate_latest()]
    for sink in sinks:
        assert b"7700900" not in sink
        assert b"zqcanary" not in sink


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*GOOD, "phone", "claims", "removed", "contact_key", "x"]), inner, max_size=5
        )
    ),
    max_leaves=10,
)
ROW = st.fixed_dictionaries(
    {},
    optional={name: JSON | st.just(value) for name, value in GOOD.items()}
    | {"phone": JSON | st.just("+447700900101"), "claims": JSON, "removed": JSON, "contact_key": JSON},
)


@given(
    st.binary(max_size=200) | JSON.map(lambda each: json.dumps(each).encode())
    | st.lists(ROW, max_size=3).map(lambda each: json.dumps(each).encode()),
    st.sampled_from(["/v1/policies", "/v1/contacts", "/v1/imports/policies", "/v1/imports/contacts"]),
    st.sampled_from(["application/json", "application/x-ndjson", "text/csv", "text/plain", ""]),
)  # fmt: skip
@hypothesis_settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_whatever_is_sent_gets_an_answer_in_words(
    send: Send, publisher: MemoryPublisher, body: bytes, path: str, kind: str
) -> None:
    """Any bytes, of any type: taken, or refused with what happened and what to do; nothing in part, and nothing fails."""
    publisher.sent.clear()
    answer = await send(body, path, content_type=kind)
    assert answer.status_code in {202, 400, 409, 413, 415}
    assert bool(publisher.sent) == (answer.status_code == 202)
    if answer.status_code != 202:
        assert answer.json()["error"]
        assert answer.json()["what_to_do"]


CELLS = st.text(st.sampled_from('ab,"\n; é1'), max_size=8)


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=8), st.lists(st.integers(1, 9), max_size=40))
def test_a_file_reads_the_same_in_whatever_pieces_it_comes(
    rows: list[tuple[str, str]], sizes: list[int]
) -> None:
    """Rows, and the lines at which they begin, are those of the whole file, however the network cuts it, quotes and letters
    in the middle.
    """
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n", quoting=csv.QUOTE_ALL)
    places, line = [], 2
    writer.writerow(["one", "two"])
    for row in rows:
        writer.writerow(row)
        places.append(f"line {line}")
        line += 1 + sum(cell.count("\n") for cell in row)
    content, reader = written.getvalue().encode(), CsvRows(("one", "two"), ("one",))
    found, start = [], 0
    for size in sizes:
        found += list(reader.feed(content[start : start + size]))
        start += size
    found += list(reader.feed(content[start:], final=True))
    assert [place for place, _ in found] == places
    assert [(one["one"], one["two"]) for _, one in found] == [
        tuple(each if each.strip() else None for each in row) for row in rows
    ]


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=12), st.integers(1, 5))
def test_a_file_in_parts_is_the_file(rows: list[tuple[str, str]], at_once: int) -> None:
    """The command line parts a file between rows, never within one, and knows where each part stood in it."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(["one", "two"])
    writer.writerows(rows)
    whole = _placed(written.getvalue().encode(), 0)
    found = list(parts(written.getvalue().encode(), at_once))
    assert [each for part in found for each in _placed(part.body, part.offset)] == whole
    assert all(part.rows <= at_once for part in found)
    assert sum(part.rows for part in found) == len(rows)


def test_a_file_without_rows_is_said() -> None:
    """An import of nothing is a mistake."""
    with pytest.raises(WrongFileError, match="no row"):
        list(parts(b"policy_number,insurer,policy_type\n\n", 10))


def _placed(content: bytes, offset: int) -> list[tuple[int, dict[str, Any]]]:
    reader = CsvRows(("one", "two"), ("one",))
    return [(int(place.split()[1]) + offset, row) for place, row in reader.feed(content, final=True)]


def test_settings_name_the_registry() -> None:
    """Ingest finds the registry where the other services find it."""
    assert load(IngestSettings).registry == Path("registry")


def test_the_document_says_what_is_served(settings: IngestSettings) -> None:
    """The OpenAPI document has every path and method of the endpoints, every field of the rows, and no other."""
    document = yaml.safe_load((ROOT / "docs/openapi/policies.yaml").read_text())
    told = {(path, method.upper()) for path, item in document["paths"].items() for method in item}
    routes = [each for each in build(settings, publisher=MemoryPublisher()).routes if isinstance(each, Route)]
    served = {
        (each.path.replace(":path", ""), method)
        for each in routes
        for method in each.methods or ()
        if each.path.startswith(("/v1/policies", "/v1/contacts", "/v1/imports"))
    }
    assert told == served
    schemas = document["components"]["schemas"]
    assert tuple(schemas["Policy"]["properties"]) == POLICY_FIELDS
    assert tuple(schemas["Contact"]["properties"]) == CONTACT_FIELDS
