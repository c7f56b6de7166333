"""A message that nobody refused, and that may have been received, is no failure any more.

SQLite changes a condition by making the table anew. Those that had failed stay so: a seal may know them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"

_BEFORE, _AFTER = (f"status IN ('queued','sent','failed',{more}'cancelled')" for more in ("", "'unsure',"))


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        _anew(connection)
    else:
        op.drop_constraint(op.f("ck_message_status"), "message", type_="check")
        op.create_check_constraint(op.f("ck_message_status"), "message", _AFTER)


def _anew(connection: sa.Connection) -> None:
    """The table with the other condition; its rows and indexes as they are."""
    found = connection.exec_driver_sql(
        "SELECT sql FROM sqlite_master WHERE tbl_name = 'message' AND sql IS NOT NULL ORDER BY type DESC"
    )
    made, *indexes = found.scalars()
    made = made.replace(_BEFORE, _AFTER)
    for name in ("CREATE TABLE message", 'CREATE TABLE "message"'):
        made = made.replace(name, "CREATE TABLE message_anew", 1)
    connection.exec_driver_sql(made)
    connection.exec_driver_sql("INSERT INTO message_anew SELECT * FROM message")
    connection.exec_driver_sql("DROP TABLE message")
    connection.exec_driver_sql("ALTER TABLE message_anew RENAME TO message")
    for index in indexes:
        connection.exec_driver_sql(index)
