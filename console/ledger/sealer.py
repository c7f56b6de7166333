"""The sealer: hashes, after the acts and by short turns, what happened since the last seal.

No act waits for it. It takes in what is new in each table, and how the rows stand now of every client about
whom something was told. A row that is no longer what a seal says, without a fact that tells why, is not
sealed again: it stays different from its seal until somebody looks.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_hex
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select
from sqlmodel import Session, SQLModel, col

from console.base.dates import day_of
from console.base.errors import BusyError, HotlinerError
from console.context import Context
from console.db import dialect
from console.db.meta import read_meta, write_meta
from console.db.tables import Seal, SealEntry, SealSalt
from console.db.turns import Turns
from console.ledger import digests
from console.ledger.columns import BASE, NOBODY, Layout, columns_of, layout_of, sealed_tables
from console.ledger.compare import Rows, Sealed, Told, differences, told_of
from console.ledger.digests import Entry, Key
from console.ledger.seals import Sealing, every, latest, seal_hash
from console.outside.machine import is_over, process
from console.records import chain

_LEASE = "seal.lease"
_LEASE_LASTS = timedelta(minutes=1)
"""Renewed at each turn; a sealer that falls asleep for longer finds its work taken over, and leaves it."""
_COUNTED = {
    "subscription": "status",
    "message": "status",
    "call": "outcome",
    "user_account": "role",
    "client": "",
    "event": "",
    "call_step": "",
    "agreement": "",
    "granted_offer": "",
    "proposal": "",
    "callback": "",
    "escalation": "",
    "commitment": "",
    "churn_record": "reason",
    "record_amendment": "kind",
}
"""What a seal counts: rows, by that column."""


News = tuple[int, str]
"""A subject, and the lines that a seal adds about it; none where there is nothing new."""


def _busy() -> BusyError:
    return BusyError(
        "Un autre sceau est en train d’être posé.", "Rien n’a changé.", "Attendez qu’il ait fini."
    )


def never() -> bool:
    """Goes on."""
    return False


@dataclass(slots=True)
class _Work:
    """A seal being made: how far the one before went, how far this one goes."""

    number: int
    before: Sealing | None
    sealed: Sealed | None
    until: dict[str, int]
    at: datetime
    token: str = field(default_factory=lambda: f"{process()} {token_hex(8)}")
    hashed: Any = field(default_factory=sha256)
    entries: int = 0

    @property
    def layouts(self) -> frozenset[Layout]:
        return self.sealed.used if self.sealed else frozenset({sealed_tables()})

    def covers(self, table: str, key: Any) -> bool:
        """Whether the seal covers that row, or leaves it to the next one."""
        return table not in self.until or int(key) <= self.until[table]

    def after(self, table: str) -> int:
        return int(self.before.data["jusqu_a"].get(table, 0)) if self.before else 0


class SealService:
    """Seals the base: anybody may have it done, and jobs do it by themselves."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._turns, self._reads = Turns(ctx.database), Turns(ctx.database)

    def latest(self) -> Sealing | None:
        """The last seal. Raises StorageError."""
        with self._ctx.database.reading() as session:
            return latest(session.connection())

    def earlier(self, seal: Sealing) -> Sequence[Sealing]:
        """The seals before one. Raises StorageError."""
        with self._ctx.database.reading() as session:
            return [one for one in every(session.connection()) if one.number < seal.number]

    def of_today(self, stop: Callable[[], bool] = never) -> Sealing | None:
        """The day's seal, made if there is none yet; None when it was stopped, or another is at it.

        The demonstration seals nothing by itself. Raises StorageError.
        """
        if self._ctx.demo:
            return None
        last = self.latest()
        if last is not None and day_of(last.at) == self._ctx.clock.today():
            return last
        try:
            return self._seal(None, stop)
        except BusyError:
            return None

    def seal(self, progress: Callable[[int, int], None] | None = None) -> Sealing:
        """Seal what happened until now; the last seal where nothing did.

        Raises BusyError when another sealer is at work, StorageError.
        """
        made = self._seal(progress, never)
        return cast("Sealing", made)  # nothing stops it

    def _seal(self, progress: Callable[[int, int], None] | None, stop: Callable[[], bool]) -> Sealing | None:
        work = self._begin()
        try:
            return self._do(work, progress, stop)
        finally:
            with self._ctx.database.writing() as session:
                if read_meta(session, _LEASE).partition(" ")[2] == work.token:
                    write_meta(session, _LEASE, "")

    def _begin(self) -> _Work:
        """Takes the lease, and how far each table goes: the unit writes alone, so nothing comes before it."""
        now = self._ctx.machine.now()
        with self._ctx.database.writing() as session:
            until, _, token = read_meta(session, _LEASE).partition(" ")
            lasts = until != "" and now < datetime.fromisoformat(until) <= now + _LEASE_LASTS
            if lasts and not is_over(token.partition(" ")[0]):
                raise _busy()
            connection = session.connection()
            dialect.wait_for_writers(connection, "call_step")  # choices are written beside other units
            seals = every(connection)
            before = seals[-1] if seals else None
            if before is not None and not before.holds():
                raise HotlinerError(
                    f"Le {before.place} a été modifié après coup : rien ne peut être scellé à sa suite.",
                    "Rien n’a changé.",
                    "« hotliner verifier » dit ce qui ne va pas ; restaurez une sauvegarde.",
                )
            number = before.number + 1 if before else 1
            connection.execute(delete(SealEntry).where(col(SealEntry.seal) >= number))  # cut short
            work = _Work(number, before, sealed_by(seals), ends(connection), self._ctx.clock.now())
            self._renew(session, work)
            return work

    def _renew(self, session: Session, work: _Work) -> None:
        """Has the lease last from now on."""
        until = self._ctx.machine.now() + _LEASE_LASTS
        write_meta(session, _LEASE, f"{until.isoformat()} {work.token}")

    def _hold(self, session: Session, work: _Work) -> None:
        """Raises BusyError when another sealer has taken the lease: what is written would not be its own."""
        if read_meta(session, _LEASE).partition(" ")[2] != work.token:
            raise _busy()
        self._renew(session, work)

    def _do(
        self, work: _Work, progress: Callable[[int, int], None] | None, stop: Callable[[], bool]
    ) -> Sealing | None:
        with self._ctx.database.reading() as session:
            clients = list(_touched(session.connection(), work))
        for subject in (BASE, NOBODY):
            with self._turns.writing() as session:
                self._hold(session, work)
                self._of_nobody(session, work, subject)
        done, news, some = 0, list[News](), list[int]()
        while True:
            done += len(some)
            some = clients[done : done + self._reads.size]
            with self._turns.writing() as session:
                self._hold(session, work)
                self._write(session, work, news)
                salts = self._salts(session.connection(), some)
            if progress and done:
                progress(done, len(clients))
            if not some:
                break
            if stop():
                return None
            with self._reads.reading() as session:
                news = self._of_clients(session.connection(), work, some, salts)
        with self._ctx.database.reading() as session:
            counts = counted(session.connection())
        with self._ctx.database.writing() as session:
            self._hold(session, work)
            if not work.entries and work.before is not None:
                return work.before
            connection = session.connection()
            data = {
                "jusqu_a": work.until,
                "empreintes": [work.entries, work.hashed.hexdigest()],
                "fiches": list(chain.head(connection)),
                "annotations": list(chain.head(connection, chain.AMENDMENTS)),
                "comptes": counts,
                "colonnes": columns_of(sealed_tables()),
            }
            previous = work.before.hash if work.before else ""
            hashed = seal_hash(work.number, work.at, data, previous)
            made = Sealing(work.number, work.at, data, previous, hashed)
            session.add(Seal(number=made.number, at=made.at, data=dict(data), previous=previous, hash=hashed))
            return made

    def _of_nobody(self, session: Session, work: _Work, subject: int) -> None:
        """What is about no client: the accounts and scripts, then the events."""
        connection = session.connection()
        known = entries_of(connection, [subject]).get(subject, {})
        if subject == BASE:
            now = {layout: digests.of_base(connection, layout) for layout in work.layouts}
            told = told_of(connection, [BASE])
            news, _ = _news(work, known, now, told.get(subject))
            self._write(session, work, [(subject, digests.written(news))])
            return
        new = digests.of_nobody(connection, sealed_tables(), work.after("event"), work.until["event"])
        news = {key: one.entry for key, one in new.items() if key not in known}
        self._write(session, work, [(subject, digests.written(news))])

    def _of_clients(
        self, connection: Connection, work: _Work, clients: Sequence[int], salts: Mapping[int, bytes]
    ) -> list[News]:
        """What the seal says of these clients. Whatever is changed after they were read is told by an event
        that this seal does not cover."""
        known, told = entries_of(connection, clients), told_of(connection, clients)
        now = {layout: digests.of_subjects(connection, layout, clients) for layout in work.layouts}
        said: list[News] = []
        for client in clients:
            salt = salts[client]
            rows = {
                layout: [row for row in found.get(client, ()) if work.covers(row[0].name, row[1][1])]
                for layout, found in now.items()
            }
            seen = {layout: digests.found(one, salt) for layout, one in rows.items()}
            news, differs = _news(work, known.get(client, {}), seen, told.get(client))
            whole = "" if differs else digests.whole(rows[sealed_tables()], salt)
            said.append((client, digests.written(news, whole) if news else ""))
        return said

    def _write(self, session: Session, work: _Work, news: Sequence[News]) -> None:
        rows = [(subject, lines) for subject, lines in news if lines]
        if not rows:
            return
        session.connection().execute(
            insert(SealEntry),
            [{"subject": subject, "seal": work.number, "lines": lines} for subject, lines in rows],
        )
        for subject, lines in rows:
            work.hashed.update(f"{subject}\n{lines}\n".encode())
        work.entries += len(rows)

    def _salts(self, connection: Connection, clients: Sequence[int]) -> dict[int, bytes]:
        """The salts of these clients, made for those who have none yet."""
        if not clients:
            return {}
        found = salts_of(connection, col(SealSalt.client_id).in_(clients))
        new = {client: token_hex(16) for client in clients if client not in found}
        if new:
            rows = [{"client_id": client, "salt": salt} for client, salt in new.items()]
            connection.execute(insert(SealSalt), rows)
        return found | {client: digests.keyed(salt) for client, salt in new.items()}


def _news(
    work: _Work, known: dict[Key, Entry], found: Mapping[Layout, Rows], told: Told | None
) -> tuple[dict[Key, Entry], bool]:
    """What a seal adds about a subject: rows that are new, those that a fact says have changed, and those
    that were sealed by other columns than today's; and whether some differ from their seal, and stay so."""
    today, wrong = sealed_tables(), set[Key]()
    rows, layouts = found[today], work.sealed.layouts if work.sealed else {}
    if work.sealed is not None:
        wrong = {key for key, _ in differences(*work.sealed.as_sealed(known, found), told, work.sealed)}
    news = {
        key: one.entry
        for key, one in rows.items()
        if key not in wrong
        and (key not in known or layouts[known[key].seal] != today or not known[key].same(one.entry))
    }
    news |= {
        key: Entry(digests.GONE, "", "")
        for key, one in known.items()
        if key not in rows and key not in wrong and one.fixed != digests.GONE
    }
    return news, bool(wrong)


def sealed_by(seals: Sequence[Sealing]) -> Sealed | None:
    """How far these seals went; None for none."""
    if not seals:
        return None
    events = {one.number: int(one.data["jusqu_a"]["event"]) for one in seals}
    layouts = {one.number: layout_of(one.data.get("colonnes")) for one in seals}
    return Sealed(events, seals[-1].data["jusqu_a"], layouts)


def ends(connection: Connection) -> dict[str, int]:
    """The last number of each numbered table."""
    found = {}
    for sealed in sealed_tables():
        if sealed.numbered:
            table = SQLModel.metadata.tables[sealed.name]
            found[sealed.name] = connection.scalar(select(func.max(table.c.id))) or 0
    return found


def _touched(connection: Connection, work: _Work) -> Iterable[int]:
    """The clients about whom there is a new row, in the order of their numbers."""
    queries = []
    for sealed in sealed_tables():
        if sealed.numbered:
            subject, join = sealed.subject.format(t=sealed.name), sealed.join.format(t=sealed.name)
            first, last = work.after(sealed.name), work.until[sealed.name]
            queries.append(
                f"SELECT {subject} AS subject FROM {sealed.name} {join}"  # noqa: S608
                f" WHERE {sealed.name}.id > {first:d} AND {sealed.name}.id <= {last:d}"
            )
    union = " UNION ".join(queries)
    for (subject,) in connection.exec_driver_sql(f"SELECT subject FROM ({union}) AS t ORDER BY subject"):  # noqa: S608
        if subject and subject > NOBODY:
            yield subject


def entries_of(connection: Connection, subjects: Sequence[int]) -> dict[int, dict[Key, Entry]]:
    """The latest entry of each row about these subjects."""
    query = (
        select(col(SealEntry.subject), col(SealEntry.seal), col(SealEntry.lines))
        .where(col(SealEntry.subject).in_(subjects))
        .order_by(col(SealEntry.subject), col(SealEntry.seal))
    )
    lines: dict[int, list[tuple[int, str]]] = {}
    for subject, seal, text in connection.execute(query):
        lines.setdefault(subject, []).append((seal, text))
    return {subject: digests.read(one) for subject, one in lines.items()}


def salts_of(connection: Connection, whose: ColumnElement[bool]) -> dict[int, bytes]:
    """The salts of the clients for whom the condition holds."""
    query = select(col(SealSalt.client_id), col(SealSalt.salt)).where(whose)
    return {client: digests.keyed(salt) for client, salt in connection.execute(query)}


def counted(connection: Connection) -> dict[str, dict[str, int]]:
    """How many rows there are, by state."""
    found: dict[str, dict[str, int]] = {}
    for name, column in _COUNTED.items():
        table = SQLModel.metadata.tables[name]
        if not column:
            found[name] = {"": connection.scalar(select(func.count()).select_from(table)) or 0}
            continue
        query = select(table.c[column], func.count()).group_by(table.c[column])
        found[name] = dict(sorted(Counter({row[0]: row[1] for row in connection.execute(query)}).items()))
    return found
