"""Campaigns side by side: each term is in one, the same for the rules as for the figures; each has its steps,
its script and its figures."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, col, select

from console.base.errors import ContentError, RefusedInputError
from console.base.tree import Tree
from console.base.vocabulary import Direction, Plan
from console.cases.campaign import of_campaign
from console.cases.facts import cases
from console.cases.views import month_of
from console.content import Content, default_root
from console.db.tables import Call, Message, Subscription
from console.exports.forms import Format, What
from console.figures.report import ReportService
from console.messages.reminders import RelanceService
from console.records.counting import Topic
from console.records.filters import Filters
from console.rules.campaigns import campaign_of
from console.rules.files import read_data
from console.services import Services, build
from tests.screens.desk import at_desk
from tests.world import REFUSAL, World, paris, plain

SHIPPED = {
    str(path.relative_to(default_root())): path.read_text("utf-8")
    for folder in ("data", "scripts_fr")
    for path in (default_root() / folder).rglob("*")
    if path.suffix in {".toml", ".md"}
}
NAMED = """
[[campagnes]]
code = "outre-mer"
nom = "Outre-mer"
formules = ["Premium"]
departements = ["971", "974"]

[[campagnes]]
code = "sud"
nom = "Équipe Sud"
equipes = ["Sud"]
"""
STEPS = """
[[campagnes.outre-mer.etapes]]
code = "J-20"
titre = "Un seul rappel"
decalage = -20
canaux = ["e-mail"]
appels = "personne"
important = true
"""


def content(**changed: str) -> Content:
    """The shipped content with two campaigns; files by their path."""
    files = SHIPPED | {
        "data/campagnes.toml": NAMED,
        "data/relances.toml": SHIPPED["data/relances.toml"] + STEPS,
        "scripts_fr/emails/J-20.toml": SHIPPED["scripts_fr/emails/J-30.toml"].replace("J-30", "J-20"),
    }
    return Content(Tree.of_texts(files | changed))


CONTENT = content()


def over(world: World, what: Content = CONTENT) -> Services:
    return build(replace(world.context, content=what))


@pytest.fixture
def world(tmp_path: Path, url: str) -> Iterator[World]:
    """A client of each kind, two of them renewed."""
    world = World(tmp_path / "base.db", paris("2025-12-11T09:30"), url=url)
    world.services = over(world)
    n = 0
    for department in ("", "31", "974"):
        for team in ("", "SUD", "Nord"):
            for plan in Plan:
                n += 1
                known: dict[str, Any] = {
                    "email": f"c{n}@example.org",
                    "phone": f"+336399800{n:02}",
                    "plan": plan,
                }
                world.add(f"CLT-{n:05}", department=department, team=team, **known)
    yield world
    world.database.close()


def campaigns_of(world: World, session: Session) -> dict[int, str]:
    """By term."""
    found = cases(session, world.context, range(1, 19))
    return {one.subscription_id: one.facts.campaign for one in found}


def test_a_term_is_in_one_campaign_for_the_rules_as_for_the_base(world: World) -> None:
    campaigns = CONTENT.data.campaigns
    with world.database.reading() as session:
        ruled = campaigns_of(world, session)
        for code in ("outre-mer", "sud"):
            query = select(Subscription.id).where(of_campaign(campaigns, code))
            assert set(session.exec(query)) == {term for term, of in ruled.items() if of == code}
        assert len(session.exec(select(col(Subscription.id)).where(of_campaign(campaigns, ""))).all()) == 18
    assert Counter(ruled.values()) == {"outre-mer": 3, "sud": 5, "": 10}
    assert campaign_of(campaigns, Plan.PREMIUM, "974", "Sud") == "outre-mer"  # the first that takes it
    assert campaign_of(campaigns, Plan.BASIC, "974", "Sud") == "sud"
    assert campaign_of((), Plan.BASIC, "974", "Sud") == ""


def test_each_campaign_has_its_own_reminders(world: World) -> None:
    RelanceService(world.context).run()
    with world.database.reading() as session:
        sent = {row.subscription_id or 0: row.step for row in session.exec(select(Message))}
        ruled = campaigns_of(world, session)
    assert {sent[term] for term, of in ruled.items() if of == "outre-mer" and term in sent} == {"J-20"}
    assert "J-20" not in {sent[term] for term, of in ruled.items() if of != "outre-mer" and term in sent}
    assert "outre-mer" in {ruled[term] for term in sent}


def test_a_campaigns_own_script_is_spoken_in_its_calls_alone(world: World) -> None:
    first = next(path for path in sorted(SHIPPED) if path.startswith("scripts_fr/appel/"))
    said = SHIPPED[first].replace('titre = "', 'titre = "Outre-mer, ', 1)
    assert said != SHIPPED[first]
    own = content(**{first.replace("/appel/", "/appel-outre-mer/"): said})
    assert own.script_of("outre-mer").hash != own.script.hash == own.script_of("sud").hash
    agent = over(world, own)
    with world.database.reading() as session:
        ruled = campaigns_of(world, session)  # a client has the number of their term here
    theirs = next(client for client, of in ruled.items() if of == "outre-mer")
    other = next(client for client, of in ruled.items() if of == "sud")
    view = agent.calls.begin(theirs, Direction.OUTBOUND)
    agent.calls.abandon(view.call_id)
    agent.calls.begin(other, Direction.OUTBOUND)
    assert world.one(Call).script_hash == own.script.hash
    assert view.title


def test_the_figures_of_the_campaigns_are_parts_of_the_whole(world: World, tmp_path: Path) -> None:
    for client in (2, 15):
        world.agreed(client)
    kpis = over(world).kpis
    month = month_of(date(2025, 12, 1))
    views = {code: kpis.view(replace(month, named=code)) for code in ("", "outre-mer", "sud")}
    assert views[""].cohort == 18
    assert 0 < views["outre-mer"].cohort < views["sud"].cohort + views["outre-mer"].cohort < 18
    assert sum(views[code].counts.renewed for code in ("outre-mer", "sud")) <= views[""].counts.renewed
    assert plain(views["sud"].words).startswith("Équipe Sud · Échéances du 01/12/2025")
    with pytest.raises(RefusedInputError, match="n’existe pas"):
        kpis.view(replace(month, named="nord"))
    out = tmp_path / "clients.csv"
    over(world).exports.write(What.CLIENTS, Format.CSV, out)
    title, *rows = out.read_text("utf-8-sig").splitlines()
    assert title.endswith(";campagne")
    told = Counter(row.rpartition(";")[2] for row in rows)
    assert told["outre-mer"] == views["outre-mer"].cohort
    assert told["sud"] == views["sud"].cohort
    out = tmp_path / "kpis.csv"
    assert over(world).exports.write(What.KPIS, Format.CSV, out) == 3 * len(views[""].measures)
    assert "campagne" not in ";".join(over(world, Content(default_root())).kpis.view(month).plain())


def test_report_reasons_and_journal_of_a_campaign_are_those_of_its_figures(world: World) -> None:
    world.now = paris("2025-12-19T14:00")
    with world.database.reading() as session:
        mine = [client for client, of in campaigns_of(world, session).items() if of == "sud"]
    other = next(client for client in range(1, 19) if client not in mine)
    for client in (*mine[:2], other):
        world.walk(world.begin(client), *REFUSAL)
    world.agreed(mine[2])
    services = over(world)
    report, month = ReportService(services.ctx), replace(month_of(date(2025, 12, 1)), named="sud")
    found = report.report(month.first, "sud")
    assert found.kpis == services.kpis.view(month)
    assert plain(found.title) == "Renouvellements, décembre 2025 · Équipe Sud"
    gone, _, renewed = found.charts
    assert sum(share.n for share in gone.shares) == found.kpis.counts.cancelled == 2
    assert sum(share.n for share in renewed.shares) == found.kpis.counts.renewed == 1
    for topic in Topic:
        some = services.reasons.crossing(topic, month)
        assert some.total == 2
        assert some.total < services.reasons.crossing(topic, month_of(month.first)).total
    assert [one.total for one in services.reasons.words(month)] == [2]
    filters = Filters(since=month.first, until=month.last, campaign="sud")
    page = services.review.page(filters, None, 10)
    assert {row.client_id for row in page.rows} == set(mine[:2])
    assert services.review.count(filters) == len(list(services.refusals.all_records(filters))) == 2
    nowhere = replace(month, named="nord")
    for wrong in (
        lambda: report.report(month.first, "nord"),
        lambda: services.reasons.crossing(Topic.REASONS, nowhere),
        lambda: services.review.count(replace(filters, campaign="nord")),
    ):
        with pytest.raises(RefusedInputError, match="n’existe pas"):
            wrong()


async def test_the_reasons_are_those_of_the_campaign_chosen_by_a_key(world: World) -> None:
    world.now = paris("2025-12-19T14:00")
    with world.database.reading() as session:
        mine = [client for client, of in campaigns_of(world, session).items() if of == "sud"]
    for client in (mine[0], next(client for client in range(1, 19) if client not in mine)):
        world.walk(world.begin(client), *REFUSAL)
    async with at_desk((120, 40), over=over(world)) as desk:
        await desk.press("m")
        assert "2 refus de décembre 2025" in desk.text
        await desk.press("c", "3")
        assert "1 refus de décembre 2025 · Équipe Sud" in desk.text
        await desk.press("enter")
        assert "Équipe Sud" in desk.text
        await desk.press("c")
        assert "Campagne  sud" in desk.text
        await desk.press("escape", "escape", "comma", "semicolon")
        assert "1 refus de décembre 2025 · Équipe Sud" in desk.text
        await desk.press("c", "1")
        assert "2 refus de décembre 2025" in desk.text
        assert "Sud" not in desk.text
    async with at_desk((120, 40), over=over(world, Content(default_root()))) as desk:
        await desk.press("m", "c")
        assert "Laquelle" not in desk.text


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("data/campagnes.toml", 'code = "sud"', 'code = "outre-mer"', "deux fois"),
        ("data/campagnes.toml", '["Premium"]', '["Platine"]', "ne connaît pas"),
        ("data/relances.toml", "campagnes.outre-mer", "campagnes.outremer", "inconnue"),
        ("data/relances.toml", 'appels = "personne"\nimportant = true', 'appels = "vip"', "il y manque"),
    ],
)
def test_what_is_wrong_with_a_campaign_is_told(file: str, old: str, new: str, told: str) -> None:
    written = CONTENT.root.files[file]
    assert isinstance(written, bytes)
    before, found, after = written.decode().rpartition(old)
    assert found
    _, faults = read_data(content(**{file: before + new + after}).root)
    assert any(told in one.reason for one in faults)


def test_a_campaigns_script_is_looked_at_as_the_usual_one() -> None:
    end = SHIPPED["scripts_fr/appel/9-sans-decision.toml"]
    own = content(
        **{"scripts_fr/appel-outre-mer/9-sans-decision.toml": f"{end}\n[etapes.perdue]\ntitre = 1\n"}
    )
    with pytest.raises(ContentError, match="9-sans-decision"):
        own.check()
