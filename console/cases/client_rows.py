"""From stored cases to what the screens show of them: the same line, card and words everywhere."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session

from console.base.dates import day_of, whole_months
from console.base.french import elsewhere
from console.base.phone import read_phone
from console.base.vocabulary import Action, Billing, CallOutcome, Pane, Plan, SubscriptionStatus
from console.cases import client_rows_store as storage
from console.cases import facts, queue
from console.cases.granted_offers import running_offers
from console.cases.pauses import pauses_asked
from console.cases.spoken import LastCall, last_calls
from console.cases.terms import follow_a_downgrade
from console.cases.views import CaseRow
from console.context import Context
from console.db.query import AnyRow, ReadBatch
from console.rules.facts import CaseFacts
from console.rules.offers import Grant, phone_offer
from console.rules.priority import is_vip
from console.rules.status import (
    TermState,
    action_words,
    attempts_words,
    came_back_words,
    mail_words,
    offer_words,
    settled_words,
    status_words,
    when_words,
)
from console.team.presence import in_call


def person(first_name: str, last_name: str) -> str:
    """« Marie Dupuis »."""
    return f"{first_name} {last_name}".strip()


def case_rows(session: Session, ctx: Context, terms: Sequence[AnyRow], now: datetime) -> tuple[CaseRow, ...]:
    """One row a term (columns of `queue.CASE`), in the same order, in a few queries whatever their number."""
    return case_rows_asked(ReadBatch(session), ctx, terms, now)()


def case_rows_asked(
    batch: ReadBatch, ctx: Context, terms: Sequence[AnyRow], now: datetime
) -> Callable[[], tuple[CaseRow, ...]]:
    """The same, in a batch."""
    awaited = [term for term in terms if _awaited(term)]
    settled = [term.id for term in terms if not _awaited(term)]
    rested = [term.id for term in terms if _rested(term)]
    beside = _beside(batch, ctx, awaited, now) if awaited else None
    others = in_call(batch, ctx.agent, [term.client_id for term in terms], now) if terms else dict
    online = storage.online(batch, settled) if settled else dict
    over = pauses_asked(batch, rested) if rested else dict

    def answer() -> tuple[CaseRow, ...]:
        around = beside() if beside else None
        with_them, by_link = others(), online()
        ended = {term: pause.since(now) for term, pause in over().items()}
        return tuple(
            _case_row(
                ctx,
                term,
                around,
                ended.get(term.id, term.settled_at),
                by_link.get(term.id),
                with_them.get(term.client_id, ""),
                now,
            )
            for term in terms
        )

    return answer


def _awaited(term: AnyRow) -> bool:
    """Whether something is to be done for the client: an answer is awaited, or a pause comes to its end."""
    return term.status == SubscriptionStatus.ACTIVE or (
        term.status == SubscriptionStatus.PAUSED and term.pane in queue.IN_QUEUE
    )


def _rested(term: AnyRow) -> bool:
    """Whether a pause is over, resumed or not: the day on which it was chosen no longer says since when."""
    return term.status == SubscriptionStatus.PAUSED and (
        term.pane in {Pane.LAPSED, Pane.REFUSED} or term.retention == CallOutcome.RESUMED
    )


@dataclass(frozen=True, slots=True)
class _Beside:
    """What is shown beside the cases that await an answer, by term or by client."""

    facts: dict[int, CaseFacts]
    offers: dict[int, Grant]
    calls: dict[int, LastCall]
    notes: dict[int, str]
    after_downgrade: frozenset[int]


def _beside(batch: ReadBatch, ctx: Context, terms: Sequence[AnyRow], now: datetime) -> Callable[[], _Beside]:
    ids, clients = [term.id for term in terms], [term.client_id for term in terms]
    basic = [term.id for term in terms if term.plan == Plan.BASIC]
    cases = facts.cases_asked(batch, ctx, ids)
    offers, calls = running_offers(batch, ids, now), last_calls(batch, clients)
    notes = storage.last_notes(batch, clients)
    lower = follow_a_downgrade(batch, basic) if basic else frozenset[int]
    return lambda: _Beside(
        {case.subscription_id: case.facts for case in cases()}, offers(), calls(), notes(), lower()
    )


def _case_row(
    ctx: Context,
    term: AnyRow,
    beside: _Beside | None,
    settled_at: datetime | None,
    online: datetime | None,
    other: str,
    now: datetime,
) -> CaseRow:
    data, today = ctx.content.data, day_of(now)
    found = beside.facts.get(term.id) if beside else None
    action = Action(term.action)
    ends_on = term.expires_on
    timeline = data.timeline
    if found is not None:
        timeline = timeline.of(monthly=found.monthly, alone=found.alone, campaign=found.campaign)
    if found is not None and found.pause is not None and timeline.pauses is not None:  # its end comes
        ends_on, timeline = found.pause.resume_by, timeline.pauses
        found = replace(found, expires_on=ends_on)
    words = TermState(
        civility=term.civility,
        status=SubscriptionStatus(term.status),
        retention=term.retention,
        expires_on=term.expires_on,
        after_downgrade=beside is not None and term.id in beside.after_downgrade,
        begun=timeline.current(term.expires_on, today) is not None,
        action=action,
        facts=found,
        left_unanswered=term.left_unanswered,
        pane=Pane(term.pane),
    )
    common = {
        "client_id": term.client_id,
        "subscription_id": term.id,
        "code": term.code,
        "name": person(term.first_name, term.last_name),
        "pane": Pane(term.pane),
        "vip": is_vip(term.client_since, today, data.priorities.vip_months),
        "seniority_months": whole_months(term.client_since, today),
        "expires_on": ends_on,
        "days_left": (ends_on - today).days,
        "status": status_words(words, today),
        "action": action,
        "reason": term.reason,
        "at_risk": term.at_risk,
        "act_at": term.act_at,
        "phone": read_phone(term.phone or term.phone_raw, fiction=ctx.demo).national,
        "email": term.email,
        "with_agent": other,
    }
    if beside is None or found is None:
        return CaseRow(
            **common,
            action_label="",
            when_label="",
            mails="",
            offer=settled_words(
                settled_at,
                term.workshops_given,
                came_back_words(term.civility, term.came_back_at),
                online_today=online is not None and online == settled_at and day_of(online) == today,
            ),
            note="",
            callable_now=False,
        )
    return CaseRow(
        **common,
        action_label=action_words(action, found, timeline, today, term.due_on),
        when_label=when_words(action, term.due_on, term.act_at, now),
        mails=mail_words(found),
        offer=_offer(ctx, term, beside, now),
        note=beside.notes.get(term.client_id, "").partition("\n")[0],
        callable_now=not other
        and action is Action.CALL
        and term.pane == Pane.URGENT
        and (term.act_at is None or term.act_at <= now),
        callback_at=found.callback_at,
        there=elsewhere(now, term.timezone).removeprefix(", "),
        last_call=spoken.words if (spoken := beside.calls.get(term.client_id)) else "",
        attempts=attempts_words(found, data.field, now),
    )


def _offer(ctx: Context, term: AnyRow, beside: _Beside, now: datetime) -> str:
    """The offer that the client has; else the one that a call would present."""
    catalogue = ctx.content.data.catalogue
    granted = beside.offers.get(term.id)
    if granted is not None:
        return offer_words(granted, catalogue.workshop_value_cents)
    presented = phone_offer(
        catalogue,
        now=now,
        expires_on=term.expires_on,
        plan=Plan(term.plan),
        billing=Billing(term.billing),
        running=None,
    )
    if presented is None:
        return ""
    return f"au téléphone, {offer_words(presented, catalogue.workshop_value_cents)}"
