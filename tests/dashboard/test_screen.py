"""The dashboard: what it says, where the keys lead, and how it keeps itself up to date."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from threading import Event
from typing import Any
from unittest.mock import patch

import pytest

from console.base.errors import StorageError
from console.base.vocabulary import Channel, Direction, Figure
from console.calls.views import CallView
from console.cases.views import Campaign, CaseRow, RowsPage
from screens.call.screen import CallScreen
from screens.clients.file import ClientFileScreen
from screens.common.details import explained
from screens.dashboard.case_list import CaseListScreen
from screens.dashboard.figures import split
from screens.records.file import RefusalFileScreen
from screens.records.journal import RefusalsScreen
from tests.screens.desk import Desk, at_desk
from tests.screens.shown import lived, shown
from tests.screens.test_typed_ahead import burst
from tests.world import World, paris, plain


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[World]:
    """The demo, its clock in the test’s hand."""
    world = lived(tmp_path)
    yield world
    world.database.close()


def called(desk: Desk) -> tuple[str, Direction]:
    """With whom a call is open, and who called."""
    assert isinstance(desk.app.screen, CallScreen)
    return desk.app.screen.view.name, desk.app.screen.view.direction


async def test_the_first_urgent_client_has_the_focus_and_all_it_takes_to_call() -> None:
    async with at_desk() as desk:
        assert desk.app.screen.focused.id == "urgent"
        assert desk.app.screen.selected.name == "Marie Dupuis"
        for words in (
            "1 à reprendre",
            "mis à jour à 14:00",
            "Marie Dupuis · CLT-00245 · VIP, 18 mois",
            "31/12 · J-11",
            "Appel recommandé · maintenant",
            "Rappel promis sam. 20/12 à 14:00",
            "34,99 € + 1 atelier offert (20,00 €) jusqu’au 24/12",
            "2 e-mails envoyés, dernier non ouvert",
            "Note : Préfère être",
            "a appeler",
        ):
            assert words in desk.text, words


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60), (100, 50), (132, 24)])
async def test_every_figure_and_pane_is_in_view_at_every_size(size: tuple[int, int]) -> None:
    async with at_desk(size) as desk:
        for words in (
            "47", "23 (49 %)", "24 (51 %)", "8 (17 %)", "31/12/2025",
            "à relancer", "déjà renouvelés", "en attente de réponse", "à risque churn", "échéance",
            "45 % attendus : en avance",
            "1 À contacter aujourd’hui (urgent) 3", "2 À relancer cette semaine 13 · 8 plus tard",
            "3 Déjà renouvelés 23 (49 %) · 18 ateliers offerts",
            "4 Refus de renouvellement 3 · 0 sans réponse",
            "Marie Dupuis", "Paul Martin", "Sophie Bernard", "? Aide", "q Quitter",
        ):  # fmt: skip
            assert words in desk.text, words


@pytest.mark.parametrize("keys", ["1234", ["ampersand", "é", "quotation_mark", "apostrophe"]])
async def test_the_digit_row_goes_to_the_panes_with_or_without_maj(keys: str | list[str]) -> None:
    async with at_desk() as desk:
        seen = []
        for name in keys:
            await desk.press(name)
            seen.append(desk.app.screen.focused.id)
        assert seen == ["urgent", "week", "retained", "refused"]


async def test_a_pane_in_use_takes_the_room_of_a_small_terminal() -> None:
    async with at_desk() as desk:
        await desk.press("2")
        assert "Noël Béranger" in desk.text
        assert "Paul Martin" not in desk.text
        await desk.press("tab", "shift+tab")
        assert "Noël Béranger" in desk.text


async def test_keys_lead_to_the_call_the_file_and_the_lists() -> None:
    async with at_desk() as desk:
        await desk.press("down", "a")
        assert called(desk) == ("Paul Martin", Direction.OUTBOUND)
        await desk.press("escape", "i", "enter")
        assert called(desk) == ("Paul Martin", Direction.INBOUND)
        await desk.press("escape", "enter")
        assert isinstance(desk.app.screen, ClientFileScreen)
        assert desk.app.screen.client_id == desk.app.screen_stack[0].selected.client_id
        await desk.press("backspace", "2", "t")
        assert isinstance(desk.app.screen, CaseListScreen)
        assert desk.app.screen.figure is Figure.WEEK
        await desk.press("escape", "4", "t")
        assert isinstance(desk.app.screen, RefusalsScreen)
        await desk.press("escape", "down", "enter")
        assert isinstance(desk.app.screen, RefusalFileScreen)


async def test_every_figure_opens_the_rows_behind_it() -> None:
    async with at_desk((120, 40)) as desk:
        await desk.press("shift+tab")
        opened = []
        for _ in range(9):
            await desk.press("enter")
            screen = desk.app.screen
            opened.append(getattr(screen, "figure", None) or type(screen).__name__)
            await desk.press("escape", "right")
        assert opened == [
            Figure.TO_CONTACT, Figure.RETAINED, Figure.AWAITING, Figure.AT_RISK, Figure.URGENT,
            Figure.WEEK, Figure.LATER, Figure.WORKSHOPS, "RefusalsScreen",
        ]  # fmt: skip


async def test_with_nobody_selected_an_inbound_call_asks_who() -> None:
    async with at_desk() as desk:
        await desk.press("f4")
        await desk.type("1/1 31/1")
        await desk.press("enter")
        assert desk.app.screen.selected is None
        await desk.press("i")
        assert "Qui appelle ?" in desk.text
        await desk.type("ibáñez")
        await desk.press("enter")
        assert called(desk) == ("Raphaël Ibáñez", Direction.INBOUND)


async def test_two_fast_keys_begin_one_call_and_open_one_screen() -> None:
    over, gate = shown(), Event()
    real = over.calls.begin

    def late(*asked: Any, **named: Any) -> CallView:
        assert gate.wait(10)
        return real(*asked, **named)

    with patch.object(over.calls, "begin", side_effect=late) as begin:
        async with at_desk(over=over) as desk:
            burst(desk.app, "a", "a")
            await desk.pilot.pause()
            gate.set()
            await desk.settle()
            assert begin.call_count == 1
            assert called(desk) == ("Marie Dupuis", Direction.OUTBOUND)
            await desk.press("escape")
            burst(desk.app, "enter", "enter")
            await desk.settle()
            assert [type(one) for one in desk.app.screen_stack].count(ClientFileScreen) == 1


async def test_a_change_made_elsewhere_appears_and_the_cursor_stays_on_its_client(demo: World) -> None:
    async with at_desk((120, 40), over=demo.services) as desk:
        await desk.press("down", "down")
        paul, sophie = (row.client_id for row in desk.app.screen.view.urgent[1:])
        colleague = demo.as_agent("Zoé").clients
        new = demo.add("CLT-00900", first_name="Nouvelle", last_name="Venue", expires_on=demo.now.date())
        colleague.add_note(new, "Arrivée ce matin.")
        desk.app.screen_stack[0].updates.poll()
        await desk.settle()
        assert [row.client_id for row in desk.app.screen.view.urgent][-1] == sophie
        assert "Nouvelle Venue" in desk.text
        assert desk.app.screen.selected.client_id == sophie
        demo.agreed(sophie)
        colleague.add_note(sophie, "D’accord au téléphone.")
        desk.app.screen_stack[0].updates.poll()
        await desk.settle()
        assert desk.app.screen.selected.client_id == paul


async def test_nothing_is_read_again_while_nothing_changes() -> None:
    async with at_desk() as desk:
        with patch.object(desk.services.dashboard, "view") as view:
            desk.app.screen.updates.poll()
            await desk.settle()
            view.assert_not_called()


async def test_time_alone_brings_a_new_reading(demo: World) -> None:
    async with at_desk((120, 40), over=demo.services) as desk:
        screen = desk.app.screen
        demo.wait(hours=10, seconds=1)
        screen.updates.poll()
        await desk.settle()
        assert "14:00" in desk.text
        screen.updates._read_at -= 10 * 3600
        screen.updates.poll()
        await desk.settle()
        assert "dim. 21/12/2025 · mis à jour à 00:00" in desk.text


async def test_a_promised_callback_that_falls_due_is_told_once(tmp_path: Path) -> None:
    demo = lived(tmp_path, "2025-12-20T13:55")
    async with at_desk(over=demo.services) as desk:
        screen = desk.app.screen
        with patch.object(screen, "tell") as tell:
            screen.updates.poll()
            tell.assert_not_called()
            screen.updates._read_at -= 301
            screen.updates.poll()
            screen.updates.poll()
            tell.assert_called_once()
            assert "Marie Dupuis" in tell.call_args.args[0]
    demo.database.close()


async def test_a_database_that_stops_answering_is_said_without_hiding_what_was_read() -> None:
    async with at_desk((120, 40)) as desk:
        away = StorageError("La base est verrouillée.", "", "Patientez.")
        with patch.object(desk.services.dashboard, "look", side_effect=away):
            desk.app.screen.updates.poll()
            await desk.settle()
        assert "La base est verrouillée. Patientez." in desk.text
        assert "Marie Dupuis" in desk.text
        desk.services.clients.add_note(desk.app.screen.selected.client_id, "Rappeler après 18h")
        desk.app.screen.updates.poll()
        await desk.settle()
        assert "verrouillée" not in desk.text


async def test_campaigns_before_after_and_chosen(tmp_path: Path) -> None:
    world = World(tmp_path / "base.db", paris("2025-12-20T14:00"))
    for day in (date(2025, 11, 15), date(2025, 12, 20), date(2026, 1, 15)):
        world.add(f"CLT-{day:%y%m}", expires_on=day)
    async with at_desk(over=world.services) as desk:
        assert "Renouvellements à faire – cette semaine" in desk.text
        await desk.press("semicolon")
        assert "échéances de janvier 2026" in desk.text
        assert "Personne à contacter d’urgence." in desk.text
        await desk.press("comma", "comma")
        assert "échéances de novembre 2025" in desk.text
        await desk.press("f4")
        await desk.type("15/12 31/12")
        await desk.press("enter")
        assert "échéances du 15/12/2025 au 31/12/2025" in desk.text
    world.database.close()


async def test_rows_of_another_campaign_come_too_late() -> None:
    over, asked, late = shown(), Event(), Event()
    read = over.dashboard.rows

    def rows(*page: Any) -> RowsPage[CaseRow]:
        asked.set()
        assert late.wait(10)
        return read(*page)

    with patch.object(over.dashboard, "rows", rows):
        async with at_desk(over=over) as desk:
            await desk.pilot.press("2", "end")
            while not asked.is_set():
                await desk.pilot.pause(0.01)
            await desk.pilot.press("semicolon")
            while "décembre 2026" not in desk.text:
                await desk.pilot.pause(0.01)
            late.set()
            await desk.settle()
            assert desk.app.screen.pane("week").total == 0


async def test_a_long_pane_asks_for_its_rows_as_they_come_into_view() -> None:
    over = shown()
    view = over.dashboard.view()
    week = tuple(replace(view.week[0], client_id=1000 + i, name=f"Client {i:03d}") for i in range(400))
    long = replace(view, week=week[:15], counts=view.counts | {Figure.WEEK: len(week)})

    def rows(_campaign: Campaign, _figure: Figure, offset: int, limit: int) -> RowsPage[CaseRow]:
        return RowsPage(len(week), week[offset : offset + limit])

    with (
        patch.object(over.dashboard, "view", return_value=long),
        patch.object(over.dashboard, "rows", side_effect=rows) as read,
    ):
        async with at_desk(over=over) as desk:
            await desk.press("2", "end")
            assert desk.app.screen.selected.name == "Client 399"
    asked = {call.args[2] for call in read.call_args_list if call.args[1] is Figure.WEEK}
    assert 350 in asked
    assert asked <= {0, 350}


def test_the_split_is_said_when_it_is_not_all_renewals() -> None:
    counts = dict.fromkeys(Figure, 0) | {Figure.RETAINED: 3, Figure.RENEWED: 3, Figure.WORKSHOPS: 1}
    assert split(counts) == "1 atelier offert"
    counts |= {Figure.RENEWED: 1, Figure.DOWNGRADED: 2}
    assert split(counts) == "1 renouvelé, 2 passés à Basic, 1 atelier offert"


async def test_the_note_and_the_opposition_are_one_key_away() -> None:
    async with at_desk() as desk:
        await desk.press("n")
        await desk.type("Rappeler après 18h")
        await desk.press("ctrl+s")
        marie = desk.app.screen.selected.client_id
        assert desk.services.clients.file(marie).notes[0].detail == "Rappeler après 18h"
        assert desk.app.screen is desk.app.screen_stack[0]
        await desk.press("b", "1")
        assert desk.services.clients.file(marie).opposed == {Channel.CALL}


async def test_details_explain_the_score() -> None:
    async with at_desk() as desk:
        await desk.press("space")
        found = desk.services.clients.file(desk.app.screen_stack[0].selected.client_id)
        assert f"Score {found.score}" in desk.text
        assert found.score_parts
        for label, points in found.score_parts:
            assert f"{points}  {label}" in desk.text
        await desk.press("space")
        assert len(desk.app.screen_stack) == 1
        settled = replace(found, case=replace(found.case, action_label="", offer="le 22/12"))
        assert "Réglé le 22/12" in plain(explained(settled).plain).splitlines()


async def test_lists_go_from_figure_to_figure() -> None:
    async with at_desk() as desk:
        await desk.press("3", "t")
        assert "Déjà renouvelés 23" in desk.text
        await desk.press("left")
        assert "À risque de départ 8" in desk.text
        await desk.press("left")
        assert "Plus tard 8" in desk.text
