"""Wrong passwords slow down who tries them, from where they are, and a little the name they try.

Counted for a session of a machine (`MINE`) and for a name that has no account (`NAME`): an unknown name is
answered as a known one, whose own count is with its account.
"""

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlmodel import Session, col, select

from console.db.tables import Meta

_PREFIX = "tries."
MINE, NAME = "session", "name"
SEVERAL = "*"
"""More than one name was tried: only time forgets it."""
_FORGOTTEN_AFTER = timedelta(days=1)


@dataclass(slots=True)
class Tries:
    """How many in a row, until when no more is looked at, of which name."""

    failures: int = 0
    until: str = ""
    name: str = ""

    def held_at(self, now: datetime, longest: timedelta) -> datetime | None:
        """Until when to wait. An end further away than any wait was written by a wrong clock."""
        until = datetime.fromisoformat(self.until) if self.until else None
        return until if until is not None and now < until <= now + longest else None


def digest(text: str) -> str:
    """What stands for a name or a session: nobody reads who tried what."""
    return sha256(text.encode("utf-8", "replace")).hexdigest()[:24]


def read(session: Session, kind: str, of: str) -> Tries:
    """What is counted for one of them."""
    row = session.get(Meta, f"{_PREFIX}{kind}.{digest(of)}")
    return Tries(**json.loads(row.value)) if row else Tries()


def write(session: Session, kind: str, of: str, tries: Tries) -> None:
    """Keep a count."""
    session.merge(Meta(key=f"{_PREFIX}{kind}.{digest(of)}", value=json.dumps(asdict(tries))))


def forgive(session: Session, name: str, now: datetime) -> None:
    """The owner of a name came in, or was given a new password: those who tried that name alone may go on.

    What is old goes too.
    """
    for row in session.exec(select(Meta).where(col(Meta.key).startswith(_PREFIX, autoescape=True))).all():
        tries = Tries(**json.loads(row.value))
        old = not tries.until or abs(datetime.fromisoformat(tries.until) - now) > _FORGOTTEN_AFTER
        if tries.name == digest(name) or old:
            session.delete(row)
