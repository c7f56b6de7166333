"""One address or number that several clients have: what is learnt of it holds for all of them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select, union, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from console.base.history import EventKind
from console.base.vocabulary import OPPOSED_COLUMNS, OPPOSED_WORDS, Channel, PhoneKind
from console.cases.upkeep import reassess
from console.context import Context
from console.db import history
from console.db.dialect import Unit, connected
from console.db.query import AnyRow, AnySelect, NewRow, among, columns, rows
from console.db.tables import Client, Subscription

_READ = columns(
    Client.id,
    Client.code,
    Client.first_name,
    Client.last_name,
    Client.email,
    Client.email_usable,
    Client.phone,
    Client.phone_kind,
    Client.sms_usable,
    *(getattr(Client, name) for name in OPPOSED_COLUMNS.values()),
)


def _having(column: Any) -> AnySelect:
    """The clients who have what one of `clients` has in this column."""
    mine = aliased(Client)
    same = col(getattr(mine, column.key)) == column
    return columns(Client.id).join(mine, and_(same, column != "")).where(among(mine.id, "clients"))


_GROUP = _READ.where(
    col(Client.id).in_(union(_having(col(Client.email)), _having(col(Client.phone))))
).order_by(col(Client.code))


def sharers(unit: Unit, emails: Collection[str], phones: Collection[str]) -> Sequence[AnyRow]:
    """The clients who have one of these addresses or E.164 numbers; empty ones are nobody's."""
    emails, phones = [one for one in emails if one], [one for one in phones if one]
    if not emails and not phones:
        return ()
    found = or_(col(Client.email).in_(emails), col(Client.phone).in_(phones))
    return rows(unit, _READ.where(found).order_by(col(Client.code)))


def level(unit: Unit, ctx: Context, client_ids: Collection[int], at: datetime) -> None:
    """Gives every client who shares an address or a number with these what one of them is known by.

    An opposition, an address that bounced, a wrong number, SMS that come back: each is told in the history of
    those it reaches, and their cases are assessed again. Calling it again changes nothing.
    """
    reassess(unit, ctx, levelled(unit, client_ids, at))


def levelled(unit: Unit, client_ids: Collection[int], at: datetime) -> list[int]:
    """The same, but for the cases: gives the terms whose cases the caller is to assess again."""
    if not client_ids:
        return []
    if isinstance(unit, Session):
        unit.flush()
    group = rows(unit, _GROUP, clients=list(client_ids))
    told: list[NewRow] = []
    for client in group:
        changes, words = _learnt(client, group)
        if not changes:
            continue
        statement = update(Client).where(col(Client.id) == client.id)
        connected(unit).execute(statement.values(**changes, updated_at=at))
        told += [history.event(kind, at, text, client_id=client.id) for kind, text in words]
    if not told:
        return []
    history.add_once(unit, told)
    reached = {one.values["client_id"] for one in told}
    terms = select(col(Subscription.id)).where(
        col(Subscription.client_id).in_(reached), col(Subscription.status) == "active"
    )
    return [number or 0 for number in connected(unit).scalars(terms)]


def _learnt(client: AnyRow, group: Sequence[AnyRow]) -> tuple[dict[str, object], list[tuple[EventKind, str]]]:
    """What a client's row takes over from those with the same address or number, and how it is told."""
    changes: dict[str, object] = {}
    words: list[tuple[EventKind, str]] = []
    others = [one for one in group if one.id != client.id]
    for channel in Channel:
        column, email = OPPOSED_COLUMNS[channel], channel is Channel.EMAIL
        source = next((one for one in others if _same(one, client, email) and getattr(one, column)), None)
        if source is not None and not getattr(client, column):
            changes[column] = True
            if channel is Channel.CALL:
                changes["call_consent_at"] = None
            what = "même adresse" if email else "même numéro"
            words.append((EventKind.OPPOSITION, f"{OPPOSED_WORDS[channel]} ({what} que {source.code})"))
    for column, bad, kind, what in (
        ("email_usable", False, EventKind.BOUNCED, "L’adresse ne sert plus"),
        ("sms_usable", False, EventKind.BOUNCED, "Le numéro rejette les SMS"),
        ("phone_kind", PhoneKind.INVALID, EventKind.PHONE_INVALID, "Le numéro n’est pas le bon"),
    ):
        email = column == "email_usable"
        source = next(
            (one for one in others if _same(one, client, email) and getattr(one, column) == bad), None
        )
        if source is not None and getattr(client, column) != bad:
            changes[column] = bad
            words.append((kind, f"{what} (comme pour {source.code})"))
    return changes, words


def _same(one: AnyRow, other: AnyRow, email: bool) -> bool:
    name = "email" if email else "phone"
    return bool(getattr(one, name)) and getattr(one, name) == getattr(other, name)
