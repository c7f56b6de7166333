"""Drafts the next migration: compares the tables with what the migrations make so far."""

import sys
from tempfile import TemporaryDirectory

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from console.db.migrations import config, upgrade

with TemporaryDirectory() as folder:
    engine = create_engine(f"sqlite:///{folder}/draft.db")
    with engine.begin() as connection:
        settings = config(connection)
        last = ScriptDirectory.from_config(settings).get_current_head()
        if last:
            upgrade(connection)
        command.revision(settings, message=sys.argv[1], autogenerate=True, rev_id=f"{int(last or 0) + 1:04d}")
