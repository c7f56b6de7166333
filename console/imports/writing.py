"""Writes what the plan of an import says, in the transaction of its batch."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from console.base.dates import end_of
from console.base.french import THIN
from console.base.french import day as in_french
from console.base.history import EventKind
from console.base.vocabulary import CallOutcome, Plan, SubscriptionStatus
from console.cases import agreements, facts
from console.cases.shared import levelled
from console.cases.signals import note_rows
from console.cases.terms import open_term, settle, settle_earlier, told_again
from console.cases.upkeep import reassess
from console.context import Context
from console.db import history
from console.db.query import NewRow
from console.db.tables import Subscription
from console.imports import store
from console.imports.plan import BatchPlan, indexed, note_key
from console.messages.removal import remove_term
from console.messages.withdrawals import withdraw_reminders
from console.rules.terms import Term, new_term


class BatchWriting:
    """Writes a plan in the caller's transaction."""

    def __init__(self, ctx: Context, session: Session, annual: frozenset[Plan]) -> None:
        self._ctx, self._session, self._annual = ctx, session, annual
        self._now = ctx.clock.now()
        self._touched: set[int] = set()
        self._events: list[NewRow] = []
        self._notes: list[tuple[int, str]] = []
        self._added: list[int] = []

    def write(self, plan: BatchPlan) -> None:
        """Everything, in the order that keys need; the places and figures last."""
        self._write_new(plan)
        store.change_clients(self._session, [one | {"updated_at": self._now} for one in plan.clients])
        self._touched.update(agreements.show(self._session, plan.shown, self._now))
        self._write_terms(plan)
        self._notes += plan.notes
        self._write_notes()
        for client_id, said in plan.changes.items():
            if said:
                self._event(EventKind.UPDATED, client_id, f"Mis à jour par import : {', '.join(said)}.")
        history.add_once(self._session, self._events)
        changed = [*plan.changes]
        self._touched.update(
            term.id
            for term in store.terms_of(self._session, changed)
            if term.status == SubscriptionStatus.ACTIVE
        )
        self._touched.update(levelled(self._session, [*self._added, *changed], self._now))
        reassess(self._session, self._ctx, self._touched)

    def _write_new(self, plan: BatchPlan) -> None:
        today = self._ctx.clock.today()
        clients, terms = [], {}
        for line, code in plan.new:
            row = line.row
            term = new_term(row.plan, row.billing, row.expires_on, self._annual)
            terms[code] = term
            known = row.details
            since = known["client_since"] or min(term.starts_on, today)
            guessed = {"client_since": since, "timezone": known["timezone"] or row.phone.timezone}
            details = indexed(code, {**known, **guessed})
            clients.append(details | {"code": code, "created_at": self._now, "updated_at": self._now})
        ids = store.add_clients(self._session, clients)
        self._added = list(ids.values())
        plan_terms = [(ids[code], code, term) for code, term in terms.items()]
        self._touched.update(store.add_terms(self._session, [_term_row(*one) for one in plan_terms]))
        for line, code in plan.new:
            self._event(EventKind.IMPORTED, ids[code], "Client importé.")
            if line.row.note:
                self._notes.append((ids[code], line.row.note))

    def _write_notes(self) -> None:
        """The notes, and what their words say of the client's present term."""
        clients = [client for client, _ in self._notes]
        terms = facts.current_terms(self._session, clients, self._ctx.clock.today()) if clients else {}
        words = self._ctx.content.data.signals
        for client, note in self._notes:
            told = note_rows(
                note,
                self._now,
                words,
                key=note_key(client, note),
                client_id=client,
                subscription_id=terms.get(client),
                agent=self._ctx.agent,
            )
            self._events += told
            if len(told) > 1 and client in terms:
                self._touched.add(terms[client])

    def _write_terms(self, plan: BatchPlan) -> None:
        added = [_term_row(*one) for one in plan.terms if not one[2].id]
        renewed = [change.renewed.id for _, _, change in plan.renewed if change.renewed]
        self._renew(plan, store.terms(self._session, renewed))
        store.close_callbacks(self._session, renewed, self._now)
        withdraw_reminders(self._session, renewed, "L’abonnement a été renouvelé ailleurs.")
        self._move([(client_id, term) for client_id, _, term in plan.terms if term.id])
        store.change_terms(
            self._session,
            [
                {"term": term.id, **{name: getattr(term, name) for name in store.TERM_COLUMNS}}
                for _, _, term in plan.terms
                if term.id
            ],
        )
        unsaid = {client_id for client_id, row, _ in plan.renewed if row.plan is None}
        self._touched.update(self._open(added, unsaid))
        self._touched.update(renewed)
        self._touched.update(term.id for _, _, term in plan.terms if term.id)

    def _open(self, added: list[dict[str, Any]], unsaid: Collection[int]) -> list[int]:
        """New terms; one that an agreement without effect had opened begins after all, as it was agreed for
        the clients of whom the file leaves the plan `unsaid`."""
        void = store.void_terms(self._session, [one["client_id"] for one in added])
        new = [one for one in added if (one["client_id"], one["expires_on"]) not in void]
        agreed = store.agreed_terms(self._session, [*unsaid])
        begun = [
            open_term(
                self._session, Subscription(**one | agreed.get((one["client_id"], one["expires_on"]), {}))
            )
            for one in added
            if one not in new
        ]
        return [*store.add_terms(self._session, new), *(one for one in begun if one is not None)]

    def _renew(self, plan: BatchPlan, terms: Mapping[int, Subscription]) -> None:
        """Terms renewed elsewhere: on the day that the file gives, else by the last day possible."""
        for client_id, row, change in plan.renewed:
            if change.renewed is None:
                continue
            at = min(end_of(change.by), self._now)
            term = terms[change.renewed.id]
            if told_again(term, at):
                known = term.settled_at, term.came_back_at
                settle_earlier(self._session, term, at)
                if known != (term.settled_at, term.came_back_at):
                    words = f"Renouvelé dès le {in_french(change.by)}, selon le fichier."
                    self._event(EventKind.CONFIRMED, client_id, words, term=term.id, at=at)
                continue
            settle(
                self._session,
                term,
                CallOutcome.ALREADY_RENEWED,
                at=at,
                known_at=self._now,
                by_import=row.renewed_on is None,
            )
            words = f"Renouvelé ailleurs, constaté à l’import{THIN}: échéance {in_french(row.expires_on)}."
            if row.renewed_on is None:
                words += " Le jour n’est pas connu."
            self._event(EventKind.RENEWED, client_id, words, term=change.renewed.id, at=at)

    def _move(self, terms: list[tuple[int, Term]]) -> None:
        """Corrected expiry days: what waits for the old one is withdrawn; see `messages.planned.anew`."""
        known = store.terms_of(self._session, [client_id for client_id, _ in terms]) if terms else []
        before = {term.id: term.expires_on for term in known}
        moved = [(client_id, term) for client_id, term in terms if before[term.id] != term.expires_on]
        withdraw_reminders(self._session, [term.id for _, term in moved], "L’échéance a été corrigée depuis.")
        void = store.void_terms(self._session, [client_id for client_id, _ in moved])
        for client_id, term in moved:  # one that never began gives way
            if number := void.get((client_id, term.expires_on)):
                remove_term(self._session, number, term.id)
        for client_id, term in moved:
            words = f"Du {in_french(before[term.id])} au {in_french(term.expires_on)}"
            days = (term.expires_on - before[term.id]).days
            self._event(EventKind.TERM_MOVED, client_id, words, term=term.id, data={"days": days})

    def _event(
        self,
        kind: EventKind,
        client_id: int,
        text: str,
        *,
        key: str | None = None,
        term: int | None = None,
        at: datetime | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        self._events.append(
            history.event(
                kind,
                at or self._now,
                text,
                client_id=client_id,
                subscription_id=term,
                agent=self._ctx.agent,
                key=key,
                known_at=self._now,
                data=data,
            )
        )


BLANK_TERM: Mapping[str, Any] = Subscription(
    client_id=0, plan="", billing="", starts_on=date.min, expires_on=date.min
).model_dump(exclude={"id"})


def _term_row(client_id: int, code: str, term: Term) -> dict[str, Any]:
    names = (*store.TERM_COLUMNS, "status")
    return {
        **BLANK_TERM,
        **{name: getattr(term, name) for name in names},
        "client_id": client_id,
        "client_code": code,
    }
