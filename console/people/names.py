"""Who has an account, by name."""

from sqlmodel import Session, col, select

from console.db.query import columns
from console.db.tables import UserAccount


def exist(session: Session) -> bool:
    """Whether anybody has an account: from then on everybody signs in."""
    return session.connection().scalar(columns(UserAccount.id).limit(1)) is not None


def names(session: Session, *, active: bool) -> frozenset[str]:
    """The names of those who may sign in, or of those who no longer may."""
    query = select(UserAccount.name).where(col(UserAccount.active).is_(active))
    return frozenset(session.exec(query).all())
