"""The refusals of some days counted by reason and by something else, and the proposals made in calls."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, exists, func, literal, or_
from sqlmodel import Session, col

from console.base.dates import plus_days, start_of
from console.base.vocabulary import CallOutcome, Objection, RetentionOption
from console.cases.campaign import about_campaign
from console.cases.views import Campaign
from console.db.query import AnyRow, AnySelect, columns
from console.db.tables import Call, ChurnRecord, Client, Proposal
from console.records.counting import BANDS, Topic
from console.records.journal_store import Key, in_band
from console.records.reasons_in_force import REASON
from console.rules.campaigns import Campaigns
from console.rules.walk import Answer

_BAND = case(*((in_band(band), band.code) for band in BANDS), else_="")
_BY = {
    Topic.WEEKS: col(ChurnRecord.cancelled_on),
    Topic.OBJECTIONS: col(ChurnRecord.first_objection),
    Topic.PLANS: col(ChurnRecord.plan),
    Topic.SENIORITY: _BAND,
    Topic.AGENTS: col(ChurnRecord.agent),
}


def crossing(session: Session, topic: Topic, which: ColumnElement[bool]) -> Sequence[AnyRow]:
    """Of these refusals, for each value of what is counted by (a week's days one by one) and reason in force,
    how many."""
    by = _BY[topic]
    query = columns(by, REASON, func.count()).where(which).group_by(by, REASON)
    return session.connection().execute(query).all()


# -- proposals: in every call that has ended, also of those who stayed ------------------------------------

_HELD_BACK = col(Proposal.what) != RetentionOption.LOYALTY
"""What is kept for clients who hesitate: the offer of the opening is presented to everybody."""
_LEFT = col(Call.outcome) == CallOutcome.REFUSED


def _why(likely: Mapping[Objection, str]) -> ColumnElement[str]:
    """The reason in force of the call's record; of a call without one, what its first objection makes
    likely.
    """
    told = case(dict(likely), value=col(Call.objection), else_="") if likely else literal("")
    return func.coalesce(REASON, told)


def ended(period: Campaign, campaigns: Campaigns) -> ColumnElement[bool]:
    """The calls of these days, both included, to clients of its campaign. Raises RefusedInputError."""
    at = col(Call.ended_at)
    return and_(
        at >= start_of(period.first),
        at < start_of(plus_days(period.last, 1)),
        about_campaign(Call.subscription_id, campaigns, period.named),
    )


def _with_records(wanted: AnySelect) -> AnySelect:
    its = and_(col(ChurnRecord.call_id) == col(Call.id), col(ChurnRecord.corrected_at).is_(None))
    return wanted.join(ChurnRecord, its, isouter=True)


def proposals(
    session: Session, which: ColumnElement[bool], likely: Mapping[Objection, str]
) -> Sequence[AnyRow]:
    """What these calls proposed, alike together: what, for which reason, the answer, whether the
    client left all the same, and how many such proposals."""
    why, of = _why(likely), (Proposal.what, Proposal.answer)
    query = _with_records(
        columns(Proposal.what, why, Proposal.answer, _LEFT, func.count())
        .select_from(Call)
        .join(Proposal, and_(col(Proposal.call_id) == col(Call.id), _HELD_BACK))
    ).where(which)
    return session.connection().execute(query.group_by(*of, why, _LEFT)).all()


def proposing(
    session: Session, which: ColumnElement[bool], likely: Mapping[Objection, str]
) -> dict[str, int]:
    """How many of these calls proposed something, by reason."""
    why = _why(likely)
    proposed = exists().where(col(Proposal.call_id) == col(Call.id), _HELD_BACK)
    query = _with_records(columns(why, func.count()).select_from(Call)).where(which, proposed)
    return dict(tuple(row) for row in session.connection().execute(query.group_by(why)))


def _proposed(option: RetentionOption, *, taken: bool) -> ColumnElement[bool]:
    found = columns(Proposal.id).where(col(Proposal.call_id) == col(Call.id), col(Proposal.what) == option)
    if taken:
        found = found.where(col(Proposal.answer) == Answer.ACCEPTED)
    proposed = found.correlate(Call).exists()
    return and_(proposed, ~_LEFT) if taken else proposed


def calls(
    session: Session,
    which: ColumnElement[bool],
    option: RetentionOption,
    reason: str,
    likely: Mapping[Objection, str],
    *,
    taken: bool,
    offset: int,
    limit: int,
) -> tuple[int, Sequence[AnyRow]]:
    """How many of these calls proposed an option, or with `taken` saw it taken, for a reason or for
    any; and a page of them, the latest first."""
    condition, why = and_(which, _proposed(option, taken=taken)), _why(likely)
    if reason:
        condition = and_(condition, why == reason)
    connection = session.connection()
    total = connection.scalar(_with_records(columns(func.count()).select_from(Call)).where(condition))
    wanted = columns(
        Call.id, Call.client_id, Call.ended_at, Call.agent, Call.outcome, Proposal.answer,
        why.label("reason"), Client.code, Client.first_name, Client.last_name,
    ).join_from(Call, Client, col(Client.id) == col(Call.client_id)).join(
        Proposal, and_(col(Proposal.call_id) == col(Call.id), col(Proposal.what) == option)
    )  # fmt: skip
    page = (
        _with_records(wanted)
        .where(condition)
        .order_by(col(Call.ended_at).desc(), col(Call.id))
        .offset(offset)
        .limit(limit)
    )
    return total or 0, connection.execute(page).all()


# -- words ------------------------------------------------------------------------------------------------


def verbatims(
    session: Session, which: ColumnElement[bool], after: Key | None, limit: int
) -> list[tuple[datetime, int, str, str]]:
    """What was said in these refusals, the newest first, after a key: instant, number, words,
    reason in force. Refusals without a word are passed over."""
    at, number = col(ChurnRecord.at), col(ChurnRecord.id)
    said = col(ChurnRecord.verbatim) != ""  # an erased one is empty
    query = columns(at, number, ChurnRecord.verbatim, REASON).where(which, said)
    if after is not None:
        query = query.where(at <= after[0], or_(at < after[0], number < after[1]))
    page = query.order_by(at.desc(), number.desc()).limit(limit)
    return [(when, one, words, reason) for when, one, words, reason in session.connection().execute(page)]
