"""What the key figures say of pauses: the choice made, never undone, and who was lost and came back after."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from console.base.vocabulary import Direction, Figure
from console.cases.views import Campaign
from console.figures.report import ReportService
from console.figures.rules import Kpi, Measure
from console.messages.events import FeedbackService
from tests.figures.kpi_twice import fractions
from tests.world import World, paris, plain

LEAVES = "Préfère ne pas le dire", "Conclure", "Bonne relation : relance"
DECEMBER = Campaign(date(2025, 12, 1), date(2025, 12, 31))
ENDS = {
    "CLT-00001": "2026-02-10T10:00",  # resumed
    "CLT-00002": "",  # lapses, and no more is heard
    "CLT-00003": "2026-04-10T10:00",  # came back ten days after the end
    "CLT-00004": "2026-04-03T10:00",  # too soon to be a come-back of the window
    "CLT-00005": "2026-05-20T10:00",  # too late
    "CLT-00006": "refuses",  # on 10/02
}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Six pauses agreed on 22/12/2025, until 31/03/2026, and one refusal."""
    world = World(tmp_path / "base.db", paris("2025-12-22T10:30"))
    for number, code in enumerate((*ENDS, "CLT-00007"), 1):
        client = world.add(code, email=f"c{number}@example.org")
        view = world.walk(world.begin(client, Direction.INBOUND), "Hésite")
        if code in ENDS:
            moment = "Ce n’est pas le moment", "Accepte la pause", "Le client confirme", "Ne pas demander"
            world.walk(view, *moment)
        else:
            world.walk(view, "Refus définitif", *LEAVES)
    yield world
    world.database.close()


def go_on(world: World, until: str) -> None:
    """What the clients do, up to an instant."""
    for code, at in ENDS.items():
        if at == "refuses" and until >= "2026-02-10T11:00" and world.now < paris("2026-02-10T11:00"):
            now, world.now = world.now, paris("2026-02-10T11:00")
            view = world.begin(6, Direction.INBOUND)
            world.walk(
                view, "Ne reprendra pas", "Préfère ne pas le dire", "Conclure", "Bonne relation : relance"
            )
            world.now = now
        elif at and at != "refuses" and at <= until:
            line = {"id": code, "type": "paid", "client": code, "at": f"{at}+02:00", "amount_cents": 3699}
            now, world.now = world.now, paris(until)
            FeedbackService(world.context).take([(1, json.dumps(line))])
            world.now = now
    world.now = paris(until)


def measured(world: World) -> dict[Kpi, Measure]:
    return {one.kpi: one for one in world.services.kpis.view(DECEMBER).measures}


@pytest.mark.parametrize(
    ("until", "became", "back"),
    [
        ("2026-01-15T09:00", "en pause 6, reprises 0, finies 0", (0, 0)),
        ("2026-03-20T09:00", "en pause 4, reprises 1, finies 1", (0, 2)),
        ("2026-04-15T09:00", "en pause 0, reprises 1, finies 5", (0, 2)),
        ("2026-06-01T09:00", "en pause 0, reprises 1, finies 5", (1, 6)),
    ],
)
def test_the_choice_stands_and_who_was_lost_may_come_back(
    world: World, until: str, became: str, back: tuple[int, int]
) -> None:
    go_on(world, until)
    found = measured(world)
    pause, comeback = found[Kpi.PAUSE], found[Kpi.COMEBACK]
    assert (pause.numerator, pause.denominator) == (6, 7)
    assert plain(pause.detail) == f"6 sur 7, {became}"
    assert comeback.numerator == back[0]
    assert comeback.denominator == back[1]
    assert found[Kpi.CHURN].numerator == 1
    twice = fractions(world.database, DECEMBER.first, DECEMBER.last, world.now.date())
    assert {one.kpi.value: (one.numerator, one.denominator) for one in found.values()} == twice
    told = world.services.kpis.view(DECEMBER).plain()["pauses"]
    assert f"en pause {told['en_pause']}, reprises {told['reprises']}, finies {told['finies']}" == became
    for kpi, whole in ((Kpi.COMEBACK, True), (Kpi.COMEBACK, False), (Kpi.PAUSE, False)):
        page = world.services.kpis.rows(DECEMBER, kpi, None, 50, whole=whole)
        one = found[kpi]
        assert len(page.rows) == (one.denominator if whole else one.numerator)


def test_an_old_campaign_says_what_its_pauses_became(world: World) -> None:
    from screens.kit.banner import pace

    go_on(world, "2026-06-01T09:00")
    view = world.services.dashboard.view(DECEMBER)
    words = plain("".join(text for text, _ in pace(view, brief=True)))
    assert words == "pauses : en pause 0, reprises 1, finies 5"
    fates = (Figure.FATE_RENEWED, Figure.FATE_PAUSED, Figure.FATE_REFUSED, Figure.FATE_SILENT)
    assert [view.counts[one] for one in fates] == [0, 6, 1, 0]
    for one in fates:  # each opens as many rows as it counts
        page = world.services.dashboard.rows(DECEMBER, one)
        assert (page.total, len(page.rows)) == (view.counts[one], view.counts[one])
    report = plain("\n".join(ReportService(world.context).report(DECEMBER.first).lines()))
    assert "6 sur 7, en pause 0, reprises 1, finies 5" in report
