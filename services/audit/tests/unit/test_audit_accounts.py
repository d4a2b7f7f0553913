"""The accounts: each message and reply ends where its own events say, and what cannot be is shown."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bowchat_audit import domain, report
from bowchat_audit.accounts import Account, Books
from bowchat_audit.commands import accept_gap, balance, events
from bowchat_audit.domain import EMPTY, Entry, Read, Tail
from bowchat_audit.handlers import AuditHandler
from bowchat_audit.keys import LaneKeys, MemoryKeys
from bowchat_audit.memory import MemoryLog, NoHoles
from bowchat_contracts.commands import command_in_reply
from bowchat_contracts.envelope import Meta
from bowchat_contracts.ids import derived_id
from bowchat_runtime.errors import DependencyDownError, SettingsError
from bowchat_runtime.records import Record
from bowchat_runtime.testing import run_batch

NOW = datetime(2026, 3, 2, 9, 10, tzinfo=UTC)
RECEIVED = "2026-03-02T09:09:30Z"
MESSAGE = derived_id("ms", "one")
REPLY = derived_id("rp", "one")

KEY = bytes(32)
Line = tuple[str, str, dict[str, Any]]


def received(at: str = RECEIVED) -> Line:
    return "inbound.received", "bowchat.inbound.received.v1", {"message_id": MESSAGE, "received_at": at}


def routed(outcome: str = "routed", conversation: str = "cv") -> Line:
    data = {"message_id": MESSAGE, "outcome": outcome, "conversation_id": conversation}
    return "inbound.routed", "bowchat.inbound.routed.v1", data


def changed(state: str, version: int, conversation: str = "cv", **more: Any) -> Line:
    data = {"conversation_id": conversation, "state": state, "version": version, **more}
    return "conversations.changed", "bowchat.conversations.changed.v1", data


PEOPLE = {"role": "aggregator", "name": "meera"}


def asked(kind: str = "which_matter", until: str = "2026-03-02T09:39:30Z") -> Line:
    data = {"prompt_id": "pm", "kind": kind, "message_id": MESSAGE, "expires_at": until}
    return "prompts.requested", "bowchat.prompts.requested.v1", data


def answered(outcome: str = "answered", message: str | None = MESSAGE) -> Line:
    data = {"prompt_id": "pm", "outcome": outcome, "message_id": message}
    return "prompts.answered", "bowchat.prompts.answered.v1", data


def relayed(outcome: str = "relayed", insurer: str = "acme", message: str = MESSAGE) -> Line:
    data = {
        "message_id": message,
        "outcome": outcome,
        "insurer": insurer,
        "insurer_message_id": f"im/{message}",
    }
    return "inbound.relayed", "bowchat.inbound.relayed.v1", data


def reply(at: str = RECEIVED) -> Line:
    return "replies.received", "bowchat.replies.received.v1", {"reply_key": REPLY, "received_at": at}


def from_a_phone(at: str = RECEIVED) -> Line:
    return "replies.unaddressed", "bowchat.replies.unaddressed.v1", {"reply_key": REPLY, "received_at": at}


def addressed() -> Line:
    return "replies.addressed", "bowchat.replies.received.v1", {"reply_key": REPLY, "received_at": RECEIVED}


def decided(outcome: str = "accepted") -> Line:
    return "replies.decided", "bowchat.replies.decided.v1", {"reply_key": REPLY, "outcome": outcome}


def commanded(reply_key: str = REPLY) -> Line:
    data = {"command_id": command_in_reply(reply_key), "outcome": "refused"}
    return "commands.answered", "bowchat.commands.decided.v1", data


def requested() -> Line:
    return "deliveries.requested", "bowchat.deliveries.requested.v1", {"reply_key": REPLY}


def updated(state: str, *, recipient: str = "policyholder", subject: str = REPLY, attempt: int = 1) -> Line:
    data = {
        "recipient": recipient,
        "insurer": "acme",
        "subject_id": subject,
        "state": state,
        "attempt": attempt,
    }
    return "deliveries.updated", "bowchat.deliveries.updated.v1", data


def webhook(state: str, message: str = MESSAGE) -> Line:
    return updated(state, recipient="insurer", subject=f"im/{message}")


def parked(service: str, line: Line, park: str = "pk") -> Line:
    data = {
        "park_id": park,
        "headers": [["ce_type", b64encode(line[1].encode()).decode()]],
        "value": b64encode(orjson.dumps(line[2])).decode(),
    }
    return f"parked.{service}", "bowchat.parked.v1", data


def released(service: str, park: str = "pk") -> Line:
    return f"parked.{service}", "bowchat.released.v1", {"park_id": park}


def entries_of(lines: list[Line]) -> list[Entry]:
    entries: list[Entry] = []
    tail = EMPTY
    for offset, (topic, kind, data) in enumerate(lines):
        value = orjson.dumps(data)
        record = Record(topic, 0, offset, None, Meta(f"ev_{offset}", kind, "/x", NOW, ""), None, value, 0)
        made = domain.entry(
            record,
            tail,
            dedup=str(offset),
            digest=domain.digest_of(value),
            appended_at="",
            key=lambda *_: KEY,
        )
        entries.append(made)
        tail = Tail(made["_id"], made["chain"])
    return entries


def books_of(lines: list[Line]) -> Books:
    books = Books()
    for entry in entries_of(lines):
        books.take(entry)
    return books


def accounts_of(lines: list[Line], seconds: int = 60) -> tuple[Account, Account]:
    return books_of(lines).accounts(NOW, timedelta(seconds=seconds))


def where(account: Account) -> str:
    """Where the one thing of this account is."""
    assert account.received == 1
    assert account.balanced
    found = [end for end, number in account.ends.items() if number] + list(account.in_flight)
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([received()], "received"),
        ([received(), routed()], "routed"),
        ([received(), routed("triage")], "held"),
        ([received(), routed("triage"), routed(), relayed()], "delivered"),
        ([received(), routed("queued")], "queued"),
        ([received(), routed("queued"), routed("triage")], "held"),
        ([received(), routed("queued"), routed()], "routed"),
        ([received(), routed(), routed("queued")], "routed"),
        ([received(), routed("queued"), routed(), relayed()], "delivered"),
        ([received(), routed("triage"), changed("resolved", 2)], "resolved"),
        ([received(), routed("queued"), changed("resolved", 2)], "resolved"),
        ([changed("resolved", 2), changed("triage", 1), routed("triage"), received()], "resolved"),
        ([received(), routed("triage"), changed("closed", 2, by=PEOPLE)], "resolved"),
        ([received(), routed("triage"), changed("closed", 3, previous="resolved")], "resolved"),
        ([received(), routed("triage"), changed("closed", 2, previous="triage", by=None)], "held"),
        ([received(), routed("queued"), changed("closed", 2, by=PEOPLE, successor="next")], "queued"),
        ([received(), routed("triage"), changed("resolved", 2), changed("triage", 3)], "held"),
        (
            [received(), routed("queued"), changed("resolved", 2), changed("waiting_insurer", 3), routed()],
            "routed",
        ),
        ([received(), routed("triage"), changed("resolved", 2), routed(), relayed()], "delivered"),
        ([received(), routed("queued"), changed("resolved", 2), routed("queued", "next")], "queued"),
        ([received(), routed(), changed("resolved", 2)], "routed"),
        ([received(), routed(), relayed("held"), changed("resolved", 2)], "held"),
        ([received(), changed("resolved", 2)], "received"),
        ([received(), asked()], "asked"),
        ([received(), asked("notice")], "received"),
        ([received(), asked(), routed(), relayed()], "delivered"),
        ([received(), asked(), answered("expired", None), routed("triage")], "held"),
        ([received(), answered()], "answered"),
        ([answered(), received()], "answered"),
        ([received(), asked(), answered("overtaken")], "asked"),
        ([received(), routed(), relayed("held")], "held"),
        ([received(), routed(), relayed("held"), relayed("released")], "delivered"),
        ([received(), routed(), relayed("held"), relayed("blocked")], "blocked"),
        ([received(), routed(), relayed()], "delivered"),
        ([received(), routed(), relayed(), webhook("pending")], "pending"),
        ([received(), routed(), relayed(), webhook("pending"), webhook("accepted")], "delivered"),
        ([received(), routed(), relayed(), webhook("pending"), webhook("failed")], "failed"),
        ([received(), routed(), webhook("delivered"), relayed()], "delivered"),
        ([received(), parked("router", received())], "parked"),
        ([received(), parked("router", received()), released("router")], "received"),
        ([received(), routed(), parked("masker", routed())], "parked"),
        ([received(), routed(), relayed(), parked("sla-watcher", relayed())], "delivered"),
        ([relayed(), routed(), received()], "delivered"),
        ([received(), received(), routed()], "routed"),
    ],
)
def test_a_message_is_where_its_own_events_say(lines: list[Line], expected: str) -> None:
    """Every path of a message to an insurer, in the order of topics or not, ends in exactly one place."""
    inbound, _ = accounts_of(lines)
    assert where(inbound) == expected
    assert not inbound.anomalies


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([reply()], "received"),
        ([reply(), decided()], "accepted"),
        ([reply(), decided(), requested()], "requested"),
        ([reply(), decided(), requested(), updated("pending")], "pending"),
        ([reply(), decided(), updated("unknown")], "unknown"),
        ([reply(), decided(), updated("accepted")], "delivered"),
        ([reply(), decided(), updated("sent"), updated("read")], "delivered"),
        ([reply(), decided(), updated("sent"), updated("failed")], "failed"),
        ([reply(), decided(), updated("unresolved")], "failed"),
        (
            [reply(), decided(), updated("delivered"), updated("sending"), updated("pending", attempt=0)],
            "delivered",
        ),
        ([reply(), decided(), updated("unresolved"), updated("sending", attempt=2)], "sending"),
        ([reply(), decided("held")], "held"),
        ([reply(), decided("held"), decided(), updated("sent")], "delivered"),
        ([reply(), decided("held"), decided("blocked")], "blocked"),
        ([reply(), decided("refused")], "refused"),
        ([reply(), decided("command")], "command"),
        ([commanded(), decided("command"), reply()], "command"),
        ([reply(), parked("masker", reply())], "parked"),
        ([reply(), decided(), requested(), parked("dispatcher", requested())], "parked"),
        ([updated("sent"), decided(), reply()], "delivered"),
        ([from_a_phone()], "asked"),
        ([from_a_phone("2026-03-02T08:50:00Z")], "asked"),
        ([from_a_phone(), addressed()], "received"),
        ([from_a_phone(), addressed(), decided(), updated("sent")], "delivered"),
        ([from_a_phone(), decided("refused")], "refused"),
        ([from_a_phone(), decided("answered")], "answered"),
        ([from_a_phone(), parked("masker", from_a_phone())], "parked"),
    ],
)
def test_a_reply_is_where_its_own_events_say(lines: list[Line], expected: str) -> None:
    """Every path of a reply to a policyholder ends in exactly one place."""
    _, replies = accounts_of(lines)
    assert where(replies) == expected
    assert not replies.anomalies


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        ([routed(), relayed()], "never received"),
        ([received(), relayed(), relayed("held")], "two ends: relayed and held"),
        ([received(), relayed("held"), relayed()], "two ends: held and relayed"),
        (
            [received(), relayed("held"), relayed("released"), relayed("blocked")],
            "two ends: released and blocked",
        ),
        (
            [received(), relayed("held"), relayed("blocked"), relayed("released")],
            "two ends: blocked and released",
        ),
        ([reply(), decided("held"), decided(), decided("blocked")], "two ends: accepted and blocked"),
        ([received(), relayed(), webhook("delivered"), webhook("failed")], "two ends: delivered and failed"),
        ([received(), relayed(), parked("router", received())], "two ends: delivered and parked"),
        ([received("2026-03-02T09:00:00Z"), routed()], "in flight for 600 s"),
        ([received("2026-03-02T09:00:00Z"), asked(until="2026-03-02T09:05:00Z")], "in flight for 600 s"),
        ([received("2026-02-26T09:10:00Z"), routed("queued")], "in flight for 345600 s"),
        ([received(), answered(), routed()], "two ends: answered and routed"),
        ([received(), answered(), relayed()], "two ends: answered and relayed"),
        ([reply("2026-03-02T09:00:00Z"), decided("command")], "in flight for 600 s"),
        ([reply(), decided("command"), decided()], "two ends: command and accepted"),
        ([decided("refused")], "never received"),
        ([reply(), decided(), decided("refused")], "two ends: accepted and refused"),
        ([reply(), updated("failed"), updated("delivered")], "two ends: failed and delivered"),
        ([reply("2026-03-02T09:00:00Z"), decided()], "in flight for 600 s"),
        ([from_a_phone("2026-03-02T08:30:00Z")], "in flight for 2400 s"),
        ([from_a_phone("2026-03-02T09:00:00Z"), addressed()], "in flight for 600 s"),
        ([addressed()], "never received"),
    ],
)
def test_what_cannot_be_is_an_anomaly(lines: list[Line], what: str) -> None:
    """An end without a receipt, two ends, and waiting too long are each named with their id."""
    accounts = accounts_of(lines)
    assert [each.what for account in accounts for each in account.anomalies] == [what]
    assert not report.sound(accounts)


@pytest.mark.parametrize("why", [asked(), routed("queued")])
def test_what_waits_for_people_is_not_overdue(why: Line) -> None:
    """A message whose writer is asked, or whose desk is full, is in flight, and nobody has to look for it yet."""
    inbound, _ = accounts_of([received("2026-03-02T09:00:00Z"), why])
    assert [each.seconds for each in inbound.waiting] == [600]
    assert not inbound.anomalies


def test_what_people_were_done_with_is_never_overdue() -> None:
    """However long ago it waited in a line: nobody has to look for it any more."""
    old = [received("2026-02-26T09:10:00Z"), routed("queued"), changed("resolved", 2)]
    inbound, _ = accounts_of(old)
    assert (inbound.ends["resolved"], inbound.waiting, inbound.anomalies) == (1, [], [])


def test_a_command_ends_when_it_was_answered() -> None:
    """Until its author was told what came of it, it is in flight, and so cannot be lost in silence."""
    _, waiting = accounts_of([reply(), decided("command")])
    _, ended = accounts_of([reply(), decided("command"), commanded()])
    assert (waiting.in_flight, ended.ends["command"]) == ({"command": 1}, 1)


def test_a_lost_webhook_is_not_taken_for_delivered() -> None:
    """Once an insurer is known to be reached by webhook, being on its topic is not yet being there."""
    other = derived_id("ms", "two")
    lines = [received(), relayed(), webhook("delivered")]
    second = (
        "inbound.received",
        "bowchat.inbound.received.v1",
        {"message_id": other, "received_at": RECEIVED},
    )
    inbound, _ = accounts_of([*lines, second, relayed(message=other)])
    assert (inbound.received, inbound.ends["delivered"], inbound.in_flight) == (2, 1, {"relayed": 1})


def test_an_insurer_cannot_write_into_the_books() -> None:
    """On its own topic it may claim any type; only the writer's topic counts."""
    forged = ("insurer.acme.replies", *received()[1:])
    assert accounts_of([forged])[0].received == 0


@pytest.mark.parametrize("of", [{"notice": True}, {"reveal_id": "rv_a"}, {"prompt_id": "pm_a"}])
def test_the_relays_own_words_are_no_reply(of: dict[str, Any]) -> None:
    """An answer to STOP, or a question of ours, is in no account, in whichever order the log has its events."""
    topic, type_, data = requested()
    for lines in (
        [(topic, type_, data | of), updated("delivered")],
        [updated("sent"), (topic, type_, data | of)],
    ):
        _, replies = accounts_of(lines)
        assert (replies.received, replies.anomalies, replies.balanced) == (0, [], True)


def test_what_names_no_message_is_shown_apart() -> None:
    """A parked record that cannot be read, or an entry without its fields, stops no account."""
    broken = ("inbound.received", "bowchat.inbound.received.v1", {"no": "id"})
    books = books_of([broken, parked("router", ("inbound.received", received()[1], {}))])
    assert (books.unreadable, len(books.unattributed_parks)) == (1, 1)


lives = st.lists(
    st.sampled_from([received(), routed(), routed("triage"), routed("queued"), asked(), answered(), commanded(),
                     changed("triage", 1), changed("resolved", 2), changed("waiting_insurer", 3),
                     decided("command"), relayed(), relayed("held"), relayed("released"),
                     relayed("blocked"), webhook("pending"),
                     webhook("delivered"), webhook("failed"), parked("router", received()), released("router"),
                     reply(), decided(), decided("held"), decided("blocked"), decided("refused"), updated("sent"),
                     updated("failed")]),
    max_size=14,
)  # fmt: skip


@given(lines=lives)
def test_the_books_balance_whatever_happens(lines: list[Line]) -> None:
    """Nothing received is counted twice or not at all, in any order of any events."""
    for account in accounts_of(lines):
        assert account.balanced
        assert len(account.waiting) == sum(account.in_flight.values())


async def _log(lines: list[Line]) -> MemoryLog:
    log = MemoryLog()
    for entry in entries_of(lines):
        await log.append([entry])
        await log.note([Read((entry["topic"], 0), entry["offset"], entry["offset"])])
    return log


async def test_the_command_prints_a_table_and_its_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    """Sound books are exit code 0; one overdue message is 1, and is named."""
    log = await _log([received(), routed(), relayed(), reply(), decided()])
    assert await balance(log, older_than_s=60, as_json=False, clock=lambda: NOW) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 98
    table = [line.split() for line in lines[1:4]]
    assert table == [
        ["inbound", "1", "1", *"000000000"],
        ["replies", "1", *"000000000", "1"],
        ["replies", "in", "flight:", "accepted", "1"],
    ]
    assert await balance(log, older_than_s=10, as_json=False, clock=lambda: NOW) == 1
    said = capsys.readouterr().out
    assert f"! replies {REPLY}: in flight for 30 s (last stage: accepted)" in said
    assert said.endswith("balanced, but 1 in flight for too long: see the lines marked with !\n")


async def test_what_cannot_be_is_not_called_balanced(capsys: pytest.CaptureFixture[str]) -> None:
    """A message that was routed and never received is an error of the books, however young it is."""
    assert await balance(await _log([routed()]), older_than_s=60, as_json=False, clock=lambda: NOW) == 1
    assert capsys.readouterr().out.endswith("\nNOT BALANCED: see the lines marked with !\n")


async def test_the_command_speaks_json(capsys: pytest.CaptureFixture[str]) -> None:
    """A program finds every number, and what waits where."""
    assert await balance(await _log([received()]), older_than_s=60, as_json=True, clock=lambda: NOW) == 0
    found = orjson.loads(capsys.readouterr().out)
    assert found["sound"]
    assert found["inbound"]["waiting"] == [{"id": MESSAGE, "stage": "received", "seconds": 30}]


async def test_the_events_of_one_message_can_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    """One line per entry, in order; exit code 1 when nothing is known."""
    log = await _log([received(), reply(), routed()])
    assert await events(log, MemoryKeys(), MESSAGE, as_json=True) == 0
    assert [orjson.loads(line)["seq"] for line in capsys.readouterr().out.splitlines()] == [1, 3]
    assert await events(log, MemoryKeys(), derived_id("ms", "other"), as_json=True) == 1


async def test_an_accepted_gap_lets_the_log_go_on_and_stays_in_it() -> None:
    """A person states the loss; the entry stands in the chain; the next record is no gap any more."""
    log = await _log([received()])
    record = Record(
        "inbound.received", 0, 5, None, Meta("ev_x", "bowchat.x.v1", "/x", NOW, ""), None, b"{}", 0
    )
    with pytest.raises(DependencyDownError):
        await run_batch(AuditHandler(log, LaneKeys(MemoryKeys()), NoHoles()), [record], NOW)
    assert await accept_gap(log, "inbound.received", 0, 4, reason="disk lost", clock=lambda: NOW) == 0
    await run_batch(AuditHandler(log, LaneKeys(MemoryKeys()), NoHoles()), [record], NOW)
    entries = await log.read(0, 10)
    assert [entry["type"] for entry in entries[1:]] == [domain.GAP_ACCEPTED, "bowchat.x.v1"]
    assert domain.first_break(EMPTY, entries) is None
    with pytest.raises(SettingsError, match="no gap"):
        await accept_gap(log, "inbound.received", 0, 4, reason="twice", clock=lambda: NOW)
