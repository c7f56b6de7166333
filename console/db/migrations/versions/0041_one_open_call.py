"""One open call an agent, and a client, holds by itself: the base refuses another.

Where two were open, only the latest stays so: nobody knows how the others ended.
"""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"

_LATER = (
    "later.ended_at IS NULL AND (later.started_at > call.started_at"
    " OR (later.started_at = call.started_at AND later.id > call.id))"
)


def upgrade() -> None:
    for column in ("agent", "client_id"):
        op.execute(
            "UPDATE call SET ended_at = started_at, outcome = 'interrupted' WHERE ended_at IS NULL AND EXISTS"  # noqa: S608
            f" (SELECT 1 FROM call AS later WHERE later.{column} = call.{column} AND {_LATER})"
        )
        op.create_index(
            f"uq_call_open_{column}",
            "call",
            [column],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
