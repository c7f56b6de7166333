"""Who works on a team's base, each in a process of their own and without a screen, at a person's pace.

They ask the services for what the screens ask, as often. Whatever was acknowledged is told to a file before
anything else is done, so that a kill loses none of it.
"""

import json
import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from time import monotonic, perf_counter, sleep
from typing import Any, NoReturn
from uuid import uuid4

from console.base.clock import Clock
from console.base.errors import ConflictError, HotlinerError, JustSpokenError
from console.base.roles import Role
from console.base.vocabulary import Direction
from console.calls.views import NOTE, CallView
from console.context import Context
from console.db.engine import Database, open_database
from console.imports.service import ImportService
from console.messages.outbox import OutboxService
from console.messages.reminders import RelanceService
from console.outside.outside import Outside
from console.outside.servers import Security, SmtpServer
from console.services import Services, build
from tests.world import CONTENT

WORDS = "Le prix a augmenté, il veut en parler à sa fille avant de dire oui ; rappeler le soir."
"""What is typed in a call, 80 characters as people type."""
TYPED_AT_ONCE = 5
"""Characters between two saves, a second apart."""
POLL_SECONDS, BEAT_SECONDS = 2.0, 20.0
"""How often the dashboard asks whether anything changed, and a console says that it is alive."""
LONG = 9
"""A call that has taken so many steps is brought to its end."""


@dataclass(frozen=True)
class Place:
    """Where they work: the base by the line they have, the hour, how much faster than a person they go."""

    url: str
    folder: Path
    shift: timedelta
    pace: float
    post: int = 0

    @property
    def clock(self) -> Clock:
        """Everybody's: it runs as the machine's does, at an hour at which clients may be called."""
        return Clock(lambda: datetime.now(UTC) + self.shift)


class Diary:
    """What one of them did, a line of JSON each."""

    def __init__(self, place: Place, name: str) -> None:
        self.place, self.name = place, name
        self._file = os.open(place.folder / f"{name}.json", os.O_CREAT | os.O_WRONLY | os.O_APPEND)

    def tell(self, what: str, **told: Any) -> None:
        """Written before it returns."""
        line = json.dumps({"what": what, "who": self.name, **told}, ensure_ascii=False, default=str)
        os.write(self._file, line.encode() + b"\n")

    @contextmanager
    def timed(self, what: str, **told: Any) -> Iterator[dict[str, Any]]:
        """Tells how many seconds the block took, and that it failed if it did."""
        began, more = perf_counter(), dict(told)
        try:
            yield more
        except HotlinerError as error:
            self.tell("error", on=what, kind=type(error).__name__, words=str(error), s=perf_counter() - began)
            raise
        self.tell(what, s=perf_counter() - began, **more)


def told(folder: Path) -> list[dict[str, Any]]:
    """What they all did."""
    lines = [line for file in sorted(folder.glob("*.json")) for line in file.read_bytes().splitlines()]
    return [json.loads(line) for line in lines if line.endswith(b"}")]


def opened(place: Place, name: str, machine: str) -> Database:
    """The base, as a console of this person opens it."""
    return open_database(place.url, clock=place.clock, who=f"{name}, {machine}", makes=False)


def services_of(place: Place, name: str, role: Role = Role.HOTLINER) -> Services:
    """A console."""
    database, spool = opened(place, name, f"poste-{name}"), place.folder / f"{name}.spool"
    clock = place.clock
    return build(Context(database, clock, CONTENT, name, role=role, machine=clock, spool=spool))


class Agent:
    """Calls whoever is proposed, one client after the other."""

    def __init__(self, place: Place, name: str) -> None:
        self._place, self._diary = place, Diary(place, name)
        self._chance = random.Random(f"{name} {os.getpid()}")
        self._console = uuid4().hex
        with self._diary.timed("opened"):
            self._services = services_of(place, name)
            self._services.presence.arrive(self._console, moves=True)
            self._services.first_view()

    def work(self) -> NoReturn:
        """Until somebody kills them."""
        Thread(target=self._poll, daemon=True).start()
        while True:
            try:
                with self._diary.timed("resumed"):
                    view = self._services.calls.resume()
                while True:
                    if view is None:
                        view = self._begun()
                    if view is not None:
                        self._talk(view)
                    view = None
                    self._pause(self._chance.uniform(30, 90))
            except HotlinerError:  # told already: what is on the screen is read again
                self._pause(5)

    def _pause(self, seconds: float) -> None:
        sleep(seconds / self._place.pace)

    def _poll(self) -> None:
        """What the dashboard asks by itself."""
        beaten = 0.0
        while True:
            try:
                with self._diary.timed("poll"):
                    self._services.token()
                if monotonic() - beaten > BEAT_SECONDS:
                    beaten = monotonic()
                    with self._diary.timed("beat"):
                        self._services.presence.beat(self._console)
            except HotlinerError:
                pass
            sleep(POLL_SECONDS)

    def _begun(self) -> CallView | None:
        with self._diary.timed("next") as more:
            client = self._services.dashboard.next_call(0).client_id
            more["client"] = client
        if client is None:
            self._pause(10)
            return None
        self._pause(self._chance.uniform(5, 15))
        try:
            with self._diary.timed("open", client=client) as more:
                view = self._services.calls.begin(client, Direction.OUTBOUND)
                more["call"] = view.call_id
        except JustSpokenError:
            self._diary.tell("asked", client=client)
            return None
        except ConflictError as error:
            self._diary.tell("refused", client=client, words=str(error))
            return None
        return view

    def _talk(self, view: CallView) -> None:
        calls, steps = self._services.calls, 0
        while view.outcome is None:
            self._pause(self._chance.uniform(4, 16))
            if view.online and view.notes == () and steps > 2:
                self._type(view)
            view = self._step(view, steps)
            steps += 1
        waits = calls.waiting(view.call_id)
        self._diary.tell("ended", call=view.call_id, outcome=view.outcome, waits=waits)
        while calls.waiting():  # a call that begins waits for the one before it
            sleep(0.1)

    def _type(self, view: CallView) -> None:
        words = WORDS[: self._chance.randint(20, len(WORDS))]
        for end in range(TYPED_AT_ONCE, len(words), TYPED_AT_ONCE):
            with self._diary.timed("words"):
                self._services.calls.draft(view.call_id, NOTE, words[:end])
            self._pause(1)
        with self._diary.timed("note", call=view.call_id):
            self._services.calls.note(view.call_id, words)

    def _step(self, view: CallView, steps: int) -> CallView:
        calls, ways = self._services.calls, [one.where for one in view.exits]
        if steps >= LONG and "hung_up" in ways:
            with self._diary.timed("choice", call=view.call_id, seq=view.seq + 1):
                return calls.jump(view.call_id, view.seq, "hung_up")
        open_to = [one for one in view.choices if one.enabled]
        ending = [one for one in open_to if one.final or one.ends]
        likely = [one for one in open_to if one not in ending] if steps < LONG else ending
        choice = self._chance.choice(likely or open_to)
        typed = ""
        if view.capture is not None:
            typed = "demain 11h" if view.capture.kind == "datetime" else "Trop cher pour nous."
        what = "outcome" if choice.final else "choice"
        with self._diary.timed(what, call=view.call_id, seq=view.seq + 1):
            return calls.choose(view.call_id, view.seq, choice.index, typed)


def agent(place: Place, name: str) -> None:
    """Opens a console and calls until killed."""
    Agent(place, name).work()


def supervisor(place: Place, name: str) -> None:
    """Looks at the dashboard, at the floor and at what is to be taken up, all day long."""
    diary = Diary(place, name)
    services = services_of(place, name, Role.SUPERVISOR)
    looks: list[Callable[[], object]] = [
        services.dashboard.view,
        lambda: services.floor.page(0, 50),
        lambda: services.todo.page(None, 0, 20),
        services.outbox.counts,
    ]
    while True:
        for look in looks:
            try:
                with diary.timed("look"):
                    look()
            except HotlinerError:
                pass
            sleep(max(0.5, 10 / place.pace))


def outbox(place: Place, name: str) -> OutboxService:
    """That of a machine that has the server of messages."""
    server = SmtpServer("localhost", place.post, Security.NONE)
    outside = Outside(folder=place.folder / "sms", named=True, smtp=server, link_secret="secret of the bench")
    base = opened(place, name, "serveur")
    return OutboxService(Context(base, place.clock, CONTENT, name, outside=outside, machine=place.clock))


def sender(place: Place, name: str) -> None:
    """`hotliner envoyer`, every second."""
    diary, box = Diary(place, name), outbox(place, name)
    while True:
        try:
            with diary.timed("round") as more:
                more["sent"] = box.send_due().sent
        except HotlinerError:
            pass
        sleep(1)


def reminding(place: Place, name: str) -> None:
    """`hotliner relancer`, again and again."""
    diary = Diary(place, name)
    outside = Outside(folder=place.folder / "sms", link_secret="secret of the bench")
    context = Context(
        opened(place, name, "serveur"), place.clock, CONTENT, name, outside=outside, machine=place.clock
    )
    while True:
        try:
            with diary.timed("relancer") as more:
                more["queued"] = RelanceService(context).run().queued.total()
        except HotlinerError:
            pass
        sleep(max(2.0, 20 / place.pace))


def importing(place: Place, name: str) -> None:
    """One import of `clients.csv`."""
    diary = Diary(place, name)
    context = Context(opened(place, name, "serveur"), place.clock, CONTENT, name, machine=place.clock)
    with diary.timed("import") as more:
        report = ImportService(context).run(place.folder / "clients.csv")
        more["added"] = report.added
