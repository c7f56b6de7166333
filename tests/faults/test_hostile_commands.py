"""Hostile arguments, names and files given to every command in a terminal: said, and never obeyed by it."""

from __future__ import annotations

import os
import pty
import re
import shutil
import sys
import tempfile
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.cli.app import run
from console.cli.output import outcome
from tests.faults.test_conditions import CLIENTS
from tests.faults.test_hostile import CLIPBOARD, NAMES, OVERRIDE, POSITION, TITLE

WEAPONS = (
    f"a{CLIPBOARD}b{TITLE}c{POSITION}",
    f"a{OVERRIDE}b\u2066c\u200fd\u061ce",
    "a\x9b31mb\x9d0;x\x9cc\x90d\x85e",
    "a\rb\x08\x08c\x07d\x7fe\x0bf",
    "a\x1b]8;;http://x\x1b\\b\x1b[2J\x1b[?1049h\x1bcc",
    "a\U000e0041\u2028b\u2029c\ufeffd",
)
ALLOWED = re.compile(r"\r+\n|\r?\x1b\[K|\r(?=[█·])|\A\ufeff")
"""Ends of line, a progress that is written over, and how a table for Excel begins."""
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("{}",),
    ("relancer", "--{}"),
    ("relancer", "--date", "{}"),
    ("relancer", "--base", "{}"),
    ("relancer", "--agent", "{}"),
    ("importer", "{}"),
    ("importer", "{}.csv"),
    ("importer", "clients.csv", "--rejets", "{}"),
    ("evenements", "{}"),
    ("evenements", "clients.csv", "--source", "{}"),
    ("evenements", "--mis-de-cote", "--clore", "{}"),
    ("rebonds", "{}"),
    ("envoyer", "{}"),
    ("essai-envoi", "{}"),
    ("exporter", "{}"),
    ("exporter", "clients", "--format", "{}"),
    ("exporter", "clients", "--sortie", "{}/x"),
    ("exporter", "refus", "--du", "{}"),
    ("indicateurs", "--du", "{}"),
    ("rapport", "--mois", "{}"),
    ("rapport", "--sortie", "{}/x"),
    ("script", "{}"),
    ("sceller", "--sortie", "{}/x"),
    ("verifier", "--sceau", "{}"),
    ("rgpd", "{}", "CLT-1"),
    ("rgpd", "exporter", "{}"),
    ("rgpd", "effacer", "{}", "--oui"),
    ("utilisateur", "ajouter", "{}", "--role", "{}"),
    ("utilisateur", "desactiver", "{}"),
    ("sauvegarder", "{}/x"),
    ("restaurer", "{}"),
    ("transferer", "{}", "{}2"),
    ("contenu", "{}"),
    ("contenu", "verifier", "{}"),
    ("contenu", "revenir", "{}"),
    ("apercu", "{}"),
    ("droits", "{}"),
    ("config", "{}"),
    ("portail", "--port", "{}"),
)
FILES: dict[str, tuple[tuple[str, ...], str]] = {
    "columns": (("importer",), "code;nom;{};expire_le\nCLT-2;Roux;x;01/01/2031\n"),
    "values": (("importer",), "code;nom;email;expire_le\n{};{};{};{}\n"),
    "events": (("evenements",), '{{"id": "{}", "type": "{}", "client": "{}", "at": "{}"}}\n'),
    "mailbox": (("rebonds",), "From x\nFrom: {} <a@b.c>\nSubject: {}\nTo: x\n\n{}\n"),
    "a copy": (("restaurer",), "SQLite format 3\x00{}"),
    "a seal": (("verifier", "--sceau"), "Sceau n° 1 {}"),
}


def in_terminal(place: Path, arguments: list[str]) -> tuple[int, str]:
    """The exit code, and all that reached the terminal."""
    child, terminal = pty.fork()
    if child == 0:
        code = 99
        try:
            for name in [name for name in os.environ if name.startswith(("HOTLINER_", "XDG_"))]:
                del os.environ[name]
            sys.stdout, sys.stderr = (os.fdopen(os.dup(one), "w", encoding="utf-8") for one in (1, 2))
            os.environ["HOME"] = str(place / "home")
            os.chdir(place)
            code = outcome(lambda: run(arguments))
        finally:
            os._exit(code)
    read = b""
    while True:
        try:
            more = os.read(terminal, 1 << 16)
        except OSError:
            more = b""
        if not more:
            break
        read += more
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), read.decode("utf-8", "backslashreplace")


def harmless(said: str) -> None:
    said = ALLOWED.sub("\n", said)
    found = {char for char in said if char != "\n" and unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp")}
    assert not found, (found, said)
    assert "Traceback" not in said
    assert "imprévue" not in said


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp())
    (folder / "home").mkdir()
    (folder / "clients.csv").write_text(CLIENTS, encoding="utf-8")
    assert in_terminal(folder, ["importer", "clients.csv"])[0] == 0
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_an_argument_is_never_obeyed(place: Path, command: tuple[str, ...]) -> None:
    code, said = in_terminal(place, [part.replace("{}", "".join(WEAPONS)) for part in command])
    assert code in (0, 1, 2, 3), said
    harmless(said)


@pytest.mark.parametrize("name", FILES)
def test_neither_is_what_a_file_says_nor_its_name(place: Path, name: str) -> None:
    command, text = FILES[name]
    for number, weapon in enumerate(("".join(WEAPONS), " ".join(NAMES), WEAPONS[0])):
        file = place / f"{name} {weapon[:60].replace('/', '')} {number}.csv"
        file.write_text(text.replace("{}", weapon).replace("{{", "{").replace("}}", "}"), encoding="utf-8")
        code, said = in_terminal(place, [*command, file.name])
        assert code in (0, 1, 2, 3), said
        harmless(said)


def test_what_was_imported_is_harmless_wherever_it_is_printed(place: Path) -> None:
    rows = "".join(f"CLT-9{n};{weapon};x{n}@numi.example;01/01/2031\n" for n, weapon in enumerate(WEAPONS))
    (place / "armed.csv").write_text("code;nom;email;expire_le\n" + rows.replace("\r", ""), encoding="utf-8")
    in_terminal(place, ["importer", "armed.csv"])
    for command in (
        ("exporter", "clients"), ("exporter", "clients", "--format", "json"), ("exporter", "journal"),
        ("indicateurs",), ("rapport",), ("relancer",), ("envoyer",), ("verifier",), ("apercu",),
        ("rgpd", "exporter", "CLT-90"), ("utilisateur", "lister"), ("config",), ("script",),
    ):  # fmt: skip
        harmless(in_terminal(place, [*command])[1])
