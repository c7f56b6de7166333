"""What was added beside the churn records is chained, in the order in which it was."""

import sqlalchemy as sa
from alembic import op

from console.db.migrations.frozen import AMENDMENT, AMENDMENT_TEXTS, Head, sealed

revision = "0007"
down_revision = "0006"

_ADDED = sa.table(
    "record_amendment",
    *(sa.column(name) for name in (
        "id", "record_id", "author", "kind", "text", "value", "before", "addressee", "question_id",
        "seq", "previous_hash", "hash", "digests", "salt",
    )),
    sa.column("at", sa.DateTime(timezone=True)),
)  # fmt: skip
_RECORD = sa.table("churn_record", sa.column("id"), sa.column("hash"))
_BATCH = 1_000


def upgrade() -> None:
    with op.batch_alter_table("record_amendment") as batch:
        batch.add_column(sa.Column("seq", sa.Integer(), nullable=True))
        for name in ("previous_hash", "hash", "digests", "salt"):
            batch.add_column(sa.Column(name, sa.String(), server_default=sa.text("''"), nullable=False))
    op.create_index("ix_record_amendment_seq", "record_amendment", ["seq"], unique=True)
    connection = op.get_bind()
    query = (
        sa.select(_ADDED, _RECORD.c.hash.label("record_hash"))
        .join(_RECORD, _RECORD.c.id == _ADDED.c.record_id)
        .order_by(_ADDED.c.id)
        .limit(_BATCH)
    )
    last: Head = (0, "")
    number = 0
    while rows := connection.execute(query.where(_ADDED.c.id > number)).mappings().all():
        for row in rows:
            found = sealed(dict(row), last, AMENDMENT, AMENDMENT_TEXTS)
            number, last = row["id"], (found["seq"], found["hash"])
            connection.execute(sa.update(_ADDED).where(_ADDED.c.id == number).values(**found))
