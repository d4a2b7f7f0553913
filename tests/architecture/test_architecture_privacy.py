"""Who may look at private text, what may be logged, and what may stand in the repository at all."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*ROOT.glob("libs/*/src/**/*.py"), *ROOT.glob("services/*/src/**/*.py")])

MAY_REVEAL = {
    "libs/contracts/src/bowchat_contracts/pii.py": "defines it, and serialises what events must carry",
    "services/ingest/src/bowchat_ingest/domain.py": "checks that a reply's text can be carried at all",
    "services/router/src/bowchat_router/domain/hearing.py": "looks for policy numbers and keywords",
    "services/router/src/bowchat_router/domain/wording.py": "fills typed words into the relay's own",
    "services/router/src/bowchat_router/handlers/commands.py": "reads a command that was typed",
    "services/masker/src/bowchat_masker/seen.py": "masks the text: the masker's purpose",
    "services/masker/src/bowchat_masker/handlers/consents.py": "knows a tap on our own button by its id",
    "services/masker/src/bowchat_masker/handlers/held_replies.py": "judges a rewritten reply's text before it may go out",
    "services/masker/src/bowchat_masker/insurer_threads.py": "asks whether an insurer wrote anything beside a tag",
    "services/masker/src/bowchat_masker/stop_words.py": "asks whether a message says STOP or START and nothing else",
    "services/masker/src/bowchat_masker/handlers/reply_events.py": "puts the checked text into the delivery",
    "services/masker/src/bowchat_masker/prompts.py": "judges an insurer's words in a prompt before they may go out",
    "services/masker/src/bowchat_masker/handlers/replies.py": "judges a reply's text before it may go out",
    "services/dispatcher/src/bowchat_dispatcher/carriers.py": "hands an insurer's webhook its body",
    "services/dispatcher/src/bowchat_dispatcher/gateway.py": "puts the text into the call to WhatsApp",
    "services/dispatcher/src/bowchat_dispatcher/store.py": "keeps the text in the ledger until it is sent",
}
MAY_PRINT = {
    "libs/runtime/src/bowchat_runtime/cli.py": "a command's answer",
    "services/dispatcher/src/bowchat_dispatcher/people.py": "a command's answer",
}
UNLOGGABLE = {
    "body", "text", "content", "payload", "event", "record", "value", "number", "phone", "name", "username", "identity",
    "headers", "wamid", "bsuid",
}  # fmt: skip


WHOLE_BODIES = {"body", "text", "content", "payload", "event", "record", "identity", "headers"}
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}


def reveals(tree: ast.AST) -> list[int]:
    """Lines that look into a private value, by call or by handing the method on."""
    return [
        node.lineno for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr == "reveal"
    ]


def prints(tree: ast.AST) -> list[int]:
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"print", "pprint"}
    ]


def loose_logs(tree: ast.AST) -> Iterator[str]:
    """Log calls whose event name is not fixed, or that hand over a whole body."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if node.func.attr not in LEVELS or getattr(node.func.value, "id", "") != "log":
            continue
        first = node.args[0] if node.args else None
        if not (isinstance(first, ast.Constant) and re.fullmatch(r"[a-z][a-z0-9_]*", str(first.value))):
            yield f"line {node.lineno}: the event name must be a fixed snake_case text"
        for keyword in node.keywords:
            last = (
                keyword.value.attr
                if isinstance(keyword.value, ast.Attribute)
                else getattr(keyword.value, "id", "")
            )
            if keyword.arg in UNLOGGABLE or last in WHOLE_BODIES:
                yield f"line {node.lineno}: {keyword.arg}={last or '…'} may hold private data; log ids"


def _relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_private_text_is_revealed_only_where_it_has_to_be() -> None:
    """Every room that looks at what people typed stands in the list above, with its reason."""
    revealing = {_relative(path) for path in SOURCES if reveals(ast.parse(path.read_text()))}
    product = {path for path in revealing if "bowchat_testkit" not in path}
    assert product - MAY_REVEAL.keys() == set(), (
        "reveal() outside the allow-list; add the module there with a reason"
    )
    assert MAY_REVEAL.keys() - product == set(), "these no longer reveal anything: take them off the list"


def test_nothing_is_printed_but_the_answers_of_commands() -> None:
    """No event finds its way to standard output by a forgotten print."""
    printing = {_relative(path) for path in SOURCES if prints(ast.parse(path.read_text()))}
    others = {path for path in printing if not path.endswith("console.py") and "bowchat_testkit" not in path}
    assert others <= MAY_PRINT.keys()


@pytest.mark.parametrize("path", [path for path in SOURCES if "testkit" not in path.parts[-3]], ids=_relative)
def test_logs_have_fixed_names_and_hold_no_bodies(path: Path) -> None:
    """What reaches a log is an event name and ids."""
    assert list(loose_logs(ast.parse(path.read_text()))) == []


@pytest.mark.parametrize("code", ["x.text.reveal()", "list(map(MessageText.reveal, texts))"])
def test_the_search_finds_a_reveal(code: str) -> None:
    """The first test can fail."""
    assert reveals(ast.parse(code)) == [1]


def test_the_search_finds_a_print() -> None:
    """The second test can fail."""
    assert prints(ast.parse("def f(event):\n    print(event)")) == [2]


@pytest.mark.parametrize(
    "code",
    ["log.info(f'got {x}')", "log.info(name)", "log.info('Got It')", "log.info('got', body=b)", "log.info('got', x=r.text)",
     "log.error('got', what=event)"],
)  # fmt: skip
def test_the_search_finds_a_loose_log(code: str) -> None:
    """The third test can fail."""
    assert list(loose_logs(ast.parse(code)))


def test_the_search_lets_a_tidy_log_pass() -> None:
    """The third test can pass."""
    assert not list(loose_logs(ast.parse("log.info('batch_done', topic=topic, event_ids=ids)")))


# Written in two halves, so that this file does not find itself.
FORBIDDEN = {
    "a path of one machine": r"(?<![\w.$}-])/(ro" + r"ot|wor" + r"k|home/\w+)/",
    "a package registry's host": r"pypi\.or" + r"g|pythonhoste" + r"d|npmjs\.(or" + r"g|com)|repo1?\.mave" + r"n",
    "a registry option": r"--(extra-)?index-ur" + r"l|--find-links htt" + r"p|resolved\": \"htt" + r"p",
}  # fmt: skip


def forbidden(text: str) -> list[str]:
    return [
        f"{what}: {found[0]}" for what, pattern in FORBIDDEN.items() if (found := re.search(pattern, text))
    ]


def test_no_committed_file_names_a_machine_or_a_registry() -> None:
    """The repository works on any machine and against any mirror."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True
    ).stdout.decode()
    found = {}
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if path.is_file() and (problems := forbidden(path.read_text(errors="replace"))):
            found[name] = problems
    assert found == {}


@pytest.mark.parametrize("text", ["cd /ro" + "ot/x", "in /wor" + "k/main", "https://pypi.or" + "g/simple"])
def test_the_search_finds_forbidden_words(text: str) -> None:
    """The test above can fail."""
    assert forbidden(text)
