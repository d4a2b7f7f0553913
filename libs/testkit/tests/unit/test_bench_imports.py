"""What the bench of imports measures is what the relay takes."""

import shutil
from pathlib import Path

from bowchat_ingest.imports.csv_rows import CsvRows
from bowchat_ingest.imports.intake import SORTS, Intake, Kind
from bowchat_registry.declared import DeclaredNames
from bowchat_registry.loader import load
from bowchat_testkit.bench_imports.__main__ import asked
from bowchat_testkit.bench_imports.size import Size, insurer

ROOT = Path(__file__).parents[4]
SIZE = Size(insurers=3, contacts=5, policies=40)


def test_its_registry_and_files_are_good(tmp_path: Path) -> None:
    """The registry of a size is one that services read, and every row of its files is taken."""
    registry = tmp_path / "registry"
    shutil.copytree(ROOT / "registry", registry)
    SIZE.write_insurers(registry)
    assert load(registry).insurers == (insurer(0), insurer(1), insurer(2))
    files: dict[Kind, list[str]] = {
        "policies": list(SIZE.policy_rows()),
        "contacts": list(SIZE.contact_rows()),
    }
    for kind, lines in files.items():
        intake = Intake(SORTS[kind], DeclaredNames(registry).current(), lambda _, numbers: ())
        reader = CsvRows(intake.sort.names, intake.sort.needed)
        for place, row in reader.feed("\n".join(lines).encode(), final=True):
            intake.take(place, row)
        assert (intake.problems, intake.rows) == ([], len(lines) - 1)


def test_its_questions_are_answered() -> None:
    """A figure is printed only for questions that found what they asked for."""
    assert len(asked(SIZE)) == 2 + 6
