"""The same campaign at every age: dashboard, screen, command, JSON, report and exports tell one figure."""

import csv
import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from console.base.vocabulary import Figure
from console.cases.upkeep import refresh_stale
from console.cases.views import Campaign
from console.exports.service import Format, What
from console.figures.report import ReportService
from console.figures.report_page import render_report
from console.figures.rules import Kpi
from screens.kit.screen import OpenFigures
from tests.messages.timeline import Days
from tests.screens.desk import at_desk
from tests.world import DIAL, REFUSAL, paris

LAST = date(2025, 12, 31)
MONTH = Campaign(date(2025, 12, 1), LAST)
WAYS = (
    (*DIAL, "Oui", "Je m’en occupe", "4 sur 5", "Terminer"),
    (*DIAL, "Hésite", "Le prix", "Accepte le passage", "Le client confirme", "Ne pas demander"),
    (*DIAL, "Hésite", "Le prix", "Accepte la pause", "Le client confirme", "3 sur 5"),
    REFUSAL,
    (),
)
"""How the first clients decide on the 19th; the others say nothing."""


@pytest.fixture
def days(tmp_path: Path) -> Days:
    made = Days(tmp_path / "base.db", paris("2025-11-20T09:00"), folder=tmp_path / "messages")
    for number in range(12):
        made.add(f"CLT-{number:05}", expires_on=LAST - timedelta(days=number % 3), email=f"c{number}@x.org")
    made.day("2025-12-01T09:00")
    made.day("2025-12-17T09:00")
    made.now = paris("2025-12-19T10:30")
    for client, way in enumerate(WAYS * 2, 1):
        if way:
            made.walk(made.begin(client), *way)
    return made


@pytest.mark.parametrize("age", [-10, 1, 15, 30, 90])
async def test_one_figure_whoever_tells_it(days: Days, age: int) -> None:
    on = LAST + timedelta(days=age)
    days.now = paris(f"{on}T18:00")
    refresh_stale(days.context)
    view = days.services.kpis.view(MONTH)
    told = {one.kpi.value: (one.numerator, one.denominator) for one in view.measures}

    plain = json.loads(json.dumps(view.plain(), default=str))
    assert {one["code"]: (one["numerateur"], one["denominateur"]) for one in plain["indicateurs"]} == told

    file = days.services.exports.to_folder(What.KPIS, Format.CSV, MONTH, days.path.parent)
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter=";"))
    assert {row["code"]: (int(row["numerateur"]), int(row["denominateur"])) for row in rows} == told

    report = ReportService(days.context).report(MONTH.first)
    assert {one.kpi.value: (one.numerator, one.denominator) for one in report.kpis.measures} == told
    page, text = render_report(report), "\n".join(report.lines())
    for one in view.measures:
        assert one.detail in text
        assert one.value is None or one.detail in page

    board = days.services.dashboard.view(MONTH).counts
    assert board[Figure.RENEWED] + board[Figure.DISCOUNTED] == told["renouvellement"][0]
    assert board[Figure.DOWNGRADED] == told["downgrade"][0]
    assert told["suspension"][0] == 2  # the choice made, whatever follows
    if age < 90:  # by then those pauses are over, which the dashboard tells apart
        assert board[Figure.PAUSED] == 2
    if 0 < age < 90:
        assert board[Figure.REFUSED] + board[Figure.LAPSED] == told["churn"][0]

    async with at_desk((170, 40), over=days.services) as desk:
        desk.app.post_message(OpenFigures(MONTH))
        await desk.settle()
        for one in view.measures:
            assert one.detail.replace("\u202f", " ").replace("\u00a0", " ") in desk.text
    for kpi in (Kpi.CHURN, Kpi.DOWNGRADE, Kpi.LOYALTY):
        assert days.services.kpis.count(MONTH, kpi) == told[kpi][0]
