"""A new version of the registry is tried on what was received: it shows what would change, and says nothing else."""

import json
import shutil
from argparse import ArgumentParser
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bowchat_contracts.commands import Author, CommandRequested, SlashCommand
from bowchat_contracts.ids import derived_id
from bowchat_contracts.inbound import MessageRouted
from bowchat_contracts.pii import MessageText
from bowchat_contracts.topics import COMMANDS_REQUESTED
from bowchat_registry.agreements import Agreement
from bowchat_registry.registry import Registry
from bowchat_registry.rules import Rule, RuleBook
from bowchat_router.shadow.cli import configure_shadow, run_shadow
from bowchat_router.shadow.comparing import Difference, Shadow
from bowchat_router.shadow.telling import as_json, line, line_as_json, table
from bowchat_router.shadow.world import World
from bowchat_router.testing import FixedReadings, Worker
from bowchat_runtime.records import Outgoing, Record
from bowchat_runtime.testing import record

EXAMPLE = Path(__file__).parents[4] / "registry"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
Make = Callable[..., Record]
TEXTS = (
    "hello",
    "my car",
    "BHS-2026-021",
    "the hospital",
    "ACM-2026-021",
    "thanks",
    "2",
    "a claim",
    "bharat",
)
WRITERS = ("mixed", "both", "motor", "a stranger")
ORDERS = ("/resolve", "/hold 2h", "/transfer bharat", "/assign acme", "/handoff_to_experts", "/reopen")


def at(one: Record, minutes: int, offset: int | None = None) -> Record:
    """The record as it was received so many minutes after the start."""
    moment = START + timedelta(minutes=minutes)
    event = one.event
    if hasattr(event, "message_id"):
        event = event.model_copy(update={"received_at": moment})
    return one._replace(
        event=event, timestamp_ms=int(moment.timestamp() * 1000), offset=minutes if offset is None else offset
    )


def ordered(conversation: str, contact: str, text: str, number: int) -> Record:
    event = CommandRequested(
        command_id=derived_id("cm", str(number)),
        by=Author(role="aggregator", name="meera"),
        command=SlashCommand(conversation_id=conversation, contact_id=contact, text=MessageText(text)),
        requested_at=START,
    )
    return record(event, topic=COMMANDS_REQUESTED, key=conversation)


def with_rules(registry: Registry, *rules: Mapping[str, object]) -> Registry:
    """The registry with other rules before its own."""
    own = registry.rules.rules
    return replace(registry, rules=RuleBook([*map(Rule.model_validate, rules), *own]))


def with_places(registry: Registry, capacity: float) -> Registry:
    """The registry where each desk has so many places."""

    def crowded(agreement: Agreement) -> Agreement:
        desks = [each.model_copy(update={"capacity": capacity}) for each in agreement.desks]
        return agreement.model_copy(update={"desks": tuple(desks)})

    return replace(registry, agreements={name: crowded(each) for name, each in registry.agreements.items()})


def compared(
    current: Registry, new: Registry, log: Sequence[Record], readings: FixedReadings | None = None
) -> tuple[Shadow, list[Difference]]:
    asked = readings or FixedReadings()
    shadow = Shadow(World(current, asked), World(new, asked))
    return shadow, [each for one in log if (each := shadow.hear(one)) is not None]


# --- A world decides as the service does

STEP = st.tuples(st.sampled_from(WRITERS), st.sampled_from(TEXTS + ORDERS), st.integers(0, 900))


async def _by_service(worker: Worker, one: Record, now: datetime) -> list[Outgoing]:
    while due := await worker.store.due(now, 1):
        await worker.tick(due[0].due_at)
    await worker.look(now)
    handle = worker.commanded if isinstance(one.event, CommandRequested) else worker.messages
    return await handle(one, now=now)


@settings(max_examples=100)
@example(steps=[("mixed", "hello", 0), ("mixed", "my car", 16)], places=None)
@given(steps=st.lists(STEP, min_size=1, max_size=25), places=st.sampled_from([None, 1.0]))
async def test_a_world_decides_as_the_running_router_does(
    registry: Registry, received: Make, steps: list[tuple[str, str, int]], places: float | None
) -> None:
    """Messages, commands, time and full desks: every message goes where the service itself would have sent it."""
    used = with_places(registry, places) if places else registry
    worker, world = Worker(used), World(used, FixedReadings())
    minutes, last = 0, (derived_id("cv", "none"), derived_id("ct", "none"))
    for number, (writer, text, pause) in enumerate(steps):
        minutes += pause
        made = ordered(*last, text, number) if text in ORDERS else received(f"m{number}", text, writer)
        one = at(made, minutes, number)
        out = await _by_service(worker, one, START + timedelta(minutes=minutes))
        fate = world.hear(one)
        own = [
            each.event
            for each in out
            if isinstance(each.event, MessageRouted)
            and each.event.message_id == derived_id("ms", f"m{number}")
        ]
        own.sort(
            key=lambda each: each.outcome != "queued"
        )  # what waits for a place is told so before it gets one
        if own:
            last = own[-1].conversation_id, own[-1].contact_id
            assert fate is not None
            assert (fate.outcome, fate.insurer) == (own[-1].outcome, own[-1].insurer)
            assert fate.desk == (own[-1].desk if fate.insurer else None)
        else:
            assert fate is None or fate.outcome in ("asked", "answer")


@settings(max_examples=60)
@given(steps=st.lists(STEP, min_size=1, max_size=25))
def test_the_same_registry_changes_nothing(
    registry: Registry, received: Make, steps: list[tuple[str, str, int]]
) -> None:
    """Whatever was received: a version without a change shows none, and every message was looked at."""
    minutes, log = 0, []
    for number, (writer, text, pause) in enumerate(steps):
        minutes += pause
        log.append(at(received(f"m{number}", text, writer), minutes, number))
    shadow, differences = compared(registry, registry, log)
    assert differences == []
    assert (shadow.result.messages, shadow.result.changed) == (len(log), 0)


# --- What it shows


def test_a_message_that_would_go_elsewhere_is_shown_with_both_reasons(
    registry: Registry, received: Make
) -> None:
    """From which insurer and desk to which, how many, which share; by which rules and why; never its words."""
    new = with_rules(
        registry, {"name": "boats", "when": {"keywords_any": ["car"]}, "then": {"desk": "experts"}}
    )
    log = [
        at(received("a", "my car secret", "motor"), 0),
        at(received("b", "the secret hospital", "health"), 1),
    ]
    shadow, (difference,) = compared(registry, new, log)
    assert difference.message_id == derived_id("ms", "a")
    shown = line(difference)
    assert "acme/service routed by contact_policy" in shown
    assert "-> acme/experts routed" in shown
    printed = table(shadow.result)
    assert "1 of 2 messages would go another way (50.00 %)" in printed
    assert "acme/service routed  acme/experts routed         1  50.00 %" in printed
    assert as_json(shadow.result)["moves"] == [
        {
            "from": {"outcome": "routed", "insurer": "acme", "desk": "service"},
            "to": {"outcome": "routed", "insurer": "acme", "desk": "experts"},
            "messages": 1,
            "share": 0.5,
        }
    ]
    assert "secret" not in shown + printed + line_as_json(difference)
    assert json.loads(line_as_json(difference))["to"]["desk"] == "experts"


def test_questions_and_messages_for_people_are_counted_both_ways(registry: Registry, received: Make) -> None:
    """Who would no longer be asked, who newly is, what goes to people newly, and what no longer does."""
    named = {"name": "new", "when": {"keywords_any": ["windscreen"]}, "then": {"insurer": "acme"}}
    people = {"name": "by-hand", "when": {"keywords_any": ["ombudsman"]}, "then": {"triage": True}}
    new = with_rules(registry, named, people)
    log = [
        at(received("a", "windscreen", "nobody"), 0),
        at(received("b", "ombudsman", "motor"), 0),
        at(received("c", "ombudsman", "mixed"), 0),
    ]
    shadow, _ = compared(registry, new, log)
    assert dict(shadow.result.counts) == {
        "no_longer_asked": 1, "newly_asked": 0, "no_longer_to_triage": 1, "newly_to_triage": 2,
    }  # fmt: skip
    back, _ = compared(new, registry, log)
    assert dict(back.result.counts) == {
        "no_longer_asked": 0, "newly_asked": 1, "no_longer_to_triage": 2, "newly_to_triage": 1,
    }  # fmt: skip


def test_a_question_says_why_it_would_be_asked(registry: Registry, received: Make) -> None:
    """The reasons of a question are those of the rules, for the message that made it necessary."""
    new = with_rules(registry, {"name": "own", "when": {"keywords_any": ["bill"]}, "then": {"triage": True}})
    _, (difference,) = compared(new, registry, [at(received("a", "bill", "mixed"), 0)])
    assert difference.after.outcome == "asked"
    assert difference.after.reasons[-1] == "the contact's policies are with several insurers"


def test_nothing_received_is_said_so(registry: Registry) -> None:
    """An empty log is no table of nothing."""
    shadow, _ = compared(registry, registry, [])
    assert table(shadow.result) == "no message was received in this time\n"


def test_what_a_world_keeps_does_not_grow_with_the_messages_of_a_contact(
    registry: Registry, received: Make
) -> None:
    """A log of any length: of each contact a few causes, one dossier, and what time will bring."""
    world = World(registry, FixedReadings())
    for number in range(300):
        world.hear(at(received(f"m{number}", "my car", "motor"), 2 * number))
    log = world._log
    assert len(log.deeds) <= 20
    assert (len(log.dossiers), len(log.contacts)) == (1, 1)
    assert (len(world._due), len(log.decided)) == (1, 1)


def test_a_message_that_came_twice_counts_once(registry: Registry, received: Make) -> None:
    """As the service itself takes a duplicate."""
    one = at(received("a", "my car", "motor"), 0)
    shadow, _ = compared(registry, registry, [one, one._replace(offset=7)])
    assert shadow.result.messages == 1


# --- The command line


@pytest.fixture
def new(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLE, tmp_path / "new"))


def shadowed(new: Path, file: Path, *more: str) -> int:
    parser = ArgumentParser()
    configure_shadow(parser)
    given = parser.parse_args(["--registry", str(new), "--current", str(EXAMPLE), "--from", str(file), *more])
    return run_shadow(given, lambda taxonomy: FixedReadings(), lambda: START)


def test_texts_in_a_file_need_no_broker(
    new: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Texts as `explain` takes them: the table, and before it the list where it is asked for."""
    rules = new / "rules.yaml"
    rules.write_text(rules.read_text().replace("[car, motor,", "[motor,"))
    log = tmp_path / "log.jsonl"
    log.write_text('{"text": "my car"}\n\n{"text": "the hospital", "at": "2026-03-02T09:00:00+05:30"}\n')
    assert shadowed(new, log, "--list") == 0
    out = capsys.readouterr().out
    assert "-> triage by triage" in out
    assert "1 of 2 messages would go another way" in out
    assert shadowed(new, log, "--list", "--json") == 0
    listed, summed = map(json.loads, capsys.readouterr().out.splitlines())
    assert listed["to"]["outcome"] == "triage"
    assert (summed["messages"], summed["newly_to_triage"]) == (2, 1)


def test_events_in_a_file_are_read_as_they_were_received(
    new: Path, received: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What stood on the topic can stand in a file: a contact's messages belong together there, too."""
    log = tmp_path / "log.jsonl"
    log.write_text("".join(f"{received(each, 'my car', 'one').event.model_dump_json()}\n" for each in "ab"))
    assert shadowed(new, log) == 0
    assert "0 of 2 messages" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line_", "said"),
    [
        ('{"text": 3}', "text: give a text"),
        ("nonsense", "not JSON"),
        ("[]", "must be a JSON object"),
        ('{"text": "x", "who": "y"}', "who: there is no such field"),
        ('{"message_id": "x"}', "refs: is missing"),
        ('{"text": "x", "at": "2026-03-02T09:00:00"}', "at: give a time with its zone, like"),
        ('{"text": "x", "at": "9999-12-31T23:59:59Z"}', "at: is too far off"),
    ],
)
def test_a_wrong_line_is_named(new: Path, tmp_path: Path, line_: str, said: str) -> None:
    """With its number, its field and what would be right; never with its words."""
    log = tmp_path / "log.jsonl"
    log.write_text(f'{{"text": "ok"}}\n{line_}\n')
    with pytest.raises(Exception, match=r"log\.jsonl:2: ") as error:
        shadowed(new, log)
    assert said in str(error.value)
    assert "give events of inbound.received" in str(error.value)


def test_an_invalid_new_version_is_refused_with_file_line_and_field(
    new: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1, nothing is compared."""
    (new / "rules.yaml").write_text(
        "rules:\n  - name: bad\n    when: {keywords_any: [x]}\n    than: {desk: y}\n"
    )
    assert shadowed(new, tmp_path / "none") == 1
    assert "rules.yaml:4: rules[0].than" in capsys.readouterr().err.replace("rules.0.", "rules[0].")


@pytest.mark.parametrize("option", ["--current", "--registry"])
def test_a_directory_that_is_not_there_is_named_by_its_own_option(
    new: Path, tmp_path: Path, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """There are two, and only one of them is wrong."""
    gone = str(tmp_path / "gone")
    assert shadowed(new, tmp_path / "none", option, gone) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"bowchat-router: there is no directory {gone}: correct {option}")


@pytest.mark.parametrize("moment", ["yesterday", "2026-11-01T00:00"])
def test_a_moment_needs_its_zone(moment: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A time without a zone would be somebody's guess."""
    parser = ArgumentParser()
    configure_shadow(parser)
    with pytest.raises(SystemExit):
        parser.parse_args(["--registry", "x", "--current", "y", "--since", moment])
    assert "write it as 2026-11-01T00:00Z" in capsys.readouterr().err
