"""Who answers for a promised callback, who is away, and what a supervisor does with an escalation."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

EMPTY = sa.text("''")


def upgrade() -> None:
    # On SQLite the tables are made anew, so that their text is that of new ones (see 0002).
    anew = "always" if op.get_context().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("callback", recreate=anew) as batch:  # type: ignore[arg-type]
        batch.add_column(sa.Column("taken_by", sa.String(), server_default=EMPTY, nullable=False))
        batch.add_column(sa.Column("cancelled_why", sa.String(), server_default=EMPTY, nullable=False))
    with op.batch_alter_table("escalation", recreate=anew) as batch:  # type: ignore[arg-type]
        batch.add_column(sa.Column("taken_by", sa.String(), server_default=EMPTY, nullable=False))
        batch.add_column(sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("draft", sa.String(), server_default=EMPTY, nullable=False))
        batch.add_column(sa.Column("answer", sa.String(), server_default=EMPTY, nullable=False))
        batch.add_column(sa.Column("answered_by", sa.String(), server_default=EMPTY, nullable=False))
        batch.add_column(sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("closed_by", sa.String(), server_default=EMPTY, nullable=False))
    op.create_index("ix_escalation_open", "escalation", ["closed_at", "created_at"])
    op.create_table(
        "absence",
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("noted_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("agent", name=op.f("pk_absence")),
    )
    for name, column, condition in (
        ("ix_subscription_supervisor", "expires_on", sa.text("action = 'supervisor'")),
        ("ix_subscription_awaited", "settled_at", sa.text("written_agreement = 'awaited'")),
    ):
        op.create_index(name, "subscription", [column], sqlite_where=condition, postgresql_where=condition)
