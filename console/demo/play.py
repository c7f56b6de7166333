"""Plays a data set: a clock goes from its first fact to its instant, and the real services do the rest.

Clients come in by the import, the planner is run every morning, what is due leaves the outbox, calls are
walked through the script; openings, clicks, requests and renewals come back as lines of the events file.
"""

import json
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from itertools import groupby
from operator import itemgetter

from sqlalchemy import select
from sqlmodel import Session, col

from console.base.clock import Clock
from console.base.dates import PARIS, day_of, plus_days, start_of
from console.base.errors import ContentError, HotlinerError
from console.base.vocabulary import Billing, Channel
from console.calls.service import CallService
from console.cases.upkeep import refresh_stale
from console.clients.service import ClientService
from console.content import Content
from console.context import Context
from console.db.tables import Client
from console.demo import store as storage
from console.demo.files import DemoCall, DemoClient, DemoFact, DemoSet, read_demo
from console.imports.service import ImportService
from console.messages.events import FeedbackService
from console.messages.events_file import FeedbackKind
from console.messages.leases import Leases, Result, SendReport
from console.messages.outbox import OutboxService
from console.messages.reminders import RelanceService
from console.rules.client_columns import OPPOSITIONS

ACT_SECONDS = 20
_BEFORE = 35
"""Days before the expiry at which a client comes in: before the first reminder."""
_IMPORTED, _PLANNED = time(6), time(9)
_BILLINGS = {Billing.ANNUAL: "annuel", Billing.MONTHLY: "mensuel"}

Act = DemoClient | DemoCall | DemoFact | None
"""A client comes in, a call is made, something comes back or is noted; None for the planner."""
_Moment = tuple[datetime, str, DemoClient | None, Act]
"""When, which service, about whom, what."""


def demo_set(content: Content) -> DemoSet:
    """The fixed data set of the content folder."""
    return read_demo(content.root / "data" / "demo" / "demo.toml")


def play(
    ctx: Context,
    made: DemoSet,
    *,
    invented: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Plays everything that happened to the clients. Raises ContentError when it could not have.

    What comes back from an `invented` client about a message that never left is set aside. progress is called
    with the clients done, in proportion to the time played, and their number.
    """
    _Play(ctx, made, invented).run(progress)


class _Play:
    """One data set being played."""

    def __init__(self, ctx: Context, made: DemoSet, invented: bool) -> None:
        self._made, self._now, self._invented = made, made.instant, invented
        self._ctx = replace(ctx, clock=Clock(lambda: self._now), agent=made.agent)
        self._outbox = OutboxService(self._ctx)

    def run(self, progress: Callable[[int, int], None] | None) -> None:
        moments = sorted(self._moments(), key=itemgetter(0))
        done, number = 0, len(self._made.clients)
        for service, together in groupby(moments, key=itemgetter(1)):
            found = list(together)
            self._until(found[0][0])
            match service:
                case "import":
                    self._come_in([client for _, _, client, _ in found if client])
                case "planner":
                    for at, *_ in found:
                        self._until(at)
                        RelanceService(self._ctx).run()
                case "feedback":
                    self._now = found[-1][0]
                    self._come_back(found)
                case _:
                    for at, _, client, act in found:
                        self._until(at)
                        self._done(client, act)
            done += len(found)
            if progress:
                progress(number * done // len(moments), number)
        self._until(self._made.instant)
        # What time alone changed since the last act, once now rather than by each opening of the base.
        refresh_stale(self._ctx, seconds=math.inf)

    def _moments(self) -> Iterator[_Moment]:
        first = self._made.instant
        for client in self._made.clients:
            came_in = self._came_in(client)
            first = min(first, came_in)
            yield came_in, "import", client, client
            for call in client.calls:
                yield call.at, "agent", client, call
            for fact in client.facts:
                yield fact.at, "feedback" if fact.kind else "agent", client, fact
        day = day_of(first)
        while (at := datetime.combine(day, _PLANNED, PARIS)) < self._made.instant:
            yield at, "planner", None, None
            day = plus_days(day, 1)

    def _came_in(self, client: DemoClient) -> datetime:
        """Before the first reminder, and before anything is known of the client."""
        reminded = start_of(plus_days(client.first_expiry or client.expires_on, -_BEFORE))
        known = [one.at for one in client.facts] + [one.at for one in client.calls]
        first = day_of(min(self._made.instant, reminded, *known))
        return datetime.combine(plus_days(first, -1), _IMPORTED, PARIS)

    def _until(self, at: datetime) -> None:
        """Moves the clock; what becomes due on the way leaves at its hour."""
        while (due := self._outbox.next_due()) is not None and due < at:
            self._now = max(due, self._now)
            self._deliver()
        self._now = at

    def _deliver(self) -> None:
        """Everything that is due leaves, without a way out: nothing is written outside the database."""
        leases = Leases(self._ctx, SendReport())
        with self._ctx.database.writing() as session:
            for channel in (Channel.EMAIL, Channel.SMS):
                while taken := leases.take(session, channel):
                    leases.record_all(session, [Result(one, self._now) for one in taken])

    def _come_in(self, clients: Iterable[DemoClient]) -> None:
        rows = [(number, _row(client)) for number, client in enumerate(clients, 1)]
        report = ImportService(self._ctx).take(rows)
        if report.rejected:
            raise ContentError(f"{self._made.name}.toml : {report.faults[0]}")

    def _come_back(self, moments: Iterable[_Moment]) -> None:
        lines = [self._line(at, client, act) for at, _, client, act in moments]
        report = FeedbackService(self._ctx).take(enumerate(lines, 1))
        if report.set_aside and not self._invented:
            fault = report.faults[0]
            raise ContentError(f"{self._made.name}.toml : {lines[fault.line - 1]} ({fault.reason})")

    def _line(self, at: datetime, client: DemoClient | None, act: Act) -> str:
        assert client is not None and isinstance(act, DemoFact) and act.kind  # noqa: S101, PT018  -- as _moments gives them
        found = {
            "id": f"{client.code} {at.isoformat()} {act.kind}",
            "type": act.kind,
            "client": client.code,
            "at": at.isoformat(),
            "text": act.text,
        }
        if act.kind == FeedbackKind.RENEWED:
            with self._ctx.database.reading() as session:
                found["offer"] = storage.running_offer(session, client.code, at)
        return json.dumps(found)

    def _done(self, client: DemoClient | None, act: Act) -> None:
        """What an agent did."""
        assert client is not None  # noqa: S101  -- as _moments gives them
        with self._ctx.database.reading() as session:
            number = client_id(session, client.code)
        if isinstance(act, DemoCall):
            self._call(client, number, act)
        elif isinstance(act, DemoFact):
            ClientService(self._ctx).add_note(number, act.text)

    def _call(self, client: DemoClient, client_id: int, call: DemoCall) -> None:
        """A call as an agent makes it, act by act."""
        service = CallService(self._ctx, keeps=False)
        try:
            view = service.begin(client_id, call.direction)
            typed = ""
            for key in call.keys:
                self._now += timedelta(seconds=ACT_SECONDS)
                if len(key) > 1 or not key.isdigit():
                    typed = key
                    continue
                view = service.choose(view.call_id, view.seq, int(key) - 1, typed)
                typed = ""
        except (HotlinerError, IndexError) as error:
            place = f"{self._made.name}.toml, {client.code}"
            raise ContentError(f"{place} : appel impossible ({error})") from error
        if view.outcome is not call.outcome:
            ended = view.outcome or f"l’étape {view.step}"
            raise ContentError(
                f"{self._made.name}.toml, {client.code} : l’appel mène à {ended}, pas à {call.outcome}"
            )


def _row(client: DemoClient) -> dict[str, str]:
    """A client as a row of the clients file."""
    return {
        "code": client.code,
        "civilite": client.civility,
        "prenom": client.first_name,
        "nom": client.last_name,
        "email": client.email,
        "telephone": client.phone,
        "formule": client.plan,
        "periodicite": _BILLINGS[client.billing],
        "client_depuis": client.since.isoformat(),
        "expire_le": (client.first_expiry or client.expires_on).isoformat(),
        "fuseau": client.timezone,
        **{OPPOSITIONS[channel]: "oui" for channel in client.opposed},
    }


def client_id(session: Session, code: str) -> int:
    """The client of this code."""
    return int(session.connection().scalar(select(col(Client.id)).where(col(Client.code) == code)))
