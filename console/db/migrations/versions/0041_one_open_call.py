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


_OVER = (
    "call.ended_at IS NULL AND EXISTS"  # noqa: S608
    " (SELECT 1 FROM call AS later WHERE later.{column} = call.{column} AND " + _LATER + ")"
)
_TOLD = '{"outcome": "interrupted", "duration_s": 0}'
_LAST = "coalesce((SELECT max(step.at) FROM call_step AS step WHERE step.call_id = call.id), call.started_at)"


def upgrade() -> None:
    for column in ("agent", "client_id"):
        over = _OVER.format(column=column)
        # A fact tells of it, else `verifier` would take the call for one that somebody has added.
        op.execute(
            "INSERT INTO event"  # noqa: S608
            " (at, known_at, kind, client_id, subscription_id, call_id, agent, text, data, key)"
            f" SELECT {_LAST}, {_LAST}, 'call_ended', client_id, subscription_id, id, agent, 'Interrompu',"
            f" '{_TOLD}', id || '\\:call_ended'"
            f" FROM call WHERE {over}"
        )
        op.execute(  # where their cases stand is looked at again
            "UPDATE subscription SET fresh_until = coalesce(placed_at, CURRENT_TIMESTAMP) WHERE id IN"  # noqa: S608
            f" (SELECT subscription_id FROM call WHERE {over})"
        )
        op.execute(
            f"UPDATE call SET ended_at = {_LAST}, outcome = 'interrupted' WHERE {over}"  # noqa: S608
        )
        op.create_index(
            f"uq_call_open_{column}",
            "call",
            [column],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
