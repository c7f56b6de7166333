"""Takes in what came back: each line once, in short transactions; what cannot be taken is set aside."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from math import inf
from pathlib import Path
from typing import Any

from sqlmodel import Session

from console.base.dates import day_of
from console.base.errors import ContentError, HotlinerError, RefusedInputError, must_be_file, system_words
from console.base.french import THIN, day, euros, hour
from console.base.history import EventKind
from console.base.text import clean
from console.base.vocabulary import (
    OPPOSED_COLUMNS,
    OPPOSED_WORDS,
    Channel,
    MessageStatus,
    SubscriptionStatus,
)
from console.cases import agreements, facts
from console.cases.agreements import begin_again, prove
from console.cases.pauses import pauses
from console.cases.runs import RECEIVED, ran
from console.cases.shared import level
from console.cases.terms import (
    active_terms,
    begun_terms,
    client_of_code,
    over_at,
    settle,
    settle_earlier,
    told_again,
)
from console.cases.terms import stays as has_stayed
from console.cases.upkeep import reassess, refresh_stale
from console.context import Context
from console.db import history
from console.db.query import AnyRow
from console.db.tables import Client, Message, Subscription
from console.db.turns import Turns
from console.messages import events_store as storage
from console.messages.clicks import by_a_person, links_of
from console.messages.delivery_rules import canvasses
from console.messages.events_file import (
    LONGEST,
    WORDS,
    Feedback,
    FeedbackKind,
    elements,
    is_document,
    read_line,
    read_source,
)
from console.messages.payments import PaymentError, check_price, take_back
from console.messages.renewal import UnknownOfferError, far_off, follow, renew, thought_to_begin
from console.messages.withdrawals import withdraw_acceptance
from console.outside.files import text_encoding
from console.rules.agreements import Agreement, AgreementState, Proof
from console.rules.outcomes import RETAINED, STAYS, kept_status

_CLICKED_OR_DELIVERED = frozenset({FeedbackKind.CLICKED, FeedbackKind.DELIVERED})
"""After these it may be told anew which click a person made."""
TOLD = 1000
"""How many lines set aside a report holds; it counts them all."""
_AHEAD = timedelta(days=1)
_HEAD = 4096
"""How far in the future an event may be: clocks differ, years do not."""


@dataclass(frozen=True, slots=True)
class SetAside:
    """A line that was not taken, counted from 1, and why."""

    line: int
    reason: str

    def __str__(self) -> str:
        return f"ligne {self.line}\u202f: {self.reason}"


@dataclass(slots=True)
class FeedbackReport:
    """taken + known + set_aside = read; `known` were taken before."""

    read: int = 0
    taken: int = 0
    known: int = 0
    set_aside: int = 0
    faults: list[SetAside] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """0 all taken or known · 1 some set aside."""
        return int(self.set_aside > 0)


_TAKEN_BACK = {
    FeedbackKind.REFUNDED: "Remboursé",
    FeedbackKind.CHARGEBACK: "Paiement contesté à la banque",
    FeedbackKind.CANCELLED: "Commande annulée",
}
"""What takes back what a payment gave, as the history tells it."""


class _RefusedError(ValueError):
    """An event that cannot be taken; raised before anything of it is written."""


@dataclass(frozen=True, slots=True)
class _About:
    """Who and what an event is about."""

    event: Feedback
    client: Client
    message: Message | None

    @property
    def facts(self) -> dict[str, Any]:
        """What is kept of the event beside its kind, its instant and its client: what its id stands for."""
        return {
            "type": self.event.kind,
            "message": self.message.id if self.message else None,
            "amount_cents": self.event.amount_cents,
            "source": self.event.source,
            **({"link": self.event.link} if self.event.link else {}),
            **({"shown": self.event.shown} if self.event.shown else {}),
        }


class FeedbackService:
    """Takes in the events file."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def run(
        self, path: Path, *, source: str = "", progress: Callable[[int], None] | None = None
    ) -> FeedbackReport:
        """Take in a JSON Lines file. An event taken before changes nothing, so a file can be taken again.

        source names who numbers the events of the file; a line may name its own. progress is called with the
        lines done. Raises RefusedInputError when there is no such file or the source has no proper name,
        HotlinerError when it cannot be read, StorageError: the lines before it are then taken.
        """
        return self.take(_lines(path), source=source, progress=progress)

    def take(
        self,
        lines: Iterable[tuple[int, str]],
        *,
        source: str = "",
        progress: Callable[[int], None] | None = None,
    ) -> FeedbackReport:
        """Take in numbered lines, as `run` does those of a file."""
        try:
            source = read_source(source)
        except ValueError as error:
            raise RefusedInputError(f"La source est refusée{THIN}: {error}.") from None
        report, lines = FeedbackReport(), iter(lines)
        refresh_stale(self._ctx, seconds=inf)  # what has lapsed is not paid for a second time
        turns = Turns(self._ctx.database)
        while batch := list(islice(lines, turns.size)):
            with turns.writing() as session:
                told = [self._line(session, number, line, source) for number, line in batch]
            for fault in told:
                report.read += 1
                if fault is None:
                    report.taken += 1
                elif fault.reason:
                    report.set_aside += 1
                    if len(report.faults) < TOLD:
                        report.faults.append(fault)
                else:
                    report.known += 1
            if progress:
                progress(report.read)
        if report.taken:
            ran(self._ctx, RECEIVED)
        return report

    def _line(self, session: Session, number: int, line: str, source: str) -> SetAside | None:
        """Take one line; a SetAside without reason stands for one taken before."""
        try:
            event = read_line(line, source)
        except ValueError as error:
            return SetAside(number, str(error))
        reason = self.take_one(session, event)
        return None if reason is None else SetAside(number, reason)

    def take_one(self, session: Session, event: Feedback) -> str | None:
        """Take one event in the caller's transaction: None once it is taken, else the reason why not.

        The reason is empty for an event that was taken before.
        """
        try:
            about = self._about(session, event)
            if about is None:
                return ""
            touched = self._take(session, about)
        except (_RefusedError, PaymentError) as error:
            return str(error)
        except ContentError as error:
            return error.happened
        reassess(session, self._ctx, touched)
        return None

    def _about(self, session: Session, event: Feedback) -> _About | None:
        """None when the event was taken before."""
        before = storage.known(session, event.key)
        if event.at > self._ctx.clock.now() + _AHEAD:
            raise _RefusedError("l’événement est dans le futur")
        client = client_of_code(session, event.code)
        if client is None or client.id is None:
            raise _RefusedError(f"le client « {event.code} » n’est pas dans la base")
        message = self._message(session, event, client)
        about = _About(event, client, message)
        if before is None:
            return about
        if _differs(before, about):
            raise _RefusedError(_taken_for(before, event))
        return None

    def _message(self, session: Session, event: Feedback, client: Client) -> Message | None:
        """The message that an event names, else the client's last one by that channel at that instant."""
        if not event.message:
            return storage.last_message(session, client.id or 0, event.channel, event.at)
        message = storage.message(session, event.message)
        if message is None:
            raise _RefusedError(f"le message « {event.message} » n’est pas dans la base")
        if message.client_id != client.id:
            raise _RefusedError(f"le message « {event.message} » n’a pas été écrit à {event.code}")
        if event.at < message.created_at - _AHEAD:
            raise _RefusedError(
                f"l’événement est daté du {day(day_of(event.at))}, avant que ce message ne soit écrit"
                f" ({day(day_of(message.created_at))})"
            )
        return message

    def _take(self, session: Session, about: _About) -> list[int]:
        """Writes what an event changes, and the event; gives the terms to reassess."""
        match about.event.kind:
            case FeedbackKind.SENT | FeedbackKind.DELIVERED | FeedbackKind.OPENED | FeedbackKind.CLICKED:
                act = self._followed
            case FeedbackKind.BOUNCED:
                act = self._bounced
            case FeedbackKind.COMPLAINED | FeedbackKind.UNSUBSCRIBED:
                act = self._opposed
            case FeedbackKind.CONFIRMED:
                act = self._confirmed
            case FeedbackKind.CONSENTED:
                act = self._consented
            case FeedbackKind.TRACKING_CONSENTED | FeedbackKind.TRACKING_WITHDRAWN:
                act = self._tracked
            case kind if kind in WORDS:
                act = self._said
            case kind if kind in _TAKEN_BACK:
                act = self._taken_back
            case _:
                act = self._renewed
        return act(session, about)

    def _said(self, session: Session, about: _About) -> list[int]:
        """What the client wrote or said elsewhere, in their words."""
        self._tell(session, about, EventKind(about.event.kind), about.event.text, None)
        return self._terms(session, about.client)

    # -- what became of a message --------------------------------------------------------------------

    def _followed(self, session: Session, about: _About) -> list[int]:
        event, message = about.event, about.message
        if message is None:
            raise _RefusedError(f"aucun message n’a été écrit à ce client ({OPPOSED_WORDS[event.channel]})")
        if message.status != MessageStatus.SENT:  # what comes back from a message proves that it went
            message.status = MessageStatus.SENT
            message.error = ""
        message.sent_at = message.sent_at or event.at
        kind = EventKind.MAIL_SENT
        match event.kind:
            case FeedbackKind.DELIVERED:
                kind = EventKind.MAIL_DELIVERED
                message.delivered_at = _first(message.delivered_at, event.at)
            case FeedbackKind.OPENED:
                # Where openings are not measured, one that is told all the same only proves the sending.
                if self._ctx.openings.measured(message.sent_at, about.client.tracking_consent_at):
                    kind = EventKind.MAIL_OPENED
                    message.opened_at = _first(message.opened_at, event.at)
            case FeedbackKind.CLICKED:
                kind = EventKind.MAIL_CLICKED
        self._tell(session, about, kind, "", message.subscription_id)
        clicks = storage.clicks(session, message) if event.kind in _CLICKED_OR_DELIVERED else []
        if clicks:
            message.clicked_at = by_a_person(
                clicks,
                links_of(message.text),
                sent_at=message.sent_at,
                delivered_at=message.delivered_at,
            )
        return [] if message.subscription_id is None else [message.subscription_id]

    def _bounced(self, session: Session, about: _About) -> list[int]:
        """A hard bounce of the address that the client has now condemns it, on that channel alone."""
        event, client, message = about.event, about.client, about.message
        hard = self._ctx.content.data.bounces.is_hard(event.bounce)
        if hard is None:
            raise _RefusedError(
                f"« bounce »\u202f: le mot « {clean(event.bounce, limit=40)} » n’est pas connu"
                " (data/rebonds.toml dit ce qui est passager et ce qui est définitif)"
            )
        channel = Channel(message.channel) if message and event.message else event.channel
        address = client.email if channel is Channel.EMAIL else client.phone
        if event.message:
            current = message is not None and message.recipient == address
        else:
            current = storage.was_used(session, client.id or 0, channel, address, event.at)
        gone = message is not None and (event.message or (message.sent_at and message.sent_at <= event.at))
        if message is None or not gone:
            raise _RefusedError(f"aucun message n’était parti à ce client ({OPPOSED_WORDS[channel]})")
        message.bounced_at = _first(message.bounced_at, event.at)
        if not current:
            text = "Un message est revenu d’une adresse qui n’est plus celle du client"
        elif not hard:
            text = f"L’adresse {address} a rejeté un message pour le moment"
        elif channel is Channel.EMAIL:
            text = f"L’adresse {address} rejette les messages{THIN}: elle ne sert plus"
            client.email_usable = False
        else:
            text = f"Le numéro {address} rejette les SMS{THIN}: il ne sert plus qu’aux appels"
            client.sms_usable = False
        if current and hard:
            client.updated_at = self._ctx.clock.now()
            self._withdraw(session, client, channel, "L’adresse du client est inutilisable.")
        self._tell(session, about, EventKind.BOUNCED, text, message.subscription_id)
        level(session, self._ctx, [client.id or 0], event.at)
        return self._terms(session, client)

    def _opposed(self, session: Session, about: _About) -> list[int]:
        """A complaint or an unsubscription stops canvassing by that channel, at once and for good."""
        event, client = about.event, about.client
        channel = Channel(about.message.channel) if about.message and event.message else event.channel
        setattr(client, OPPOSED_COLUMNS[channel], True)
        client.updated_at = self._ctx.clock.now()
        what = "A signalé un message comme indésirable"
        if event.kind is FeedbackKind.UNSUBSCRIBED:
            what = "S’est désinscrit"
        self._withdraw(session, client, channel, "Le client ne veut plus être joint par ce moyen.")
        term = about.message.subscription_id if about.message else None
        self._tell(session, about, EventKind.OPPOSITION, f"{what} ({OPPOSED_WORDS[channel]})", term)
        level(session, self._ctx, [client.id or 0], event.at)
        return self._terms(session, client)

    def _consented(self, session: Session, about: _About) -> list[int]:
        """An agreement to be called after the expiry; an opposition to calls is stronger."""
        client = about.client
        if client.opposed_call:
            raise _RefusedError("ce client s’est opposé aux appels")
        client.call_consent_at = _first(client.call_consent_at, about.event.at)
        client.updated_at = self._ctx.clock.now()
        self._tell(session, about, EventKind.CONSENTED, "Accepte les appels après l’échéance", None)
        return self._terms(session, client)

    def _tracked(self, session: Session, about: _About) -> list[int]:
        """An agreement that the openings of e-mails are measured, or its end."""
        client, event = about.client, about.event
        agreed = event.kind is FeedbackKind.TRACKING_CONSENTED
        client.tracking_consent_at = _first(client.tracking_consent_at, event.at) if agreed else None
        client.updated_at = self._ctx.clock.now()
        words = "Accepte que l’ouverture de ses e-mails soit mesurée" if agreed else "Ne l’accepte plus"
        self._tell(session, about, EventKind(event.kind), words, None)
        return self._terms(session, client)

    def _withdraw(self, session: Session, client: Client, channel: Channel, why: str) -> None:
        """Cancels the canvassing that waits; what informs the client waits on, to be seen when it fails."""
        session.flush()
        timeline = self._ctx.content.data.timeline
        canvassing = [
            one.id
            for one in storage.waiting(session, client.id or 0)
            if one.channel == channel and canvasses(one.purpose, one.step, timeline)
        ]
        storage.withdraw(session, canvassing, why)

    # -- what became of the subscription -------------------------------------------------------------

    def _renewed(self, session: Session, about: _About) -> list[int]:
        event, client = about.event, about.client
        term = self._renewable(session, about)
        paid = event.kind is FeedbackKind.PAID
        check_price(session, self._ctx, term, event.amount_cents, event.offer)
        amount = f" ({euros(event.amount_cents)})" if event.amount_cents is not None else ""
        waited = self._waited(session, term, event.at)
        stays = kept_status(waited.outcome) if waited else term.status
        goes_on = stays in STAYS and (paid or stays != SubscriptionStatus.DOWNGRADED)
        if waited is None:
            goes_on = _settled(term, event.at, paid=paid)
        if goes_on and not self._rests(session, term):
            thought = thought_to_begin(session, term)
            settle_earlier(session, term, event.at)
            moved = follow(session, self._ctx, term, thought)
            touched = prove(session, term, event.at, Proof.PAID if paid else Proof.RENEWED)
            kind = EventKind.PAID if paid else EventKind.CONFIRMED
            text = f"Paiement reçu{amount}" if paid else f"Renouvellement confirmé en ligne{amount}"
            self._tell(session, about, kind, text, term.id)
            self._received(session, term, touched)
            return [term.id or 0, *touched, *moved]
        if stays == SubscriptionStatus.DOWNGRADED:  # a renewal does not say of which plan
            raise _RefusedError("ce client est passé à la formule inférieure")
        try:
            touched = renew(
                session,
                self._ctx,
                client,
                term,
                at=event.at,
                key=f"{about.event.key}:renewed" if paid else about.event.key,
                offer=event.offer,
                amount_cents=event.amount_cents,
                data=about.facts,
            )
        except UnknownOfferError:
            raise _RefusedError(f"l’offre « {event.offer} » n’est pas faite à ce client") from None
        if paid:
            self._tell(session, about, EventKind.PAID, f"Paiement reçu{amount}", term.id)
        return touched

    def _taken_back(self, session: Session, about: _About) -> list[int]:
        event = about.event
        return take_back(
            session,
            self._ctx,
            about.client.id or 0,
            at=event.at,
            words=_TAKEN_BACK[event.kind],
            amount_cents=event.amount_cents,
            key=event.key,
            data=about.facts,
        )

    def _rests(self, session: Session, term: Subscription) -> bool:
        """Whether the client is on a pause, ended or not, that nothing has resumed yet."""
        pause = pauses(session, [term.id or 0]).get(term.id or 0)
        return term.status == SubscriptionStatus.PAUSED and (pause is None or pause.resumed_at is None)

    def _renewable(self, session: Session, about: _About) -> Subscription:
        """The term that a renewal or a payment is about, by its own date.

        In the first half of a term, what a renewal still lacks, its payment or its true day, is told of the
        term renewed; in the second half it renews the next one, whether or not the first was ever paid.
        """
        terms = begun_terms(session, about.client.id or 0)
        if not terms:
            raise _RefusedError("ce client n’a pas d’abonnement")
        found = self._dated(session, about, terms)
        self._same_term(about, found, terms)
        return found

    def _dated(self, session: Session, about: _About, terms: list[Subscription]) -> Subscription:
        """The term that was to be renewed on the event's own day."""
        event, on = about.event, day_of(about.event.at)
        at = next((i for i, term in enumerate(terms) if term.expires_on >= on), len(terms) - 1)
        before = terms[at - 1] if at else None
        if before is not None and has_stayed(before):
            early = on - terms[at].starts_on < terms[at].expires_on - on
            unpaid = event.kind is FeedbackKind.PAID and storage.unpaid(session, [before.id or 0])
            if (early and (before.dated_by_import or unpaid)) or far_off(terms[at], event.at):
                return before
        return terms[at]

    def _same_term(self, about: _About, found: Subscription, terms: list[Subscription]) -> None:
        """A message says who, the event's own day which term; where they disagree it is refused."""
        named = about.message.subscription_id if about.event.message and about.message else None
        if named in (None, found.id):
            return
        other = next(term for term in terms if term.id == named)
        raise _RefusedError(
            f"le message parle de l’abonnement échu le {day(other.expires_on)}, mais le"
            f" {day(day_of(about.event.at))} il s’agit de celui qui expire le {day(found.expires_on)}{THIN}:"
            " à vérifier, puis à redonner sans « message »"
        )

    def _confirmed(self, session: Session, about: _About) -> list[int]:
        """The client's written acceptance of what was agreed on the phone."""
        client = about.client
        terms = {term.id or 0: term for term in begun_terms(session, client.id or 0)}
        named = about.message.subscription_id if about.event.message and about.message else None
        named = about.event.term or named
        agreed = {
            number: made
            for number, made in agreements.of_terms(session, list(terms)).items()
            if named in (None, number) and made.outcome in RETAINED and made.withdrawn_at is None
        }
        if not agreed:
            return self._confirmed_again(session, about, terms.values(), named)
        last = terms[max(agreed)]
        made, at = agreed[last.id or 0], about.event.at
        lapsed = made.state(day_of(at)) is AgreementState.LAPSED
        touched = prove(session, last, at, Proof.WRITTEN)
        if lapsed and not last.dated_by_import and not told_again(last, at):  # back, or resumed, since then
            settle(session, last, made.outcome, at=at, known_at=self._ctx.clock.now())
            touched += [last.id or 0, *begin_again(session, last.id or 0)]
        self._tell(session, about, EventKind.CONFIRMED, "Accord confirmé par écrit", last.id)
        self._received(session, last, touched)
        return touched

    def _confirmed_again(
        self, session: Session, about: _About, terms: Iterable[Subscription], named: int | None
    ) -> list[int]:
        """What a client confirms who had agreed to it by themselves: there was nothing to wait for."""
        kept = [term.id for term in terms if has_stayed(term) and named in (None, term.id)]
        if not kept:
            raise _RefusedError("aucun accord de ce client n’attend de confirmation")
        self._tell(session, about, EventKind.CONFIRMED, "Accord confirmé par écrit", kept[-1])
        return []

    def _waited(self, session: Session, term: Subscription, at: datetime) -> Agreement | None:
        """What the client had agreed to about a term, if it still waited for a proof at that instant."""
        made = agreements.of_terms(session, [term.id or 0]).get(term.id or 0)
        if made is None or made.state(day_of(at)) is not AgreementState.ORAL:
            return None
        over = over_at(term.expires_on)
        return made if at >= over or made.agreed_at < over else None

    def _received(self, session: Session, term: Subscription, touched: list[int]) -> None:
        session.flush()
        if touched:
            withdraw_acceptance(session, term.client_id, "Le client a confirmé par écrit.")

    # -- what is written in any case -----------------------------------------------------------------

    def _tell(self, session: Session, about: _About, kind: EventKind, text: str, term_id: int | None) -> None:
        event, client = about.event, about.client
        if term_id is None:
            found = facts.current_terms(session, [client.id or 0], day_of(event.at))
            term_id = found.get(client.id or 0)
        history.add(
            session,
            kind,
            event.at,
            text,
            client_id=client.id,
            subscription_id=term_id,
            data=about.facts,
            key=about.event.key,
            known_at=self._ctx.clock.now(),
        )
        session.flush()

    def _terms(self, session: Session, client: Client) -> list[int]:
        session.flush()
        return active_terms(session, client.id or 0)


def _settled(term: Subscription, at: datetime, *, paid: bool) -> bool:
    """Whether a renewal or a payment says again what is known of a term.

    It is news where a file dated the renewal, but for a payment after the end, which may follow a renewal in
    time; and a renewal in time is news of a client who was thought to have come back.
    """
    over = at >= over_at(term.expires_on)
    if term.status not in STAYS:
        return term.came_back_at is not None and over and (paid or not term.dated_by_import)
    if term.dated_by_import:
        return paid and over
    return paid or term.status != SubscriptionStatus.DOWNGRADED


def _differs(before: AnyRow, about: _About) -> bool:
    """Whether what was taken under the same key is another fact: type, client, instant, amount or message."""
    event, then, now = about.event, before.data, about.facts
    named = ("message", "amount_cents") if event.message else ("amount_cents",)
    return (
        (then.get("type") or before.kind) != event.kind
        or before.client_id != about.client.id
        or before.at != event.at
        or any(name in then and then[name] != now[name] for name in named)
    )


def _taken_for(before: AnyRow, event: Feedback) -> str:
    kind = before.data.get("type") or before.kind
    remedy = "" if event.source else " ; nommez chaque expéditeur (« source », ou l’option --source)"
    return (
        f"l’identifiant « {event.id} » a déjà servi à un autre événement"
        f" ({kind}, {before.code}, {day(day_of(before.at))} à {hour(before.at)}){remedy}"
    )


def _first(known: datetime | None, at: datetime) -> datetime:
    return at if known is None else min(known, at)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines that are not blank, numbered from 1; of a JSON document, its objects by where they begin."""
    must_be_file(path)
    try:
        encoding = text_encoding(path)
        if encoding == "utf-8":
            encoding = "utf-8-sig"
        with path.open(encoding=encoding, errors="replace", newline="\n") as file:
            whole = is_document(file.read(_HEAD))
            file.seek(0)
            if whole:
                yield from elements(file.read())
                return
            number = 0
            while line := file.readline(LONGEST + 2):
                number += 1
                while not line.endswith("\n") and (rest := file.readline(LONGEST)):
                    line = line[: LONGEST + 1] + rest[-1:]
                if line.strip():
                    yield number, line.rstrip("\r\n")
    except OSError as error:
        raise HotlinerError(f"Le fichier « {path} » est illisible : {system_words(error)}.") from None
