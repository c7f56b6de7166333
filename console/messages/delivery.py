"""Delivers the outbox: one message after another, looked at again as they are leased, and as they leave.

Messages are leased in a durable transaction; a statement marks those about to be handed over; what became of
them is written next. Of a file, one at a time. Of a server's base, where each question costs a journey, many
are leased at once and a few are marked and written together, as long as they leave fast. A sender that dies
before handing over leaves a message that goes later as if nothing had happened; one that dies after it leaves
a message that goes once more, under the same Message-ID, and never a third time without somebody asking.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from time import monotonic, sleep
from typing import TypeVar

from sqlmodel import Session

from console.base.errors import HotlinerError, StorageError
from console.base.french import THIN
from console.base.refusals import commonest
from console.base.vocabulary import Channel
from console.cases.runs import ran, sent
from console.context import Context
from console.db.meta import DEMO, is_trial, read_meta
from console.db.query import ReadBatch
from console.messages import outbox_store as storage
from console.messages.delivery_rules import LEASE, REFUSED_FIRST
from console.messages.doors import UNSET, closed, door, keep
from console.messages.held import HELD_WORDS, is_held
from console.messages.leases import Leases, Result, SendReport, Taken
from console.outside.gate import DeliveryError, Gateway, RejectedError, UnreachableError
from console.outside.outside import FOLDER, Outside

_log = logging.getLogger("hotliner")

T = TypeVar("T")
WaysOut = Callable[[], Mapping[Channel, Gateway]]
_WAIT = (
    f" a refusé les {REFUSED_FIRST} premiers messages{THIN}: les autres attendent. Une fois la cause réparée,"
    " «\u00a0Tout relancer\u00a0» («\u00a0t\u00a0», dans les échecs) les reprend."
)
ALL_REFUSED = {
    Channel.EMAIL: f"Le serveur de messagerie{_WAIT}",
    Channel.SMS: f"Le service de SMS{_WAIT}",
}
AGAIN_SECONDS = 1.0
"""How long a result that could not be written waits, after the database's own patience."""
LEASED, TOGETHER = 50, 5
"""On a server's base: how many messages are leased at once; how many may be under way, of which nobody knows
what became of them if the sender is killed."""
FAST_SECONDS = 0.1
"""After a message that takes longer the next one is marked by itself, as late as may be: it may still be
cancelled."""
STOPPING_SECONDS = 10.0
"""How long a sender that is told to stop still tries to write one."""


def ways_out(ctx: Context, gateways: WaysOut | None = None) -> Mapping[Channel, Gateway]:
    """Those of the settings, unless others are given.

    A demonstration's database only ever writes to the folder, a trial base there or to a server on this
    machine.
    """
    company, outside = ctx.content.data.catalogue.company, ctx.outside or Outside()
    with ctx.database.reading() as session:
        is_demo = ctx.demo or bool(read_meta(session, DEMO))
        outside = outside.kept_here() if is_trial(ReadBatch(session))() else outside
    if is_demo:
        outside = Outside(folder=outside.folder)
    elif gateways is not None:
        return gateways()
    return outside.gateways(company.name, company.support_email)


def by_job_only(ctx: Context) -> bool:
    """Whether consoles leave delivery to `hotliner envoyer`: a base that machines share, and no trial one."""
    return ctx.database.shared and not (ctx.demo or ctx.trial)


def unset(ctx: Context) -> list[Channel]:
    """The channels that this machine has no way out for: on a shared base the folder is never a fallback."""
    outside = ctx.outside or Outside()
    if outside.named or not by_job_only(ctx):
        return []
    doors = outside.doors(ctx.content.data.catalogue.company.support_email)
    return [channel for channel, words in doors.items() if words == FOLDER]


class Delivery:
    """One delivery of what is due."""

    def __init__(self, ctx: Context, gateways: WaysOut | None = None) -> None:
        """gateways: the ways out; those of the settings if left out."""
        self._ctx = ctx
        self._gateways = gateways
        self._report = SendReport()
        self._leases = Leases(ctx, self._report)
        far = ctx.database.shared
        self._leased, self._together = (LEASED, TOGETHER) if far else (1, 1)
        self._ahead = 0  # how many of those that follow are marked with the next one
        self._tries = 0
        self._answers: list[str] = []  # to what was refused for good
        self._doors: dict[Channel, str] = {}  # those that the next lease settles

    def run(self, limit: int | None = None, *, stop: Callable[[], bool] | None = None) -> SendReport:
        """Sends what is due, `limit` messages at most, until `stop` says so.

        A way out that cannot be used is left for this time, and the other one goes on. Raises StorageError:
        what was being sent then goes once more.
        """
        with self._ctx.database.reading() as session:
            held = is_held(ReadBatch(session))()
        if held:
            self._report.unreachable.append(f"{HELD_WORDS}.")
            return self._report
        missing = unset(self._ctx)
        for channel, gateway in ways_out(self._ctx, self._gateways).items():
            if channel in missing:
                if self._is_due(channel):
                    self._report.unreachable.append(f"{UNSET[channel]}{THIN}: ses messages attendent.")
                continue
            before = self._report.sent
            try:
                self._drain(channel, gateway, limit, stop or (lambda: False))
            finally:
                gateway.close()
            if self._report.sent > before:
                ran(self._ctx, sent(channel))
        self._report.answer = commonest(self._answers)
        return self._report

    def _drain(self, channel: Channel, gateway: Gateway, limit: int | None, stop: Callable[[], bool]) -> None:
        results: list[Result] = []
        waiting: list[Taken] = []
        refused = 0  # in a row since the start; none counts any more once a message was taken
        closed: UnreachableError | None = None
        while not stop() and (limit is None or self._tries < limit):
            asks = not (results or waiting)
            if asks and not (self._is_due(channel) and self._may_leave(channel)):
                return
            closed = closed or _closed(gateway)
            if not waiting:
                many = self._leased if limit is None else min(self._leased, limit - self._tries)
                waiting, results = self._turn(channel, results, many, stop), []
                if not waiting:
                    return
            taken = waiting.pop(0)
            self._tries += taken.unfit is None
            try:
                result = self._try(gateway, taken, waiting[: self._ahead], closed)
            except HotlinerError:  # it could not be marked, and has not left; those before it have
                self._settle(results, [taken, *waiting], stop)
                raise
            results.append(result)
            if isinstance(result.error, UnreachableError):
                self._report.unreachable.append(str(result.error))
                break
            if isinstance(result.error, RejectedError) and result.error.said:
                self._answers.append(result.error.said)
                refused += 1
                if refused == REFUSED_FIRST:
                    self._report.unreachable.append(ALL_REFUSED[channel])
                    break
            elif result.error is None:
                refused = REFUSED_FIRST
            if waiting and (len(results) >= self._together or not self._ahead):
                self._settle(results, (), stop)
                results = []
        if results or waiting:
            self._settle(results, waiting, stop)

    def _settle(self, results: Sequence[Result], waiting: Sequence[Taken], stop: Callable[[], bool]) -> None:
        """What became of messages, and those that were taken and are not tried any more."""

        def settle(session: Session) -> None:
            self._leases.let_go(session, waiting)  # first: they are of clients that this unit does not hold
            self._leases.record_all(session, results)

        self._written(results, settle, stop)

    def _may_leave(self, channel: Channel) -> bool:
        """Whether messages may leave from here; the first one settles by which door all do."""
        ctx = self._ctx
        if ctx.demo or ctx.trial or ctx.outside is None:
            return True
        here = ctx.outside.doors(ctx.content.data.catalogue.company.support_email)[channel]
        with ctx.database.reading() as session:
            known = door(session, channel)
        if why := closed(known, channel, here):
            self._report.unreachable.append(why)
            return False
        if known is None or known.words != here:
            self._doors[channel] = here
        return True

    def _is_due(self, channel: Channel) -> bool:
        with self._ctx.database.reading() as session:
            return storage.is_due(session, channel, self._ctx.clock.now())

    def _turn(
        self, channel: Channel, results: Sequence[Result], many: int, stop: Callable[[], bool]
    ) -> list[Taken]:
        """What became of the last messages, and the lease of the next ones."""

        def turn(session: Session) -> list[Taken]:
            self._leases.record_all(session, results)
            if here := self._doors.pop(channel, ""):
                keep(session, self._ctx, channel, here)
            return self._leases.take(session, channel, many)

        if results:
            return self._written(results, turn, stop)
        with self._unit(results, alone=channel in self._doors) as session:
            return turn(session)

    def _unit(self, results: Sequence[Result], *, alone: bool = False) -> AbstractContextManager[Session]:
        """A unit beside others, that holds the clients of these messages; alone where more than they are
        written about: who shares an address that is refused."""
        database = self._ctx.database
        if alone or any(isinstance(one.error, RejectedError) and one.error.address for one in results):
            return database.writing()
        return database.sharing_session(*(one.taken.client_id for one in results))

    def _written(self, results: Sequence[Result], act: Callable[[Session], T], stop: Callable[[], bool]) -> T:
        """Does what writes the results of a delivery, again as long as the base cannot be written to.

        The other side has the messages: a result that is lost makes one go a second time. Raises StorageError
        once the lease is over, or a few seconds after being told to stop.
        """
        counted, began, told = replace(self._report), monotonic(), 0.0
        while True:
            try:
                with self._unit(results) as session:
                    return act(session)
            except StorageError:
                told = told or (monotonic() if stop() else 0.0)
                late = monotonic() - began > LEASE.total_seconds()
                if late or (told and monotonic() - told > STOPPING_SECONDS):
                    raise
                self._report.sent, self._report.postponed = counted.sent, counted.postponed
                self._report.failed, self._report.cancelled = counted.failed, counted.cancelled
                _log.warning("the result of a delivery waits for the database")
                sleep(AGAIN_SECONDS)

    def _try(
        self, gateway: Gateway, taken: Taken, following: Sequence[Taken], closed: UnreachableError | None
    ) -> Result:
        if taken.unfit:
            return Result(taken, self._ctx.clock.now(), taken.unfit)
        error: DeliveryError | None = closed
        began = monotonic()
        try:
            if not closed:
                gateway.send(taken.outgoing, lambda: self._leases.hand_over(taken, following))
        except DeliveryError as failure:
            error = failure
        except HotlinerError:
            raise
        except Exception:
            # One message that cannot be written must not hold back all those behind it.
            _log.exception("message not sent")
            error = RejectedError("Ce message ne peut pas être envoyé tel quel")
        self._ahead = self._together - 1 if monotonic() - began < FAST_SECONDS else 0
        return Result(taken, self._ctx.clock.now(), error)


def _closed(gateway: Gateway) -> UnreachableError | None:
    """Why nothing can be handed over for now, if so."""
    try:
        gateway.open()
    except UnreachableError as error:
        return error
    return None
