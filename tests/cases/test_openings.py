"""Whether openings are measured: what the base says, and what the cases then say of the clients."""

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from console.cases.openings import openings_of
from console.cases.upkeep import reassess, refresh_stale
from console.context import Context
from console.db.tables import Client, Event, Message, Subscription
from console.messages.events import FeedbackService
from console.messages.outbox import OutboxService
from console.messages.reminders import RelanceService
from console.outside.outside import Outside
from console.rules.openings import Openings, Tracking
from console.services import Services, build
from tests.world import CONTENT, World, paris

SENT = paris("2025-12-17T09:00")


@pytest.fixture
def world(tmp_path: Path, url: str) -> Iterator[World]:
    made = World(tmp_path / "base.db", SENT, url=url)
    yield made
    made.database.close()


def console(world: World, tracking: Tracking | None = None) -> Services:
    """A console that is no demonstration, asked to measure as `tracking` says."""
    openings = openings_of(world.database, tracking, world.now)
    outside = Outside(folder=world.path.parent / "messages", named=True)
    return build(
        Context(
            world.database,
            world.clock,
            CONTENT,
            "Jean",
            machine=world.clock,
            tracking=openings,
            outside=outside,
        )
    )


def told(world: World, services: Services, *events: tuple[str, datetime, dict[str, str]]) -> None:
    lines = [
        json.dumps(
            {"id": f"{kind} {at} {more}", "type": kind, "client": "CLT-00245", "at": at.isoformat(), **more}
        )
        for kind, at, more in events
    ]
    report = FeedbackService(services.ctx).take(enumerate(lines, 1))
    assert not report.set_aside, report.faults


def test_the_base_keeps_what_it_was_asked_and_since_when(world: World) -> None:
    assert openings_of(world.database, None, world.now) == Openings(Tracking.NONE)
    assert openings_of(world.database, Tracking.CONSENT, world.now) == Openings(Tracking.CONSENT, SENT)
    world.wait(days=1)
    assert openings_of(world.database, None, world.now) == Openings(Tracking.CONSENT, SENT)
    assert openings_of(world.database, Tracking.CONSENT, world.now) == Openings(Tracking.CONSENT, SENT)
    assert openings_of(world.database, Tracking.MEASURED, world.now).since == world.now


def test_openings_known_before_the_setting_were_measured(world: World) -> None:
    client = world.add()
    world.mail(client, "J-14", SENT, opened_at=SENT + timedelta(hours=1))
    assert openings_of(world.database, Tracking.MEASURED, world.now) == Openings(Tracking.MEASURED)


def test_a_change_works_every_case_out_anew(world: World) -> None:
    client = world.add(client_since=date(2025, 1, 1))
    world.mail(client, "J-14", SENT)
    world.now = paris("2025-12-20T14:00")
    with world.database.writing() as session:
        reassess(session, world.context, [world.one(Subscription).id])
    console(world)
    measured = world.one(Subscription)
    assert (measured.at_risk, measured.reason[:18]) == (True, "Aucun e-mail ouver")
    refresh_stale(console(world, Tracking.NONE).ctx)
    unknown = world.one(Subscription)
    assert (unknown.at_risk, unknown.reason[:13]) == (False, "Sans réaction")


@pytest.mark.parametrize("vip", [False, True])
def test_a_base_without_a_single_opening_has_nobody_at_risk_for_that(world: World, vip: bool) -> None:
    """A month of a real base that measures nothing, day after day, up to J-4."""
    since = date(2020, 1, 1) if vip else date(2025, 1, 1)
    world.now = paris("2025-11-30T08:00")
    client = world.add(client_since=since)
    services = console(world)
    seen: dict[str, str] = {}
    while world.now < paris("2025-12-27T23:00"):
        RelanceService(services.ctx).run()
        OutboxService(services.ctx).send_due()
        world.wait(hours=3)
        refresh_stale(services.ctx)
        row = services.clients.file(client).case
        seen[f"{world.now:%m-%d}"] = f"{row.pane} {row.reason}"
        assert not row.at_risk, row.reason
        words = " ".join((row.reason, row.mails, *(e.title for e in services.clients.file(client).history)))
        assert "ouvert" not in words
        world.wait(hours=21)
    urgent = sorted(day for day, words in seen.items() if words.startswith("urgent"))
    assert urgent[0] == ("12-19" if vip else "12-24")
    if vip:
        assert seen["12-19"] == "urgent VIP, sans réaction depuis l’e-mail du 17/12."


@pytest.mark.parametrize("tracking", [Tracking.MEASURED, Tracking.NONE])
def test_a_card_says_what_has_come_to_the_client(world: World, tracking: Tracking) -> None:
    """Nothing sent, an SMS, an e-mail that comes back."""
    client = world.add(client_since=date(2025, 1, 1))
    world.now = paris("2025-12-20T14:00")
    services = console(world, tracking)
    services.clients.add_note(client, "Demande un prix plus bas.")
    words = "Demande un prix plus bas, aucune relance reçue."
    assert services.clients.file(client).case.reason == words
    world.mail(client, "J-14", SENT)
    told(world, services, ("bounced", SENT + timedelta(hours=1), {"bounce": "hard"}))
    case = services.clients.file(client).case
    assert (case.reason, case.mails) == (words, "1 e-mail envoyé, revenu")
    world.mail(client, "J-7", SENT, channel="sms")
    services.clients.add_note(client, "Rappeler.")
    with world.database.writing() as session:
        reassess(session, services.ctx, [1])
    reason = services.clients.file(client).case.reason
    assert reason == "Demande un prix plus bas, sans réaction à nos relances depuis le 17/12."


def test_without_measure_an_opening_that_is_told_only_proves_the_sending(world: World) -> None:
    client = world.add()
    world.mail(client, "J-14", SENT)
    world.now = paris("2025-12-20T14:00")
    services = console(world)
    told(world, services, ("opened", SENT + timedelta(hours=1), {}))
    assert world.one(Message).opened_at is None
    assert [one.kind for one in world.all(Event)] == ["mail_sent"]
    assert services.clients.file(client).case.mails == "1 e-mail envoyé, sans réaction"


def test_by_consent_only_what_leaves_after_the_agreement_is_known(world: World) -> None:
    client = world.add()
    world.mail(client, "J-30", paris("2025-12-01T09:00"))
    world.now = paris("2025-12-20T14:00")
    openings_of(world.database, Tracking.CONSENT, paris("2025-11-01T09:00"))
    services = console(world)
    assert services.clients.file(client).case.mails == "1 e-mail envoyé, sans réaction"
    told(world, services, ("tracking_consented", paris("2025-12-10T09:00"), {}))
    assert services.clients.file(client).case.mails == "1 e-mail envoyé, sans réaction"
    world.mail(client, "J-14", SENT)
    assert services.clients.file(client).case.mails == "2 e-mails envoyés, dernier non ouvert"
    told(world, services, ("opened", SENT + timedelta(hours=1), {}))
    assert services.clients.file(client).case.mails.endswith("dernier ouvert le 17/12, sans clic")
    told(world, services, ("tracking_withdrawn", paris("2025-12-19T09:00"), {}))
    assert world.one(Client).tracking_consent_at is None
    titles = [entry.title for entry in services.clients.file(client).history]
    assert {"Accord pour le suivi des ouvertures", "Fin du suivi des ouvertures"} <= set(titles)


def test_a_file_tells_the_agreement(world: World, tmp_path: Path) -> None:
    file = tmp_path / "clients.csv"
    file.write_text(
        "nom;email;expire_le;consentement_suivi\nPetit;p@example.org;30/09/2026;12/12/2025\n", "utf-8"
    )
    console(world).imports.run(file)
    assert world.one(Client).tracking_consent_at == paris("2025-12-12T00:00")


def test_a_scanner_s_click_is_kept_and_is_no_reaction(world: World) -> None:
    client = world.add()
    world.mail(client, "J-14", SENT)
    world.now = paris("2025-12-20T14:00")
    services = console(world)
    told(world, services, ("clicked", SENT + timedelta(seconds=40), {}))
    assert services.clients.file(client).case.reason.startswith("A réagi")
    told(world, services, ("delivered", SENT + timedelta(seconds=35), {}))
    assert world.one(Message).clicked_at is None
    assert not services.clients.file(client).case.reason.startswith("A réagi")
    assert [one.kind for one in world.all(Event)] == ["mail_clicked", "mail_delivered"]
    told(world, services, ("clicked", SENT + timedelta(hours=3), {}))
    assert world.one(Message).clicked_at == SENT + timedelta(hours=3)
