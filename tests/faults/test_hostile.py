"""What people type, paste or import to break a terminal: nothing is interpreted, the console goes on."""

import csv
import io
import random
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.program import DEMO_DAY, FRIDAY, Console, home, log_of, recount, row, rows, whole
from tests.terminal import hotliner, sent

CLIPBOARD = "\x1b]52;c;cGlyYXRl\x07"
TITLE = "\x1b]0;pirate\x07"
POSITION = "\x1b[6n"
OVERRIDE = "\u202e"
C1 = "\x9b6n"
NAMES = (
    "Dupont [/] x",
    "[@click=app.quit]x",
    f"Osc{CLIPBOARD}Cinquante",
    f"Titre{TITLE}Volé",
    f"Position{POSITION}Fin",
    f"{OVERRIDE}Renversé",
    f"Contrôle{C1}Fin",
    "=cmd|'/C calc'!A1",
    "@SUM(1+1)",
    "Zalgo" + "\u0301" * 50,
    "x" * 5_000,
    "[bold red]Martin[/]",
    "{{ 7 * 7 }} {% raise %}",
    "Ligne\ndeux",
)
FORBIDDEN = tuple(
    text.encode() for text in ("\x1b]52", "\x1b]0;", POSITION, OVERRIDE, C1, "\x9b", "pirate\x07", "\x1b[31m")
)
"""None of these ever reaches the terminal, whatever the data."""


def hostile_file(folder: Path) -> Path:
    """A file of clients as an export of another program may be, every value hostile."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";")
    writer.writerow(("code", "nom", "prenom", "email", "telephone", "expire_le", "client_depuis", "note"))
    for number, name in enumerate(NAMES, 1):
        contact = (f"c{number}@example.org", "")
        writer.writerow((f"CLT-{number:05}", name, "Zoé", *contact, "26/12/2025", "01/01/2024", name))
    file = folder / "clients.csv"
    file.write_text(text.getvalue(), encoding="utf-8", newline="")
    return file


def check_raw(console: Console) -> None:
    for found in FORBIDDEN:
        assert found not in console.raw, f"{found!r} reached the terminal"


@pytest.mark.long
def test_hostile_names_on_every_screen(tmp_path: Path, opened: Callable[..., Console]) -> None:
    base = tmp_path / "base.db"
    command = hotliner("importer", str(hostile_file(tmp_path)), "--base", str(base), "--date", FRIDAY)
    done = subprocess.run(
        command, capture_output=True, check=False, timeout=60, env=home(tmp_path) | {"PATH": "/usr/bin"}
    )
    assert done.returncode in (0, 1), done.stderr.decode()
    for found in FORBIDDEN:
        assert found not in done.stdout + done.stderr
    people = rows(base, "SELECT id, last_name FROM client ORDER BY id")
    assert len(people) >= 10
    assert all(len(one["last_name"]) <= 200 for one in people)
    assert [one["last_name"] for one in people][:2] == ["Dupont [/] x", "[@click=app.quit]x"]

    console = opened(base)
    assert console.dashboard()["to_contact"] == len(people)
    console.press("t")
    console.wait_for(r"▌Zoé Dupont \[/\] x")
    for one in people:
        console.press("enter")
        console.wait_for(rf"CLT-{one['id']:05}[^\n]*(\n[^\n]*)*1 Fiche")
        console.press("n")
        console.wait_for("Note – Zoé")
        console.press("escape")
        console.wait_for("Note – Zoé", absent=True)
        console.press("backspace", "down")
        console.wait_for("À contacter aujourd’hui 14")
    console.press("home", "i", "enter")
    console.wait_for("Raccroché")
    console.press("h")
    console.choose("Terminer l’appel")
    console.leave_call("le client a raccroché")
    assert console.process.poll() is None
    check_raw(console)
    whole(base)


def test_bytes_that_are_not_utf8(marie: Path, opened: Callable[..., Console]) -> None:
    console = opened(marie)
    console.dashboard()
    broken = b"\xff\xfe\x80\xc3(\xe2\x82\xf0\x9f"
    console.send(broken)
    console.settle(0.1)
    console.press("n")
    console.wait_for("Note – Marie Dupuis")
    console.send(broken + "économies".encode())
    console.wait_for("économies")
    console.press("ctrl+s")
    console.wait_for("Note – Marie Dupuis", absent=True)
    (note,) = rows(marie, "SELECT text FROM event WHERE kind = 'note'")
    assert note["text"].endswith("économies")
    note["text"].encode()
    console.quit()


def test_what_is_pasted_is_cleaned(marie: Path, opened: Callable[..., Console]) -> None:
    console = opened(marie)
    console.dashboard()
    console.press("n")
    console.wait_for("Note – Marie Dupuis")
    console.send(f"\x1b[200~Avant {OVERRIDE}[/] {C1}\x00 après\nligne deux\x1b[201~")
    console.wait_for("ligne deux")
    console.press("ctrl+s")
    console.wait_for("Note – Marie Dupuis", absent=True)
    assert row(marie, "SELECT text FROM event WHERE kind = 'note'") == {
        "text": "Avant [/] 6n après\nligne deux"
    }
    check_raw(console)


LETTERS = "abcdefghijklmnoprstuvwxyz?/,;&é\"'(-è_çà0123456789 AZER[]"
NAMED = ("enter", "tab", "shift+tab", "escape", "backspace", "space", "up", "down", "left", "right")
MOVES = ("home", "end", "pageup", "pagedown", "f1", "f2", "ctrl+p", "ctrl+s", "ctrl+c", "shift+tab")
BURST, KEYS = 25, 4_000


@pytest.mark.long
def test_thousands_of_random_keys(demo: Path, opened: Callable[..., Console]) -> None:
    """Everything but what leaves the console on purpose (q, Ctrl+Q)."""
    seed = 20251220
    dice = random.Random(seed)
    console = opened(demo, date=DEMO_DAY, demo=True)
    console.dashboard()
    console.press("a")
    console.at("Préparer l’appel")
    console.choose("Composer")  # the keys begin in a call that has begun, and lead wherever they lead
    pressed: list[str] = []
    for _ in range(KEYS // BURST):
        kinds = dice.choices((LETTERS, NAMED, MOVES), weights=(6, 4, 1), k=BURST)
        burst = [dice.choice(kind) for kind in kinds]
        pressed += burst
        console.send("".join(sent(key) for key in burst))  # as they come: no hand waits between two of them
        console.settle(0.02, timeout=1)
        assert console.process.poll() is None, f"seed {seed}, last keys: {pressed[-200:]}\n{console.text}"
    console.settle(1)
    for _ in range(12):  # out of whatever is open
        if "Échap Retour" not in console.text and "plus tard" in console.text:
            break
        console.press("escape")
        console.settle(0.3)
    assert console.process.poll() is None, f"seed {seed}, last keys: {pressed[-200:]}\n{console.text}"
    assert "erreur inattendue" not in console.text
    assert "a service failed" not in log_of(demo), log_of(demo)
    console.kill()
    whole(demo)
    recount(demo)
    calls = rows(demo, "SELECT outcome FROM call WHERE started_at >= '2025-12-20 13:00'")
    assert calls
    check_counters(demo)


def check_counters(database: Path) -> None:
    """The figures kept by the acts are those of the terms."""
    kept = rows(database, "SELECT figure, sum(n) n FROM campaign_count GROUP BY figure HAVING sum(n) <> 0")
    panes = rows(database, "SELECT pane, count(*) n FROM subscription GROUP BY pane")
    counted = {one["pane"]: one["n"] for one in panes if one["pane"] != "retained"}
    retained = sum(one["n"] for one in panes if one["pane"] == "retained")
    known = {one["figure"]: one["n"] for one in kept}
    assert {name: known.get(name, 0) for name in counted} == counted
    kinds = ("renewed", "discounted", "downgraded", "paused")
    assert sum(known.get(name, 0) for name in kinds) in (retained, known.get("retained"))
