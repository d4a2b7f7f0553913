"""Who holds what with whom: the shipped registry, one insurer more, and the contacts of a run with their policies."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bowchat_contracts.ids import derived_id
from bowchat_registry.agreements import Agreement
from bowchat_registry.book import PolicyBook
from bowchat_registry.policies import Policy
from bowchat_registry.registry import Registry
from bowchat_testkit.bench_routing.threads.scripts import Script, scripts

FOURTH = Agreement.model_validate(
    {
        "id": "delta-travel",
        "name": "Delta Travel & Care",
        "policy_types": ["travel", "long_term_care"],
        "desks": [{"name": "service"}],
        "default_desk": "service",
        "formats": {"policy": ["DT-########"]},
        "sla": {"first_response_seconds": 300},
        "endpoint": {"kind": "kafka"},
    }
)
_LOOKS = {
    "acme-motor": "ACM-2026-######",
    "bharat-health": "BHS-##-####-##",
    "coast-life": "CLA/####/#####",
    "delta-travel": "DT-########",
}
_MOST_THREADS = 4
_SPARE = 0.3
"""So many contacts hold one policy more that they say nothing of."""


@dataclass(frozen=True, slots=True)
class Matter:
    """One thread's subject."""

    script: Script
    policy: Policy


@dataclass(frozen=True, slots=True)
class Person:
    """A policyholder and the matters that they will write about."""

    name: str
    matters: tuple[Matter, ...]
    spare: tuple[Policy, ...]

    @property
    def ref(self) -> str:
        return derived_id("rf", self.name)


def people(seed: int, threads: int, of: str) -> list[Person]:
    """As many policyholders as it takes for so many threads, each with two to four insurers. `of`: the set
    of scripts.
    """
    rng = random.Random(seed)
    found: list[Person] = []
    while sum(len(each.matters) for each in found) < threads:
        found.append(_person(rng, f"{seed}/{len(found)}", scripts(of)))
    return found


def registry_of(base: Registry, who: Sequence[Person]) -> Registry:
    """The shipped registry with the fourth insurer and everybody's policies."""
    policies = [*base.policies.policies]
    policies += [each.policy for person in who for each in person.matters]
    policies += [each for person in who for each in person.spare]
    agreements = {**base.agreements, FOURTH.id: FOURTH}
    return replace(base, version="rg_threads", agreements=agreements, policies=PolicyBook(policies))


def _person(rng: random.Random, name: str, told: Sequence[Script]) -> Person:
    language = "es" if rng.random() < 0.15 else "en"
    insurers = rng.sample(sorted(_LOOKS), rng.randint(2, _MOST_THREADS))
    matters = tuple(_matter(rng, name, insurer, language, told) for insurer in insurers)
    others = sorted(set(_LOOKS) - set(insurers))
    spare = [_policy(rng, name, rng.choice(others))] if others and rng.random() < _SPARE else []
    return Person(name, matters, tuple(spare))


def _matter(rng: random.Random, name: str, insurer: str, language: str, told: Sequence[Script]) -> Matter:
    """Spanish where there is a script, else English; who writes English may write Hindi now and then."""
    kinds = _kinds(insurer)
    fitting = [each for each in told if each.policy_type in kinds]
    alike = [each for each in fitting if (each.language == "es") == (language == "es")]
    script = rng.choice(alike or fitting)
    return Matter(script, _policy(rng, name, insurer, script.policy_type))


def _policy(rng: random.Random, name: str, insurer: str, kind: str | None = None) -> Policy:
    number = "".join(str(rng.randint(0, 9)) if each == "#" else each for each in _LOOKS[insurer])
    return Policy(number, insurer, kind or rng.choice(sorted(_kinds(insurer))), (derived_id("rf", name),))


def _kinds(insurer: str) -> frozenset[str]:
    return frozenset(_told_kinds()[insurer])


def _told_kinds() -> dict[str, tuple[str, ...]]:
    return {
        "acme-motor": ("motor", "home"),
        "bharat-health": ("health", "critical_illness"),
        "coast-life": ("life", "annuity", "retirement", "disability"),
        "delta-travel": FOURTH.policy_types,
    }


def insurers() -> Iterator[str]:
    """All insurers of the runs."""
    return iter(_LOOKS)
