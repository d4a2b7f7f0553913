"""What registry files must say of each other: backups that can help, nothing promised twice, rules that lead somewhere."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date

from bowchat_registry.agreements import Agreement
from bowchat_registry.desks import Backup, Desk
from bowchat_registry.endpoints import WebhookEndpoint
from bowchat_registry.rules import Rule
from bowchat_registry.written import instead

Place = tuple[str | int, ...]


class AgreementChecks:
    """Agreements beside each other. `declared` are the insurers that have a file, also one with a mistake."""

    def __init__(self, agreements: Mapping[str, Agreement], declared: Collection[str]) -> None:
        self._agreements, self._declared = agreements, declared

    def mistakes(self) -> Iterator[tuple[str, Place, str]]:
        """The insurer whose file is wrong, the place in it, and what to do."""
        for agreement in self._agreements.values():
            for place, text in self._backups(agreement):
                yield agreement.id, place, text
        yield from self._shared()
        yield from self._exclusive()

    def _backups(self, agreement: Agreement) -> Iterator[tuple[Place, str]]:
        for index, desk in enumerate(agreement.desks):
            if desk.backup:
                for field, text in self._backup(agreement, desk, desk.backup):
                    yield ("desks", index, "backup", field), text

    def _backup(self, agreement: Agreement, desk: Desk, backup: Backup) -> Iterator[tuple[str, str]]:
        insurer = backup.insurer or agreement.id
        if insurer not in self._declared:
            yield "insurer", f"has no file in insurers/; {instead(insurer, self._declared)}"
        other = self._agreements.get(insurer)
        if other is None:
            return
        if backup.desk not in other.desk_names:
            yield "desk", f"names no desk of {insurer}; {instead(backup.desk, other.desk_names)}"
        if (insurer, backup.desk) == (agreement.id, desk.name):
            yield "desk", "is the desk itself; name another"
        if insurer == agreement.id:
            return
        kinds = set(desk.policy_types or agreement.policy_types)
        if not kinds & set(other.policy_types):
            yield "insurer", f"{insurer} covers none of {', '.join(sorted(kinds))}; name one that does"
        if alone := sorted(kinds & set(agreement.exclusive)):
            yield (
                "insurer",
                f"is another insurer, while {', '.join(alone)} is exclusive; name a desk of this one, or end that",
            )

    def _shared(self) -> Iterator[tuple[str, Place, str]]:
        """Two insurers that shared a name or an address could be taken for each other."""
        taken: dict[tuple[Place, str], str] = {}
        for agreement in self._agreements.values():
            own: list[tuple[Place, str]] = [(("name",), agreement.name.casefold())]
            if isinstance(agreement.endpoint, WebhookEndpoint):
                own.append((("endpoint", "url"), agreement.endpoint.url))
            for each in own:
                other = taken.setdefault(each, agreement.id)
                if other != agreement.id:
                    yield (
                        agreement.id,
                        each[0],
                        f"is the same as in insurers/{other}.yaml; every insurer has its own",
                    )

    def _exclusive(self) -> Iterator[tuple[str, Place, str]]:
        taken: dict[str, list[Agreement]] = {}
        for agreement in self._agreements.values():
            for index, kind in enumerate(agreement.exclusive):
                for other in taken.setdefault(kind, []):
                    if _overlap(agreement, other):
                        yield (
                            agreement.id,
                            ("exclusive", index),
                            f"{kind} is exclusive to {other.id} at the same time; remove one or part their validity",
                        )
                taken[kind].append(agreement)


def _overlap(one: Agreement, other: Agreement) -> bool:
    starts = [each.valid_from or date.min for each in (one, other)]
    ends = [each.valid_to or date.max for each in (one, other)]
    return max(starts) <= min(ends)


def rule_mistakes(
    rule: Rule,
    above: Sequence[Rule],
    agreements: Mapping[str, Agreement],
    declared: Collection[str],
) -> Iterator[tuple[Place, str]]:
    """A rule beside those above it, and beside the agreements."""
    then = rule.then
    if any(rule.name == other.name for other in above):
        yield ("name",), "is the name of a rule above; rename one"
    if then.insurer and then.insurer not in declared:
        yield ("then", "insurer"), f"has no file in insurers/; {instead(then.insurer, declared)}"
    named = agreements.get(then.insurer or "")
    asked = [named] if named else list(agreements.values())
    if then.desk and not any(then.desk in each.desk_names for each in asked):
        whose = "this insurer" if then.insurer else "any insurer"
        right = instead(then.desk, {name for each in asked for name in each.desk_names})
        yield ("then", "desk"), f"names no desk of {whose}; {right}"
    if then.policy_type and named and then.policy_type not in named.policy_types:
        yield ("then", "policy_type"), "is not covered by this insurer's agreement"
