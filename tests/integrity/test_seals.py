"""What `verifier` names: one column of one row changed, hands in the base, older copies; and nothing else."""

import json
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from socket import gethostname
from typing import Any

import pytest
from sqlalchemy import JSON, Boolean, Date, DateTime, Integer, String, make_url, select, update
from sqlmodel import SQLModel, col

from console.base.errors import BusyError, RefusedInputError
from console.base.roles import Role
from console.base.vocabulary import Channel, Direction, DraftField
from console.calls.ratings import rate
from console.cases.openings import openings_of
from console.cases.upkeep import refresh_stale
from console.db import dialect
from console.db.tables import Call, Event, ShortLink
from console.exports.forms import Format, What
from console.exports.service import ExportService
from console.figures.report import ReportService
from console.integrity.backup import back_up
from console.integrity.database import Checked, faults
from console.integrity.database import _faults as faults_in
from console.integrity.repair import RepairService
from console.ledger import check, columns, compare
from console.ledger.columns import FREE
from console.ledger.sealer import SealService
from console.ledger.seals import Given, read_given
from console.messages.events import FeedbackService
from console.messages.outbox import OutboxService
from console.messages.reminders import RelanceService
from console.outside.outside import Outside
from console.people.privacy import PrivacyService
from console.records.filters import Filters
from console.rules.openings import Tracking
from console.services import Services, build
from tests.databases import Filled
from tests.world import CONTENT, DIAL, REFUSAL, World, paris, plain

NOW = paris("2025-12-17T10:00")
PAUSE = ("Hésite", "Ce n’est pas", "Accepte la pause", "Le client confirme", "Ne pas demander")
AGREED = ("Veut renouveler", "Je m’en occupe", "Ne pas demander", "Terminer")
COACHING = (
    *DIAL, "Hésite", "Le service", "Noté = L’atelier du 3 a été annulé.",
    "Accepte l’accompagnement", "Préfère voir", "Terminer",
)  # fmt: skip


def _as(world: World, agent: str, role: Role) -> Services:
    return build(replace(world.context, agent=agent, role=role))


def company(world: World) -> None:
    """Each table has a row: calls of every kind, messages that left, a supervisor at work, accounts."""
    openings_of(world.database, Tracking("mesure"), world.now)
    for n in range(1, 9):
        world.add(f"CLT-{n:05}", email=f"c{n}@example.org", phone=f"+3363998123{n}", last_name=f"Dupuis{n}")
    RelanceService(world.context).run()
    outside = Outside(folder=world.path.parent / f"{world.path.stem}-out", named=True)
    OutboxService(replace(world.context, outside=outside)).send_due()
    world.wait(hours=1)
    told = {"id": "1", "type": "opened", "client": "CLT-00007", "at": world.now.isoformat()}
    assert not FeedbackService(world.context).take([(1, json.dumps(told))]).faults
    world.walk(world.begin(1), *REFUSAL)
    world.walk(world.begin(2, Direction.INBOUND), *PAUSE)
    world.walk(world.begin(3, Direction.INBOUND), *AGREED)
    world.walk(world.begin(4), *COACHING)
    view = world.walk(world.begin(5), *DIAL)
    view = world.services.calls.jump(view.call_id, view.seq, "escalate")
    world.press(view, plain(view.choices[0].label), "Veut être rappelé par la direction.")
    anne = _as(world, "Anne", Role.SUPERVISOR)
    anne.escalations.take(1)
    anne.escalations.answer(1, "Nous vous rappelons demain.")
    review = anne.review
    review.mark_read(1)
    review.ask(1, "Un concurrent ?")
    _as(world, "Jean", Role.HOTLINER).review.answer(2, "Aucun.")
    review.save_view("les miens", Filters(agent="Jean"))
    anne.callbacks.set_away("Zoé", away=True)
    world.services.calls.keep_words(6, DraftField.NOTE, 0, "Je no")
    world.services.clients.oppose(6, Channel.SMS)
    users = _as(world, "Ada", Role.ADMINISTRATOR).users
    users.add("Ada", Role.ADMINISTRATOR, "un cheval correct")
    users.add("Jean", Role.HOTLINER, "une pile de livres")
    PrivacyService(replace(world.context, role=Role.ADMINISTRATOR)).erase("CLT-00008")
    link: dict[str, Any] = {
        "expires_on": date(2025, 12, 31),
        "until": date(2026, 1, 30),
        "made_at": world.now,
    }
    with world.database.writing() as session:
        session.add(ShortLink(digest="0a1b", client_id=7, purpose="r", **link))
    SealService(world.context).seal()
    world.wait(days=1)
    refresh_stale(world.context)


@pytest.fixture
def world(filled: Filled, request: pytest.FixtureRequest) -> World:
    return filled(company, NOW)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[World]:
    """The same in a file of its own."""
    path = tmp_path / "base.db"
    if not _COMPANY:
        first = World(path, NOW)
        company(first)
        first.database.close()
        _COMPANY.append((path.read_bytes(), first.now))
    kept, now = _COMPANY[0]
    path.write_bytes(kept)
    one = World(path, now)
    yield one
    one.database.close()


_COMPANY: list[tuple[bytes, datetime]] = []


def found(world: World, seal: Given | None = None) -> list[str]:
    url = world.url or f"sqlite:///{world.path}"
    return [plain(one) for one in faults(url, Checked(CONTENT, world.clock, seal))]


def test_an_honest_base_holds_on_both(world: World) -> None:
    last = SealService(world.context).latest()
    assert last is not None
    assert found(world, Given(last.fingerprint)) == []
    world.walk(world.begin(7), *REFUSAL)
    world.services.clients.add_note(6, "Rappeler le soir.")
    with world.database.writing() as session:  # a client rates a call that was sealed without a rating
        call = session.scalars(select(Call).where(col(Call.client_id) == 3)).one()
        rate(session, world.context, call, 4)
    PrivacyService(replace(world.context, role=Role.ADMINISTRATOR)).erase("CLT-00001")
    assert found(world, Given(last.fingerprint)) == []
    newer = SealService(world.context).seal()
    assert (newer.number, newer.previous) == (2, last.hash)
    world.wait(days=40)
    RelanceService(world.context).run()
    assert found(world, Given(last.fingerprint)) == []
    assert found(world, Given(newer.fingerprint)) == []
    with world.database.writing() as session:
        session.connection().exec_driver_sql("UPDATE message SET text = 'x' WHERE id = 1")
    assert len(found(world)) == 1


def test_a_check_looks_closer_only_at_whoever_has_changed(
    file: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[int] = []

    def told(connection: Any, subjects: Any) -> Any:
        looked_at.extend(subjects)
        return compare.told_of(connection, subjects)

    monkeypatch.setattr(check, "told_of", told)
    assert found(file) == []
    assert looked_at == [columns.BASE]
    with monkeypatch.context() as later:  # a version that has a column more in a table
        later.setitem(columns.STATES, "call_step", "label")
        columns.sealed_tables.cache_clear()
        looked_at.clear()
        assert found(file) == []
        assert looked_at == [columns.BASE]
    columns.sealed_tables.cache_clear()
    file.services.clients.add_note(6, "Rappeler le soir.")
    looked_at.clear()
    assert found(file) == []
    assert looked_at == [columns.BASE, 6]


def test_who_writes_does_not_wait_for_a_check(world: World) -> None:
    """It takes minutes on a large base: a file without WAL could not be written to all that while."""
    notes: list[int] = []

    def write(done: int, _: int) -> None:
        notes.append(done)
        with world.database.writing() as session:
            session.connection().exec_driver_sql("UPDATE client SET updated_at = updated_at WHERE id = 1")

    url = world.url or f"sqlite:///{world.path}"
    assert faults(url, Checked(CONTENT, world.clock, progress=write)) == []
    assert notes
    assert not list(world.path.parent.glob(".verifier-*"))


# -- one column of every table -------------------------------------------------------------------------

STATUSES = {"subscription": "renewed", "message": "failed"}
"""Another value where only some are taken."""


def other(column: Any, value: Any, table: str) -> Any:
    """Another value of the column, as far away as the column allows."""
    kind = getattr(column.type, "impl", column.type)
    if column.name == "status" and table in STATUSES:
        return "active" if value == STATUSES[table] else STATUSES[table]
    match kind:
        case Boolean():
            return not value
        case Integer():
            return (value or 0) + 1000
        case DateTime():
            return (value or NOW) + timedelta(days=400)
        case Date():
            return (value or date(2025, 1, 1)) + timedelta(days=400)
        case JSON():
            return ["x"] if isinstance(value, list) else {"x": 1}
    return f"{value or ''}x"


def test_one_column_of_every_table_changed_is_named_or_free_for_a_reason(file: World) -> None:
    engine = dialect.make_engine(make_url(f"sqlite:///{file.path}"))
    checked = Checked(CONTENT, file.clock)
    unnamed: list[str] = []
    with engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        connection.exec_driver_sql("ROLLBACK")
        raw.execute("PRAGMA foreign_keys=OFF")
        raw.execute("BEGIN")
        assert faults_in(connection, checked) == []
        for name, table in SQLModel.metadata.tables.items():
            free = FREE.get(name, {})
            row = connection.execute(select(table).order_by(*table.primary_key).limit(1)).mappings().first()
            if "*" in free:
                continue
            assert row is not None, name
            mine = [key == row[key.name] for key in table.primary_key]
            for column in table.columns:
                connection.exec_driver_sql("SAVEPOINT one")
                value = other(column, row[column.name], name)
                connection.execute(update(table).where(*mine).values({column.name: value}))
                named = bool(faults_in(connection, checked))
                if not named and not free.keys() & {"*", column.name}:
                    unnamed.append(f"{name}.{column.name}")
                connection.exec_driver_sql("ROLLBACK TO one")
    engine.dispose()
    assert unnamed == []
    assert sum("*" not in one and len(one) for one in FREE.values()) < 20


def test_a_value_that_no_program_can_read_is_named_and_stops_nothing(file: World) -> None:
    engine = dialect.make_engine(make_url(f"sqlite:///{file.path}"))
    checked = Checked(CONTENT, file.clock)
    with engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        connection.exec_driver_sql("ROLLBACK")
        raw.execute("PRAGMA foreign_keys=OFF")
        raw.execute("PRAGMA ignore_check_constraints=ON")
        raw.execute("BEGIN")
        for name, table in SQLModel.metadata.tables.items():
            if not connection.execute(select(table)).first():
                continue
            for column in table.columns:
                for value in (b"\xff", "2025-02-31 09:00:00.000000", "2025-02-31", "{"):
                    words = isinstance(getattr(column.type, "impl", column.type), String)
                    if column.primary_key or (words and value != b"\xff"):
                        continue
                    connection.exec_driver_sql("SAVEPOINT one")
                    connection.exec_driver_sql(f'UPDATE OR IGNORE "{name}" SET "{column.name}" = ?', (value,))
                    named = faults_in(connection, checked)
                    connection.exec_driver_sql("ROLLBACK TO one")
                    assert "base abîmée" in " ".join(named), (name, column.name, value)
        for word in ("retention", "pane", "plan", "billing"):
            connection.exec_driver_sql("SAVEPOINT one")
            connection.exec_driver_sql(f"UPDATE subscription SET {word} = 'zut'")
            assert faults_in(connection, checked), word
            connection.exec_driver_sql("ROLLBACK TO one")
    engine.dispose()


# -- hands in the base ---------------------------------------------------------------------------------

Hand = Callable[[sqlite3.Connection], object]
_FROM = "PRAGMA foreign_keys=OFF"
RESEAL = "reseal"
"""The hand also takes every seal away, and has the base sealed anew."""
BY_HAND: dict[str, tuple[str, ...]] = {
    "a message marked sent": (
        "UPDATE message SET status = 'sent', sent_at = created_at WHERE status = 'queued'",
    ),
    "a message marked opened": ("UPDATE message SET opened_at = sent_at WHERE id = 1",),
    "a message never sent": ("UPDATE message SET status = 'cancelled' WHERE status = 'queued'",),
    "a message taken away": ("DELETE FROM message WHERE id = 2",),
    "the words of a message": ("UPDATE message SET text = 'Bonjour' WHERE id = 1",),
    "an event taken away": ("DELETE FROM event WHERE kind = 'opposition'",),
    "the last event taken away": ("DELETE FROM event WHERE id = (SELECT max(id) FROM event)",),
    "an event moved a day": ("UPDATE event SET at = '2025-12-01 09:00:00.000000' WHERE kind = 'refused'",),
    "an event given to another": ("UPDATE event SET client_id = 6 WHERE kind = 'refused'",),
    "an event slipped in": (
        "DELETE FROM event WHERE id = 5",
        "INSERT INTO event (id, at, known_at, kind, client_id, agent, text, data) SELECT 5, at, known_at,"
        " 'note', 6, 'Jean', 'Tout va bien.', '{}' FROM event WHERE id = 6",
    ),
    "the audit emptied": ("DELETE FROM event WHERE kind = 'audit'",),
    "one line of the audit": ("DELETE FROM event WHERE kind = 'audit' AND text = 'user.added'",),
    "an agent's name": ("UPDATE event SET agent = 'Zoé' WHERE kind = 'refused'",),
    "a role raised": ("UPDATE user_account SET role = 'administrateur' WHERE name = 'Jean'",),
    "a password": (
        "UPDATE user_account SET password = (SELECT password FROM user_account WHERE name = 'Ada')",
    ),
    "an account added": (
        "INSERT INTO user_account (name, folded, role, password, active, created_at, created_by)"
        " SELECT 'Eve', 'eve', role, password, 1, created_at, 'Ada' FROM user_account WHERE name = 'Ada'",
    ),
    "an account taken away": ("DELETE FROM user_account WHERE name = 'Jean'",),
    "a step of a call": ("UPDATE call_step SET said = 'Autre chose' WHERE id = 3",),
    "a step taken away": ("DELETE FROM call_step WHERE id = (SELECT max(id) FROM call_step)",),
    "a call taken away": (
        "DELETE FROM call_step WHERE call_id = (SELECT call_id FROM commitment)",
        "DELETE FROM call WHERE id = (SELECT call_id FROM commitment)",
    ),
    "an agreement proved": ("UPDATE agreement SET confirmed_at = agreed_at, confirmed_by = 'payment'",),
    "a refusal renewed": (
        "UPDATE subscription SET status = 'renewed', retention = 'renewed' WHERE status = 'cancelled'",
    ),
    "an offer made dearer": ("UPDATE granted_offer SET price_cents = price_cents + 100 WHERE id = 1",),
    "a promise kept": ("UPDATE commitment SET done_at = created_at, done_by = 'Jean'",),
    "an opposition forgotten": ("UPDATE client SET opposed_sms = 0 WHERE id = 6",),
    "an address changed": (
        "UPDATE client SET email = 'autre@example.org', search = replace(search, 'c5', 'x')",
    ),
    "the last record cut": (
        "DELETE FROM record_word", "DELETE FROM record_amendment", "DELETE FROM churn_record",
        "UPDATE call SET outcome = 'undecided' WHERE outcome = 'refused'",
    ),
    "the spoken script": ("UPDATE script_version SET content = content || ' '",),
    "who was erased": ("DELETE FROM forgotten",),
    "the trial mark": ("DELETE FROM meta WHERE key = 'trial'",),
    "the seals taken away": ("DELETE FROM seal", "DELETE FROM seal_entry"),
    "the last seal taken away": ("DELETE FROM seal WHERE number = 1",),
    "the digests of a client": ("DELETE FROM seal_entry WHERE subject = 1",),
    "all recomputed": ("UPDATE message SET text = 'Bonjour' WHERE id = 1", RESEAL),
    "all recomputed and one row less": ("DELETE FROM message WHERE id = 8", RESEAL),
}  # fmt: skip
"""What somebody who holds the file does to it, against the seal of the day before."""


def test_a_hand_in_the_base_is_named_with_the_seal_of_the_day_before(file: World) -> None:
    seal = SealService(file.context).latest()
    assert seal is not None
    given, whole, missed = read_given(json.dumps(seal.plain())), file.path.read_bytes(), []
    for name, statements in BY_HAND.items():
        with closing(sqlite3.connect(file.path)) as base:
            base.executescript("".join(f"{one};" for one in (_FROM, *statements) if one != RESEAL))
        if RESEAL in statements:
            with closing(sqlite3.connect(file.path)) as base:
                base.executescript("DELETE FROM seal; DELETE FROM seal_entry; DELETE FROM seal_salt;")
            SealService(file.context).seal()
        if not found(file, given):
            missed.append(name)
        file.database.close()
        file.path.write_bytes(whole)
    assert missed == []
    assert len(BY_HAND) > 31


def test_an_older_copy_is_named_as_one_and_a_recomputed_base_as_another(file: World, tmp_path: Path) -> None:
    service = SealService(file.context)
    older = file.path.read_bytes()
    file.walk(file.begin(7), *REFUSAL)
    file.wait(days=1)
    last = service.seal()
    given = read_given(json.dumps(last.plain(service.earlier(last))))
    printed = read_given(f"Rapport de décembre. {last.words}. Confidentiel.")
    assert (found(file, given), found(file, printed)) == ([], [])
    file.database.close()
    file.path.write_bytes(older)
    why, *cut = found(file, given)
    assert f"({last.fingerprint}) n’est pas dans la base, qui s’arrête au sceau n° 1" in why
    assert "fiche de résiliation n° 2 : scellé" in " ".join(cut)
    (why,) = found(file, printed)
    assert "une copie plus ancienne a été remise en place" in why
    file.wait(days=1)
    file.services.clients.add_note(6, "La vie continue.")
    service.seal()
    why, *_ = found(file, given)
    assert "à partir du sceau n° 2" in why
    for text in ("", "ABCD", '{"sceau": 1}', json.dumps(last.plain() | {"le": "2025-01-01T00:00:00+00:00"})):
        with pytest.raises(RefusedInputError):
            read_given(text)


def test_what_leaves_the_console_says_the_last_seal(file: World, tmp_path: Path) -> None:
    last = SealService(file.context).latest()
    assert last is not None
    file.services = _as(file, "Anne", Role.SUPERVISOR)
    assert last.fingerprint in " ".join(ReportService(file.context).report(date(2025, 12, 1)).lines())
    ExportService(file.context).write(What.REFUSALS, Format.XLSX, tmp_path / "refus.xlsx")
    with zipfile.ZipFile(tmp_path / "refus.xlsx") as book:
        assert last.fingerprint in book.read("docProps/core.xml").decode()
    assert file.all(Event)[-1].data["sceau"] == last.fingerprint
    file.services = _as(file, "Ada", Role.ADMINISTRATOR)
    sealed = back_up(file.context, tmp_path / "copie.db")
    assert sealed is not None
    assert sealed.number == last.number + 1
    with closing(sqlite3.connect(tmp_path / "copie.db")) as copy:
        assert copy.execute("SELECT hash FROM seal ORDER BY number DESC").fetchone() == (sealed.hash,)


def test_two_sealers_do_not_write_one_seal_and_one_cut_short_is_begun_again(file: World) -> None:
    file.services.clients.add_note(6, "La vie continue.")
    service = SealService(file.context)
    slow = service._begin()
    with pytest.raises(BusyError):
        SealService(file.context).seal()
    assert SealService(replace(file.context, demo=False)).of_today() is None
    file.wait(minutes=11)  # it was killed
    assert SealService(file.context).seal().number == 2
    with pytest.raises(BusyError):
        service._do(slow, None, lambda: False)
    assert found(file) == []


def test_a_killed_sealer_is_not_waited_for_and_a_live_one_holds_up_no_backup(
    file: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.services.clients.add_note(6, "La vie continue.")
    file.services = _as(file, "Ada", Role.ADMINISTRATOR)
    SealService(file.context)._begin()
    assert back_up(file.context, tmp_path / "sans.db") is None
    with closing(sqlite3.connect(tmp_path / "sans.db")) as copy:
        assert copy.execute("SELECT count(*) FROM event WHERE text = 'La vie continue.'").fetchone() == (1,)
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    monkeypatch.setattr("console.ledger.sealer.process", lambda: f"{ended.pid}@{gethostname()}")
    file.wait(minutes=2)  # the live one has done nothing since
    SealService(file.context)._begin()
    sealed = back_up(file.context, tmp_path / "avec.db")
    assert sealed is not None
    assert sealed.number == 2
    assert found(file) == []


@pytest.mark.parametrize("sealed_meanwhile", [False, True])
@pytest.mark.parametrize("client", [1, 2])
def test_what_a_correction_took_away_gives_its_number_to_nobody(
    tmp_path: Path, client: int, *, sealed_meanwhile: bool
) -> None:
    world = World(tmp_path / "corrected.db", NOW)
    for n in (1, 2):
        world.add(f"CLT-0000{n}", email=f"c{n}@example.org", phone=f"+3363998123{n}", last_name=f"D{n}")
    ended = world.walk(world.begin(1, Direction.INBOUND), *AGREED)
    SealService(world.context).seal()
    world.services.corrections.correct(ended.call_id)
    if sealed_meanwhile:
        SealService(world.context).seal()
    view = world.services.calls.resume()
    assert view is not None
    view = world.services.calls.jump(view.call_id, view.seq, "hung_up")
    world.press(view, "Terminer l’appel")
    assert found(world) == []
    world.walk(world.begin(client, Direction.INBOUND), *AGREED)
    assert found(world) == []
    world.wait(days=1)
    SealService(world.context).seal()
    assert found(world) == []
    with world.database.writing() as session:
        session.connection().exec_driver_sql("UPDATE agreement SET agreed_at = '2025-12-01 09:00:00.000000'")
    assert "accord n°" in " ".join(found(world))
    world.database.close()


def test_a_seal_of_other_columns_accuses_nobody(file: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A later version adds a column to a table: the seals made before have not seen it."""
    with file.database.writing() as session:
        for table in ("seal", "seal_entry", "seal_salt"):
            session.connection().exec_driver_sql(f"DELETE FROM {table}")
    with monkeypatch.context() as older:
        older.setitem(columns.FREE, "call_step", {"label": ""})
        older.setitem(columns.FREE, "granted_offer", {"*": ""})
        columns.sealed_tables.cache_clear()
        first = SealService(file.context).seal()
    columns.sealed_tables.cache_clear()
    assert found(file, Given(first.fingerprint)) == []

    def alter(statement: str) -> list[str]:
        engine = dialect.make_engine(make_url(f"sqlite:///{file.path}"))
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)
            named = [plain(one) for one in faults_in(connection, Checked(CONTENT, file.clock))]
            connection.rollback()
        engine.dispose()
        return named

    step = "UPDATE call_step SET {} = 'x' WHERE call_id = (SELECT call_id FROM call_step WHERE id = 1)"
    assert "étape d’appel" in " ".join(alter(step.format("said")))
    assert alter(step.format("label")) == []  # it was not sealed then
    file.services.clients.add_note(1, "La vie continue.")
    file.wait(days=1)
    SealService(file.context).seal()
    assert found(file, Given(first.fingerprint)) == []
    assert "étape d’appel" in " ".join(alter(step.format("label")))
    assert "offre accordée" in " ".join(alter("UPDATE granted_offer SET workshops = 9 WHERE client_id = 1"))


def test_what_a_fact_does_not_tell_is_not_sealed_over(file: World) -> None:
    with file.database.writing() as session:
        session.connection().exec_driver_sql("UPDATE message SET opened_at = sent_at WHERE id = 1")
    (before,) = [one for one in found(file) if "message n° 1" in one]
    file.services.clients.add_note(1, "Une note n’explique pas un message.")
    SealService(file.context).seal()
    assert [one for one in found(file) if "message n° 1" in one] == [before]


def test_what_is_derived_is_rebuilt_after_a_copy_and_the_facts_are_not_touched(file: World) -> None:
    def rows() -> dict[str, list[Any]]:
        """All that there is, but for the audit's line of the repair and when a place was reckoned last."""
        found = {}
        for name, table in SQLModel.metadata.tables.items():
            kept = [one for one in table.columns if one.name != "placed_at"]
            query = select(*kept).order_by(*table.primary_key)
            if name == "event":
                query = query.where(table.c.text != "base.repaired")
            found[name] = [tuple(row) for row in session.connection().execute(query)]
        found["campaign_count"] = [row for row in found["campaign_count"] if row[-1]]
        return found

    RelanceService(file.context).run()
    with file.database.reading() as session:
        before = rows()
    with closing(sqlite3.connect(file.path)) as base:
        base.executescript(
            f"{_FROM}; DELETE FROM watch; UPDATE campaign_count SET n = n + 2; DELETE FROM record_word;"
            "UPDATE subscription SET pane = 'later', rank = 3, client_code = 'X';"
            "UPDATE client SET search = 'x';"
            "UPDATE churn_record SET reviewed = 0; UPDATE record_amendment SET answered_at = NULL;"
            "UPDATE user_account SET role = 'administrateur';"
        )
    assert len(found(file)) > 10
    kept, told = RepairService(replace(file.context, role=Role.ADMINISTRATOR)).run()
    assert kept is not None
    assert kept.exists()
    assert len(told) == 8
    assert found(file) == []
    RelanceService(file.context).run()  # looks at whoever was no longer watched
    with file.database.reading() as session:
        after = rows()
    assert {name: kept for name, kept in after.items() if kept != before[name]} == {}
    assert RepairService(replace(file.context, role=Role.ADMINISTRATOR)).run() == (None, [])
