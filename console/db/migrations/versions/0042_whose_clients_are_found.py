"""Whose a client is, is found by an index: each key of the dashboard asked it of every client."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    for name in ("advisor", "team"):
        said = sa.text(f"{name} <> ''")
        op.create_index(
            f"ix_client_{name}",
            "client",
            [sa.text(f"lower({name})")],
            sqlite_where=said,
            postgresql_where=said,
        )
