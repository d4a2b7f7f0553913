"""The service as it is put together, and the rule as a command."""

import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bowchat_contracts.ids import derived_id
from bowchat_contracts.topics import COMMANDS_ANSWERED, PARKED, TOPICS
from bowchat_registry.book import PolicyBook
from bowchat_registry.loader import load
from bowchat_registry.policies import Policy
from bowchat_router import __main__ as command
from bowchat_router import explain_cli
from bowchat_router.app import NAME, Stores, build
from bowchat_router.erasure import ForgettingWatch
from bowchat_router.explain import explain
from bowchat_router.readings import LONGEST_TEXT
from bowchat_router.settings import RouterSettings
from bowchat_router.testing import FixedReadings
from bowchat_runtime.rereading import MemoryRereader
from bowchat_runtime.testing import MemoryPublisher

EXAMPLE = Path(__file__).parents[4] / "registry"
SOMEBODY = derived_id("rf", "somebody")


def explained(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *lines: object,
    readings: FixedReadings | None = None,
) -> tuple[int, list[dict[str, object]]]:
    """The exit code and answers of `bowchat-router explain`, by rules alone."""
    given = "\n".join(each if isinstance(each, str) else json.dumps(each) for each in lines) + "\n"
    monkeypatch.setattr(explain_cli, "trained", lambda _: readings or FixedReadings())
    monkeypatch.setattr("sys.argv", ["bowchat-router", "explain", "--registry", str(EXAMPLE)])
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(given.encode())))
    with pytest.raises(SystemExit) as end:
        command.main()
    return int(end.value.code or 0), [json.loads(line) for line in capsys.readouterr().out.splitlines()]


async def test_the_service_reads_what_the_topic_table_says() -> None:
    """Every topic whose reader the router is, and no other; its park is the loop's own business. What no topic tells every
    process is looked for beside them.
    """
    publisher = MemoryPublisher()
    service = build(
        RouterSettings(registry=EXAMPLE),
        stores=Stores(),
        publisher=publisher,
        rereader=MemoryRereader(),
        readings=FixedReadings(),
    )
    read = {topic for each in service.subscriptions for topic in each.topics}
    waited_for = {PARKED, COMMANDS_ANSWERED}  # by the loop, and by the command line
    assert read == {topic.name for topic in TOPICS if NAME in topic.readers} - waited_for
    assert service.publisher is publisher
    assert ForgettingWatch in {type(getattr(each, "__self__", None)) for each in service.tasks}
    for each in service.resources:
        async with each:
            pass


def test_explain_answers_line_by_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Insurer, desk, confidence and reasons, as DESIGN has it."""
    code, answers = explained(
        monkeypatch,
        capsys,
        {"text": "my car broke down"},
        {"text": "hello"},
        {"text": "hello", "context": {"insurer": "coast-life", "policy_type": "life"}},
        {"text": "CLA/2019/55501", "at": "2024-06-01T00:00:00Z"},
    )
    assert code == 0
    assert [each["outcome"] for each in answers] == ["routed", "triage", "routed", "triage"]
    assert answers[0]["insurer"] == "acme-motor"
    assert (answers[0]["desk"], answers[0]["confidence"], answers[0]["intent"]) == ("roadside", 1.0, None)
    assert list(answers[1]) == [
        "policy_type",
        "intent",
        "insurer",
        "desk",
        "confidence",
        "rule",
        "reasons",
        "outcome",
        "registry",
        "model",
        "off_topic",
        "candidates",
    ]
    assert (answers[1]["model"], answers[1]["off_topic"], answers[1]["candidates"]) == ("fixed", 0.0, [])


def test_explain_asks_the_classifier_only_where_the_decision_needs_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What an open conversation decides costs no reading; what is read says by which model, and what it might have been."""
    readings = FixedReadings(kinds={"suitcase": "travel"})
    context = {"insurer": "coast-life", "policy_type": "life"}
    _, (followed, read) = explained(
        monkeypatch,
        capsys,
        {"text": "my suitcase", "context": context},
        {"text": "my suitcase"},
        readings=readings,
    )
    assert (followed["rule"], followed["model"]) == ("open_conversation", None)
    assert set(readings.asked) == {"my suitcase"}
    assert len(readings.asked) == 1
    assert (read["model"], read["candidates"]) == ("fixed", [{"policy_type": "travel", "score": 0.99}])


@pytest.mark.parametrize("text", ["hello", "Hello, one more thing please"])
def test_explain_hears_a_greeting_as_the_service_does(text: str) -> None:
    """Who says hello begins something: explain says so where the service asks, though a conversation is open."""
    policies = [
        Policy("ACM-2026-000101", "acme-motor", "motor", (SOMEBODY,)),
        Policy("CLA/2019/55501", "coast-life", "life", (SOMEBODY,)),
    ]
    registry = replace(load(EXAMPLE), policies=PolicyBook(policies))
    context = {"insurer": "coast-life", "policy_type": "life"}
    given = {"text": text, "contact": SOMEBODY, "context": context, "at": "2026-03-02T12:00:00Z"}
    answer = explain(registry, FixedReadings(), lambda: datetime.now(UTC), given)
    assert answer["outcome"] == "ask"
    assert any("hello" in each or "greeting" in each for each in answer["reasons"])


def test_explain_reads_as_much_as_the_service(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a message is about is said at its beginning: what the service does not read, explain does not either."""
    readings = FixedReadings(kinds={"suitcase": "travel"})
    (answer,) = explained(monkeypatch, capsys, {"text": "so " * 2_000 + "suitcase"}, readings=readings)[1]
    assert {len(each) for each in readings.asked} == {LONGEST_TEXT}
    assert answer["candidates"] == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("no json", "not JSON"),
        ({"txt": "x"}, "text: is missing; txt: there is no such field"),
        ({"text": "x", "at": "noon"}, "at: give a time, like 2026-12-31T09:00:00Z"),
        ([], "JSON object"),
    ],
)
def test_a_bad_line_is_an_error_on_that_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], line: object, said: str
) -> None:
    """The pipe goes on, and ends with exit code 1."""
    code, answers = explained(monkeypatch, capsys, line, {"text": "hello"})
    assert code == 1
    assert said in str(answers[0]["error"])
    assert answers[1]["outcome"] == "triage"
