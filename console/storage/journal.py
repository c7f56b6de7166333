"""The refusal journal: pages after a key, whatever the criteria, and what is put beside a record."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, String, delete, func, literal
from sqlmodel import Session, col, select

from console.domain.dates import plus_days, start_of
from console.domain.journal import Amendment, Filters, search_words
from console.domain.reasons import BANDS_BY_CODE, Band
from console.domain.text import fold
from console.storage.tables import ChurnRecord, JournalView, RecordAmendment, RecordWord

Key = tuple[datetime, int]
"""Where a page ended: instant and number of its last record."""
_FEW = 2_000
"""Records up to which a word is taken from the index; a commoner one is met soon in the order of days."""
_LAST = "\U0010ffff"


def page(
    session: Session, filters: Filters, after: Key | None, limit: int, *, oldest_first: bool = False
) -> Sequence[ChurnRecord]:
    """The records that come after a key, the newest first unless told otherwise."""
    at, number = col(ChurnRecord.at), col(ChurnRecord.id)
    query = select(ChurnRecord).where(*_conditions(session, filters))
    if after is not None and oldest_first:
        query = query.where(at >= after[0], (at > after[0]) | (number > after[1]))
    elif after is not None:
        query = query.where(at <= after[0], (at < after[0]) | (number < after[1]))
    order = (at.asc(), number.asc()) if oldest_first else (at.desc(), number.desc())
    return session.exec(query.order_by(*order).limit(limit)).all()


def count(session: Session, filters: Filters) -> int:
    """How many records pass; this one takes longer as there are more."""
    query = select(func.count()).select_from(ChurnRecord).where(*_conditions(session, filters))
    return session.exec(query).one()


def _conditions(session: Session, filters: Filters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.since:
        found.append(col(ChurnRecord.at) >= start_of(filters.since))
    if filters.until:
        found.append(col(ChurnRecord.at) < start_of(plus_days(filters.until, 1)))
    if filters.expires_from and filters.expires_to:
        found.append(col(ChurnRecord.effective_on).between(filters.expires_from, filters.expires_to))
    if filters.reasons:
        found.append(col(ChurnRecord.reason_now).in_(filters.reasons))
    if filters.agent:
        found.append(col(ChurnRecord.agent).in_(_named(agents(session), filters.agent)))
    if filters.plan:
        found.append(col(ChurnRecord.plan) == filters.plan)
    if filters.vip is not None:
        found.append(col(ChurnRecord.vip).is_(filters.vip))
    if filters.reviewed is not None:
        found.append(col(ChurnRecord.reviewed).is_(filters.reviewed))
    if filters.objection:
        found.append(col(ChurnRecord.first_objection) == filters.objection)
    if band := BANDS_BY_CODE.get(filters.seniority):
        found.append(in_band(band))
    if filters.said:
        said = select(col(RecordWord.record_id)).where(RecordWord.word == filters.said)
        found.append(col(ChurnRecord.id).in_(said.where(col(RecordWord.said).is_(True))))
    return found + _text(session, search_words(filters.text).split())


def _named(names: Sequence[str], typed: str) -> list[str]:
    """The agent of that very name, else those whose name begins so."""
    start = fold(typed)
    return [typed] if typed in names else [name for name in names if fold(name).startswith(start)]


def in_band(band: Band) -> ColumnElement[bool]:
    """Whether a record's client had been with us for so long."""
    months = col(ChurnRecord.seniority)
    return months >= band.first if band.last is None else months.between(band.first, band.last)


def _text(session: Session, words: Sequence[str]) -> list[ColumnElement[bool]]:
    """Every word begins one of the record's; the rarest is looked up, unless it is common too."""
    found: list[ColumnElement[bool]] = []
    rarest: tuple[int, str] = (_FEW, "")
    for word in words:
        some = select(col(RecordWord.record_id)).where(_begins(word)).limit(_FEW).subquery()
        rarest = min(rarest, (session.exec(select(func.count()).select_from(some)).one(), word))
        found.append((" " + col(ChurnRecord.search)).like(f"% {word}%"))
    if rarest[1]:
        found.append(col(ChurnRecord.id).in_(select(col(RecordWord.record_id)).where(_begins(rarest[1]))))
    return found


def _begins(word: str) -> ColumnElement[bool]:
    return col(RecordWord.word).between(literal(word, String), literal(word + _LAST, String))


def agents(session: Session) -> list[str]:
    """Who wrote records, by a jump in the index for each."""
    names: list[str] = []
    while True:
        query = select(func.min(ChurnRecord.agent)).where(
            *([col(ChurnRecord.agent) > names[-1]] if names else [])
        )
        name = session.exec(query).one()
        if name is None:
            return names
        names.append(name)


# -- beside a record -----------------------------------------------------------------------------------


def amendments(session: Session, record_id: int) -> Sequence[RecordAmendment]:
    """What was added to a record, in order."""
    query = select(RecordAmendment).where(RecordAmendment.record_id == record_id)
    return session.exec(query.order_by(col(RecordAmendment.id))).all()


def questions(session: Session, agent: str) -> Sequence[tuple[RecordAmendment, ChurnRecord]]:
    """The questions put to an agent that have no answer yet, the oldest first."""
    query = (
        select(RecordAmendment, ChurnRecord)
        .join(ChurnRecord, col(ChurnRecord.id) == col(RecordAmendment.record_id))
        .where(
            RecordAmendment.addressee == agent,
            RecordAmendment.kind == Amendment.QUESTION,
            col(RecordAmendment.answered_at).is_(None),
        )
        .order_by(col(RecordAmendment.id))
    )
    return session.exec(query).all()


def record_of(session: Session, client_id: int) -> int | None:
    """The client's latest churn record."""
    query = select(ChurnRecord.id).where(ChurnRecord.client_id == client_id)
    return session.exec(query.order_by(col(ChurnRecord.at).desc()).limit(1)).first()


def asked(session: Session, record_ids: Sequence[int]) -> frozenset[int]:
    """Those of the records with a question that waits for its answer."""
    query = select(RecordAmendment.record_id).where(
        col(RecordAmendment.record_id).in_(record_ids),
        RecordAmendment.kind == Amendment.QUESTION,
        col(RecordAmendment.answered_at).is_(None),
    )
    return frozenset(session.exec(query))


# -- named views ---------------------------------------------------------------------------------------


def views(session: Session, agent: str) -> Sequence[JournalView]:
    """The criteria that an agent gave a name, by name."""
    query = select(JournalView).where(JournalView.agent == agent)
    return session.exec(query.order_by(col(JournalView.name))).all()


def forget_view(session: Session, agent: str, name: str) -> None:
    """Removes one of them."""
    session.exec(delete(JournalView).where(col(JournalView.agent) == agent, col(JournalView.name) == name))
