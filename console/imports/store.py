"""Queries of the import: a batch of rows is looked up, then written, in a handful of statements."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, or_, select, update
from sqlmodel import Session, col

from console.base.history import EventKind
from console.base.vocabulary import SubscriptionStatus
from console.cases.shared import sharers
from console.db import dialect
from console.db.query import AnyRow, columns, rows
from console.db.tables import Agreement, Callback, Client, Event, Subscription
from console.imports.rows import ClientRow
from console.rules.client_columns import WRITTEN

CLIENT_COLUMNS = (*WRITTEN, "search")
"""What an import may change of a client."""

TERM_COLUMNS = ("plan", "billing", "starts_on", "expires_on", "anchor_day")
"""What an import says of a term."""


def known_clients(
    session: Session, codes: Sequence[str], emails: Sequence[str], phones: Sequence[str]
) -> list[AnyRow]:
    """The clients that have one of these codes, addresses or E.164 numbers, in the order of their codes."""
    wanted = columns(Client.id, Client.code, *(getattr(Client, name) for name in CLIENT_COLUMNS))
    ways = ((Client.code, codes), (Client.email, emails), (Client.phone, phones))
    any_of = [col(column).in_(values) for column, values in ways if values]
    return sorted(rows(session, wanted.where(or_(*any_of))), key=lambda row: str(row.code)) if any_of else []


def reached(session: Session, clients: Sequence[AnyRow]) -> set[int]:
    """Every client whom writing about these may reach: them, and who shares an address or a number with
    them."""
    others = sharers(session, {client.email for client in clients}, {client.phone for client in clients})
    return {client.id for client in (*clients, *others)}


def known_of(session: Session, batch: Sequence[ClientRow]) -> list[AnyRow]:
    """The clients that these rows may be about, as `known_clients` has them."""
    return known_clients(
        session,
        [row.code for row in batch if row.code],
        [row.email for row in batch if row.email],
        [row.phone.e164 for row in batch if row.phone.e164],
    )


def terms_of(session: Session, client_ids: Sequence[int]) -> list[AnyRow]:
    """Every term of these clients, in the order of their expiry."""
    if not client_ids:
        return []
    query = (
        columns(
            Subscription.id,
            Subscription.client_id,
            Subscription.plan,
            Subscription.billing,
            Subscription.starts_on,
            Subscription.expires_on,
            Subscription.status,
            Subscription.anchor_day,
            Subscription.dated_by_import,
            Subscription.settled_at,
            Subscription.came_back_at,
        )
        .where(col(Subscription.client_id).in_(client_ids))
        .order_by(col(Subscription.expires_on))
    )
    return list(rows(session, query))


def terms_known(session: Session, batch: Sequence[ClientRow]) -> set[int]:
    """Every term of the clients that a batch may be about."""
    clients = known_of(session, batch)
    return {term.id for term in terms_of(session, [client.id for client in clients])}


def back_by_payment(session: Session, term_ids: Sequence[int]) -> set[int]:
    """Those of these terms, whose clients came back, of which nothing but payments says so."""
    if not term_ids:
        return set()
    kinds = (EventKind.RENEWED, EventKind.RESUMED, EventKind.CONFIRMED, EventKind.PAID)
    query = columns(Event.subscription_id, Event.data).where(
        col(Event.subscription_id).in_(term_ids), col(Event.kind).in_(kinds)
    )
    told = rows(session, query)
    return {one.subscription_id for one in told} - {
        one.subscription_id for one in told if one.data.get("type") != "paid"
    }


def measuring_refused(session: Session, client_ids: Sequence[int]) -> frozenset[int]:
    """Those of these clients who took back that their openings are measured, whatever they said since."""
    query = columns(Event.client_id).where(
        col(Event.client_id).in_(client_ids), col(Event.kind) == EventKind.TRACKING_WITHDRAWN
    )
    return frozenset(row.client_id for row in rows(session, query))


def void_terms(session: Session, client_ids: Sequence[int]) -> dict[tuple[int, date], int]:
    """The terms of these clients that never began, by client and expiry."""
    if not client_ids:
        return {}
    query = columns(Subscription.client_id, Subscription.expires_on, Subscription.id).where(
        col(Subscription.client_id).in_(client_ids), col(Subscription.status) == SubscriptionStatus.VOID
    )
    return {(row.client_id, row.expires_on): row.id for row in rows(session, query)}


def agreed_terms(session: Session, client_ids: Sequence[int]) -> dict[tuple[int, date], dict[str, Any]]:
    """What those of them that an agreement still stands for were to be, by client and expiry."""
    if not client_ids:
        return {}
    query = (
        select(Subscription)
        .join(Agreement, col(Agreement.opened_id) == col(Subscription.id))
        .where(
            col(Subscription.client_id).in_(client_ids),
            col(Subscription.status) == SubscriptionStatus.VOID,
            col(Agreement.withdrawn_at).is_(None),
        )
    )
    return {
        (term.client_id, term.expires_on): {name: getattr(term, name) for name in TERM_COLUMNS}
        for term in session.scalars(query)
    }


def last_code(session: Session) -> str:
    """The highest of our codes so far, by number; empty when no client has one."""
    code = col(Client.code)
    ours = select(code).where(code.like("CLT-%"))
    query = ours.order_by(func.length(code).desc(), code.desc()).limit(1)
    return session.connection().scalar(query) or ""


def add_clients(session: Session, clients: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Insert clients; their ids by code."""
    if not clients:
        return {}
    added = insert(Client).returning(col(Client.code), col(Client.id))
    return {row.code: row.id for row in session.connection().execute(added, list(clients))}


def change_clients(session: Session, clients: Sequence[Mapping[str, Any]]) -> None:
    """Write the columns of CLIENT_COLUMNS and `updated_at` again; `client` is the id."""
    if clients:
        names = (*CLIENT_COLUMNS, "updated_at")
        statement = update(Client).where(col(Client.id) == bindparam("client"))
        dialect.later(session, statement.values({name: bindparam(name) for name in names}), list(clients))


def add_terms(session: Session, terms: Sequence[Mapping[str, Any]]) -> list[int]:
    """Insert terms; their ids, in no order."""
    if not terms:
        return []
    added = insert(Subscription).returning(col(Subscription.id))
    return list(session.connection().scalars(added, list(terms)))


def change_terms(session: Session, terms: Sequence[Mapping[str, Any]]) -> None:
    """Write the columns of TERM_COLUMNS of running terms again; `term` is the id."""
    if terms:
        statement = update(Subscription).where(col(Subscription.id) == bindparam("term"))
        values: dict[str, Any] = {name: bindparam(name) for name in TERM_COLUMNS}
        dialect.later(session, statement.values(values), list(terms))


def terms(session: Session, term_ids: Sequence[int]) -> dict[int, Subscription]:
    """These terms, to be changed, by id."""
    if not term_ids:
        return {}
    found = session.scalars(select(Subscription).where(col(Subscription.id).in_(term_ids)))
    return {term.id or 0: term for term in found}


def close_callbacks(session: Session, term_ids: Sequence[int], at: datetime) -> None:
    """Nothing promised about these terms is left to do."""
    if term_ids:
        session.connection().execute(
            update(Callback)
            .where(col(Callback.subscription_id).in_(term_ids), col(Callback.done_at).is_(None))
            .values(done_at=at)
        )


def known_events(session: Session, keys: Sequence[str]) -> set[str]:
    """Those of these keys under which something is already written."""
    if not keys:
        return set()
    return {row.key for row in rows(session, columns(Event.key).where(col(Event.key).in_(keys)))}
