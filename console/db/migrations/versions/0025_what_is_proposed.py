"""What was proposed to each client, and the answers: rebuilt from the calls and the offers granted.

The offers that earlier messages presented again after they were granted are not told: nobody kept them.
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"

_MOMENT = sa.DateTime(timezone=True)
_CALL = sa.table(
    "call",
    *(sa.column(name) for name in ("id", "client_id", "subscription_id", "attempts")),
    sa.column("ended_at", _MOMENT),
)
_GRANTED = sa.table(
    "granted_offer",
    *(sa.column(name) for name in ("id", "client_id", "subscription_id", "call_id", "offer")),
    sa.column("granted_at", _MOMENT),
    sa.column("accepted_at", _MOMENT),
)
_OTHERS = ("remise-temporaire", "geste-atelier", "geste-credit")
"""Offers that a call's own list of what it proposed has already."""


def upgrade() -> None:
    op.create_table(
        "proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("subscription_id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=True),
        sa.Column("message_id", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("offer", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("answered_at", _MOMENT, nullable=True),
        sa.Column("key", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_proposal_client_id")),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscription.id"], name=op.f("fk_proposal_subscription_id")
        ),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_proposal_call_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
        sa.UniqueConstraint("key", name=op.f("uq_proposal_key")),
    )
    op.create_index("ix_proposal_subscription", "proposal", ["subscription_id", "offer"])
    op.create_index("ix_proposal_call", "proposal", ["call_id"])
    op.create_index("ix_proposal_client", "proposal", ["client_id"])
    tell(op.get_bind())


def tell(connection: sa.Connection) -> None:
    """Writes what the calls proposed to those who hesitated, then every offer granted."""
    proposal = sa.table(
        "proposal",
        *(sa.column(name) for name in ("client_id", "subscription_id", "call_id", "message_id")),
        *(sa.column(name) for name in ("what", "offer", "answer", "key")),
        sa.column("at", _MOMENT),
        sa.column("answered_at", _MOMENT),
    )
    told = []
    for call in connection.execute(sa.select(_CALL).where(_CALL.c.ended_at.is_not(None))):
        attempts = call.attempts if isinstance(call.attempts, list) else json.loads(call.attempts or "[]")
        told += [
            {
                "client_id": call.client_id,
                "subscription_id": call.subscription_id,
                "call_id": call.id,
                "message_id": "",
                "at": call.ended_at,
                "what": one["option"],
                "offer": "",
                "answer": one["answer"],
                "answered_at": None if one["answer"] == "none" else call.ended_at,
                "key": f"call:{call.id}:{one['option']}",
            }
            for one in attempts
        ]
    for grant in connection.execute(sa.select(_GRANTED).where(_GRANTED.c.offer.not_in(_OTHERS))):
        told.append(
            {
                "client_id": grant.client_id,
                "subscription_id": grant.subscription_id,
                "call_id": grant.call_id,
                "message_id": "",
                "at": grant.granted_at,
                "what": "loyalty",
                "offer": grant.offer,
                "answer": "none" if grant.accepted_at is None else "accepted",
                "answered_at": grant.accepted_at,
                "key": f"grant:{grant.id}",
            }
        )
    for start in range(0, len(told), 500):
        connection.execute(proposal.insert(), told[start : start + 500])
