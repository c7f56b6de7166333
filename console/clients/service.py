"""A client's file: search, everything known, notes and oppositions."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlmodel import Session

from console.audit import audit
from console.base.address import read_address
from console.base.dates import day_of, start_of
from console.base.errors import RefusedInputError
from console.base.french import THIN, day, euros, short_day
from console.base.history import EventKind, HistoryEntry
from console.base.phone import read_phone
from console.base.roles import Role
from console.base.text import clean, fold
from console.base.typed import words
from console.base.vocabulary import (
    OPPOSED_COLUMNS,
    OPPOSED_WORDS,
    Billing,
    CallOutcome,
    Channel,
    DraftField,
    PhoneKind,
    Plan,
    SubscriptionStatus,
)
from console.cases import agreements, drafts, facts, queue, spoken
from console.cases.client_rows import case_rows, case_rows_asked
from console.cases.granted_offers import granted
from console.cases.shared import level, sharers
from console.cases.signals import note_rows
from console.cases.terms import active_terms
from console.cases.upkeep import reassess
from console.cases.views import CaseRow
from console.clients import journey, journey_store
from console.clients import store as storage
from console.clients.agreements import Agreed
from console.clients.history import entries
from console.clients.notes import advise
from console.clients.settled import settled_facts, tariff_words
from console.clients.views import NOT_OPPOSED, NOTHING_CONDEMNED, ClientFile, OfferView
from console.context import Context
from console.db import history
from console.db.query import AnyRow, ReadBatch
from console.db.tables import Call, Client
from console.rules.client_columns import FIELDS
from console.rules.offers import Catalogue, Grant, offer_label, phone_offer
from console.rules.pauses import Pause, PauseState
from console.rules.priority import assess
from console.rules.signals import Signal, signals_in
from console.rules.timeline import Timeline
from console.team.presence import in_call

SEARCH_LIMIT = 120

_PHONE_STATES = {
    PhoneKind.MOBILE: "mobile",
    PhoneKind.LANDLINE: "fixe",
    PhoneKind.INVALID: "numéro invalide",
    PhoneKind.NONE: "aucun numéro",
}
_NOTES = frozenset({EventKind.NOTE, EventKind.ESCALATION_ANSWERED})


class ClientService:
    """Clients, one by one; every method may be called from any thread."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def search(self, text: str, limit: int = 50) -> tuple[CaseRow, ...]:
        """The clients whose name, code, phone or e-mail contains every word, or whose name sounds so.

        Each is shown by the term that is theirs today. Raises StorageError.
        """
        words = search_words(text)
        if not words:
            return ()
        now = self._ctx.clock.now()
        with self._ctx.database.reading() as session:
            found = storage.search(session, words, limit)
            terms = facts.current_terms(session, found, day_of(now))
            rows = queue.cases_shown(session, [terms[client] for client in found if client in terms])
            return case_rows(session, self._ctx, rows, now)

    def file(self, client_id: int) -> ClientFile:
        """Everything known about a client. Raises RefusedInputError when there is none such, StorageError."""
        now = self._ctx.clock.now()
        with self._ctx.database.reading() as session:
            client = _known(session, client_id)
            term_id = facts.current_terms(session, [client_id], day_of(now)).get(client_id)
            if term_id is None:
                raise RefusedInputError("Ce client n’a pas d’abonnement dans la base.")
            batch = ReadBatch(session)
            terms, cases = queue.shown_asked(batch, [term_id]), facts.cases_asked(batch, self._ctx, [term_id])
            lived, agreed = entries(batch, self._ctx, client, now), agreements.of_client(batch, client_id)
            offered, owed = storage.granted_offers(batch, client_id), storage.owed(batch, client_id)
            signals, done = facts.signals_of(batch, [term_id]), journey_store.journey(batch, term_id)
            shared = _shared(session, client)
            (term,), (known,) = terms(), cases()
            (case,) = case_rows_asked(batch, self._ctx, [term], now)()
            told = lived()
            score, parts = self._score(known, now)
            timeline = self._ctx.content.data.timeline.of(
                monthly=known.facts.monthly, alone=known.facts.alone, campaign=known.facts.campaign
            )
            way = journey.steps(
                done(),
                timeline,
                term.expires_on,
                term.status,
                day_of(now),
                known.facts.pause,
            )
            catalogue, pause = self._ctx.content.data.catalogue, known.facts.pause
            settled = settled_facts(session, batch, term, pause, catalogue, now)
            written = Agreed.of(agreed(), day_of(now))
        plan, billing = Plan(term.plan), Billing(term.billing)
        phone = read_phone(client.phone or client.phone_raw, fiction=self._ctx.demo)
        return ClientFile(
            case=case,
            civility=client.civility,
            first_name=client.first_name,
            email=client.email,
            email_usable=client.email_usable,
            phone=phone.national,
            phone_state=_phone_state(client),
            condemned=bool(
                (client.email and not client.email_usable)
                or (client.phone and client.phone_kind == PhoneKind.INVALID)
                or not client.sms_usable
            ),
            shared_with=shared,
            details=tuple((one.label, str(one.cell(client) or "")) for one in FIELDS.values() if one.label),
            client_since=client.client_since,
            plan=plan.capitalize(),
            tariff=tariff_words(catalogue, plan, billing),
            settled=settled,
            opposed=facts.opposed(client),
            call_consent_on=day_of(client.call_consent_at) if client.call_consent_at else None,
            written_agreement=written.words,
            agreement=written.waiting,
            owed=tuple(_owed(row, day_of(now)) for row in owed()),
            notes=tuple(entry for entry in told if entry.kind in _NOTES),
            history=told,
            offers=self._offers(term, offered(), now),
            score=score,
            score_parts=parts,
            next_steps=_next_steps(timeline, term, known.facts.pause, day_of(now)),
            journey=way,
            signals=signals().get(term_id, ()),
        )

    def with_agent(self, client_id: int) -> str:
        """« Au téléphone avec Anne depuis 3 min », empty where no colleague is. Raises StorageError."""
        ctx = self._ctx
        with ctx.database.reading() as session:
            return in_call(ReadBatch(session), ctx.agent, [client_id], ctx.clock.now())().get(client_id, "")

    def replay(self, call_id: str) -> tuple[HistoryEntry, ...]:
        """A call as it was spoken: what was read, chosen and typed, and the notes taken, in order."""
        with self._ctx.database.reading() as session:
            call = session.get(Call, call_id)
            agent = call.agent if call is not None else ""
            if call is not None and call.outcome == CallOutcome.REFUSED and not self._ctx.reads_all_of(agent):
                return ()
            steps = [spoken.told(step, agent) for step in spoken.journal(session, call_id)]
            notes = [
                HistoryEntry(one.at, one.kind, "Note", one.text, one.agent)
                for one in spoken.call_notes(session, call_id)
            ]
        return tuple(sorted([*steps, *notes], key=lambda entry: entry.at))

    def add_note(
        self,
        client_id: int,
        text: str,
        call_id: str | None = None,
        *,
        without: frozenset[Signal] = frozenset(),
    ) -> None:
        """Adds an internal note to the client's history, and the signals its words tell but those `without`.

        Raises RefusedInputError when the note is empty or too long, StorageError: the draft is then kept.
        """
        with self._ctx.database.writing() as session:
            self._write(session, client_id, EventKind.NOTE, text, call_id, without)
            drafts.drop(session, self._ctx.agent, client_id, DraftField.NOTE)

    def reply(self, client_id: int, text: str, *, without: frozenset[Signal] = frozenset()) -> None:
        """Records what the client answered elsewhere, in their words: a reaction, and the signals of them.

        Raises RefusedInputError when there are no words or too many, StorageError: the draft is then kept.
        """
        with self._ctx.database.writing() as session:
            self._write(session, client_id, EventKind.REPLY, text, None, without)
            drafts.drop(session, self._ctx.agent, client_id, DraftField.REPLY)

    def _write(
        self,
        session: Session,
        client_id: int,
        kind: EventKind,
        text: str,
        call_id: str | None,
        without: frozenset[Signal],
    ) -> None:
        text = words(text, "La note est vide." if kind is EventKind.NOTE else "La réponse est vide.")
        client, now = _known(session, client_id), self._ctx.clock.now()
        term = facts.current_terms(session, [client_id], day_of(now)).get(client_id)
        told = note_rows(
            text,
            now,
            self._ctx.content.data.signals,
            kind=kind,
            without=without,
            client_id=client.id,
            subscription_id=term,
            call_id=call_id,
            agent=self._ctx.agent,
        )
        history.add_once(session, told)
        if kind is not EventKind.NOTE or len(told) > 1:
            reassess(session, self._ctx, active_terms(session, client_id))

    def signals_in(self, text: str) -> tuple[Signal, ...]:
        """What the words of a note, once written, will say of the client."""
        return tuple(sorted(signals_in(text, self._ctx.content.data.signals)))

    def take_back(self, client_id: int, signal: Signal) -> None:
        """Says that a signal on the client's file is none; again changes nothing."""
        with self._ctx.database.writing() as session:
            client, today = _known(session, client_id), day_of(self._ctx.clock.now())
            term = facts.current_terms(session, [client_id], today).get(client_id)
            if term is not None and signal in facts.signals_of(ReadBatch(session), [term])().get(term, ()):
                self._tell(session, client, signal.taken_back, f"Retiré par {self._ctx.agent}", None)
                session.flush()
                reassess(session, self._ctx, [term])

    def note_advice(self, text: str) -> str:
        """What had better be left out of a note, gently; empty when nothing. The client may read notes."""
        return advise(text, self._ctx.content.note_words)

    def oppose(self, client_id: int, channel: Channel, call_id: str | None = None) -> bool:
        """Records that the client refuses a channel, at once and for good; gives whether that was news."""
        with self._ctx.database.writing() as session:
            client = _known(session, client_id)
            column = OPPOSED_COLUMNS[channel]
            if getattr(client, column):
                return False
            setattr(client, column, True)
            if channel is Channel.CALL:
                client.call_consent_at = None
            client.updated_at = self._ctx.clock.now()
            words = f"Ne veut plus être joint par ce moyen ({OPPOSED_WORDS[channel]})."
            self._tell(session, client, EventKind.OPPOSITION, words, call_id)
            reassess(session, self._ctx, active_terms(session, client_id))
            level(session, self._ctx, [client_id], self._ctx.clock.now())
            return True

    def consent(self, client_id: int, call_id: str | None = None) -> bool:
        """Records that the client agrees to be called after the expiry; gives whether that was news.

        An opposition to calls takes it back. Raises RefusedInputError while there is one.
        """
        with self._ctx.database.writing() as session:
            client = _known(session, client_id)
            if client.opposed_call:
                raise RefusedInputError("Ce client s’est opposé aux appels.", "Rien n’a été noté.")
            if client.call_consent_at is not None:
                return False
            client.call_consent_at = client.updated_at = self._ctx.clock.now()
            words = "Accepte les appels après l’échéance."
            self._tell(session, client, EventKind.CONSENTED, words, call_id)
            reassess(session, self._ctx, active_terms(session, client_id))
            return True

    def lift_opposition(self, client_id: int, why: str) -> str:
        """A supervisor writes why an opposition is none, on every channel; says which.

        It goes from whoever has the same address or number, whom it had reached. Raises ForbiddenError,
        RefusedInputError without a reason or without an opposition, StorageError.
        """
        self._ctx.need(Role.SUPERVISOR)
        why = words(why, "Écrivez pourquoi cette opposition est levée.", "Rien n’a changé.")
        with self._ctx.database.writing() as session:
            client, now = _known(session, client_id), self._ctx.clock.now()
            lifted = sorted(facts.opposed(client))
            if not lifted:
                raise RefusedInputError(NOT_OPPOSED, "Rien n’a changé.")
            told = f"{', '.join(OPPOSED_WORDS[one] for one in lifted)}{THIN}: {why}"
            for other in storage.sharing(session, client):
                for channel in lifted:
                    way = "email" if channel is Channel.EMAIL else "phone"
                    if other.id == client.id or (
                        getattr(client, way) and getattr(other, way) == getattr(client, way)
                    ):
                        setattr(other, OPPOSED_COLUMNS[channel], False)
                other.updated_at = now
                self._tell(session, other, EventKind.OPPOSITION_LIFTED, told, None)
                reassess(session, self._ctx, active_terms(session, other.id or 0))
            audit(session, self._ctx, "client.opposition_lifted", client_id, channels=lifted, why=why)
            drafts.drop(session, self._ctx.agent, client_id, DraftField.LIFTED)
        return f"Opposition levée{THIN}: {', '.join(OPPOSED_WORDS[one] for one in lifted)}."

    def give_back(self, client_id: int) -> str:
        """A supervisor finds the address and the number good again, whatever came back; says which.

        Raises ForbiddenError, RefusedInputError when nothing was condemned, StorageError.
        """
        self._ctx.need(Role.SUPERVISOR)
        with self._ctx.database.writing() as session:
            client = _known(session, client_id)
            phone = read_phone(client.phone, fiction=self._ctx.demo)
            given: dict[str, str] = {}
            if client.email and not client.email_usable and read_address(client.email)[1]:
                given["email_usable"] = f"l’adresse {client.email}"
            if phone.e164 and client.phone_kind == PhoneKind.INVALID:
                given["phone_kind"] = f"le numéro {phone.national}"
            if not client.sms_usable:
                given["sms_usable"] = "les SMS"
            if not given:
                raise RefusedInputError(NOTHING_CONDEMNED, "Rien n’a changé.")
            words = f"De nouveau utilisables{THIN}: {', '.join(given.values())}."
            # What was learnt of an address or a number held for all who have it, and so does this.
            for other in storage.sharing(session, client):
                for column in given:
                    way = "email" if column == "email_usable" else "phone"
                    if getattr(other, way) == getattr(client, way):
                        setattr(other, column, phone.kind if column == "phone_kind" else True)
                other.updated_at = self._ctx.clock.now()
                self._tell(session, other, EventKind.GIVEN_BACK, words, None)
                reassess(session, self._ctx, active_terms(session, other.id or 0))
        return words

    def _tell(
        self, session: Session, client: Client, kind: EventKind, text: str, call_id: str | None
    ) -> None:
        now = self._ctx.clock.now()
        term = facts.current_terms(session, [client.id or 0], day_of(now)).get(client.id or 0)
        history.add(
            session,
            kind,
            now,
            text,
            client_id=client.id,
            subscription_id=term,
            call_id=call_id,
            agent=self._ctx.agent,
        )

    def _score(self, case: facts.Case, now: datetime) -> tuple[int, tuple[tuple[str, int], ...]]:
        data = self._ctx.content.data
        if case.status != SubscriptionStatus.ACTIVE or day_of(now) > case.facts.expires_on:
            return 0, ()
        found = assess(case.facts, now, data.priorities, data.timeline, data.field)
        return found.score, found.score_parts

    def _offers(self, term: AnyRow, offered: Sequence[AnyRow], now: datetime) -> tuple[OfferView, ...]:
        """The offer that a call would present today, then those granted, the latest first."""
        catalogue = self._ctx.content.data.catalogue
        shown: list[OfferView] = []
        if term.status == SubscriptionStatus.ACTIVE:
            open_now = phone_offer(
                catalogue,
                now=now,
                expires_on=term.expires_on,
                plan=Plan(term.plan),
                billing=Billing(term.billing),
                running=None,
            )
            if open_now is not None:
                shown.append(_offer_view(catalogue, open_now, "possible aujourd’hui", running=True))
        for row in offered:
            grant = granted(row)
            given = f"accordée le {short_day(day_of(row.granted_at))}"
            if row.accepted_at is not None:
                given = f"acceptée le {short_day(day_of(row.accepted_at))}"
            running = row.accepted_at is None and grant.runs(now)
            shown.append(_offer_view(catalogue, grant, given, running=running))
        return tuple(shown)


def search_words(text: str) -> tuple[str, ...]:
    """The folded words of a search; a number written with spaces or dots is one word."""
    folded = fold(clean(text, limit=SEARCH_LIMIT))
    digits = "".join(char for char in folded.replace("(0)", "") if char not in " .-/()")
    if digits.startswith("00") and len(digits) > 6:  # shorter, it is a client's code
        digits = f"+{digits[2:]}"
    if digits.removeprefix("+").isdigit() and digits.isascii():
        return (digits,)
    return tuple(folded.split())


def _known(session: Session, client_id: int) -> Client:
    client = storage.client(session, client_id)
    if client is None:
        raise RefusedInputError("Ce client n’est pas dans la base.")
    return client


def _shared(session: Session, client: Client) -> str:
    """Whose the address or the number is too, in French; empty when nobody else's."""
    others = [one for one in sharers(session, [client.email], [client.phone]) if one.id != client.id]
    names = [f"{one.first_name} {one.last_name}".strip() + f" ({one.code})" for one in others]
    more = f" et {len(names) - 3} autres" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def _phone_state(client: Client) -> str:
    state = _PHONE_STATES[PhoneKind(client.phone_kind)]
    return state if client.sms_usable or not client.phone else f"{state}, SMS refusés"


def _offer_view(catalogue: Catalogue, grant: Grant, given: str, *, running: bool) -> OfferView:
    return OfferView(
        title=f"{offer_label(catalogue, grant.offer)}, {given}",
        price=f"{euros(grant.price_cents)} au lieu de {euros(grant.normal_price_cents)}"
        if grant.price_saving_cents
        else euros(grant.price_cents),
        saving=euros(grant.face_value_cents) if grant.face_value_cents else "",
        ends=short_day(day_of(grant.ends_at)),
        running=running,
    )


def _owed(row: AnyRow, today: date) -> str:
    late = ", en retard" if row.due_on < today else ""
    return f"{row.what}, d’ici au {day(row.due_on)}{late}, par {row.owner or 'le superviseur'}"


def _next_steps(timeline: Timeline, term: AnyRow, pause: Pause | None, today: date) -> tuple[str, ...]:
    """The steps of the timeline to come: up to the expiry while an answer is awaited, the way back after;
    those of a pause while it runs."""
    if (
        pause is not None
        and timeline.pauses is not None
        and pause.state(start_of(today)) is PauseState.RUNNING
    ):
        return tuple(
            f"{step.code}, {short_day(step.day(pause.resume_by))} : {step.title}"
            for step in timeline.pauses.steps
            if step.day(pause.resume_by) > today
        )
    if term.status not in {SubscriptionStatus.ACTIVE, SubscriptionStatus.EXPIRED}:
        return ()
    return tuple(
        f"{step.code}, {short_day(step.day(term.expires_on))} : {step.title}"
        for step in timeline.steps
        if step.day(term.expires_on) > today
        and (step.offset <= 0 or term.status == SubscriptionStatus.EXPIRED)
    )
