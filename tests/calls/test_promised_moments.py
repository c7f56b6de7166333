"""What a client says of a moment is read on the client's clock: sixty ways to say it, in five time zones."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from console.base.errors import RefusedInputError
from console.base.vocabulary import Direction
from console.base.when import parse_when
from console.calls.views import CallView
from console.db.tables import Callback, Event
from tests.world import DIAL, World, paris, plain

NOW = paris("2025-12-22T10:00")
"""Monday in Paris, Martinique (05:00), Réunion (13:00), Nouméa (20:00); still Sunday in Tahiti (23:00)."""
ZONES = ("Europe/Paris", "America/Martinique", "Indian/Reunion", "Pacific/Noumea", "Pacific/Tahiti")
SAID = {  # where it is Monday 22/12, then in Tahiti, where it is Sunday 21/12; « - » where it is past
    "demain 14h": ("23/12 14:00", "22/12 14:00"),
    "demain à 14h": ("23/12 14:00", "22/12 14:00"),
    "demain 14 h 30": ("23/12 14:30", "22/12 14:30"),
    "demain 14:30": ("23/12 14:30", "22/12 14:30"),
    "demain 1400": ("23/12 14:00", "22/12 14:00"),
    "demain 0915": ("23/12 09:15", "22/12 09:15"),
    "demain 9": ("23/12 09:00", "22/12 09:00"),
    "demain vers 9h": ("23/12 09:00", "22/12 09:00"),
    "demain matin": ("23/12 10:00", "22/12 10:00"),
    "demain matin 9h": ("23/12 09:00", "22/12 09:00"),
    "demain midi": ("23/12 12:00", "22/12 12:00"),
    "demain midi et demi": ("23/12 12:30", "22/12 12:30"),
    "demain après-midi": ("23/12 14:00", "22/12 14:00"),
    "demain après-midi 15h": ("23/12 15:00", "22/12 15:00"),
    "demain 3h de l'après-midi": ("23/12 15:00", "22/12 15:00"),
    "demain soir": ("23/12 18:00", "22/12 18:00"),
    "demain soir 18h30": ("23/12 18:30", "22/12 18:30"),
    "demain soir 8h": ("23/12 20:00", "22/12 20:00"),
    "demain en début de matinée": ("23/12 09:00", "22/12 09:00"),
    "demain en fin de matinée": ("23/12 11:30", "22/12 11:30"),
    "demain en début d'après-midi": ("23/12 14:00", "22/12 14:00"),
    "demain en fin d'après-midi": ("23/12 17:00", "22/12 17:00"),
    "demain en fin de journée": ("23/12 17:30", "22/12 17:30"),
    "demain 14h et quart": ("23/12 14:15", "22/12 14:15"),
    "demain 14h et demie": ("23/12 14:30", "22/12 14:30"),
    "après-demain 8h45": ("24/12 08:45", "23/12 08:45"),
    "apres demain 16h": ("24/12 16:00", "23/12 16:00"),
    "ce soir 21h30": ("22/12 21:30", "-"),
    "aujourd'hui 22h": ("22/12 22:00", "-"),
    "auj 22h15": ("22/12 22:15", "-"),
    "mardi 11h": ("23/12 11:00", "23/12 11:00"),
    "mar 11h": ("23/12 11:00", "23/12 11:00"),
    "mercredi 9h30": ("24/12 09:30", "24/12 09:30"),
    "mer. 9h30": ("24/12 09:30", "24/12 09:30"),
    "jeudi 10": ("25/12 10:00", "25/12 10:00"),
    "jeudi 25 à 14h": ("25/12 14:00", "25/12 14:00"),
    "jeudi matin": ("25/12 10:00", "25/12 10:00"),
    "vendredi en fin de journée": ("26/12 17:30", "26/12 17:30"),
    "vendredi soir 19h": ("26/12 19:00", "26/12 19:00"),
    "ven 1030": ("26/12 10:30", "26/12 10:30"),
    "samedi midi": ("27/12 12:00", "27/12 12:00"),
    "lundi prochain 11h": ("29/12 11:00", "22/12 11:00"),
    "lundi en huit 11h": ("05/01 11:00", "29/12 11:00"),
    "lundi 29 à 10h": ("29/12 10:00", "29/12 10:00"),
    "le 30 à 15h": ("30/12 15:00", "30/12 15:00"),
    "le 30/12 à 15h": ("30/12 15:00", "30/12 15:00"),
    "30/12 15:00": ("30/12 15:00", "30/12 15:00"),
    "30-12 15h": ("30/12 15:00", "30/12 15:00"),
    "30.12.25 15h": ("30/12 15:00", "30/12 15:00"),
    "30 décembre 15h": ("30/12 15:00", "30/12 15:00"),
    "30 dec. 1500": ("30/12 15:00", "30/12 15:00"),
    "2 janvier 10h": ("02/01 10:00", "02/01 10:00"),
    "le 2 janvier 2026 à 10h": ("02/01 10:00", "02/01 10:00"),
    "1er janvier midi": ("01/01 12:00", "01/01 12:00"),
    "2025-12-30 09:00": ("30/12 09:00", "30/12 09:00"),
    "dans 3 jours 10h": ("25/12 10:00", "24/12 10:00"),
    "dans une semaine à 14h": ("29/12 14:00", "28/12 14:00"),
    "dans deux semaines 9h": ("05/01 09:00", "04/01 09:00"),
    "dans 1 mois 9h": ("22/01 09:00", "21/01 09:00"),
    "vers 22h ce soir": ("22/12 22:00", "-"),
}


@pytest.mark.parametrize("zone", ZONES)
def test_a_moment_is_read_on_the_client_s_clock(zone: str) -> None:
    for said, (there, tahiti) in SAID.items():
        meant = tahiti if zone.endswith("Tahiti") else there
        if meant == "-":
            with pytest.raises(RefusedInputError, match="déjà passé"):
                parse_when(said, NOW, ZoneInfo(zone))
            continue
        at = parse_when(said, NOW, ZoneInfo(zone)).astimezone(ZoneInfo(zone))
        assert f"{at:%d/%m %H:%M}" == meant, said
        assert at > NOW


def test_sixty_ways_and_a_delay_that_no_clock_changes() -> None:
    assert len(SAID) >= 60
    later = {parse_when("dans 2 h 30", NOW, ZoneInfo(zone)) for zone in ZONES}
    assert later == {paris("2025-12-22T12:30")}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "base.db", paris("2025-12-22T15:00"))
    yield world
    world.database.close()


@pytest.mark.parametrize(
    ("zone", "said", "shown", "promised"),
    [
        ("Europe/Paris", "demain 14h", "mardi 23 décembre à 14:00", "2025-12-23T14:00"),
        (
            "America/Martinique",
            "demain 9h",
            "mardi 23 décembre à 09:00 chez elle, 14:00 à Paris",
            "2025-12-23T14:00",
        ),
        (
            "Pacific/Noumea",
            "mercredi 8h",
            "mercredi 24 décembre à 08:00 chez elle, mardi 23 décembre à 22:00 à Paris",
            "2025-12-23T22:00",
        ),
    ],
)
def test_what_is_shown_before_it_is_validated_is_what_is_written(
    world: World, zone: str, said: str, shown: str, promised: str
) -> None:
    client = world.add(timezone=zone)
    view = world.begin(client)
    view = world.services.calls.jump(view.call_id, view.seq, "callback")  # we choose: on our own clock
    assert "Paris" in plain(world.services.calls.read_moment(view.call_id, "demain 12h").moment) or (
        zone == "Europe/Paris"
    )
    world.services.calls.abandon(view.call_id)
    view = world.walk(world.begin(client), *DIAL) if zone != "Pacific/Noumea" else inbound(world, client)
    view = world.services.calls.jump(view.call_id, view.seq, "callback")
    read = world.services.calls.read_moment(view.call_id, said)
    assert plain(read.moment) == shown
    assert plain(read.farewell).startswith("C’est noté, Marie : je vous rappelle ")
    world.press(view, "Promettre", said)
    assert world.one(Callback).promised_at == paris(promised)
    (told,) = [event.text for event in world.all(Event) if event.kind == "callback_promised"]
    assert plain(told) == f"Rappel promis {shown}"


def inbound(world: World, client: int) -> CallView:
    return world.begin(client, Direction.INBOUND)


def test_what_there_is_to_know_of_it_is_said(world: World) -> None:
    view = world.walk(world.begin(world.add()), *DIAL)
    view = world.services.calls.jump(view.call_id, view.seq, "callback")
    read = world.services.calls.read_moment
    assert plain(read(view.call_id, "2 janvier 14h").remark) == "après l’échéance"
    assert "hors des heures d’appel" in plain(read(view.call_id, "samedi 14h").remark)
    assert not read(view.call_id, "dem").moment


def test_a_promise_is_moved(world: World) -> None:
    client = world.add(timezone="America/Martinique")
    view = world.walk(world.begin(client), *DIAL)
    view = world.services.calls.jump(view.call_id, view.seq, "callback")
    world.press(view, "Promettre", "demain 9h")
    words = world.services.callbacks.move(world.one(Callback).id, "mercredi 10h")
    assert plain(words) == "mercredi 24 décembre à 10:00 chez elle, 15:00 à Paris"
    assert world.one(Callback).promised_at == datetime.fromisoformat("2025-12-24T14:00+00:00")
    assert "Rappel déplacé" in {entry.title for entry in world.services.clients.file(client).history}
