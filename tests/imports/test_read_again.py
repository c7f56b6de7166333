"""The same file read again, days or months later and whatever happened since: nothing changes."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import SQLModel

from console.base.vocabulary import Channel, Direction
from console.cases.upkeep import refresh_stale
from console.db.tables import Client
from console.messages.events import FeedbackService
from tests.world import REFUSAL, World, paris

ROW = {
    "code": "CLT-00001", "civilite": "Mme", "prenom": "Marie", "nom": "Dupuis",
    "email": "marie.dupuis@example.org, marie@example.com", "telephone": "06 39 98 12 34 / 01 99 00 12 34",
    "formule": "Premium", "periodicite": "annuel", "client_depuis": "01/06/2024", "expire_le": "31/12/2026",
    "renouvele_le": "05/12/2025", "fuseau": "Europe/Paris", "departement": "31000", "equipe": "Sud",
    "conseiller": "Jean", "pays": "France", "note": "Préfère le matin", "opposition_sms": "oui",
    "consentement_appel": "oui", "consentement_suivi": "oui",
}  # fmt: skip
AGREED = ("Veut renouveler", "Je m’en occupe", "Ne pas demander", "Terminer")
PAUSED = ("Hésite", "Ce n’est pas", "Accepte la pause", "Le client confirme", "Ne pas demander")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "base.db", paris("2025-11-20T09:00"))
    world.add("CLT-00001")
    yield world
    world.database.close()


def take(world: World, **cells: str) -> Any:
    report = world.services.imports.take([(2, ROW | cells)])
    assert not report.faults, report.faults
    return report


def told(world: World, kind: str, **facts: Any) -> None:
    at = world.now - timedelta(minutes=1)
    line = {"id": f"{kind}{at}", "type": kind, "client": "CLT-00001", "at": at.isoformat(), **facts}
    report = FeedbackService(world.context).take([(1, json.dumps(line))])
    assert not report.faults, report.faults


def everything(world: World) -> dict[str, Any]:
    with world.database.reading() as session:
        return {
            name: session.execute(select(table).order_by(*table.primary_key)).all()
            for name, table in SQLModel.metadata.tables.items()
            if name not in {"clock_reading"}
        }


def walked(*labels: str) -> Callable[[World], object]:
    return lambda world: world.walk(world.begin(1, Direction.INBOUND), *labels)


def bounced(world: World) -> None:
    with world.database.writing() as session:
        session.get_one(Client, 1).email_usable = False


BEFORE: dict[str, Callable[[World], object]] = {
    "nothing": lambda world: None,
    "agreed": walked(*AGREED),
    "paused": walked(*PAUSED),
    "refused": lambda world: world.walk(world.begin(1), *REFUSAL),
    "renewed": lambda world: told(world, "renewed"),
    "paid": lambda world: told(world, "paid"),
    "undated": lambda world: take(world, renouvele_le=""),
}
SINCE: dict[str, Callable[[World], object]] = {
    "nothing": lambda world: None,
    "opposed": lambda world: world.services.clients.oppose(1, Channel.EMAIL),
    "opposed to calls": lambda world: world.services.clients.oppose(1, Channel.CALL),
    "bounced": bounced,
    "not measured": lambda world: told(world, "tracking_withdrawn"),
    "another file": lambda world: take(world, expire_le="31/12/2025", renouvele_le=""),
    "a call-back": walked("Demande un rappel", "Promettre = demain 14h"),
    "paused": walked(*PAUSED),
    "renewed again": walked(*AGREED),
}


@pytest.mark.parametrize("since", SINCE)
def test_a_file_read_again_changes_nothing(world: World, since: str) -> None:
    world.now = paris("2025-12-20T14:00")
    take(world)
    for at in ("2025-12-20T15:00", "2025-12-21T09:00", "2026-03-20T10:00", "2026-03-21T10:00"):
        world.now = paris(at)
        if at == "2026-03-20T10:00":
            SINCE[since](world)
        refresh_stale(world.context)
        before = everything(world)
        report = take(world)
        assert (report.unchanged, report.updated, report.renewed) == (1, 0, 0), at
        after = everything(world)
        assert [n for n in after if after[n] != before[n]] == [], at


@pytest.mark.parametrize("renewed_on", ["05/12/2025", "30/12/2025", "10/01/2026"])
@pytest.mark.parametrize("known", BEFORE)
def test_a_renewal_that_is_known_is_no_news(world: World, known: str, renewed_on: str) -> None:
    world.now = paris("2025-12-19T15:00" if known != "undated" else "2026-01-09T09:00")
    BEFORE[known](world)
    world.now = paris("2026-01-15T09:00")
    take(world, renouvele_le=renewed_on)
    for at in ("2026-01-15T10:00", "2026-04-15T09:00"):
        world.now = paris(at)
        refresh_stale(world.context)
        before = everything(world)
        report = take(world, renouvele_le=renewed_on)
        assert (report.unchanged, report.updated, report.renewed) == (1, 0, 0), at
        after = everything(world)
        assert [n for n in after if after[n] != before[n]] == [], at


def test_what_reaches_nobody_takes_no_good_number_or_address_away(world: World) -> None:
    def given(email: str, phone: str) -> Any:
        return take(world, email=email, telephone=phone, renouvele_le="")

    given("marie@example.com", "06 39 98 12 34")
    (before,) = world.all(Client)
    assert (
        given("marie@", "06 39 98 12 34").warned == given("marie@example.com", "06 39 98 12 34 5").warned == 1
    )
    (after,) = world.all(Client)
    assert (after.email, after.phone, after.phone_raw) == (before.email, before.phone, before.phone_raw)
    assert after.email_usable
    assert given("m.dupuis@example.com", "06 39 98 99 99").updated == 1
