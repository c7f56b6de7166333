"""Many clients at once, of every kind: opposed, without a usable address, with a landline, on either plan."""

from datetime import date, timedelta
from typing import Any

from sqlmodel import insert

from console.services.import_plan import indexed
from console.services.import_writing import BLANK_TERM
from console.storage import imports as store
from console.storage.tables import Watch
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
