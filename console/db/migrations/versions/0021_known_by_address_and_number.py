"""A client without a code is recognised by address and number, each searched in its own column."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.create_index("ix_client_email", "client", ["email"])
    op.create_index("ix_client_phone", "client", ["phone"])
    op.drop_index("ix_client_source_key", "client")
    op.drop_column("client", "source_key")
    # An address is kept in lower case since the first import; one written by hand is put so.
    client = sa.table("client", sa.column("email", sa.String), sa.column("email_usable", sa.Boolean))
    op.execute(sa.update(client).where(client.c.email_usable).values(email=sa.func.lower(client.c.email)))
