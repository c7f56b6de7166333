"""What is imported, and when: a way in loads only what it serves; inner imports stand at few doors."""

import ast
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEAVY = frozenset(
    {
        *("alembic", "argon2", "holidays", "jinja2", "phonenumbers", "plotext", "psycopg", "xlsxwriter"),
        *("smtplib", "textual", "sqlalchemy", "sqlmodel", "typer", "pydantic", "babel", "screens"),
    }
)
"""Libraries that take tens of milliseconds to import, and our own screens."""

DATABASE = frozenset({"babel", "pydantic", "sqlalchemy", "sqlmodel"})
LOADS = {
    "console.__main__": frozenset[str](),
    "console.services": frozenset[str](),
    "console.content": frozenset[str](),
    "console.cli.app": frozenset({"babel", "pydantic", "typer"}),
    "console.cli.commands": DATABASE,
    "console.cli.start": frozenset({"pydantic"}),  # the first screen waits for it
    "console.dashboard.service": DATABASE,
    "console.rules.hours": frozenset({"babel"}),
    "screens.app": frozenset({"babel", "screens", "textual"}),
    "screens.dashboard.screen": frozenset({"babel", "screens", "textual"}),
}
"""A module, and all that it may load of the heavy ones: the others are imported where they serve.

Commands paint nothing, so load no Textual; the screens reach no database.
"""

DOORS = frozenset(
    {
        "console/__main__.py",
        "console/cli",  # a command imports what it runs
        "console/services.py",
        "console/content.py",
        "console/outside/outside.py",  # the registries: a service, a file or a way out when first asked for
        "screens/app.py",
        "screens/navigation.py",  # a screen when it is opened
    }
)
"""Where our own code may be imported inside a function."""

EXCEPTIONS = {
    "console/context.py": {"console.outside.outside", "console.rules.links"},  # where a link is made
    "console/db/engine.py": {"console.db.migrations"},  # Alembic, when the tables are out of date
    "console/demo/demo.py": {"console.demo.play", "console.demo.made"},  # when the demo is made again
    "console/training/service.py": {"console.training.simulator"},  # when a call is simulated
    # What the first screen opens, when it does: the first paint waits for none of them.
    "screens/common/client_actions.py": {
        *("screens.common.account", "screens.common.details", "screens.common.finder"),
        *("screens.common.note", "screens.common.oppose", "screens.common.preview"),
    },
    "screens/dashboard/screen.py": {
        *("screens.common.period", "screens.reasons.screen"),
    },
    "screens/session/session.py": {"screens.session.sign_in"},
}
"""Other modules, each with what they import inside functions, and why."""


@pytest.mark.parametrize("module", LOADS)
def test_a_way_in_loads_only_what_it_serves(module: str) -> None:
    told = subprocess.run(
        [sys.executable, "-c", f"import sys, {module}\nprint(*sys.modules)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert HEAVY & set(told) <= LOADS[module]


def test_no_screen_loads_the_database() -> None:
    """The services load it, in their thread and one at a time: two threads that begin to import SQLAlchemy
    find it half there, and a key must not wait for it."""
    screens = (path.relative_to(ROOT).with_suffix("") for path in (ROOT / "screens").rglob("*.py"))
    modules = ", ".join(sorted(".".join(path.parts).removesuffix(".__init__") for path in screens))
    told = subprocess.run(
        [sys.executable, "-c", f"import sys, {modules}\nprint('sqlalchemy' in sys.modules)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == "False"


def test_our_own_code_is_imported_inside_functions_at_the_doors_only() -> None:
    """An import that moves to the top of its module leaves the list of exceptions too."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for path, name in _inner_imports():
        if not any(path == door or path.startswith(f"{door}/") for door in DOORS):
            found[path].add(name)
    assert found == EXCEPTIONS


def test_a_store_is_used_by_its_own_room_alone() -> None:
    """Other rooms ask its service, or what is shared stands in a module of its own."""
    for file in sorted((ROOT / "console").rglob("*.py")):
        room = file.relative_to(ROOT / "console").parts[0]
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("console."):
                for name in [f"{node.module}.{alias.name}" for alias in node.names]:
                    _, owner, *rest = name.split(".")
                    stores = [one for one in rest[:1] if one == "store" or one.endswith("_store")]
                    assert not stores or owner == room, f"{file.relative_to(ROOT)}: {name}"


def _inner_imports() -> Iterator[tuple[str, str]]:
    """The file and the module imported, for each import of our own code inside a function."""
    for file in sorted(path for room in ("console", "screens") for path in (ROOT / room).rglob("*.py")):
        for function in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                for node in ast.walk(function):
                    for name in _named(node):
                        if name.partition(".")[0] in {"console", "screens"}:
                            yield file.relative_to(ROOT).as_posix(), name


def _named(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
