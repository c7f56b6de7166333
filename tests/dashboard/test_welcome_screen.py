"""The first start, and what happens when nothing goes as it should."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from textual.drivers import linux_driver

from console.base.errors import RefusedInputError, StorageError
from screens.app import HotlinerApp
from screens.dashboard.welcome import WelcomeScreen, rejects_beside
from screens.kit.screen import ErrorModal
from tests.screens.desk import Desk, at_desk
from tests.screens.fakes import FakeDashboard, services


def report(**counts: Any) -> Any:
    base = {"added": 0, "updated": 0, "unchanged": 0, "rejected": 0, "cancelled": False, "faults": []}
    return SimpleNamespace(**base | counts)


class FakeImports:
    """An import that goes on until it is let go or stopped."""

    def __init__(self, answer: Any = None, error: Exception | None = None) -> None:
        self.answer = answer
        self.error = error
        self.go_on = threading.Event()
        self.stopped = False
        self.path: Path | None = None

    def run(
        self,
        path: Path,
        *,
        rejects: Path,
        progress: Callable[[int, int], None],
        cancelled: Callable[[], bool],
    ) -> Any:
        self.path = path
        if self.error:
            raise self.error
        progress(50, 100)
        while not self.go_on.wait(0.01):
            if cancelled():
                self.stopped = True
                return report(added=50, cancelled=True)
        return self.answer


def empty(imports: FakeImports | None = None) -> Any:
    over = services(urgent=(), week=(), later=(), retained=(), refused=())
    over.dashboard.empty = True
    over.imports = imports or FakeImports(report(added=100))
    return over


async def test_an_empty_base_offers_the_demo() -> None:
    over = empty()
    app = HotlinerApp(over)
    async with app.run_test(size=(80, 24)) as pilot:
        desk = Desk(app, pilot)
        await desk.settle()
        assert isinstance(app.screen, WelcomeScreen)
        await desk.press("backspace", "escape")
        assert isinstance(app.screen, WelcomeScreen)
        await pilot.press("ampersand")
        await pilot.pause()
    assert app.return_value == "demo"


async def test_an_import_shows_its_progress_and_can_be_stopped() -> None:
    imports = FakeImports()
    async with at_desk(over=empty(imports)) as desk:
        await desk.press("é")
        await desk.type("~/clients.csv")
        await desk.pilot.press("enter")
        await asyncio.sleep(0.05)
        await desk.pilot.pause()
        assert "50 / 100" in desk.text
        await desk.pilot.press("escape")
        await desk.settle()
        assert imports.stopped
        assert imports.path == Path("~/clients.csv").expanduser()


async def test_a_file_that_is_refused_says_why_and_keeps_the_path() -> None:
    error = RefusedInputError("« x.csv » n’est pas un fichier de clients.", "Rien n’a été importé.")
    async with at_desk(over=empty(FakeImports(error=error))) as desk:
        await desk.press("2")
        await desk.type("x.csv")
        await desk.press("enter")
        assert "n’est pas un fichier de clients" in desk.text
        await desk.press("enter")
        assert isinstance(desk.app.screen, WelcomeScreen)
        assert "x.csv" in desk.text


async def test_nothing_importable_is_explained_line_by_line() -> None:
    imports = FakeImports(report(rejected=2, faults=["ligne 2 : date illisible", "ligne 3 : nom vide"]))
    imports.go_on.set()
    async with at_desk(over=empty(imports)) as desk:
        await desk.press("2")
        await desk.type("x.csv")
        await desk.press("enter")
        assert "ligne 3 : nom vide" in desk.text


def test_refused_lines_go_to_a_new_file(tmp_path: Path) -> None:
    first = rejects_beside(tmp_path / "clients.csv")
    first.touch()
    second = rejects_beside(tmp_path / "clients.csv")
    assert first.name == "clients-rejets.csv"
    assert second != first


async def test_an_error_says_what_happened_what_was_kept_and_what_to_do() -> None:
    async with at_desk(
        error=StorageError("La base est illisible.", "Rien n’est perdu.", "Vérifiez-la.")
    ) as desk:
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
        desk.services.dashboard.error = None
        dashboard.updates.poll()
        await desk.settle()
        assert "Marie Dupuis" in desk.text


async def test_an_unexpected_error_of_a_service_is_no_traceback() -> None:
    async with at_desk(error=ZeroDivisionError("oops")) as desk:
        assert "erreur inattendue" in desk.text
        assert "oops" not in desk.text
        assert desk.app.is_running


async def test_a_crash_tells_the_person_in_french_and_the_status_says_so(capsys: Any) -> None:
    app = HotlinerApp(services())

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
    app = HotlinerApp(services())
    async with app.run_test() as pilot:
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(0.05)
        await pilot.pause()
    assert app.return_code == 128 + signal.SIGTERM


def test_bytes_that_are_not_utf8_do_not_stop_the_driver() -> None:
    HotlinerApp(services())
    HotlinerApp(services())
    decode = vars(linux_driver)["getincrementaldecoder"]("utf-8")().decode
    assert decode(b"a\xffb") == "a\ufffdb"


async def test_a_call_left_open_is_taken_up_again() -> None:
    over = services()
    asked = []
    over.calls.resume = lambda: asked.append(True)
    async with at_desk(over=over):
        assert asked == [True]


def test_the_demo_views_add_up() -> None:
    counts = FakeDashboard().view().counts
    assert sum(counts.values()) > 0
