"""The scripts that set the database up say what the service relies on."""

import re
from pathlib import Path

from bowchat_audit import store

DEPLOY = Path(__file__).resolve().parents[4] / "deploy" / "mongo"


def test_the_index_script_makes_what_the_service_asks_for() -> None:
    """The unique index comes before the marker that vouches for it, under the marker's own name."""
    script = (DEPLOY / "indexes.js").read_text()
    assert script.index("{ dedup: 1 }, { unique: true }") < script.index(f'"{store._MARKER}"')


def test_the_log_user_is_given_insert_and_find_and_nothing_else() -> None:
    """Two actions on the log, no built-in role; what it may take away is keys alone."""
    script = (DEPLOY / "roles.js").read_text()
    assert re.findall(r"actions: (\[.*?\])", script) == [
        '["insert", "find"]',
        '["insert", "find", "remove"]',
        '["insert", "find"]',
    ]
    assert 'resource: { db: "audit_keys", collection: "keys" }' in script
    assert script.count("privileges, roles: []") == 2
    assert 'user("audit", "audit", password("audit"), [' in script
    assert "root" not in script
