"""By which index SQLite finds what a supervisor reads: none of it may look through all the records."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import event

from console.domain.journal import Filters
from console.domain.kpi import Kpi
from console.services.views import Campaign
from console.storage.chain import faults
from tests.kpi_twice import fractions
from tests.multitude import NOW, generate
from tests.world import World

DECEMBER = Campaign(date(2025, 12, 1), date(2025, 12, 31))
BY_ITS_NUMBER = "SEARCH churn_record USING INTEGER PRIMARY KEY (rowid=?)"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    path: Path = tmp_path_factory.mktemp("large") / "base.db"
    generate(path, 600, 300)
    one = World(path, NOW)
    yield one
    one.database.close()


def plan(world: World, act: Callable[[], object], table: str) -> set[str]:
    """How a table is read by whatever `act` asks about more than one."""
    asked = []
    listen = world.database._engine, "before_cursor_execute"

    def note(_connection: object, _cursor: object, sql: str, values: object, *_: object) -> None:
        asked.append((sql, values))

    event.listen(*listen, note)
    try:
        act()
    finally:
        event.remove(*listen, note)
    with world.database.reading() as session:
        connection = session.connection()
        lines = [
            line.detail
            for sql, values in asked
            if "JOIN" in sql
            for line in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)  # type: ignore[arg-type]
        ]
    return {line for line in lines if f" {table} " in f"{line} "}


def test_what_was_made_at_large_is_true(world: World) -> None:
    with world.database.reading() as session:
        assert list(faults(session.connection())) == []
    measures = world.services.kpis.view(DECEMBER).measures
    twice = fractions(world.database, DECEMBER.first, DECEMBER.last, NOW.date())
    assert {one.kpi.value: (one.numerator, one.denominator) for one in measures} == twice
    assert sum(denominator for _, denominator in twice.values())


@pytest.mark.parametrize(
    ("filters", "index"),
    [
        (Filters(), "at"),
        (Filters(since=date(2025, 11, 4), until=date(2025, 11, 4)), "at"),
        (Filters(expires_from=DECEMBER.first, expires_to=DECEMBER.last), "campaign"),
        (Filters(reasons=("PRIX",)), "reason"),
        (Filters(reasons=("PRIX", "USAGE"), plan="premium"), "reason"),
        (Filters(agent="Jean"), "agent"),
        (Filters(agent="J", reasons=("PRIX", "USAGE")), "agent"),
        (Filters(plan="premium"), "at"),
        (Filters(plan="basic"), "basic"),
        (Filters(vip=True), "vip"),
        (Filters(vip=False), "at"),
        (Filters(reviewed=True), "reviewed"),
        (Filters(reviewed=False, vip=True), "reviewed"),
        (Filters(objection="definitive", seniority="0"), "at"),
    ],
)
def test_criteria_are_looked_for_in_an_index_alone(world: World, filters: Filters, index: str) -> None:
    found = plan(world, lambda: world.services.review.page(filters, None, 50), "churn_record")
    assert BY_ITS_NUMBER in found
    (way,) = found - {BY_ITS_NUMBER}
    assert f"USING COVERING INDEX ix_churn_record_{index}" in way


@pytest.mark.parametrize(
    "filters",
    [Filters(text="vichy"), Filters(text="zzz", reviewed=True), Filters(said="vichy", plan="basic")],
)
def test_a_rare_word_is_looked_up_whatever_else_is_asked(world: World, filters: Filters) -> None:
    assert plan(world, lambda: world.services.review.page(filters, None, 50), "churn_record") == {
        BY_ITS_NUMBER
    }


def test_the_key_figures_are_counted_in_indexes_alone(world: World) -> None:
    def ask() -> None:
        world.services.kpis.view(DECEMBER)
        for kpi in Kpi:
            world.services.kpis.count(DECEMBER, kpi)

    for table, index in {
        "subscription": "COVERING INDEX ix_subscription_cohort (expires_on",
        "message": "COVERING INDEX ix_message_subscription (subscription_id=?)",
        "call": "INDEX ix_call_rated (subscription_id=?",
        "granted_offer": "INDEX ix_granted_offer_subscription (subscription_id=?)",
    }.items():
        ways = plan(world, ask, table)
        assert ways
        assert all(way.startswith(f"SEARCH {table} USING ") and index in way for way in ways), ways
