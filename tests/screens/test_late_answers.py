"""Whatever comes by itself while somebody types covers nothing, and no letter is taken as a key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from textual.widgets import Input

from console.base.errors import AwayError
from console.base.vocabulary import Direction
from console.calls.views import Arrival
from console.imports.service import ImportReport
from screens.call.screen import CallScreen
from screens.common.help import HelpModal
from screens.common.note import NoteModal
from screens.dashboard.screen import DashboardScreen
from screens.dashboard.welcome import WelcomeScreen
from screens.kit.screen import ErrorModal
from screens.kit.typed_ahead import NEW_SECONDS
from screens.session.date import DateModal
from tests.calls.desk import desk
from tests.screens.desk import at_desk
from tests.screens.shown import shown
from tests.world import World, paris

FIELDS: dict[str, tuple[str, ...]] = {
    "search": ("slash",),
    "who is calling": ("i",),
    "note": ("n",),
    "period": ("f4",),
    "criteria": ("r", "c"),
    "name of a view": ("r", "g", "1"),
    "palette": ("ctrl+p",),
    "first name": ("ctrl+p", *"prénom", "enter"),
    "number of a simulation": ("f", "3"),
    "reason of a callback": ("p", "u"),
    "field of a call": ("a", "3"),
    "note of a call": ("a", "n"),
}
AWAY = AwayError("La base ne répond pas.", "Rien n’a changé.", "Patientez.")
WORDS = "quitter"
"""Letters that are keys of the dashboard and of a call: q, t, e, r…"""


def fail() -> None:
    raise AWAY


def resume(app: Any) -> None:
    app._resume()


def due(app: Any) -> None:
    with patch.object(app.home.updates, "_promises", lambda _: {(app.home.view.urgent[0].client_id, None)}):
        app.home.updates.poll()


def stale(app: Any) -> None:
    app.home.reload()


def asked(app: Any) -> None:
    app.home._count_todo()


def read_failed(app: Any) -> None:
    app.screen.serve(fail, group="late")
    app.home.serve(fail, group="late")


def write_failed_below(app: Any) -> None:
    app.screen_stack[-2].serve(fail) if len(app.screen_stack) > 2 else app.home.serve(fail)


def doubt(app: Any) -> None:
    app._date_checked("L’horloge de ce poste a changé.")


def tour(app: Any) -> None:
    app.offer_tour()


def first_name(app: Any) -> None:
    app.offer_first_name()


def otherwise(app: Any) -> None:
    """Acts that had waited for the base have come too late: a colleague has taken the client over."""
    ARRIVED.append(Arrival("x", "Un collègue a repris ce client.", otherwise=True))
    for screen in app.screen_stack:
        if isinstance(screen, CallScreen):
            screen._look()
    ARRIVED.append(Arrival("x", "Un collègue a repris ce client.", otherwise=True))
    app._look_at_kept()


ARRIVED: list[Arrival] = []


def arrived(*_: object) -> list[Arrival]:
    told = ARRIVED[:]
    ARRIVED.clear()
    return told


LATE: tuple[Callable[[Any], object], ...] = (
    resume, due, stale, asked, read_failed, write_failed_below, doubt, tour, first_name, otherwise,
)  # fmt: skip


def typed_in(app: Any) -> str:
    field = app.screen.focused
    return str(field.value if isinstance(field, Input) else field.text)


@pytest.mark.parametrize("name", FIELDS)
async def test_nothing_opens_over_a_field_in_use(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    services = shown()
    ARRIVED.clear()
    monkeypatch.setattr(services.training, "tour_due", lambda: True)
    monkeypatch.setattr(services.first_names, "to_ask", lambda: True)
    monkeypatch.setattr(services.calls, "arrived", arrived)
    async with at_desk((100, 36), over=services) as one:
        await one.press(*FIELDS[name])
        app, screen, field = one.app, one.app.screen, one.app.screen.focused
        assert screen.typing
        field.value = "" if isinstance(field, Input) else field.clear()
        for n, late in enumerate(LATE):
            late(app)
            await one.settle()
            assert not app.typed_ahead.opening
            await one.type(WORDS[n % len(WORDS)])
            assert app.screen is screen, f"{late.__name__} opened {app.screen}"
            assert app.screen.focused is field, late.__name__
        expected = "".join(WORDS[n % len(WORDS)] for n in range(len(LATE)))
        assert typed_in(app) == expected


async def test_what_waited_comes_once_nobody_types() -> None:
    async with at_desk((100, 36)) as one:
        await one.press("a", "3", "z")
        field = one.app.screen.focused
        told: list[str] = []
        with patch.object(one.app, "notify", lambda words, **_: told.append(words)):
            doubt(one.app)
            doubt(one.app)
        assert told == ["La date de ce poste est à confirmer, dès que vous aurez fini ici."]
        await one.press("escape")
        assert not field.has_focus
        doubt(one.app)
        await one.settle()
        assert isinstance(one.app.screen, DateModal)


async def test_a_call_that_the_base_tells_otherwise_waits_for_the_end_of_a_note(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    services = shown()
    ARRIVED.clear()
    monkeypatch.setattr(services.calls, "arrived", arrived)
    async with at_desk((100, 36), over=services) as one:
        await one.press("a", "n", "z")
        ARRIVED.append(Arrival("x", "Un collègue a repris ce client.", otherwise=True))
        one.app.screen_stack[-2]._look()
        await one.settle()
        assert typed_in(one.app) == "z"
        await one.press("escape")
        for _ in range(10):
            await one.settle()
        assert isinstance(one.app.screen, ErrorModal)
        assert "Un collègue a repris ce client." in one.text


async def test_no_question_of_the_clock_covers_a_box() -> None:
    async with at_desk((100, 36)) as one:
        await one.press("b")
        box = one.app.screen
        doubt(one.app)
        await one.settle()
        assert one.app.screen is box


async def test_letters_typed_while_the_screens_are_built_again_are_no_keys(tmp_path: Path) -> None:
    with desk(tmp_path) as one:
        one.services.calls.begin(one.client_id, Direction.OUTBOUND)
        async with at_desk(over=one.services, recovers=True) as console:
            await console.press("n", "z")
            console.app._handle_exception(ZeroDivisionError())
            for letter in WORDS:  # one after the other, as a hand that has seen nothing yet
                await console.pilot.press(letter)
                await console.pilot.pause(NEW_SECONDS / 20)
            assert console.app.is_running
            assert not console.app._exit
            await console.pilot.pause(2 * NEW_SECONDS)
            await console.settle()
            assert isinstance(console.app.screen, NoteModal)
            assert console.app.screen.text.startswith("z")


async def test_an_import_that_ends_under_the_help_goes_on_to_the_dashboard(tmp_path: Path) -> None:
    world = World(tmp_path / "base.db", paris("2025-12-19T15:00"))
    async with at_desk(over=world.services) as one:
        welcome = one.app.screen
        assert isinstance(welcome, WelcomeScreen)
        await one.press("question_mark")
        assert isinstance(one.app.screen, HelpModal)
        welcome._done(
            ImportReport(simulated=False, encoding="utf-8", delimiter=";", unknown_columns=(), added=1)
        )
        await one.press("escape")
        for _ in range(10):
            await one.settle()
        assert isinstance(one.app.screen, DashboardScreen)
    world.database.close()
