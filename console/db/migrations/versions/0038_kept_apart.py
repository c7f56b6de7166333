"""What a call did while the base was away, and could not be written, is found by index."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    only = sa.text("kind = 'kept_apart'")
    op.create_index("ix_event_kept", "event", ["id"], sqlite_where=only, postgresql_where=only)
