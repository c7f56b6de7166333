"""The migrations give the same schema as the tables, and a database on disk follows them safely."""

import gzip
import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, make_url, text
from sqlmodel import SQLModel, col, update

from console.base.errors import StorageError
from console.base.vocabulary import Direction
from console.cases.upkeep import refresh_stale
from console.cases.views import Campaign
from console.db import dialect, engine
from console.db.engine import open_database
from console.db.migrations import config, upgrade
from console.db.tables import (
    SCHEMA,
    Agreement,
    Call,
    CallStep,
    ChurnRecord,
    Client,
    Event,
    Message,
    Pause,
    RecordWord,
    ScriptVersion,
    Subscription,
    Watch,
)
from console.integrity import database
from console.integrity.backup import back_up, restore
from console.integrity.database import Checked, faults
from console.integrity.upgraded import told
from console.ledger.sealer import SealService
from console.messages.outbox import OutboxService
from console.messages.reminders import RelanceService
from console.outside.outside import Outside
from tests.calls.leaving import leave
from tests.databases import CLOCK, NOW
from tests.world import CONTENT, DIAL, REFUSAL, World, paris


def schema(connection: Connection) -> dict[str, Any]:
    """The schema as the database reports it; the order of the columns of a table means nothing."""
    found = inspect(connection)
    once: set[str] = set()  # tables whose numbers are given once
    if connection.dialect.name == "sqlite":
        made = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%'")
        once = set(made.scalars())
    return {
        table: {
            "numbers given once": table in once,
            "columns": {
                one["name"]: (str(one["type"]), one["nullable"], one.get("default"))
                for one in found.get_columns(table)
            },
            "key": found.get_pk_constraint(table),
            "references": _named(found.get_foreign_keys(table)),
            "unique": _named(found.get_unique_constraints(table)),
            "checks": _named(found.get_check_constraints(table)),
            "indexes": _named(found.get_indexes(table)),
            "options": found.get_table_options(table),
        }
        for table in found.get_table_names()
    }


def _named(parts: Iterable[Any]) -> dict[str, Any]:
    """By name: a table lists its constraints in whatever order they came."""
    return {
        str(one["name"]): [
            (name, {key: str(part) for key, part in value.items()} if isinstance(value, dict) else value)
            for name, value in sorted(one.items())
        ]
        for one in parts
    }


def normal(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://")


@pytest.mark.filterwarnings("ignore:.*expression-based index")  # of SQLite these are not compared
def test_migrations_and_tables_agree(empty_url: str, tmp_path: Path) -> None:
    made_at_once = dialect.make_engine(make_url(normal(empty_url)))
    with dialect.writer(made_at_once).begin() as connection:
        engine._create(connection)
        direct = schema(connection)
    made_at_once.dispose()

    if empty_url.startswith("sqlite"):
        other = f"sqlite:///{tmp_path / 'migrated.db'}"
    else:
        other = empty_url
        with made_at_once.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
    migrated = dialect.make_engine(make_url(normal(other)))
    with dialect.writer(migrated).begin() as connection:
        upgrade(connection)
        followed = schema(connection)
        difference = compare_metadata(MigrationContext.configure(connection), SQLModel.metadata)
    migrated.dispose()
    made_at_once.dispose()
    for table, found in direct.items():
        assert followed[table] == found, table
    assert followed == direct
    assert difference == []


def test_the_programs_schema_is_the_last_migration(sqlite: str) -> None:
    made = dialect.make_engine(make_url(sqlite))
    with made.connect() as connection:
        heads = ScriptDirectory.from_config(config(connection)).get_heads()
    assert heads == [SCHEMA]


def stamp(path: Path, version: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (version,))
    connection.close()


def test_a_newer_database_is_refused_and_left_alone(sqlite: str, tmp_path: Path) -> None:
    open_database(sqlite, clock=CLOCK).close()
    stamp(tmp_path / "base.db", "9999")
    before = (tmp_path / "base.db").read_bytes()
    with pytest.raises(StorageError, match="version plus récente"):
        open_database(sqlite, clock=CLOCK)
    assert (tmp_path / "base.db").read_bytes() == before


def test_an_older_database_is_backed_up_then_updated(
    sqlite: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_database(sqlite, clock=CLOCK).close()
    stamp(tmp_path / "base.db", "0000")
    seen: list[str] = []

    def to_last(connection: Connection) -> None:
        seen.extend(p.name for p in tmp_path.glob("base-avant-maj-*"))
        connection.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": SCHEMA})

    monkeypatch.setattr("console.db.migrations.upgrade", to_last)
    open_database(sqlite, clock=CLOCK).close()
    assert seen == ["base-avant-maj-0000-20251220-140000.db"]
    backup = tmp_path / seen[0]
    assert backup.stat().st_mode & 0o777 == 0o600
    with sqlite3.connect(backup) as copy:
        assert copy.execute("SELECT version_num FROM alembic_version").fetchone() == ("0000",)
    copy.close()


def test_a_failed_update_changes_nothing(
    sqlite: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_database(sqlite, clock=CLOCK).close()
    stamp(tmp_path / "base.db", "0000")

    def half(connection: Connection) -> None:
        connection.execute(text("CREATE TABLE half_made (id INTEGER)"))
        connection.execute(text("SELECT * FROM missing"))

    monkeypatch.setattr("console.db.migrations.upgrade", half)
    with pytest.raises(StorageError):
        open_database(sqlite, clock=CLOCK)
    with sqlite3.connect(tmp_path / "base.db") as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("0000",)
        assert not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'half_made'").fetchall()
    connection.close()


def test_few_backups_are_kept(sqlite: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for day in range(1, 6):
        (tmp_path / f"base-avant-maj-0000-202501{day:02d}-120000.db").touch()
    open_database(sqlite, clock=CLOCK).close()
    stamp(tmp_path / "base.db", "0000")
    monkeypatch.setattr("console.db.migrations.upgrade", lambda _connection: None)
    open_database(sqlite, clock=CLOCK).close()
    assert len(list(tmp_path.glob("base-avant-maj-*"))) == engine.BACKUPS_KEPT


def test_messages_of_a_first_version_are_kept(sqlite: str, tmp_path: Path) -> None:
    made = dialect.make_engine(make_url(sqlite))
    with dialect.writer(made).begin() as connection:
        command.upgrade(config(connection), "0001")
        dialect.mark_as_ours(connection)
        connection.execute(text(CLIENT))
        connection.execute(text(MESSAGE))
        step = MESSAGE.replace("(1, '<1@x>', '1'", "(2, '<2@x>', '2'").replace("cloture", "J-14")
        connection.execute(text(step))
    made.dispose()
    database = open_database(sqlite, clock=CLOCK)
    with database.reading() as session:
        message, reminder = session.get(Message, 1), session.get(Message, 2)
    database.close()
    assert message is not None
    assert (message.message_id, message.status, message.text) == ("<1@x>", "queued", "Bonjour")
    assert (message.attempts, message.uncertain, message.error, message.lease_token) == (0, 0, "", "")
    assert (message.valid_until, message.lease_until, message.not_before) == (None, None, NOW)
    assert (message.kind, message.purpose, message.step) == ("cloture", "closing", "")
    assert reminder is not None
    assert (reminder.kind, reminder.purpose, reminder.step) == ("J-14", "reminder", "J-14")


@pytest.mark.parametrize(
    ("terms", "anchors"),
    [
        # A chain from the 31st goes on from it after a short month.
        (["2026-01-31 2026-02-27", "2026-02-28 2026-03-30", "2026-03-31 2026-04-29"], [31, 31, 31]),
        # What the end of the month was taken for before: a client told 30/12 has a term that ends then.
        (["2025-11-01 2025-11-30", "2025-12-01 2025-12-30", "2025-12-31 2026-01-30"], [1, 1, 31]),
        # Someone who came back begins anew; a start alone says too little after a short month.
        (["2026-01-31 2026-02-27", "2026-03-05 2026-04-04"], [31, 5]),
        (["2027-02-28 2028-02-28"], [29]),
        (["2025-10-31 2025-11-30"], [31]),
    ],
)
def test_the_day_that_terms_count_from_is_rebuilt(
    url: str, tmp_path: Path, terms: list[str], anchors: list[int]
) -> None:
    world = World(tmp_path / "base.db", NOW, url=url)
    client = world.add(starts_on=date(2020, 1, 1), expires_on=date(2020, 12, 31))
    filling = import_module("console.db.migrations.versions.0013_the_day_terms_count_from")
    with world.database.writing() as session:
        for term in terms:
            start, end = map(date.fromisoformat, term.split())
            session.add(
                Subscription(
                    client_id=client, plan="premium", billing="monthly", starts_on=start, expires_on=end
                )
            )
        session.flush()
        filling.count(session.connection())
    assert [term.anchor_day for term in world.all(Subscription)] == [1, *anchors]
    world.database.close()


def test_a_number_that_only_an_sms_condemned_may_be_called_again(url: str, tmp_path: Path) -> None:
    world = World(tmp_path / "base.db", NOW, url=url)
    told = {"CLT-00001": "bounced", "CLT-00002": "bounced", "CLT-00003": "", "CLT-00004": "phone_invalid"}
    for n, (code, kind) in enumerate(told.items()):
        number = f"+3361234567{n}"
        client = world.add(code, email="", phone=number, phone_kind="invalid")
        if kind:
            words = f"L’adresse {number} rejette les messages : elle ne sert plus"
            with world.database.writing() as session:
                session.add(Event(at=NOW, kind=kind, client_id=client, text=words))
                if code == "CLT-00002":
                    session.add(Event(at=NOW, kind="phone_invalid", client_id=client))
    filling = import_module("console.db.migrations.versions.0017_a_bounced_sms_says_nothing_of_the_voice")
    with world.database.writing() as session:
        filling.call_again(session.connection())
    found = {one.code: (one.phone_kind, one.sms_usable) for one in world.all(Client)}
    assert found["CLT-00001"] == ("mobile", False)
    assert {found[code] for code in ("CLT-00002", "CLT-00003", "CLT-00004")} == {("invalid", True)}
    world.database.close()


def test_of_two_open_calls_the_latest_stays_so_and_facts_tell_of_the_others(url: str, tmp_path: Path) -> None:
    world = World(tmp_path / "base.db", paris("2025-12-17T10:00"), url=url)
    for n in (1, 2, 3):
        world.add(f"CLT-{n:05}", email=f"c{n}@example.org", phone=f"+3363998000{n}")
    closing: Any = import_module("console.db.migrations.versions.0041_one_open_call")
    with world.database.acting() as connection:
        for name in ("agent", "client_id"):
            connection.execute(text(f"DROP INDEX uq_call_open_{name}"))
    world.walk(world.begin(1), *DIAL)
    last = max(step.at for step in world.all(CallStep))
    world.wait(minutes=3)
    for n, agent in ((2, "Paul"), (3, "Zoé")):
        world.as_agent(agent).calls.begin(n, Direction.OUTBOUND)
    with world.database.writing() as session:
        session.exec(update(Call).where(col(Call.agent) == "Paul").values(agent="Jean"))
    SealService(world.context).seal()
    with (
        world.database.acting() as connection,
        Operations.context(MigrationContext.configure(connection)),
    ):
        closing.upgrade()
    left = sorted((call.agent, call.client_id, call.ended_at, call.outcome) for call in world.all(Call))
    assert left == [("Jean", 1, last, "interrupted"), ("Jean", 2, None, ""), ("Zoé", 3, None, "")]
    (fact,) = [event for event in world.all(Event) if event.kind == "call_ended"]
    assert (fact.client_id, fact.at, fact.data["outcome"]) == (1, last, "interrupted")
    refresh_stale(world.context)
    assert faults(url, Checked(CONTENT, world.clock)) == []
    world.database.close()


def test_older_calls_and_records_tell_what_new_ones_do(url: str, tmp_path: Path) -> None:
    world = World(tmp_path / "base.db", NOW, url=url)
    leave(world, 30)
    after = _told(world)
    assert sum(bool(attempts) for _, _, attempts in after[0]) > 8
    assert {said for *_, said in after[2]} == {True, False}
    filling = import_module("console.db.migrations.versions.0008_why_clients_leave")
    with world.database.writing() as session:
        for forgotten in (
            "UPDATE call SET objection = '', attempts = '[]'",
            "UPDATE churn_record SET seniority = 0",
            "UPDATE record_word SET said = false",
        ):
            session.execute(text(forgotten))
        filling._tell_records(session.connection())
        filling._tell_calls(session.connection())
    assert _told(world) == after
    world.database.close()


def _told(world: World) -> tuple[list[Any], ...]:
    return (
        sorted((call.id, call.objection, call.attempts) for call in world.all(Call)),
        sorted((record.id, record.seniority) for record in world.all(ChurnRecord)),
        sorted((word.record_id, word.word, word.said) for word in world.all(RecordWord)),
    )


CLIENT = """
    INSERT INTO client (id, code, civility, first_name, last_name, email, email_usable, phone_raw, phone,
                        phone_kind, timezone, client_since, opposed_call, opposed_email, opposed_sms, search,
                        source_key, created_at, updated_at)
    VALUES (1, 'CLT-00001', '', '', 'Dupuis', 'c@example.org', 1, '', '', 'none', 'Europe/Paris',
            '2024-06-01', 0, 0, 0, '', '', '2025-12-20 13:00:00.000000', '2025-12-20 13:00:00.000000')
"""
MESSAGE = """
    INSERT INTO message (id, message_id, dedup_key, client_id, channel, kind, recipient, subject, text, html,
                         status, created_at, not_before)
    VALUES (1, '<1@x>', '1', 1, 'email', 'cloture', 'c@example.org', 's', 'Bonjour', '', 'queued',
            '2025-12-20 13:00:00.000000', '2025-12-20 13:00:00.000000')
"""


def test_the_doors_of_the_calls_made_before_are_signals(url: str, tmp_path: Path) -> None:
    world = World(tmp_path / "base.db", NOW, url=url)
    client = world.add()
    filling = import_module("console.db.migrations.versions.0019_signals_of_calls")
    with world.database.writing() as session:
        session.add(ScriptVersion(hash="h", stored_at=NOW, content=""))
        session.flush()
        for number, objection in enumerate(("price", "service", "timing", "")):
            session.add(
                Call(
                    id=f"c{number}",
                    client_id=client,
                    subscription_id=1,
                    agent="Jean",
                    direction="outbound",
                    script_hash="h",
                    started_at=NOW,
                    ended_at=NOW,
                    outcome="hung_up",
                    objection=objection,
                )
            )
        session.flush()
        filling.tell(session.connection())
    assert [(one.kind, one.call_id) for one in world.all(Event)] == [
        ("price_request", "c0"),
        ("complaint", "c1"),
    ]
    file = world.services.clients.file(client)
    assert [signal.label for signal in file.signals] == ["demande un prix plus bas", "réclamation"]
    world.database.close()


OLD_BASE = Path(__file__).with_name("base-0009.sql.gz")
"""The demonstration as version 0.1.0 left it on 20/12/2025 at 14:00, and below what it counted then."""
COUNTED = {
    "unproved": 3,
    "to_contact": 47, "retained": 23, "awaiting": 24, "at_risk": 8, "urgent": 3, "week": 13, "later": 8,
    "refused": 3, "lapsed": 0, "unanswered": 0, "pause_over": 0, "pause_refused": 0,
    "renewed": 23, "discounted": 0, "downgraded": 0, "paused": 0, "resumed": 0, "workshops": 18,
    "fate_renewed": 23, "fate_paused": 0, "fate_refused": 3, "fate_silent": 0,
}  # fmt: skip
MEASURED = {
    "renouvellement": (23, 50), "precoces": (23, 23), "retention": (23, 26), "fidelite": (15, 21),
    "downgrade": (0, 50), "suspension": (0, 3), "churn": (0, 0), "reactivation": (0, 0), "geste": (14725, 23),
    "satisfaction": (9, 2),
}  # fmt: skip


def test_a_base_of_the_version_before_gives_the_same_figures(tmp_path: Path) -> None:
    path = tmp_path / "base.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(gzip.decompress(OLD_BASE.read_bytes()).decode())
    connection.close()
    world = World(path, paris("2025-12-20T14:00"))
    view = world.services.dashboard.view()
    assert {str(figure): n for figure, n in view.counts.items()} == COUNTED
    assert [row.code for row in view.urgent] == ["CLT-00245", "CLT-00156", "CLT-00089"]
    measures = world.services.kpis.view().measures
    assert {one.kpi.value: (one.numerator, one.denominator) for one in measures} == MEASURED
    copy, changed = told(world.context)
    assert Path(copy.rpartition(": ")[2]).exists()
    assert "0009" in copy
    assert "un lien envoyé n’est plus un renouvellement" in changed
    assert told(world.context) == []
    assert not list(database.faults(world.url or f"sqlite:///{path}"))
    world.database.close()


def test_a_base_of_the_version_before_is_worked_with(tmp_path: Path) -> None:
    """Calls, reminders, the post, a backup and the way back: nothing of it leaves a fault."""
    path = tmp_path / "base.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(gzip.decompress(OLD_BASE.read_bytes()).decode())
    connection.close()
    world = World(path, paris("2025-12-20T14:00"))
    jean = world.services.dashboard.view().urgent[0].client_id
    world.walk(world.begin(jean), *REFUSAL)
    RelanceService(world.context).run()
    OutboxService(replace(world.context, outside=Outside(folder=tmp_path / "out"))).send_due()
    back_up(world.context, tmp_path / "copy.db")
    kept = len(world.all(ChurnRecord))
    assert kept == 4
    world.database.close()
    restore(tmp_path / "copy.db", path, world.clock)
    world = World(path, paris("2025-12-20T15:00"))
    assert len(world.all(ChurnRecord)) == kept
    assert not list(database.faults(f"sqlite:///{path}"))
    world.database.close()


PAUSED = """
    INSERT INTO client (id, code, civility, first_name, last_name, email, email_usable, phone_raw, phone,
                        phone_kind, timezone, client_since, opposed_call, opposed_email, opposed_sms, search,
                        source_key, created_at, updated_at)
    VALUES ({id}, 'CLT-0000{id}', '', '', 'X', '', 0, '', '', 'none', 'Europe/Paris', '2024-01-01', 0, 0, 0,
            '', '', '2025-01-01 00:00:00.000000', '2025-01-01 00:00:00.000000');
    INSERT INTO subscription (id, client_id, plan, billing, starts_on, expires_on, status, retention,
                              settled_at, written_agreement, workshops_given, pane, action, rule, reason,
                              at_risk, rank, minus_score, deadline, client_code, tally)
    VALUES ({id}, {id}, 'premium', 'annual', '2025-01-01', '2025-12-31', '{status}', '{retention}', '{at}',
            'none', 0, '{pane}', 'wait', '', '', 0, 9, 0, '2025-12-31', 'CLT-0000{id}',
            '2025-12-31 {pane}=1 {figure}=1');
    INSERT INTO event (at, kind, client_id, subscription_id, agent, text, data)
    VALUES ('2025-12-22 09:30:00.000000', 'paused', {id}, {id}, 'Jean', 'Pause gratuite',
            '{{"resume_by": "2026-03-31"}}');
    INSERT INTO campaign_count (expires_on, figure, n)
        VALUES ('2025-12-31', '{pane}', 1), ('2025-12-31', '{figure}', 1)
        ON CONFLICT (expires_on, figure) DO UPDATE SET n = n + 1;
"""


def test_pauses_are_rebuilt_from_the_events_and_the_choice_comes_back(tmp_path: Path) -> None:
    """Whoever was paused: still so, began again in time or too late, left, or chose otherwise before."""
    path = tmp_path / "base.db"
    made = dialect.make_engine(make_url(f"sqlite:///{path}"))
    with dialect.writer(made).begin() as connection:
        command.upgrade(config(connection), "0017")
        connection.exec_driver_sql(f"PRAGMA application_id={dialect.APPLICATION_ID}")
    made.dispose()
    rows = (
        ("paused", "paused", "2025-12-22 09:30", "retained", "paused"),
        ("renewed", "renewed", "2026-02-10 10:00", "retained", "renewed"),
        ("renewed", "renewed", "2026-04-10 10:00", "retained", "renewed"),
        ("cancelled", "", "2026-02-10 10:00", "refused", "none"),
        ("renewed", "renewed", "2025-12-28 10:00", "retained", "renewed"),
    )
    with sqlite3.connect(path) as base:
        for number, (status, retention, at, pane, figure) in enumerate(rows, 1):
            names = {"status": status, "retention": retention, "pane": pane, "figure": figure}
            base.executescript(PAUSED.format(id=number, at=f"{at}:00.000000", **names))
        base.execute("DELETE FROM campaign_count WHERE figure = 'none'")
        base.execute("UPDATE subscription SET tally = replace(tally, ' none=1', '')")
    base.close()
    world = World(path, paris("2026-04-20T09:00"))
    campaign = Campaign(date(2025, 12, 1), date(2025, 12, 31))
    counts = world.services.dashboard.view(campaign).counts
    found = {str(figure): n for figure, n in counts.items() if n}
    assert found == {
        "to_contact": 2, "retained": 2, "resumed": 1, "renewed": 1, "fate_renewed": 1, "fate_paused": 4,
        "refused": 1, "lapsed": 2, "pause_over": 3, "pause_refused": 1,
    }  # fmt: skip
    pauses = {pause.subscription_id: pause for pause in world.all(Pause)}
    assert set(pauses) == {1, 2, 3, 4}
    assert {pause.resume_by for pause in pauses.values()} == {date(2026, 3, 31)}
    assert pauses[2].resumed_at == paris("2026-02-10T11:00")
    assert pauses[4].refused_at == paris("2026-02-10T11:00")
    terms = {term.id: (term.status, term.retention) for term in world.all(Subscription)}
    assert terms == {
        1: ("paused", "paused"),
        2: ("paused", "resumed"),
        3: ("paused", "paused"),
        4: ("paused", "paused"),
        5: ("renewed", "renewed"),
    }
    assert {watch.subscription_id for watch in world.all(Watch)} == {1, 2, 3, 4}
    assert not list(database.faults(f"sqlite:///{path}"))
    world.database.close()


AGREED = """
    INSERT INTO client (id, code, civility, first_name, last_name, email, email_usable, phone_raw, phone,
        phone_kind, timezone, client_since, opposed_call, opposed_email, opposed_sms, search, source_key,
        created_at, updated_at)
    VALUES ({id}, 'CLT-0000{id}', '', '', 'Dupuis', '', 0, '', '', 'none', 'Europe/Paris', '2023-01-01',
        0, 0, 0, '', '', '2024-12-01 13:00:00.000000', '2024-12-01 13:00:00.000000');
    INSERT INTO subscription (id, client_id, plan, billing, starts_on, expires_on, status, retention,
        settled_at, written_agreement, workshops_given, pane, "action", rule, reason, at_risk, rank,
        minus_score, client_code, tally)
    VALUES ({id}, {id}, 'premium', 'annual', '{year}-01-01', '{year}-12-31', 'renewed', 'renewed',
        '{year}-12-22 09:30:00.000000', 'awaited', 1, 'retained', 'wait', '', '', 0, 9, 0,
        'CLT-0000{id}', ''),
        ({id} + 10, {id}, 'premium', 'annual', '{next}-01-01', '{next}-12-31', 'active', '', NULL, 'none', 0,
        'later', 'wait', '', '', 0, 9, 0, 'CLT-0000{id}', '');
    INSERT INTO call (id, client_id, subscription_id, agent, direction, facts, script_hash, started_at,
        ended_at, answered, outcome, drafts)
    VALUES ('c{id}', {id}, {id}, 'Jean', 'outbound', '[]', 'h', '{year}-12-22 09:25:00.000000',
        '{year}-12-22 09:30:00.000000', 1, 'renewed', '{{}}');
    INSERT INTO event (at, kind, client_id, subscription_id, call_id, agent, text, data)
    VALUES ('{year}-12-22 09:30:00.000000', 'renewed', {id}, {id}, 'c{id}', 'Jean', 'Renouvellement',
        '{{"outcome": "renewed", "by_link": {link}}}');
    UPDATE subscription SET fresh_until = '2025-01-01 00:00:00.000000' WHERE client_id = {id};
"""


def test_agreements_are_rebuilt_from_the_calls_and_old_figures_stay(tmp_path: Path) -> None:
    """One that runs waits for a proof, a link not used awaits an answer, one long over stays as it was."""
    path = tmp_path / "base.db"
    made = dialect.make_engine(make_url(f"sqlite:///{path}"))
    with dialect.writer(made).begin() as connection:
        command.upgrade(config(connection), "0019")
        connection.exec_driver_sql(f"PRAGMA application_id={dialect.APPLICATION_ID}")
    made.dispose()
    with sqlite3.connect(path) as base:
        base.execute("INSERT INTO script_version VALUES ('h', '2024-12-01 13:00:00.000000', '{}')")
        for number, (year, link) in enumerate(((2025, "false"), (2025, "true"), (2024, "false")), 1):
            base.executescript(AGREED.format(id=number, year=year, next=year + 1, link=link))
    base.close()
    world = World(path, paris("2025-12-23T09:00"))
    world.services.dashboard.view()
    terms = {term.id: (term.status, term.pane) for term in world.all(Subscription)}
    assert terms[1] == terms[3] == ("renewed", "retained")
    assert terms[2][0] == "active"
    assert (terms[11][0], terms[12][0], terms[13][0]) == ("active", "void", "active")
    agreed = {one.subscription_id: one for one in world.all(Agreement)}
    assert {key: (one.outcome, one.confirmed_by, one.opened_id) for key, one in agreed.items()} == {
        1: ("renewed", "", 11),
        2: ("link_sent", "", None),
        3: ("renewed", "unknown", 13),
    }
    assert not list(database.faults(f"sqlite:///{path}"))
    world.database.close()
