"""The key figures of a period, and the cases behind each."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from console.base.dates import day_of, plus_days
from console.base.french import day, number, plural
from console.base.roles import Role
from console.cases import upkeep
from console.cases.campaign import usual_campaign
from console.cases.client_rows import case_rows
from console.cases.views import Campaign, CaseRow
from console.context import Context
from console.figures import store as storage
from console.figures.rules import (
    Correction,
    Counts,
    Kpi,
    Measure,
    measure,
    period_before,
    summary,
)
from console.figures.store import Cohort


@dataclass(frozen=True, slots=True)
class KpiView:
    """The figures of a period, in the order of the data, and how many terms end in it."""

    period: Campaign
    before: Campaign
    cohort: int
    running: bool
    measures: tuple[Measure, ...]
    counts: Counts
    provisional_until: date | None = None
    correction: Correction | None = None
    undated: int = 0

    @property
    def words(self) -> str:
        """The period, until when it may still move, and how many of the targets are met."""
        period = f"Échéances du {day(self.period.first)} au {day(self.period.last)}"
        if self.provisional_until is not None:
            period += f" (provisoire jusqu’au {day(self.provisional_until)})"
        return f"{period} · {summary(self.measures)}"

    @property
    def reserves(self) -> str:
        """What the figures do not say of themselves; empty for nothing.

        « Corrigé le 10/02/2026, 1 renouvellement connu après. Dont 4 renouvellements datés par l’import. »
        """
        said = [self.correction.words] if self.correction else []
        if self.counts.unproved:
            said.append(f"dont {number(self.counts.unproved)} sans accord écrit ni paiement")
        if self.undated:
            dated = plural(self.undated, "renouvellement daté", "renouvellements datés")
            said.append(f"dont {dated} par l’import")
        return " ".join(f"{one[0].upper()}{one[1:]}." for one in said)

    def plain(self) -> dict[str, Any]:
        """For a machine: French names, plain values, None where there is no figure."""
        return {
            "du": self.period.first,
            "au": self.period.last,
            "echeances": self.cohort,
            "en_cours": self.running,
            "provisoire_jusqu_au": self.provisional_until,
            "corrige_le": self.correction and self.correction.on,
            "renouvellements_connus_apres": self.correction.known if self.correction else 0,
            "renouvellements_en_moins": self.correction.withdrawn if self.correction else 0,
            "renouvellements_dates_par_import": self.undated,
            "gardes_sans_accord_ecrit_ni_paiement": self.counts.unproved,
            "echus_sans_reponse_de_numi": self.counts.unanswered,
            "pauses": {
                "en_pause": self.counts.pauses,
                "reprises": self.counts.pauses_resumed,
                "finies": self.counts.pauses_over,
            },
            "indicateurs": [record(one) for one in self.measures],
        }


@dataclass(frozen=True, slots=True)
class Counting:
    """How many of the terms have been counted, those of the period before among them."""

    period: Campaign
    done: int
    of: int


@dataclass(frozen=True, slots=True)
class CasesPage:
    """Some cases, by expiry and code, and where the next ones begin: None at the end."""

    rows: tuple[CaseRow, ...]
    after: tuple[date, str, int] | None


RECORD: Mapping[str, Callable[[Measure], Any]] = {
    "code": lambda one: one.kpi.value,
    "indicateur": lambda one: one.title,
    "valeur": lambda one: _number(one.value),
    "numerateur": lambda one: one.numerator,
    "denominateur": lambda one: one.denominator,
    "cible": lambda one: one.target_words,
    "cible_minimum": lambda one: _number(one.target.at_least),
    "cible_maximum": lambda one: _number(one.target.at_most or one.target.below),
    "atteinte": lambda one: one.met,
    "intervalle_bas": lambda one: _number(one.interval and one.interval[0]),
    "intervalle_haut": lambda one: _number(one.interval and one.interval[1]),
    "periode_avant": lambda one: _number(one.before),
    "precision": lambda one: one.apart,
    "jugeable_le": lambda one: one.judged_on,
    "definition": lambda one: one.definition,
}
"""The columns of an export: rates are in percent, gestures in euros."""


def record(one: Measure) -> dict[str, Any]:
    """One figure as a row of an export."""
    return {name: column(one) for name, column in RECORD.items()}


def _number(value: Decimal | None) -> float | None:
    return None if value is None else round(float(value), 4)


class KpiService:
    """Reads only; for supervisors."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def view(self, period: Campaign | None = None) -> KpiView:
        """The figures of a period, the dashboard's own by default. Raises ForbiddenError, StorageError."""
        (view,) = (found for found in self.counting(period) if isinstance(found, KpiView))
        return view

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
            before = Campaign(*period_before(shown.first, shown.last))
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
        return Cohort(period.first, period.last, today, self._ctx.content.kpi_targets.loyalty_offers)
