"""What the outcome of a call changed, kept so that it can be taken back whole.

The rows of the client, and of whoever shares an address or a number with them, are read before and after the
outcome is written, in its transaction: what differs is what it did, whatever the outcome. Where the case
stands is left out: it is found again.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Connection,
    Date,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlmodel import SQLModel, col

from console.base.vocabulary import SubscriptionStatus
from console.db import dialect
from console.db.query import AnySelect
from console.db.tables import (
    Agreement,
    Call,
    Callback,
    CallUndo,
    Client,
    Commitment,
    Escalation,
    Event,
    GrantedOffer,
    Message,
    Pause,
    Proposal,
    Subscription,
    UtcDateTime,
)

_CLIENT = (
    "email_usable", "phone_kind", "sms_usable", "opposed_call", "opposed_email", "opposed_sms",
    "call_consent_at",
)  # fmt: skip
_WATCHED: Mapping[type[SQLModel], tuple[str, ...]] = {
    Client: _CLIENT,
    Call: ("ended_at", "outcome", "direction", "answered", "satisfaction", "objection", "attempts", "drafts"),
    Subscription: (
        "plan", "billing", "starts_on", "expires_on", "anchor_day", "status", "retention", "settled_at",
        "settled_known_at", "dated_by_import", "came_back_at", "came_back_how", "workshops_given",
    ),
    Pause: (
        "client_id", "subscription_id", "agreed_at", "starts_on", "resume_by", "resumed_at", "refused_at",
    ),
    GrantedOffer: ("accepted_at", "ends_at"),
    Agreement: ("confirmed_at", "withdrawn_at", "withdrawn_why", "opened_id"),
    Proposal: ("answer", "answered_at"),
    Callback: ("promised_at", "done_at", "taken_by"),
    Escalation: ("taken_by", "answered_at", "closed_at"),
    Commitment: ("done_at", "owner"),
    Message: ("status",),
}  # fmt: skip
"""The columns that an outcome may change, or by which one sees that what it wrote has been used since."""
_TABLES: dict[str, Any] = {str(table.__tablename__): table for table in _WATCHED}
Image = dict[str, dict[str, list[Any]]]
"""By table, by key, the columns watched, in their order, as the database writes them in JSON."""


@dataclass(frozen=True, slots=True)
class Before:
    """What stood before the outcome, and the last event then."""

    call: str
    client: int
    shared: bool
    image: Image
    last_event: int


def before(connection: Connection, client_id: int, call_id: str, *, shared: bool) -> Before:
    """Read what an outcome is about to change; `shared`: what is learnt of the client holds for others."""
    image, events = _image(connection, client_id, call_id, shared=shared)
    return Before(call_id, client_id, shared, image, max(events, default=0))


def keep(connection: Connection, stood: Before) -> None:
    """Write what has changed since."""
    now, events = _image(
        connection, stood.client, stood.call, shared=stood.shared, last_event=stood.last_event
    )
    changes: dict[str, Any] = {"event": events, "shared": stood.shared}
    for name, were in stood.image.items():
        are = now[name]
        moved = {key: [was, are[key]] for key, was in were.items() if key in are and are[key] != was}
        told = {
            "changed": moved,
            "added": {key: row for key, row in are.items() if key not in were},
            "removed": {key: row for key, row in were.items() if key not in are},
        }
        changes |= {name: told} if any(told.values()) else {}
    dialect.later(connection, insert(CallUndo), {"call_id": stood.call, "changes": changes})


def _image(
    connection: Connection, client_id: int, call_id: str, *, shared: bool, last_event: int | None = None
) -> tuple[Image, list[int]]:
    """The rows as they are, in one statement; and the events since the last one, or that one."""
    statement = _statement(*dialect.lists(connection), shared, last_event is not None)
    values = {"client": client_id, "call": call_id}
    if last_event is not None:
        values["last"] = last_event
    row = connection.execute(statement, values).one()._mapping
    image: Image = {}
    for name in _TABLES:
        image[name] = {str(cells[0]): cells[1:] for cells in _loaded(row[name])}
    return image, _loaded(row["event"])


def _loaded(value: Any) -> list[Any]:
    return (json.loads(value) if isinstance(value, str) else value) or []


@cache
def _statement(rows: str, cells: str, shared: bool, since: bool) -> AnySelect:
    """`rows` and `cells` are the functions of the database that make JSON lists."""
    listed, made = getattr(func, rows), getattr(func, cells)
    client: Any = bindparam("client")
    call: Any = bindparam("call")
    group = col(Client.id) == client
    if shared:  # and whoever has the same address or number
        mine = select(col(Client.email), col(Client.phone)).where(col(Client.id) == client).subquery()
        same_email = and_(mine.c.email != "", mine.c.email == col(Client.email))
        same_phone = and_(mine.c.phone != "", mine.c.phone == col(Client.phone))
        group = or_(group, exists().where(or_(same_email, same_phone)))
    parts = []
    for name, table in _TABLES.items():
        its = {Client: group, Call: col(Call.id) == call}.get(table)
        if its is None:
            its = col(table.client_id) == client
        wanted = made(col(table.id), *(col(getattr(table, one)) for one in _WATCHED[table]))
        parts.append(select(listed(wanted)).where(its).scalar_subquery().label(name))
    told = col(Event.id) == select(func.max(col(Event.id))).scalar_subquery()
    if since:
        of_them = col(Event.client_id).in_(select(col(Client.id)).where(group))
        told = and_(col(Event.id) > bindparam("last"), or_(col(Event.call_id) == call, of_them))
    parts.append(select(listed(col(Event.id))).where(told).scalar_subquery().label("event"))
    return select(*parts)


# -- taking it back ---------------------------------------------------------------------------------


@dataclass(slots=True)
class Undo:
    """What an outcome did, read again, and what has become of it since."""

    call_id: str
    client_id: int
    changes: dict[str, Any]
    now: Image
    events: list[int]

    def added(self, table: type[SQLModel]) -> dict[str, list[Any]]:
        """The rows of a table that the outcome wrote, by key, as it left them."""
        return dict(self.changes.get(str(table.__tablename__), {}).get("added", {}))

    @property
    def terms(self) -> list[int]:
        """The terms that it changed or opened."""
        told = self.changes.get("subscription", {})
        return [int(key) for part in ("changed", "added") for key in told.get(part, {})]

    @property
    def clients(self) -> list[int]:
        """The clients whose address or number, or wishes, it changed."""
        return [int(key) for key in self.changes.get("client", {}).get("changed", {})]

    def moved(self) -> str:
        """What has happened since to what the outcome wrote, as a table's name; empty when nothing has."""
        for name, table in _TABLES.items():
            told = self.changes.get(name, {})
            for key, (was, then) in told.get("changed", {}).items():
                cells = self.now[name].get(key)
                if cells is None or _moved(cells, then, [a != b for a, b in zip(was, then, strict=True)]):
                    return name
            for key, then in told.get("added", {}).items():
                cells = self.now[name].get(key)
                if cells is None or (table is not Message and _moved(cells, then, [True] * len(then))):
                    return name
        return ""


def _moved(now: list[Any], then: list[Any], watched: list[bool]) -> bool:
    return any(wanted and _other(a, b) for a, b, wanted in zip(now, then, watched, strict=True))


_BY_TIME = frozenset({SubscriptionStatus.ACTIVE.value, SubscriptionStatus.EXPIRED.value})


def _other(now: Any, then: Any) -> bool:
    """Whether somebody changed it: that a term expired, time alone did."""
    return bool(now != then) and not (now in _BY_TIME and then in _BY_TIME)


def read(connection: Connection, call_id: str, client_id: int) -> Undo | None:
    """What the outcome of a call did; None where it was not kept."""
    changes = connection.scalar(select(col(CallUndo.changes)).where(col(CallUndo.call_id) == call_id))
    if changes is None:
        return None
    image, _ = _image(connection, client_id, call_id, shared=changes["shared"])
    return Undo(call_id, client_id, dict(changes), image, list(changes["event"]))


_ADDED: tuple[Any, ...] = (Pause, Agreement, Proposal, GrantedOffer, Callback, Escalation, Commitment)
"""What goes; messages, events and churn records stay, and say that they were taken back."""


def take_back(connection: Connection, undo: Undo, *, but: Collection[type[SQLModel]] = ()) -> None:
    """Put back all that the outcome changed, but in some tables.

    The terms that it opened are void from now on: once they have been reassessed, `drop_terms` removes them.
    """
    for table in _ADDED:
        if keys := [int(key) for key in undo.added(table)]:
            connection.execute(delete(table).where(col(table.id).in_(keys)))
    for name, table in _TABLES.items():
        told = undo.changes.get(name, {}) if table not in but else {}
        for key, row in told.get("removed", {}).items():
            connection.execute(insert(table), {"id": int(key), **_typed(table, row)})
        for key, (was, then) in told.get("changed", {}).items():
            moved = [a != b for a, b in zip(was, then, strict=True)]
            typed = _typed(table, was).items()
            values = {one: cell for (one, cell), changed in zip(typed, moved, strict=True) if changed}
            mine = col(table.id) == (key if table is Call else int(key))
            connection.execute(update(table).where(mine).values(**values))
    opened = [int(key) for key in undo.added(Subscription)]
    void = update(Subscription).where(col(Subscription.id).in_(opened))
    connection.execute(void.values(status=SubscriptionStatus.VOID))
    connection.execute(delete(CallUndo).where(col(CallUndo.call_id) == undo.call_id))


_SPEAKING: tuple[Any, ...] = (Message, Event, Call, GrantedOffer)


def drop_terms(connection: Connection, undo: Undo) -> None:
    """The terms that never began go; one that something speaks of already stays, void."""
    for key in undo.added(Subscription):
        spoken_of = [exists().where(col(table.subscription_id) == int(key)) for table in _SPEAKING]
        if not connection.scalar(select(or_(*spoken_of))):
            connection.execute(delete(Subscription).where(col(Subscription.id) == int(key)))


def _typed(table: type[SQLModel], cells: Sequence[Any]) -> dict[str, Any]:
    """The cells of a row by column, each as Python has it."""
    columns = SQLModel.metadata.tables[str(table.__tablename__)].columns
    return {name: _value(columns[name].type, cell) for name, cell in zip(_WATCHED[table], cells, strict=True)}


def _value(kind: Any, cell: Any) -> Any:
    if cell is None:
        return None
    if isinstance(kind, UtcDateTime):
        at = datetime.fromisoformat(cell)
        return at if at.tzinfo else at.replace(tzinfo=UTC)
    if isinstance(kind, Date):
        return date.fromisoformat(cell)
    if isinstance(kind, Boolean):
        return bool(cell)
    return json.loads(cell) if isinstance(kind, JSON) and isinstance(cell, str) else cell
