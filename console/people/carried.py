"""What a restored database must not unlearn since the backup was made: who opposed, who was erased, which
address or number serves no more."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from console.base.dates import day_of
from console.base.french import day, hour, plural
from console.base.history import EventKind
from console.base.vocabulary import OPPOSED_COLUMNS, OPPOSED_WORDS, Channel, PhoneKind
from console.cases import forgotten
from console.cases.shared import level
from console.cases.terms import active_terms
from console.cases.upkeep import reassess
from console.context import Context
from console.db import history
from console.db.tables import Client, Event
from console.people import privacy_store as storage

_SINCE = {
    "call": ("started_at", ("appel", "appels")),
    "churn_record": ("at", ("fiche de résiliation", "fiches de résiliation")),
    "message": ("sent_at", ("message parti", "messages partis")),
    "client": ("created_at", ("client ajouté", "clients ajoutés")),
}
"""What a restoration takes back, by table: the column of its instant, and how it is counted in French."""


@dataclass(slots=True)
class CarriedOver:
    """What a restoration lost, and what was taken over from the former database all the same.

    back_to: the last fact that the backup knows. lost: counts in French. absent: codes of opposed clients
    whom the backup does not know.
    """

    back_to: datetime | None = None
    lost: tuple[str, ...] = ()
    opposed: int = 0
    erased: int = 0
    unusable: int = 0
    absent: tuple[str, ...] = ()
    unreadable: bool = False  # the former database, from some place on

    def lines(self) -> list[str]:
        """For whoever restores, in French."""
        told = []
        if self.back_to is not None:
            until = f"{day(day_of(self.back_to))} à {hour(self.back_to)}"
            what = f"\u202f; n’y sont plus : {', '.join(self.lost)}" if self.lost else ""
            told.append(f"La base revient au {until}{what}.")
        if self.opposed or self.erased or self.unusable:
            told.append(
                f"Repris de l’ancienne : {plural(self.opposed, 'client opposé', 'clients opposés')},"
                f" {plural(self.erased, 'personne effacée', 'personnes effacées')},"
                f" {plural(self.unusable, 'voie hors service', 'voies hors service')}."
            )
        if self.unreadable:
            told.append(
                "L’ancienne base est illisible\u202f: oppositions et effacements d’après la sauvegarde"
                " sont à noter de nouveau."
            )
        if self.absent:
            told.append(f"Opposés, mais inconnus de la sauvegarde : {', '.join(self.absent[:50])}.")
        return told


def carry_over(ctx: Context, former: Path) -> CarriedOver:
    """Takes over from a former SQLite database what the restored one must know; again changes nothing.

    A former database gives what can be read of it. Raises StorageError.
    """
    found = CarriedOver()
    with closing(sqlite3.connect(f"{former.absolute().as_uri()}?mode=ro", uri=True)) as base:
        base.row_factory = sqlite3.Row
        with ctx.database.writing() as session:
            try:
                found.back_to, found.lost = _going_back(session, base)
                _erasures(session, ctx, base, found)
                _oppositions(session, ctx, base, found)
                _unusable(session, ctx, base, found)
            except sqlite3.DatabaseError:
                found.unreadable = True
    if found.erased:
        ctx.database.forget()
    return found


def _going_back(session: Session, base: sqlite3.Connection) -> tuple[datetime | None, tuple[str, ...]]:
    latest = [
        session.scalars(select(func.max(col(column)))).first() for column in (Event.at, Client.updated_at)
    ]
    last = max((one for one in latest if one is not None), default=None)
    if last is None:
        return None, ()
    since = f"{last:%Y-%m-%d %H:%M:%S.%f}"  # as SQLite keeps an instant, in UTC
    lost = []
    for table, (column, words) in _SINCE.items():
        (n,) = base.execute(f'SELECT count(*) FROM "{table}" WHERE "{column}" > ?', (since,)).fetchone()  # noqa: S608
        if n:
            lost.append(plural(n, *words))
    return last, tuple(lost)


def _erasures(session: Session, ctx: Context, base: sqlite3.Connection, found: CarriedOver) -> None:
    """Erases again who was erased since, and knows them by their digests from now on."""
    now = ctx.clock.now()
    tables = {row[0] for row in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if "forgotten" in tables:
        salt = base.execute("SELECT value FROM meta WHERE key = ?", (forgotten.SALT,)).fetchone()
        kept = base.execute("SELECT digest, at FROM forgotten")
        digests = {row["digest"]: datetime.fromisoformat(row["at"]).replace(tzinfo=UTC) for row in kept}
        if salt and digests:
            forgotten.take_over(session, salt[0], digests)
    for row in base.execute("SELECT id, created_at FROM client WHERE code LIKE 'EFFACE-%'").fetchall():
        client = session.get(Client, row["id"])
        if client is None or client.code.startswith("EFFACE-"):
            continue
        if f"{client.created_at:%Y-%m-%d %H:%M:%S}" != row["created_at"][:19]:
            continue  # another database's client of that number
        person = storage.find(session, client.code)
        if person is not None:
            storage.erase(session, person, at=now, author=ctx.agent)
            words = "Données personnelles effacées de nouveau après une restauration"
            history.add(session, EventKind.ERASED, now, words, client_id=person.id, agent=ctx.agent)
            session.flush()
            reassess(session, ctx, active_terms(session, person.id))
            found.erased += 1


def _oppositions(session: Session, ctx: Context, base: sqlite3.Connection, found: CarriedOver) -> None:
    """Whoever opposed is opposed, by code; what holds for an address or a number holds for who shares it."""
    now, absent, reached = ctx.clock.now(), [], []
    columns = ", ".join(OPPOSED_COLUMNS.values())
    said = " OR ".join(OPPOSED_COLUMNS.values())
    query = f"SELECT code, {columns} FROM client WHERE code NOT LIKE 'EFFACE-%' AND ({said})"  # noqa: S608
    for row in base.execute(query).fetchall():
        client = session.scalars(select(Client).where(col(Client.code) == row["code"])).first()
        if client is None:
            absent.append(row["code"])
        elif news := [one for one in Channel if _is_news(client, row, OPPOSED_COLUMNS[one])]:
            for channel in news:
                setattr(client, OPPOSED_COLUMNS[channel], True)
            if Channel.CALL in news:
                client.call_consent_at = None
            client.updated_at = now
            what = ", ".join(OPPOSED_WORDS[one] for one in news)
            words = f"{what} (dit avant que la base ne soit restaurée)"
            history.add(session, EventKind.OPPOSITION, now, words, client_id=client.id, agent=ctx.agent)
            session.flush()
            reassess(session, ctx, active_terms(session, client.id or 0))
            reached.append(client.id or 0)
    for number in reached:
        level(session, ctx, [number], now)
    found.opposed, found.absent = len(reached), tuple(absent)


_CHECKED = (
    ("email", "email_usable", False, "L’adresse {} rejette les messages"),
    ("phone", "sms_usable", False, "Le numéro {} rejette les SMS"),
    ("phone", "phone_kind", PhoneKind.INVALID, "Le numéro {} n’est pas le bon"),
)
"""What is learnt of an address or a number: its column, the one that says it and how, in words."""


def _unusable(session: Session, ctx: Context, base: sqlite3.Connection, found: CarriedOver) -> None:
    """An address or a number that was found wrong is so still, where it is the same."""
    query = (
        "SELECT code, email, phone, email_usable, sms_usable, phone_kind FROM client"
        " WHERE NOT email_usable OR NOT sms_usable OR phone_kind = 'invalid'"
    )
    for row in base.execute(query).fetchall():
        client = session.scalars(select(Client).where(col(Client.code) == row["code"])).first()
        if client is None:
            continue
        words = []
        for way, column, wrong, said in _CHECKED:
            same = getattr(client, way) and getattr(client, way) == row[way]
            if same and row[column] == wrong and getattr(client, column) != wrong:
                setattr(client, column, wrong)
                words.append(said.format(row[way]))
        if not words:
            continue
        found.unusable += len(words)
        client.updated_at = ctx.clock.now()
        text = f"{', '.join(words)} (appris avant que la base ne soit restaurée)"
        at = client.updated_at
        history.add(session, EventKind.BOUNCED, at, text, client_id=client.id, agent=ctx.agent)
        session.flush()
        level(session, ctx, [client.id or 0], client.updated_at)
        reassess(session, ctx, active_terms(session, client.id or 0))


def _is_news(client: Client, row: Any, column: str) -> bool:
    return bool(row[column]) and not getattr(client, column)
