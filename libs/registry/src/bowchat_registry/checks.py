"""What registry files must say of each other: backups that can help, nothing promised twice, rules that lead somewhere."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date

from bowchat_registry.agreements import Agreement
from bowchat_registry.conditions import Condition
from bowchat_registry.desks import Backup, Desk
from bowchat_registry.endpoints import WebhookEndpoint
from bowchat_registry.keywords import words
from bowchat_registry.naming import Sayings, whose_phrases
from bowchat_registry.rules import Rule, Then
from bowchat_registry.taxonomy import Taxonomy
from bowchat_registry.written import instead

Place = tuple[str | int, ...]
_MEANS_MORE = "stands in a term or message of taxonomy.yaml, so it means more than an insurer; remove it from one of the two"
_SHORTEST = 6
"""Letters from which on a word and its slip are hardly both meant."""


class AgreementChecks:
    """Agreements beside each other and beside the taxonomy. `declared` are the insurers that have a file, also one with a
    mistake.
    """

    def __init__(
        self, agreements: Mapping[str, Agreement], declared: Collection[str], taxonomy: Taxonomy | None = None
    ) -> None:
        self._agreements, self._declared, self._taxonomy = agreements, declared, taxonomy

    def mistakes(self) -> Iterator[tuple[str, Place, str]]:
        """The insurer whose file is wrong, the place in it, and what to do."""
        for agreement in self._agreements.values():
            for place, text in self._backups(agreement):
                yield agreement.id, place, text
        yield from self._aliases()
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

    def _aliases(self) -> Iterator[tuple[str, Place, str]]:
        """A message in which an alias stands names its insurer, and so must mean no other and nothing else."""
        given = [
            (each.id, place, alias)
            for each in self._agreements.values()
            for place, alias in enumerate(each.aliases)
        ]
        whose = whose_phrases(self._agreements) if given else {}
        sayings = Sayings(self._taxonomy) if given and self._taxonomy else None
        for insurer, place, alias in given:
            if sayings and sayings.has(words(alias)):
                yield insurer, ("aliases", place), f"{alias} {_MEANS_MORE}"
            for other in sorted(whose[words(alias)] - {insurer}):
                text = f"{alias} is also what insurers/{other}.yaml is called; give each insurer its own"
                yield insurer, ("aliases", place), text

    def _shared(self) -> Iterator[tuple[str, Place, str]]:
        """Two insurers that shared a name or an address could be taken for each other."""
        taken: dict[tuple[Place, str], str] = {}
        for agreement in self._agreements.values():
            own: list[tuple[Place, str]] = [(("name",), words(agreement.name))]
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


def _like(tags: Sequence[str], known: Collection[str], why: str) -> Iterator[tuple[int, str]]:
    """Those that are a slip of one that is known. Others may be meant as they are: to describe a message, for people."""
    for place, tag in enumerate(tags):
        meant = [] if tag in known else sorted(each for each in known if _is_slip(tag, each))
        if meant:
            yield place, f"{tag} leads nowhere, for {why}; did you mean {meant[0]}?"


def _is_slip(one: str, other: str) -> bool:
    """Whether they differ in a letter left out or doubled, or in two that changed places. Another letter or a figure makes
    another word: `lang-en` and `lang-es`.
    """
    short, long = sorted((one, other), key=len)
    if len(long) < _SHORTEST:
        return False
    if len(short) == len(long):
        swaps = (long[:at] + long[at + 1] + long[at] + long[at + 2 :] for at in range(len(long) - 1))
        return short in swaps
    left_out = (long[:at] + long[at + 1 :] for at in range(len(long)) if not long[at].isdecimal())
    return short in left_out


def _overlap(one: Agreement, other: Agreement) -> bool:
    starts = [each.valid_from or date.min for each in (one, other)]
    ends = [each.valid_to or date.max for each in (one, other)]
    return max(starts) <= min(ends)


class RuleChecks:
    """Rules beside each other and beside the agreements and calendars they name."""

    def __init__(
        self, agreements: Mapping[str, Agreement], declared: Collection[str], calendars: Collection[str]
    ) -> None:
        self._agreements, self._declared, self._calendars = agreements, declared, calendars
        self._names: set[str] = set()

    def mistakes(self, rule: Rule) -> Iterator[tuple[Place, str]]:
        """What is wrong with the next rule, by its places."""
        if rule.name in self._names:
            yield ("name",), "is the name of a rule above; rename one"
        self._names.add(rule.name)
        for place, condition in rule.when.inner():
            for inner, text in self._condition(condition):
                yield ("when", *place, *inner), text
        yield from self._then(rule.then)
        yield from self._covered(rule)

    def slips(self, rules: Mapping[int, Rule]) -> Iterator[tuple[Place, str]]:
        """Tags of these rules, by their places in the list, that lead nowhere and are a slip of one that does."""
        given = {tag for rule in rules.values() for tag in rule.then.tags}
        asked = {tag for rule in rules.values() for _, each in rule.when.inner() for tag in each.tags}
        for agreement in self._agreements.values():
            asked.update(agreement.tags, *(desk.tags for desk in agreement.desks))
        for index, rule in rules.items():
            for place, text in _like(rule.then.tags, asked, "nothing asks for it"):
                yield (index, "then", "tags", place), text
            for inner, condition in rule.when.inner():
                for place, text in _like(condition.tags, given, "no rule gives it"):
                    yield (index, "when", *inner, "tags", place), text

    def _condition(self, condition: Condition) -> Iterator[tuple[Place, str]]:
        hours, history = condition.hours, condition.history
        if hours and hours.calendar and hours.calendar not in self._calendars:
            right = instead(hours.calendar, self._calendars) if self._calendars else "add it to calendars:"
            yield ("hours", "calendar"), f"is no calendar of this file; {right}"
        if hours and hours.insurer:
            yield from self._insurer(hours.insurer, "hours", "insurer")
            agreement = self._agreements.get(hours.insurer)
            if agreement and hours.desk not in agreement.desk_names:
                right = instead(hours.desk or "", agreement.desk_names)
                yield ("hours", "desk"), f"names no desk of this insurer; {right}"
        for index, insurer in enumerate(history.open_with if history else ()):
            yield from self._insurer(insurer, "history", "open_with", index)

    def _then(self, then: Then) -> Iterator[tuple[Place, str]]:
        if then.insurer:
            yield from self._insurer(then.insurer, "then", "insurer")
        named = self._agreements.get(then.insurer or "")
        covering = [each for each in self._agreements.values() if then.policy_type in each.policy_types]
        asked = [named] if named else covering or list(self._agreements.values())
        if then.desk and not any(then.desk in each.desk_names for each in asked):
            whose = "this insurer" if then.insurer else "any insurer"
            whose = f"an insurer with {then.policy_type}" if covering and not then.insurer else whose
            right = instead(then.desk, {name for each in asked for name in each.desk_names})
            yield ("then", "desk"), f"names no desk of {whose}; {right}"
        if then.policy_type and named and then.policy_type not in named.policy_types:
            right = instead(then.policy_type, named.policy_types)
            yield ("then", "policy_type"), f"is not covered by this insurer's agreement; {right}"

    def _covered(self, rule: Rule) -> Iterator[tuple[Place, str]]:
        """Where every message that the rule holds for has a policy type, its insurer covers that."""
        named = self._agreements.get(rule.then.insurer or "")
        for place, condition in rule.when.required() if named else ():
            for index, kind in enumerate(condition.policy_type):
                if named and kind not in named.policy_types:
                    right = instead(kind, named.policy_types)
                    text = f"{kind} is not covered by {named.id}, where the rule sends it; {right}"
                    yield ("when", *place, "policy_type", index), text

    def _insurer(self, insurer: str, *place: str | int) -> Iterator[tuple[Place, str]]:
        if insurer not in self._declared:
            yield place, f"has no file in insurers/; {instead(insurer, self._declared)}"
