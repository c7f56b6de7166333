"""The chain over the churn records: whatever SQL does to one is found, and an erasure is not a fault."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import make_url, text

from console.db import dialect
from console.db.engine import open_database
from console.db.migrations import config
from console.db.tables import ChurnRecord, RecordAmendment, RecordWord
from console.integrity.database import faults
from console.records import chain
from tests.databases import CLOCK, Filled
from tests.world import REFUSAL, World, paris, plain


def four_refusals(world: World) -> None:
    for number in range(1, 5):
        client = world.add(f"CLT-0000{number}", email=f"{number}@example.org")
        world.walk(world.begin(client), *REFUSAL)


def reviewed_refusals(world: World) -> None:
    """A record read, commented, re-coded, asked about and answered, another one's follow-up lifted."""
    four_refusals(world)
    review = world.services.review
    review.mark_read(2)
    review.comment(2, "Bien mené.")
    review.recode(2, "USAGE", "Il ne s’en servait pas.")
    review.ask(2, "Un concurrent ?")
    review.answer(4, "Aucun.")
    review.follow_up(3, wanted=False)


@pytest.fixture
def world(filled: Filled) -> World:
    return filled(four_refusals, paris("2025-12-19T15:00"))


def tamper(world: World, *statements: str) -> list[str]:
    with world.database.writing() as session:
        for statement in statements:
            session.execute(text(statement))
    return [plain(one) for one in faults(world.url or f"sqlite:///{world.path}")]


def test_what_was_written_holds(world: World) -> None:
    assert tamper(world) == []
    assert sorted(record.seq for record in world.all(ChurnRecord)) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("column", "value"),
    [("verbatim", "'Je dois faire des economies.'"), ("client_name", "'Marie Dupuiz'"), ("reason", "'USAGE'"),
     ("agent", "'Jeanne'"), ("at", "'2025-12-18 14:04:00+00:00'"), ("duration_s", "241"), ("salt", "'0'"),
     ("attempts", "'[]'"), ("erased_at", "'2025-12-18 14:04:00+00:00'")],
)  # fmt: skip
def test_one_column_changed_is_found_and_named(world: World, column: str, value: str) -> None:
    (fault,) = tamper(world, f"UPDATE churn_record SET {column} = {value} WHERE id = 2")
    assert "n° 2 (CLT-00002)" in fault
    assert "modifiée après coup" in fault


def test_a_record_removed_is_found_wherever_it_stood(world: World) -> None:
    gone = "DELETE FROM record_word WHERE record_id = {0}", "DELETE FROM churn_record WHERE id = {0}"
    found = tamper(world, *(one.format(2) for one in gone))
    assert any("n° 3 (CLT-00003) : la fiche qui la précède a été retirée" in fault for fault in found)
    found = tamper(world, *(one.format(4) for one in gone))
    assert sum("refus dont la fiche de résiliation a été retirée" in fault for fault in found) == 2


def test_a_record_slipped_in_is_found(world: World) -> None:
    with world.database.writing() as session:
        record = session.get(ChurnRecord, 2)
        assert record is not None
        values = {name: getattr(record, name) for name in ChurnRecord.model_fields}
        session.execute(text("DELETE FROM record_word WHERE record_id = 2"))
        session.execute(text("DELETE FROM churn_record WHERE id = 2"))
        session.execute(ChurnRecord.__table__.insert(), values | {"id": 9, "reason": "USAGE"})  # type: ignore[attr-defined]
    assert any("n° 9" in fault and "modifiée" in fault for fault in tamper(world))


def test_an_erased_person_leaves_a_chain_that_holds_and_no_text(world: World) -> None:
    with world.database.writing() as session:
        chain.erase(session, 2, at=world.now, author="Admin")
    assert tamper(world) == []
    with world.database.reading() as session:
        record = session.get(ChurnRecord, 2)
    assert record is not None
    assert (record.client_code, record.verbatim, record.note, record.salt) == ("", "", "", "")
    assert (record.reason, record.cancelled_on) == ("PRIX", date(2025, 12, 19))
    assert all(word.record_id != 2 for word in world.all(RecordWord))
    (fault,) = tamper(world, "UPDATE churn_record SET reason = 'USAGE' WHERE id = 2")
    assert "n° 2 (client effacé)" in fault


@pytest.fixture
def reviewed(filled: Filled) -> World:
    return filled(reviewed_refusals, paris("2025-12-19T15:00"))


def test_what_is_added_is_chained(reviewed: World) -> None:
    assert tamper(reviewed) == []
    assert sorted(one.seq for one in reviewed.all(RecordAmendment)) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("column", "value"),
    [("text", "'Bien mene.'"), ("text", "''"), ("author", "'Jeanne'"), ("kind", "'answer'"), ("salt", "''"),
     ("at", "'2025-12-18 14:04:00+00:00'"), ("value", "'PRIX'"), ("record_id", "1"), ("hash", "'0'")],
)  # fmt: skip
def test_one_column_of_an_addition_changed_is_found_and_named(
    reviewed: World, column: str, value: str
) -> None:
    found = tamper(reviewed, f"UPDATE record_amendment SET {column} = {value} WHERE id = 2")
    assert "annotation n° 2 de la fiche de résiliation n° " in found[0]
    assert "modifiée après coup" in found[0]


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        (
            "DELETE FROM record_amendment WHERE id = 2",
            "annotation n° 3 de la fiche de résiliation n° 2 : l’annotation qui la précède a été retirée",
        ),
        (
            "DELETE FROM record_amendment WHERE id = 6",
            "fiche de résiliation n° 3 (CLT-00003) : son motif, son suivi ou sa lecture ne suivent pas ses"
            " annotations",
        ),
        (
            "UPDATE churn_record SET reason_now = 'PRIX' WHERE id = 2",
            "fiche de résiliation n° 2 (CLT-00002) : son motif, son suivi ou sa lecture ne suivent pas ses"
            " annotations",
        ),
        (
            """INSERT INTO record_amendment (id, record_id, at, author, kind, text, value, "before",
            addressee) VALUES (9, 1, '2025-12-19 14:04:00+00:00', 'Ana', 'comment', '', '', '', '')""",
            "annotation n° 9 de la fiche de résiliation n° 1 : ajoutée hors de la console",
        ),
    ],
)
def test_an_addition_removed_slipped_in_or_belied_is_found(
    reviewed: World, statement: str, fault: str
) -> None:
    assert tamper(reviewed, statement) == [fault]


def test_an_erased_person_leaves_additions_that_hold(reviewed: World) -> None:
    with reviewed.database.writing() as session:
        chain.erase(session, 2, at=reviewed.now, author="Admin")
    assert tamper(reviewed) == []
    assert not any(one.text or one.salt for one in reviewed.all(RecordAmendment) if one.id <= 5)
    reviewed.services.review.comment(2, "Effacé à sa demande.")
    assert tamper(reviewed) == []
    (fault,) = tamper(reviewed, "UPDATE record_amendment SET author = 'x' WHERE id = 2")
    assert "annotation n° 2" in fault


def test_two_refusals_at_once_do_not_fork_it(world: World) -> None:
    started = []
    for number in (6, 7):
        client = world.add(f"CLT-0000{number}", email=f"{number}@example.org")
        services = world.as_agent(f"Agent {number}")
        world.services = services
        view = world.walk(world.begin(client), *REFUSAL[:-1])
        started.append((services.calls, view.call_id, view.seq))
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda call: call[0].choose(call[1], call[2], 0), started))
    assert tamper(world) == []
    assert sorted(record.seq for record in world.all(ChurnRecord)) == [1, 2, 3, 4, 5, 6]


def test_additions_of_before_are_chained_by_the_update(sqlite: str, tmp_path: Path) -> None:
    made = dialect.make_engine(make_url(sqlite))
    with dialect.writer(made).begin() as connection:
        command.upgrade(config(connection), "0003")
        dialect.mark_as_ours(connection)
        for statement in OLD:
            connection.execute(text(statement))
        command.upgrade(config(connection), "0006")
        for number in (1, 2):
            connection.execute(
                text(f"""INSERT INTO record_amendment (id, record_id, at, author, kind, text, value,
                "before", addressee) VALUES ({number}, 1, '2025-12-21 13:0{number}:00', 'Ana', 'comment',
                'À relire.', '', '', '')""")
            )
    made.dispose()
    database = open_database(sqlite, clock=CLOCK)
    database.close()
    assert not [fault for fault in faults(sqlite) if "fiche" in fault]
    with database.writing() as session:
        session.execute(text("UPDATE record_amendment SET text = 'À relier.' WHERE id = 1"))
    (fault,) = (one for one in faults(sqlite) if "fiche" in one)
    assert "annotation n° 1" in fault


def test_records_of_before_are_chained_by_the_update(sqlite: str) -> None:
    made = dialect.make_engine(make_url(sqlite))
    with dialect.writer(made).begin() as connection:
        command.upgrade(config(connection), "0003")
        dialect.mark_as_ours(connection)
        for statement in OLD:
            connection.execute(text(statement))
    made.dispose()
    database = open_database(sqlite, clock=CLOCK)
    with database.reading() as session:
        record = session.get(ChurnRecord, 1)
    database.close()
    assert record is not None
    assert (record.seq, record.reason_now, record.plan, record.vip) == (1, "PRIX", "premium", True)
    assert record.search == "trop cher pour l ecole a suivre"
    assert not [fault for fault in faults(sqlite) if "fiche" in fault]


OLD = (
    """INSERT INTO client (id, code, civility, first_name, last_name, email, email_usable, phone_raw, phone,
    phone_kind, timezone, client_since, opposed_call, opposed_email, opposed_sms, search, source_key,
    created_at, updated_at) VALUES (1, 'CLT-00001', '', '', 'Dupuis', '', 0, '', '', 'none', 'Europe/Paris',
    '2024-06-01', 0, 0, 0, '', '', '2025-12-20 13:00:00', '2025-12-20 13:00:00')""",
    """INSERT INTO subscription (id, client_id, plan, billing, starts_on, expires_on, status, retention,
    written_agreement, workshops_given, pane, "action", rule, reason, at_risk, rank, minus_score, client_code,
    tally) VALUES (1, 1, 'premium', 'annual', '2025-01-01', '2025-12-31', 'cancelled', '', 'none', 0,
    'refused', 'wait', '', '', 0, 9, 0, 'CLT-00001', '')""",
    "INSERT INTO script_version (hash, stored_at, content) VALUES ('h', '2025-12-20 13:00:00', '{}')",
    """INSERT INTO call (id, client_id, subscription_id, agent, direction, facts, script_hash, started_at,
    ended_at, answered, outcome, drafts) VALUES ('c', 1, 1, 'Jean', 'outbound', '[]', 'h',
    '2025-12-20 13:00:00', '2025-12-20 13:04:00', 1, 'refused', '{}')""",
    """INSERT INTO churn_record (id, call_id, client_id, subscription_id, client_code, client_name, at,
    cancelled_on, effective_on, reason, verbatim, first_objection, context, attempts, result, status, note,
    resumable, recommendation, agent, script_hash, duration_s) VALUES (1, 'c', 1, 1, 'CLT-00001', 'Dupuis',
    '2025-12-20 13:04:00', '2025-12-20', '2025-12-31', 'PRIX', 'Trop cher pour l’école', 'price',
    '18 mois d’ancienneté (VIP)', '[]', 'r', 's', 'À suivre.', 1, 'r', 'Jean', 'h', 240)""",
)  # fmt: skip
