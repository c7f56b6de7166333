"""French typography in what the console itself says: no plain space before a sign that must not begin a line.

Contents that people type (scripts_fr/*.toml, data/) are left out: `typeset` does it for them.
"""

import ast
import re
from collections.abc import Iterator

from console.content import default_root

ROOT = default_root()
PLAIN_SPACE = re.compile(r"[^\s=<>] (?:[?!;](?!\w)|[»%](?![\w(])|€|:(?=\s|$))|« ")
NOT_FRENCH = frozenset({"sms_size.py", "when.py", "log.py", "refusals.py", "returned.py"})
"""An alphabet, patterns, a log's format."""
ALLOWED = frozenset({" ; "})
"""Between the values of a cell that programs read."""


def literals(source: str) -> Iterator[tuple[int, str]]:
    """Each text of a module with its line, docstrings left out, « {} » for what a text takes in."""
    tree = ast.parse(source)
    told: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            told.add(id(node.value))
        if isinstance(node, ast.JoinedStr):
            told |= {id(part) for part in node.values}
            yield (
                node.lineno,
                "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values),
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.lineno, node.value


def test_the_texts_of_the_program_have_their_no_break_spaces() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text[:80]}"
        for room in ("console", "screens")
        for path in sorted((ROOT / room).rglob("*.py"))
        if path.name not in NOT_FRENCH and "versions" not in path.parts
        for line, text in literals(path.read_text("utf-8"))
        if PLAIN_SPACE.search(text) and text not in ALLOWED
    ]
    assert found == []


def test_the_pages_have_their_no_break_spaces() -> None:
    found = []
    for path in (ROOT / "README.md", ROOT / "scripts_fr" / "LISEZ-MOI.md"):
        prose = re.sub(r"(?ms)^```.*?^```|`[^`\n]*`|^[|\-: ]+$", "x", path.read_text("utf-8"))
        found += [
            f"{path.name}: {match[0]}" for match in re.finditer(f".{{0,40}}(?:{PLAIN_SPACE.pattern})", prose)
        ]
    assert found == []


def test_a_plain_space_is_seen() -> None:
    seen = [
        bool(PLAIN_SPACE.search(text))
        for text in ("Prêt ?", "9 €", "« oui", "fin : rien", "fin\u202f: rien", "a:b")
    ]
    assert seen == [True, True, True, True, False, False]
