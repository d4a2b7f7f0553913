"""A command is read as it was meant or refused with what would be right, and a refusal never repeats what was typed."""

import sys
from collections.abc import Mapping
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bowchat_registry.commands import Command
from bowchat_registry.slash import BUILT_INS, Call, Help, Parsed, Refused, Role, is_command, parse

DESKS = {
    "claims": "claims",
    "surveyor": "claims",
    "underwriting": "underwriting",
    "underwriter": "underwriting",
}
INSURERS = {"acme": DESKS, "coast-life": {"advice": "advice", "motor-claims": "motor-claims"}}


def command(name: str, *steps: str, arguments: tuple[Mapping[str, str], ...] = ()) -> Command:
    roles = ["aggregator", "insurer"]
    return Command.model_validate(
        {"name": name, "about": "a test", "roles": roles, "steps": steps, "arguments": arguments}
    )


REASON = {"name": "reason", "about": "why"}
CUSTOM = {
    each.name: each.macro()
    for each in (
        command("total_loss", "/handoff_to_claims", "/note Total loss: {reason}", arguments=(REASON,)),
        command("rest", "/hold {long}", "/note rests", arguments=({"name": "long", "about": "how long", "default": "2h"},)),
        command("both", "/total_loss twice", "/escalate"),
    )
}  # fmt: skip


def read(text: str, role: Role = "aggregator", **changes: object) -> Parsed | Help | Refused | None:
    desks: Mapping[str, str] = DESKS if changes.get("insurer", True) else {}
    return parse(text, role, desks, CUSTOM, INSURERS)


def call(text: str, role: Role = "aggregator") -> Call:
    found = read(text, role)
    assert isinstance(found, Parsed), found
    (only,) = found.calls
    return only


def refused(text: str, role: Role = "aggregator", **changes: object) -> str:
    found = read(text, role, **changes)
    assert isinstance(found, Refused), found
    return found.detail


@pytest.mark.parametrize(
    "text", ["", "resolve", "see /resolve", "5/6", "*5*/6", "1.5/2", "*", "> ", "1. 2/3"]
)
def test_a_text_without_a_slash_before_it_is_a_text(text: str) -> None:
    """What is no command goes on as what it is."""
    assert read(text) is None
    assert not is_command(text)


@pytest.mark.parametrize(
    "text",
    [
        "/resolve",
        "  /resolve",
        "\u200b/Resolve",
        "\n/RESOLVE ",
        "\ufeff/resolve",
        "\u2003\u202a/resolve\u202c",
        "\ufe0f\u034f/resolve",
        "\u3164\u2800/resolve",
        "\uff0fresolve",
        "\u2215resolve",
    ],
)
def test_a_command_is_known_whatever_stands_unseen_before_it(text: str) -> None:
    """Neither case nor a space that a phone put there lets a command slip through to a policyholder."""
    assert is_command(text)
    assert call(text) == Call("resolve")


@pytest.mark.parametrize(
    "text",
    [
        "*/resolve*",
        "_/resolve_",
        "~/resolve~",
        "`/resolve`",
        "```/resolve```",
        "> /resolve",
        "- /resolve",
        "* /resolve",
        "\u2022 /resolve",
        "12. /resolve",
        "> 1. *_~```/resolve```~_*",
        "*\u200b\uff0fresolve* ",
        "*/resolve",
    ],
)
def test_a_command_is_known_however_it_is_formatted(text: str) -> None:
    """Bold, italic, struck through, code, a quote, a list: what WhatsApp makes of marks is a command none the less."""
    assert is_command(text)
    assert call(text) == Call("resolve")


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("*/note call back*", "call back"),
        ("*/note* call *back*", "call *back*"),
        ("* /note this* is so", "this* is so"),
        ("_/note_ the snake_case stays_", "the snake_case stays_"),
        ("_/note snake_case_", "snake_case"),
        ("/note *so*", "*so*"),
    ],
)
def test_formatting_that_began_before_a_command_ends_in_it(text: str, note: str) -> None:
    """The one mark that closes it goes, as in WhatsApp the first that ends a word; all others are the author's words."""
    assert call(text).text("text") == note


def test_the_marks_of_the_last_letter_stay() -> None:
    """Hindi ends words with marks: a note in it is kept to the last."""
    assert call("/note \u0920\u0940\u0915 \u0939\u0948").text("text") == "\u0920\u0940\u0915 \u0939\u0948"


@pytest.mark.parametrize(
    ("text", "role", "name", "arguments"),
    [
        ("/handoff_to_claims", "insurer", "handoff_to", {"desk": "claims"}),
        ("/handoff-to-underwriter it is  complex", "insurer", "handoff_to",
         {"desk": "underwriting", "why": "it is  complex"}),
        ("/assign acme", "aggregator", "assign", {"insurer": "acme"}),
        ("/assign Coast_Life motor_claims", "aggregator", "assign", {"insurer": "coast-life", "desk": "motor-claims"}),
        ("/transfer acme surveyor wrong insurer", "aggregator", "transfer",
         {"insurer": "acme", "desk": "claims", "why": "wrong insurer"}),
        ("/transfer acme wrong insurer", "aggregator", "transfer", {"insurer": "acme", "why": "wrong insurer"}),
        ("/request_docs licence, photo of the dent;  keys", "insurer", "request_docs",
         {"documents": ("licence", "photo of the dent", "keys")}),
        ("/note first line\n  second --line", "insurer", "note", {"text": "first line\n  second --line"}),
        ("/note \u201cin quotes\u201d", "insurer", "note", {"text": "in quotes"}),
        ("/note don't \"stop", "insurer", "note", {"text": "don't \"stop"}),
        ("/hold", "insurer", "hold", {}),
        ("/hold for 1d 12h", "insurer", "hold", {"for": timedelta(hours=36)}),
        ("/hold 90 minutes", "insurer", "hold", {"for": timedelta(minutes=90)}),
        ("/open", "insurer", "open", {}),
        ("/no_reply_needed they said thanks", "insurer", "no_reply_needed", {"why": "they said thanks"}),
        ("/block_insurer called them at home", "aggregator", "block_insurer", {"why": "called them at home"}),
        ("/request_contact survey of the car", "insurer", "request_contact", {"purpose": "survey of the car", "days": 7}),
        ("/request_contact --days 3 survey of the car", "insurer", "request_contact",
         {"purpose": "survey of the car", "days": 3}),
        ("/request_contact survey \u2014days=90", "insurer", "request_contact", {"purpose": "survey", "days": 90}),
    ],
)  # fmt: skip
def test_a_command_is_read_as_it_was_meant(
    text: str, role: Role, name: str, arguments: dict[str, object]
) -> None:
    """Names in any writing, desks by all their names, arguments by place, options anywhere, quotes of phones too."""
    found = call(text, role)
    assert (found.name, dict(found.arguments)) == (name, arguments)


def test_arguments_are_had_by_their_kind() -> None:
    """Who carries a command out asks for what it needs, and gets nothing where nothing was said."""
    docs, hold = call("/request_docs a, b"), call("/hold 2h")
    assert docs.items("documents") == ("a", "b")
    assert (hold.span("for"), call("/hold").span("for")) == (timedelta(hours=2), None)
    assert (call("/resolve done now").text("why"), call("/resolve").text("why")) == ("done now", "")
    assert call("/request_contact survey", "insurer").number("days") == 7


def test_a_dry_run_is_told_apart() -> None:
    """What would only be said is marked, wherever the option stands, and is no part of a text."""
    found = read("/resolve --dry-run all done")
    assert found == Parsed("/resolve", (Call("resolve", {"why": "all done"}),), dry_run=True)
    assert read("/resolve \u2014Dry-run") == Parsed("/resolve", (Call("resolve"),), dry_run=True)
    quoted = read('/note "--dry-run"')
    assert quoted == Parsed("/note", (Call("note", {"text": "--dry-run"}),))


@pytest.mark.parametrize(
    "text",
    [
        "/resolve --dryrun", "/resolve --dry_run", "/resolve -dry-run", "/resolve --dry-run.", "/resolve --dry-run=yes done",
        "/resolve -- dry-run done", "/resolve dry run", "/resolve dry-run", "/resolve \u2014 dry-run", "/resolve --Dry-rum",
        "/resolve all done --dry", "/note --dry-runs", "/block_insurer they called --dryrun", "/hold 2h --dry_run",
        "/total_loss --dryrun", "/assign acme --dryrun",
    ],
)  # fmt: skip
def test_a_mistyped_dry_run_does_nothing(text: str) -> None:
    """Whoever only wants to be told what would be done never does it by a slip."""
    assert "did you mean --dry-run?" in refused(text)


@pytest.mark.parametrize("option", ["--day 3", "-days 3", "--dayss=3"])
def test_a_mistyped_option_is_no_part_of_a_text(option: str) -> None:
    """The purpose is read by the policyholder, and the number of days is another than was meant."""
    assert "did you mean --days?" in refused(f"/request_contact survey {option}", "insurer")


@pytest.mark.parametrize(
    "text",
    [
        "the dry run went well", "a dry-run of the pump", "- dry skin", "dry", "-dry skin", "-5 days", '"--dryrun"',
        "--see below", "-",
    ],
)  # fmt: skip
def test_words_with_dashes_are_words(text: str) -> None:
    """A note may have them; in quotes even those that look like an option."""
    assert call(f"/note {text}").text("text") == text.strip('"')


@pytest.mark.parametrize(
    "second", ["/resolve", " /resolve done", "*/resolve*", "/total_loss dented", "/handoff_to_claims"]
)
def test_two_commands_in_one_message_are_refused(second: str) -> None:
    """The second would be taken for the first one's words, and never be done."""
    assert "one command" in refused(f"/escalate at once\n{second}")


def test_a_line_that_is_no_command_belongs_to_the_first() -> None:
    """A note has as many lines as it needs, also one with a path."""
    assert call("/note seen:\n/photos/1 and 2\n4/5").text("text") == "seen:\n/photos/1 and 2\n4/5"


def test_quotes_that_nothing_closes_cost_no_more_than_their_length() -> None:
    """An insurer may write 65,536 characters: each opening quote searches no text again."""

    def steps(times: int) -> int:
        calls = 0

        def count(_: object, event: str, __: object) -> None:
            nonlocal calls
            calls += event == "c_call"

        sys.setprofile(count)
        try:
            refused("/note " + "'a " * times)
        finally:
            sys.setprofile(None)
        return calls

    assert steps(4_000) < 3 * steps(2_000)


@pytest.mark.parametrize(
    ("text", "role", "said"),
    [
        ("/transfer acme clams", "aggregator", "did you mean claims? It is written: /transfer"),
        ("/", "insurer", "/help lists all"),
        ("/resolv", "insurer", "did you mean /resolve?"),
        ("/handoff_to_claim", "insurer", "did you mean /handoff_to_claims?"),
        ("/handoff_to_moon", "insurer", "/handoff_to_claims, /handoff_to_surveyor"),
        ("/handoff", "insurer", "there are /handoff_to_claims"),
        ("/assign acme", "insurer", "/assign is not yours to give"),
        ("/transfer coast-life", "insurer", "/transfer is not yours"),
        ("/block_insurer they called", "insurer", "/block_insurer is not yours"),
        ("/request_contact survey", "aggregator", "/request_contact is not yours"),
        ("/assign", "aggregator", "insurer is missing. It is written: /assign <insurer> [desk]"),
        ("/assign acm", "aggregator", "did you mean acme?"),
        ("/assign nobody", "aggregator", "there are acme, coast-life"),
        ("/assign acme clams", "aggregator", "did you mean claims?"),
        ("/assign acme moon", "aggregator", "there are claims, underwriting"),
        ("/transfer acme clams", "aggregator", "did you mean claims?"),
        ("/open now", "insurer", "there is more than it takes"),
        ("/open --force", "insurer", "it has no such option; it has --dry-run"),
        ("/no_reply_needed", "insurer", "why is missing"),
        ("/no_reply_needed x", "insurer", "why must have 3 to 500 characters"),
        ("/hold soon", "insurer", "as 30m, 2h or 3d"),
        ("/hold 31d", "insurer", "at most 30 days"),
        ("/hold 0h", "insurer", "as 30m"),
        ("/request_docs , ,", "insurer", "separated by commas"),
        ("/request_contact survey --days 91", "insurer", "from 1 to 90"),
        ("/request_contact survey --days", "insurer", "from 1 to 90"),
    ],
)
def test_a_slip_is_answered_with_what_would_be_right(text: str, role: Role, said: str) -> None:
    """Whoever typed it reads what to type instead."""
    assert said in refused(text, role)


def test_a_conversation_without_an_insurer_has_no_desks() -> None:
    """In triage there is nobody to hand it to; the way out is named."""
    assert "/assign gives it to one" in refused("/handoff_to_claims", insurer=False)


def test_help_lists_what_this_role_may_do_here() -> None:
    """An insurer reads nothing of what only the aggregator may; each desk has its line."""
    mine, theirs = read("/help", "insurer"), read("/help")
    assert isinstance(mine, Help)
    assert isinstance(theirs, Help)
    assert "/handoff_to_underwriter [why]: Hand the conversation to the desk underwriting" in mine.text
    assert "/total_loss <reason>: a test" in mine.text
    assert "/assign" not in mine.text
    assert "/assign <insurer> [desk]" in theirs.text
    assert "/request_contact" not in theirs.text
    one = read("/help hold", "insurer")
    assert one == Help(
        "/hold [for 2h]: Let it rest, for a time or until /open\n  for: how long, as 30m, 2h or 3d; at most 30 days"
    )
    assert "did you mean /hold?" in refused("/help hol")


def test_own_commands_are_their_steps() -> None:
    """Arguments go where the steps name them; a step may be an own command itself."""
    found = read("/total_loss the roof, and all doors", "insurer")
    assert isinstance(found, Parsed)
    assert found.name == "/total_loss"
    assert [(each.name, dict(each.arguments)) for each in found.calls] == [
        ("handoff_to", {"desk": "claims"}),
        ("note", {"text": "Total loss: the roof, and all doors"}),
    ]
    both = read("/both --dry-run")
    assert isinstance(both, Parsed)
    assert (both.dry_run, [each.name for each in both.calls]) == (True, ["handoff_to", "note", "escalate"])
    rests = read("/rest")
    assert isinstance(rests, Parsed)
    assert rests.calls[0].span("for") == timedelta(hours=2)


def test_an_argument_is_put_in_after_a_step_was_read() -> None:
    """Nothing that is typed becomes an option or another argument of a step."""
    found = read('/total_loss --see "a b" --days 3')
    assert isinstance(found, Parsed)
    assert found.calls[1].text("text") == "Total loss: --see a b --days 3"
    assert not found.dry_run
    quoted = read('/total_loss "--dry-run"')
    assert isinstance(quoted, Parsed)
    assert quoted.calls[1].text("text") == "Total loss: --dry-run"


def test_a_step_that_cannot_be_done_is_named() -> None:
    """None of the steps is done then."""
    assert "reason is missing" in refused("/total_loss")
    assert "its step 1 cannot be done: the time must be" in refused("/rest long")
    assert "its step 1 cannot be done: this conversation has no insurer" in refused(
        "/total_loss x", insurer=False
    )


def test_what_was_typed_stays_out_of_reprs() -> None:
    """A note may hold a number; a log line of the call must not."""
    assert "900123" not in repr(read("/note call +44 7700 900123"))


SECRET = "447700900123"
names = st.sampled_from([*BUILT_INS, *(f"handoff_to_{each}" for each in DESKS), *CUSTOM, "resolv", "x", ""])
words = st.sampled_from(
    [SECRET, f"+{SECRET}", "acme", "claims", "2h", "--days", "--dry-run", "a,b", '"', "'", "--", "{reason}"]
)


@given(st.one_of(st.text(), st.text().map("/{}".format)), st.sampled_from(["aggregator", "insurer"]))
def test_nothing_that_is_typed_breaks_the_reader(text: str, role: Role) -> None:
    """Every text is read, helped with, refused, or no command at all: by its first character that can be seen."""
    assert (read(text, role) is None) != is_command(text)


around = st.lists(
    st.sampled_from(["*{}*", "_{}_", "~{}~", "`{}`", "```{}```", "> {}", "- {}", "* {}", "1. {}"]),
    max_size=8,
)


def formatted(text: str, styles: list[str]) -> str:
    for each in styles:
        text = each.format(text)
    return f" {text}\n"


@given(st.text(alphabet=st.characters(exclude_characters="*_~`"), max_size=20), around)
def test_no_formatting_hides_a_command(text: str, styles: list[str]) -> None:
    """In whatever of WhatsApp's styles, one in another, what begins with a slash is a command."""
    assert is_command(formatted(f"/{text}", styles))


@given(
    st.sampled_from(sorted(BUILT_INS)), st.lists(st.sampled_from(["2h", "acme", "a, b", "why not"])), around
)
def test_a_formatted_command_is_read_as_the_plain_one(name: str, rest: list[str], styles: list[str]) -> None:
    """Formatting changes neither what is done nor with which arguments."""
    plain = " ".join((f"/{name}", *rest))
    assert read(formatted(plain, styles)) == read(plain)


@given(
    names, st.lists(words | st.text(max_size=8)), st.sampled_from(["aggregator", "insurer"]), st.booleans()
)
def test_a_refusal_repeats_nothing(name: str, rest: list[str], role: Role, glued: bool) -> None:
    """Whatever was mistyped, a number in it is not sent back, stored or logged with the refusal."""
    typed = f"/{name}{SECRET if glued else ''} {' '.join(rest)}"
    found = read(typed, role)
    if isinstance(found, Refused | Help):
        assert SECRET not in repr(found)
