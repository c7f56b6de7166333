"""kill -9 and signals, wherever a call stands: nothing acknowledged is lost, nothing is written twice."""

import random
import re
import shutil
import signal
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.program import AZERTY, SENTENCE, Console, row, rows, whole
from tests.world import REFUSAL, World, paris

NOTE = "Parle d’un nouveau loyer ; à rappeler plutôt le matin."
WALK = (
    ("Préparer l’appel", "Composer"),
    ("Ça sonne", "Le client est au bout du fil"),
    ("Se présenter et demander l’intention", "Hésite"),
    ("Comprendre ce qui bloque", "Le prix"),
    ("Trop cher, à l’année : ce qui est possible", "Rien ne lui convient"),
    ("Refus définitif : la raison", "Trop cher"),
    ("Noter ses mots", "key:enter"),
    ("Dire la suite et prendre congé", "Bonne relation : relance"),
)


def again(console: Console, opened: Callable[..., Console], database: Path) -> Console:
    """Kill the console, and open another one."""
    console.kill()
    return opened(database)


@pytest.mark.long
def test_killed_at_every_step(marie: Path, opened: Callable[..., Console]) -> None:
    console = opened(marie)
    console.dashboard()
    console.press("a")
    for title, act in WALK:
        console.at(title)
        if title == "Noter ses mots":
            console.type(SENTENCE)
            console.settle(1, timeout=1)
        if title == "Comprendre ce qui bloque":
            console.press("n")
            console.wait_for("Note – Marie Dupuis")
            console.type(NOTE)
            console.settle(1, timeout=1)
        console = again(console, opened, marie)
        text = console.at(title)
        assert re.search(r"Marie Dupuis +CLT-00245", text), text
        whole(marie)
        if title == "Noter ses mots":
            assert SENTENCE[-25:] in text
        if title == "Comprendre ce qui bloque":
            console.wait_for("Note – Marie Dupuis")
            console.wait_for(re.escape(NOTE[-25:]))
            console.press("ctrl+s")
            console.wait_for("Note – Marie Dupuis", absent=True)
        console.walk(act)
    console.wait_for("Appel terminé : refus définitif")
    console = again(console, opened, marie)
    assert console.dashboard()["refused"] == 1
    whole(marie)
    assert row(marie, "SELECT verbatim FROM churn_record") == {"verbatim": SENTENCE}
    assert row(marie, "SELECT text FROM event WHERE kind = 'note'") == {"text": NOTE}
    assert len(rows(marie, "SELECT 1 FROM call WHERE started_at > '2025-12-19'")) == 1
    assert len(rows(marie, "SELECT 1 FROM message WHERE kind = 'cloture'")) == 1


def at_the_end(marie: Path) -> Path:
    """The database with a call that only lacks its final key."""
    world = World(marie, paris("2025-12-19T15:00"))
    world.walk(world.begin(1), *REFUSAL[:-2])
    world.database.close()
    return marie


@pytest.mark.parametrize("place", ["note", "verbatim"])
def test_killed_while_typing_without_pause(place: str, marie: Path, opened: Callable[..., Console]) -> None:
    console = opened(at_the_end(marie))
    console.at("Noter ses mots")
    if place == "note":
        console.press("escape")
        console.wait_for("n Note")
        console.press("n")
        console.wait_for("Note – Marie Dupuis")
    typed: list[tuple[float, str]] = []
    words = "".join(f"mot{n} " for n in range(20))
    for char in words:
        console.send(char)
        typed.append((time.monotonic(), char))
        console.settle(0.015, timeout=0.015)
    console.kill()
    killed_at = time.monotonic()
    sure = "".join(char for at, char in typed if at < killed_at - 1).rstrip()
    assert len(sure) > 20
    drafts = row(marie, "SELECT drafts FROM call WHERE ended_at IS NULL")["drafts"]
    assert sure in drafts

    console = opened(marie)
    console.wait_for(f"{sure.split()[-2]} ")  # the end is in view: typing goes on from there
    if place == "note":
        console.wait_for("Note – Marie Dupuis")
    console.at("Noter ses mots")


def test_killed_around_the_final_key(marie: Path, tmp_path: Path, opened: Callable[..., Console]) -> None:
    world = World(marie, paris("2025-12-19T15:00"))
    world.walk(world.begin(1), *REFUSAL[:-1])
    world.database.close()
    base = tmp_path / "base.db"
    moments = random.Random(20251219)
    story: list[str] = []
    for _ in range(6):
        for left in tmp_path.glob("base.db*"):
            left.unlink()
        shutil.copy(marie, base)
        console = opened(base)
        console.at("Dire la suite et prendre congé")
        console.settle(0.1)
        delay = moments.uniform(0, 0.1)
        end = time.monotonic() + delay
        console.press(AZERTY[0])
        while (left_s := end - time.monotonic()) > 0:
            console.pump(left_s)
        acknowledged = "Appel terminé" in console.text
        console.kill()
        whole(base)
        records = len(rows(base, "SELECT 1 FROM churn_record"))
        story.append(f"{delay * 1000:.0f} ms: acknowledged {acknowledged}, {records} record")
        assert records == 1 or not acknowledged, story
        assert len(rows(base, "SELECT 1 FROM message WHERE kind = 'cloture'")) == records, story
        ended = rows(base, "SELECT 1 FROM subscription WHERE status = 'cancelled' AND pane = 'refused'")
        assert len(ended) == records, story
    again_open = opened(base)
    if records:
        assert again_open.dashboard()["refused"] == 1
    else:
        again_open.at("Dire la suite et prendre congé")
        again_open.press(AZERTY[0])
        again_open.wait_for("Appel terminé : refus définitif")
        assert len(rows(base, "SELECT 1 FROM churn_record")) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=["SIGTERM", "SIGHUP"])
def test_a_signal_gives_the_terminal_back(
    number: signal.Signals, marie: Path, opened: Callable[..., Console]
) -> None:
    console = opened(at_the_end(marie))
    console.at("Noter ses mots")
    console.type(SENTENCE)
    console.kill(number)
    assert console.wait_exit() == 128 + number
    for mode in (b"1049", b"2004", b"1000", b"1003", b"1006"):  # alternate screen, paste, mouse
        on, off = console.raw.rfind(b"\x1b[?%sh" % mode), console.raw.rfind(b"\x1b[?%sl" % mode)
        assert off >= on, f"mode {mode!r} is left on"
    assert console.raw.rfind(b"\x1b[?25h") > console.raw.rfind(b"\x1b[?25l")
    lines = termios.tcgetattr(console.descriptor)[3]
    assert lines & termios.ECHO
    assert lines & termios.ICANON
    whole(marie)
    console = opened(marie)
    console.at("Noter ses mots")
    console.wait_for(re.escape(SENTENCE[-25:]))


def test_a_closed_window_ends_the_console_and_keeps_the_call(
    marie: Path, opened: Callable[..., Console]
) -> None:
    console = opened(at_the_end(marie))
    console.at("Noter ses mots")
    console.type(SENTENCE)
    console.settle(1, timeout=1)
    console.hang_up()
    console.process.wait(timeout=10)
    whole(marie)
    console = opened(marie)
    console.at("Noter ses mots")
    console.wait_for(re.escape(SENTENCE[-25:]))
