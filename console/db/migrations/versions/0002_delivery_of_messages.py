"""What the delivery of a message needs: tries, lease, last failure, and what came back."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    # SQLite's own ADD COLUMN leaves a table's text unlike that of a new one; made anew, both are the same.
    anew = op.get_context().dialect.name == "sqlite"
    op.drop_index("ix_message_queue", "message")
    with op.batch_alter_table("message", recreate="always" if anew else "never") as batch:
        batch.add_column(sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False))
        batch.add_column(sa.Column("uncertain", sa.Integer(), server_default=sa.text("0"), nullable=False))
        batch.add_column(sa.Column("error", sa.String(), server_default=sa.text("''"), nullable=False))
        batch.add_column(sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("lease_token", sa.String(), server_default=sa.text("''"), nullable=False))
        batch.add_column(sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("bounced_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_message_queue", "message", ["status", "channel", "not_before", "id"])
