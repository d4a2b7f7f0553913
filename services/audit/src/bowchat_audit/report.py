"""The accounts, for people and for programs."""

from dataclasses import asdict, dataclass
from typing import Any

from bowchat_audit.accounts import ENDS, Account

_LISTED = 50
_HEADINGS = ("received", *ENDS, "in flight")


@dataclass(frozen=True)
class Strays:
    """Entries that belong to no message: shown beside the accounts, since no receipt counts them."""

    parked_without_a_message: int
    unreadable: int


def as_json(accounts: tuple[Account, ...], strays: Strays) -> dict[str, Any]:
    """Everything, for a program."""
    found: dict[str, Any] = {each.direction: asdict(each) | {"balanced": each.balanced} for each in accounts}
    return found | asdict(strays) | {"sound": sound(accounts)}


def as_text(accounts: tuple[Account, ...], strays: Strays) -> str:
    """A table, what is in flight by stage, and the anomalies one by one."""
    lines = [_row("", *_HEADINGS)]
    for each in accounts:
        numbers = (each.received, *(each.ends[end] for end in ENDS), sum(each.in_flight.values()))
        lines.append(
            _row(each.direction, *map(str, numbers)) + ("" if each.balanced else "  DOES NOT BALANCE")
        )
    for each in accounts:
        stages = ", ".join(f"{stage} {number}" for stage, number in sorted(each.in_flight.items()))
        lines += [f"{each.direction} in flight: {stages}"] if stages else []
    if strays.parked_without_a_message:
        lines.append(f"parked records that name no message: {strays.parked_without_a_message}")
    if strays.unreadable:
        lines.append(f"entries whose data cannot be read: {strays.unreadable}")
    anomalies = [(each.direction, one) for each in accounts for one in each.anomalies]
    lines += [
        f"! {direction} {one.id}: {one.what} (last stage: {one.stage})"
        for direction, one in anomalies[:_LISTED]
    ]
    if len(anomalies) > _LISTED:
        lines.append(f"! and {len(anomalies) - _LISTED} more; --json lists all")
    return "\n".join([*lines, _verdict(accounts)])


def _verdict(accounts: tuple[Account, ...]) -> str:
    if sound(accounts):
        return "balanced"
    anomalies = [one for each in accounts for one in each.anomalies]
    if all(each.balanced for each in accounts) and all(each.overdue for each in anomalies):
        return f"balanced, but {len(anomalies)} in flight for too long: see the lines marked with !"
    return "NOT BALANCED: see the lines marked with !"


def sound(accounts: tuple[Account, ...]) -> bool:
    """Do the books balance, with nothing impossible and nothing overdue?"""
    return all(each.balanced and not each.anomalies for each in accounts)


def _row(first: str, *cells: str) -> str:
    """As wide as its headings: with an indent, the table fits a terminal of a hundred columns."""
    aligned = (f" {cell:>{max(len(name), 5)}}" for name, cell in zip(_HEADINGS, cells, strict=True))
    return f"{first:<7}" + "".join(aligned)
