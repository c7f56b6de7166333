"""The checklist on a client's file: ticked by the system with its proof, or by an agent, dated and signed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from console.base.dates import day_of
from console.base.errors import RefusedInputError
from console.base.french import hour, short_day
from console.base.history import EventKind
from console.base.vocabulary import CallOutcome, Channel, MessagePurpose, PhoneKind, RetentionOption
from console.cases import facts
from console.cases.terms import stays
from console.checklist import rules
from console.checklist import store as storage
from console.checklist.rules import CallFact, Facts, OfferFact, PointProof, RecordFact, SentMessage
from console.context import Context
from console.db import history
from console.db.query import AnyRow
from console.db.tables import Client, Subscription
from console.rules.facts import CaseFacts
from console.rules.hours import call_verdict
from console.rules.outcomes import RETENTIONS


@dataclass(frozen=True, slots=True)
class PointView:
    """One point. A point of the system's has its proof; a ticked one its date and who or what says so."""

    code: str
    label: str
    by_system: bool
    ticked: bool
    signed: str  # « 17/12 09:00, e-mail J-14 »; « 19/12 15:02, Jean »
    proof: PointProof | None


@dataclass(frozen=True, slots=True)
class PartView:
    """A part; one that does not count for this client today is still shown."""

    title: str
    counts: bool
    points: tuple[PointView, ...]


@dataclass(frozen=True, slots=True)
class ChecklistView:
    """The checklist of a client's present term; done and total over the parts that count."""

    client_id: int
    name: str
    parts: tuple[PartView, ...]
    done: int
    total: int


class ChecklistService:
    """Checklists; may be called from any thread."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def view(self, client_id: int) -> ChecklistView:
        """The client's checklist as it stands. Raises RefusedInputError, ContentError, StorageError."""
        with self._ctx.database.reading() as session:
            client, term = self._term(session, client_id)
            known = self._facts(session, client, term)
            hands = _by_hand(storage.ticks(session, term.id or 0))
        proofs = rules.proofs(self._ctx.content.checklist, known)
        parts = tuple(
            PartView(
                part.title,
                known.counts(part.when),
                tuple(_point(item, proofs.get(item.code), hands.get(item.code)) for item in part.items),
            )
            for part in self._ctx.content.checklist
        )
        due = [point.ticked for part in parts if part.counts for point in part.points]
        name = " ".join(one for one in (client.first_name, client.last_name) if one)
        return ChecklistView(client_id, name, parts, sum(due), len(due))

    def tick(self, client_id: int, code: str, *, ticked: bool) -> ChecklistView:
        """Tick or untick a point by hand: one more dated, signed line; nothing is ever erased.

        Raises RefusedInputError for a point that is the system's to tick, or that does not exist.
        """
        items = {item.code: item for part in self._ctx.content.checklist for item in part.items}
        if code not in items:
            raise RefusedInputError("Ce point n’est pas dans la liste.", "Rien n’a changé.")
        if items[code].proof:
            raise RefusedInputError("Ce point se coche tout seul, avec sa preuve.", "Rien n’a changé.")
        with self._ctx.database.writing() as session:
            _, term = self._term(session, client_id)
            before = _by_hand(storage.ticks(session, term.id or 0)).get(code)
            if (before is not None) != ticked:
                history.add(
                    session,
                    EventKind.CHECKLIST,
                    self._ctx.clock.now(),
                    items[code].label,
                    client_id=client_id,
                    subscription_id=term.id,
                    agent=self._ctx.agent,
                    data={"item": code, "ticked": ticked},
                )
        return self.view(client_id)

    def _term(self, session: Session, client_id: int) -> tuple[Client, Subscription]:
        today = day_of(self._ctx.clock.now())
        client = session.get(Client, client_id)
        term_id = facts.current_terms(session, [client_id], today).get(client_id)
        term = session.get(Subscription, term_id) if term_id else None
        if client is None or term is None:
            raise RefusedInputError("Ce client n’a pas d’abonnement dans la base.")
        return client, term

    def _facts(self, session: Session, client: Client, term: Subscription) -> Facts:
        term_id = term.id or 0
        record, closed = storage.record(session, term_id), storage.closed(session, term_id)
        return Facts(
            expires_on=term.expires_on,
            today=day_of(self._ctx.clock.now()),
            mobile=client.phone_kind == PhoneKind.MOBILE and client.sms_usable and not client.opposed_sms,
            retained=stays(term),
            messages=tuple(
                SentMessage(row.id, MessagePurpose(row.purpose), row.step, Channel(row.channel), row.sent_at)
                for row in storage.messages(session, term_id)
            ),
            offers=tuple(self._offer(row) for row in storage.offers(session, term_id)),
            calls=tuple(self._call(row, client, term) for row in storage.calls(session, term_id)),
            callbacks=tuple(
                (row.id, row.created_at, row.promised_at) for row in storage.callbacks(session, term_id)
            ),
            record=self._record(record) if record else None,
            closed=(closed.id, closed.at) if closed else None,
        )

    def _offer(self, row: AnyRow) -> OfferFact:
        made = self._ctx.content.data.catalogue.offers.get(row.offer)
        return OfferFact(
            key=row.id,
            at=row.granted_at,
            ends_at=row.ends_at,
            price_cents=row.price_cents,
            normal_price_cents=row.normal_price_cents,
            workshops=row.workshops,
            free_months=made.free_months if made else 0,
            accepted_at=row.accepted_at,
            in_call=row.call_id is not None,
        )

    def _call(self, row: AnyRow, client: Client, term: Subscription) -> CallFact:
        outcome, ended = CallOutcome(row.outcome), row.data or {}
        proposed = {RetentionOption(one) for one in ended.get("proposed", ())}
        kept = RETENTIONS.get(outcome)
        if kept and kept.implies:
            proposed.add(kept.implies)
        return CallFact(
            key=row.id,
            at=row.started_at,
            outcome=outcome,
            dialled_at=row.dialled_at,
            lawful=row.dialled_at is not None and self._lawful(row.dialled_at, client, term),
            answered=row.answered,
            proposed=frozenset(proposed),
        )

    def _record(self, row: AnyRow) -> RecordFact:
        wordless = self._ctx.content.data.reasons.of(row.reason).wordless
        return RecordFact(row.id, row.at, row.reason, bool(row.verbatim) or wordless)

    def _lawful(self, at: datetime, client: Client, term: Subscription) -> bool:
        """Whether the hour was one at which calling is: a promise made to the client is not looked at."""
        plain = CaseFacts(
            expires_on=term.expires_on,
            client_since=client.client_since,
            timezone=client.timezone,
            phone=PhoneKind.MOBILE,
        )
        return call_verdict(at, plain, self._ctx.content.data.field).allowed


def _point(item: rules.Item, proof: PointProof | None, hand: AnyRow | None) -> PointView:
    signed = f"{_when(proof.at)}, {proof.words}" if proof else ""
    if hand is not None and not item.proof:
        signed = f"{_when(hand.at)}, {hand.agent}"
    return PointView(item.code, item.label, bool(item.proof), bool(signed), signed, proof)


def _when(at: datetime) -> str:
    """« 17/12 09:00 »: within one term, the year goes without saying."""
    return f"{short_day(day_of(at))} {hour(at)}"


def _by_hand(ticks: Sequence[AnyRow]) -> dict[str, AnyRow]:
    """The points ticked now, each with its last line."""
    latest: dict[str, AnyRow] = {row.data["item"]: row for row in ticks}
    return {code: row for code, row in latest.items() if row.data["ticked"]}
