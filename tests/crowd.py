"""Many clients at once, of every kind: opposed, without a usable address, with a landline, on either plan."""

from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import uuid4

from sqlalchemy import insert as plain_insert
from sqlmodel import SQLModel, insert, select

from console.base.dates import day_of
from console.db.tables import Call, CallStep, ChurnRecord, Proposal, RecordWord, Subscription, Watch
from console.imports import store
from console.imports.plan import indexed
from console.imports.writing import BLANK_TERM
from tests.calls.leaving import leave
from tests.world import World

BATCH = 2000


def fill(world: World, n: int, *, expires_on: date = date(2025, 12, 28), spread: int = 6) -> None:
    """So many clients whose terms end on `spread` days in a row; the timeline has them all to look at."""
    for start in range(0, n, BATCH):
        with world.database.writing() as session:
            numbers = range(start, min(start + BATCH, n))
            ids = store.add_clients(session, [_client(world, number) for number in numbers])
            terms = [
                _term(number, ids[f"CLT-{number:06}"], expires_on + timedelta(days=number % spread))
                for number in numbers
            ]
            added = store.add_terms(session, terms)
            looks = [{"subscription_id": term, "look_on": date.min} for term in added]
            session.connection().execute(insert(Watch), looks)


def _client(world: World, number: int) -> dict[str, Any]:
    code = f"CLT-{number:06}"
    landline = number % 5 == 2
    details = {
        "civility": ("Mme", "M.", "")[number % 3],
        "first_name": ("Marie", "Jean-Noël", "")[number % 3],
        "last_name": f"d’Arvor {number}",
        "email": f"c{number}@example.org",
        "email_usable": number % 7 != 3,
        "phone_raw": "",
        "phone": f"+331{number:08}" if landline else f"+336{number:08}",
        "phone_kind": "landline" if landline else "mobile",
        "timezone": "Europe/Paris",
        "client_since": date(2023, 1, 1) + timedelta(days=number % 1000),
        "opposed_call": False,
        "opposed_email": number % 11 == 4,
        "opposed_sms": number % 13 == 5,
    }
    return indexed(code, details) | {"code": code, "created_at": world.now, "updated_at": world.now}


def _term(number: int, client_id: int, expires_on: date) -> dict[str, Any]:
    basic = number % 9 == 8
    return {
        **BLANK_TERM,
        "client_id": client_id,
        "client_code": f"CLT-{number:06}",
        "plan": "basic" if basic else "premium",
        "billing": "monthly" if basic else "annual",
        "starts_on": date(2025, 1, 1),
        "expires_on": expires_on,
    }


def refusals(world: World, number: int, *, steps: bool = True, all_left: bool = False) -> None:
    """So many calls more, each like one of those that `leave` makes, another day with another client.

    `steps`: with their journals. `all_left`: only those that ended in a refusal. The records are no part of
    the chain.
    """
    before = world.now
    leave(world, 40)
    world.now = before
    fill(world, number)
    journal, words = _of(world, CallStep, "call_id"), _of(world, RecordWord, "record_id")
    proposals = _of(world, Proposal, "call_id")
    records = {one["call_id"]: one for one in _plain(world, ChurnRecord)}
    models = [call for call in _plain(world, Call) if not all_left or call["id"] in records]
    with world.database.reading() as session:
        terms = session.exec(select(Subscription).order_by(Subscription.id)).all()[-number:]  # type: ignore[arg-type]
    random, record_id = Random(number), max(one["id"] for one in records.values())
    for start in range(0, number, BATCH):
        rows: dict[type[SQLModel], list[dict[str, Any]]] = {
            table: [] for table in (Call, CallStep, ChurnRecord, Proposal, RecordWord)
        }
        for term in terms[start : start + BATCH]:
            call, later = random.choice(models), timedelta(days=-random.randrange(50))
            links = {"client_id": term.client_id, "subscription_id": term.id}
            times = {
                name: call[name] and call[name] + later for name in ("started_at", "ended_at", "dialled_at")
            }
            new = uuid4().hex
            rows[Call].append(call | links | times | {"id": new})
            rows[Proposal] += [
                _without_id(one) | links | {"call_id": new, "key": f"{new}:{one['what']}"}
                for one in proposals.get(call["id"], ())
            ]
            if steps:
                rows[CallStep] += [_without_id(one) | {"call_id": new} for one in journal[call["id"]]]
            if record := records.get(call["id"]):
                record_id += 1
                at = record["at"] + later
                gone = {"id": record_id, "call_id": new, "seq": None, "at": at, "cancelled_on": day_of(at)}
                rows[ChurnRecord].append(record | links | gone)
                rows[RecordWord] += [one | {"record_id": record_id} for one in words.get(record["id"], ())]
        with world.database.writing() as session:
            for table, new_rows in rows.items():
                if new_rows:
                    session.connection().execute(plain_insert(table), new_rows)


def _plain(world: World, table: type[SQLModel]) -> list[dict[str, Any]]:
    return [{name: getattr(one, name) for name in table.model_fields} for one in world.all(table)]


def _of(world: World, table: type[SQLModel], key: str) -> dict[Any, list[dict[str, Any]]]:
    found: dict[Any, list[dict[str, Any]]] = {}
    for one in _plain(world, table):
        found.setdefault(one[key], []).append(one)
    return found


def _without_id(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "id"}
