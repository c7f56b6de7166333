"""Delivers the outbox: one message at a time, looked at again just before it goes.

A message is leased in a durable transaction; a second one marks that it is being handed over; what became of
it is written with the lease of the next. A sender that dies before handing over leaves a message that goes
later as if nothing had happened; one that dies after it leaves a message that goes once more, under the same
Message-ID, and never a third time without somebody asking.
"""

import logging
from collections.abc import Callable, Mapping

from console.base.errors import HotlinerError
from console.base.vocabulary import Channel
from console.context import Context
from console.db.meta import DEMO, is_trial, read_meta
from console.messages import outbox_store as storage
from console.messages.held import HELD_WORDS, is_held
from console.messages.leases import Leases, Result, SendReport, Taken
from console.outside.gate import DeliveryError, Gateway, RejectedError, UnreachableError
from console.outside.outside import Outside

_log = logging.getLogger("hotliner")

WaysOut = Callable[[], Mapping[Channel, Gateway]]


def ways_out(ctx: Context, gateways: WaysOut | None = None) -> Mapping[Channel, Gateway]:
    """Those of the settings, unless others are given.

    A demonstration's database only ever writes to the folder, a trial base there or to a server on this
    machine.
    """
    company, outside = ctx.content.data.catalogue.company, ctx.outside or Outside()
    with ctx.database.reading() as session:
        is_demo = ctx.demo or bool(read_meta(session, DEMO))
        outside = outside.kept_here() if is_trial(session) else outside
    if is_demo:
        outside = Outside(folder=outside.folder)
    elif gateways is not None:
        return gateways()
    return outside.gateways(company.name, company.support_email)


class Delivery:
    """One delivery of what is due."""

    def __init__(self, ctx: Context, gateways: WaysOut | None = None) -> None:
        """gateways: the ways out; those of the settings if left out."""
        self._ctx = ctx
        self._gateways = gateways
        self._report = SendReport()
        self._leases = Leases(ctx, self._report)
        self._tries = 0

    def run(self, limit: int | None = None, *, stop: Callable[[], bool] | None = None) -> SendReport:
        """Sends what is due, `limit` messages at most, until `stop` says so.

        A way out that cannot be used is left for this time, and the other one goes on. Raises StorageError:
        what was being sent then goes once more.
        """
        with self._ctx.database.reading() as session:
            held = is_held(session)
        if held:
            self._report.unreachable.append(f"{HELD_WORDS}.")
            return self._report
        for channel, gateway in ways_out(self._ctx, self._gateways).items():
            try:
                self._drain(channel, gateway, limit, stop or (lambda: False))
            finally:
                gateway.close()
        return self._report

    def _drain(self, channel: Channel, gateway: Gateway, limit: int | None, stop: Callable[[], bool]) -> None:
        result: Result | None = None
        while not stop() and (limit is None or self._tries < limit):
            if result is None and not self._is_due(channel):
                return
            closed = None
            try:
                gateway.open()
            except UnreachableError as error:
                closed = error
            taken = self._turn(channel, result)
            if taken is None:
                return
            self._tries += 1
            result = Result(taken, self._ctx.clock.now(), closed) if closed else self._try(gateway, taken)
            if isinstance(result.error, UnreachableError):
                self._report.unreachable.append(str(result.error))
                break
        if result is not None:
            with self._ctx.database.writing() as session:
                self._leases.record(session, result)

    def _is_due(self, channel: Channel) -> bool:
        with self._ctx.database.reading() as session:
            return storage.is_due(session, channel, self._ctx.clock.now())

    def _turn(self, channel: Channel, result: Result | None) -> Taken | None:
        """What became of the last message, and the lease of the next."""
        with self._ctx.database.writing() as session:
            if result is not None:
                self._leases.record(session, result)
            return self._leases.take(session, channel)

    def _try(self, gateway: Gateway, taken: Taken) -> Result:
        error: DeliveryError | None = None
        try:
            gateway.send(taken.outgoing, lambda: self._leases.hand_over(taken))
        except DeliveryError as failure:
            error = failure
        except HotlinerError:
            raise
        except Exception:
            # One message that cannot be written must not hold back all those behind it.
            _log.exception("message not sent")
            error = RejectedError("Ce message ne peut pas être envoyé tel quel")
        return Result(taken, self._ctx.clock.now(), error)
