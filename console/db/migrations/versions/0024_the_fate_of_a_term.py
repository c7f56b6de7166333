"""A term's fate apart from what its client did afterwards, and when each fact became known.

What was written over the fate of a term, a client who came back after its end, is set beside it again. A
renewal that an import found late is the renewal that it was.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

_AT_ONCE = 1000
_PARIS = ZoneInfo("Europe/Paris")
_BEFORE = ("expires_on", "client_code", "id", "status", "retention", "settled_at")
_FOUND = "Renouvelé ailleurs, constaté à l’import%"
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_MOMENT = sa.DateTime(timezone=True)
_TERM = sa.table(
    "subscription",
    sa.column("id", sa.Integer),
    sa.column("client_id", sa.Integer),
    sa.column("starts_on", sa.Date),
    sa.column("expires_on", sa.Date),
    sa.column("status", sa.String),
    sa.column("retention", sa.String),
    sa.column("settled_at", _MOMENT),
    sa.column("dated_by_import", sa.Boolean),
    sa.column("came_back_at", _MOMENT),
    sa.column("came_back_how", sa.String),
    sa.column("fresh_until", _MOMENT),
)
_EVENT = sa.table(
    "event",
    sa.column("subscription_id", sa.Integer),
    sa.column("kind", sa.String),
    sa.column("at", _MOMENT),
    sa.column("known_at", _MOMENT),
    sa.column("text", sa.String),
)


def upgrade() -> None:
    op.add_column("event", sa.Column("known_at", _MOMENT, nullable=True))
    op.execute(sa.update(_EVENT).values(known_at=_EVENT.c.at))
    for column in (
        sa.Column("settled_known_at", _MOMENT, nullable=True),
        sa.Column("dated_by_import", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("came_back_at", _MOMENT, nullable=True),
        sa.Column("came_back_how", sa.String(), server_default=sa.text("''"), nullable=False),
    ):
        op.add_column("subscription", column)
    op.drop_index("ix_subscription_cohort", "subscription")
    op.create_index("ix_subscription_cohort", "subscription", [*_BEFORE, "came_back_at", "dated_by_import"])
    few = sa.text("settled_known_at > settled_at")
    op.create_index(
        "ix_subscription_late", "subscription", ["expires_on"], sqlite_where=few, postgresql_where=few
    )
    tell(op.get_bind())


def tell(connection: sa.Connection) -> None:
    """Fill the columns; where the terms that move stand is worked out when the base is next opened."""
    found = sa.exists().where(
        _EVENT.c.subscription_id == _TERM.c.id, _EVENT.c.kind == "renewed", _EVENT.c.text.like(_FOUND)
    )
    imported = sa.update(_TERM).where(_TERM.c.retention == "already_renewed", found)
    connection.execute(imported.values(dated_by_import=True))
    changes = [one for term in _doubtful(connection) if (one := _told(connection, term))]
    if changes:
        names = [name for name in changes[0] if name != "term"]
        update = sa.update(_TERM).where(_TERM.c.id == sa.bindparam("term"))
        connection.execute(update.values({name: sa.bindparam(name) for name in names}), changes)


def _doubtful(connection: sa.Connection) -> Iterator[Any]:
    """The terms retained, maybe after their end, and those that ended without an answer before another."""
    later = _TERM.alias("later")
    followed = sa.exists().where(
        later.c.client_id == _TERM.c.client_id, later.c.starts_on > _TERM.c.expires_on
    )
    wanted = sa.or_(
        sa.and_(_TERM.c.retention != "", _TERM.c.settled_at.is_not(None)),
        sa.and_(_TERM.c.status == "expired", followed),
    )
    after = 0
    while page := connection.execute(
        sa.select(_TERM).where(wanted, _TERM.c.id > after).order_by(_TERM.c.id).limit(_AT_ONCE)
    ).all():
        yield from page
        after = page[-1].id


def _told(connection: sa.Connection, term: Any) -> dict[str, Any] | None:
    """What becomes of a term; None where it stands as it was."""
    over = _start(term.expires_on + timedelta(days=1))
    change = {
        "term": term.id,
        "status": term.status,
        "retention": "",
        "settled_at": over,
        "dated_by_import": True,
        "came_back_at": None,
        "came_back_how": "",
        "fresh_until": _LONG_AGO,
    }
    if term.status == "expired":
        following = sa.select(sa.func.min(_TERM.c.starts_on)).where(
            _TERM.c.client_id == term.client_id, _TERM.c.starts_on > term.expires_on
        )
        starts_on = connection.scalar(following)
        if starts_on == term.expires_on + timedelta(days=1):
            in_time = over - timedelta(seconds=1)
            return change | {"status": "renewed", "retention": "already_renewed", "settled_at": in_time}
        return change | {"came_back_at": _start(starts_on), "came_back_how": "already_renewed"}
    if _aware(term.settled_at) < over:
        return None
    refusals = sa.select(sa.func.max(_EVENT.c.at)).where(
        _EVENT.c.subscription_id == term.id, _EVENT.c.kind == "refused", _EVENT.c.at < over
    )
    refused = connection.scalar(refusals)
    back = {"came_back_at": term.settled_at, "came_back_how": term.retention, "dated_by_import": False}
    if refused is None:
        return change | back | {"status": "expired"}
    return change | back | {"status": "cancelled", "settled_at": refused}


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), _PARIS).astimezone(UTC)


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)
