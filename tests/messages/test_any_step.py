"""A step of the timeline of any name is a reminder everywhere: what it is stands in its row."""

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from console.base.vocabulary import Channel, MessagePurpose
from console.cases.views import Campaign
from console.content import Content, default_root
from console.context import Context
from console.db.tables import Message
from console.figures.rules import Kpi
from console.integrity.verify import verify
from console.messages.outbox import OutboxService
from console.messages.reminders import RelanceService
from console.outside.outside import Outside
from console.services import Services, build
from tests.messages.timeline import Days
from tests.world import DIAL, REFUSAL, paris

RENEWED = (*DIAL, "Oui", "Je m’en occupe", "5 sur 5", "Terminer")
STEP = """
[[etapes]]
code = "RAPPEL-2"
decalage = -21
titre = "Un second rappel"
canaux = ["e-mail"]
appels = "personne"

[[etapes]]
code = "J-14"
"""


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Content:
    """The shipped content with one more step, which the checklist asks for too."""
    root = tmp_path_factory.mktemp("content")
    for folder in ("data", "scripts_fr"):
        shutil.copytree(default_root() / folder, root / folder)
    emails = root / "scripts_fr" / "emails"
    shutil.copy(emails / "J-3.toml", emails / "RAPPEL-2.toml")
    for name, old, new in (
        ("relances.toml", '\n[[etapes]]\ncode = "J-14"\n', STEP),
        ("liste.toml", 'preuve = "e-mail J-30"', 'preuve = "e-mail RAPPEL-2"'),
    ):
        file = root / "data" / name
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))
    return Content(root)


@pytest.fixture
def days(tmp_path: Path) -> Iterator[Days]:
    world = Days(tmp_path / "base.db", paris("2025-12-10T08:00"), folder=tmp_path / "envoyes")
    yield world
    world.database.close()


def services(days: Days, content: Content) -> Services:
    return build(Context(days.database, days.clock, content, "Jean", machine=days.clock))


def plan(days: Days, content: Content) -> list[str]:
    ctx = Context(days.database, days.clock, content, "Jean", machine=days.clock)
    return RelanceService(ctx).run().lines()


def send(days: Days, content: Content) -> None:
    outside = Outside(folder=days.folder)
    OutboxService(
        Context(days.database, days.clock, content, "", machine=days.clock, outside=outside)
    ).send_due()


def test_it_lives_through_the_whole_console(days: Days, content: Content) -> None:
    client = days.add(created_at=paris("2025-12-01T08:00"))
    assert any("RAPPEL-2, e-mail" in line for line in plan(days, content))
    message: Message = days.one(Message)
    assert (message.kind, message.step) == ("RAPPEL-2", "RAPPEL-2")
    assert message.purpose == MessagePurpose.REMINDER
    send(days, content)
    days.opened("RAPPEL-2", paris("2025-12-10T12:00"))

    seen = services(days, content).clients
    (mark,) = [one for one in seen.file(client).journey if one.code == "RAPPEL-2"]
    assert "ouvert le 10/12" in mark.details[0]
    assert any("E-mail RAPPEL-2" in one.title for one in seen.file(client).history)
    points = services(days, content).checklists.view(client).parts[0].points
    assert points[0].signed.endswith("e-mail RAPPEL-2")


@pytest.mark.parametrize("way", ["refusal", "renewal", "opposition"])
def test_what_cancels_a_reminder_cancels_it(days: Days, content: Content, way: str) -> None:
    client = days.add(created_at=paris("2025-12-01T08:00"))
    plan(days, content)
    here = services(days, content)
    if way == "opposition":
        here.clients.oppose(client, Channel.EMAIL)
        send(days, content)
    else:
        days.now = paris("2025-12-10T15:00")
        days.walk(days.begin(client), *(RENEWED if way == "renewal" else REFUSAL))
    assert [one.status for one in days.all(Message) if one.step] == ["cancelled"]


def test_it_counts_as_a_reminder_in_the_figures(days: Days, content: Content) -> None:
    client = days.add(created_at=paris("2025-12-01T08:00"))
    plan(days, content)
    send(days, content)
    days.now = paris("2025-12-10T15:00")
    days.walk(days.begin(client), *RENEWED)
    view = services(days, content).kpis.view(Campaign(date(2025, 12, 1), date(2025, 12, 31)))
    (retention,) = [one for one in view.measures if one.kpi is Kpi.RETENTION]
    assert (retention.numerator, retention.denominator) == (1, 1)


def test_it_is_verified(content: Content, tmp_path: Path) -> None:
    assert [str(one) for one in verify(content) if not one.warning] == []
    root = tmp_path / "content"
    for name, text in content.root.texts.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (root / "scripts_fr" / "emails" / "RAPPEL-2.toml").unlink()
    (root / "data" / "demo" / "demo.toml").unlink()  # its fifty clients: the faults are not theirs
    found = [str(one) for one in verify(Content(root)) if not one.warning]
    assert any("RAPPEL-2.toml" in one and "absent" in one for one in found)
    file = root / "data" / "relances.toml"
    file.write_text(file.read_text().replace("RAPPEL-2", "cloture"))
    assert any("cloture" in str(one) for one in verify(Content(root)) if not one.warning)
