"""How conversations, their times and the promises are shown."""

from collections.abc import Iterable, Sequence

from bowchat_testkit.demo.cast import Line
from bowchat_testkit.demo.journeys import STOPS, Journey
from bowchat_testkit.demo.promises import Promise, broken
from bowchat_testkit.demo.screen import Screen
from bowchat_testkit.demo.stage import REPLY_AFTER_S, Stage
from bowchat_testkit.insurers import shown_text
from bowchat_testkit.whatsapp_payloads import Policyholder

_NOT_YET = "·"
_WAYS = {"kafka": "by its Kafka topic", "webhook": "by signed webhook"}
_BACK = {"kafka": "kafka", "webhook": "https"}
"""How an insurer answers that answers the way it was told."""
_ANSWERED = {"kafka": "by its Kafka topic", "https": "by HTTPS", "whatsapp": "from WhatsApp"}


def conversation(
    screen: Screen, stage: Stage, journey: Journey | None, *, number: str, line: Line | None = None
) -> None:
    """Both sides of one message and its answer. `line`: what was played, where it was the demo that wrote."""
    insurer = _insurer(journey) or (line.insurer if line else "")
    nobody = "For people to decide" if journey and journey.routed else "For nobody yet"
    whom = ", ".join([stage.name(insurer), *ways(journey)]) if insurer else nobody
    screen.heading(f"{number}. {whom}")
    who = line.person.name.split()[0] if line else "Someone"
    if line:
        screen.row("from", f"{_shown(line.person)}  (samples/cloud/{line.sample})", "dim")
    wrote = journey.wrote if journey else line.text if line else ""
    screen.row(f"{who} {'taps' if journey and journey.tapped else 'writes'}", wrote)
    if journey is None:
        screen.row("", "This message has not come through the relay.", "red")
        return
    screen.row("message id", journey.received.message_id, "dim")
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


def ways(journey: Journey | None) -> list[str]:
    """How the message came to the insurer, and how the answer came where that was another way."""
    if journey is None or journey.way is None:
        return []
    found = [_WAYS[journey.way]]
    if journey.replied is not None and journey.replied.via != _BACK[journey.way]:
        found.append(f"answered {_ANSWERED[journey.replied.via]}")
    return found


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
        screen.row("Insurer sees", _unseen(journey), "yellow")
        return
    screen.row("Insurer sees", shown_text(journey.seen), "cyan")
    screen.row("as from", journey.seen.alias, "cyan")
    screen.row("", f"message {journey.seen.seq} of thread {journey.seen.thread_id}", "cyan")


def _unseen(journey: Journey) -> str:
    """Why the insurer has nothing to see."""
    match journey.relayed.outcome if journey.relayed else None:
        case "blocked":
            return "nothing: people blocked it"
        case "relayed" | "released":
            return "it was passed on, but not to one of the insurers that are simulated here"
    if journey.stuck:
        return "nothing: it waits for people"
    if journey.routed is None:
        return "nothing yet: whom it is for is not known, and the policyholder may be asked"
    return "nothing yet"


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
