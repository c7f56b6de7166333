"""Takes in the mails of a mailbox: what comes back of our messages, and what clients answer."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import inf

from sqlmodel import Session

from console.base.french import THIN
from console.base.refusals import commonest
from console.cases.runs import RECEIVED, ran
from console.cases.upkeep import refresh_stale
from console.context import Context
from console.messages import events_store as storage
from console.messages.events import TOLD, FeedbackService
from console.messages.events_file import Feedback
from console.messages.returned import ELSEWHERE, Returned, read

SOURCE = "courrier"
"""Who numbers the events that come from mails."""


@dataclass(slots=True)
class MailboxReport:
    """taken + known + silent + set_aside = read. `silent` are machines' answers, which say nothing.

    against_us: reports of refusals that are about us who send, no client; answer: what most of them say.
    """

    read: int = 0
    taken: int = 0
    known: int = 0
    silent: int = 0
    set_aside: int = 0
    against_us: int = 0
    answer: str = ""
    faults: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """0 all understood · 1 some are left to be read by somebody."""
        return int(self.set_aside > 0)


class MailboxService:
    """Reports of delivery and answers; every method may be called from any thread."""

    def __init__(self, ctx: Context) -> None:
        self._ctx, self._events = ctx, FeedbackService(ctx)

    def take(self, mails: Iterable[tuple[bytes, Callable[[], None]]]) -> MailboxReport:
        """Take in mails, each in a transaction of its own, then mark it as seen.

        One taken before changes nothing; one that is not understood stays unseen, to be read by somebody.
        Raises StorageError, and what reading the mailbox raises: the mails before are then taken.
        """
        report = MailboxReport()
        refresh_stale(self._ctx, seconds=inf)
        against_us: list[str] = []
        for raw, seen in mails:
            found = read(raw)
            report.read += 1
            reason = self._take(found)
            if found.silent:
                report.silent += 1
            elif reason is None:
                report.taken += 1
                against_us += [found.said] if found.against_us else []
            elif not reason:
                report.known += 1
            else:
                report.set_aside += 1
                if len(report.faults) < TOLD:
                    report.faults.append(f"«\u00a0{found.subject or 'sans objet'}\u00a0»{THIN}: {reason}")
                continue
            seen()
        report.against_us, report.answer = len(against_us), commonest(against_us)
        if report.taken:
            ran(self._ctx, RECEIVED)
        return report

    def _take(self, found: Returned) -> str | None:
        """None once it is taken, empty when it was before, else why it is left."""
        if found.silent:
            return ""
        if found.kind is None:
            return "ce courrier n’est pas compris"
        with self._ctx.database.writing() as session:
            code, message, address = self._about(session, found)
            if not code:
                return "aucun client ne lui correspond"
            sent_on = found.failed not in ("", address.lower())
            event = Feedback(
                id=found.id,
                kind=found.kind,
                code=code,
                at=found.at or self._ctx.clock.now(),
                message=message,
                bounce=ELSEWHERE if found.bounce and sent_on else found.bounce,
                text=found.text,
                source=SOURCE,
            )
            return self._events.take_one(session, event)

    @staticmethod
    def _about(session: Session, found: Returned) -> tuple[str, str, str]:
        """The client's code, our Message-ID and where it went: by the message returned, else by an address of
        one client."""
        for one in found.messages:
            if (row := storage.written_to(session, one)) is not None:
                return row.code, one, row.recipient
        codes = storage.codes_of(session, found.address) if found.address else []
        return (codes[0], "", found.address) if len(codes) == 1 else ("", "", "")
