"""Every metric is declared in a `metrics.py`, and every alert, dashboard and test asks for one that is."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*ROOT.glob("libs/*/src/**/*.py"), *ROOT.glob("services/*/src/**/*.py")])
KINDS = {
    "Counter": ("",),
    "Gauge": ("",),
    "Histogram": ("_bucket", "_sum", "_count"),
    "Summary": ("_sum", "_count"),
}
# What Prometheus adds of itself.
ADDED_LABELS = {"service", "job", "instance", "le"}

Declared = dict[str, set[str]]


def declarations(tree: ast.AST) -> Iterator[tuple[str, str, set[str]]]:
    """Kind, name and labels of each metric a module makes."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in KINDS
            and node.args
        ):
            labels = node.args[2] if len(node.args) > 2 else None
            names = (
                {str(each.value) for each in ast.walk(labels) if isinstance(each, ast.Constant)}
                if labels
                else set()
            )
            if isinstance(node.args[0], ast.Constant):
                yield node.func.id, str(node.args[0].value), names


def series(paths: list[Path]) -> Declared:
    """Every time series these modules can give, with its labels."""
    found: Declared = {}
    for path in paths:
        for kind, name, labels in declarations(ast.parse(path.read_text())):
            found |= {name + suffix: labels for suffix in KINDS[kind]}
    return found


def asked(expression: str) -> Iterator[tuple[str, set[str]]]:
    """The relay's metrics in a PromQL expression, and the labels each is filtered by."""
    for match in re.finditer(r"\b(bowchat_[a-z0-9_]+)\s*(\{[^}]*\})?", expression):
        yield match[1], set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)\s*[\"']", match[2] or ""))


def grouped(expression: str) -> set[str]:
    return {
        label.strip() for found in re.findall(r"\bby\s*\(([^)]*)\)", expression) for label in found.split(",")
    }


def problems(expression: str, declared: Declared) -> list[str]:
    """What an expression asks for that no service gives."""
    found, known = [], set(ADDED_LABELS)
    for name, labels in asked(expression):
        if name not in declared:
            found.append(f"{name} is declared in no metrics.py")
            continue
        known |= declared[name]
        found += [f"{name} has no label {label}" for label in labels - declared[name] - ADDED_LABELS]
    return found + [f"there is no label {label} to group by" for label in grouped(expression) - known]


def expressions() -> Iterator[tuple[str, str]]:
    for path in sorted(ROOT.glob("deploy/prometheus/rules/*.yml")):
        for group in yaml.safe_load(path.read_text())["groups"]:
            yield from ((f"{path.stem}/{rule['alert']}", rule["expr"]) for rule in group["rules"])
    for path in sorted(ROOT.glob("deploy/grafana/dashboards/*.json")):
        for panel in json.loads(path.read_text())["panels"]:
            yield from ((f"{path.stem}/{panel['title']}", each["expr"]) for each in panel.get("targets", ()))


DECLARED = series([path for path in SOURCES if path.stem == "metrics"])
EXPRESSIONS = list(expressions())


@pytest.mark.parametrize(
    ("where", "expression"), EXPRESSIONS, ids=[f"{n}-{w}" for n, (w, _) in enumerate(EXPRESSIONS)]
)
def test_alerts_and_dashboards_ask_for_what_is_there(where: str, expression: str) -> None:
    """An alert on a misspelt metric never fires, and nobody notices."""
    assert problems(expression, DECLARED) == []


def test_the_alerts_own_tests_use_declared_metrics() -> None:
    """Promtool would test an alert happily on a metric that nobody writes."""
    for path in sorted(ROOT.glob("deploy/prometheus/tests/*.yml")):
        for test in yaml.safe_load(path.read_text())["tests"]:
            for each in test["input_series"]:
                assert problems(each["series"], DECLARED) == [], (path.name, test["name"])


def test_metrics_are_declared_in_one_file_per_member_under_our_name() -> None:
    """Whoever looks for a metric knows where, and it cannot clash with another product's."""
    for path in SOURCES:
        for _, name, _labels in declarations(ast.parse(path.read_text())):
            assert path.stem == "metrics", f"{name} is declared in {path.relative_to(ROOT)}"
            assert name.startswith("bowchat_")


def test_no_metric_is_labelled_by_a_person() -> None:
    """A label is stored for weeks and shown to many: no person's or conversation's id is one."""
    people = {
        "contact",
        "contact_id",
        "alias",
        "number",
        "conversation_id",
        "message_id",
        "delivery_id",
        "wamid",
        "recipient",
    }
    assert [name for name, labels in DECLARED.items() if labels & people] == []


def _rules() -> list[dict[str, Any]]:
    files = sorted(ROOT.glob("deploy/prometheus/rules/*.yml"))
    return [
        rule
        for path in files
        for group in yaml.safe_load(path.read_text())["groups"]
        for rule in group["rules"]
    ]


@pytest.mark.parametrize("rule", _rules(), ids=lambda rule: rule["alert"])
def test_an_alert_says_what_it_means_and_what_to_do(rule: dict[str, Any]) -> None:
    """Who is woken reads a summary, a meaning, an action, and finds the runbook's section."""
    notes = rule["annotations"]
    assert all(notes[each] for each in ("summary", "meaning", "action", "runbook"))
    page, _, anchor = notes["runbook"].partition("#")
    headings = [
        line.removeprefix("## ").lower()
        for line in (ROOT / page).read_text().splitlines()
        if line[:3] == "## "
    ]
    assert anchor in headings


def test_every_alert_is_tested_firing_and_quiet() -> None:
    """The promtool tests leave no alert out, and none that could not fail."""
    fires: set[str] = set()
    quiet: set[str] = set()
    for path in ROOT.glob("deploy/prometheus/tests/*.yml"):
        for test in yaml.safe_load(path.read_text())["tests"]:
            for case in test["alert_rule_test"]:
                (fires if case["exp_alerts"] else quiet).add(case["alertname"])
    assert fires == quiet == {rule["alert"] for rule in _rules()}


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("rate(bowchat_records[5m])", "bowchat_records is declared"),
        ("bowchat_hop_seconds", "bowchat_hop_seconds is declared"),
        ('bowchat_consumer_lag{insurer="a"}', "no label insurer"),
        ("sum by (desk) (bowchat_consumer_lag)", "no label desk"),
    ],
)
def test_the_search_finds_a_wrong_expression(expression: str, problem: str) -> None:
    """The tests above can fail."""
    assert any(problem in found for found in problems(expression, DECLARED))
