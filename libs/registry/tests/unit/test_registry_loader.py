"""A registry is taken whole or refused with every mistake named by file, line and field."""

import shutil
from pathlib import Path

import pytest

from bowchat_contracts.ids import derived_id
from bowchat_registry.loader import Sources, load, parse, read_sources
from bowchat_registry.problems import RegistryError

EXAMPLE = Path(__file__).parents[4] / "registry"
REF = derived_id("rf", "someone")


@pytest.fixture
def sources() -> Sources:
    return read_sources(EXAMPLE)


def problems_of(sources: Sources) -> list[str]:
    with pytest.raises(RegistryError) as caught:
        parse(sources, "registry")
    return [str(each) for each in caught.value.problems]


def changed(sources: Sources, file: str, old: str, new: str) -> Sources:
    text = sources[file].decode()
    assert old in text
    return {**sources, file: text.replace(old, new, 1).encode()}


def test_the_example_is_a_good_registry() -> None:
    """Newcomers start from a registry without a mistake, with insurers on Kafka and by webhook."""
    registry = load(EXAMPLE)
    assert registry.insurers == ("acme-motor", "bharat-health", "coast-life")
    assert {each.endpoint.kind for each in registry.agreements.values()} == {"kafka", "webhook"}


def test_the_version_is_the_content(sources: Sources) -> None:
    """The same files give the same version; any change gives another, of the registry and of that agreement alone."""
    before = parse(sources, "registry")
    after = parse(changed(sources, "insurers/acme-motor.yaml", "300", "301"), "registry")
    assert parse(dict(sources), "registry").version == before.version != after.version
    assert before.agreements["acme-motor"].version != after.agreements["acme-motor"].version
    assert before.agreements["coast-life"].version == after.agreements["coast-life"].version


ACME = "insurers/acme-motor.yaml"


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        (ACME, "first_response_seconds: 300", "first_response_seconds: 0", f"{ACME}:@: sla.first_response_seconds: "),
        (ACME, "seconds: 300", "seconds: yes", "sla.first_response_seconds: is read by YAML as a yes or no; give a whole"),
        (ACME, "ratio: 0.2", "ratio: on", "@: desks[1].breaker.ratio: is read by YAML as a yes or no; give a number"),
        (ACME, "location: coarse", "alias_days: true", "@: masking.alias_days: is read by YAML as a yes or no; give a w"),
        ("rules.yaml", "priority: 5", "priority: on", "@: rules[0].then.priority: is read by YAML as a yes or no; give a"),
        (ACME, "first_response_seconds", "first_response_secs", f"{ACME}:@: sla.first_response_secs: is not a field"),
        (ACME, "policy_types: [motor, home]", "policy_types: [motor, boat]", f"{ACME}:@: policy_types[1]: "),
        (ACME, "endpoint:\n  kind: kafka", "endpoint:\n  kind: pigeon", "@+1: endpoint.kind: is none of its values"),
        (ACME, "  kind: kafka", "  kind: webhook\n  url: http://example.invalid/x", f"{ACME}:@+1: endpoint.url: must be"),
        (ACME, "id: acme-motor", "id: acme-cars", "name; call the file acme-cars.yaml, or set id: acme-motor"),
        (ACME, "default_desk: service", "default_desk: moon", f"{ACME}:@: default_desk: names no desk of this insurer"),
        (ACME, "name: Acme Motor & Home", "name: Coast Life Assurance", "name: is the same as in insurers/acme-motor"),
        (ACME, "tags: [roadside]", "aliases: [coast]", f"{ACME}:@: aliases[0]: coast is also what insurers/coast-life.yaml"),
        (ACME, "tags: [roadside]", "aliases: [Car]", f"{ACME}:@: aliases[0]: Car stands in a term or message"),
        (ACME, "tags: [roadside]", "aliases: [health aide]", f"{ACME}:@: aliases[0]: health aide stands in a term or"),
        (ACME, "tags: [roadside]", "aliases: [claims]", f"{ACME}:@: aliases[0]: claims stands in a term or message"),
        (ACME, "tags: [roadside]", "aliases: [AX, The]", f"{ACME}:@: aliases[1]: The stands in a term or message"),
        (ACME, "tags: [roadside]", "aliases: [मेरी]", f"{ACME}:@: aliases[0]: मेरी stands in a term"),
        (ACME, "name: Acme Motor & Home", "name: Coast-life assurance", "name: is the same as in insurers/acme-motor"),
        (ACME, "tags: [roadside]", "aliases: ['!!']", f"{ACME}:@: aliases[0]: has no letter or digit; remove it"),
        (ACME, "location: coarse", "location: exact", "@: masking.location: is none of its values; choose one"),
        (ACME, "location: coarse", "locations: coarse", f"{ACME}:@: masking.locations: is not a field here"),
        (ACME, "pattern: ACM-####-######", "pattern: '[0-9]+'", "@: masking.shapes[0].pattern: is not written so"),
        (ACME, "pattern: ACM-####-######", "regex: 'ACM'", f"{ACME}:@: masking.shapes[0].regex: is not a field"),
        (ACME, "regions: [IN, GB]", "regions: [India]", "@: masking.regions[0]: is not written so; write it like IN"),
        (ACME, "[IN, GB]", "[IN, UK]", "@: masking.regions[1]: UK is no country with phone numbers; did you mean GB?"),
        (ACME, "[IN, GB]", "[XY]", "@: masking.regions[0]: XY is no country with phone numbers; write it as ISO 3166-1"),
        (ACME, "tags: [roadside]", "id: acme-motor", f"{ACME}:@: id: is there twice"),
        (ACME, "desks:", "desks: [", f"{ACME}:"),
        (ACME, "desks:", "desks: *x\nmore:", f"{ACME}:1: file: uses an alias"),
        ("rules.yaml", "policy_type: motor", "policy_type: boat", "rules.yaml:@: rules[0].then.policy_type: "),
        ("rules.yaml", "policy_type: motor", "insurer: nobody", "rules.yaml:@: rules[0].then.insurer: has no file"),
        ("rules.yaml", "policy_type: motor", "desk: moon", "rules.yaml:@: rules[0].then.desk: names no desk"),
        ("rules.yaml", "name: cashless-admission", "name: breakdown", "rules.yaml:@: rules[1].name: is the name"),
        ("rules.yaml", "tags: [roadside]", "tags: [roadsde]", "rules.yaml:@: rules[0].then.tags[0]: roadsde leads nowhere"),
        ("rules.yaml", "name: breakdown", "name: triage", "rules.yaml:@: rules[0].name: is one the router uses"),
        ("rules.yaml", "rules:", "rule:", "rules.yaml:3: file: must be `rules:`"),
        ("rules.yaml", "- name: breakdown", "- name: x\n    whn: 1", "rules.yaml:@+1: rules[0].whn: is not a field"),
        (ACME, "handles: [surveyor]", "handels: [surveyor]", ".handels: is not a field here; did you mean handles?"),
        (ACME, "zone: Asia/Kolkata", "zne: Asia/Kolkata", "@: hours.zne: is not a field here; did you mean zone?"),
        (ACME, "mon-fri: [09:00-13:00", "mon-fry: [09:00-13:00", "@: hours.weekly.mon-fry: is not written so; write"),
        (ACME, "2026-12-31:", "2026-12-32:", "@: hours.dates.2026-12-32: is wrong; give a date, like 2026-12-31"),
        (ACME, "country: IN", "country: NO", "@: hours.holidays.country: is read by YAML as a yes or no; put it in quotes"),
        (ACME, "subdivision: MH", "subdivision: XX", "@: hours.holidays.subdivision: has no holidays of its own in IN"),
        (ACME, "desk: service", "desk: servce", "backup.desk: names no desk of acme-motor; did you mean service?"),
        (ACME, "policy: [ACM-####-######]", "policy: ['##########']", "@: formats.policy[0]: needs two fixed letters"),
        (ACME, "ratio: 0.2", "ratio: 2", "@: desks[1].breaker.ratio: is wrong; give a number of at most 1"),
        (ACME, "kind: kafka", "kind: kafka\n  topic: x", "endpoint.topic: is not a field here; "),
        ("rules.yaml", "calendar: nights", "calendar: night", ".hours.calendar: is no calendar of this file; did you mean"),
        ("rules.yaml", "zone: Asia/Kolkata", "zone: Asia/Colcata", "rules.yaml:@: calendars.nights.zone: is no IANA"),
        ("rules.yaml", "intent: complaint", "intent: complain", "then.intent: complain is no intent of taxonomy.yaml; did"),
        ("rules.yaml", "priority: 5", "priority: 12", "@: rules[0].then.priority: is wrong; give a number of at most 9"),
        ("rules.yaml", "priority: 5", "priority: high", "@: rules[0].then.priority: is wrong; give a whole number"),
        (ACME, "09:00-13:00", "09:00-25:00", "@: hours.weekly.mon-fri[0]: is not written so; write it like 09:00-13:00"),
        (ACME, "id: acme-motor", "id: acme_motor", f"{ACME}:@: id: is not written so; write it like acme-motor: small"),
        (ACME, "kind: kafka", "kind: kafak", f"{ACME}:@: endpoint.kind: is none of its values; did you mean kafka?"),
        (ACME, "  kind: kafka", "  topic: x", "endpoint.kind: is missing; add it"),
        (ACME, "regions: [IN, GB]", "regions: IN", f"{ACME}:@: masking.regions: is wrong; give a list, like [one"),
        (ACME, "kind: kafka", "kind: whatsapp\n  number: 1", f"{ACME}:@+1: endpoint.number: is not a field here"),
        ("policies.csv", "policy_number,", "number,", "policies.csv:1: header: must be exactly"),
        ("policies.csv", "acme-motor,motor", "acme,motor", "2: insurer: 'acme' has no file in insurers/; did you mean"),
        ("policies.csv", "acme-motor,motor", "acme-motor,boat", "policies.csv:2: policy_type: 'boat' is no policy type of"),
        ("policies.csv", "000102", "000101", "policies.csv:3: policy_number: is the same as in line 2"),
        ("policies.csv", "ACM-2026-000101", "12345", "policies.csv:2: policy_number: must have 6 to 32"),
        ("policies.csv", "ACM-2026-000101", "ABCDEF", "policies.csv:2: policy_number: must be letters and digits"),
        ("policies.csv", "motor,motor", "motor,health", "2: policy_type: acme-motor does not cover 'health'; choose"),
        ("policies.csv", "motor,", "motor", "policies.csv:2: row: has 3 fields"),
    ],
)  # fmt: skip
def test_a_mistake_is_named(sources: Sources, file: str, old: str, new: str, expected: str) -> None:
    """Whoever wrote it is led to the file, the line (`@`: the one that was changed) and the field, and told what to do."""
    line = sources[file].decode().split(old)[0].count("\n") + 1
    wanted = expected.replace("@+1", str(line + 1)).replace("@", str(line))
    found = problems_of(changed(sources, file, old, new))
    assert any(wanted in each for each in found), found


def test_all_mistakes_are_told_at_once(sources: Sources) -> None:
    """Nobody has to run the check once per mistake."""
    broken = changed(sources, "policies.csv", "acme-motor,motor", "nobody,boat")
    broken = changed(broken, "rules.yaml", "policy_type: health", "insurer: nobody")
    broken = changed(broken, ACME, "first_response_seconds: 300", "first_response_seconds: soon")
    fields = [each.split(": ")[1] for each in problems_of(broken)]
    assert fields == ["sla.first_response_seconds", "insurer", "policy_type", "rules[1].then.insurer"]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (
            "{name: x, when: {policy_type: life}, then: {insurer: acme-motor}}",
            "rules[0].when.policy_type[0]: life is not covered by acme-motor, where the rule sends it; choose",
        ),
        (
            "{name: x, when: {all: [{policy_type: [motor, life]}]}, then: {insurer: acme-motor}}",
            "rules[0].when.all[0].policy_type[1]: life is not covered by acme-motor, where the rule sends it; choose one of",
        ),
        (
            "{name: x, when: {keywords_any: [yacht]}, then: {policy_type: life, desk: roadside}}",
            "rules[0].then.desk: names no desk of an insurer with life; did you mean advice?",
        ),
    ],
)
def test_a_rule_that_contradicts_an_agreement_is_refused(sources: Sources, rule: str, said: str) -> None:
    """No rule sends an insurer what it does not cover, or names a desk that who covers it does not have."""
    (found,) = problems_of({**sources, "rules.yaml": f"rules:\n  - {rule}\n".encode()})
    assert found.startswith(f"rules.yaml:2: {said}")


@pytest.mark.parametrize(
    "rule",
    [
        "{name: x, when: {none: [{policy_type: life}]}, then: {insurer: acme-motor}}",
        "{name: x, when: {any: [{policy_type: life}, {keywords_any: [yacht]}]}, then: {insurer: acme-motor}}",
        "{name: x, when: {policy_type: life}, then: {desk: roadside}}",
        "{name: x, when: {keywords_any: [yacht]}, then: {policy_type: travel}}",
    ],
)
def test_a_rule_that_may_be_meant_is_taken(sources: Sources, rule: str) -> None:
    """What is excluded, one way of several, a desk where there is one, a policy type that is nobody's yet."""
    assert parse({**sources, "rules.yaml": f"rules:\n  - {rule}\n".encode()}, "registry").rules.rules


def test_a_phone_number_is_refused_and_not_repeated(sources: Sources) -> None:
    """A contact's number in the policies is a mistake that must not travel on in an error text."""
    broken = changed(sources, "policies.csv", "acme-motor,motor,", "acme-motor,motor,+447700900123")
    (found,) = problems_of(broken)
    assert found.startswith("policies.csv:2: contact_ref: ")
    assert "bowchat-ingest refs" in found
    assert "900123" not in found


def test_a_mistake_in_an_agreement_is_not_one_of_its_policies(sources: Sources) -> None:
    """Whoever mistypes a field of one file is not sent to a thousand rows of another."""
    broken = changed(sources, ACME, "policy_types: [motor, home]", "policy_type: [home]")
    assert not [each for each in problems_of(broken) if each.startswith("policies.csv")]


def test_a_long_number_of_figures_is_a_policy_number(sources: Sources) -> None:
    """An insurer that numbers without letters has its policies listed, and found as policyholders write them."""
    figures = changed(sources, "policies.csv", "ACM-2026-000101", "3501/2345678")
    assert parse(figures, "registry").policies.named_in("it is 35012345678")


def test_a_copied_agreement_is_told_its_id(sources: Sources) -> None:
    """Who begins with a copy of another's file is not sent to a file that is there already."""
    copied = {**sources, "insurers/new-one.yaml": sources[ACME]}
    assert [each for each in problems_of(copied) if "new-one.yaml" in each and ": id: " in each] == [
        "insurers/new-one.yaml:3: id: must be the file's own name; set id: new-one, since acme-motor.yaml is there"
    ]


def test_a_missing_directory_is_one_line(tmp_path: Path) -> None:
    """Who stands in the wrong directory is told so, and not of each file that is missing."""
    with pytest.raises(RegistryError) as caught:
        load(tmp_path / "registry")
    assert (
        str(caught.value)
        == f"there is no directory {tmp_path}/registry: correct --registry or BOWCHAT_REGISTRY"
    )
    assert len(caught.value.problems) == 1


def test_missing_files_are_named(tmp_path: Path) -> None:
    """An empty directory says what belongs in it."""
    with pytest.raises(RegistryError, match=r"rules\.yaml:1: file: cannot be read"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("misnamed", "right"),
    [
        ("insurers/new.yml", "insurers/new.yaml"),
        ("insurers/New.YAML", "insurers/New.yaml"),
        ("commands.yml", "commands.yaml"),
        ("command.yaml", "commands.yaml"),
        ("insurers/commands.yml", "insurers/commands.yaml"),
    ],
)
def test_a_file_that_would_not_be_read_is_refused(tmp_path: Path, misnamed: str, right: str) -> None:
    """An agreement, or all commands, left out because of a file's name would be missed by nobody until a message is."""
    registry = tmp_path / "registry"
    shutil.copytree(EXAMPLE, registry)
    (registry / misnamed).write_text("commands: []")
    with pytest.raises(RegistryError) as caught:
        load(registry)
    assert [str(each) for each in caught.value.problems] == [
        f"{misnamed}:1: file: is not read; call it {right}"
    ]


def test_other_files_beside_a_registry_do_not_matter(tmp_path: Path) -> None:
    """A page for people, an editor's copy, a pipeline's own settings."""
    registry = tmp_path / "registry"
    shutil.copytree(EXAMPLE, registry)
    for name in ("README.md", "insurers/acme-motor.yaml~", "insurers/.acme-motor.yaml.swp", ".pipeline.yml"):
        (registry / name).write_text("notes: 1")
    assert load(registry).version == load(EXAMPLE).version


def test_a_file_that_is_not_utf8_is_named(sources: Sources) -> None:
    """A spreadsheet's own encoding is said, with the line of the first bad character."""
    broken = {**sources, "policies.csv": sources["policies.csv"] + "é".encode("latin-1")}
    assert any(each.startswith("policies.csv:9: file: is not UTF-8") for each in problems_of(broken))


def test_two_webhooks_at_one_address_are_refused(sources: Sources) -> None:
    """Two insurers that shared an address would read each other's messages."""
    twin = (
        sources["insurers/coast-life.yaml"]
        .decode()
        .replace("coast-life", "coast-two")
        .replace("Coast Life", "Two")
        .replace("exclusive: [annuity, retirement]\n", "")
    )
    line = twin.split("url:")[0].count("\n") + 1
    found = problems_of({**sources, "insurers/coast-two.yaml": twin.encode()})
    assert [each.split(";")[0] for each in found] == [
        f"insurers/coast-two.yaml:{line}: endpoint.url: is the same as in insurers/coast-life.yaml"
    ]
