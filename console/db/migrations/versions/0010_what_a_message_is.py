"""What a message is stands in its row: its purpose, and its step of the timeline if it is one."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_PURPOSES = {
    "confirmation-renouvellement": "confirmation",
    "confirmation-remise": "confirmation",
    "confirmation-downgrade": "confirmation",
    "confirmation-pause": "confirmation",
    "lien-renouvellement": "link",
    "accuse-escalade": "acknowledgement",
    "cloture": "closing",
    "transition": "transition",
    "acceptation": "acceptance",
    "suivi-3-mois": "follow_up",
    "rappel": "by_hand",
}
"""By kind; a message of any other kind is a step of the timeline, known by its code."""


def upgrade() -> None:
    op.drop_index("ix_message_subscription", "message")
    for name in ("purpose", "step"):
        op.add_column("message", sa.Column(name, sa.String(), server_default=sa.text("''"), nullable=False))
    message = sa.table("message", *(sa.column(name) for name in ("kind", "purpose", "step")))
    named = message.c.kind.in_(list(_PURPOSES))
    op.execute(
        sa.update(message)
        .where(named)
        .values(purpose=sa.case(_PURPOSES, value=message.c.kind, else_="reminder"))
    )
    op.execute(sa.update(message).where(~named).values(purpose="reminder", step=message.c.kind))
    op.create_index(
        "ix_message_subscription", "message", ["subscription_id", "channel", "sent_at", "purpose"]
    )
