"""What agents say of the script is found by index."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    only = sa.text("kind = 'script_remark'")
    op.create_index("ix_event_remark", "event", ["id"], sqlite_where=only, postgresql_where=only)
