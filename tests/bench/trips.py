"""Round trips of each act on a shared base, counted on the line, and how long each takes at a distance."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TypeVar

from console.base.vocabulary import Channel, Direction
from console.calls.views import CallView
from console.cases.upkeep import reassess
from console.cli.workspace import Place
from console.content import default_root
from console.messages.delivery import Delivery
from console.outside.gate import Gateway, Outgoing
from console.outside.outside import Outside
from console.services import build
from tests.bench.pairs import Result, milliseconds
from tests.line import Line
from tests.line import line as line_to
from tests.servers import Server, postgresql_server
from tests.world import DIAL, World, paris

MONDAY = paris("2025-12-22T10:30")
MESSAGES = 200
DISTANCES = (0, 5, 20, 100)
"""Milliseconds there and back: the same machine, a building, a country, the far side of the world."""
T = TypeVar("T")
WANTED: dict[str, float] = {
    "choix": 1,
    "mots tapés": 1,
    "appel ouvert": 6,
    "issue (sans réponse)": 8,
    "issue (refus)": 8,
    "suivant pour moi": 2,
    "console prête": 12,
    "regard sur la base": 1,
    "message envoyé": 1,
}
"""Of each act, at most: the figures of the README."""


class _Taken(Gateway):
    """A way out that takes everything."""

    def open(self) -> None:
        """Always can."""

    def send(self, message: Outgoing, hand_over: Callable[[], None]) -> str:
        """Takes it."""
        hand_over()
        return ""

    def close(self) -> None:
        """Nothing to leave."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What an act cost: round trips on the line, and seconds."""

    trips: float
    seconds: float


class _Acts:
    """Acts done over a line, each with what it cost."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.costs: dict[str, Cost] = {}

    def do(self, name: str, act: Callable[[], T]) -> T:
        """What it gives."""
        trips, begun = self.line.round_trips, perf_counter()
        answer = act()
        self.costs[name] = Cost(float(self.line.round_trips - trips), perf_counter() - begun)
        return answer


def trips(folder: Path, rounds: int) -> list[Result]:
    """One line an act, beside what is wanted."""
    with postgresql_server() as server:
        found = measured(folder, server, sends=True)
    return [
        Result(
            f"allers-retours{chr(0x202F)}: {act}",
            f"{cost.trips:.2f}",
            f"{WANTED[act]:.0f}" if act in WANTED else "–",
            cost.trips / WANTED.get(act, cost.trips),
            1.0 if act in WANTED else None,
        )
        for act, cost in found.items()
    ]


def distances(folder: Path, rounds: int) -> list[Result]:
    """How long each act takes at each distance, a median; beside its round trips at the farthest."""
    taken: dict[str, list[float]] = {}
    with postgresql_server() as server:
        for delay in DISTANCES:
            found = [measured(folder / f"{delay}-{n}", server, delay / 1000) for n in range(rounds)]
            last = found[0]
            for act in last:
                taken.setdefault(act, []).append(median(one[act].seconds for one in found) * 1000)
    return [
        Result(
            f"à {', '.join(map(str, DISTANCES))} ms{chr(0x202F)}: {act}",
            " / ".join(map(milliseconds, times)),
            f"{last[act].trips:.2f} × {DISTANCES[-1]} ms",
            times[-1] / max(last[act].trips * DISTANCES[-1], 1),
        )
        for act, times in taken.items()
    ]


def measured(folder: Path, server: Server, delay: float = 0.0, *, sends: bool = False) -> dict[str, Cost]:
    """What each act costs on a line to a server that takes so many seconds there and back; where somebody
    `sends`, a message in the mean too."""
    folder.mkdir(exist_ok=True)
    url = server.new(server.tables)
    with line_to(server.port) as line:
        far = url.replace(f":{server.port}/", f":{line.port}/")
        world = _filled(folder, far)
        acts = _Acts(line)
        line.round_trip = delay
        _calls(world, acts)
        _ready(folder, far, acts)
        if sends:
            acts.costs["message envoyé"] = _sent(world, line)
        world.database.close()
    return acts.costs


def _filled(folder: Path, url: str) -> World:
    """Clients to call now, and messages that wait."""
    world = World(folder / "base.db", MONDAY, url=url)
    for n in range(8):
        client = world.add(
            f"CLT-{n:05}",
            client_since=date(2024, 1, 1),
            last_name=f"Dupuis{n}",
            email=f"c{n}@example.org",
            phone=f"+3363998000{n}",
        )
        world.mail(client, "J-14", paris("2025-12-17T08:00"))
    with world.database.writing() as session:
        reassess(session, world.context, list(range(1, 9)))
    world.services.dashboard.view()
    world.walk(world.begin(8), "Composer", "Pas de réponse")
    return world


def _calls(world: World, acts: _Acts) -> None:
    calls, act = world.services.calls, acts.do
    world.services.clients.file(1)  # the first use of a service prepares it
    world.services.clients.search("Dupuis4")
    act("fiche d’un client", lambda: world.services.clients.file(3))
    act("recherche", lambda: world.services.clients.search("Dupuis5"))
    act("suivant pour moi", lambda: world.services.dashboard.next_call(0))
    view: CallView = act("appel ouvert", lambda: calls.begin(1, Direction.OUTBOUND))
    view = world.press(view, "Composer")
    view = act("choix", lambda: world.press(view, "Le client est au bout du fil"))
    view = world.press(view, "Hésite")
    view = world.press(view, "Le prix")
    view = world.press(view, "Rien ne lui convient")
    view = world.press(view, "Trop cher")
    assert view.capture is not None
    name, call_id = view.capture.name, view.call_id
    act("mots tapés", lambda: calls.draft(call_id, name, "Je dois faire"))
    view = world.walk(view, "Noté, conclure = Je dois faire des économies.")
    act("issue (refus)", lambda: world.press(view, "Bonne relation : relance"))
    view = world.walk(world.begin(2), DIAL[0])
    act("issue (sans réponse)", lambda: world.press(view, "Pas de réponse"))
    act("regard sur la base", world.services.token)


def _ready(folder: Path, url: str, acts: _Acts) -> None:
    """From nothing to a dashboard with its counts."""
    outside = Outside(folder=folder / "messages", named=True)
    place = Place(url, default_root(), "Anne", folder / "log", MONDAY, outside=outside)

    def once() -> None:
        with place.opened() as ctx:
            services = build(ctx)
            services.first_view()
            services.todo.counts()

    once()
    acts.do("console prête", once)


def _sent(world: World, line: Line) -> Cost:
    for n in range(MESSAGES):
        client = world.add(f"CLT-1{n:04}", email=f"d{n}@example.org", phone=f"+336399{n:05}")
        world.mail(client, "J-14", None, text="Bonjour", subject="Bonjour")
    ctx = replace(
        world.context,
        agent="",
        demo=False,
        outside=Outside(folder=world.path.parent, named=True, link_secret="secret of the tests"),
    )
    before, begun = line.round_trips, perf_counter()
    report = Delivery(ctx, lambda: {Channel.EMAIL: _Taken()}).run()
    assert report.sent >= MESSAGES, report
    return Cost((line.round_trips - before) / report.sent, (perf_counter() - begun) / report.sent)
