"""The content in force is kept in the base; calls that had begun keep their script alone."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    op.create_table(
        "content_files",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("files", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_content_files"),
    )
    op.create_table(
        "content_version",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.ForeignKeyConstraint(["hash"], ["content_files.hash"], name="fk_content_version_hash"),
        sa.PrimaryKeyConstraint("number", name="pk_content_version"),
    )
    op.add_column("call", sa.Column("content", sa.String(), server_default=sa.text("''"), nullable=False))
