"""The key figures of a period, and the cases behind each."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from console.base.dates import day_of, plus_days
from console.base.roles import Role
from console.cases import upkeep
from console.cases.campaign import named, names, of_campaign, usual_campaign
from console.cases.client_rows import case_rows
from console.cases.views import Campaign
from console.context import Context
from console.figures import store as storage
from console.figures.rules import (
    Counts,
    Kpi,
    measure,
    period_before,
)
from console.figures.store import Cohort
from console.figures.views import CasesPage, Counting, KpiView


class KpiService:
    """Reads only; for supervisors."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def view(self, period: Campaign | None = None) -> KpiView:
        """The figures of a period, the dashboard's own by default. Raises ForbiddenError, StorageError."""
        (view,) = (found for found in self.counting(period) if isinstance(found, KpiView))
        return view

    def usual(self, code: str = "") -> Campaign:
        """The dashboard's own period, of the named campaign of that code.

        Raises ForbiddenError, RefusedInputError, StorageError.
        """
        self._ctx.need(Role.SUPERVISOR)
        named(self._ctx.content.data.campaigns, code)
        with self._ctx.database.reading() as session:
            return replace(usual_campaign(session, self._ctx.clock.today()), named=code)

    def counting(self, period: Campaign | None = None) -> Iterator[Counting | KpiView]:
        """How far the count of a period has come, where it takes long, then its figures; to be left at any
        time. Raises ForbiddenError, StorageError."""
        self._ctx.need(Role.SUPERVISOR)
        return self._counting(period)

    def _counting(self, period: Campaign | None) -> Iterator[Counting | KpiView]:
        upkeep.refresh_stale(self._ctx)
        data, today = self._ctx.content.data, day_of(self._ctx.clock.now())
        with self._ctx.database.reading() as session:
            shown = period or usual_campaign(session, today)
            before = Campaign(*period_before(shown.first, shown.last), named=shown.named)
            then = plus_days(today, -(shown.last - before.last).days)  # when it was as old as this one is
            cohorts = [
                (one, storage.expiries(session, one))
                for one in (self._cohort(shown, today), self._cohort(before, then))
            ]
        days = cohorts[0][1]
        done, whole = 0, sum(sum(ending.values()) for _, ending in cohorts)
        found: list[Counts] = []
        for cohort, ending in cohorts:
            counts = Counts()
            for piece in storage.pieces(ending):
                if done > storage.TERMS_AT_ONCE / 2:
                    yield Counting(shown, done, whole)
                with self._ctx.database.reading() as session:
                    counts += storage.counts(session, cohort, piece)
                done += sum(piece.values())
            found.append(counts)
        counts, earlier = found
        with self._ctx.database.reading() as session:
            correction = storage.correction(session, cohorts[0][0])
        paced, settled = data.pace.expected_of(days, today), shown.settled_on
        yield KpiView(
            period=shown,
            before=before,
            cohort=counts.cohort,
            running=counts.running,
            measures=tuple(
                measure(target, counts, earlier, paced, last=shown.last, today=today)
                for target in self._ctx.content.kpi_targets.targets
            ),
            counts=counts,
            provisional_until=settled if today <= settled else None,
            correction=correction,
            undated=counts.undated,
            campaigns=names(data.campaigns),
        )

    def rows(
        self,
        period: Campaign,
        kpi: Kpi,
        after: tuple[date, str, int] | None,
        limit: int,
        *,
        whole: bool = False,
    ) -> CasesPage:
        """A page of the cases that a figure counts, or with `whole` of those it is a share of, after where
        another page ended. Raises ForbiddenError, StorageError."""
        self._ctx.need(Role.SUPERVISOR)
        cohort = self._cohort(period, self._ctx.clock.today())
        with self._ctx.database.reading() as session:
            days = storage.expiries(session, cohort)
            found = storage.behind(session, cohort, days, kpi, whole=whole, after=after, limit=limit + 1)
            rows = case_rows(session, self._ctx, found[:limit], self._ctx.clock.now())
        last = found[limit - 1] if len(found) > limit else None
        return CasesPage(rows, (last.expires_on, last.client_code, last.id) if last else None)

    def count(self, period: Campaign, kpi: Kpi, *, whole: bool = False) -> int:
        """How many cases stand behind a figure: the more there are, the longer it takes.

        Raises ForbiddenError, StorageError.
        """
        self._ctx.need(Role.SUPERVISOR)
        cohort = self._cohort(period, self._ctx.clock.today())
        with self._ctx.database.reading() as session:
            return storage.size(session, cohort, storage.expiries(session, cohort), kpi, whole=whole)

    def _cohort(self, period: Campaign, today: date) -> Cohort:
        campaigns, offers = self._ctx.content.data.campaigns, self._ctx.content.kpi_targets.loyalty_offers
        only = of_campaign(campaigns, period.named)
        return Cohort(period.first, period.last, today, offers, only, named=period.named)
