"""What waits for somebody of ours is found by index, however long the company has been at work."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    followed_up, answers = sa.text("follow_up_now IS NOT NULL"), sa.text("question_id IS NOT NULL")
    for name, table, columns, condition in (
        ("ix_churn_record_follow_up", "churn_record", ["follow_up_now"], followed_up),
        ("ix_churn_record_follow_up_agent", "churn_record", ["agent", "follow_up_now"], followed_up),
        ("ix_record_amendment_kind", "record_amendment", ["kind", "answered_at"], None),
        ("ix_record_amendment_question", "record_amendment", ["question_id"], answers),
        ("ix_escalation_answered", "escalation", ["answered_at"], None),
        ("ix_pause_resume_by", "pause", ["resume_by"], None),
    ):
        op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)
