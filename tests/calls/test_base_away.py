"""A call whose base is held or gone goes on, and is written once, in order, when the base answers."""

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlmodel import select

from console.base.errors import AwayError, StorageError
from console.base.roles import Role
from console.base.vocabulary import CallOutcome, DraftField
from console.calls import acts, keeping, service
from console.calls import store as storage
from console.calls.service import KEPT_HERE, CallService
from console.calls.spool import left_in
from console.calls.views import CallView
from console.db import dialect
from console.db.failures import explain
from console.db.tables import Call, CallStep, ChurnRecord, Client, Draft, Event, Message, Subscription
from console.services import build
from console.supervision.views import TodoKind
from tests.calls.desk import FRIDAY
from tests.world import DIAL, REFUSAL, World, plain

WORDS = "Je dois faire des économies en ce moment."


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialect, "BUSY_SECONDS", 0.5)
    monkeypatch.setattr(service, "BEGINNING_SECONDS", 0.1)
    monkeypatch.setattr(keeping, "RETRY_SECONDS", 0.05)


@pytest.fixture
def world(url: str, tmp_path: Path, hurried: None) -> Iterator[World]:
    """Each kind of base in turn."""
    world = World(tmp_path / "base.db", FRIDAY, url=url)
    yield world
    world.database.close()


@contextmanager
def held(world: World) -> Iterator[None]:
    """Another program writes meanwhile, and does not end."""
    with pytest.MonkeyPatch.context() as patch, _other(world):
        patch.setattr(keeping, "PATIENCE", 0.05)
        yield


@contextmanager
def _other(world: World) -> Iterator[None]:
    if world.url.startswith("postgresql"):
        address = make_url(world.url).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(address) as server:
            server.execute("SELECT pg_advisory_lock(%s)", (dialect.WRITE_LOCK,))
            server.execute("LOCK TABLE call IN EXCLUSIVE MODE")  # a choice waits for no other lock
            yield
    else:
        with closing(sqlite3.connect(world.url.removeprefix("sqlite:///"), isolation_level=None)) as file:
            file.execute("BEGIN IMMEDIATE")
            yield


def calls_of(world: World) -> CallService:
    return world.services.calls


def kill(world: World) -> None:
    """Nothing of this console writes any more, what it was trying included."""

    def dead(_: object) -> tuple[()]:
        raise KeyError

    calls_of(world)._keeper._arrive = dead
    settle(world)


def settle(world: World) -> None:
    assert calls_of(world)._keeper.settled(20)


def labels(world: World) -> list[str]:
    """The journal, without a hole."""
    steps = sorted(world.all(CallStep), key=lambda step: step.seq)
    assert [step.seq for step in steps] == list(range(len(steps)))
    return [plain(step.label) for step in steps]


def started(world: World, *choices: str) -> CallView:
    return world.walk(world.begin(world.add()), *choices)


def test_a_call_walked_while_the_base_is_held_is_written_once_in_order(world: World) -> None:
    view = started(world, *DIAL)
    with held(world):
        view = world.walk(view, *REFUSAL[2:6])
        calls_of(world).draft(view.call_id, "verbatim", "Je dois")
        calls_of(world).draft(view.call_id, "verbatim", WORDS)
        view = calls_of(world).note(view.call_id, "Parle vite.")
        assert view.notes == ("Parle vite.",)
        view = calls_of(world).remark(view.call_id, "Trop long.")
        view = world.walk(view, *REFUSAL[6:])
        assert view.outcome is CallOutcome.REFUSED
        assert view.summary[0] == KEPT_HERE
        assert len(world.all(CallStep)) == len(DIAL)
        assert calls_of(world).waiting(view.call_id) == 9
        with pytest.raises(AwayError, match="gardé ici"):
            world.begin(view.client_id)
    settle(world)
    assert len(labels(world)) == len(REFUSAL)
    record = world.one(ChurnRecord)
    assert record.verbatim == WORDS
    assert record.at == world.one(Call).ended_at == world.now
    assert world.one(Subscription).status == "cancelled"
    assert len(world.all(Message)) == 1
    kinds = [event.kind for event in world.all(Event)]
    assert [kinds.count(kind) for kind in ("note", "script_remark", "refused", "kept_apart")] == [1, 1, 1, 0]
    (arrival,) = calls_of(world).arrived(view.call_id)
    assert not arrival.otherwise
    assert any("Fiche de résiliation écrite" in line for line in map(plain, arrival.summary))
    assert calls_of(world).arrived() == []
    assert world.begin(view.client_id).seq == 0


def test_a_step_back_and_a_way_out_go_on_too(world: World) -> None:
    view = started(world, *DIAL)
    with held(world):
        view = world.walk(view, "Hésite")
        view = calls_of(world).back(view.call_id, view.seq)
        view = calls_of(world).jump(view.call_id, view.seq, "callback")
        view = calls_of(world).choose(view.call_id, view.seq, 0, "lundi 10h")
        assert view.outcome is CallOutcome.CALLBACK
    settle(world)
    assert len(labels(world)) == view.seq == 6
    assert world.one(Call).outcome == CallOutcome.CALLBACK


def test_screens_built_again_meanwhile_find_the_call_in_hand(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = started(world, *DIAL)

    def gone(*_: Any) -> None:
        raise AwayError("Le serveur ne répond pas.")

    with held(world), monkeypatch.context() as away:
        view = world.walk(view, "Hésite")
        calls_of(world).draft(view.call_id, "note", "À rappeler")
        away.setattr(storage, "open_of_agent", gone)
        again = calls_of(world).resume()
        assert again is not None
        assert (again.call_id, again.seq, again.note_draft) == (view.call_id, view.seq, "À rappeler")
        view = world.walk(again, "Le prix")
    settle(world)
    assert len(labels(world)) == view.seq
    monkeypatch.setattr(storage, "open_of_agent", gone)
    with pytest.raises(AwayError):
        world.restart().calls.resume()


def test_a_killed_console_brings_it_at_its_next_start(world: World, tmp_path: Path) -> None:
    view = started(world, *DIAL)
    with held(world):
        view = world.walk(view, *REFUSAL[2:4])
        calls_of(world).draft(view.call_id, "note", "À rappeler après")
        kill(world)
        assert stat.S_IMODE((tmp_path / "en-attente.db").stat().st_mode) == 0o600
        again = world.restart().calls.resume()
        assert again is not None
        assert (again.call_id, again.seq, again.step) == (view.call_id, view.seq, view.step)
        assert again.note_draft == "À rappeler après"
        assert len(world.all(CallStep)) == len(DIAL)
        view = world.walk(again, *REFUSAL[4:])
        kill(world)
        assert world.restart().calls.resume() is None  # it is over, and waits
    settle(world)
    assert len(labels(world)) == len(REFUSAL)
    assert len(world.all(ChurnRecord)) == 1
    assert world.restart().calls._keeper.found() == []


def test_what_the_base_has_already_is_not_written_twice(world: World) -> None:
    """Killed between the commit and the forgetting: the same acts come again."""
    view = started(world, *DIAL)
    with held(world):
        view = world.walk(calls_of(world).note(view.call_id, "Parle vite."), *REFUSAL[2:])
        rows = calls_of(world)._keeper.found()
    settle(world)
    keeper = calls_of(world)._keeper
    for row in rows:
        keeper._spool.put("Jean", row)
    world.restart().calls.resume()
    settle(world)
    assert len(labels(world)) == len(REFUSAL)
    kinds = [event.kind for event in world.all(Event)]
    assert [kinds.count(kind) for kind in ("note", "refused", "kept_apart")] == [1, 1, 0]
    assert calls_of(world).arrived() == []


def test_a_call_taken_over_meanwhile_is_told_and_stays_to_be_taken_up(world: World) -> None:
    view = started(world, *DIAL)
    with held(world):
        calls_of(world).note(view.call_id, "Parle vite.")
        view = world.walk(view, *REFUSAL[2:])
        rows = calls_of(world)._keeper.found()
        kill(world)
    world.wait(hours=1)
    theirs = world.as_agent("Anne")
    theirs.calls.begin(view.client_id, view.direction)
    assert len(rows) == 1 + len(REFUSAL[2:])
    assert world.restart().calls.resume() is None
    settle(world)
    (arrival,) = calls_of(world).arrived()
    assert arrival.otherwise
    assert "Anne a repris cet appel" in arrival.words
    assert len(labels(world)) == len(DIAL)
    assert world.all(ChurnRecord) == []
    assert [event.text for event in world.all(Event) if event.kind == "note"] == ["Parle vite."]
    page = build(replace(world.context, role=Role.HOTLINER)).todo.page(TodoKind.KEPT, 0, 10)
    (row,) = page.rows
    assert row.mine
    assert WORDS in row.why
    assert "Anne a repris cet appel" in row.why
    world.services.todo.read_kept(row.id)
    assert world.services.todo.page(None, 0, 10).counts[TodoKind.KEPT] == 0


def renew(world: World) -> None:
    with world.database.writing() as session:
        term = session.get(Subscription, 1)
        assert term is not None
        term.status, term.retention, term.settled_at = "renewed", "renewed", world.now


def test_a_term_renewed_meanwhile_is_told_and_nothing_settles_it_again(world: World) -> None:
    view = started(world, *DIAL)
    with held(world):
        view = world.walk(view, *REFUSAL[2:])
        kill(world)
    renew(world)
    world.restart().calls.resume()
    settle(world)
    again = calls_of(world).resume()
    assert again is not None
    assert again.news.startswith("Renouvelée")
    (arrival,) = calls_of(world).arrived()
    assert arrival.otherwise
    assert "n’est pas enregistrée" in arrival.words
    assert world.all(ChurnRecord) == []
    assert world.one(Subscription).status == "renewed"
    assert len(labels(world)) == len(REFUSAL)  # the outcome's choice gives way to what is told
    assert world.services.todo.page(None, 0, 10).counts[TodoKind.KEPT] == 1
    view = calls_of(world).choose(again.call_id, again.seq, again.highlighted)
    assert view.outcome is CallOutcome.ALREADY_RENEWED


def test_a_call_that_goes_on_is_told_what_was_settled_meanwhile(world: World) -> None:
    view = started(world, *DIAL)
    with held(world):
        view = world.walk(view, "Hésite")
    settle(world)
    renew(world)
    view = world.walk(view, "Le prix")
    assert view.news.startswith("Renouvelée")


def test_where_nothing_can_be_kept_either_it_is_said_and_the_call_stays(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = started(world, *DIAL)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(calls_of(world)._keeper._spool, "put", full)
    with held(world), pytest.raises(StorageError, match="occupée"):
        world.walk(view, "Hésite")
    assert world.walk(view, "Hésite").seq == len(DIAL) + 1


def test_dialling_goes_by_what_is_known_while_the_base_is_away(world: World) -> None:
    view = started(world)
    with held(world):
        view = world.press(view, "Composer")
        assert not world.services.dialling.dial(view.call_id).failed
    settle(world)
    assert world.one(Call).dialled_at is not None


def test_a_call_that_is_no_more_in_a_base_put_back_is_told_and_its_note_stays(world: World) -> None:
    view = started(world, *DIAL)
    with held(world):
        calls_of(world).note(view.call_id, "Parle vite.")
        view = world.walk(view, *REFUSAL[2:])
        kill(world)
    with world.database.writing() as session:
        for step in session.exec(select(CallStep)).all():
            session.delete(step)
        session.delete(session.get_one(Call, view.call_id))
    world.restart().calls.resume()
    settle(world)
    (arrival,) = calls_of(world).arrived()
    assert "n’est plus dans la base" in arrival.words
    told = {event.kind: event.text for event in world.all(Event)}
    assert told["note"] == "Parle vite."
    assert WORDS in told["kept_apart"]


def test_what_was_kept_for_another_base_at_this_address_waits_for_that_one(world: World) -> None:
    view = started(world, *DIAL)
    with held(world):
        world.walk(view, "Hésite")
        kill(world)
    (row,) = calls_of(world)._keeper.found()
    other = replace(row, call_id="of another base", told={**row.told, "code": "AUTRE-1"})
    calls_of(world)._keeper._spool.put("Jean", other)
    assert world.restart().calls.resume() is not None
    settle(world)
    assert len(labels(world)) == len(DIAL) + 1
    assert calls_of(world).arrived() == []
    assert [one.call_id for one in calls_of(world)._keeper.found()] == ["of another base"]


def test_nothing_that_was_kept_of_a_client_who_was_erased_is_written(world: World) -> None:
    view = started(world, *DIAL)
    with held(world):
        calls_of(world).note(view.call_id, "Parle vite.")
        world.walk(view, "Hésite")
        kill(world)
    with world.database.writing() as session:  # an erasure gives a code of its own
        session.get_one(Client, view.client_id).code = "EFFACE-00001"
    world.restart().calls.resume()
    settle(world)
    (arrival,) = calls_of(world).arrived()
    assert "effacé entre-temps" in arrival.words
    assert calls_of(world)._keeper.found() == []
    assert "Parle vite." not in repr(world.all(Event))


def test_an_unforeseen_error_is_told_once_and_the_call_is_free_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = started(world, *DIAL)
    with held(world):
        world.walk(view, *REFUSAL[2:])
        kill(world)
    monkeypatch.setattr(acts, "enter_step", lambda *_: 1 / 0)
    world.restart().calls.resume()
    settle(world)
    (arrival,) = calls_of(world).arrived()
    assert "erreur inattendue" in arrival.words
    assert WORDS in next(event.text for event in world.all(Event) if event.kind == "kept_apart")
    monkeypatch.undo()
    assert world.begin(view.client_id).seq == len(DIAL)


def test_a_call_that_was_only_prepared_is_left_while_the_base_is_away(world: World) -> None:
    view = started(world)
    with held(world):
        calls_of(world).abandon(view.call_id)
    until = monotonic() + 20
    while world.all(Call) and monotonic() < until:  # it was on its way
        sleep(0.02)
    assert world.all(Call) == []


def test_a_damaged_file_is_put_aside_and_acts_are_kept_again(world: World, tmp_path: Path) -> None:
    (tmp_path / "en-attente.db").write_bytes(b"not a database, once upon a time" * 64)
    view = started(world, *DIAL)
    with held(world):
        view = world.walk(view, "Hésite")
        assert calls_of(world).waiting(view.call_id) == 1
    settle(world)
    assert len(labels(world)) == len(DIAL) + 1
    (aside,) = tmp_path.glob("en-attente-abime-*.db")
    assert aside.read_bytes().startswith(b"not a database")


def test_an_act_of_another_version_stays_where_it_is_and_stops_nothing(world: World, tmp_path: Path) -> None:
    view = started(world, *DIAL)
    with held(world):
        world.walk(calls_of(world).note(view.call_id, "Parle vite."), "Hésite")
        kill(world)
    with closing(sqlite3.connect(tmp_path / "en-attente.db")) as file, file:
        file.execute(
            "INSERT INTO act SELECT 90, place, agent, call_id, client_id, 9, 'hum', at, told FROM act LIMIT 1"
        )
        file.execute("UPDATE act SET told = '{}' WHERE kind = 'note'")
    again = world.restart().calls.resume()
    settle(world)
    assert again is not None
    assert len(labels(world)) == len(DIAL) + 1
    with closing(sqlite3.connect(tmp_path / "en-attente.db")) as file:
        assert [kind for (kind,) in file.execute("SELECT kind FROM act ORDER BY id")] == ["note", "hum"]


def test_what_cannot_be_forgotten_at_once_is_later_and_stops_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = started(world, *DIAL)
    with held(world):
        view = world.walk(view, "Hésite")
        spool, full = calls_of(world)._keeper._spool, [True]
        drop = spool.drop

        def dropped(done: Any) -> None:
            if full[0]:
                raise sqlite3.OperationalError("database or disk is full")
            drop(done)

        monkeypatch.setattr(spool, "drop", dropped)
    settle(world)
    assert calls_of(world).waiting() == 0
    full[0] = False
    with held(world):
        view = world.walk(view, "Le prix")
    settle(world)
    assert len(labels(world)) == len(DIAL) + 2
    assert calls_of(world)._keeper.found() == []


def test_what_the_base_refuses_for_ever_is_told_and_not_tried_for_ever(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = started(world, *DIAL)
    with held(world):
        world.walk(view, *REFUSAL[2:])
        kill(world)

    def refused(*_: Any) -> None:
        with world.database.writing() as session:
            session.execute(text("INSERT INTO meta (key) VALUES ('half')"))

    monkeypatch.setattr(acts, "enter_step", refused)
    world.restart().calls.resume()
    settle(world)
    (arrival,) = calls_of(world).arrived()
    assert arrival.otherwise
    assert WORDS in next(event.text for event in world.all(Event) if event.kind == "kept_apart")


@pytest.mark.parametrize(
    "words",
    ["failed to resolve host 'base'", "connection timeout expired", "FATAL: too many clients already"],
)
def test_a_server_that_is_out_of_reach_at_once_is_away(words: str) -> None:
    error = OperationalError("SELECT 1", {}, psycopg.OperationalError(words))
    assert isinstance(explain(error, "base"), AwayError)


def test_what_is_typed_outside_a_call_is_there_at_the_next_start(world: World, tmp_path: Path) -> None:
    note = world.add(), DraftField.NOTE, 0
    with held(world):
        assert calls_of(world).words(*note) == ""
        for typed in ("Il", "Il hésite"):
            assert not calls_of(world).keep_words(*note, typed)
        assert calls_of(world).words(*note) == "Il hésite"
        assert (calls_of(world).waiting(), calls_of(world).waiting_words()) == (1, 1)
        (left,) = left_in(tmp_path / "en-attente.db")
        assert (left.acts, left.texts) == (0, 1)
        kill(world)
    assert world.restart().calls.words(*note) == "Il hésite"
    settle(world)
    assert [draft.text for draft in world.all(Draft)] == ["Il hésite"]
    assert left_in(tmp_path / "en-attente.db") == []
    assert calls_of(world).keep_words(*note, "")
    assert world.all(Draft) == []


def test_what_was_typed_about_a_client_who_was_erased_is_forgotten_and_said(world: World) -> None:
    note = world.add(), DraftField.NOTE, 0
    with held(world):
        calls_of(world).keep_words(note[0], DraftField.REPLY, 0, "Plus tard.")
        calls_of(world)._codes[note[0]] = "CLT-AVANT"  # an erasure gives a code of its own
        calls_of(world).keep_words(*note, "Il hésite")
    settle(world)
    (told,) = calls_of(world).arrived()
    assert "effacé" in told.words
    assert [draft.text for draft in world.all(Draft)] == ["Plus tard."]
