# ruff: noqa: RUF001 - look-alike characters are what is tested here
"""A hosted model: what it is shown, when it is asked, and that nothing depends on it."""

import asyncio
import gzip
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from structlog.testing import capture_logs

from bowchat_contracts.inbound import MessageRouted
from bowchat_contracts.masking_policy import MaskingPolicy
from bowchat_masking import mask
from bowchat_registry.registry import Registry
from bowchat_router.app import Stores, build
from bowchat_router.handlers.inbound import InboundHandler
from bowchat_router.hosted import HostedReadings
from bowchat_router.hosted.readings import AT_ONCE
from bowchat_router.hosted.shown import regions_of, shown
from bowchat_router.hosted.standing import MOST_FAILURES, REST, Standing
from bowchat_router.memory import MemoryRouter
from bowchat_router.remembered import Memory
from bowchat_router.settings import HostedModel, RouterSettings
from bowchat_router.testing import FixedReadings, InUse, run_batch
from bowchat_runtime.errors import SettingsError
from bowchat_runtime.records import Record
from bowchat_runtime.rereading import MemoryRereader
from bowchat_runtime.settings import load
from bowchat_runtime.testing import MemoryPublisher
from bowchat_testkit.attacks import families
from bowchat_testkit.bench_masking.numbers import REGIONS, draw
from bowchat_testkit.bench_masking.recall import shows
from bowchat_testkit.http_server import LoopbackServer, reset, until_gone

EXAMPLE = Path(__file__).parents[4] / "registry"
NOW = datetime(2026, 3, 2, 9, 0, 1, tzinfo=UTC)
KEY = "sk-never-to-be-seen-77"
EVASIVE = {"keypad letters", "some letters"}
"""Families that are known to get through masking, and stand in docs/masking.md as they are."""
DOUBTFUL = "something happened to us yesterday and we need you"
MAILS = (
    "asha.test@example.com", "asha.test (at) example (dot) com", "asha dot test at example dot com",
    "asha.test＠example.com", "a s h a . t e s t @ e x a m p l e . c o m", "asha.test%40example.com",
    "asha.test&#64;example.com", "asha.test[at]example[dot]com", "asha punto test arroba example punto com",
)  # fmt: skip
Make = Callable[..., Record]


def completion(content: Any) -> dict[str, Any]:
    """An answer in the form of OpenAI's chat completions."""
    said = content if isinstance(content, str) else json.dumps(content)
    return {
        "id": "c",
        "object": "chat.completion",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": said}}],
    }


MOTOR = completion({"policy_type": "motor", "intent": "claim"})


@dataclass
class Model:
    """A hosted model that answers as it is told, and remembers what it was asked."""

    answer: Any = field(default_factory=lambda: MOTOR)
    asked: list[httpx.Request] = field(default_factory=list)

    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._answer)

    @property
    def texts(self) -> list[str]:
        return [json.loads(each.content)["messages"][1]["content"] for each in self.asked]

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return (
            self.answer if isinstance(self.answer, httpx.Response) else httpx.Response(200, json=self.answer)
        )


def outcomes(outcome: str) -> float:
    return REGISTRY.get_sample_value("bowchat_router_hosted_model_total", {"outcome": outcome}) or 0.0


def readings(
    transport: httpx.AsyncBaseTransport | None,
    *,
    own: FixedReadings | None = None,
    url: str = "https://model.example/v1/chat/completions",
    timeout_s: float = 30.0,
    clock: Callable[[], datetime] = lambda: NOW,
) -> HostedReadings:
    named = HostedModel(url, "some-model", timeout_s, SecretStr(KEY))
    return HostedReadings(own or FixedReadings(), named, clock=clock, transport=transport)


class TestWhatIsShown:
    def test_no_number_is_told_in_any_known_way(self) -> None:
        """However a number of any region is written, the model is shown no trace of it, or no text at all."""
        got_through = set()
        for name, write in families().items():
            chance = Random(f"hosted {name}")
            for region in REGIONS:
                number = draw(region, chance)
                text = shown(f"Hello, my number is {write(number.digits, chance)} thanks", REGIONS)
                if text is not None and shows(text, number):
                    got_through.add(name)
        assert got_through <= EVASIVE

    @pytest.mark.parametrize("mail", MAILS)
    def test_no_mail_address_is_told(self, mail: str) -> None:
        """Neither house nor person of an address is left, whichever way it is spelled."""
        text = shown(f"please write to {mail} about my car", REGIONS)
        assert text is None or ("[email-1]" in text and "asha" not in text)

    @pytest.mark.parametrize(
        ("text", "left"),
        [
            ("MOT-2024-884412 was hit", "[number] was hit"),
            ("claim 88 44 12 of my car", "claim [number] of my car"),
            ("see https://example.com/asha and www.example.org", "see [link] and [link]"),
            ("a 2 wheeler under section 80D", "a 2 wheeler under section 80D"),
            ("call [phone-1] again", "call [phone-1] again"),
            ("half a character \ud83d here", "half a character ? here"),
        ],
    )
    def test_policy_numbers_and_links_are_taken_out_as_well(self, text: str, left: str) -> None:
        """What is of use to an insurer alone is not for a model; small figures that say what it is about stay."""
        assert shown(text, REGIONS) == left

    @pytest.mark.parametrize(
        "text", ["x" * 20_000, "I am @ home", "12 a 34 b 56 c 78"], ids=["long", "at", "digits"]
    )
    def test_doubt_shows_nothing(self, text: str) -> None:
        """What masking refuses, and what might still hold an address or a number in pieces, is withheld."""
        assert shown(text, REGIONS) is None

    def test_a_registry_of_many_regions_is_masked_for_all_of_them(self, registry: Registry) -> None:
        """More regions than one policy takes leave none out."""
        assert regions_of(registry) == ("GB", "IN")
        many = ("BR", "DE", "FR", "IT", "PT", "US", "GB")
        assert shown("ring 07700 900123 now", many) == "ring [phone-1] now"

    @given(
        st.lists(
            st.one_of(
                st.text(max_size=12), st.sampled_from([*MAILS, "07700 900123", "[phone-1]", "[upi-123]"])
            )
        )
    )
    def test_what_is_shown_is_clean(self, parts: Sequence[str]) -> None:
        """Nothing more is found in what is shown, no number of three digits stands in it, and shown again it is the same."""
        text = shown(" ".join(parts), REGIONS)
        if text is not None and len(text) < 2_000:
            assert mask([text], MaskingPolicy(regions=REGIONS))[0].text == text
            assert not any(sum(map(str.isdecimal, each)) > 2 for each in text.split())
            assert shown(text, REGIONS) == text


class TestWhatIsAsked:
    async def test_an_answer_counts_as_a_reading(self, registry: Registry) -> None:
        """The class it names is what the text is about, by the model's name, and it is not asked twice."""
        model = Model()
        async with readings(model.transport()) as hosted:
            await hosted.consult([DOUBTFUL, DOUBTFUL], registry)
            await hosted.consult([DOUBTFUL], registry)
            read = hosted.read(DOUBTFUL)
        assert (read.policy_type.label, read.intent.label, read.model) == (
            "motor",
            "claim",
            "fixed+some-model",
        )
        assert len(model.asked) == 1

    async def test_the_question_has_openais_form(self, registry: Registry) -> None:
        """Model, rules with every class, the text; the key stands in its header alone."""
        model = Model()
        async with readings(model.transport()) as hosted:
            await hosted.consult([DOUBTFUL], registry)
        (request,) = model.asked
        body = json.loads(request.content)
        assert body["model"] == "some-model"
        assert [each["role"] for each in body["messages"]] == ["system", "user"]
        assert all(
            f"- {each}: " in body["messages"][0]["content"] for each in registry.taxonomy.policy_type_names
        )
        assert request.headers["authorization"] == f"Bearer {KEY}"
        assert KEY.encode() not in request.content

    async def test_masked_text_is_sent(self, registry: Registry) -> None:
        """The request holds the text as it is shown, and nothing of what was taken out."""
        model = Model()
        async with readings(model.transport()) as hosted:
            await hosted.consult(["ring +44 7700 900123 or asha@example.com, it broke"], registry)
        assert model.texts == ["ring [phone-1] or [email-1] , it broke"]
        assert b"900123" not in model.asked[0].content

    async def test_what_is_withheld_is_not_sent(self, registry: Registry) -> None:
        """A text in doubt costs no question, and is counted."""
        model, before = Model(), outcomes("withheld")
        async with readings(model.transport()) as hosted:
            await hosted.consult(["I am @ home"], registry)
        assert model.asked == []
        assert outcomes("withheld") == before + 1

    async def test_nothing_is_asked_where_the_own_classifier_is_sure(self, registry: Registry) -> None:
        """A hosted model is for doubts."""
        model = Model()
        async with readings(model.transport(), own=FixedReadings({"pipe": "home"})) as hosted:
            await hosted.consult(["a pipe burst"], registry)
        assert model.asked == []

    async def test_another_taxonomy_is_asked_about_anew(self, registry: Registry) -> None:
        """A remembered answer may name a class that is gone."""
        model = Model()
        other = registry.taxonomy.model_copy(update={"policy_words": ("cover",)})
        async with readings(model.transport()) as hosted:
            await hosted.consult([DOUBTFUL], registry)
            model.answer = completion({"policy_type": None, "intent": None})
            changed = Registry("rg2", registry.agreements, registry.rules, registry.policies, other)
            await hosted.consult([DOUBTFUL], changed)
            assert hosted.read(DOUBTFUL).policy_type.label is None

    async def test_few_are_under_way_at_once(self, registry: Registry) -> None:
        """However many texts are in doubt, the model is asked about few at any time, and about all of them in the end."""
        under_way, most, total = 0, 0, 0
        all_places_taken = asyncio.Barrier(AT_ONCE)

        async def answer(_: httpx.Request) -> httpx.Response:
            nonlocal under_way, most, total
            under_way, total = under_way + 1, total + 1
            most = max(most, under_way)
            await all_places_taken.wait()
            await asyncio.sleep(0.05)  # one too many would come in now
            under_way -= 1
            return httpx.Response(200, json=MOTOR)

        async with readings(httpx.MockTransport(answer), timeout_s=30) as hosted:
            await hosted.consult([f"{DOUBTFUL} {'so ' * each}" for each in range(7 * AT_ONCE)], registry)
        assert (most, total) == (AT_ONCE, 7 * AT_ONCE)

    async def test_no_cookie_ties_questions_together(self, registry: Registry) -> None:
        """What the model wants to have remembered is not."""
        model = Model(httpx.Response(200, json=MOTOR, headers={"Set-Cookie": "who=asha; Path=/"}))
        async with readings(model.transport()) as hosted:
            await hosted.consult([DOUBTFUL], registry)
            await hosted.consult([f"{DOUBTFUL} again"], registry)
        assert len(model.asked) == 2
        assert "cookie" not in model.asked[1].headers


WRONG = {
    "an error": httpx.Response(500, json=MOTOR),
    "elsewhere": httpx.Response(307, headers={"Location": "https://elsewhere.example/"}),
    "no JSON": httpx.Response(200, text="motor"),
    "another form": httpx.Response(200, json={"policy_type": "motor"}),
    "no choice": httpx.Response(200, json={"choices": []}),
    "prose": completion("It is about a car."),
    "an unknown class": completion({"policy_type": "spacecraft", "intent": None}),
    "an unknown intent": completion({"policy_type": "motor", "intent": "steal"}),
    "a list": completion({"policy_type": ["motor"], "intent": None}),
    "an object": completion({"policy_type": {"motor": 1}, "intent": None}),
    "half": completion({"policy_type": "motor"}),
    "deep": completion("[" * 10_000),
    "far too much": httpx.Response(200, content=json.dumps(MOTOR).encode() + b" " * 2_000_000),
    "compressed": httpx.Response(
        200, content=gzip.compress(json.dumps(MOTOR).encode()), headers={"Content-Encoding": "gzip"}
    ),
    "away": httpx.ConnectError("refused"),
    "broken": httpx.RemoteProtocolError("garbage"),
    "late": httpx.ReadTimeout("late"),
}  # fmt: skip


@pytest.mark.parametrize("answer", WRONG.values(), ids=WRONG)
async def test_a_wrong_answer_changes_nothing(answer: Any, registry: Registry) -> None:
    """Whatever a model answers that is no class of the taxonomy in the form that was asked for, the own reading stands."""
    model, before = Model(answer), outcomes("failed")
    own = FixedReadings()
    async with readings(model.transport(), own=own) as hosted:
        await hosted.consult([DOUBTFUL], registry)
        assert hosted.read(DOUBTFUL) == own.read(DOUBTFUL)
    assert len(model.asked) == 1
    assert outcomes("failed") == before + 1


Answering = Callable[[Request], Awaitable[Response]]


async def _never(request: Request) -> Response:
    await request.body()
    await until_gone(request, 60)
    return Response()


async def _drop_by_drop(request: Request) -> Response:
    async def drops() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0.01)

    return StreamingResponse(drops())


async def _breaks(request: Request) -> Response:
    await reset(request)
    return Response()


async def _right(request: Request) -> Response:
    return Response(json.dumps(MOTOR) if request.headers.get("authorization") == f"Bearer {KEY}" else "", 200)


class TestOverSockets:
    @pytest.fixture
    def serving(self) -> Callable[[Answering], LoopbackServer]:
        return lambda answer: LoopbackServer(
            Starlette(routes=[Route("/v1/chat/completions", answer, methods=["POST"])])
        )

    async def test_a_model_on_this_machine_answers(self, serving: Any, registry: Registry) -> None:
        """The whole way over HTTP, key included."""
        async with (
            serving(_right) as server,
            readings(None, url=f"{server.url}/v1/chat/completions") as hosted,
        ):
            await hosted.consult([DOUBTFUL], registry)
            assert hosted.read(DOUBTFUL).policy_type.label == "motor"

    @pytest.mark.parametrize("answer", [_never, _drop_by_drop, _breaks])
    async def test_one_that_hangs_costs_the_time_that_is_set(
        self, answer: Answering, serving: Any, registry: Registry
    ) -> None:
        """All texts of a batch together are given up when the time is over, those that wait for a place as well."""
        own, texts = FixedReadings(), [f"{DOUBTFUL} {'so ' * each}" for each in range(3 * AT_ONCE)]
        before = outcomes("failed"), outcomes("unasked")
        async with (
            serving(answer) as server,
            readings(None, own=own, url=f"{server.url}/v1/chat/completions", timeout_s=2.0) as hosted,
        ):
            async with asyncio.timeout(60):
                await hosted.consult(texts, registry)
            assert [hosted.read(each) for each in texts] == [own.read(each) for each in texts]
        failed, unasked = outcomes("failed") - before[0], outcomes("unasked") - before[1]
        assert failed > 0
        assert failed + unasked == len(texts)

    async def test_the_key_and_the_text_are_in_no_log(
        self, serving: Any, registry: Registry, caplog: pytest.LogCaptureFixture
    ) -> None:
        """However much is logged, and whether it goes well or not."""
        caplog.set_level(logging.DEBUG)
        told: list[str] = []
        for answer, timeout_s in ((_right, 30.0), (_breaks, 30.0), (_never, 1.0)):
            async with serving(answer) as server:
                url = f"{server.url}/v1/chat/completions"
                with capture_logs() as logged:
                    async with readings(None, url=url, timeout_s=timeout_s) as hosted:
                        await hosted.consult(
                            [f"{DOUBTFUL} {'so ' * each}" for each in range(MOST_FAILURES)], registry
                        )
                told += [str(each) for each in logged] + [repr(hosted), repr(vars(hosted))]
        said = "\n".join([*told, caplog.text])
        assert "hosted_model_rests" in said
        assert KEY not in said
        assert "something happened" not in "\n".join(map(str, logged)) + caplog.text


class TestRest:
    async def test_after_failures_in_a_row_it_is_left_alone_for_a_while(self, registry: Registry) -> None:
        """A model that is down costs a minute's messages nothing; then it is tried, and one answer makes it good."""
        now = [NOW]
        model = Model(httpx.ConnectError("refused"))
        async with readings(model.transport(), clock=lambda: now[0]) as hosted:
            for each in range(MOST_FAILURES + 3):
                await hosted.consult([f"{DOUBTFUL} {'so ' * each}"], registry)
            assert len(model.asked) == MOST_FAILURES
            now[0] += REST
            model.answer = MOTOR
            await hosted.consult([DOUBTFUL], registry)
            assert hosted.read(DOUBTFUL).policy_type.label == "motor"

    @given(st.lists(st.tuples(st.booleans(), st.integers(0, 90)), max_size=40))
    def test_it_rests_exactly_after_enough_failures_in_a_row(self, steps: list[tuple[bool, int]]) -> None:
        """One answer forgets all failures; below the limit it is always asked, at the limit not before the rest is over."""
        standing, now, row, failed_at = Standing(), NOW, 0, NOW
        for is_answered, later in steps:
            now += timedelta(seconds=later)
            standing = standing.after(now, answered=is_answered)
            row, failed_at = (0, failed_at) if is_answered else (row + 1, now)
            for moment in (now, now + REST - timedelta(microseconds=1), now + REST):
                rests = row >= MOST_FAILURES and moment < failed_at + REST
                assert standing.may_be_asked(moment) is not rests


class _Desks:
    failing: frozenset[str] = frozenset()


class TestInTheRouter:
    @pytest.fixture
    def model(self) -> Model:
        return Model()

    @pytest.fixture
    def handler(self, model: Model, registry: Registry) -> InboundHandler:
        hosted = readings(model.transport(), own=FixedReadings({"pipe": "home"}))
        return InboundHandler(MemoryRouter(), InUse(registry), Memory(), hosted, _Desks(), consulted=hosted)

    async def test_a_doubtful_text_is_routed_as_the_model_says(
        self, handler: InboundHandler, model: Model, received: Make
    ) -> None:
        """The route says that a model decided, which, and how much that counts for."""
        (routed,) = [
            each.event
            for each in await run_batch(handler, [received("one", DOUBTFUL)], NOW)
            if isinstance(each.event, MessageRouted)
        ]
        assert (routed.insurer, routed.policy_type, routed.rule) == ("acme", "motor", "model")
        assert routed.explanation is not None
        assert routed.explanation.model == "fixed+some-model"
        assert len(model.asked) == 1

    @pytest.mark.parametrize(
        ("text", "who"),
        [
            ("my car broke down", "stranger"),
            ("what of ACM-2026-001", "stranger"),
            (DOUBTFUL, "motor"),
            ("a pipe burst", "stranger"),
            ("please ask bharat", "stranger"),
            (None, "stranger"),
        ],
        ids=[
            "a rule",
            "a policy's number",
            "the only policy",
            "a sure classifier",
            "a rule's insurer",
            "no words",
        ],
    )
    async def test_nothing_is_asked_where_something_else_decides(
        self, handler: InboundHandler, model: Model, received: Make, text: str | None, who: str
    ) -> None:
        """Rules, context and the own classifier come first."""
        await run_batch(handler, [received("one", text, who)], NOW)
        assert model.asked == []

    async def test_nothing_is_asked_of_who_has_a_conversation(
        self, handler: InboundHandler, model: Model, received: Make
    ) -> None:
        """What a person goes on to say goes on where they are."""
        await run_batch(handler, [received("one", "my car broke down")], NOW)
        await run_batch(handler, [received("two", DOUBTFUL, offset=1)], NOW)
        assert model.asked == []

    async def test_nothing_is_asked_while_the_policyholder_is(
        self, handler: InboundHandler, model: Model, received: Make
    ) -> None:
        """Whoever holds policies of two insurers is asked which; until they answer, no model is."""
        model.answer = completion({"policy_type": None, "intent": None})
        await run_batch(handler, [received("one", DOUBTFUL, "mixed")], NOW)
        asked = len(model.asked)
        await run_batch(handler, [received("two", f"{DOUBTFUL} please", "mixed", offset=1)], NOW)
        assert len(model.asked) == asked == 1

    async def test_a_duplicate_asks_nothing(
        self, handler: InboundHandler, model: Model, received: Make
    ) -> None:
        """What was decided before is not asked about again."""
        model.answer = httpx.Response(500)
        await run_batch(handler, [received("one", DOUBTFUL)], NOW)
        handler.forget()
        await run_batch(handler, [received("one", DOUBTFUL)], NOW)
        assert len(model.asked) == 1


class TestSettings:
    @pytest.mark.parametrize(
        ("values", "said"),
        [
            ({"model_url": "http://model.example/v1"}, "BOWCHAT_MODEL_URL.*https://"),
            ({"model_url": "http://10.0.0.5/v1"}, "BOWCHAT_MODEL_URL.*https://"),
            ({"model_url": "http://localhost.example/v1"}, "BOWCHAT_MODEL_URL.*https://"),
            ({"model_url": "ftp://127.0.0.1/v1"}, "BOWCHAT_MODEL_URL.*https://"),
            ({"model_url": "https:///v1"}, "BOWCHAT_MODEL_URL.*https://"),
            ({"model_url": f"https://me:{KEY}@model.example/v1"}, "BOWCHAT_MODEL_URL.*model_key"),
            (
                {"model_url": "https://model.example/v1", "model_name": " "},
                "BOWCHAT_MODEL_NAME.*name the model",
            ),
            ({"model_url": "https://model.example/v1"}, "BOWCHAT_MODEL_NAME.*name the model"),
            ({"model_timeout_s": 0}, "BOWCHAT_MODEL_TIMEOUT_S"),
        ],
    )
    def test_a_wrong_address_stops_the_start(self, values: dict[str, Any], said: str) -> None:
        """Text in the clear crosses no network, the variable is named, and no secret is shown."""
        with pytest.raises(SettingsError, match=f"(?s){said}") as error:
            load(
                RouterSettings,
                **({"model_name": "m"} if "model_name" not in values and "NAME" not in said else {}) | values,
            )
        assert KEY not in str(error.value)

    def test_none_is_asked_where_none_is_named(self) -> None:
        """The default is the own classifier alone."""
        assert load(RouterSettings).hosted_model is None

    @pytest.mark.parametrize("content", [None, "", "two words", "two\nlines", "sché"])
    def test_a_model_elsewhere_needs_a_key(self, tmp_path: Path, content: str | None) -> None:
        """A missing, empty or broken key stops the start, with the file's name and without what is in it."""
        if content is not None:
            (tmp_path / "model_key").write_text(content)
        settings = load(
            RouterSettings, model_url="https://model.example/v1", model_name="m", secrets=tmp_path
        )
        with pytest.raises(SettingsError, match="model_key") as error:
            _ = settings.hosted_model
        assert not content or content not in str(error.value)

    @pytest.mark.parametrize("host", ["127.0.0.1:11434", "[::1]:8000", "localhost"])
    def test_one_on_this_machine_needs_none(self, tmp_path: Path, host: str) -> None:
        """A model that is run beside the router may be asked in the clear, and without a key."""
        settings = load(RouterSettings, model_url=f"http://{host}/v1", model_name="m", secrets=tmp_path)
        assert settings.hosted_model == HostedModel(f"http://{host}/v1", "m", 2.0, None)

    def test_the_key_is_not_shown(self, tmp_path: Path) -> None:
        """Who prints the settings, or the model, prints no key."""
        (tmp_path / "model_key").write_text(f"{KEY}\n")
        settings = load(
            RouterSettings, model_url="https://model.example/v1", model_name="m", secrets=tmp_path
        )
        assert settings.hosted_model is not None
        assert settings.hosted_model.key == SecretStr(KEY)
        assert KEY not in repr(settings) + repr(settings.hosted_model)

    @pytest.mark.parametrize("url", ["", "http://127.0.0.1:9/v1/chat/completions"])
    def test_the_service_asks_one_only_where_it_is_named(self, tmp_path: Path, url: str) -> None:
        """Putting the parts together adds a hosted model by the settings alone."""
        service = build(
            load(RouterSettings, registry=EXAMPLE, model_url=url, model_name="m", secrets=tmp_path),
            stores=Stores(),
            publisher=MemoryPublisher(),
            rereader=MemoryRereader(),
            readings=FixedReadings(),
        )
        assert any(isinstance(each, HostedReadings) for each in service.resources) is bool(url)
