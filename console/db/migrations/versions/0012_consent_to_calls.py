"""Since when a client agrees to be called after the expiry: from 11/08/2026 the law asks for it."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("client", sa.Column("call_consent_at", sa.DateTime(timezone=True), nullable=True))
