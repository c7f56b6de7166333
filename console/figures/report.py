"""The monthly report: the same figures as a page for management, or as text for a terminal."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from textwrap import shorten, wrap

from console.audit import audit
from console.base.anonymous import anonymous
from console.base.dates import day_of
from console.base.french import day, month, percent, plural, typeset
from console.base.roles import Role
from console.base.vocabulary import RetentionOption
from console.cases.views import month_of
from console.context import Context
from console.figures import report_store as storage
from console.figures.report_page import render_report
from console.figures.rules import EARLY_DAYS, summary
from console.figures.service import KpiService
from console.figures.views import KpiView
from console.ledger.sealer import SealService
from console.outside.files import new_file
from console.records.reasons_in_force import reasons, refused
from console.rules.offers import Offer
from console.rules.options import OPTIONS

VERBATIMS = 6
_SENTENCE = 400
"""Characters of each, at most."""
_BAR = 24
_WIDTH = 100
_MOMENTS = ("avant J-14", "de J-14 à J-8", "de J-7 à l’échéance", "après l’échéance")


@dataclass(frozen=True, slots=True)
class Share:
    """A line of a chart: `share` is in percent, `words` how it is written."""

    label: str
    n: int
    share: float
    words: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Shares of one whole: what they are of, and what is said when there is none."""

    heading: str
    about: str
    empty: str
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """What somebody who left said, and why they left."""

    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """A month, told."""

    title: str
    scope: str
    verdicts: str
    made_on: str
    kpis: KpiView
    charts: tuple[Chart, ...]
    quotes: tuple[Quote, ...]

    def lines(self) -> Iterable[str]:
        """As text."""
        yield from (self.title, self.scope, self.verdicts, self.made_on, "")
        for one in self.kpis.measures:
            yield f"{one.title:<38}{one.words:>9}  {one.verdict:<10} cible {one.target_words} · {one.detail}"
        yield from ("", "Ce que chaque indicateur compte")
        for one in self.kpis.measures:
            yield from wrap(f"{one.title}\u202f: {one.definition}", _WIDTH, subsequent_indent="  ")
        for chart in self.charts:
            yield from ("", chart.heading)
            yield f"  {chart.about if chart.shares else chart.empty}"
            for share in chart.shares:
                yield f"  {share.label}"
                yield f"  {'█' * round(share.share * _BAR / 100):<{_BAR}} {share.words}"
        yield from ("", "Ce que disent ceux qui partent")
        yield from (f"  «\u00a0{one.text}\u00a0» ({one.reason})" for one in self.quotes)
        if not self.quotes:
            yield "  Personne n’a expliqué son départ ce mois-ci."


class ReportService:
    """For supervisors; a page written leaves a line in the audit trail."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def report(self, first: date, named: str = "") -> Report:
        """The month that begins on `first`: terms by their expiry, refusals by their day.

        Of the named campaign of that code, where one is given. Raises ForbiddenError, RefusedInputError for a
        campaign that is not there, StorageError.
        """
        self._ctx.need(Role.SUPERVISOR)
        period, campaigns = replace(month_of(first), named=named), self._ctx.content.data.campaigns
        gone, terms = refused(period, campaigns), storage.ending(period, campaigns)
        kpis = KpiService(self._ctx).view(period)
        seal = SealService(self._ctx).latest()
        with self._ctx.database.reading() as session:
            by_reason = reasons(session, gone)
            offers = storage.offers(session, terms)
            renewals = storage.renewals(session, terms)
            said = storage.verbatims(session, gone, VERBATIMS)
        whole = sum(by_reason.values())
        moments = Counter(_moment((on - day_of(at)).days) for on, at in renewals)
        known = self._ctx.content.data.catalogue.offers
        words = self._ctx.content.data.reasons.label
        return Report(
            title=" · ".join(part for part in (f"Renouvellements, {month(first)}", kpis.name) if part),
            scope=_scope(kpis),
            verdicts=summary(kpis.measures),
            made_on=f"Établi le {day(day_of(self._ctx.clock.now()))}."
            + (f" Dernier {seal.words}." if seal else ""),
            kpis=kpis,
            charts=(
                Chart(
                    "Motifs des refus",
                    "Les refus dits ce mois-ci, quelle que soit l’échéance.",
                    "Aucun refus ce mois-ci.",
                    tuple(
                        _share(words(code), n, whole)
                        for code, n in sorted(by_reason.items(), key=lambda one: -one[1])
                    ),
                ),
                Chart(
                    "Les offres qui marchent",
                    "Acceptées, sur celles qui ont été faites pour les échéances du mois.",
                    "Aucune offre n’a été faite pour les échéances du mois.",
                    tuple(
                        _share(_proposed(code, known), taken, made)
                        for code, made, taken in sorted(offers, key=lambda one: -one[2] / one[1])
                    ),
                ),
                Chart(
                    "Quand les clients renouvellent",
                    "Par rapport à leur échéance, pour celles du mois.",
                    "Aucun renouvellement pour les échéances du mois.",
                    tuple(_share(one, moments[one], len(renewals)) for one in _MOMENTS) if renewals else (),
                ),
            ),
            quotes=tuple(
                Quote(
                    typeset(shorten(anonymous(text, (name, agent)), _SENTENCE, placeholder=" …")),
                    words(code),
                )
                for text, code, name, agent in said
            ),
        )

    def write(self, first: date, output: Path, named: str = "") -> None:
        """One page that needs nothing else, in a new private file, with the seal of the day."""
        self._ctx.need(Role.SUPERVISOR)
        SealService(self._ctx).of_today()
        report = self.report(first, named)
        page = render_report(report)
        with self._ctx.database.writing() as session:
            audit(session, self._ctx, "export.rapport", month=first.isoformat()[:7], campaign=named)
        with new_file(output) as file:
            file.write(page)


def _proposed(code: str, known: Mapping[str, Offer]) -> str:
    """What was proposed, as it is read: an offer of the catalogue, else what a call may propose."""
    if code in known:
        return known[code].label
    return OPTIONS[RetentionOption(code)].label if code in set(RetentionOption) else code


def _scope(kpis: KpiView) -> str:
    first, last = day(kpis.period.first), day(kpis.period.last)
    if not kpis.cohort:
        return f"Aucune échéance du {first} au {last}."
    state = "en cours" if kpis.running else "close"
    if kpis.provisional_until is not None:
        state += f", provisoire jusqu’au {day(kpis.provisional_until)}"
    whole = f"{plural(kpis.cohort, 'échéance')} du {first} au {last}, campagne {state}."
    return f"{whole} {kpis.reserves}".strip()


def _moment(days_before: int) -> str:
    if days_before < 0:
        return _MOMENTS[3]
    if days_before <= EARLY_DAYS:
        return _MOMENTS[2]
    return _MOMENTS[1] if days_before <= 2 * EARLY_DAYS else _MOMENTS[0]


def _share(label: str, n: int, whole: int) -> Share:
    share = 100 * n / whole
    return Share(label, n, share, f"{n} sur {whole}, {percent(share)}")
