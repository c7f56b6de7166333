"""The accounts of those who sign in."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from console.base.text import fold
from console.db.tables import UserAccount
from console.people.names import alike


def find(session: Session, name: str) -> UserAccount | None:
    """The account of that name: accents, capitals, width and look-alike letters are ignored.

    An account made before look-alikes were told is found by its own letters.
    """
    known = col(UserAccount.folded).in_({alike(name), fold(name)})
    found = session.exec(select(UserAccount).where(known)).all()
    return max(found, key=lambda one: one.folded == fold(name), default=None)


def every(session: Session) -> Sequence[UserAccount]:
    """All of them, by name."""
    return session.exec(select(UserAccount).order_by(UserAccount.folded)).all()


def active_of(session: Session, role: str) -> int:
    """How many may sign in with that role."""
    query = select(UserAccount.id).where(UserAccount.role == role, col(UserAccount.active))
    return len(session.exec(query).all())
