"""The call by its keys: every one of them, as an AZERTY keyboard sends it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any
from unittest.mock import patch

import pytest
from textual.events import Key, Paste
from textual.pilot import Pilot

from console.base.errors import StorageError
from console.base.vocabulary import Direction, DraftField
from console.calls.service import CallService
from console.calls.views import CallView
from console.db.tables import Call, Client, Event
from screens.call import key_queue
from screens.call.capture import CaptureField
from screens.call.key_queue import Act
from screens.call.screen import CallScreen
from screens.call.step import StepPane
from screens.common.choose import ChooseModal
from screens.common.help import HelpModal
from screens.common.note import NoteModal
from screens.kit.choices import Clicked
from tests.calls.desk import (
    AZERTY,
    FIELDS,
    HEARD,
    TO_PRICE,
    TO_VERBATIM,
    Desk,
    calling,
    desk,
    press,
    settle,
    text_of,
    write,
)
from tests.world import paris, plain


@pytest.fixture
def marie(tmp_path: Path) -> Iterator[Desk]:
    with desk(tmp_path) as one:
        yield one


async def test_a_refusal_takes_nine_keys_of_the_azerty_row(marie: Desk) -> None:
    keys = [*TO_VERBATIM]
    async with calling(marie) as pilot:
        await press(pilot, *keys)
        assert isinstance(pilot.app.focused, CaptureField)
        await write(pilot, "Je dois économiser en ce moment")
        await press(pilot, "enter", "&", "enter")
        keys += ["enter", "&", "enter"]
        assert pilot.app.left == [marie.client_id]
    # With the key that calls from the dashboard: one more.
    assert len(keys) + 1 <= 10
    (record,) = marie.records()
    assert (record.reason, record.verbatim) == ("PRIX", "Je dois économiser en ce moment")
    assert [one["answer"] for one in record.attempts] == ["declined"] * 3
    assert record.follow_up_on is not None


@pytest.mark.parametrize("number", range(1, 8))
@pytest.mark.parametrize("shape", ["digit", "azerty", "capital"])
async def test_each_choice_answers_to_its_digit_with_or_without_maj(
    marie: Desk, number: int, shape: str
) -> None:
    digit = str(number)
    one = {"digit": digit, "azerty": AZERTY[digit], "capital": AZERTY[digit].upper()}[shape]
    async with calling(marie) as pilot:
        await press(pilot, "1", one)
    (_, second) = marie.steps()[:2]
    assert second == ("choice", "numerotation", number - 1)


async def test_a_digit_without_choice_does_nothing(marie: Desk) -> None:
    async with calling(marie) as pilot:
        await press(pilot, "9", "ç", "8", "_")
    assert marie.steps() == []


async def test_arrows_move_the_highlight_and_enter_takes_it(marie: Desk) -> None:
    async with calling(marie) as pilot:
        await press(pilot, "enter", "down", "down", "up", "enter")
        assert pilot.app.screen.view.outcome is not None
    assert marie.steps() == [("choice", "preparation", 0), ("choice", "numerotation", 1)]


@pytest.mark.parametrize("one", ["backspace", "left"])
async def test_one_step_back_keeps_the_journal(marie: Desk, one: str) -> None:
    async with calling(marie) as pilot:
        await press(pilot, "1", "1", one)
        assert pilot.app.screen.view.step == "numerotation"
    assert [act for act, _, _ in marie.steps()] == ["choice", "choice", "back"]


@pytest.mark.parametrize(
    ("one", "where"),
    [("p", "rappel"), ("P", "rappel"), ("x", "superviseur"), ("h", "raccroche"), ("H", "raccroche")],
)
async def test_one_key_from_anywhere(marie: Desk, one: str, where: str) -> None:
    async with calling(marie) as pilot:
        await press(pilot, *TO_PRICE, one)
        assert pilot.app.screen.view.step == where


async def test_letters_never_fire_while_typing_and_escape_keeps_the_text(marie: Desk) -> None:
    async with calling(marie) as pilot:
        await press(pilot, *TO_VERBATIM)
        await write(pilot, "hpxnbd? 1 & é")
        call = pilot.app.screen
        assert call.capture.field.value == "hpxnbd? 1 & é"
        await press(pilot, "escape")
        assert isinstance(pilot.app.focused, StepPane)
        assert call.capture.field.value == "hpxnbd? 1 & é"
        await press(pilot, "tab")
        assert isinstance(pilot.app.focused, CaptureField)
        assert pilot.app.screen is call
    assert [step for _, step, _ in marie.steps()][-1] == "motif"


async def test_an_empty_required_field_says_what_it_wants(marie: Desk) -> None:
    async with calling(marie) as pilot:
        await press(pilot, *TO_VERBATIM, "enter")
        call = pilot.app.screen
        assert "À saisir d’abord" in str(call.capture.question.content)
        assert isinstance(pilot.app.focused, CaptureField)
        await press(pilot, "escape", "1")
        assert "À saisir" in str(call.capture.question.content)
        assert call.view.step == "verbatim"


async def test_a_moment_not_understood_is_said_beside_the_field_and_kept(marie: Desk) -> None:
    async with calling(marie) as pilot:
        await press(pilot, "1", "1", "p")
        await write(pilot, "un de ces jours")
        await press(pilot, "enter")
        call = pilot.app.screen
        assert isinstance(call, CallScreen)
        assert "demain 14h" in str(call.capture.question.content)
        assert call.capture.field.value == "un de ces jours"
        assert isinstance(pilot.app.focused, CaptureField)
        await press(pilot, "ctrl+u")
        await write(pilot, "lun 10h30")
        await press(pilot, "enter", "enter")
        assert pilot.app.left
    (call_row,) = marie.world.all(Call)
    assert call_row.outcome == "callback"


async def test_a_paste_is_cleaned(marie: Desk) -> None:
    async with calling(marie) as pilot:
        await press(pilot, *TO_VERBATIM)
        pilot.app.post_message(Paste("trop\ncher \x1b]52;c;aGVsbG8=\x07\u202efin"))
        await settle(pilot)
        assert pilot.app.screen.capture.field.value == "trop cher ]52;c;aGVsbG8=fin"


async def test_escape_asks_for_an_outcome_and_never_drops_the_call(marie: Desk) -> None:
    async with calling(marie) as pilot:
        await press(pilot, "1", "1", "escape")
        modal = pilot.app.screen
        assert isinstance(modal, ChooseModal)
        assert {answer.value for answer in modal.answers} == {
            *("callback", "escalate", "hung_up", "definitive", "thinks", "question"),
            *("choice:4", "choice:5"),  # already renewed, opposed: the step's own ways to end
        }
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, CallScreen)
        assert pilot.app.screen.view.step == "ouverture"
        await press(pilot, "escape", str([a.value for a in modal.answers].index("hung_up") + 1))
        assert pilot.app.screen.view.step == "raccroche"


async def test_before_anything_happened_escape_leaves_no_trace(marie: Desk) -> None:
    async with calling(marie) as pilot:
        await press(pilot, "escape")
        assert pilot.app.left == [None]
    assert marie.world.all(Call) == []


async def test_a_note_begun_before_dialling_outlives_the_call(marie: Desk) -> None:
    async with calling(marie) as pilot:
        await press(pilot, "n")
        await write(pilot, "rappeler lundi")
        await press(pilot, "escape", "escape")
        assert pilot.app.left == [None]
    assert marie.services.calls.words(marie.client_id, DraftField.NOTE) == "rappeler lundi"


async def test_hints_are_toggled_even_while_typing(marie: Desk) -> None:
    async with calling(marie) as pilot:
        call = pilot.app.screen
        first = call.view.hints[0][:12]
        assert first in text_of(pilot.app)
        await press(pilot, "f2")
        assert first not in text_of(pilot.app)
        await press(pilot, "f2", *TO_VERBATIM, "f2")
        assert not call.hints


async def test_help_shows_the_keys_and_gives_the_call_back(marie: Desk) -> None:
    async with calling(marie) as pilot:
        await press(pilot, "question_mark")
        assert isinstance(pilot.app.screen, HelpModal)
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, CallScreen)


async def test_the_clients_file_is_asked_for(marie: Desk) -> None:
    async with calling(marie) as pilot:
        await press(pilot, "d")
        assert pilot.app.opened == [marie.client_id]


async def test_an_opposition_is_recorded_channel_by_channel(marie: Desk) -> None:
    async with calling(marie) as pilot:
        await press(pilot, "1", "1", "b", "é")
        assert isinstance(pilot.app.screen, CallScreen)
        await press(pilot, "b")
        modal = pilot.app.screen
        assert isinstance(modal, ChooseModal)
        assert [answer.enabled for answer in modal.answers] == [True, False, True]
    (client,) = marie.world.all(Client)
    assert (client.opposed_call, client.opposed_email, client.opposed_sms) == (False, True, False)


async def test_a_note_is_saved_from_anywhere(marie: Desk) -> None:
    async with calling(marie) as pilot:
        await press(pilot, "1", "1", "n")
        assert isinstance(pilot.app.screen, NoteModal)
        await write(pilot, "hpx 12")
        await press(pilot, "enter")
        await write(pilot, "Contente du service")
        await press(pilot, "ctrl+s")
        call = pilot.app.screen
        assert isinstance(call, CallScreen)
        assert call.view.notes == ("hpx 12\nContente du service",)
        await press(pilot, "n")
        assert pilot.app.screen.text == ""
    assert [row.text for row in marie.world.all(Event) if row.kind == "note"] == [
        "hpx 12\nContente du service"
    ]


async def test_a_note_that_is_left_is_kept_as_a_draft(marie: Desk) -> None:
    async with calling(marie) as pilot:
        await press(pilot, "n")
        await write(pilot, "à finir")
        await press(pilot, "escape", "n")
        assert pilot.app.screen.text == "à finir"
    resumed = marie.services.calls.resume()
    assert resumed is not None
    assert resumed.note_draft == "à finir"


async def test_a_note_warns_gently_and_never_blocks(marie: Desk) -> None:
    async with calling(marie) as pilot:
        await press(pilot, "n")
        await write(pilot, "elle est malade")
        advice = pilot.app.screen.query_one("#advice")
        assert advice.display
        assert "santé" in str(advice.content)
        await press(pilot, "ctrl+s")
        assert pilot.app.screen.view.notes == ("elle est malade",)


async def test_inbound_opens_on_the_opening(marie: Desk) -> None:
    async with calling(marie, direction=Direction.INBOUND) as pilot:
        assert pilot.app.screen.view.step == "ouverture-entrant"


# -- keys faster than the screen -------------------------------------------------------------------


async def burst(pilot: Pilot[Any], *keys: str) -> None:
    """Keys in one read of the terminal."""
    app = pilot.app
    for one in keys:
        app.post_message(Key(one, one if len(one) == 1 else None))
    await settle(pilot)


async def timed(pilot: Pilot[Any], key: str, at: float) -> None:
    """A key pressed at that instant."""
    event = Key(key, key)
    event.time = at
    pilot.app.post_message(event)


async def test_keys_ahead_answer_each_its_step_in_order(marie: Desk) -> None:
    async with calling(marie) as pilot:
        await press(pilot, "1")
        await burst(pilot, "1", "2", "1", "5", "1", *"trop cher", "enter")
        assert pilot.app.screen.view.step == "cloture"
    assert [choice for _, _, choice in marie.steps()] == [0, 0, 1, 0, 4, 0, 0]


async def test_a_key_ahead_never_closes_the_call(marie: Desk) -> None:
    async with calling(marie) as pilot:
        await burst(pilot, "1", "2")
        call = pilot.app.screen
        assert call.view.outcome is None
        assert call.view.step == "numerotation"
        assert call.pane.menu.highlighted == 1
        assert "appuyez de nouveau" in text_of(pilot.app)
        await press(pilot, "2")
        assert call.view.outcome is not None


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_key_held_or_doubled_takes_one_step(
    marie: Desk, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On every step of a refusal."""
    monkeypatch.setattr(key_queue, "AGAIN_S", 0.25)
    async with calling(marie, size=size) as pilot:
        view = pilot.app.screen.view
        began = 0.0
        for key in ("1", "1", "2", "1", "5", "1"):
            began = max(began + 1.1, pilot.app.screen.queue._painted_at + 0.3)
            for n in range(20):  # as a terminal repeats a key held
                await timed(pilot, key, began + 0.03 * n)
            await timed(pilot, key, began + 0.03 * 19 + 0.2)
            await settle(pilot)
            assert pilot.app.screen.view.seq == view.seq + 1, (key, view.step)
            view = pilot.app.screen.view
        await write(pilot, "cher")
        await burst(pilot, *["enter"] * 20)
        assert pilot.app.screen.view.outcome is None


async def test_a_key_pressed_again_as_its_step_appears_is_no_answer_to_it(
    marie: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_queue, "AGAIN_S", 0.25)
    async with calling(marie) as pilot:
        await timed(pilot, "1", monotonic() - 1)  # the base was held for a second
        await settle(pilot)
        assert len(marie.steps()) == 1
        painted = pilot.app.screen.queue._painted_at
        await timed(pilot, "1", painted - 0.5)
        await timed(pilot, "1", painted + 0.2)
        await settle(pilot)
        assert len(marie.steps()) == 1
        await timed(pilot, "1", painted + 0.6)
        await settle(pilot)
        assert len(marie.steps()) == 2


async def test_two_clicks_take_one_step(marie: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_queue, "AGAIN_S", 0.25)
    async with calling(marie) as pilot:
        for _ in range(2):
            pilot.app.screen.post_message(Clicked(0))
        await settle(pilot)
        assert len(marie.steps()) == 1


async def test_a_key_pressed_twice_writes_one_record(marie: Desk) -> None:
    async with calling(marie) as pilot:
        await press(pilot, *TO_VERBATIM)
        await write(pilot, "cher")
        await burst(pilot, "enter", "1", "1", "1")
        await burst(pilot, "1", "1", "1", "enter")
    assert len(marie.records()) == 1


# -- what goes wrong -------------------------------------------------------------------------------


async def test_a_failing_write_keeps_the_text_and_the_call(
    marie: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with calling(marie) as pilot:
        await press(pilot, *TO_VERBATIM)
        await write(pilot, "Trop cher")
        call = pilot.app.screen
        calls = marie.services.calls
        with monkeypatch.context() as broken:

            def fail(*_: object) -> None:
                raise StorageError("La base est occupée.", "Rien n’a été perdu.", "Réessayez.")

            broken.setattr(calls, "choose", fail)
            await press(pilot, "enter")
            assert "La base est occupée" in str(pilot.app.screen.query_one("#box").content)
            await press(pilot, "enter")
        assert pilot.app.screen is call
        assert call.capture.field.value == "Trop cher"
        assert isinstance(pilot.app.focused, CaptureField)
        await press(pilot, "enter")
        assert call.view.step == "cloture"


async def test_a_failing_note_keeps_its_text(marie: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async with calling(marie) as pilot:
        await press(pilot, "n")
        await write(pilot, "à garder")
        note = pilot.app.screen
        with monkeypatch.context() as broken:

            def fail(*_: object) -> None:
                raise StorageError("Le disque est plein.")

            broken.setattr(marie.services.calls, "note", fail)
            note._save = fail
            await press(pilot, "ctrl+s", "enter")
        assert pilot.app.screen is note
        assert note.text == "à garder"


async def test_a_call_that_moved_elsewhere_is_shown_as_it_stands(marie: Desk) -> None:
    async with calling(marie) as pilot:
        call = pilot.app.screen
        await press(pilot, "1")
        marie.services.calls.choose(call.view.call_id, call.view.seq, 0)
        await press(pilot, "3", "enter")
        assert call.view.step == "ouverture"
        await press(pilot, "2")
        assert call.view.step == "objection"


# -- coming back -----------------------------------------------------------------------------------


async def test_a_killed_call_comes_back_at_its_step_with_what_was_typed(marie: Desk) -> None:
    async with calling(marie) as pilot:
        await press(pilot, *TO_VERBATIM)
        await write(pilot, "Je dois écono")
    async with calling(marie) as pilot:
        call = pilot.app.screen
        assert call.view.step == "verbatim"
        assert call.capture.field.value == "Je dois écono"
        await write(pilot, "miser")
        await press(pilot, "enter", "1")
    assert marie.records()[0].verbatim == "Je dois économiser"


async def test_a_killed_note_is_opened_again(marie: Desk) -> None:
    async with calling(marie) as pilot:
        await press(pilot, "1", "1", "n")
        await write(pilot, "elle dit que")
    async with calling(marie) as pilot:
        assert isinstance(pilot.app.screen, NoteModal)
        await write(pilot, " tout va")
        await press(pilot, "ctrl+s")
        assert pilot.app.screen_stack[-1].view.notes == ("elle dit que tout va",)


async def test_each_key_is_saved_without_a_pause_in_typing(
    marie: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    save = marie.services.calls.draft

    def keep(call_id: str, name: str, text: str) -> None:
        seen.append(text)
        save(call_id, name, text)

    monkeypatch.setattr(marie.services.calls, "draft", keep)
    async with calling(marie) as pilot:
        await press(pilot, *TO_VERBATIM)
        for char in "abcdef":
            await pilot.press(char)
        await settle(pilot)
    assert seen[-1] == "abcdef"
    assert len(seen) >= 3


LEAVING = ("f6", "f7", "f8", "escape x", "escape h", "escape p", "escape backspace", "escape")


@pytest.mark.parametrize("field", FIELDS)
async def test_no_way_out_of_a_field_loses_its_text(marie: Desk, field: str) -> None:
    before, keys, said = FIELDS[field]
    async with calling(marie) as pilot:
        await press(pilot, *before, *keys)
        call = pilot.app.screen
        step = call.view.step
        assert step == field.partition(",")[0]
        await write(pilot, said)
        for way in LEAVING:
            await press(pilot, *way.split())
            left = call.view.step != step
            if left and call.view.step == "superviseur":
                assert call.capture.field.value == (said if said == HEARD else ""), way  # words as they are
            if left and way.endswith("backspace"):
                await press(pilot, *keys)
            elif left:
                await press(pilot, *(["escape"] if call.capture.asked else []), "backspace")
            assert (call.view.step, call.capture.field.value) == (step, said), way
            assert call.capture.field.cursor_position == len(said), way
            await press(pilot, "tab")
    marie.world.restart()  # what a killed console finds
    async with calling(marie) as pilot:
        field_again = pilot.app.screen.capture.field
        assert (field_again.value, field_again.cursor_position) == (said, len(said))
        marie.world.wait(minutes=31)
        other = marie.world.as_agent("Jeanne")
        view = other.calls.begin(marie.client_id, Direction.OUTBOUND)
        assert (view.left_by, view.capture and view.capture.draft) == ("Jean", said)
        await write(pilot, " encore")
        await press(pilot, "f7")
        assert "L’appel a avancé" in str(pilot.app.screen.query_one("#box").content)
    assert marie.services.calls.words(marie.client_id, DraftField.NOTE) == f"{said} encore"
    view = other.calls.jump(view.call_id, view.seq, "hung_up")
    other.calls.choose(view.call_id, view.seq, 0)
    told = [one.title + one.detail for one in other.clients.file(marie.client_id).history]
    replayed = [one.title for one in other.clients.replay(view.call_id)]
    as_told = said if "compris" not in field else "lun. 22/12 à 10:30"
    assert any(as_told in plain(one) for one in replayed)
    assert any(said in one for one in told) is ("compris" not in field)


async def test_a_renewal_takes_eight_keys_and_a_callback_five(marie: Desk) -> None:
    """With the key that calls from the dashboard."""
    keys = [*"&&p", "enter"]
    async with calling(marie) as pilot:
        await press(pilot, *keys[:-1])
        await write(pilot, "demain 14h")
        await press(pilot, keys[-1])
        assert pilot.app.screen.view.outcome == "callback"
    assert len(keys) + 1 <= 5
    marie.world.now = paris("2025-12-22T14:00")
    keys = [*"&&&&", "-", "&"]
    async with calling(marie) as pilot:
        for key in keys:
            await press(pilot, key)
            if pilot.app.screen.view.outcome:
                break
        assert pilot.app.screen.view.outcome == "renewed"
    assert len(keys) + 1 <= 8


# -- keys while a write takes its time -------------------------------------------------------------


@contextmanager
def slow(calls: CallService) -> Iterator[threading.Event]:
    """A base that another program holds, until the event is set."""
    free, choose = threading.Event(), calls.choose

    def late(*args: Any) -> CallView:
        assert free.wait(20)
        return choose(*args)

    with patch.object(calls, "choose", late):
        yield free


async def test_keys_of_a_slow_write_act_after_it_in_the_order_typed(marie: Desk) -> None:
    async with calling(marie) as pilot:
        await press(pilot, "1", "1")
        with slow(marie.services.calls) as free:
            for one in ("2", "n", *"abcdef"):
                await pilot.press(one)
            await pilot.pause()
            assert pilot.app.screen.view.step == "ouverture"
            free.set()
            await settle(pilot)
            await settle(pilot)
        assert isinstance(pilot.app.screen, NoteModal)
        assert pilot.app.screen.text == "abcdef"
    assert len(marie.steps()) == 3


async def test_tab_waits_for_its_turn_too(marie: Desk) -> None:
    async with calling(marie) as pilot:
        await press(pilot, *TO_VERBATIM)
        await write(pilot, "cher")
        await press(pilot, "escape", "backspace")
        call = pilot.app.screen
        step = call.view.step
        with slow(marie.services.calls) as free:
            for one in ("1", "tab", "x"):
                await pilot.press(one)
            await pilot.pause()
            assert call.view.step == step
            free.set()
            await settle(pilot)
            assert call.view.step == "superviseur"


async def test_an_act_that_fails_unforeseen_leaves_the_keys_alive(marie: Desk) -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    async with calling(marie) as pilot:
        queue, screen = pilot.app.screen.queue, pilot.app.screen
        failed: list[Exception] = []
        with patch.object(pilot.app, "_handle_exception", failed.append):
            queue.put(fail)
            queue.put(partial(screen.action_choose, 1))
            while not failed:
                await pilot.pause()
            await pilot.pause()
        assert len(failed) == 1
        assert marie.steps() == []  # an error has to be read first
        await press(pilot, "1")
        assert len(marie.steps()) == 1
        assert screen is pilot.app.screen


async def test_an_act_put_right_after_others_were_forgotten_plays_alone(marie: Desk) -> None:
    played: list[str] = []

    def act(name: str) -> Act:
        async def play() -> None:
            played.append(f"{name} begins")
            await asyncio.sleep(0.01)
            played.append(f"{name} ends")

        return play

    async with calling(marie) as pilot:
        queue = pilot.app.screen.queue
        queue.put(act("first"))
        queue.drop()
        queue.put(act("second"))
        queue.put(act("third"))
        await settle(pilot)
    assert played == ["second begins", "second ends", "third begins", "third ends"]


async def test_the_key_that_said_yes_gives_no_mark_unless_pressed_again(marie: Desk) -> None:
    async with calling(marie) as pilot:
        await press(pilot, *"1111")
        assert pilot.app.screen.view.step == "satisfaction"
        await press(pilot, "1")
        assert pilot.app.screen.view.step == "satisfaction"
        assert "1 sur 5, par la touche du oui" in text_of(pilot.app)
        await press(pilot, "1")
        assert pilot.app.screen.view.step == "merci"
        await press(pilot, "1")
        assert pilot.app.screen.view.outcome == "renewed"
        assert "1 sur 5." in pilot.app.screen.view.summary[1]
