"""Who has an account, by name."""

from collections.abc import Callable

from sqlalchemy import Connection
from sqlmodel import Session, col, select

from console.base.errors import ForbiddenError
from console.base.roles import Role
from console.base.text import fold
from console.db.engine import Check
from console.db.query import ReadBatch, columns
from console.db.tables import UserAccount

_LATIN = str.maketrans(
    "авекмнорстухѕіјһԁԛԝɡαβεζηικμνορτυχϲӏ",
    "abekmhopctyxsijhdqwgabeznikuvoptuxcl",
)
"""Cyrillic and Greek letters that are taken for a Latin one."""


def alike(name: str) -> str:
    """A name as it is told from others: whatever its case, accents, width and alphabet, it is the same."""
    return fold(name).translate(_LATIN)


def acting_as(user: str, role: Role) -> Check:
    """What refuses the acts of an account closed, or given another role, since it signed in."""
    query = columns(UserAccount.role).where(col(UserAccount.name) == user, col(UserAccount.active))

    def refuse(connection: Connection) -> None:
        if connection.scalar(query) != role:
            raise ForbiddenError(
                "Votre compte a été fermé ou a changé de rôle.",
                "Ce dernier geste n’a pas été enregistré.",
                "Connectez-vous de nouveau, ou voyez l’administrateur.",
            )

    return Check(query.where(col(UserAccount.role) == role).exists(), refuse)


_ANYBODY = columns(UserAccount.id).limit(1)


def exist(batch: ReadBatch) -> Callable[[], bool]:
    """Whether anybody has an account: from then on everybody signs in."""
    found = batch.ask(_ANYBODY)
    return lambda: bool(found())


def names(session: Session, *, active: bool) -> frozenset[str]:
    """The names of those who may sign in, or of those who no longer may."""
    query = select(UserAccount.name).where(col(UserAccount.active).is_(active))
    return frozenset(session.exec(query).all())
