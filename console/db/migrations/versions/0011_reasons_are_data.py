"""The reasons of a refusal are data: the table no longer says which there are.

SQLite takes a constraint away by making the table anew, which the rows that refer to it forbid. Its text is
changed instead, as SQLite's documentation has it for a CHECK that goes: the rows stay as they are.
"""

import re

from alembic import op

revision = "0011"
down_revision = "0010"

_CHECK = re.compile(r',\s*CONSTRAINT "?ck_churn_record_reason"?\s+CHECK \(reason IN \([^)]*\)\)')


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        op.drop_constraint(op.f("ck_churn_record_reason"), "churn_record", type_="check")
        return
    found = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = 'churn_record'")
    bare = _CHECK.sub("", found.scalar_one())
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.exec_driver_sql("UPDATE sqlite_master SET sql = ? WHERE name = 'churn_record'", (bare,))
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
