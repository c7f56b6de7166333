"""The short addresses of messages that leave; those that left before go on working by their signature."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    op.create_table(
        "short_link",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("offer", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name="fk_short_link_client_id"),
        sa.PrimaryKeyConstraint("digest", name="pk_short_link"),
    )
    op.create_index("ix_short_link_client_id", "short_link", ["client_id"])
