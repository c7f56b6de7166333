"""What clients agree to on the phone has a table: who, when, and what proves it.

Rebuilt from the events of the calls that agreed to something. A link that was sent so that the client renew
alone is no renewal any more: without a proof the term awaits an answer again, and the one it had opened never
began. An agreement of which nobody knows a proof, and whose 30 days after the expiry are over, stays what it
was: figures that were given do not move, and whether it was confirmed is said to be unknown. What the others
become is worked out by the next opening: their terms are marked stale.
"""

import re
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

_KINDS = ("renewed", "discounted", "downgraded", "paused")
_HELD = timedelta(days=31)
_PROOFS = {"paid": "paid", "confirmed": "written", "renewed": "renewed"}
_CHECK = re.compile(r"(CONSTRAINT \"?ck_subscription_status\"?\s+CHECK \(status IN \([^)]*'cancelled')\)")
_STATUSES = "status IN ('active','renewed','downgraded','paused','expired','cancelled','void')"
_TERM = (
    "id", "client_id", "status", "retention", "settled_at", "written_agreement", "workshops_given",
    "starts_on", "expires_on", "fresh_until",
)  # fmt: skip
_instant = sa.DateTime(timezone=True)
_TYPES: dict[str, Any] = {
    "settled_at": _instant,
    "fresh_until": _instant,
    "starts_on": sa.Date(),
    "expires_on": sa.Date(),
}
_subscription = sa.table(
    "subscription",
    *(sa.column(name, _TYPES.get(name, sa.String())) for name in _TERM),
)
_event = sa.table(
    "event",
    *(sa.column(name) for name in ("id", "kind", "client_id", "subscription_id", "call_id", "agent")),
    sa.column("at", _instant),
    sa.column("data", sa.JSON()),
)
_offer = sa.table(
    "granted_offer", sa.column("subscription_id"), sa.column("call_id"), sa.column("accepted_at", _instant)
)


def upgrade() -> None:
    agreement = op.create_table(
        "agreement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("subscription_id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=True),
        sa.Column("opened_id", sa.Integer(), nullable=True),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("agreed_at", _instant, nullable=False),
        sa.Column("confirmed_at", _instant, nullable=True),
        sa.Column("confirmed_by", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("withdrawn_at", _instant, nullable=True),
        sa.Column("withdrawn_why", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_agreement_client_id")),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscription.id"], name=op.f("fk_agreement_subscription_id")
        ),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_agreement_call_id")),
        sa.ForeignKeyConstraint(["opened_id"], ["subscription.id"], name=op.f("fk_agreement_opened_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement")),
    )
    op.create_index("ix_agreement_subscription", "agreement", ["subscription_id"])
    op.create_index("ix_agreement_opened", "agreement", ["opened_id"])
    waits = sa.text("confirmed_at IS NULL AND withdrawn_at IS NULL")
    op.create_index(
        "ix_agreement_awaited", "agreement", ["agreed_at"], sqlite_where=waits, postgresql_where=waits
    )
    _allow_void()
    for row in list(_agreed()):
        op.get_bind().execute(sa.insert(agreement).values(**row))
    op.drop_index("ix_subscription_awaited", "subscription")
    op.drop_column("subscription", "written_agreement")


def _allow_void() -> None:
    """SQLite makes a table anew to change its CHECK: the text is changed instead, as migration 0011 does."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        op.drop_constraint(op.f("ck_subscription_status"), "subscription", type_="check")
        op.create_check_constraint(op.f("ck_subscription_status"), "subscription", _STATUSES)
        return
    found = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = 'subscription'")
    wider = _CHECK.sub(r"\1,'void')", found.scalar_one())
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.exec_driver_sql("UPDATE sqlite_master SET sql = ? WHERE name = 'subscription'", (wider,))
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")


def _agreed() -> Iterator[dict[str, Any]]:
    """The rows of the agreements that calls have written, in their order; the terms follow them."""
    connection, term = op.get_bind(), _subscription
    made = connection.execute(
        sa.select(_event)
        .where(
            _event.c.kind.in_(_KINDS), _event.c.call_id.is_not(None), _event.c.subscription_id.is_not(None)
        )
        .order_by(_event.c.id)
    ).all()
    newest = connection.scalar(sa.select(sa.func.max(_event.c.at)))
    last = {event.subscription_id: event.id for event in made}
    for event in made:
        found = connection.execute(sa.select(term).where(term.c.id == event.subscription_id)).one()
        current = last[found.id] == event.id and found.settled_at == event.at
        awaited = current and found.written_agreement == "awaited"
        over = datetime.combine(found.expires_on + _HELD, time(), newest.tzinfo)
        unknown = awaited and newest >= max(over, event.at + _HELD)
        awaited = awaited and not unknown
        link = bool(event.data.get("by_link"))
        opened = connection.execute(
            sa.select(term.c.id, term.c.status)
            .where(term.c.client_id == found.client_id, term.c.starts_on > found.starts_on)
            .order_by(term.c.starts_on)
            .limit(1)
        ).first()
        proof = None if awaited else _proof(event)
        if awaited:
            stale = [found.id, *([opened.id] if opened else [])]
            connection.execute(sa.update(term).where(term.c.id.in_(stale)).values(fresh_until=event.at))
        if awaited and link:
            _await_again(found, opened)
        yield {
            "client_id": found.client_id,
            "subscription_id": found.id,
            "call_id": event.call_id,
            "opened_id": opened.id if opened and not link and event.kind != "paused" else None,
            "agent": event.agent,
            "outcome": "link_sent" if link else event.data.get("outcome", event.kind),
            "agreed_at": event.at,
            "confirmed_at": None if awaited else proof.at if proof else event.at,
            "confirmed_by": "" if awaited else _PROOFS[proof.kind] if proof else "unknown",
            "withdrawn_at": None,
            "withdrawn_why": "",
        }


def _proof(made: Any) -> Any:
    """The first thing that came back after an agreement and proves it."""
    query = sa.select(_event.c.at, _event.c.kind).where(
        _event.c.subscription_id == made.subscription_id,
        _event.c.kind.in_(tuple(_PROOFS)),
        _event.c.id > made.id,
    )
    return op.get_bind().execute(query.order_by(_event.c.id).limit(1)).first()


def _await_again(found: Any, opened: Any) -> None:
    """A link was sent and not used: nothing is settled, no offer taken, and no term opened."""
    connection, term = op.get_bind(), _subscription
    taken = (_offer.c.subscription_id == found.id, _offer.c.accepted_at == found.settled_at)
    connection.execute(sa.update(_offer).where(*taken).values(accepted_at=None))
    connection.execute(
        sa.update(term)
        .where(term.c.id == found.id)
        .values(status="active", retention="", settled_at=None, workshops_given=0)
    )
    if opened is not None and opened.status in {"active", "expired"}:
        connection.execute(sa.update(term).where(term.c.id == opened.id).values(status="void"))
