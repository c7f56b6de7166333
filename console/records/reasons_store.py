"""The refusals of some days counted by reason and by something else, and the proposals made in calls."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, String, and_, case, cast, func, literal, or_
from sqlmodel import Session, col

from console.base.dates import plus_days, start_of
from console.base.vocabulary import CallOutcome, Objection, RetentionOption
from console.db.query import AnyRow, AnySelect, columns
from console.db.tables import Call, ChurnRecord, Client
from console.records.counting import BANDS, Topic
from console.records.journal_store import Key, in_band
from console.records.reasons_in_force import REASON, refused
from console.rules.walk import Answer

_BAND = case(*((in_band(band), band.code) for band in BANDS), else_="")
_BY = {
    Topic.WEEKS: col(ChurnRecord.cancelled_on),
    Topic.OBJECTIONS: col(ChurnRecord.first_objection),
    Topic.PLANS: col(ChurnRecord.plan),
    Topic.SENIORITY: _BAND,
    Topic.AGENTS: col(ChurnRecord.agent),
}


def crossing(session: Session, topic: Topic, first: date, last: date) -> Sequence[AnyRow]:
    """For each value of what is counted by (a week's days one by one) and reason in force, how many."""
    by = _BY[topic]
    query = columns(by, REASON, func.count()).where(refused(first, last)).group_by(by, REASON)
    return session.connection().execute(query).all()


# -- proposals: in every call that has ended, also of those who stayed ------------------------------------

_ATTEMPTS = cast(col(Call.attempts), String)
_LEFT = col(Call.outcome) == CallOutcome.REFUSED


def _why(likely: Mapping[Objection, str]) -> ColumnElement[str]:
    """The reason in force of the call's record; of a call without one, what its first objection makes
    likely.
    """
    told = case(dict(likely), value=col(Call.objection), else_="") if likely else literal("")
    return func.coalesce(REASON, told)


def _ended(wanted: AnySelect, first: date, last: date) -> AnySelect:
    ended = col(Call.ended_at)
    return wanted.join(ChurnRecord, col(ChurnRecord.call_id) == col(Call.id), isouter=True).where(
        ended >= start_of(first), ended < start_of(plus_days(last, 1)), _ATTEMPTS != "[]"
    )


def proposals(session: Session, first: date, last: date, likely: Mapping[Objection, str]) -> Sequence[AnyRow]:
    """The calls of these days in which something was proposed, those alike together: what (as JSON), for
    which reason, whether the client left all the same, and how many such calls."""
    why = _why(likely)
    query = _ended(columns(_ATTEMPTS, why, _LEFT, func.count()).select_from(Call), first, last)
    return session.connection().execute(query.group_by(_ATTEMPTS, why, _LEFT)).all()


def _proposed(option: RetentionOption, *, taken: bool) -> ColumnElement[bool]:
    pair = f'"option": "{option}"'
    accepted = f'{pair}, "answer": "{Answer.ACCEPTED}"'
    found = _ATTEMPTS.contains(pair, autoescape=True)
    if taken:
        found = and_(_ATTEMPTS.contains(accepted, autoescape=True), ~_LEFT)
    return found


def calls(
    session: Session,
    first: date,
    last: date,
    option: RetentionOption,
    reason: str,
    likely: Mapping[Objection, str],
    *,
    taken: bool,
    offset: int,
    limit: int,
) -> tuple[int, Sequence[AnyRow]]:
    """How many calls of these days proposed an option, or with `taken` saw it taken, for a reason or for
    any; and a page of them, the latest first."""
    condition, why = _proposed(option, taken=taken), _why(likely)
    if reason:
        condition = and_(condition, why == reason)
    connection = session.connection()
    total = connection.scalar(_ended(columns(func.count()).select_from(Call), first, last).where(condition))
    wanted = columns(
        Call.id, Call.client_id, Call.ended_at, Call.agent, Call.outcome, Call.attempts, why.label("reason"),
        Client.code, Client.first_name, Client.last_name,
    ).join_from(Call, Client, col(Client.id) == col(Call.client_id))  # fmt: skip
    page = (
        _ended(wanted, first, last)
        .where(condition)
        .order_by(col(Call.ended_at).desc(), col(Call.id))
        .offset(offset)
        .limit(limit)
    )
    return total or 0, connection.execute(page).all()


# -- words ------------------------------------------------------------------------------------------------


def verbatims(
    session: Session, first: date, last: date, after: Key | None, limit: int
) -> list[tuple[datetime, int, str, str]]:
    """What was said in the refusals of these days, the newest first, after a key: instant, number, words,
    reason in force. Refusals without a word are passed over."""
    at, number = col(ChurnRecord.at), col(ChurnRecord.id)
    query = columns(at, number, ChurnRecord.verbatim, REASON).where(
        at >= start_of(first),
        at < start_of(plus_days(last, 1)),
        col(ChurnRecord.verbatim) != "",  # an erased one is empty
    )
    if after is not None:
        query = query.where(at <= after[0], or_(at < after[0], number < after[1]))
    page = query.order_by(at.desc(), number.desc()).limit(limit)
    return [(when, one, said, reason) for when, one, said, reason in session.connection().execute(page)]
