"""A number is never given twice: tables that lose rows remember their last one, on SQLite too.

SQLite gives the number of the last row again once that row has gone; a seal, which knows rows by their
numbers, then took the next row for the former one, changed by hand. The tables are made anew, as they were
but for that; a server has counted on from the first.
"""

import re

from alembic import op

revision = "0035"
down_revision = "0034"

_TABLES = (
    "subscription", "pause", "granted_offer", "agreement", "proposal", "callback", "escalation", "commitment",
)  # fmt: skip


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    for table in _TABLES:
        found = connection.exec_driver_sql(
            "SELECT type, sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL ORDER BY type DESC",
            (table,),
        ).all()
        (_, made), *indexes = found
        made = re.sub(r'(\W"?id"? INTEGER NOT NULL)', r"\1 PRIMARY KEY AUTOINCREMENT", made, count=1)
        made = re.sub(r',\s*CONSTRAINT "?\w+"? PRIMARY KEY \("?id"?\)', "", made, count=1)
        made = re.sub(rf'(?<=CREATE TABLE )"?{table}"?', f'"{table}_anew"', made, count=1)
        connection.exec_driver_sql(made.replace("%", "%%"))
        connection.exec_driver_sql(f'INSERT INTO "{table}_anew" SELECT * FROM "{table}"')  # noqa: S608
        connection.exec_driver_sql(f'DROP TABLE "{table}"')
        connection.exec_driver_sql(f'ALTER TABLE "{table}_anew" RENAME TO "{table}"')
        for _, index in indexes:
            connection.exec_driver_sql(index)
