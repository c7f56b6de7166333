"""The analysis of reasons: equal to a second, independent computation, and each figure opens its rows."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from console.base.errors import ForbiddenError
from console.base.roles import Role
from console.base.vocabulary import Direction
from console.cases.views import Campaign, month_beside
from console.context import Context
from console.db.tables import ChurnRecord
from console.figures.report import ReportService
from console.people.privacy import PrivacyService
from console.records import journal_store as journal
from console.records.counting import Row, Topic, narrowed
from console.records.filters import Filters
from console.records.reasons import Crossing, ReasonService
from console.services import build
from tests.calls.leaving import leave
from tests.crowd import refusals
from tests.records.reasons_twice import proposals, records
from tests.world import REFUSAL, World, paris, plain

NOW = paris("2025-12-20T14:00")
DECEMBER = Campaign(date(2025, 12, 1), date(2025, 12, 31))
AUTUMN = Campaign(date(2025, 10, 1), date(2025, 12, 31))


def every(service: ReasonService, period: Campaign) -> Iterator[Crossing]:
    """Each topic, the words once all are read."""
    for topic in Topic:
        yield service.crossing(topic, period) if topic is not Topic.WORDS else [*service.words(period)][-1]


def codes(found: Crossing) -> list[str]:
    return [one.code for one in found.columns]


def cells(found: Crossing) -> Iterator[tuple[Row, str, int, int]]:
    for row in found.rows:
        for column, (n, of) in zip(("", *codes(found)), row.cells, strict=True):
            yield row, column, n, of


def check(ctx: Context, period: Campaign) -> None:
    """Every figure twice, and the records or calls that it opens one by one."""
    service = ReasonService(ctx)
    twice = records(ctx.database, period.first, period.last)
    made, taken = proposals(ctx.database, period.first, period.last)
    whole = len(set().union(*twice["reasons"].values()))
    for found in every(service, period):
        seen = set()
        for row, column, n, of in cells(found):
            seen.add((row.key, column))
            if found.topic is Topic.PROPOSALS:
                assert (n, of) == (len(taken[row.key, column]), len(made[row.key, column])), (row, column)
                for only, wanted in ((True, taken), (False, made)):
                    page = service.calls(period, row.key, column, 0, 5_000, taken=only)
                    total, calls = page.total, page.rows
                    assert {call.call_id for call in calls} == wanted[row.key, column]
                    assert total == len(calls)
                continue
            assert n == len(twice[found.topic][row.key, column]), (found.topic, row, column)
            assert of == (row.cells[0].n if column else found.read or whole)
            filters = narrowed(found.topic, period.first, period.last, row.key, column)
            assert opened(ctx, filters) == twice[found.topic][row.key, column], filters
        if found.topic is not Topic.PROPOSALS:
            assert found.total == whole
            missing = {pair for pair in twice[found.topic] if twice[found.topic][pair]} - seen
            assert not missing or len(found.rows) == 30 or found.topic is Topic.REASONS
        else:
            assert {pair for pair in made if made[pair] and pair[1] in ("", *codes(found))} <= seen


def opened(ctx: Context, filters: Filters) -> set[int]:
    with ctx.database.reading() as session:
        found = {record.id or 0 for record in journal.page(session, filters, None, 5_000)}
        assert journal.count(session, filters) == len(found)
    return found


@pytest.mark.long
def test_six_weeks_of_calls_counted_twice(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.records.reasons.VERBATIMS_READ", 10)
    world = World(tmp_path / "base.db", NOW, url=url)
    leave(world, 50)
    world.now = NOW
    for record in world.all(ChurnRecord)[:4]:
        to = "PROJET" if record.reason != "PROJET" else "TIMING"
        world.services.review.recode(record.id, to)
    world.services.review.recode(2, "PERSO")
    for period in (
        AUTUMN,
        DECEMBER,
        Campaign(date(2025, 11, 26), date(2025, 12, 3)),
        Campaign(date(2024, 1, 1), date(2024, 1, 31)),
    ):
        check(world.context, period)
    proposed = world.services.reasons.crossing(Topic.PROPOSALS, AUTUMN)
    assert sum(row.cells[0].n for row in proposed.rows) > 3
    shares_are_those_of_the_monthly_report(world)
    an_agent_is_told_from_one_whose_name_goes_on(world)
    the_words_of_an_erased_client_are_counted_no_more(world)
    world.database.close()


def test_what_was_taken_then_given_up_is_not_taken(tmp_path: Path) -> None:
    world = World(tmp_path / "base.db", paris("2025-12-19T15:00"))
    view = world.begin(world.add(), Direction.INBOUND)
    view = world.walk(view, "Signale un problème", "Noté, proposer = L’atelier", "Accepte un autre atelier")
    view = world.walk(view, "Ne veut pas continuer", "Non, c’est définitif")
    world.walk(view, "Service", "Noté, conclure = Finalement non", "Bonne relation : relance")
    found = world.services.reasons.crossing(Topic.PROPOSALS, DECEMBER)
    proposed = ("alternative", "gesture", "escalation")
    assert {(row.key, row.cells[0]) for row in found.rows} == {(what, (0, 1)) for what in proposed}
    check(world.context, DECEMBER)
    (call,) = world.services.reasons.calls(DECEMBER, "alternative", "SERVICE", 0, 9, taken=False).rows
    assert (call.answer, call.outcome) == ("acceptée", "refus définitif")
    world.database.close()


def shares_are_those_of_the_monthly_report(world: World) -> None:
    for period in (DECEMBER, month_beside(DECEMBER, -1)):
        report = ReportService(world.context).report(period.first).charts[0].shares
        found = world.services.reasons.crossing(Topic.REASONS, period)
        shares = {(row.label, *row.cells[0]) for row in found.rows}
        assert found.total
        assert shares == {(share.label, share.n, found.total) for share in report}
        for topic in (Topic.WEEKS, Topic.OBJECTIONS, Topic.PLANS, Topic.SENIORITY, Topic.AGENTS):
            crossed = world.services.reasons.crossing(topic, period)
            sums = [sum(row.cells[n + 1].n for row in crossed.rows) for n in range(len(crossed.columns))]
            labels = [one.label for one in crossed.columns]
            assert dict(zip(labels, sums, strict=True)) == {one.label: one.n for one in report}


def an_agent_is_told_from_one_whose_name_goes_on(world: World) -> None:
    agents = {record.agent for record in world.all(ChurnRecord)}
    assert {"Jean", "Jeanne"} <= agents
    assert opened(world.context, Filters(agent="Jean")) < opened(world.context, Filters(agent="jea"))


def test_nothing_then_one_refusal(url: str, tmp_path: Path) -> None:
    world = World(tmp_path / "base.db", paris("2025-12-19T15:00"), url=url)
    check(world.context, DECEMBER)
    assert all(not found.rows for found in every(world.services.reasons, DECEMBER))
    world.walk(world.begin(world.add()), *REFUSAL)
    check(world.context, DECEMBER)
    found = {one.topic: one for one in every(world.services.reasons, DECEMBER)}
    assert [plain(row.label) for row in found[Topic.WEEKS].rows] == [
        "01/12 – 07/12/25", "08/12 – 14/12/25", "15/12 – 21/12/25",
    ]  # fmt: skip
    assert [row.label for row in found[Topic.SENIORITY].rows] == ["18 à 35 mois"]
    assert {row.label for row in found[Topic.WORDS].rows} == {"économies", "moment"}
    assert {(row.key, row.cells) for row in found[Topic.PROPOSALS].rows} == {
        (option, ((0, 1), (0, 1))) for option in ("downgrade", "discount", "pause")
    }
    world.database.close()


def the_words_of_an_erased_client_are_counted_no_more(world: World) -> None:
    gone = next(record for record in world.all(ChurnRecord) if "prix" in record.verbatim.lower())
    before = [*world.services.reasons.words(AUTUMN)][-1]
    PrivacyService(world.context).erase(gone.client_code)
    after = [*world.services.reasons.words(AUTUMN)][-1]
    assert (after.total, after.read) == (before.total, before.read - 1)
    count = {row.key: row.cells[0].n for row in before.rows}["prix"]
    assert {row.key: row.cells[0].n for row in after.rows}["prix"] == count - 1
    check(world.context, AUTUMN)


@pytest.mark.long
def test_a_crowd_counted_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.records.reasons.VERBATIMS_READ", 100)
    world = World(tmp_path / "base.db", NOW)
    refusals(world, 1_200)
    check(world.context, AUTUMN)
    check(world.context, DECEMBER)
    snapshots = [found.read for found in world.services.reasons.words(AUTUMN)]
    assert snapshots == sorted(snapshots)
    assert len(snapshots) > 3
    world.database.close()


def test_a_hotliner_reads_none_of_it(tmp_path: Path) -> None:
    world = World(tmp_path / "base.db", NOW)
    jean = build(replace(world.context, role=Role.HOTLINER)).reasons
    for act in (
        lambda: jean.crossing(Topic.REASONS, None),
        lambda: jean.words(DECEMBER),
        lambda: jean.calls(DECEMBER, "pause", "", 0, 1, taken=True),
    ):
        with pytest.raises(ForbiddenError):
            act()
    world.database.close()
