"""What an agent is typing about a client outside the steps of a call: one text a field, kept at each key.

The answer to an escalation is kept with it: whichever supervisor opens it goes on from there.
"""

from sqlmodel import Session, col, delete, select, update

from console.base import typed
from console.base.vocabulary import DraftField
from console.db import dialect
from console.db.tables import Draft, Escalation


def kept(session: Session, agent: str, client_id: int, field: DraftField, about: int = 0) -> str:
    """What the agent was typing there, empty when nothing."""
    if field is DraftField.ESCALATION:
        return session.scalar(select(Escalation.draft).where(col(Escalation.id) == about)) or ""
    draft = session.get(Draft, (agent, client_id, field, about))
    return draft.text if draft else ""


def keep(session: Session, agent: str, client_id: int, field: DraftField, about: int, text: str) -> None:
    """Keep what is being typed; an empty text drops it. An escalation that is answered keeps nothing."""
    if not text.strip():
        drop(session, agent, client_id, field, about)
    elif field is DraftField.ESCALATION:
        _of_escalation(session, about, typed.draft(text))
    else:
        key = {"agent": agent, "client_id": client_id, "field": field, "about": about}
        text = typed.draft(text)
        statement = dialect.insert(session, Draft).values(**key, text=text)
        session.connection().execute(
            statement.on_conflict_do_update(index_elements=[*key], set_={"text": text})
        )


def drop(session: Session, agent: str, client_id: int, field: DraftField, about: int = 0) -> None:
    """It is written, or given up."""
    if field is DraftField.ESCALATION:
        _of_escalation(session, about, "")
        return
    session.connection().execute(
        delete(Draft).where(
            col(Draft.agent) == agent,
            col(Draft.client_id) == client_id,
            col(Draft.field) == field,
            col(Draft.about) == about,
        )
    )


def _of_escalation(session: Session, number: int, text: str) -> None:
    unanswered = update(Escalation).where(col(Escalation.id) == number, col(Escalation.answered_at).is_(None))
    session.connection().execute(unanswered.values(draft=text))
