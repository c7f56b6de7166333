"""A lower price asked for, a complaint: facts that real use writes, and that an agent may take back."""

from collections.abc import Callable
from pathlib import Path

import pytest

from console.base.vocabulary import Pane
from console.cases.upkeep import refresh_stale
from console.cases.views import CaseRow
from console.db.tables import Call, Event, Subscription
from console.rules.signals import Signal
from screens.kit.screen import OpenClient
from tests.calls.desk import calling, desk, press, text_of
from tests.messages.timeline import Days
from tests.screens.desk import at_desk
from tests.world import DIAL, paris, plain

SATURDAY = paris("2025-12-20T14:00")
NOTE = "Demande un prix plus bas : budget serré en fin d’année."
HEAD = "code;civilite;prenom;nom;email;telephone;formule;periodicite;client_depuis;expire_le"
SOPHIE = (
    "CLT-00089;Mme;Sophie;Bernard;sophie.bernard@example.org;06 39 98 00 89;"
    "Premium;annuel;14/09/2024;31/12/2025"
)


@pytest.fixture
def days(tmp_path: Path) -> Days:
    return Days(tmp_path / "base.db", paris("2025-11-25T09:00"), folder=tmp_path / "messages")


def imported(days: Days, *columns: str) -> None:
    """The company's file, with a note when there is one."""
    file = days.path.parent / "clients.csv"
    note = "".join(f";{one}" for one in columns)
    file.write_text(f"{HEAD}{';note' if note else ''}\n{SOPHIE}{note}\n", "utf-8")
    assert days.services.imports.run(file).exit_code == 0


def by_an_import(days: Days) -> None:
    """Her note comes with a later file, twice."""
    imported(days, NOTE)
    days.wait(hours=1)
    imported(days, NOTE)


def by_a_typed_note(days: Days) -> None:
    days.services.clients.add_note(1, NOTE)


def by_her_reply(days: Days) -> None:
    days.services.clients.reply(1, NOTE)


def by_the_door_of_a_call(days: Days) -> None:
    """She hesitates for the price, then rings off: nothing else of the call says so."""
    view = days.walk(days.begin(1), *DIAL, "Hésite", "Le prix")
    view = days.services.calls.jump(view.call_id, view.seq, "hung_up")
    days.press(view, "Terminer l'appel" if "'" in view.choices[0].label else "Terminer l’appel")


def card(days: Days) -> CaseRow:
    (row,) = days.services.dashboard.view().urgent
    return row


@pytest.mark.parametrize("told", [by_an_import, by_a_typed_note, by_her_reply, by_the_door_of_a_call])
def test_the_card_of_the_demonstration_is_reached_by_real_use(
    days: Days, told: Callable[[Days], None]
) -> None:
    imported(days)
    for on in range(28, 31):
        days.day(f"2025-11-{on}T09:00")
    days.day("2025-12-01T09:00")
    days.now = paris("2025-12-15T16:30") if told is not by_the_door_of_a_call else paris("2025-12-15T14:30")
    told(days)
    for on in range(16, 20):
        days.day(f"2025-12-{on}T09:00")
    days.now = SATURDAY
    refresh_stale(days.context)
    sophie = card(days)
    assert (sophie.code, sophie.pane, sophie.at_risk) == ("CLT-00089", Pane.URGENT, True)
    assert sophie.reason == "Demande un prix plus bas, aucun e-mail ouvert."
    assert sophie.action_label == "Appel recommandé"
    assert sophie.act_at == paris("2025-12-22T10:00")
    assert "1 atelier offert (20,00\N{NO-BREAK SPACE}€)" in sophie.offer


def test_the_door_says_it_at_once_and_a_step_back_takes_it_back(days: Days) -> None:
    imported(days)
    days.now = paris("2025-12-15T14:30")
    view = days.walk(days.begin(1), *DIAL, "Hésite", "Le prix")
    assert days.services.clients.file(1).signals == (Signal.PRICE,)
    assert days.one(Call).ended_at is None
    days.wait(seconds=5)
    view = days.services.calls.back(view.call_id, view.seq)
    assert days.services.clients.file(1).signals == ()
    days.wait(seconds=5)
    days.walk(view, "Le service")
    assert days.services.clients.file(1).signals == (Signal.COMPLAINT,)


def test_the_problem_said_later_in_a_call_is_a_complaint_too(days: Days) -> None:
    imported(days)
    days.now = paris("2025-12-15T14:30")
    days.walk(
        days.begin(1),
        *DIAL,
        "Hésite",
        "Autre chose",
        "Noté = Un formateur absent.",
        "C’est un problème de service",
    )
    assert days.services.clients.file(1).signals == (Signal.COMPLAINT,)


def test_a_note_in_a_call_and_one_left_unsaved_say_it(days: Days) -> None:
    imported(days)
    days.now = paris("2025-12-15T14:30")
    view = days.walk(days.begin(1), *DIAL)
    view = days.services.calls.note(view.call_id, "Trop cher pour elle.", frozenset({Signal.PRICE}))
    assert days.services.clients.file(1).signals == ()
    days.services.calls.draft(view.call_id, "note", "Se plaint de l’atelier du 3")
    view = days.services.calls.jump(view.call_id, view.seq, "hung_up")
    days.press(view, view.choices[0].label)
    assert days.services.clients.file(1).signals == (Signal.COMPLAINT,)


def test_a_denied_word_and_a_tag_taken_off_are_no_signal(days: Days) -> None:
    imported(days, "Pas de plainte.")
    assert days.services.clients.file(1).signals == ()
    days.services.clients.add_note(1, NOTE, without=frozenset({Signal.PRICE}))
    assert days.services.clients.file(1).signals == ()
    assert days.services.clients.signals_in(NOTE) == (Signal.PRICE,)


def test_a_signal_of_the_file_is_taken_back_and_the_file_read_again_does_not_bring_it(days: Days) -> None:
    imported(days, NOTE)
    days.wait(minutes=1)
    assert days.services.clients.file(1).signals == (Signal.PRICE,)
    days.services.clients.take_back(1, Signal.PRICE)
    days.services.clients.take_back(1, Signal.PRICE)
    imported(days, NOTE)
    assert days.services.clients.file(1).signals == ()
    kinds = [event.kind for event in days.all(Event)]
    assert (kinds.count("price_request"), kinds.count("price_request_withdrawn")) == (1, 1)
    titles = [entry.title for entry in days.services.clients.file(1).history]
    assert "Signal retiré : demande d’un prix plus bas" in [plain(title) for title in titles]


def test_a_reply_is_a_reaction(days: Days) -> None:
    imported(days)
    days.day("2025-12-17T09:00")
    days.now = paris("2025-12-18T09:00")
    days.services.clients.reply(1, "Je verrai après les fêtes.")
    assert days.one(Subscription).reason.startswith("A réagi le 18/12")
    assert days.services.clients.file(1).history[0].title == "Réponse du client"


async def test_the_tag_is_seen_while_typing_and_one_key_takes_it_off(tmp_path: Path) -> None:
    with desk(tmp_path) as one:
        async with calling(one) as pilot:
            await press(pilot, "n", *"cher", "space", *"trop", "space", *"cher")
            assert "◆ demande un prix plus bas" in text_of(pilot.app)
            await press(pilot, "f4")
            assert "◆" not in text_of(pilot.app)
            await press(pilot, "ctrl+s")
        assert one.services.clients.file(one.client_id).signals == ()
        assert [entry.text for entry in one.world.all(Event) if entry.kind == "note"] == ["cher trop cher"]


async def test_the_file_shows_the_signal_and_one_key_takes_it_off(tmp_path: Path) -> None:
    with desk(tmp_path, note=NOTE) as one:
        one.world.wait(minutes=1)
        async with at_desk((120, 40), over=one.services) as console:
            console.app.post_message(OpenClient(one.client_id))
            await console.settle()
            assert "◆ demande un prix plus bas" in console.text
            await console.press("z")
            assert "◆" not in console.text
            await console.press("z")
            assert "Aucun signal" in str([toast.message for toast in console.app._notifications])
            await console.press("l", *"Merci", "ctrl+s")
        assert one.world.all(Event)[-1].kind == "reply"
