"""An aggregator's own commands are taken when every step can be done by whoever may give them."""

from pathlib import Path

import pytest

from bowchat_registry.loader import COMMANDS, Sources, parse, read_sources
from bowchat_registry.problems import RegistryError
from bowchat_registry.slash import Help, Parsed
from bowchat_registry.slash import parse as typed

EXAMPLE = Path(__file__).parents[4] / "registry"

GOOD = """\
commands:
  - name: done
    about: It is done
    roles: [insurer]
    arguments:
      - name: reason
        about: why
    steps:
      - "/note {reason}"
      - /resolve
"""


@pytest.fixture(scope="module")
def sources() -> Sources:
    return read_sources(EXAMPLE)


def problems_of(sources: Sources, text: str) -> list[str]:
    with pytest.raises(RegistryError) as caught:
        parse({**sources, COMMANDS: text.encode()}, "registry")
    return [str(each) for each in caught.value.problems]


def test_the_example_commands_can_be_given(sources: Sources) -> None:
    """Newcomers find commands that work, for the desks and insurers of the example."""
    registry = parse(sources, "registry")
    for text in ("/total_loss", "/total_loss burnt out", "/wrong_insurer coast-life it is life cover"):
        found = typed(text, "aggregator", registry.desks["acme-motor"], registry.commands, registry.desks)
        assert isinstance(found, Parsed), found
    help_ = typed("/help", "insurer", registry.desks["acme-motor"], registry.commands)
    assert isinstance(help_, Help)
    assert "/total_loss [reason]" in help_.text
    assert "/wrong_insurer" not in help_.text


def test_a_registry_needs_no_commands_of_its_own(sources: Sources) -> None:
    """Without the file there are the built-in ones; adding it is another version."""
    bare = {name: content for name, content in sources.items() if name != COMMANDS}
    registry = parse(bare, "registry")
    assert registry.commands == {}
    assert registry.version != parse(sources, "registry").version


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("name: done", "name: resolve", "@: commands[0].name: is a built-in command's name; choose another"),
        ("name: done", "name: handoff_to_x", "@: commands[0].name: is a built-in command's name"),
        ("name: done", "name: Done", "@: commands[0].name: is not written so"),
        ("/resolve", "/resolv", "@: commands[0].steps[1]: there is no such command; did you mean /resolve?"),
        ("/resolve", "resolve", "@: commands[0].steps[1]: is not written so"),
        ("/resolve", "/help", "@: commands[0].steps[1]: does nothing"),
        ("/resolve", "/done x", "@: commands[0].steps[1]: leads back to /done"),
        ("/resolve", "/hold soon", "@: commands[0].steps[1]: the time must be as 30m"),
        ("/resolve", "/handoff_to_claim", "@: commands[0].steps[1]: there is no such desk; did you mean /handoff_to_claims"),
        ("/resolve", "/assign acme-motor", "@: commands[0].steps[1]: may not be given by an insurer, whom roles names"),
        ("/resolve", "/resolve --dry-run", "@: commands[0].steps[1]: has --dry-run, which only who gives /done can add"),
        ("/resolve", "/resolve \u2014dry-run", "@: commands[0].steps[1]: has --dry-run"),
        ("/note {reason}", "/note --Dry-Run {reason}", "@: commands[0].steps[0]: has --dry-run"),
        ("roles: [insurer]", "roles: [boss]", "@: commands[0].roles[0]: is none of its values; choose"),
        ("steps:", "step:", "@: commands[0].step: is not a field"),
        ("commands:", "command:", "@: command: is not a field"),
    ],
)  # fmt: skip
def test_a_mistake_is_named(sources: Sources, old: str, new: str, expected: str) -> None:
    """File, line (`@`: the one that was changed), field, and what would be right."""
    line = GOOD.split(old, maxsplit=1)[0].count("\n") + 1
    found = problems_of(sources, GOOD.replace(old, new, 1))
    assert any(f"{COMMANDS}:{expected.replace('@', str(line))}" in each for each in found), found


@pytest.mark.parametrize(
    ("braced", "expected"),
    [
        ("{raeson}", "speaks of {raeson}, which is no argument; did you mean {reason}?"),
        ("{Reason}", "speaks of {Reason}, which is no argument; did you mean {reason}?"),
        ("{ reason }", "speaks of { reason }, which is no argument; did you mean {reason}?"),
        ("{reason.__class__}", "speaks of {reason.__class__}, which is no argument; did you mean {reason}?"),
        ("{why}", "speaks of {why}, which is no argument; choose one of: {reason}"),
        ("{}", "speaks of {}, which is no argument; choose one of: {reason}"),
        ("{{reason}}", "has a brace that belongs to no argument; write each as {reason}"),
        ("{reason", "has a brace that belongs to no argument; write each as {reason}"),
    ],
)
def test_what_stands_for_no_argument_is_refused(sources: Sources, braced: str, expected: str) -> None:
    """A slip in a placeholder is told at once, and never noted down as it is written."""
    found = problems_of(sources, GOOD.replace("{reason}", braced))
    assert found == [f"{COMMANDS}:9: commands[0].steps[0]: {expected}"]


def test_every_wrong_step_is_named_at_once(sources: Sources) -> None:
    """Nobody has to run the check once per step."""
    text = GOOD.replace("{reason}", "{Reason}").replace("/resolve", "/resolve --dry-run")
    assert [each.split(": ")[1] for each in problems_of(sources, text)] == [
        "commands[0].steps[0]",
        "commands[0].steps[1]",
    ]


def test_a_command_without_arguments_speaks_of_none(sources: Sources) -> None:
    """Who writes a placeholder and forgets its argument is told where it belongs."""
    bare = GOOD.replace("    arguments:\n      - name: reason\n        about: why\n", "")
    (found,) = problems_of(sources, bare)
    assert found.endswith(
        "commands[0].steps[0]: speaks of {reason}, which is no argument; add it to arguments"
    )


def test_commands_that_lead_in_a_circle_are_refused(sources: Sources) -> None:
    """However long the way round, and however the names are written."""
    more = GOOD.replace("/resolve", "/once_more") + (
        "  - name: once_more\n    about: again\n    roles: [insurer]\n    steps: [/and-on]\n"
        "  - name: and_on\n    about: again\n    roles: [insurer]\n    steps: [/done x]\n"
    )
    found = problems_of(sources, more)
    assert len([each for each in found if "leads back to" in each]) == 3


def test_commands_that_come_to_too_much_are_refused(sources: Sources) -> None:
    """Steps that multiply are counted, not done."""
    ten = [f"[{', '.join([f'/c{level - 1}'] * 10) if level else '/escalate'}]" for level in range(12)]
    each = "  - name: c{}\n    about: again\n    roles: [insurer]\n    steps: {}\n"
    text = "commands:\n" + "".join(each.format(level, steps) for level, steps in enumerate(ten))
    found = problems_of(sources, text)
    assert f"{COMMANDS}:13: commands[2].steps: come to more than 50 built-in commands; take fewer" in found


ENDS = "which ends the conversation; put it before"
RESTS = "which resolves the conversation, and cannot be done then; put it before, or /reopen between"


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (["/transfer bharat-health", "/note gone"], [f"steps[1]: comes after /transfer, {ENDS}"]),
        (
            ["/block_insurer they sell", "/escalate", "/note x"],
            [f"steps[1]: comes after /block_insurer, {ENDS}"],
        ),
        (["/move bharat-health", "/note gone"], [f"steps[1]: comes after /move, {ENDS}"]),
        (["/transfer bharat-health", "/urgent"], [f"steps[1]: comes after /transfer, {ENDS}"]),
        (["/resolve", "/hold 2h"], [f"steps[1]: comes after /resolve, {RESTS}"]),
        (["/resolve", "/handoff-to-claims"], [f"steps[1]: comes after /resolve, {RESTS}"]),
        (["/resolve", "/urgent"], [f"steps[1]: comes after /resolve, {RESTS}"]),
        (["/resolve", "/note done", "/resolve again"], [f"steps[2]: comes after /resolve, {RESTS}"]),
        (["/resolve", "/note done"], []),
        (["/resolve", "/reopen it is not", "/escalate"], []),
        (["/resolve", "/transfer bharat-health"], []),
        (["/urgent", "/note x", "/transfer bharat-health"], []),
        (["/escalate", "/move bharat-health"], []),
    ],
)
def test_a_step_that_can_never_be_done_is_refused(
    sources: Sources, steps: list[str], expected: list[str]
) -> None:
    """All steps are done or none: a command with one that its own steps before make impossible would never do anything."""
    listed = "".join(f"      - {each}\n" for each in steps)
    text = (
        f"commands:\n  - name: at_once\n    about: all of it\n    roles: [aggregator]\n    steps:\n{listed}"
        "  - name: move\n    about: elsewhere\n    roles: [aggregator]\n    arguments: [{name: insurer, about: whose}]\n"
        "    steps: [/escalate, '/transfer {insurer}']\n"
        "  - name: urgent\n    about: at once\n    roles: [aggregator]\n    steps: [/escalate]\n"
    )
    if expected:
        (found,) = problems_of(sources, text)
        number = int(expected[0][6])
        assert found == f"{COMMANDS}:{6 + number}: commands[0].{expected[0]}"
    else:
        parse({**sources, COMMANDS: text.encode()}, "registry")
