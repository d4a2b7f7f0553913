"""A comparison in words and figures. No message's words are in it."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from bowchat_router.shadow.comparing import Comparison, Difference, Where
from bowchat_router.shadow.world import Fate

_HEAD = ("from", "to", "messages", "share")
_WORDS = {
    "no_longer_asked": "no longer asked about",
    "newly_asked": "newly asked about",
    "no_longer_to_triage": "no longer to people",
    "newly_to_triage": "newly to people",
}


def table(result: Comparison) -> str:
    """The comparison as people read it."""
    if not result.messages:
        return "no message was received in this time\n"
    total = f"{result.changed:,} of {result.messages:,} messages would go another way"
    if not result.changed:
        return f"{total}\n"
    rows = [_HEAD, *_rows(result)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = [_line(row, widths) for row in rows]
    counts = [f"{_WORDS[name]}: {count:,}" for name, count in result.counts.items()]
    return "\n".join((f"{total} ({_share(result.changed, result)})", "", *lines, "", *counts)) + "\n"


def as_json(result: Comparison) -> dict[str, Any]:
    """The comparison for machines. Shares are of all messages."""
    return {
        "messages": result.messages,
        "changed": result.changed,
        **result.counts,
        "moves": [
            {
                "from": before._asdict(),
                "to": after._asdict(),
                "messages": count,
                "share": round(count / result.messages, 6),
            }
            for (before, after), count in _ordered(result)
        ],
    }


def line(difference: Difference) -> str:
    """One message on one line."""
    before, after = difference.before, difference.after
    return f"{difference.message_id}: {_told(before)} -> {_told(after)}"


def line_as_json(difference: Difference) -> str:
    given = {
        "message_id": difference.message_id,
        "from": asdict(difference.before),
        "to": asdict(difference.after),
    }
    return json.dumps(given, ensure_ascii=False, separators=(",", ":"))


def _ordered(result: Comparison) -> Iterable[tuple[tuple[Where, Where], int]]:
    """The most frequent first; what is alike in its own order, so that two runs print the same."""
    return sorted(result.moves.items(), key=lambda each: (-each[1], _place(each[0][0]), _place(each[0][1])))


def _rows(result: Comparison) -> Iterator[tuple[str, ...]]:
    for (before, after), count in _ordered(result):
        yield _place(before), _place(after), f"{count:,}", _share(count, result)


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    texts = [value.ljust(width) for value, width in zip(row[:2], widths[:2], strict=True)]
    figures = [value.rjust(width) for value, width in zip(row[2:], widths[2:], strict=True)]
    return "  ".join((*texts, *figures))


def _share(count: int, result: Comparison) -> str:
    return f"{100 * count / result.messages:.2f} %"


def _place(where: Where | Fate) -> str:
    return f"{where.insurer}/{where.desk} {where.outcome}" if where.insurer else where.outcome


def _told(fate: Fate) -> str:
    return f"{_place(fate)} by {fate.rule} ({'; '.join(fate.reasons)})"
