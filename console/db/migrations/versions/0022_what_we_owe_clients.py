"""What was promised in a call is a row until it is done; what was promised before is not known."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.create_table(
        "commitment",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("client_id", sa.Integer(), sa.ForeignKey("client.id"), nullable=False),
        sa.Column("subscription_id", sa.Integer(), sa.ForeignKey("subscription.id"), nullable=False),
        sa.Column("call_id", sa.String(), sa.ForeignKey("call.id"), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.String(), nullable=False),
    )
    op.create_index("ix_commitment_open", "commitment", ["done_at", "due_on"])
    op.create_index("ix_commitment_client_id", "commitment", ["client_id"])
    op.create_index("ix_commitment_call_id", "commitment", ["call_id"])
