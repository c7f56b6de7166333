"""The monthly report: complete, escaped, self-contained, and silent about who is who."""

import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest

from console.base.anonymous import anonymous
from console.db.tables import Event
from console.figures.report import ReportService
from tests.world import REFUSAL, World, paris, plain

DECEMBER = date(2025, 12, 1)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Marie DUPUIS trouve ça cher", "[…] […] trouve ça cher"),
        ("écrivez à m.dupuis@example.org svp", "écrivez à […] svp"),
        ("au 06 39 98 12 34 ou +33639981234", "au […] ou […]"),
        ("mon dossier CLT-00245 et 35 € par mois", "mon dossier […] et 35 € par mois"),
    ],
)
def test_nobody_is_recognised(said: str, told: str) -> None:
    assert anonymous(said, ("Marie Dupuis", "Jean")) == told


def test_the_page_holds_everything_and_asks_for_nothing(tmp_path: Path) -> None:
    world = World(tmp_path / "base.db", paris("2025-12-19T15:00"))
    client = world.add(last_name="<script>Dupuis")
    world.walk(world.begin(client), *REFUSAL)
    out = tmp_path / "rapport.html"
    service = ReportService(world.context)
    service.write(DECEMBER, out)
    page = out.read_text(encoding="utf-8")
    assert out.stat().st_mode & 0o777 == 0o600
    HTMLParser().feed(page)
    assert not re.search(r"""<script|(?:src|href)=["'](?!data:,)|url\(|@import""", page)
    assert "Dupuis" not in page
    assert "CLT-00245" not in page
    text = plain("\n".join(service.report(DECEMBER).lines()))
    for part in (
        "Renouvellements, décembre 2025", "1 échéance du 01/12/2025 au 31/12/2025, campagne en cours",
        "provisoire jusqu’au 30/01/2026.",
        "trop cher", "1 sur 1, 100 %", "« Je dois faire des économies en ce moment. »",
    ):  # fmt: skip
        assert part in text
        assert part in plain(page)
    for one in service.report(DECEMBER).kpis.measures:
        assert one.words in page
    assert [event.text for event in world.all(Event) if event.kind == "audit"] == ["export.rapport"]


def test_an_empty_month_is_told_too(tmp_path: Path) -> None:
    world = World(tmp_path / "base.db", paris("2025-12-19T15:00"))
    report = ReportService(world.context).report(DECEMBER)
    told = plain("\n".join(report.lines()))
    assert "Aucune échéance du 01/12/2025 au 31/12/2025." in told
    assert all(plain(chart.empty) in told for chart in report.charts)
    assert "Personne n’a expliqué son départ ce mois-ci." in told


def test_what_was_said_is_told_once_with_the_reason_in_force_and_not_at_length(tmp_path: Path) -> None:
    world = World(tmp_path / "base.db", paris("2025-12-19T15:00"))
    act = REFUSAL[-2].partition("=")[0]
    for number, said in enumerate(("C'est cher !", "c’est cher !", "Trop long. " * 90)):
        client = world.add(f"CLT-0000{number}", email=f"{number}@example.org")
        world.walk(world.begin(client), *REFUSAL[:-2], f"{act}= {said}", REFUSAL[-1])
    world.services.review.recode(3, "USAGE")
    long, short = ReportService(world.context).report(DECEMBER).quotes
    assert (short.text, short.reason) == ("C’est cher\u202f!", "trop cher")
    assert (long.text[:10], long.text[-3:], long.reason) == ("Trop long.", ". …", "pas assez utilisé")
    assert len(long.text) <= 400
