"""The seals of what happened. What was there before them is covered by the first one."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    op.create_table(
        "seal",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("previous", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_seal"),
    )
    op.create_table(
        "seal_entry",
        sa.Column("subject", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("lines", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "seal", name="pk_seal_entry"),
    )
    op.create_table(
        "seal_salt",
        sa.Column("client_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("salt", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name="fk_seal_salt_client_id"),
        sa.PrimaryKeyConstraint("client_id", name="pk_seal_salt"),
    )
