"""Events set aside are closed with a word."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    op.add_column("set_aside_event", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
    for name in ("closed_by", "closed_why"):
        text = sa.Column(name, sa.String(), server_default=sa.text("''"), nullable=False)
        op.add_column("set_aside_event", text)
