"""Whose a client is: a team's, an agent's; and where they live, by department. Nobody's until it is said."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    for name in ("team", "advisor", "department"):
        column = sa.Column(name, sa.String(), server_default=sa.text("''"), nullable=False)
        op.add_column("client", column)
