"""A pause is a row, rebuilt from the events; a term that was paused has that fate whatever followed.

Until now a renewal or a refusal after the expiry took the place of the pause on the term: the choice comes
back, and what followed goes to the pause.
"""

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

_PARIS = ZoneInfo("Europe/Paris")
_MONTHS = 3
"""How long a pause lasted when an event did not say."""
_PAST = datetime(2000, 1, 1, tzinfo=UTC)

_INSTANT = sa.DateTime(timezone=True)
_TERM = sa.table(
    "subscription",
    *(sa.column(name, sa.Integer()) for name in ("id", "client_id")),
    *(sa.column(name, sa.Date()) for name in ("starts_on", "expires_on")),
    *(sa.column(name, sa.String()) for name in ("status", "retention")),
    *(sa.column(name, _INSTANT) for name in ("settled_at", "fresh_until")),
)
_EVENT = sa.table(
    "event",
    *(sa.column(name, sa.Integer()) for name in ("id", "subscription_id")),
    sa.column("kind", sa.String()),
    sa.column("at", _INSTANT),
    sa.column("data", sa.JSON()),
)
_WATCH = sa.table("watch", sa.column("subscription_id", sa.Integer()), sa.column("look_on", sa.Date()))
_PAUSE = sa.table(
    "pause",
    *(sa.column(name, sa.Integer()) for name in ("client_id", "subscription_id")),
    *(sa.column(name, sa.Date()) for name in ("starts_on", "resume_by")),
    *(sa.column(name, _INSTANT) for name in ("agreed_at", "resumed_at", "refused_at")),
)


def upgrade() -> None:
    op.create_table(
        "pause",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("subscription_id", sa.Integer(), nullable=False),
        sa.Column("agreed_at", _INSTANT, nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("resume_by", sa.Date(), nullable=False),
        sa.Column("resumed_at", _INSTANT, nullable=True),
        sa.Column("refused_at", _INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_pause_client_id")),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscription.id"], name=op.f("fk_pause_subscription_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pause")),
        sa.UniqueConstraint("subscription_id", name=op.f("uq_pause_subscription_id")),
    )
    op.create_index("ix_pause_client_id", "pause", ["client_id"])
    connection = op.get_bind()
    for term, agreed_at, resume_by in list(_paused(connection)):
        _rebuild(connection, term, agreed_at, resume_by)


def _paused(connection: sa.Connection) -> Iterator[tuple[Any, datetime, date]]:
    """Each term that was paused, when, and until when at most."""
    chosen: dict[int, Any] = {
        row.subscription_id: row
        for row in connection.execute(
            sa.select(_EVENT.c.subscription_id, _EVENT.c.at, _EVENT.c.data)
            .where(_EVENT.c.kind == "paused", _EVENT.c.subscription_id.is_not(None))
            .order_by(_EVENT.c.id)
        )
    }
    settled = _TERM.c.status.in_(("renewed", "cancelled")) & _TERM.c.id.in_(
        sa.select(_EVENT.c.subscription_id).where(_EVENT.c.kind == "paused")
    )
    query = sa.select(_TERM).where(sa.or_(_TERM.c.status == "paused", settled))
    for term in connection.execute(query.order_by(_TERM.c.id)).all():
        event = chosen.get(term.id)
        said = (event.data or {}).get("resume_by") if event else None
        at = event.at if event else term.settled_at
        resume_by = date.fromisoformat(said) if said else _last_day(term.expires_on + timedelta(days=1))
        yield term, _aware(at or _start(term.expires_on)), resume_by


def _rebuild(connection: sa.Connection, term: Any, agreed_at: datetime, resume_by: date) -> None:
    pause: dict[str, Any] = {
        "client_id": term.client_id,
        "subscription_id": term.id,
        "starts_on": term.expires_on + timedelta(days=1),
        "resume_by": resume_by,
        "agreed_at": agreed_at,
        "resumed_at": None,
        "refused_at": None,
    }
    if term.status == "paused":
        pause["resumed_at"] = _next_start(connection, term)
    else:
        after = _aware(term.settled_at) if term.settled_at else agreed_at
        if after.astimezone(_PARIS).date() <= term.expires_on:
            return  # another choice was made before the pause began: it is the term's fate
        pause["resumed_at" if term.status == "renewed" else "refused_at"] = after
    resumed = pause["resumed_at"]
    in_time = resumed is not None and resumed.astimezone(_PARIS).date() <= resume_by
    connection.execute(sa.insert(_PAUSE).values(pause))
    connection.execute(
        sa.update(_TERM)
        .where(_TERM.c.id == term.id)
        .values(
            status="paused",
            retention="resumed" if in_time else "paused",
            settled_at=agreed_at,
            fresh_until=_PAST,  # its place is worked out again at the next opening
        )
    )
    if connection.execute(sa.select(_WATCH).where(_WATCH.c.subscription_id == term.id)).first() is None:
        connection.execute(sa.insert(_WATCH).values(subscription_id=term.id, look_on=term.expires_on))


def _next_start(connection: sa.Connection, term: Any) -> datetime | None:
    """When the client's next term began, if there is one."""
    query = sa.select(sa.func.min(_TERM.c.starts_on)).where(
        _TERM.c.client_id == term.client_id, _TERM.c.starts_on > term.expires_on
    )
    first = connection.scalar(query)
    return _start(first) if first else None


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), _PARIS).astimezone(UTC)


def _aware(at: datetime) -> datetime:
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)


def _last_day(start: date) -> date:
    year, month = divmod(start.year * 12 + start.month - 1 + _MONTHS, 12)
    day = date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))
    return day - timedelta(days=1)
