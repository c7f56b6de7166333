"""The file of a client who has decided says what follows: which plan, at what price, from when."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from console.base.vocabulary import Direction
from screens.common.details import explained
from tests.world import DIAL, REFUSAL, World, paris, plain

PRICE = (*DIAL, "Hésite", "Le prix")
YES = ("Le client confirme", "Ne pas demander")
FOLLOWS = {
    "offer": (
        (*DIAL, "Oui", "Je m’en occupe", "Ne pas demander", "Terminer"),
        {"Ensuite": "Premium, 34,99 € par an, du 01/01/2026 au 31/12/2026"},
    ),
    "discount": (
        (*PRICE, "Accepte la remise", *YES),
        {"Ensuite": "Premium, 25,00 € par mois, du 01/01/2026 au 31/03/2026, puis 35,00 € par mois"},
    ),
    "lower plan": (
        (*PRICE, "Accepte le passage", *YES),
        {
            "Ensuite": "Basic, 9,99 € par mois, à partir du 01/01/2026",
            "Rétention": "partielle : 9,99 € par mois au lieu de 36,99 € par an",
            "Opportunité": "revenir un jour à Premium, 36,99 € par an",
        },
    ),
    "pause": (
        (*PRICE, "Accepte la pause", *YES),
        {"Ensuite": "pause du 01/01/2026 au 31/03/2026 au plus tard"},
    ),
    "refusal": (REFUSAL, {"Ensuite": "compte ouvert jusqu’au 31/12/2025"}),
    "nothing": ((*DIAL, "raccroché"), {}),
}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "base.db", paris("2025-12-19T15:00"))
    world.add()
    yield world
    world.database.close()


@pytest.mark.parametrize("case", FOLLOWS)
def test_the_file_says_what_follows(world: World, case: str) -> None:
    labels, expected = FOLLOWS[case]
    if labels[-1] == "raccroché":
        view = world.walk(world.begin(1), *labels[:-1])
        world.press(world.services.calls.jump(view.call_id, view.seq, "hung_up"), "Terminer")
    else:
        world.walk(world.begin(1), *labels)
    file = world.services.clients.file(1)
    assert {label: plain(value) for label, value in file.settled} == expected
    assert file.case.awaited is not bool(expected)


def test_an_account_that_was_closed_says_since_when(world: World) -> None:
    world.walk(world.begin(1), *REFUSAL)
    world.now = paris("2026-01-05T10:00")
    assert dict(world.services.clients.file(1).settled) == {"Ensuite": "compte fermé depuis le 31/12/2025"}


def test_a_pause_to_come_is_told_as_such_in_a_call(world: World) -> None:
    labels, _ = FOLLOWS["pause"]
    world.walk(world.begin(1), *labels)
    view = world.begin(1, Direction.INBOUND)
    assert "En pause du jeudi 1er janvier au 31 mars" in plain(view.hints[-1])
    view = world.press(view, "Veut reprendre")
    assert "continue sans pause" in plain(view.said)


def test_no_offer_is_told_of_who_has_decided(world: World) -> None:
    world.walk(world.begin(1), *REFUSAL)
    file = world.services.clients.file(1)
    assert file.case.offer.startswith("le 19/12")
    assert "Offre" not in explained(file).plain
