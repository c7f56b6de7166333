"""The dashboard: a campaign's figures, its panes, and the rows behind each figure."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlmodel import Session

from console.base.dates import day_of, month_end
from console.base.vocabulary import Figure, Pane
from console.cases import queue, upkeep
from console.cases.campaign import usual_campaign
from console.cases.client_rows import case_rows, case_rows_asked
from console.cases.versions import in_force
from console.cases.views import Campaign, CaseRow, RowsPage, month_of
from console.context import Context
from console.dashboard.day import figures, proposal, to_call
from console.dashboard.views import DashboardView, NextCall
from console.db import dialect
from console.db.query import AnyRow, ReadBatch
from console.figures.rules import against_pace
from console.records.rows import refusal_rows
from console.rules.outcomes import SPLITS
from console.team.portfolios import proposed_to
from console.team.presence import OPEN, claim, claimed

FIRST = {Pane.URGENT: 4, Pane.WEEK: 10, Pane.RETAINED: 8, Pane.REFUSED: 4}
"""Rows of each pane that come with the view; the screen asks for the others when it shows them."""

AWAITING = (Pane.URGENT, Pane.WEEK, Pane.LATER)

_PANES: dict[Figure, tuple[Pane, ...]] = {
    Figure.TO_CONTACT: (*AWAITING, Pane.RETAINED),
    Figure.AWAITING: AWAITING,
    Figure.AT_RISK: AWAITING,
    Figure.URGENT: (Pane.URGENT,),
    Figure.WEEK: (Pane.WEEK,),
    Figure.LATER: (Pane.LATER,),
    Figure.RETAINED: (Pane.RETAINED,),
    **dict.fromkeys(SPLITS, (Pane.RETAINED,)),
    Figure.WORKSHOPS: (Pane.RETAINED,),
    Figure.REFUSED: (Pane.REFUSED,),
    Figure.LAPSED: (Pane.LAPSED,),
    Figure.UNPROVED: (Pane.RETAINED,),
    Figure.UNANSWERED: (Pane.LAPSED,),
    Figure.PAUSE_OVER: (Pane.REFUSED, Pane.LAPSED),
    Figure.PAUSE_REFUSED: (Pane.REFUSED,),
    Figure.FATE_RENEWED: (Pane.RETAINED,),
    Figure.FATE_PAUSED: (Pane.RETAINED, Pane.REFUSED, Pane.LAPSED),
    Figure.FATE_REFUSED: (Pane.REFUSED,),
    Figure.FATE_SILENT: (Pane.LAPSED,),
}
"""The panes whose rows make up a figure, in order."""


class DashboardService:
    """What the dashboard shows; every method may be called from any thread."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def view(self, campaign: Campaign | None = None) -> DashboardView:
        """Everything that the dashboard paints; without a campaign, the month under way or the nearest one.

        What time alone has changed is brought up to date first. Raises StorageError.
        """
        upkeep.refresh_stale(self._ctx)
        data, now = self._ctx.content.data, self._ctx.clock.now()
        with self._ctx.database.reading() as session:
            shown = campaign or usual_campaign(session, now.date())
            within, batch = _between(shown), ReadBatch(session)
            counted = queue.counts_by_day(batch, shown.first, shown.last)
            unproved = queue.size(batch, within, Pane.RETAINED, Figure.UNPROVED)
            unanswered = queue.size(batch, within, Pane.LAPSED, Figure.UNANSWERED)
            pages = {pane: queue.page(batch, within, pane, limit=limit) for pane, limit in FIRST.items()}
            state, day = _state(batch), figures(batch, self._ctx, now)
            kept, ending = counted()
            counts = _counted(kept) | {Figure.UNPROVED: unproved(), Figure.UNANSWERED: unanswered()}
            if kept.get(queue.QUEUED):  # some of the retained are in another campaign's queue
                pages[Pane.RETAINED] = queue.page(
                    batch, within, Pane.RETAINED, limit=FIRST[Pane.RETAINED], queued=True
                )
            urgent, week, retained, refused = (page() for page in pages.values())
            cases = case_rows_asked(batch, self._ctx, [*urgent, *week, *retained], now)
            refusals = refusal_rows(batch, self._ctx, [term.id for term in refused], data.reasons)
            rows, refused_rows, own = cases(), refusals(), day()
            token, fresh_until = state()
            empty = not any(counts.values()) and queue.expiry_beside(session, date.min, +1) is None
        cohort = sum(ending.values())
        expected = data.pace.expected_of(ending, day_of(now)) or Decimal(0)
        return DashboardView(
            now=now,
            campaign=shown,
            deadline=shown.last,
            counts=counts,
            cohort=cohort,
            over=bool(ending) and max(ending) < day_of(now),
            pace_expected=expected,
            renewals=against_pace(counts[Figure.FATE_RENEWED], cohort, expected),
            urgent=rows[: len(urgent)],
            week=rows[len(urgent) : len(urgent) + len(week)],
            retained=rows[len(urgent) + len(week) :],
            refused=refused_rows,
            token=token,
            fresh_until=_until(fresh_until, rows, now),
            empty=empty,
            day=own,
            who=self._ctx.who,
        )

    def rows(self, campaign: Campaign, figure: Figure, offset: int = 0, limit: int = 50) -> RowsPage[CaseRow]:
        """A page of the cases behind a figure, pane after pane. Raises StorageError."""
        within = _between(campaign)
        with self._ctx.database.reading() as session:
            sizes = _sizes(session, campaign, figure)
            resting = bool(queue.counts(session, campaign.first, campaign.last).get(queue.QUEUED))
            found: list[AnyRow] = []
            skip, room = offset, limit
            for pane, size in sizes.items():
                if room > 0 and skip < size:
                    found += queue.page(
                        ReadBatch(session),
                        within,
                        pane,
                        figure=figure,
                        offset=skip,
                        limit=room,
                        queued=resting,
                    )()
                    room = limit - len(found)
                skip = max(skip - size, 0)
            rows = case_rows(session, self._ctx, found, self._ctx.clock.now())
        return RowsPage(sum(sizes.values()), rows)

    def neighbour(self, campaign: Campaign, step: int) -> Campaign:
        """The month before (step -1) or after (+1) in which terms end; the same campaign if none."""
        day = campaign.last if step > 0 else campaign.first
        with self._ctx.database.reading() as session:
            found = queue.expiry_beside(session, day, step)
        return campaign if found is None else month_of(found)

    def next_call(self, but: int, first: int = 0) -> NextCall:
        """Whom to call after this client, in the usual campaign: kept for the agent for a while, and proposed
        to nobody else. first: the client in sight, theirs unless a colleague has them.

        Raises StorageError.
        """
        ctx, now = self._ctx, self._ctx.clock.now()
        upkeep.refresh_stale(ctx)
        with ctx.database.reading() as session:
            rows = to_call(session, ctx, _between(usual_campaign(session, now.date())), but)
            callable_now = [row.client_id for row in rows if row.callable_now]
            promised = [row.client_id for row in rows if row.callback_at]
            mine = proposed_to(session, ctx, callable_now, promised, now)
        if not mine.clients:
            return NextCall(None, mine.why_none) if mine.why_none else proposal(rows, None)
        order = dict.fromkeys((first, *mine.clients) if first in callable_now else mine.clients)
        return proposal(rows, claim(ctx.database, ctx.agent, [*order], now))

    def token(self) -> str:
        """Changes whenever something shown may have changed, whoever changed it; costs next to nothing."""
        with self._ctx.database.reading() as session:
            return _state(ReadBatch(session))()[0]

    def look(self) -> tuple[str, str]:
        """The same, and the hash of the content in force; empty before the first version."""
        with self._ctx.database.reading() as session:
            batch = ReadBatch(session)
            state, content = _state(batch), in_force(batch)
            return state()[0], content()


def _until(change: datetime | None, rows: Sequence[CaseRow], now: datetime) -> datetime | None:
    """Until when these rows are true: the minutes of a colleague's call go by too."""
    called = [now + timedelta(minutes=1)] if any(row.with_agent for row in rows) else []
    return min([*called, *([change] if change else [])], default=None)


def _between(campaign: Campaign) -> queue.Between:
    last_deadlines = month_end(campaign.first), month_end(campaign.last)
    return queue.Between(campaign.first, campaign.last, *last_deadlines)


def _counts(session: Session, campaign: Campaign) -> dict[Figure, int]:
    return _counted(queue.counts(session, campaign.first, campaign.last))


def _counted(kept: Mapping[str, int]) -> dict[Figure, int]:
    counts = {figure: kept.get(figure, 0) for figure in Figure}
    for pane in queue.IN_QUEUE:
        counts[Figure(pane)] += kept.get(f"{queue.QUEUED}_{pane}", 0)
    counts[Figure.AWAITING] = sum(counts[Figure(pane)] for pane in AWAITING)
    counts[Figure.TO_CONTACT] = counts[Figure.AWAITING] + counts[Figure.RETAINED]
    resting = counts[Figure.PAUSED] + counts[Figure.RESUMED]
    lapsed = counts[Figure.PAUSE_OVER] - counts[Figure.PAUSE_REFUSED]
    counts[Figure.FATE_RENEWED] = counts[Figure.RENEWED] + counts[Figure.DISCOUNTED]
    counts[Figure.FATE_PAUSED] = resting + counts[Figure.PAUSE_OVER]
    counts[Figure.FATE_REFUSED] = counts[Figure.REFUSED] - counts[Figure.PAUSE_REFUSED]
    counts[Figure.FATE_SILENT] = counts[Figure.LAPSED] - lapsed
    return counts


def _sizes(session: Session, campaign: Campaign, figure: Figure) -> dict[Pane, int]:
    """How many rows each pane of a figure has, in order."""
    panes = _PANES[figure]
    if figure in queue.NARROWED:
        batch = ReadBatch(session)
        sizes = [queue.size(batch, _between(campaign), pane, figure) for pane in panes]
        return {pane: size() for pane, size in zip(panes, sizes, strict=True)}
    counts = _counts(session, campaign)
    if figure is Figure.FATE_PAUSED:
        over, refused = counts[Figure.PAUSE_OVER], counts[Figure.PAUSE_REFUSED]
        return dict(zip(panes, (counts[figure] - over, refused, over - refused), strict=True))
    return {pane: counts[figure if len(panes) == 1 else Figure(pane)] for pane in panes}


def _state(batch: ReadBatch) -> Callable[[], tuple[str, datetime | None]]:
    """The dashboard's token, and when time alone will next change the place of a case."""
    event, change, calls = (batch.ask(query) for query in (queue.LAST_EVENT, queue.NEXT_CHANGE, OPEN))
    claims = batch.ask(claimed(dialect.kind(batch.unit)))

    def answer() -> tuple[str, datetime | None]:
        next_change = change()[0][0]
        proposed = (f"{claim.client_id}:{claim.agent}" for claim in claims())
        opened = (call.id + "+" * bool(call.dialled_at) for call in calls())
        token = " ".join((f"{event()[0][0]} {next_change}", *opened, *proposed))
        return token, next_change

    return answer
