"""Who is there, at which console, and what they are at; before it nobody's presence is known."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    op.create_table(
        "seat",
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("machine", sa.String(), nullable=False),
        sa.Column("console", sa.String(), nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.Column("freed_call", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("agent"),
    )
    op.create_table(
        "presence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_presence_day", "presence", ["began_at", "agent"])
    only = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_presence_agent", "presence", ["agent"], unique=True, sqlite_where=only, postgresql_where=only
    )
