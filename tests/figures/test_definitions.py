"""What each figure counts is told wherever it is shown, and none is judged before its time."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from console.base.dates import plus_days
from console.figures.report import ReportService
from console.figures.report_page import render_report
from console.figures.rules import FORMULAS, Counts, Kpi, Target, measure
from screens.kit.screen import OpenFigures
from tests.screens.desk import at_desk
from tests.world import World, paris

LAST = date(2025, 12, 31)
FULL = Counts(
    cohort=50,
    past=50,
    renewed=50,
    renewed_past=50,
    renewed_early=50,
    reminded=50,
    offered=50,
    lost=50,
    lost_long=50,
    ratings=50,
)


def test_every_figure_has_a_definition_of_its_own() -> None:
    told = [FORMULAS[kpi].definition for kpi in Kpi]
    assert len(set(told)) == len(Kpi)
    assert all(one.endswith(".") for one in told)


@pytest.mark.parametrize(
    ("kpi", "days"),
    [
        (Kpi.RENEWAL, None),
        (Kpi.EARLY, 1),
        (Kpi.RETENTION, 1),
        (Kpi.LOYALTY, 1),
        (Kpi.CHURN, 1),
        (Kpi.COMEBACK, 31),
        (Kpi.SATISFACTION, None),
    ],
)
def test_there_is_no_verdict_before_its_time(kpi: Kpi, days: int | None) -> None:
    target = Target(kpi, "…", at_most=Decimal(-1))
    for age in range(-40, 45):
        found = measure(target, FULL, Counts(), last=LAST, today=plus_days(LAST, age))
        judged = days is None or age >= days
        assert (found.met is None) == (not judged), age
        assert (found.judged_words == "") == judged
        if not judged:
            assert found.verdict == f"dès {plus_days(LAST, days or 0):%d/%m}"


async def test_the_definitions_are_everywhere(tmp_path: Path) -> None:
    world = World(tmp_path / "base.db", paris("2025-12-20T14:00"))
    world.add()
    plain = json.loads(json.dumps(world.services.kpis.view().plain(), default=str))
    page = render_report(ReportService(world.context).report(date(2025, 12, 1)))
    text = " ".join(" ".join(ReportService(world.context).report(date(2025, 12, 1)).lines()).split())
    for one in plain["indicateurs"]:
        definition = FORMULAS[Kpi(one["code"])].definition
        assert one["definition"] == definition
        assert " ".join(definition.split()) in text
        assert definition in page
    assert next(one for one in plain["indicateurs"] if one["code"] == "churn")["jugeable_le"] == "2026-01-01"
    async with at_desk((120, 40), over=world.services) as console:
        console.app.post_message(OpenFigures(None))
        await console.settle()
        await console.press("space")
        assert "Les abonnements renouvelés au soir de leur échéance" in console.text
        await console.press("space", "down", "space")
        assert "Il se juge à partir du 01/01/2026." in console.text
