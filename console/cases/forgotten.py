"""Who was erased: salted digests of code, address and number tell them when a file names them again."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlmodel import Session, col

from console.db import dialect
from console.db.meta import read_meta, write_meta
from console.db.query import columns, rows
from console.db.tables import Forgotten

SALT = "erasure_salt"


def remember(session: Session, ways: Iterable[str], at: datetime) -> None:
    """Keeps the digests of an erased person's code, address and E.164 number; empty ones are nobody's."""
    salt = read_meta(session, SALT)
    if not salt:
        salt = secrets.token_hex(32)
        write_meta(session, SALT, salt)
    values = [{"digest": _digest(salt, way), "at": at} for way in dict.fromkeys(ways) if way]
    if values:
        statement = dialect.insert(session, Forgotten).on_conflict_do_nothing(index_elements=["digest"])
        session.connection().execute(statement, values)


def take_over(session: Session, salt: str, digests: Mapping[str, datetime]) -> None:
    """Keeps the digests of a former database of the same salt, or where none was made here yet, with the
    instant of each erasure."""
    own = read_meta(session, SALT)
    if own not in ("", salt):
        return
    write_meta(session, SALT, salt)
    statement = dialect.insert(session, Forgotten).on_conflict_do_nothing(index_elements=["digest"])
    session.connection().execute(statement, [{"digest": one, "at": at} for one, at in digests.items()])


def known(session: Session, ways: Iterable[str]) -> dict[str, datetime]:
    """Since when these codes, addresses or numbers are those of someone erased; the others left out."""
    salt = read_meta(session, SALT)
    if not salt:
        return {}
    by_digest = {_digest(salt, way): way for way in ways if way}
    if not by_digest:
        return {}
    found = columns(Forgotten.digest, Forgotten.at).where(col(Forgotten.digest).in_(by_digest))
    return {by_digest[row.digest]: row.at for row in rows(session, found)}


def _digest(salt: str, way: str) -> str:
    """Not to be found again from a list of addresses without the salt, which stays in the database."""
    return hmac.new(salt.encode(), way.casefold().encode(), hashlib.sha256).hexdigest()
