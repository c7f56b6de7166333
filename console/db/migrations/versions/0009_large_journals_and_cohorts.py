"""The journal and the key figures of a large company: indexes that hold all that is searched and counted."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_CRITERIA = (
    "reason_now",
    "plan",
    "vip",
    "reviewed",
    "agent",
    "first_objection",
    "seniority",
    "effective_on",
)
_REPLACED = {
    "churn_record": ("at", "campaign", "reason", "agent", "reviewed", "analysis"),
    "message": ("subscription",),
}


def upgrade() -> None:
    for table, names in _REPLACED.items():
        for name in names:
            op.drop_index(f"ix_{table}_{name}", table)
    _journal("at", after=("cancelled_on", "reason"))
    _journal("campaign", ("effective_on",))
    _journal("reason", ("reason_now",))
    _journal("agent", ("agent",))
    _journal("unread", where="reviewed IS FALSE")
    _journal("vip", where="vip IS TRUE")
    _journal("basic", where="plan = 'basic'")
    op.create_index(
        "ix_subscription_cohort",
        "subscription",
        ["expires_on", "client_code", "id", "status", "retention", "settled_at"],
    )
    op.create_index("ix_message_subscription", "message", ["subscription_id", "channel", "sent_at", "kind"])
    rated = sa.text("satisfaction IS NOT NULL")
    op.create_index(
        "ix_call_rated",
        "call",
        ["subscription_id", "satisfaction"],
        sqlite_where=rated,
        postgresql_where=rated,
    )


def _journal(
    name: str, equal: tuple[str, ...] = (), after: tuple[str, ...] = (), *, where: str | None = None
) -> None:
    columns = [*equal, "at", "id", *(one for one in _CRITERIA if one not in equal), *after]
    condition = sa.text(where) if where else None
    op.create_index(
        f"ix_churn_record_{name}",
        "churn_record",
        columns,
        sqlite_where=condition,
        postgresql_where=condition,
    )
