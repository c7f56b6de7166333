"""What an agent is typing about a client outside the steps of a call: one text a field, kept at each key."""

from sqlmodel import Session, col, delete

from console.base import typed
from console.base.vocabulary import DraftField
from console.db import dialect
from console.db.tables import Draft


def kept(session: Session, agent: str, client_id: int, field: DraftField, about: int = 0) -> str:
    """What the agent was typing there, empty when nothing."""
    draft = session.get(Draft, (agent, client_id, field, about))
    return draft.text if draft else ""


def keep(session: Session, agent: str, client_id: int, field: DraftField, about: int, text: str) -> None:
    """Keep what is being typed."""
    key = {"agent": agent, "client_id": client_id, "field": field, "about": about}
    text = typed.draft(text)
    statement = dialect.insert(session, Draft).values(**key, text=text)
    session.connection().execute(statement.on_conflict_do_update(index_elements=[*key], set_={"text": text}))


def drop(session: Session, agent: str, client_id: int, field: DraftField, about: int = 0) -> None:
    """It is written, or given up."""
    session.connection().execute(
        delete(Draft).where(
            col(Draft.agent) == agent,
            col(Draft.client_id) == client_id,
            col(Draft.field) == field,
            col(Draft.about) == about,
        )
    )
