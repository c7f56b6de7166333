"""The refusal journal: pages after a key, whatever the criteria, and what is put beside a record."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    String,
    Subquery,
    delete,
    false,
    func,
    literal,
    literal_column,
    union_all,
)
from sqlmodel import Session, col, select

from console.base.dates import plus_days, start_of
from console.base.text import fold
from console.base.vocabulary import Plan
from console.cases.campaign import about_campaign
from console.db.query import AnyRow, among, columns, rows
from console.db.tables import ChurnRecord, JournalView, RecordAmendment, RecordWord
from console.records.counting import BANDS_BY_CODE, Band
from console.records.filters import Amendment, Filters, search_words
from console.records.store import RECORD
from console.rules.campaigns import Campaigns

Key = tuple[datetime, int]
"""Where a page ended: instant and number of its last record."""
_FEW = 2_000
"""Records up to which a word is taken from the index; a commoner one is met soon in the order of days."""
_APART = 100
"""Agents up to which each is followed on its own: a database takes a few hundred queries in one."""
_LAST = "\U0010ffff"
_STANDS = col(ChurnRecord.corrected_at).is_(None)
_SAID = col(RecordWord.said).is_(True)
# Written out: an index of some records only is not chosen by a value that comes later.
_VIP = col(ChurnRecord.vip).is_(literal_column("TRUE"))
_UNREAD = col(ChurnRecord.reviewed).is_(literal_column("FALSE"))
_OF_PLAN = {plan.value: col(ChurnRecord.plan) == literal_column(f"'{plan}'") for plan in Plan}


def page(
    session: Session, filters: Filters, after: Key | None, limit: int, campaigns: Campaigns = ()
) -> Sequence[AnyRow]:
    """What lists show of the records that come after a key, the newest first."""
    found = _found(session, filters, after, limit, campaigns, oldest_first=False)
    query = columns(*RECORD).join(found, found.c.id == col(ChurnRecord.id))
    return session.connection().execute(query.order_by(*_order(ChurnRecord, oldest_first=False))).all()


def batch(
    session: Session, filters: Filters, after: Key | None, limit: int, campaigns: Campaigns = ()
) -> Sequence[ChurnRecord]:
    """The records that come after a key, the oldest first."""
    found = _found(session, filters, after, limit, campaigns, oldest_first=True)
    query = select(ChurnRecord).join(found, found.c.id == col(ChurnRecord.id))
    return session.exec(query.order_by(*_order(ChurnRecord, oldest_first=True))).all()


def count(session: Session, filters: Filters, campaigns: Campaigns = ()) -> int:
    """How many records pass; this one takes longer as there are more."""
    names = _named(agents(session), filters.agent) if filters.agent else []
    narrowed = _conditions(session, filters, names, campaigns)
    return session.exec(select(func.count()).select_from(ChurnRecord).where(*narrowed)).one()


def _order(of: Any, *, oldest_first: bool) -> tuple[Any, Any]:
    return (of.at.asc(), of.id.asc()) if oldest_first else (of.at.desc(), of.id.desc())


def _found(
    session: Session,
    filters: Filters,
    after: Key | None,
    limit: int,
    campaigns: Campaigns,
    *,
    oldest_first: bool,
) -> Subquery:
    """The numbers of a page, found in an index alone as long as no word is searched."""
    at, number = col(ChurnRecord.at), col(ChurnRecord.id)
    names = _named(agents(session), filters.agent) if filters.agent else []
    narrowed = _conditions(session, filters, names, campaigns)
    if after is not None and oldest_first:
        narrowed += [at >= after[0], (at > after[0]) | (number > after[1])]
    elif after is not None:
        narrowed += [at <= after[0], (at < after[0]) | (number < after[1])]

    def along(*only: ColumnElement[bool]) -> Subquery:
        query = columns(number, at).where(*narrowed, *only)
        return query.order_by(*_order(ChurnRecord, oldest_first=oldest_first)).limit(limit).subquery()

    # One by one, several agents or reasons are each read along their index for a page: together, all their
    # records would be sorted.
    alone = [col(ChurnRecord.agent) == name for name in names]
    if len(alone) < 2:
        alone = [col(ChurnRecord.reason_now) == reason for reason in dict.fromkeys(filters.reasons)]
    if not 2 <= len(alone) <= _APART:
        return along()
    every = union_all(*(columns(one.c.id, one.c.at) for one in map(along, alone))).subquery()
    query = columns(every.c.id).order_by(*_order(every.c, oldest_first=oldest_first))
    return query.limit(limit).subquery()


def _conditions(
    session: Session, filters: Filters, names: Sequence[str], campaigns: Campaigns
) -> list[ColumnElement[bool]]:
    """All of the criteria, of the records that stand; `names` are the agents meant. Raises RefusedInputError
    for a campaign that is not there."""
    found: list[ColumnElement[bool]] = [_STANDS]
    if filters.since:
        found.append(col(ChurnRecord.at) >= start_of(filters.since))
    if filters.until:
        found.append(col(ChurnRecord.at) < start_of(plus_days(filters.until, 1)))
    if filters.expires_from and filters.expires_to:
        found.append(col(ChurnRecord.effective_on).between(filters.expires_from, filters.expires_to))
    if filters.reasons:
        found.append(col(ChurnRecord.reason_now).in_(filters.reasons))
    if filters.agent:
        found.append(col(ChurnRecord.agent).in_(names))
    if filters.plan:
        found.append(_OF_PLAN.get(filters.plan, false()))
    if filters.vip is not None:
        found.append(_VIP if filters.vip else col(ChurnRecord.vip).is_(False))
    if filters.reviewed is not None:
        found.append(col(ChurnRecord.reviewed).is_(True) if filters.reviewed else _UNREAD)
    if filters.objection:
        found.append(col(ChurnRecord.first_objection) == filters.objection)
    if band := BANDS_BY_CODE.get(filters.seniority):
        found.append(in_band(band))
    if filters.campaign:
        found.append(about_campaign(ChurnRecord.subscription_id, campaigns, filters.campaign))
    words, rare = _words(session, search_words(filters.text).split(), filters.said)
    if rare is not None:
        # Nothing but the word chooses the index.
        return [rare, *(func.coalesce(one, false()) for one in (*found, *words))]
    return found + words


def _named(names: Sequence[str], typed: str) -> list[str]:
    """The agent of that very name, else those whose name begins so."""
    start = fold(typed)
    return [typed] if typed in names else [name for name in names if fold(name).startswith(start)]


def in_band(band: Band) -> ColumnElement[bool]:
    """Whether a record's client had been with us for so long."""
    months = col(ChurnRecord.seniority)
    return months >= band.first if band.last is None else months.between(band.first, band.last)


def _words(
    session: Session, typed: Sequence[str], said: str
) -> tuple[list[ColumnElement[bool]], ColumnElement[bool] | None]:
    """Every word typed begins one of the record's, and `said` is one of its verbatim's; then how to look up
    the rarest of them, unless it is common too."""
    looked_up: list[tuple[ColumnElement[bool], ColumnElement[bool]]] = [
        (_begins(word), (" " + col(ChurnRecord.search)).like(f"% {word}%")) for word in typed
    ]
    if said:
        whole = (col(RecordWord.word) == said) & _SAID
        its = columns(RecordWord.word).where(whole, col(RecordWord.record_id) == col(ChurnRecord.id))
        looked_up.append((whole, its.correlate(ChurnRecord).exists()))
    rarest: tuple[int, int] = (_FEW, -1)
    for place, (wanted, _) in enumerate(looked_up):
        some = columns(RecordWord.record_id).where(wanted).limit(_FEW).subquery()
        number = session.connection().scalar(columns(func.count()).select_from(some)) or 0
        rarest = min(rarest, (number, place))
    if rarest[1] < 0:
        return [met for _, met in looked_up], None
    wanted, _ = looked_up.pop(rarest[1])
    found = col(ChurnRecord.id).in_(columns(RecordWord.record_id).where(wanted))
    return [met for _, met in looked_up], found


def _begins(word: str) -> ColumnElement[bool]:
    return col(RecordWord.word).between(literal(word, String), literal(word + _LAST, String))


def agents(session: Session) -> list[str]:
    """Who wrote records, by a jump in the index for each."""
    names: list[str] = []
    while True:
        query = select(func.min(ChurnRecord.agent)).where(
            _STANDS, *([col(ChurnRecord.agent) > names[-1]] if names else [])
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


def has_unread_answer(session: Session, record_id: int) -> bool:
    """Whether an agent answered on this record since anything else was added to it."""
    query = select(RecordAmendment.kind).where(RecordAmendment.record_id == record_id)
    return session.exec(query.order_by(col(RecordAmendment.id).desc()).limit(1)).first() == Amendment.ANSWER


def record_of(session: Session, client_id: int) -> int | None:
    """The client's latest churn record that stands, else the latest that was taken back."""
    query = select(ChurnRecord.id).where(ChurnRecord.client_id == client_id)
    order = col(ChurnRecord.corrected_at).is_not(None), col(ChurnRecord.at).desc()
    return session.exec(query.order_by(*order).limit(1)).first()


_ASKED = columns(RecordAmendment.record_id).where(
    among(RecordAmendment.record_id, "records"),
    col(RecordAmendment.kind) == Amendment.QUESTION,
    col(RecordAmendment.answered_at).is_(None),
)


def asked(session: Session, record_ids: Sequence[int]) -> frozenset[int]:
    """Those of the records with a question that waits for its answer."""
    return frozenset(row.record_id for row in rows(session, _ASKED, records=record_ids))


# -- named views ---------------------------------------------------------------------------------------


def views(session: Session, agent: str) -> Sequence[JournalView]:
    """The criteria that an agent gave a name, by name."""
    query = select(JournalView).where(JournalView.agent == agent)
    return session.exec(query.order_by(col(JournalView.name))).all()


def forget_view(session: Session, agent: str, name: str) -> None:
    """Removes one of them."""
    session.exec(delete(JournalView).where(col(JournalView.agent) == agent, col(JournalView.name) == name))
