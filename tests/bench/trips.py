"""Round trips of each act on a shared base, counted on the line: what distance costs on any machine."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from console.base.vocabulary import Channel, Direction
from console.calls.views import CallView
from console.cases.upkeep import reassess
from console.cli.workspace import Place
from console.content import default_root
from console.messages.delivery import Delivery
from console.outside.gate import Gateway, Outgoing
from console.outside.outside import Outside
from console.services import build
from tests.bench.pairs import Result
from tests.line import Line
from tests.line import line as line_to
from tests.servers import Server, postgresql_server
from tests.world import DIAL, World, paris

MONDAY = paris("2025-12-22T10:30")
MESSAGES = 200
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


def trips(folder: Path, rounds: int) -> list[Result]:
    """One line an act, beside what is wanted."""
    with postgresql_server() as server:
        found = counted(folder, server)
    return [
        Result(f"allers-retours{chr(0x202F)}: {act}", f"{n:.2f}", f"{WANTED[act]:.0f}", n / WANTED[act], 1.0)
        for act, n in found.items()
    ]


def counted(folder: Path, server: Server) -> dict[str, float]:
    """Round trips of each act, on a line to a server; of a message, in the mean."""
    url = server.new(server.tables)
    port = int(server.rpartition(":")[2].strip("/"))
    with line_to(port) as line:
        far = url.replace(f":{port}/", f":{line.port}/")
        world = _filled(folder, far)
        found = _calls(world, line) | _ready(folder, far, line)
        found["message envoyé"] = _sent(world, line)
        world.database.close()
    return found


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


def _calls(world: World, line: Line) -> dict[str, float]:
    calls, found = world.services.calls, {}

    def act(name: str, done: Callable[[], Any]) -> Any:
        before = line.round_trips
        answer = done()
        found[name] = float(line.round_trips - before)
        return answer

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
    return found


def _ready(folder: Path, url: str, line: Line) -> dict[str, float]:
    """From nothing to a dashboard with its counts."""
    outside = Outside(folder=folder / "messages", named=True)
    place = Place(url, default_root(), "Anne", folder / "log", MONDAY, outside=outside)

    def once() -> int:
        before = line.round_trips
        with place.opened() as ctx:
            services = build(ctx)
            services.first_view()
            services.todo.counts()
            return line.round_trips - before

    once()
    return {"console prête": float(once())}


def _sent(world: World, line: Line) -> float:
    for n in range(MESSAGES):
        client = world.add(f"CLT-1{n:04}", email=f"d{n}@example.org", phone=f"+336399{n:05}")
        world.mail(client, "J-14", None, text="Bonjour", subject="Bonjour")
    ctx = replace(
        world.context,
        agent="",
        demo=False,
        outside=Outside(folder=world.path.parent, named=True, link_secret="secret of the tests"),
    )
    before = line.round_trips
    report = Delivery(ctx, lambda: {Channel.EMAIL: _Taken()}).run()
    assert report.sent >= MESSAGES, report
    return (line.round_trips - before) / report.sent
