"""Writes demonstration clients as ordinary rows: terms, reminders sent, offers granted, renewals, notes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlmodel import Session

from console.base.dates import add_months, day_of, plus_days, start_of
from console.base.french import THIN, euros, moment, short_day, typeset
from console.base.history import EventKind
from console.base.phone import Phone, read_phone
from console.base.vocabulary import (
    OPPOSED_COLUMNS,
    Billing,
    CallOutcome,
    Channel,
    MessagePurpose,
    PhoneKind,
    SubscriptionStatus,
)
from console.cases.granted_offers import offer_row
from console.cases.upkeep import reassess
from console.context import Context
from console.db import history
from console.db.query import NewRow
from console.db.tables import Callback, GrantedOffer, Message
from console.demo.files import DemoClient, DemoSet
from console.demo.store import add_rows
from console.demo.wording import of_demo
from console.imports import store
from console.imports.plan import indexed
from console.imports.writing import BLANK_TERM
from console.rules.facts import CaseFacts, Mail
from console.rules.hours import next_sms_slot
from console.rules.offers import Grant, standing_offer
from console.rules.outcomes import SETTLING
from console.rules.priority import assess, is_vip
from console.rules.timeline import ReminderStep

SENT_AT = timedelta(hours=9)


_Sent = tuple[ReminderStep, datetime, Grant | None]
"""A reminder sent, when, and the offer that it granted anew."""


@dataclass(slots=True)
class _Batch:
    """The rows of a batch, by table."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    offers: list[dict[str, Any]] = field(default_factory=list)
    events: list[NewRow] = field(default_factory=list)
    callbacks: list[dict[str, Any]] = field(default_factory=list)


class DemoRows:
    """Writes batches of clients in the caller's transaction."""

    def __init__(self, ctx: Context, made: DemoSet) -> None:
        self._ctx = ctx
        self._made = made
        self._data = ctx.content.data
        self._host = self._data.catalogue.company.support_email.rpartition("@")[2]

    def write_clients(self, session: Session, clients: Sequence[DemoClient]) -> dict[str, int]:
        """The clients with their first term; their ids by code."""
        ids = store.add_clients(session, [self._client_row(client) for client in clients])
        store.add_terms(
            session,
            [
                self._term_row(client, ids[client.code], client.first_expiry or client.expires_on)
                for client in clients
            ],
        )
        return ids

    def write_facts(self, session: Session, clients: Sequence[DemoClient], ids: dict[str, int]) -> None:
        """What happened during the term that ends on `expires_on`, calls apart; each case finds its place."""
        settled = [client for client in clients if client.renewed_at]
        store.add_terms(session, [self._next_term_row(client, ids[client.code]) for client in settled])
        terms = store.terms_of(session, [ids[client.code] for client in clients])
        by_expiry = {(term.client_id, term.expires_on): term.id for term in terms}
        batch = _Batch()
        for client in clients:
            links = {
                "client_id": ids[client.code],
                "subscription_id": by_expiry[ids[client.code], client.expires_on],
            }
            self._happen(batch, client, links)
        add_rows(session, Message, batch.messages)
        add_rows(session, GrantedOffer, batch.offers)
        add_rows(session, Callback, batch.callbacks)
        history.add_once(session, batch.events)
        self.place(session, ids.values())

    def place(self, session: Session, client_ids: Iterable[int]) -> None:
        """Each term of these clients finds its place at the context's time."""
        reassess(session, self._ctx, [term.id for term in store.terms_of(session, list(client_ids))])

    def _client_row(self, client: DemoClient) -> dict[str, Any]:
        phone = _phone(client.phone)
        begun = start_of(client.since)
        details = {
            "civility": client.civility,
            "first_name": client.first_name,
            "last_name": client.last_name,
            "email": client.email,
            "email_usable": bool(client.email),
            "phone_raw": client.phone,
            "phone": phone.e164,
            "phone_kind": phone.kind,
            "timezone": client.timezone or phone.timezone,
            "client_since": client.since,
            **{column: channel in client.opposed for channel, column in OPPOSED_COLUMNS.items()},
        }
        times = {"created_at": begun, "updated_at": begun}
        return indexed(client.code, details) | {"code": client.code} | times

    def _term_row(self, client: DemoClient, client_id: int, expires_on: date) -> dict[str, Any]:
        starts_on = plus_days(add_months(expires_on, -_months(client)), 1)
        row = self._blank_row(client, client_id, max(min(starts_on, expires_on), client.since), expires_on)
        if client.renewed_at is None:
            return row
        offer = self._running(self._grants(client), client.renewed_at)
        return row | {
            "status": SubscriptionStatus.RENEWED,
            "retention": CallOutcome.RENEWED,
            "settled_at": client.renewed_at,
            "workshops_given": offer.workshops if offer else 0,
        }

    def _next_term_row(self, client: DemoClient, client_id: int) -> dict[str, Any]:
        starts_on = plus_days(client.expires_on, 1)
        return self._blank_row(client, client_id, starts_on, add_months(client.expires_on, _months(client)))

    def _blank_row(
        self, client: DemoClient, client_id: int, starts_on: date, expires_on: date
    ) -> dict[str, Any]:
        return {
            **BLANK_TERM,
            "client_id": client_id,
            "client_code": client.code,
            "plan": client.plan,
            "billing": client.billing,
            "starts_on": starts_on,
            "expires_on": expires_on,
        }

    def _happen(self, batch: _Batch, client: DemoClient, links: dict[str, Any]) -> None:
        grants = self._grants(client)
        accepted = self._running(grants, client.renewed_at) if client.renewed_at else None
        for step, sent_at, grant in grants:
            self._send(batch, client, links, step, sent_at, self._running(grants, sent_at))
            if grant:
                at = client.renewed_at if grant is accepted else None
                batch.offers.append(offer_row(grant, links, sent_at, at).values)
        for fact in client.facts:
            batch.events.append(self._event(links, fact.kind, fact.at, fact.text, agent=self._made.agent))
        if client.renewed_at:
            self._renew(batch, client, links, accepted)
        if client.callback_at:
            self._promise(batch, client.callback_at, links)

    def _grants(self, client: DemoClient) -> list[_Sent]:
        """The reminders sent to a client, in order."""
        until = min(self._made.instant, self._settled_at(client) or self._made.instant)
        found: list[_Sent] = []
        for step in self._data.timeline.reminders:
            sent_at = start_of(step.day(client.expires_on)) + SENT_AT
            if sent_at >= until:
                break
            if not self._sent_channels(client, step):
                continue
            offer = None
            if step.offers and self._running(found, sent_at) is None:
                offer = self._offer(client, sent_at, found)
            found.append((step, sent_at, offer))
        return found

    def _offer(self, client: DemoClient, at: datetime, sent: Sequence[_Sent]) -> Grant | None:
        data, today = self._data, day_of(at)
        vip = is_vip(client.since, today, data.catalogue.vip_months)
        asked = any(fact.kind == EventKind.PRICE_REQUEST and fact.at <= at for fact in client.facts)
        return standing_offer(
            data.catalogue,
            data.timeline,
            today=today,
            expires_on=client.expires_on,
            plan=client.plan,
            billing=client.billing,
            vip=vip,
            at_risk=not vip and not asked and self._at_risk(client, at, sent),
            wants_lower_price=asked,
        )

    def _at_risk(self, client: DemoClient, at: datetime, sent: Sequence[_Sent]) -> bool:
        """As the rules saw it when the step came, with what had become of the mails by then."""
        data, phone = self._data, _phone(client.phone)
        mails = tuple(
            Mail(step.code, on, _by(client.opened.get(step.code), at), _by(client.clicked.get(step.code), at))
            for step, on, _ in sent
            if client.email
        )
        facts = CaseFacts(
            expires_on=client.expires_on,
            client_since=client.since,
            timezone=client.timezone or phone.timezone,
            phone=phone.kind,
            email_usable=bool(client.email),
            opposed=client.opposed,
            mails=mails,
            complained=any(fact.kind == EventKind.COMPLAINT and fact.at <= at for fact in client.facts),
        )
        return assess(facts, at, data.priorities, data.timeline, data.field).at_risk

    def _sent_channels(self, client: DemoClient, step: ReminderStep) -> list[Channel]:
        able = {
            Channel.EMAIL: bool(client.email),
            Channel.SMS: _phone(client.phone).kind is PhoneKind.MOBILE,
        }
        return [one for one in step.channels if able[one] and one not in client.opposed]

    def _send(
        self,
        batch: _Batch,
        client: DemoClient,
        links: dict[str, Any],
        step: ReminderStep,
        sent_at: datetime,
        offer: Grant | None,
    ) -> None:
        phone = _phone(client.phone)
        catalogue, links_of = self._data.catalogue, self._ctx.links
        words = of_demo(client, self._made.agent, offer, catalogue, sent_at, links_of)
        for channel in self._sent_channels(client, step):
            at = sent_at
            if channel is Channel.SMS:
                zone = client.timezone or phone.timezone
                at = next_sms_slot(sent_at, zone, self._data.field) or sent_at
                if at >= self._made.instant:
                    continue
            message = self._ctx.content.messages.render(step.code, words, channel)
            name = f"{client.code}.{client.expires_on}.{step.code}.{channel}"
            batch.messages.append(
                {
                    **links,
                    "message_id": f"<{name}@{self._host}>",
                    "dedup_key": f"{links['subscription_id']}:{client.expires_on}:{step.code}:{channel}",
                    "call_id": None,
                    "channel": channel,
                    "kind": step.code,
                    "purpose": MessagePurpose.REMINDER,
                    "step": step.code,
                    "recipient": client.email if channel is Channel.EMAIL else phone.e164,
                    "subject": message.subject,
                    "text": message.text,
                    "html": message.html,
                    "status": "sent",
                    "created_at": sent_at,
                    "not_before": at,
                    "sent_at": at,
                    "opened_at": client.opened.get(step.code) if channel is Channel.EMAIL else None,
                    "clicked_at": client.clicked.get(step.code) if channel is Channel.EMAIL else None,
                }
            )

    def _renew(self, batch: _Batch, client: DemoClient, links: dict[str, Any], offer: Grant | None) -> None:
        at = client.renewed_at
        if at is None:
            return
        text = f"Renouvellement par le lien de l’e-mail{THIN}: {client.plan.capitalize()}"
        data: dict[str, Any] = {"outcome": CallOutcome.RENEWED, "by_link": True}
        batch.events.append(self._event(links, EventKind.RENEWED, at, text, **data))
        if offer:
            words = self._offer_words(offer).strip()
            batch.events.append(self._event(links, EventKind.OFFER_ACCEPTED, at, words, offer=offer.offer))

    def _promise(self, batch: _Batch, promised_at: datetime, links: dict[str, Any]) -> None:
        asked_at = min(promised_at, self._made.instant) - timedelta(days=1)
        batch.callbacks.append(
            {
                **links,
                "call_id": None,
                "promised_at": promised_at,
                "asked_by_client": True,
                "agent": self._made.agent,
                "created_at": asked_at,
                "note": "",
                "done_at": None,
            }
        )
        text = f"Rappel promis {moment(promised_at)}"
        batch.events.append(
            self._event(links, EventKind.CALLBACK_PROMISED, asked_at, text, agent=self._made.agent)
        )

    def _event(
        self, links: dict[str, Any], kind: EventKind, at: datetime, text: str, *, agent: str = "", **data: Any
    ) -> NewRow:
        return history.event(kind, at, typeset(text), **links, agent=agent, data=data)

    def _offer_words(self, offer: Grant | None) -> str:
        if offer is None:
            return ""
        label = self._data.catalogue.offers[offer.offer].label
        return f"{label}, {euros(offer.price_cents)} jusqu’au {short_day(day_of(offer.ends_at))}. "

    def _running(self, grants: Sequence[_Sent], at: datetime) -> Grant | None:
        for _, granted_at, grant in reversed(grants):
            if grant and granted_at <= at and grant.runs(at):
                return grant
        return None

    def _settled_at(self, client: DemoClient) -> datetime | None:
        settling = [
            call.at for call in client.calls if call.outcome in SETTLING and not is_early(client, call.at)
        ]
        return client.renewed_at or min(settling, default=None)


def is_early(client: DemoClient, at: datetime) -> bool:
    """Whether something happened in an earlier term, before the reminders of this one."""
    return client.first_expiry is not None and day_of(at) <= client.first_expiry


@lru_cache(maxsize=1000)
def _phone(typed: str) -> Phone:
    return read_phone(typed, fiction=True)


def _months(client: DemoClient) -> int:
    return 12 if client.billing is Billing.ANNUAL else 1


def _by(instant: datetime | None, at: datetime) -> datetime | None:
    return instant if instant and instant <= at else None
