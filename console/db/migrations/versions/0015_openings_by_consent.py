"""Since when a client agrees that the openings of their e-mails are measured.

Where each case stands is worked out anew: openings that are not measured put nobody at risk any more.
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

_TERMS = sa.table("subscription", sa.column("status"), sa.column("fresh_until", sa.DateTime(timezone=True)))


def upgrade() -> None:
    op.add_column("client", sa.Column("tracking_consent_at", sa.DateTime(timezone=True), nullable=True))
    long_ago = datetime(2000, 1, 1, tzinfo=UTC)
    op.execute(_TERMS.update().where(_TERMS.c.status == "active").values(fresh_until=long_ago))
