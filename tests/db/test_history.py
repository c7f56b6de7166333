"""Events: every kind is told or known not to be, and one module builds their rows."""

import ast
from collections.abc import Iterator

from console.base.history import EVENT_TITLES, UNTOLD, EventKind
from console.content import default_root


def test_every_kind_has_its_title_or_is_told_by_no_history() -> None:
    assert set(EVENT_TITLES) | UNTOLD == set(EventKind)
    assert not set(EVENT_TITLES) & UNTOLD


def event_rows(tree: ast.AST) -> Iterator[ast.Call]:
    """The calls that build a row of the table of events."""
    nodes = list(ast.walk(tree))
    tables = [
        node for node in nodes if isinstance(node, ast.ImportFrom) and node.module == "console.db.tables"
    ]
    if not any(name.name == "Event" for node in tables for name in node.names):
        return
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            called = [node.func, *(node.args[:1] if node.func.id in {"row", "NewRow"} else ())]
            if any(isinstance(one, ast.Name) and one.id == "Event" for one in called):
                yield node


def test_one_module_builds_the_rows_of_events() -> None:
    root = default_root() / "console"
    builders = {
        str(path.relative_to(root))
        for path in root.rglob("*.py")
        if any(event_rows(ast.parse(path.read_text())))
    }
    assert builders == {"db/history.py"}
