"""A name as it is heard on the telephone finds its client first, among three thousand."""

from collections.abc import Iterator
from datetime import date
from itertools import product
from typing import Any

import pytest
from sqlalchemy import insert

from console.base.sounds import sound
from console.base.text import search_text
from console.db.tables import Client, Subscription
from tests.world import World, paris

HEARD = {
    "Le Goff": ("legoff", "legof", "le gof", "LEGOFF"),
    "O’Neill": ("oneil", "oneill", "o neil"),
    "L’Hermitte": ("lhermitte", "lermite", "l'hermite"),
    "Kerguelen": ("kerguellen", "querguelen"),
    "Quémener": ("quemener", "kemener", "quéméner"),
    "Lefebvre": ("lefevre", "lefèvre"),
    "Gauthier": ("gautier", "gotier"),
    "Thibault": ("thibaud", "tibo"),
    "Lemoine": ("lemoyne", "le moine"),
    "Guillou": ("guilloux", "guillout"),
    "D’Angelo": ("dangelo", "d angelo"),
    "Vasseur": ("vaceur", "vaseur"),
    "Pasquier": ("paskier", "pasquié"),
    "Girault": ("giraud", "giro"),
    "Delacroix": ("de la croix", "delacroi"),
    "Besançon": ("besanson", "bezanson"),
    "Schmitt": ("schmidt", "schmit"),
    "Rousseau": ("rousso", "rouceau"),
    "Clément": ("clemant", "klement"),
}
OTHERS = (
    "Moreau", "Garnier", "Perrin", "Robin", "Fontaine", "Chauvet", "Legrand", "Marchand", "Barbier",
    "Renard", "Boyer", "Lambert", "Rivière", "Noël", "Aubert", "Lacombe", "Delmas", "Vidal", "Carpentier",
    "Bonnet", "Olivier", "Poirier", "Texier", "Hamon", "Maillard", "Leblanc", "Charpentier", "Dumas",
    "Prévost", "Gaillard",
)  # fmt: skip
FIRST = tuple(
    f"{one}-{two}" for one, two in product(["Anne", "Jean", "Paul", "Luc", "Marie"], map(str, range(20)))
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("heard") / "base.db", paris("2025-12-19T15:00"))
    names = [("Yann", last) for last in HEARD] + list(product(FIRST, OTHERS))
    clients = [client(n, first, last) for n, (first, last) in enumerate(names, 1)]
    terms: list[dict[str, Any]] = [
        {"client_id": one["id"], "plan": "premium", "billing": "annual", "starts_on": date(2025, 1, 1)}
        | {"expires_on": date(2025, 12, 31), "client_code": one["code"]}
        for one in clients
    ]
    with world.database.writing() as session:
        session.connection().execute(insert(Client), clients)
        session.connection().execute(insert(Subscription), terms)
    yield world
    world.database.close()


def client(n: int, first: str, last: str) -> dict[str, Any]:
    known = {"first_name": first, "last_name": last, "email": f"c{n}@example.org", "phone": f"+336399{n:05}"}
    at = paris("2025-01-01T10:00")
    return known | {
        "id": n, "code": f"CLT-{n:05}", "client_since": date(2024, 6, 1), "created_at": at, "updated_at": at,
        "search": search_text(code=f"CLT-{n:05}", **known), "sound": sound(last),
    }  # fmt: skip


@pytest.mark.parametrize(("name", "spoken"), [(name, one) for name, said in HEARD.items() for one in said])
def test_a_name_as_heard_finds_its_client_first(world: World, name: str, spoken: str) -> None:
    found = world.services.clients.search(spoken, limit=5)
    assert found[0].name == f"Yann {name}"
    assert world.services.clients.search(f"yann {spoken}", limit=5)[0].name == f"Yann {name}"


def test_forty_spellings_at_least() -> None:
    assert sum(map(len, HEARD.values())) >= 40


def test_a_code_a_number_and_an_address_go_first(world: World) -> None:
    for asked in ("CLT-00004", "06 39 90 00 04", "c4@example.org"):
        assert world.services.clients.search(asked)[0].code == "CLT-00004"
