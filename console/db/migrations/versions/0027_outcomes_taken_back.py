"""An outcome of a call can be taken back: what it changed is kept, and a churn record may be marked so.

Of a call and of a term, one record stands: those taken back stay beside it. SQLite changes a uniqueness by
making the table anew; the two tables that refer to it are made anew with it, since a table that others refer
to is not dropped. What the outcomes of the calls made before had changed is not known: they cannot be taken
back.
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"

_TABLES = ("churn_record", "record_amendment", "record_word")
_UNIQUE = ("call_id", "subscription_id")
_CRITERIA = (
    "reason_now", "plan", "vip", "reviewed", "agent", "first_objection", "seniority", "effective_on",
    "corrected_at",
)  # fmt: skip


def _journal(*equal: str) -> list[str]:
    return [*equal, "at", "id", *(name for name in _CRITERIA if name not in equal)]


_INDEXES = (
    ("ix_churn_record_at", [*_journal(), "cancelled_on", "reason"], ""),
    ("ix_churn_record_campaign", _journal("effective_on"), ""),
    ("ix_churn_record_reason", _journal("reason_now"), ""),
    ("ix_churn_record_agent", _journal("agent"), ""),
    ("ix_churn_record_unread", _journal(), "reviewed IS FALSE"),
    ("ix_churn_record_vip", _journal(), "vip IS TRUE"),
    ("ix_churn_record_basic", _journal(), "plan = 'basic'"),
)


def upgrade() -> None:
    connection = op.get_bind()
    op.create_table(
        "call_undo",
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_call_undo_call_id")),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_call_undo")),
    )
    for name, _, _ in _INDEXES:
        op.drop_index(name, "churn_record")
    if connection.dialect.name == "sqlite":
        _anew(connection)
    else:
        for name in _UNIQUE:
            op.drop_constraint(op.f(f"uq_churn_record_{name}"), "churn_record", type_="unique")
    op.add_column("churn_record", sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=True))
    for name, columns, condition in _INDEXES:
        where = sa.text(condition) if condition else None
        op.create_index(name, "churn_record", columns, sqlite_where=where, postgresql_where=where)
    stands = sa.text("corrected_at IS NULL")
    for name in _UNIQUE:
        op.create_index(
            f"uq_churn_record_{name}",
            "churn_record",
            [name],
            unique=True,
            sqlite_where=stands,
            postgresql_where=stands,
        )


def _anew(connection: sa.Connection) -> None:
    """The three tables without the two constraints; rows and other indexes as they are."""

    def master(kind: str, table: str) -> list[str]:
        found = connection.exec_driver_sql(
            "SELECT sql FROM sqlite_master WHERE type = ? AND tbl_name = ? AND sql IS NOT NULL", (kind, table)
        )
        return [str(row[0]) for row in found]

    indexes = [one for table in _TABLES for one in master("index", table)]
    for table in _TABLES:
        (made,) = master("table", table)
        for name in _UNIQUE:
            made = re.sub(rf',\s*(CONSTRAINT "?\w+"?\s+)?UNIQUE \("?{name}"?\)', "", made)
        made = re.sub(rf'(?<!\w)"?({"|".join(_TABLES)})"?(?!\w)', r'"\1_anew"', made)
        connection.exec_driver_sql(made.replace("%", "%%"))
        connection.exec_driver_sql(f'INSERT INTO "{table}_anew" SELECT * FROM "{table}"')  # noqa: S608
    for table in reversed(_TABLES):
        connection.exec_driver_sql(f'DROP TABLE "{table}"')
    for table in _TABLES:
        connection.exec_driver_sql(f'ALTER TABLE "{table}_anew" RENAME TO "{table}"')
    for one in indexes:
        connection.exec_driver_sql(one)
