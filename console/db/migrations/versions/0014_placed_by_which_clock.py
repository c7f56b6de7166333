"""By which clock a term was placed, so that the right one takes back what a wrong one did.

Terms expired so far are said to be placed at the end of their day: those that a clock too far ahead ended
await an answer again at the next opening. That they expired is no event any more: the history tells it from
the term.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("subscription", sa.Column("placed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_subscription_placed", "subscription", ["placed_at"])
    op.execute("UPDATE subscription SET placed_at = settled_at WHERE status = 'expired'")
    op.execute("DELETE FROM event WHERE kind = 'expired'")
