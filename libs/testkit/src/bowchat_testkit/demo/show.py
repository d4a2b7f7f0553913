"""How conversations, their times and the promises are shown."""

from collections.abc import Iterable, Sequence

from bowchat_contracts.insurer import InsurerMessage
from bowchat_testkit.demo.cast import Line
from bowchat_testkit.demo.journeys import STOPS, Journey
from bowchat_testkit.demo.promises import Promise, broken
from bowchat_testkit.demo.screen import Screen
from bowchat_testkit.demo.stage import REPLY_AFTER_S, WEBHOOK, Stage
from bowchat_testkit.insurers import shown_text
from bowchat_testkit.whatsapp_payloads import Policyholder

_SHORT_ALIAS = 9
"""Characters of an alias that are shown."""
_NOT_YET = "·"


def conversation(
    screen: Screen, stage: Stage, journey: Journey | None, *, number: str, line: Line | None = None
) -> None:
    """Both sides of one message and its answer. `line`: what was played, where it was the demo that wrote."""
    insurer = _insurer(journey) or (line.insurer if line else "")
    way = "by signed webhook" if insurer == WEBHOOK else "by its Kafka topic"
    nobody = "For people to decide" if journey and journey.routed else "For nobody yet"
    screen.heading(f"{number}. {stage.name(insurer)}, {way}" if insurer else f"{number}. {nobody}")
    who = line.person.name.split()[0] if line else "Someone"
    if line:
        screen.row("from", f"{_shown(line.person)}  (samples/cloud/{line.sample})", "dim")
    wrote = journey.wrote if journey else line.text if line else ""
    screen.row(f"{who} {'taps' if journey and journey.tapped else 'writes'}", wrote)
    if journey is None:
        screen.row("", "This message has not come through the relay.", "red")
        return
    _insurer_side(screen, journey)
    _way_back(screen, journey, who)
    if journey.breach is not None:
        change = journey.breach
        screen.row(
            "SLA breach",
            f"{change.target_s} s promised for a first answer, none came. Clock started {change.started_at:%H:%M:%S}, "
            f"breached {change.at:%H:%M:%S} UTC, for desk “{change.desk}”.",
            "yellow",
        )


def _insurer(journey: Journey | None) -> str | None:
    return journey.routed.insurer if journey and journey.routed else None


def _shown(person: Policyholder) -> str:
    known = [
        f"+{person.number}" if person.number else "number hidden",
        person.bsuid or "",
        person.username or "",
    ]
    return " · ".join([person.name, *filter(None, known)])


def _insurer_side(screen: Screen, journey: Journey) -> None:
    if (routed := journey.routed) is not None:
        desk = f", {routed.desk} desk" if routed.desk else ""
        screen.row("Relay routes", f"{routed.policy_type or routed.outcome}{desk}, by {routed.rule}", "dim")
    if journey.seen is None:
        asked = "nothing yet: whom it is for is not known, and the policyholder may be asked"
        unknown = asked if journey.routed is None else "nothing yet"
        why = "nothing: it waits for people" if journey.stuck else unknown
        screen.row("Insurer sees", why, "yellow")
        return
    screen.row("Insurer sees", shown_text(journey.seen), "cyan")
    screen.row("as from", _alias(journey.seen), "cyan")


def _alias(message: InsurerMessage) -> str:
    return f"{message.alias[:_SHORT_ALIAS]}…  message {message.seq} of thread {message.thread_id[:_SHORT_ALIAS]}…"


def _way_back(screen: Screen, journey: Journey, who: str) -> None:
    if journey.replied is None:
        screen.row("Insurer answers", "nothing", "dim")
        return
    screen.row("Insurer answers", journey.replied.text.reveal(), "cyan")
    if journey.read is not None:
        screen.row(f"{who} reads", journey.read.text, "green")
    else:
        outcome = journey.decided.outcome if journey.decided else "not decided yet"
        screen.row(f"{who} reads", f"nothing: {outcome}", "red")


def hops(screen: Screen, stage: Stage, found: Sequence[Journey]) -> None:
    """What each step took, since the one before."""
    screen.heading("Time each hop took, in milliseconds since the one before")
    rows = []
    for each in found:
        message = each.seen
        label = f"{stage.name(_insurer(each) or 'nobody')}{f', message {message.seq}' if message else ''}"
        rows.append([label, *(_NOT_YET if hop is None else f"{hop:,}" for hop in each.hops_ms)])
    screen.table(["from the webhook on", *STOPS[1:], "in all"], rows)
    screen.paragraph(
        "Most of it is this in-memory broker, which answers an idle reader late; `make bench` measures on Apache Kafka. "
        f"Insurers think for {round(REPLY_AFTER_S * 1000)} ms.",
        "dim",
    )


def outcome(screen: Screen, promises: Iterable[Promise]) -> bool:
    """Each promise, kept or not; whether all were."""
    checked = list(promises)
    screen.heading("What was promised")
    for promise in checked:
        screen.verdict(promise.text, kept=promise.kept, detail=promise.found)
    missed = list(broken(checked))
    screen.line()
    if missed:
        screen.paragraph(f"{len(missed)} of {len(checked)} promises were not kept.", "red")
    else:
        screen.paragraph(f"All {len(checked)} promises were kept.", "green")
    return not missed
