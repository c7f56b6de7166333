"""Calls with clients who hesitate, leave or stay, walked through the shipped script at random."""

import random
from datetime import date
from typing import Any

from console.base.vocabulary import Direction
from tests.world import World, paris

AGENTS = ("Jean", "Jeanne", "Zoé d’Arvor")
SAID = (
    "C’est trop CHER pour moi, je dois faire des économies.",
    "Trop cher : 36,99 € l’année, et le prix monte",
    "Le prix, et l’atelier annulé deux fois !",
    "Ateliers annulés… l’ATELIER du mardi surtout",
    "Œuvres et cœur d’un autre projet, prix élevé",
    "ELEVE, le prix",
    "",
)
PEOPLE = (
    {"client_since": date(2020, 2, 29)},
    {"client_since": date(2024, 6, 19), "plan": "basic", "billing": "monthly"},
    {"client_since": date(2025, 6, 20)},
    {"client_since": date(2025, 12, 18), "email": "", "email_usable": False},
)


def leave(world: World, number: int, *, seed: int = 1) -> None:
    """So many calls over six weeks, each with another client; steps back and jumps included."""
    chance = random.Random(seed)
    for n in range(number):
        day = chance.choice((3, 4, 5, 10, 18, 25, 26, 28)), chance.choice((11, 12))
        world.now = paris(f"2025-{day[1]}-{day[0]:02}T{chance.choice(('00:30', '14:30', '23:10'))}")
        world.services = world.as_agent(chance.choice(AGENTS))
        client: dict[str, Any] = {"email": f"c{n}@example.org"} | chance.choice(PEOPLE)
        view = world.begin(world.add(f"CLT-{n:05}", **client), Direction.INBOUND)
        while view.outcome is None:
            world.wait(seconds=5)
            calls, ways = world.services.calls, [way.where for way in view.exits]
            dice = chance.random()
            if dice < 0.06 and view.can_go_back:
                view = calls.back(view.call_id, view.seq)
            elif dice < 0.12 and ways:
                view = calls.jump(view.call_id, view.seq, chance.choice(ways))
            else:
                likely = [one for one in view.choices if "Hésite" in one.label and one.enabled]
                choice = chance.choice(likely or [one for one in view.choices if one.enabled])
                typed = chance.choice(SAID if view.capture and not view.capture.required else SAID[:-1])
                if view.capture and view.capture.kind == "datetime":
                    typed = "dans 3 jours 10h30"
                view = calls.choose(view.call_id, view.seq, choice.index, typed if view.capture else "")
