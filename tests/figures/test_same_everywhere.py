"""The same campaign at every age: dashboard, screen, command, JSON, report and exports tell one figure."""

import csv
import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from console.base.vocabulary import Direction, Figure
from console.cases.upkeep import refresh_stale
from console.cases.views import Campaign
from console.cli import app as cli
from console.exports.forms import Format, What
from console.figures.report import ReportService
from console.figures.report_page import render_report
from console.figures.rules import Kpi
from console.messages.events import FeedbackService
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
"""How the first clients decide on the 19th, twice; numi never answers one more, the last says nothing."""


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
    view = made.walk(made.begin(11), *DIAL)
    view = made.services.calls.jump(view.call_id, view.seq, "escalate")
    made.press(view, "Transmettre", "Veut parler à un responsable.")
    return made


def commanded(days: Days, capsys: pytest.CaptureFixture[str], *options: str) -> str:
    """What the command `indicateurs` says of the month, on that day."""
    at = f"{days.now:%Y-%m-%dT%H:%M}"
    within = "--du", "2025-12-01", "--au", "2025-12-31"
    assert cli.run(["--base", str(days.path), "--date", at, "indicateurs", *within, *options]) == 0
    return capsys.readouterr().out


def come_back_in_march(days: Days) -> dict[Kpi, tuple[int, int]]:
    """The last client renews after all, with an offer and a rating; gives what the figures were before."""
    days.now = paris("2026-01-31T09:00")
    view = days.services.kpis.view(MONTH)
    days.now = paris("2026-03-02T10:30")
    call = days.walk(days.begin(12, Direction.INBOUND), "Veut renouveler", "Je m’en occupe", "1 sur 5")
    days.press(call, "Terminer")
    days.now += timedelta(hours=1)
    paid = {"id": "p1", "type": "confirmed", "client": "CLT-00011", "at": days.now.isoformat()}
    assert FeedbackService(days.context).take([(1, json.dumps(paid))]).taken == 1
    return {one.kpi: (one.numerator, one.denominator) for one in view.measures}


@pytest.mark.parametrize("age", [-10, 1, 15, 30, 90])
async def test_one_figure_whoever_tells_it(
    days: Days, age: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(days.path.parent))
    monkeypatch.setenv("XDG_STATE_HOME", str(days.path.parent))
    on = LAST + timedelta(days=age)
    stood = come_back_in_march(days) if age == 90 else {}
    days.now = paris(f"{on}T18:00")
    refresh_stale(days.context)
    view = days.services.kpis.view(MONTH)
    moved = {one.kpi for one in view.measures if (one.numerator, one.denominator) != stood.get(one.kpi)}
    assert not stood or not moved  # what comes after J+30 moves no figure
    told = {one.kpi.value: (one.numerator, one.denominator) for one in view.measures}

    plain = json.loads(json.dumps(view.plain(), default=str))
    assert {one["code"]: (one["numerateur"], one["denominateur"]) for one in plain["indicateurs"]} == told
    assert json.loads(commanded(days, capsys, "--json")) == plain
    said = commanded(days, capsys)
    for one in view.measures:
        assert f"{one.title} " in said
        assert f"  {one.detail}\n" in said

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
    assert board[Figure.FATE_RENEWED] == told["renouvellement"][0]
    assert board[Figure.DOWNGRADED] == told["downgrade"][0]
    assert board[Figure.FATE_PAUSED] == told["suspension"][0] == 2  # the choice made, whatever follows
    assert board[Figure.PAUSED] == (2 if age < 90 else 0)
    if age > 0:
        assert board[Figure.FATE_REFUSED] + board[Figure.FATE_SILENT] == told["churn"][0]
        assert board[Figure.UNANSWERED] == plain["echus_sans_reponse_de_numi"] == 1
        assert "dont 1 sans réponse de numi" in said

    async with at_desk((170, 40), over=days.services) as desk:
        desk.app.post_message(OpenFigures(MONTH))
        await desk.settle()
        for one in view.measures:
            assert one.detail.replace("\u202f", " ").replace("\u00a0", " ") in desk.text
    for kpi in (Kpi.CHURN, Kpi.DOWNGRADE, Kpi.LOYALTY):
        assert days.services.kpis.count(MONTH, kpi) == told[kpi][0]
