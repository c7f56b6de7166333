"""A bounced SMS says nothing of the voice: the numbers that only an SMS condemned may be called again."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.add_column("client", sa.Column("sms_usable", sa.Boolean(), server_default=sa.true(), nullable=False))
    call_again(op.get_bind())


def call_again(connection: sa.Connection) -> None:
    """Numbers that an SMS alone condemned are mobile numbers that no SMS goes to."""
    client = sa.table(
        "client",
        sa.column("id", sa.Integer),
        sa.column("phone", sa.String),
        sa.column("phone_kind", sa.String),
        sa.column("sms_usable", sa.Boolean),
    )
    event = sa.table(
        "event",
        sa.column("client_id", sa.Integer),
        sa.column("kind", sa.String),
        sa.column("text", sa.String),
    )
    told = sa.exists().where(event.c.client_id == client.c.id)
    # Only mobile numbers are written to, and the sentence names the number: « L’adresse +336… rejette … ».
    bounced = told.where(
        event.c.kind == "bounced",
        client.c.phone != "",
        event.c.text.contains(client.c.phone),
        event.c.text.contains("rejette les messages"),
    )
    by_agent = told.where(event.c.kind == "phone_invalid")
    connection.execute(
        sa.update(client)
        .where(client.c.phone_kind == "invalid", bounced, ~by_agent)
        .values(phone_kind="mobile", sms_usable=sa.false())
    )
