"""The taxonomy is taken whole, or refused with every mistake named by file, line and field."""

from pathlib import Path

import pytest

from bowchat_registry.loader import Sources, parse, read_sources
from bowchat_registry.problems import RegistryError

EXAMPLE = Path(__file__).parents[4] / "registry"
TAXONOMY = "taxonomy.yaml"

SMALL = """\
policy_words: [policy]
policy_types:
  - name: boat
    description: Boats and what belongs to them.
    names: [boat insurance]
    words: [sail, mast]
    examples: [My mast broke, The sail is torn, We ran aground, Somebody took my dinghy, Is the anchor included]
  - name: pet
    description: Cats, dogs and their doctors.
    names: [pet insurance]
    examples: [My cat is ill, The dog bit me, Is the vet paid, What about puppies, He needs a vaccine]
intents:
  - name: claim
    description: Something has happened.
    examples: ["The {policy} must pay", It broke, It was stolen, We had a fire, My claim is late]
off_topic: [Hello my love, What a match, Buy crypto now, Nice weather today, Do you like pizza]
"""


@pytest.fixture(scope="module")
def sources() -> Sources:
    return read_sources(EXAMPLE)


def problems_of(sources: Sources, text: str) -> list[str]:
    with pytest.raises(RegistryError) as caught:
        parse({**sources, TAXONOMY: text.encode()}, "registry")
    return [str(each) for each in caught.value.problems]


def test_the_example_has_the_classes_of_a_broad_aggregator(sources: Sources) -> None:
    """Newcomers start from the usual lines of business and the usual wishes."""
    taxonomy = parse(sources, "registry").taxonomy
    assert taxonomy.policy_type_names == {
        "motor", "health", "life", "home", "travel", "disability", "critical_illness", "long_term_care", "annuity",
        "retirement",
    }  # fmt: skip
    assert taxonomy.intent_names == {
        "claim", "quote", "renewal", "payment", "cancellation", "change_details", "documents", "coverage", "complaint",
        "other",
    }  # fmt: skip


def test_an_aggregator_names_its_own_classes(sources: Sources) -> None:
    """A line of business is an entry in the file, whatever it is called, and agreements can serve it at once."""
    taxonomy = parse(own_business(sources), "registry").taxonomy
    assert taxonomy.policy_type_names == {"boat", "pet"}


def own_business(sources: Sources) -> Sources:
    """A registry of one insurer, for boats."""
    acme = sources["insurers/acme-motor.yaml"].decode()
    agreement = acme.replace("[motor, home]", "[boat]").replace("    intents: [quote]\n", "")
    return {
        TAXONOMY: SMALL.encode(),
        "rules.yaml": b"rules: []",
        "policies.csv": b"policy_number,insurer,policy_type,contact_ref\n",
        "insurers/acme-motor.yaml": agreement.encode(),
    }


def test_what_is_not_in_the_taxonomy_is_named(sources: Sources) -> None:
    """Agreements, rules and policies speak of its classes alone, and each mistake is led to its place."""
    broken = {**sources, TAXONOMY: sources[TAXONOMY].replace(b"- name: motor\n", b"- name: motors\n")}
    with pytest.raises(RegistryError) as caught:
        parse(broken, "registry")
    said = [str(each) for each in caught.value.problems]
    right = "motor is no policy type of taxonomy.yaml; did you mean motors?"
    assert f"insurers/acme-motor.yaml:5: policy_types[0]: {right}" in said
    assert any(each.startswith("rules.yaml:") and right in each for each in said)
    assert "policies.csv:2: policy_type: 'motor'" + right.removeprefix("motor") in said


def test_another_taxonomy_is_another_version(sources: Sources) -> None:
    """What the classifier learns from is part of what a decision is explained by."""
    other = {**sources, TAXONOMY: sources[TAXONOMY] + b"\n"}
    assert parse(other, "registry").version != parse(sources, "registry").version


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("name: boat", "name: Boat", "taxonomy.yaml:3: policy_types[0].name: is not written so"),
        ("name: pet", "name: boat", "taxonomy.yaml:8: policy_types[1].name: is the name of a class above"),
        ("[pet insurance]", "[Boat  insurance]", "taxonomy.yaml:10: policy_types[1].names[0]: also names another"),
        ("words: [sail, mast]", "words: [sail, '!!']", "taxonomy.yaml:6: policy_types[0].words[1]: has no letter"),
        ("    words:", "    keywords:", "taxonomy.yaml:6: policy_types[0].keywords: is not a field here"),
        (", The sail is torn", "", "taxonomy.yaml:7: policy_types[0].examples: is wrong"),
        ("The dog bit me", "my mast broke", "taxonomy.yaml:11: policy_types[1].examples[1]: is also an example above"),
        ("The dog bit me", "'My {policy}'", "policy_types[1].examples[1]: has {policy}, which is for intents"),
        ("    description: Something has happened.\n", "", "taxonomy.yaml:13: intents[0].description: is missing"),
        ("off_topic:", "offtopic:", "taxonomy.yaml:1: off_topic: is missing"),
        ("intents:\n", "intents: [\n", "is not YAML"),
    ],
)  # fmt: skip
def test_a_mistake_is_named(sources: Sources, old: str, new: str, expected: str) -> None:
    """Whoever wrote it is led to the file, the line and the field, and told what to do."""
    assert old in SMALL
    found = problems_of(sources, SMALL.replace(old, new, 1))
    assert any(expected in each for each in found), found


def test_a_registry_without_a_taxonomy_is_refused(sources: Sources) -> None:
    """Without it no message could be read; the file is named."""
    found = problems_of(sources, "")
    assert found == ["taxonomy.yaml:1: file: is empty; the example in registry/ shows what belongs in it"]
