"""The call simulator in a terminal: whatever ends the console, nothing of it stays, nothing real moves."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.program import AZERTY, DEMO_DAY, Console, rows, whole

REAL = (
    "client",
    "subscription",
    "call",
    "call_step",
    "churn_record",
    "callback",
    "escalation",
    "granted_offer",
)
SEED = "5"
"""Julien, who hesitates: it is not the moment."""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


@pytest.fixture
def console(tmp_path: Path, temporary: Path) -> Iterator[Console]:
    with Console(tmp_path / "demo.db", demo=True, date=DEMO_DAY) as one:
        one.dashboard()
        yield one


def real(folder: Path) -> dict[str, list[dict[str, Any]]]:
    return {table: rows(folder / "demo.db", f"SELECT * FROM {table}") for table in REAL}


def begin(console: Console) -> None:
    console.press("f")
    console.wait_for("Simuler un appel")
    console.press(AZERTY[2])
    console.wait_for("son numéro")
    console.type(SEED)
    console.press("enter")
    console.at("Préparer l’appel")


def test_a_simulated_call_is_had_by_the_keys_and_only_its_score_stays(
    console: Console, tmp_path: Path, temporary: Path
) -> None:
    before = real(tmp_path)
    begin(console)
    assert "SIMULATION  Julien Moreau" in console.text
    console.walk("Composer", "Le client est", "Hésite", "Ce n’est pas", "Ni l’un", "C’est définitif")
    console.walk("Ce n’est pas le moment", "= Trop de choses", "key:enter")
    console.choose("Bonne relation, mais pas")
    console.wait_for("Appel terminé : refus définitif")
    assert real(tmp_path) == before
    console.settle(0.1)
    console.press("enter")
    console.wait_for("Bien entendu +8 sur 8")
    console.wait_for("score gardé")
    assert not list(temporary.iterdir())
    assert real(tmp_path) == before
    (kept,) = rows(tmp_path / "demo.db", "SELECT * FROM event WHERE kind = 'simulated_call'")
    assert kept["client_id"] is kept["call_id"] is None
    whole(tmp_path / "demo.db")


@pytest.mark.parametrize(
    "end",
    [
        lambda one: one.kill(signal.SIGTERM),
        lambda one: one.kill(signal.SIGHUP),
        lambda one: one.hang_up(),
        lambda one: one.press("ctrl+q"),
    ],
    ids=["SIGTERM", "SIGHUP", "window", "Ctrl+Q"],
)
def test_however_the_console_ends_nothing_of_it_stays(
    console: Console, tmp_path: Path, temporary: Path, end: Callable[[Console], None]
) -> None:
    before = real(tmp_path)
    begin(console)
    console.walk("Composer", "Le client est")
    assert list(temporary.iterdir())
    end(console)
    console.process.wait(timeout=20)
    assert not list(temporary.iterdir())
    assert real(tmp_path) == before


def test_killed_in_a_simulation_the_console_comes_back_to_no_call(
    console: Console, tmp_path: Path, temporary: Path
) -> None:
    before = real(tmp_path)
    begin(console)
    console.walk("Composer", "Le client est", "Hésite")
    console.kill()
    assert real(tmp_path) == before
    with Console(tmp_path / "demo.db", demo=True, date=DEMO_DAY) as again:
        again.dashboard()
        again.settle(0.5)
        assert again.step == ""
        assert "SIMULATION" not in again.text
