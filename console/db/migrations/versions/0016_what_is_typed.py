"""What is being typed about a client is kept by field: notes, comments, questions, answers, cancellations."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "draft",
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("about", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name="fk_draft_client_id"),
        sa.PrimaryKeyConstraint("agent", "client_id", "field", "about", name="pk_draft"),
    )
    op.execute(
        "INSERT INTO draft (agent, client_id, field, about, text)"
        " SELECT agent, client_id, 'note', 0, text FROM note_draft"
    )
    op.drop_table("note_draft")
