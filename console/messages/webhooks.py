"""Events that a service posts: proved, understood by its description, and taken in like those of a file."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from math import inf
from typing import Any
from urllib.parse import parse_qsl

from sqlmodel import Session

from console.base.errors import ForbiddenError, RefusedInputError
from console.base.phone import read_phone
from console.base.text import clean
from console.base.vocabulary import Channel
from console.cases.runs import RECEIVED, ran
from console.cases.terms import client_of_code
from console.cases.upkeep import refresh_stale
from console.context import Context
from console.db.tables import SetAsideEvent
from console.db.turns import Turns
from console.messages import events_store as storage
from console.messages.event_sources import read_event_source
from console.messages.events import FeedbackService
from console.messages.events_file import LONGEST_LINK, Feedback, FeedbackKind, read_line
from console.rules.event_sources import EventSource

GENERIC = "web"
"""Who numbers the events that come without a source of their own."""
MOST = 1_000
"""Events of one request."""
_REFERENCE = re.compile(r"-\d{8}$")
"""What the portal adds to a client's code where it sends to pay: the term's expiry."""
_MILLISECONDS = 10**11
"""A number of seconds is never as large."""
IGNORED = "-"
"""What is answered of an event that says nothing."""


@dataclass(slots=True)
class PostReport:
    """taken + known + ignored + set_aside = read."""

    read: int = 0
    taken: int = 0
    known: int = 0
    ignored: int = 0
    set_aside: int = 0
    reasons: list[str] = field(default_factory=list)

    def count(self, reason: str | None) -> str:
        """Count an event by what `WebhookService.one` says of it; why it is set aside, empty if it is not."""
        self.read += 1
        match reason:
            case None:
                self.taken += 1
            case "":
                self.known += 1
            case word if word == IGNORED:
                self.ignored += 1
            case _:
                self.set_aside += 1
                self.reasons.append(reason)
                return reason
        return ""


class WebhookService:
    """The events of one request, all committed before it is answered. May be called from any thread."""

    def __init__(self, ctx: Context) -> None:
        self._ctx, self._events = ctx, FeedbackService(ctx)

    def post(self, name: str, headers: Mapping[str, str], body: bytes, secret: str) -> PostReport:
        """Take in a request; `name` is that of its source, empty for our own format.

        What cannot be taken is kept as it came, with the reason. Raises ForbiddenError when it does not prove
        where it comes from, RefusedInputError when no source has this name or nothing can be read at all,
        StorageError.
        """
        source = self.source(name)
        now = self._ctx.machine.now().timestamp()
        if not secret or not source.is_proved(headers, body, secret, now):
            raise ForbiddenError("Cette demande ne prouve pas d’où elle vient.", "Rien n’a été lu.")
        return self.take(source, body)

    def source(self, name: str) -> EventSource:
        """A source by its name. Raises RefusedInputError, ContentError when its file is faulty."""
        if not name:
            return EventSource("")
        found = read_event_source(self._ctx.content.root, name)
        if found is None:
            known = clean(name, limit=40)
            raise RefusedInputError(f"La source «\u00a0{known}\u00a0» n’est pas décrite dans data/sources.")
        return found

    def take(self, source: EventSource, body: bytes, *, simulate: bool = False) -> PostReport:
        """Take in the events of a body, by turns. simulate: nothing is kept."""
        report, left, turns = PostReport(), iter([*_events(source, body)]), Turns(self._ctx.database)
        if not simulate:
            refresh_stale(self._ctx, seconds=inf)
        while batch := list(islice(left, MOST if simulate else turns.size)):
            with turns.writing() as session:
                for event in batch:
                    self._count(session, source, event, report)
                if simulate:
                    session.rollback()
        if report.taken and not simulate:
            ran(self._ctx, RECEIVED)
        return report

    def _count(self, session: Session, source: EventSource, event: Any, report: PostReport) -> None:
        now = self._ctx.clock.now()
        if reason := report.count(self.one(session, source, event, now)):
            kept = json.dumps(event, default=str)  # in ASCII: what came may be no text that a base can hold
            if not storage.is_set_aside(session, source.name, kept):  # told again
                session.add(SetAsideEvent(at=now, source=source.name, reason=reason, event=kept))

    def one(self, session: Session, source: EventSource, event: Any, at: datetime) -> str | None:
        """Take in one event, which came `at`, in the caller's transaction.

        None once taken, empty when it was before, `IGNORED` for what says nothing, else why not.
        """
        try:
            if not source.name:
                return self._events.take_one(session, read_line(json.dumps(event), GENERIC))
            fields = {name: clean(value, limit=LONGEST_LINK) for name, value in source.read(event).items()}
            word = fields.get("type", "")
            ours = source.types.get(word, source.types.get(word.partition(":")[0]))
            if ours == "":
                return IGNORED
            if ours is None:
                return f"le type «\u00a0{clean(fields.get('type', ''), limit=40)}\u00a0» n’est pas décrit"
            told = self._feedback(session, source, fields, ours, at)
            if not fields.get("quand") and storage.known(session, told.key):
                return ""  # its instant is ours: nothing to compare
            return self._events.take_one(session, told)
        except ValueError as error:
            return str(error)

    def _feedback(
        self, session: Session, source: EventSource, fields: Mapping[str, str], ours: str, at: datetime
    ) -> Feedback:
        kind, _, word = ours.partition(":")
        if not fields["id"]:
            raise ValueError("cet événement n’a pas d’identifiant")
        message = f"<{named}>" if (named := fields.get("message", "").strip("<>")) else ""
        row = storage.written_to(session, message) if message else None
        code = row.code if row else ""
        phone = read_phone(fields.get("telephone", "")).e164
        if not code:
            message, code = "", self._code(session, fields, phone)
        amount = fields.get("montant", "")
        if amount and not (amount.isascii() and amount.isdigit()):
            raise ValueError("le montant n’est pas un nombre de centimes")
        return Feedback(
            id=clean(fields["id"], limit=200),
            kind=FeedbackKind(kind),
            code=code,
            at=_instant(fields.get("quand", ""), at),
            message=message,
            channel=Channel.SMS if phone else Channel.EMAIL,
            offer=fields.get("offre", ""),
            amount_cents=int(amount) if amount else None,
            bounce=word,
            source=source.name,
            link=clean(fields.get("lien", ""), limit=LONGEST_LINK),
        )

    @staticmethod
    def _code(session: Session, fields: Mapping[str, str], phone: str) -> str:
        """The client that an event is about, by code, else by an address or a number of one client."""
        if given := fields.get("client", ""):
            return given if client_of_code(session, given) else _REFERENCE.sub("", given)
        codes = storage.codes_of(session, fields.get("adresse", "").lower(), phone)
        if len(codes) != 1:
            raise ValueError(
                "plusieurs clients lui correspondent" if codes else "aucun client ne lui correspond"
            )
        return codes[0]


def _events(source: EventSource, body: bytes) -> Iterator[Any]:
    """The events in a body. Raises RefusedInputError when it cannot be read."""
    try:
        text = body.decode("utf-8")
        if source.form:
            found: Any = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=200))
        else:
            found = json.loads(text)
        for name in source.listed.split(".") if source.listed else ():
            found = found[name]
    except (ValueError, LookupError, TypeError, RecursionError):
        raise RefusedInputError("Ce corps est illisible.", "Rien n’a été pris.") from None
    several = found if isinstance(found, list) else [found]
    if len(several) > MOST:
        raise RefusedInputError(f"Plus de {MOST} événements à la fois.", "Rien n’a été pris.")
    yield from several


def _instant(given: str, came: datetime) -> datetime:
    """An instant in seconds or milliseconds since 1970, or as ISO 8601; that of its coming without one."""
    if not given:
        return came
    try:
        if given.replace(".", "", 1).isdigit():
            seconds = float(given)
            return datetime.fromtimestamp(seconds / 1000 if seconds > _MILLISECONDS else seconds, UTC)
        at = datetime.fromisoformat(given)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise ValueError("la date de cet événement est illisible") from None
