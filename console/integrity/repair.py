"""Rebuilds what is derived from the facts, after a copy of the base; the facts are never touched."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from sqlalchemy import delete, insert, select, update
from sqlmodel import Session, col

from console.audit import audit
from console.base.french import plural
from console.base.roles import Role
from console.cases import queue
from console.cases.upkeep import reassess
from console.context import Context
from console.db import dialect
from console.db.tables import (
    CampaignCount,
    ChurnRecord,
    Client,
    RecordAmendment,
    RecordWord,
    Subscription,
    UserAccount,
)
from console.db.turns import Turns
from console.integrity import derived, helpers
from console.integrity.derived import Difference
from console.records import chain

_WORDS = {
    "places": ("dossier replacé", "dossiers replacés"),
    "watch": ("dossier de nouveau suivi", "dossiers de nouveau suivis"),
    "search": ("client de nouveau trouvable", "clients de nouveau trouvables"),
    "words": ("fiche aux mots refaits", "fiches aux mots refaits"),
    "records": ("fiche accordée à ses annotations", "fiches accordées à leurs annotations"),
    "answers": ("réponse renotée", "réponses renotées"),
    "rights": ("compte rendu à son rôle", "comptes rendus à leur rôle"),
    "counts": ("compteur recompté", "compteurs recomptés"),
}


class RepairService:
    """For the administrator alone."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def run(self, progress: Callable[[int, int], None] | None = None) -> tuple[Path | None, list[str]]:
        """Copy the base beside itself, then rebuild; where the copy is, and what was rebuilt in French.

        Nothing is copied where there is nothing to rebuild; a server's base is copied by its own tools.
        Raises ForbiddenError, StorageError.
        """
        self._ctx.need(Role.ADMINISTRATOR)
        with self._ctx.database.reading() as session:
            connection = session.connection()
            dialect.read_at_leisure(connection)
            with helpers.differences(connection, self._ctx.content, self._ctx.clock) as differences:
                found = list(differences(progress))
            found += [Difference("records", "", number) for number in chain.not_repeated(connection)]
            counts = _wrong_counts(session)
        wrong = [one for one in found if one.kind]
        if not wrong and not counts:
            return None, []
        kept = self._ctx.database.copy_beside("avant-reparation", self._ctx.machine.now())
        done = Counter(one.kind for one in wrong)
        turns = Turns(self._ctx.database)
        while wrong:
            some, wrong = wrong[: turns.size], wrong[turns.size :]
            with turns.writing() as session:
                self._rebuild(session, some)
        with self._ctx.database.writing() as session:
            done["counts"] = _recount(session)
            audit(session, self._ctx, "base.repaired", None, **{kind: n for kind, n in done.items() if n})
        return kept, [f"{plural(n, *_WORDS[kind])}." for kind, n in done.items() if n]

    def _rebuild(self, session: Session, wrong: Sequence[Difference]) -> None:
        numbers = {kind: [one.number for one in wrong if one.kind == kind] for kind in _WORDS}
        places = numbers["places"]
        for term, code in _codes(session, places):
            session.execute(update(Subscription).where(col(Subscription.id) == term).values(client_code=code))
        reassess(session, self._ctx, places)
        queue.look_again(session, [*places, *numbers["watch"]], self._ctx.clock.today())
        for number in numbers["search"]:
            _search(session, number)
        for number in numbers["words"]:
            _record_words(session, number)
        for number in numbers["records"]:
            chain.repeat(session, number)
        for number in numbers["answers"]:
            _answer(session, number)
        if numbers["rights"]:
            _rights(session)


def _codes(session: Session, terms: Sequence[int]) -> Sequence[tuple[int, str]]:
    query = (
        select(col(Subscription.id), col(Client.code))
        .join(Client, col(Client.id) == col(Subscription.client_id))
        .where(col(Subscription.id).in_(terms))
    )
    return [(term or 0, code) for term, code in session.connection().execute(query)]


def _search(session: Session, number: int) -> None:
    client = session.get(Client, number)
    if client is not None:
        client.search, client.sound = derived.search_of(
            client.code, client.first_name, client.last_name, client.email, client.phone
        )


def _record_words(session: Session, number: int) -> None:
    record = session.get(ChurnRecord, number)
    if record is None:
        return
    record.search, words = derived.words_of(record.verbatim, record.note)
    session.execute(delete(RecordWord).where(col(RecordWord.record_id) == number))
    if words:
        rows = [{"word": word, "record_id": number, "said": said} for word, said in sorted(words.items())]
        session.execute(insert(RecordWord), rows)


def _answer(session: Session, number: int) -> None:
    answer = select(col(RecordAmendment.at)).where(col(RecordAmendment.question_id) == number)
    at = session.scalars(answer.order_by(col(RecordAmendment.id))).first()
    session.execute(update(RecordAmendment).where(col(RecordAmendment.id) == number).values(answered_at=at))


def _rights(session: Session) -> None:
    for name, (role, active) in derived.rights(session.connection()).items():
        account = update(UserAccount).where(col(UserAccount.name) == name)
        session.execute(account.values(role=role, active=active))


Counts = dict[tuple[date, str], int]


def _counts(session: Session) -> tuple[Counts, Counts]:
    """The figures as they are kept, and as the terms are counted."""
    kept = select(col(CampaignCount.expires_on), col(CampaignCount.figure), col(CampaignCount.n))
    stored = {(day, figure): n for day, figure, n in session.connection().execute(kept)}
    counted: Counter[tuple[date, str]] = Counter()
    for (tally,) in session.connection().execute(select(col(Subscription.tally))):
        counted.update(queue.read_tally(tally))
    return stored, counted


def _wrong_counts(session: Session) -> int:
    stored, counted = _counts(session)
    return sum(stored.get(key, 0) != counted.get(key, 0) for key in stored.keys() | counted.keys())


def _recount(session: Session) -> int:
    """Count every figure again from the terms; how many were wrong."""
    stored, counted = _counts(session)
    wrong = [key for key in stored.keys() | counted.keys() if stored.get(key, 0) != counted.get(key, 0)]
    if wrong:
        session.execute(delete(CampaignCount))
        rows = [{"expires_on": day, "figure": figure, "n": n} for (day, figure), n in counted.items()]
        if rows:
            session.execute(insert(CampaignCount), rows)
    return len(wrong)
