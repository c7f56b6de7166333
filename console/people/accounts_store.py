"""The accounts of those who sign in."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from console.base.text import fold
from console.db.tables import UserAccount


def find(session: Session, name: str) -> UserAccount | None:
    """The account of that name, accents and capitals ignored."""
    return session.exec(select(UserAccount).where(UserAccount.folded == fold(name))).first()


def every(session: Session) -> Sequence[UserAccount]:
    """All of them, by name."""
    return session.exec(select(UserAccount).order_by(UserAccount.folded)).all()


def active_of(session: Session, role: str) -> int:
    """How many may sign in with that role."""
    query = select(UserAccount.id).where(UserAccount.role == role, col(UserAccount.active))
    return len(session.exec(query).all())
