"""Schema changes, in order. Imported only when an existing database is behind the program.

A change of `tables.py` goes with a new file in `versions`, numbered after the last, and with
`tables.SCHEMA` moved to its number; the tests compare what both ways of making a database give.
`python -m console.db.migrations "what changes"` writes a first draft of the file.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

HERE = Path(__file__).parent


def config(connection: Connection) -> Config:
    """Alembic's settings, without an ini file: the scripts beside this one, on this connection."""
    settings = Config()
    settings.set_main_option("script_location", str(HERE).replace("%", "%%"))
    settings.attributes["connection"] = connection
    return settings


def upgrade(connection: Connection) -> None:
    """Brings the schema to the last version, inside the transaction that the connection is in."""
    command.upgrade(config(connection), "head")
