"""The refusal journal: churn records chained and searchable, what is added beside them, named views."""

import sqlalchemy as sa
from alembic import op

from console.db.migrations.frozen import RECORD, RECORD_TEXTS, Head, sealed, search_words

revision = "0005"
down_revision = "0004"

_RECORD = sa.table(
    "churn_record",
    *(sa.column(name) for name in (
        "id", "call_id", "client_id", "subscription_id", "client_code", "client_name", "reason", "verbatim",
        "first_objection", "context", "result", "status", "note", "recommendation", "agent", "script_hash",
        "duration_s", "plan", "search", "reason_now", "seq", "previous_hash", "hash", "digests", "salt",
    )),
    sa.column("at", sa.DateTime(timezone=True)),
    *(sa.column(name, sa.Date()) for name in ("cancelled_on", "effective_on")),
    *(sa.column(name, sa.Date()) for name in ("follow_up_on", "follow_up_now")),
    *(sa.column(name, sa.Boolean()) for name in ("resumable", "vip")),
    sa.column("attempts", sa.JSON()),
)  # fmt: skip
_TERM = sa.table("subscription", sa.column("id"), sa.column("plan"))
_WORD = sa.table("record_word", sa.column("word"), sa.column("record_id"))
_BATCH = 1_000


def upgrade() -> None:
    anew = op.get_context().dialect.name == "sqlite"
    empty, no = sa.text("''"), sa.false()
    with op.batch_alter_table("churn_record", recreate="always" if anew else "never") as batch:
        batch.add_column(sa.Column("plan", sa.String(), server_default=empty, nullable=False))
        batch.add_column(sa.Column("vip", sa.Boolean(), server_default=no, nullable=False))
        batch.add_column(sa.Column("search", sa.String(), server_default=empty, nullable=False))
        batch.add_column(sa.Column("reason_now", sa.String(), server_default=empty, nullable=False))
        batch.add_column(sa.Column("follow_up_now", sa.Date(), nullable=True))
        batch.add_column(sa.Column("reviewed", sa.Boolean(), server_default=no, nullable=False))
        batch.add_column(sa.Column("seq", sa.Integer(), nullable=True))
        for name in ("previous_hash", "hash", "digests", "salt"):
            batch.add_column(sa.Column(name, sa.String(), server_default=empty, nullable=False))
        batch.add_column(sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_churn_record_reason", "churn_record", ["reason_now", "at"])
    op.create_index("ix_churn_record_agent", "churn_record", ["agent", "at"])
    op.create_index("ix_churn_record_reviewed", "churn_record", ["reviewed", "at"])
    op.create_index("ix_churn_record_seq", "churn_record", ["seq"], unique=True)
    op.create_table(
        "record_amendment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("addressee", sa.String(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("question_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["record_id"], ["churn_record.id"], name=op.f("fk_record_amendment_record_id")
        ),
        sa.ForeignKeyConstraint(
            ["question_id"], ["record_amendment.id"], name=op.f("fk_record_amendment_question_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_amendment")),
    )
    op.create_index("ix_record_amendment_record", "record_amendment", ["record_id", "id"])
    op.create_index("ix_record_amendment_addressee", "record_amendment", ["addressee", "answered_at"])
    exact = sa.String().with_variant(sa.String(collation="C"), "postgresql")
    op.create_table(
        "record_word",
        sa.Column("word", exact, nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["churn_record.id"], name=op.f("fk_record_word_record_id")),
        sa.PrimaryKeyConstraint("word", "record_id", name=op.f("pk_record_word")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "journal_view",
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("filters", sa.JSON(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("agent", "name", name=op.f("pk_journal_view")),
    )
    _chain(op.get_bind())


def _chain(connection: sa.Connection) -> None:
    """The records written so far, in the order they were written."""
    query = (
        sa.select(*(column for column in _RECORD.c if column.name != "plan"), _TERM.c.plan)
        .join(_TERM, _TERM.c.id == _RECORD.c.subscription_id)
        .order_by(_RECORD.c.id)
        .limit(_BATCH)
    )
    last: Head = (0, "")
    number = 0
    while rows := connection.execute(query.where(_RECORD.c.id > number)).mappings().all():
        for row in rows:
            record = dict(row) | {"vip": "(VIP)" in row["context"]}
            found = {
                "plan": record["plan"],
                "vip": record["vip"],
                "search": search_words(record["verbatim"], record["note"]),
                "reason_now": record["reason"],
                "follow_up_now": record["follow_up_on"],
                **sealed(record, last, RECORD, RECORD_TEXTS),
            }
            number, last = record["id"], (found["seq"], found["hash"])
            connection.execute(sa.update(_RECORD).where(_RECORD.c.id == number).values(**found))
            if words := sorted(set(found["search"].split())):
                connection.execute(sa.insert(_WORD), [{"word": word, "record_id": number} for word in words])
