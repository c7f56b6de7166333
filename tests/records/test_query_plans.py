"""By which index SQLite finds what is read at large: none of it may look through all the records."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import event

from console.base.dates import PARIS
from console.base.roles import Role
from console.cases.views import Campaign
from console.db.tables import ChurnRecord
from console.figures.rules import Kpi
from console.records.chain import faults
from console.records.filters import Filters, search_words
from console.services import build
from tests.figures.kpi_twice import fractions
from tests.multitude import AGENTS, NOW, generate
from tests.world import World

DECEMBER = Campaign(date(2025, 12, 1), date(2025, 12, 31))
CRITERIA: list[tuple[str, list[Any]]] = [
    ("since", [date(2024, 3, 5), date(2025, 6, 1)]),
    ("until", [date(2025, 6, 1), date(2025, 12, 1)]),
    ("reasons", [("PRIX",), ("PRIX", "USAGE"), ("NON_DIT", "AUTRE"), ("PRIX", "PRIX")]),
    ("agent", ["Jean", "J", "Zoé", "x"]),
    ("plan", ["premium", "basic", "gold"]),
    ("vip", [True, False]),
    ("reviewed", [True, False]),
    ("text", ["cher", "ch", "trop ecol", "vichy", "zzz", "dossier cher"]),
    ("objection", ["price", "definitive"]),
    ("seniority", ["0", "12", "36"]),
    ("said", ["etranger", "vichy", "trop"]),
]
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


def passes(one: ChurnRecord, asked: Filters) -> bool:
    """The criteria once more, one record after the other."""
    words, first = one.search.split(), one.at.astimezone(PARIS).date()
    bands = {"0": range(6), "12": range(12, 18), "36": range(36, 9999)}
    return (
        (asked.since is None or asked.since <= first)
        and (asked.until is None or first <= asked.until)
        and (not asked.reasons or one.reason_now in asked.reasons)
        and (one.agent == asked.agent if asked.agent in AGENTS else one.agent.startswith(asked.agent))
        and asked.plan in {"", one.plan}
        and asked.vip in {None, one.vip}
        and asked.reviewed in {None, one.reviewed}
        and asked.objection in {"", one.first_objection}
        and (not asked.seniority or one.seniority in bands[asked.seniority])
        and all(any(word.startswith(typed) for word in words) for typed in asked.text.split())
        and (not asked.said or asked.said in search_words(one.verbatim).split())
    )


@pytest.mark.parametrize(("few", "apart"), [(2000, 100), (20, 1), (1, 100)])
def test_whatever_the_criteria_the_records_are_those(
    world: World, monkeypatch: pytest.MonkeyPatch, few: int, apart: int
) -> None:
    monkeypatch.setattr("console.records.journal_store._FEW", few)
    monkeypatch.setattr("console.records.journal_store._APART", apart)
    monkeypatch.setattr("console.records.refusals.BATCH", 40)
    random, review, met = Random(few), world.services.review, 0
    records = sorted(world.all(ChurnRecord), key=lambda one: (one.at, one.id), reverse=True)
    for _ in range(60):
        given = {
            name: random.choice(values) for name, values in random.sample(CRITERIA, random.randint(1, 3))
        }
        asked = Filters(**given)
        expected = [one.id for one in records if passes(one, asked)]
        page = review.page(asked, None, 11)
        found = [row.record_id for row in page.rows]
        while page.after:
            page = review.page(asked, page.after, 11)
            found += [row.record_id for row in page.rows]
        assert found == expected, asked
        assert review.count(asked) == len(expected)
        exported = [one["appel"] for one in world.services.refusals.all_records(asked)]
        assert exported == [one.call_id for one in reversed(records) if passes(one, asked)]
        met += bool(expected)
    assert met > 20


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
        (Filters(reviewed=True), "at"),
        (Filters(reviewed=True, expires_from=DECEMBER.first, expires_to=DECEMBER.last), "campaign"),
        (Filters(reviewed=False), "unread"),
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

    for table, indexes in {
        "subscription": ("COVERING INDEX ix_subscription_cohort (expires_on",),
        "message": (
            "COVERING INDEX ix_message_subscription (subscription_id=?)",
            "(message_id=?)",  # the one that made a proposal, by its unique number
        ),
        "call": ("INDEX ix_call_rated (subscription_id=?",),
        "granted_offer": ("INDEX ix_granted_offer_subscription (subscription_id=?)",),
        "proposal": ("INDEX ix_proposal_subscription (subscription_id=? AND offer=?)",),
    }.items():
        ways = plan(world, ask, table)
        assert ways
        for way in ways:
            assert way.startswith(f"SEARCH {table} USING "), way
            assert any(index in way for index in indexes), way


@pytest.mark.parametrize(
    ("role", "follow_ups"),
    [
        (Role.SUPERVISOR, "ix_churn_record_follow_up (follow_up_now<?)"),
        (Role.HOTLINER, "ix_churn_record_follow_up_agent (agent=? AND follow_up_now<?)"),
    ],
)
def test_what_waits_is_found_without_a_look_at_what_is_over(
    world: World, role: Role, follow_ups: str
) -> None:
    """All of « À reprendre »: no table that grows with the years is gone through."""
    todo = build(replace(world.context, agent="Jean", role=role)).todo
    ways = plan(world, todo.counts, "churn_record") - {BY_ITS_NUMBER}
    assert ways == {f"SEARCH churn_record USING INDEX {follow_ups}"}
    for table in ("subscription", "message", "call", "client", "escalation", "pause", "record_amendment"):
        scans = [way for way in plan(world, todo.counts, table) if not way.startswith("SEARCH")]
        assert scans == [], table
