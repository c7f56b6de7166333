"""A team on one base: agents, supervisors, senders, jobs and kills, over a line that adds its delay.

What they did is held against the base afterwards: nothing that was acknowledged is lost, no client was two
persons' at once, none was called again unasked, no message came twice but those in flight at a kill, counters
are those that are counted again, the chains are whole.
"""

import multiprocessing
import os
import random
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import pairwise
from multiprocessing.process import BaseProcess
from pathlib import Path
from statistics import median, quantiles
from time import monotonic, sleep
from typing import Any

from sqlmodel import select

from console.base.errors import HotlinerError
from console.base.vocabulary import CallOutcome
from console.cases.upkeep import reassess
from console.db.engine import open_database
from console.db.tables import Call, CallStep, Event, Message, Subscription
from console.integrity.verify import verify
from console.team.presence import JUST
from tests.bench import people
from tests.bench.locks import Held, watch
from tests.bench.pairs import Result, milliseconds
from tests.bench.people import Place, services_of, told
from tests.crowd import fill
from tests.delivery.post import post_office
from tests.line import Line
from tests.servers import Server, postgresql_server
from tests.world import CONTENT, World, paris

FORK = multiprocessing.get_context("fork")
MORNING = paris("2025-12-22T10:30")
"""A Monday, at an hour at which clients may be called until the evening."""


@dataclass(frozen=True)
class Crew:
    """How many of each, how long, over what line, how much faster than a person; kills a minute."""

    agents: int = 20
    supervisors: int = 2
    senders: int = 2
    jobs: int = 2
    imported: int = 500
    clients: int = 3000
    minutes: float = 1.0
    delay: float = 0.02
    pace: float = 10.0
    kills: float = 4.0
    calls: int = 0
    """Once so many have ended and somebody was killed it is enough; 0 for the whole time."""

    @property
    def words(self) -> str:
        """« 20 agents à 20 ms, 10 min ×5 »."""
        return (
            f"{self.agents} agents à {self.delay * 1000:.0f} ms, "
            f"{self.minutes:.1f} min ×{self.pace:g}".replace(".0 ", " ")
        )


@contextmanager
def apart(work: Callable[..., None], *given: Any) -> Iterator[Any]:
    """What `work` first sends through the pipe that it is given last, in a process of its own meanwhile."""
    ours, theirs = FORK.Pipe()
    process = FORK.Process(target=work, args=(*given, theirs), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.kill()
        process.join()


def _line(to: int, delay: float, give: Any) -> None:
    line = Line(to, round_trip=delay)
    line.start()
    give.send(line.port)
    signal.pause()


def _post(file: Path, give: Any) -> None:
    """A real SMTP server, which tells each Message-ID to a file before it answers."""
    with post_office() as post, file.open("a", encoding="utf-8", buffering=1) as taken:
        letters = post.letters

        class Told(list[Any]):
            def append(self, letter: Any) -> None:
                taken.write(f"{letter.id}\n")

        post.letters = Told(letters)
        give.send(post.port)
        signal.pause()


def lines_to(server: Server, delay: float) -> AbstractContextManager[int]:
    """The port of a line to the server that takes so many seconds there and back."""
    return apart(_line, server.port, delay)


def posting(file: Path) -> AbstractContextManager[int]:
    """The port of an SMTP server that tells each Message-ID to this file."""
    return apart(_post, file)


@dataclass
class Ran:
    """A team's time at work."""

    crew: Crew
    place: Place
    diary: list[dict[str, Any]]
    held: Held
    killed: Counter[str]

    def times(self, what: str) -> list[float]:
        """Milliseconds of each act of a kind."""
        return [one["s"] * 1000 for one in self.diary if one["what"] == what]

    def number(self, what: str) -> int:
        """How many acts of a kind."""
        return sum(one["what"] == what for one in self.diary)

    def errors(self) -> Counter[str]:
        """What was refused by the base, by kind and act."""
        return Counter(f"{one['kind']} ({one['on']})" for one in self.diary if one["what"] == "error")


class Team:
    """The processes of a crew; whoever is killed comes back, an agent under the same name."""

    def __init__(self, crew: Crew, place: Place) -> None:
        self._place = place
        self._chance = random.Random(crew.agents)
        self.killed: Counter[str] = Counter()
        self._at: dict[str, tuple[Callable[[Place, str], None], BaseProcess]] = {}
        roles: list[tuple[str, int, Callable[[Place, str], None]]] = [
            ("Agent", crew.agents, people.agent),
            ("Superviseur", crew.supervisors, people.supervisor),
            ("Envoi", crew.senders, people.sender),
            ("Relance", crew.jobs, people.reminding),
            ("Import", min(crew.imported, 1), people.importing),
        ]
        for role, number, work in roles:
            for n in range(number):
                self._start(f"{role}-{n + 1}", work)

    def _start(self, name: str, work: Callable[[Place, str], None]) -> None:
        process = FORK.Process(target=_alone, args=(work, self._place, name), daemon=True)
        process.start()
        self._at[name] = work, process

    def kill_one(self) -> None:
        """Somebody dies in the middle of whatever they are at, and begins again."""
        name = self._chance.choice([one for one in self._at if not one.startswith("Superviseur")])
        work, process = self._at[name]
        alive = process.is_alive()
        process.kill()
        process.join()
        if alive or not name.startswith("Import"):
            self.killed[name.partition("-")[0]] += 1
            self._start(name, work)

    def end(self) -> list[str]:
        """Everybody is killed; the names of those that had ended by themselves, who should not have."""
        gone = [
            name
            for name, (_, one) in self._at.items()
            if not one.is_alive() and (one.exitcode or 0) not in (0, -9)
        ]
        for _, process in self._at.values():
            process.kill()
        for _, process in self._at.values():
            process.join()
        return gone


def _alone(work: Callable[[Place, str], None], place: Place, name: str) -> None:
    """In the process of one of them: what it says of itself goes to a file."""
    sink = os.open(place.folder / f"{name}.log", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    os.dup2(sink, 1)
    os.dup2(sink, 2)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            return work(place, name)
        except HotlinerError as error:  # as a person would: the console is opened again
            people.Diary(place, name).tell("error", on="start", kind=type(error).__name__, words=str(error))
            sleep(1)


def made(server: Server, folder: Path, clients: int, now: datetime = MORNING) -> str:
    """The URL of a base with so many clients, each looked at by the timeline and placed in the queue."""
    url = server.new(server.tables)
    world = World(folder / "unused.db", now, url=url)
    fill(world, clients, expires_on=date(2025, 12, 23), spread=9)
    with world.database.writing() as session:
        reassess(session, world.context, [term or 0 for term in session.exec(select(Subscription.id))])
    world.database.close()
    return url


def _file(folder: Path, number: int) -> None:
    """A file of clients to import, expiring in the month."""
    lines = ["code;nom;prenom;email;telephone;expire_le"]
    lines += [
        f"IMP-{n:05};Nouveau {n};Anne;imp{n}@example.org;06 39 98 {n // 100 % 100:02} {n % 100:02};28/12/2025"
        for n in range(number)
    ]
    (folder / "clients.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def run(crew: Crew, server: Server, url: str, folder: Path, *, now: datetime = MORNING) -> Ran:
    """The crew at work for its time on the base at this URL."""
    folder.mkdir(exist_ok=True)
    _file(folder, crew.imported)
    stop, (ours, theirs) = FORK.Event(), FORK.Pipe()
    watcher = FORK.Process(target=watch, args=(url, stop, theirs), daemon=True)
    watcher.start()
    with lines_to(server, crew.delay) as line, posting(folder / "received") as post:
        by_line = url.replace(f":{server.port}/", f":{line}/")
        place = Place(by_line, folder, now - datetime.now(UTC), crew.pace, post)
        team = Team(crew, place)
        until = monotonic() + crew.minutes * 60
        next_kill = monotonic() + 60 / max(crew.kills, 1)
        while monotonic() < until:
            sleep(0.2)
            if crew.calls and team.killed and _ended(folder) >= crew.calls:
                break
            if crew.kills and monotonic() > next_kill:
                next_kill += 60 / crew.kills
                team.kill_one()
        gone = team.end()
        stop.set()
        held = ours.recv()
        watcher.join()
        assert not gone, f"ended by themselves: {gone}"
        return Ran(crew, place, told(folder), held, team.killed)


def _ended(folder: Path) -> int:
    return sum(one["what"] == "ended" for one in told(folder))


# -- what is held against the base ---------------------------------------------------------------------


def taken_up(ran: Ran, url: str) -> None:
    """Each agent's console is opened once more, so that what waits on its machine is written."""
    for n in range(ran.crew.agents):
        services = services_of(replace(ran.place, url=url), f"Agent-{n + 1}")
        services.calls.resume()
        until = monotonic() + 20
        while services.calls.waiting() and monotonic() < until:
            sleep(0.05)
        services.ctx.database.close()


def faults(ran: Ran, url: str) -> list[str]:
    """What is not as it was acknowledged or as it must be, in words; to be asked once all is taken up."""
    base = open_database(url, clock=ran.place.clock, makes=False)
    with base.reading() as session:
        calls = {one.id: one for one in session.exec(select(Call)).all()}
        entries = Counter(session.exec(select(CallStep.call_id)).all())
        notes = Counter(session.exec(select(Event.call_id).where(Event.kind == "note")).all())
        apart = set(session.exec(select(Event.call_id).where(Event.kind == "kept_apart")).all())
        messages = session.exec(select(Message)).all()
    base.close()
    return [
        *_lost([one for one in ran.diary if one.get("call") not in apart], calls, entries, notes),
        *(f"{call} was told to wait apart: the base said otherwise" for call in apart),
        *_two_persons(list(calls.values())),
        *_messages(ran, messages),
        *(str(one) for one in verify(CONTENT, url, clock=ran.place.clock) if not one.warning),
    ]


def _lost(
    diary: Sequence[dict[str, Any]], calls: dict[str, Call], entries: Counter[str], notes: Counter[str | None]
) -> Iterator[str]:
    for one in diary:
        call_id = str(one.get("call"))
        if one["what"] in ("choice", "outcome") and entries[call_id] < one["seq"]:
            yield f"step {one['seq']} of {call_id} ({one['who']}) was acknowledged and is not there"
        if one["what"] == "ended":
            call = calls.get(call_id)
            if call is None or call.ended_at is None or call.outcome != one["outcome"]:
                yield f"outcome {one['outcome']} of {call_id} ({one['who']}) was acknowledged, not there"
    for call_id, number in Counter(one["call"] for one in diary if one["what"] == "note").items():
        if notes[call_id] != number:
            yield f"{number} notes of {call_id} were acknowledged, {notes[call_id]} are there"


def _two_persons(calls: list[Call]) -> Iterator[str]:
    """Two calls with one client at once, or one begun unasked right after a colleague's."""
    calls.sort(key=lambda call: (call.client_id, call.started_at))
    for before, after in pairwise(calls):
        if before.client_id != after.client_id:
            continue
        if before.ended_at is None or after.started_at < before.ended_at:
            yield f"client {after.client_id} was {before.agent}’s and {after.agent}’s at once"
        elif (
            after.agent != before.agent
            and after.dialled_at
            and before.outcome != CallOutcome.ESCALATED
            and after.started_at - before.ended_at < JUST
        ):
            yield f"client {after.client_id} was called by {after.agent} right after {before.agent}, unasked"


def _messages(ran: Ran, messages: Sequence[Message]) -> Iterator[str]:
    received = Counter((ran.place.folder / "received").read_text(encoding="utf-8").split())
    twice = sum(received.values()) - len(received)
    if twice > ran.killed["Envoi"] + ran.crew.senders:  # those of the end were in flight too
        yield f"{twice} messages came twice, {ran.killed['Envoi']} senders were killed"
    for one in messages:
        if one.channel == "email" and one.status == "sent" and one.message_id not in received:
            yield f"message {one.message_id} is said sent and never came"


# -- the chapter ---------------------------------------------------------------------------------------


ALONE = Crew(
    agents=1, supervisors=0, senders=0, jobs=0, imported=0, clients=100, minutes=0.5, pace=30, kills=0
)


def team(folder: Path, _rounds: int, crew: Crew = Crew()) -> list[Result]:
    """One agent alone, then the whole crew, over the same line; every figure beside what is wanted."""
    with postgresql_server() as server:
        alone = replace(ALONE, delay=crew.delay)
        one = run(alone, server, made(server, folder, alone.clients), folder / "alone")
        url = made(server, folder, crew.clients)
        ran = run(crew, server, url, folder / "team")
        print(
            f"<!-- {crew.words}: {ran.errors() or 'no error'}; kills {dict(ran.killed)} -->", file=sys.stderr
        )
        taken_up(ran, url)
        wrong = faults(ran, url)
        print(*wrong[:40], sep="\n", file=sys.stderr)
        return [*_figures(ran, one), _whole(ran, wrong)]


def _p95(times: Sequence[float]) -> float:
    return quantiles(times, n=20)[-1] if len(times) > 1 else sum(times)


def _both(times: Sequence[float]) -> str:
    return f"{milliseconds(median(times))} / {milliseconds(_p95(times))}" if times else "–"


def _figures(ran: Ran, alone: Ran) -> Iterator[Result]:
    crew, delay = ran.crew, ran.crew.delay * 1000
    wanted = 3 * delay + _p95(alone.times("choice"))
    for what, name in (
        ("choice", "choix"),
        ("words", "paroles"),
        ("open", "ouverture"),
        ("outcome", "issue"),
    ):
        ours = ran.times(what)
        yield Result(
            f"{crew.words}\u202f: {name}, médiane / p95 de {len(ours)}",
            _both(ours),
            _both(alone.times(what)) + " seul",
            _p95(ours) / (wanted if what == "choice" else max(_p95(alone.times(what)), 1)),
            1.0 if what == "choice" else None,
        )
    refused, asked = ran.number("refused"), ran.number("asked")
    yield Result(
        f"{crew.words}\u202f: clients proposés puis refusés ({asked} demandes de confirmation)",
        str(refused),
        f"{ran.number('open')} ouverts",
        float(refused + asked),
        0.0,
    )
    busy = sum(number for kind, number in ran.errors().items() if kind.startswith("BusyError"))
    yield Result(
        f"{crew.words}\u202f: «\u00a0occupée\u00a0»", str(busy), f"{len(ran.diary)} actes", float(busy), 0.0
    )
    held = ran.held
    yield Result(
        f"{crew.words}\u202f: le verrou le plus tenu, part du temps"
        f" (la plus longue écriture {held.longest_s:.2f} s, {held.longest_by};"
        f" la plus longue attente {held.waited_s:.2f} s, {held.waited_by}; {held.connections} connexions)",
        f"{held.busiest * 100:.0f}\u202f%",
        "20\u202f%",
        held.busiest / 0.2,
        1.0,
    )


def _whole(ran: Ran, wrong: list[str]) -> Result:
    received = (ran.place.folder / "received").read_text(encoding="utf-8").split()
    twice = len(received) - len(set(received))
    return Result(
        f"{ran.crew.words}\u202f: écarts entre ce qui a été acquitté et la base"
        f" ({ran.number('ended')} appels finis, {len(received)} messages reçus, {twice} deux fois,"
        f" {ran.killed.total()} tués)",
        str(len(wrong)),
        "0",
        float(len(wrong)),
        0.0,
    )
