"""The first start, and what happens when nothing goes as it should."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from textual.drivers import linux_driver

from console.base.errors import StorageError
from console.imports.service import ImportReport
from screens.app import HotlinerApp
from screens.dashboard.welcome import WelcomeScreen, rejects_beside
from screens.kit.screen import ErrorModal
from tests.screens.desk import Desk, at_desk
from tests.screens.shown import shown
from tests.world import World, paris, plain

CLIENTS = "code;prenom;nom;email;expire_le\nCLT-00245;Marie;Dupuis;marie@example.org;31/12/2025\n"


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[World]:
    """A company that has no client yet."""
    world = World(tmp_path / "base.db", paris("2025-12-20T14:00"))
    yield world
    world.database.close()


async def test_an_empty_base_offers_the_demo(empty: World) -> None:
    app = HotlinerApp(empty.services)
    async with app.run_test(size=(80, 24)) as pilot:
        desk = Desk(app, pilot)
        await desk.settle()
        assert isinstance(app.screen, WelcomeScreen)
        await desk.press("backspace", "escape")
        assert isinstance(app.screen, WelcomeScreen)
        await pilot.press("ampersand")
        await pilot.pause()
    assert app.return_value == "demo"


async def test_an_import_shows_its_progress_and_can_be_stopped(empty: World) -> None:
    def slow(
        path: Path, *, rejects: Path, progress: Callable[[int, int], None], cancelled: Callable[[], bool]
    ) -> ImportReport:
        """Goes on until it is stopped."""
        progress(50, 100)
        for _ in range(1_000):
            if cancelled():
                return ImportReport(False, "", "", (), added=50, cancelled=True)
            time.sleep(0.01)
        raise AssertionError("nobody stopped it")

    with patch.object(empty.services.imports, "run", side_effect=slow) as run:
        async with at_desk(over=empty.services) as desk:
            await desk.press("é")
            await desk.type("~/clients.csv")
            await desk.pilot.press("enter")
            await asyncio.sleep(0.05)
            await desk.pilot.pause()
            assert "50 / 100" in desk.text
            await desk.pilot.press("escape")
            await desk.settle()
            (told,) = desk.app._notifications
            assert plain(told.message).startswith("50 clients importés ; import arrêté")
        assert run.call_args.args == (Path("~/clients.csv").expanduser(),)


async def test_a_file_that_is_refused_says_why_and_keeps_the_path(
    empty: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(empty.path.parent)
    async with at_desk(over=empty.services) as desk:
        await desk.press("2")
        await desk.type("x.csv")
        await desk.press("enter")
        assert isinstance(desk.app.screen, ErrorModal)
        assert "x.csv" in desk.text
        await desk.press("enter")
        assert isinstance(desk.app.screen, WelcomeScreen)
        assert "x.csv" in desk.text


async def test_nothing_importable_is_explained_line_by_line(
    empty: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(empty.path.parent)
    Path("x.csv").write_text(
        "nom;email;expire_le\nPetit;z@example.org;demain\n;y@example.org;31/12/2025\n", "utf-8"
    )
    async with at_desk(over=empty.services) as desk:
        await desk.press("2")
        await desk.type("x.csv")
        await desk.press("enter")
        assert isinstance(desk.app.screen, WelcomeScreen)
        assert "0 client importé, 2 lignes refusées." in desk.text
        assert "ligne 2, colonne « expire_le »" in desk.text
        assert "ligne 3, colonne « nom »" in desk.text


def test_refused_lines_go_to_a_new_file(tmp_path: Path) -> None:
    first = rejects_beside(tmp_path / "clients.csv")
    first.touch()
    second = rejects_beside(tmp_path / "clients.csv")
    assert first.name == "clients-rejets.csv"
    assert second != first


async def test_an_error_says_what_happened_what_was_kept_and_what_to_do() -> None:
    over, error = shown(), StorageError("La base est illisible.", "Rien n’est perdu.", "Vérifiez-la.")
    with patch.object(over.dashboard, "view", wraps=over.dashboard.view, side_effect=error) as view:
        async with at_desk(over=over) as desk:
            assert isinstance(desk.app.screen, ErrorModal)
            for words in ("La base est illisible.", "Rien n’est perdu.", "Vérifiez-la."):
                assert words in desk.text
            await desk.press("enter")
            assert "La base est illisible." in desk.text
            assert "Personne à contacter" not in desk.text
            dashboard: Any = desk.app.screen_stack[0]
            dashboard.updates.poll()
            await desk.settle()
            assert desk.app.screen_stack[-1] is dashboard
            view.side_effect = None
            dashboard.updates.poll()
            await desk.settle()
            assert "Marie Dupuis" in desk.text


async def test_an_unexpected_error_of_a_service_is_no_traceback() -> None:
    over = shown()
    with patch.object(over.dashboard, "view", side_effect=ZeroDivisionError("oops")):
        async with at_desk(over=over) as desk:
            assert "erreur inattendue" in desk.text
            assert "oops" not in desk.text
            assert desk.app.is_running


async def test_a_crash_tells_the_person_in_french_and_the_status_says_so(capsys: Any) -> None:
    app = HotlinerApp(shown())

    async def crash() -> None:
        async with app.run_test() as pilot:
            for _ in range(2):  # the first is survived
                app.call_later(lambda: 1 // 0)
                await pilot.pause()

    with pytest.raises(ZeroDivisionError):
        await crash()
    assert app.return_code == 3
    assert "Relancez la console" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
async def test_being_told_to_stop_gives_the_terminal_back() -> None:
    app = HotlinerApp(shown())
    async with app.run_test() as pilot:
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(0.05)
        await pilot.pause()
    assert app.return_code == 128 + signal.SIGTERM


def test_bytes_that_are_not_utf8_do_not_stop_the_driver() -> None:
    over = shown()
    HotlinerApp(over)
    HotlinerApp(over)
    decode = vars(linux_driver)["getincrementaldecoder"]("utf-8")().decode
    assert decode(b"a\xffb") == "a\ufffdb"


async def test_a_call_left_open_is_taken_up_again() -> None:
    over = shown()
    with patch.object(over.calls, "resume", return_value=None) as resume:
        async with at_desk(over=over):
            resume.assert_called_once_with()
