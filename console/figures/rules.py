"""The ten key figures of a campaign: each formula once, on counts; its target, verdict and trend.

A cohort is the terms whose expiry falls in the period. Each has its *fate at expiry*: what stood at the end
of its last day in Paris, whenever it became known. *Retained*: renewed, temporary discount, downgraded or
paused; *renewed* includes the temporary discount, neither the downgrade nor the pause. What a client does
afterwards is a come-back: it changes no fate, and counts in the reactivations only.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from console.base.dates import add_months, plus_days
from console.base.french import NBSP, THIN, day, euros, number, percent, plural, short_day


class Kpi(StrEnum):
    """A key figure, by its code in the data and in the exports."""

    RENEWAL = "renouvellement"
    EARLY = "precoces"
    RETENTION = "retention"
    LOYALTY = "fidelite"
    DOWNGRADE = "downgrade"
    PAUSE = "suspension"
    CHURN = "churn"
    COMEBACK = "reactivation"
    GESTURE = "geste"
    SATISFACTION = "satisfaction"


class Unit(StrEnum):
    """What a figure is counted in."""

    PERCENT = "%"
    EUROS = "€"
    RATING = "/5"


UNITS = {Kpi.GESTURE: Unit.EUROS, Kpi.SATISFACTION: Unit.RATING}
"""The figures that are no percentage."""

EARLY_DAYS = 7
"""A renewal is early when it came before J-7."""
BACK_FROM, BACK_UNTIL = 7, 30
"""A client came back when it was between J+7 and J+30, both days included."""
FEWEST = 10
"""Under so many cases a rate says nothing: only the counts are given."""
_Z2 = Decimal("3.8416")
"""The square of 1.96: an interval of 95 %."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What the formulas are made of, about the terms of a cohort; costs in cents."""

    cohort: int = 0
    past: int = 0  # whose expiry day is over
    renewed: int = 0  # on their last day at the latest, as all that follows but the come-backs
    renewed_past: int = 0  # renewed, among those whose expiry day is over
    renewed_early: int = 0  # settled before the day J-7
    undated: int = 0  # renewed according to a file that gave no day: taken for the last day possible
    reminded: int = 0  # got at least one step before being settled, and are settled
    reminded_retained: int = 0
    offered: int = 0  # were offered the loyalty offer
    accepted: int = 0  # took it
    downgraded: int = 0
    paused: int = 0
    cancelled: int = 0
    unproved: int = 0  # retained on the phone, without acceptance nor payment so far
    lost: int = 0  # refused or silent, among those whose expiry day is over
    unanswered: int = 0  # of these, the silent ones whom numi owed an answer
    lost_long: int = 0  # lost, pauses that ended among them, who can come back no more: J+30 is over
    came_back: int = 0  # of these, the ones who did between J+7 and J+30
    gesture_cents: int = 0  # what the offers taken cost us
    pauses: int = 0  # of those paused: still under way, or agreed
    pauses_resumed: int = 0
    pauses_over: int = 0  # refused or lapsed
    ratings: int = 0
    rating_sum: int = 0
    running: bool = False  # the expiry day of some, today's included, is not over

    def __add__(self, other: "Counts") -> "Counts":
        """Of both cohorts together."""
        names = (field.name for field in fields(self) if field.name != "running")
        sums = {name: getattr(self, name) + getattr(other, name) for name in names}
        return Counts(**sums, running=self.running or other.running)

    def apart(self, kpi: Kpi) -> str:
        """What is told of some of those counted: « en pause 1, reprises 2, finies 0 » of the pauses chosen,
        « dont 2 sans réponse de numi » of the lost; empty for nothing."""
        if kpi is Kpi.PAUSE and (self.pauses or self.pauses_resumed or self.pauses_over):
            return f"en pause {self.pauses}, reprises {self.pauses_resumed}, finies {self.pauses_over}"
        if kpi is Kpi.CHURN and self.unanswered:
            return f"dont {number(self.unanswered)} sans réponse de numi"
        return ""

    def fraction(self, kpi: Kpi) -> tuple[int, int]:
        """Numerator and denominator of a figure."""
        return FORMULAS[kpi].count(self)


@dataclass(frozen=True, slots=True)
class Correction:
    """What became known after the figures of a cohort stood: renewals in time, and others that were none.

    on: the day it was last put right.
    """

    on: date
    known: int
    withdrawn: int

    @property
    def words(self) -> str:
        """« corrigé le 10/02/2026, 1 renouvellement connu après »."""
        known = plural(self.known, "renouvellement connu", "renouvellements connus")
        said = f"{known} après" if self.known else ""
        less = f"{plural(self.withdrawn, 'renouvellement')} de moins" if self.withdrawn else ""
        return ", ".join(part for part in (f"corrigé le {day(self.on)}", said, less) if part)


def renewal(c: Counts) -> tuple[int, int]:
    """Renewed ÷ cohort past its expiry; while the campaign runs, renewed ÷ whole cohort."""
    return (c.renewed, c.cohort) if c.running else (c.renewed_past, c.past)


def early(c: Counts) -> tuple[int, int]:
    """Renewed before the day J-7 ÷ renewed."""
    return c.renewed_early, c.renewed


def retention(c: Counts) -> tuple[int, int]:
    """Retained ÷ those who were sent at least one step of the timeline before their case was settled, or
    their last day over."""
    return c.reminded_retained, c.reminded


def loyalty(c: Counts) -> tuple[int, int]:
    """Those who took the loyalty offer ÷ those who were offered it, on their last day at the latest."""
    return c.accepted, c.offered


def downgrade(c: Counts) -> tuple[int, int]:
    """Downgraded ÷ cohort."""
    return c.downgraded, c.cohort


def pause(c: Counts) -> tuple[int, int]:
    """Paused ÷ (paused + cancelled): the choice made by the last day, whatever became of the pause."""
    return c.paused, c.paused + c.cancelled


def churn(c: Counts) -> tuple[int, int]:
    """Refused or silent at the end of their last day ÷ cohort past its expiry."""
    return c.lost, c.past


def comeback(c: Counts) -> tuple[int, int]:
    """Lost terms (refused, silent, pause ended) that came back between J+7 and J+30 ÷ lost terms whose J+30
    is over; for a pause, counted from its last day or from the refusal."""
    return c.came_back, c.lost_long


def gesture(c: Counts) -> tuple[int, int]:
    """What the offers taken on the last day at the latest cost us, in cents ÷ renewed."""
    return c.gesture_cents, c.renewed


def satisfaction(c: Counts) -> tuple[int, int]:
    """Sum of the ratings given after a call, 1 to 5, until the figures stand ÷ their number."""
    return c.rating_sum, c.ratings


@dataclass(frozen=True, slots=True)
class Formula:
    """How a figure is counted, its definition as users read it, and from when it can be judged.

    after: whole days after the last expiry of the cohort; None: at any time.
    """

    count: Callable[[Counts], tuple[int, int]]
    definition: str
    after: int | None = 1


FORMULAS: Mapping[Kpi, Formula] = {
    Kpi.RENEWAL: Formula(
        renewal,
        "Les abonnements renouvelés au soir de leur échéance au plus tard, remise temporaire comprise ÷ ceux "
        f"dont l’échéance est passée. Tant que la campagne court{THIN}: ÷ tous ceux de la campagne, face au "
        "rythme du jour.",
        after=None,
    ),
    Kpi.EARLY: Formula(early, "Les renouvellements faits avant le jour J-7 ÷ tous les renouvellements."),
    Kpi.RETENTION: Formula(
        retention,
        "Les clients qui restent (renouvelés, remise, formule inférieure, pause) ÷ ceux qui ont reçu au "
        "moins une relance et dont le dossier est réglé ou échu.",
    ),
    Kpi.LOYALTY: Formula(
        loyalty,
        "Les clients qui ont pris l’offre de fidélité ÷ ceux à qui elle a été proposée, par écrit ou non, au "
        "soir de leur échéance au plus tard.",
    ),
    Kpi.DOWNGRADE: Formula(
        downgrade, "Les clients passés à la formule inférieure ÷ toutes les échéances de la période."
    ),
    Kpi.PAUSE: Formula(
        pause,
        "Les clients qui ont choisi la pause ÷ ceux qui ont choisi la pause ou la résiliation. La suite "
        "de la pause n’y change rien.",
    ),
    Kpi.CHURN: Formula(
        churn,
        "Les clients qui ont refusé, ou qui n’ont rien répondu, au soir de leur échéance ÷ ceux dont elle "
        "est passée. Un retour ultérieur n’y change rien.",
    ),
    Kpi.COMEBACK: Formula(
        comeback,
        "Parmi les clients perdus (refus, silence, pause finie sans reprise) dont le trentième jour est "
        "passé, ceux qui sont revenus de J+7 à J+30.",
        after=BACK_UNTIL + 1,
    ),
    Kpi.GESTURE: Formula(
        gesture,
        "Ce que coûtent à numi les offres et les gestes acceptés avant la fin de l’échéance ÷ le nombre de "
        "renouvellements.",
    ),
    Kpi.SATISFACTION: Formula(
        satisfaction,
        "La moyenne des notes de 1 à 5 que les clients ont données à l’échange, à la fin d’un appel, "
        "jusqu’au trentième jour après la dernière échéance.",
        after=None,
    ),
}


@dataclass(frozen=True, slots=True)
class Target:
    """What is expected of a figure, in its unit; `below` is not reached, the others may be."""

    kpi: Kpi
    title: str
    at_least: Decimal | None = None
    at_most: Decimal | None = None
    below: Decimal | None = None

    def met_by(self, value: Decimal) -> bool:
        """Whether a value, not rounded, is as expected."""
        return (
            (self.at_least is None or value >= self.at_least)
            and (self.at_most is None or value <= self.at_most)
            and (self.below is None or value < self.below)
        )

    def within_reach(self, low: Decimal, high: Decimal) -> bool:
        """Whether some value between two bounds is as expected."""
        return (
            (self.at_least is None or high >= self.at_least)
            and (self.at_most is None or low <= self.at_most)
            and (self.below is None or low < self.below)
        )

    @property
    def words(self) -> str:
        """« ≥ 80 % », « 5 à 10 % », « < 10,00 € »."""
        kpi = self.kpi
        if self.below is not None:
            return f"<{NBSP}{written(kpi, self.below)}"
        if self.at_least is not None and self.at_most is not None:
            low = written(kpi, self.at_least).removesuffix(f"{NBSP}%")
            return f"{low} à {written(kpi, self.at_most)}"
        if self.at_least is not None:
            return f"≥{NBSP}{written(kpi, self.at_least)}"
        return f"≤{NBSP}{written(kpi, self.at_most)}"


@dataclass(frozen=True, slots=True)
class KpiTargets:
    """The targets in force, one a figure, in the order they are shown; the offers that loyalty looks at."""

    targets: tuple[Target, ...]
    loyalty_offers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure as it is shown. `value` is None without a denominator; `target` may be the pace of the day."""

    kpi: Kpi
    title: str
    numerator: int
    denominator: int
    value: Decimal | None
    before: Decimal | None  # the same figure of the period before
    target: Target
    paced: bool = False
    apart: str = ""  # what is told of some of those counted
    judged_on: date | None = None  # the first day on which it can be judged, while it is to come

    @property
    def definition(self) -> str:
        """What the figure is, as users read it."""
        return FORMULAS[self.kpi].definition

    @property
    def judged_words(self) -> str:
        """From when it can be judged, while that is to come."""
        return f"Il se juge à partir du {day(self.judged_on)}." if self.judged_on else ""

    @property
    def few(self) -> bool:
        """Whether there are too few cases for a rate: only the counts are then given."""
        return 0 < self.denominator < FEWEST

    @property
    def interval(self) -> tuple[Decimal, Decimal] | None:
        """Between which percentages the rate lies, 95 times in 100 (Wilson); None for what is no rate."""
        if unit_of(self.kpi) is not Unit.PERCENT or not self.denominator:
            return None
        n, share = Decimal(self.denominator), Decimal(self.numerator) / self.denominator
        middle = share + _Z2 / (2 * n)
        half = (_Z2 * (share * (1 - share) / n + _Z2 / (4 * n * n))).sqrt()
        low, high = ((middle + side * half) / (1 + _Z2 / n) for side in (-1, 1))
        return 100 * max(low, Decimal(0)), 100 * min(high, Decimal(1))

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None when there is nothing to judge, or not yet.

        A target is missed only where the whole interval misses it.
        """
        if self.value is None or self.few or self.judged_on is not None:
            return None
        if self.target.met_by(self.value):
            return True
        if self.interval is None:
            return False
        return None if self.target.within_reach(*self.interval) else False

    @property
    def words(self) -> str:
        """« 49 % », « 6,00 € », « 4,6 (12 notes) », « n. d. »; « – » where the counts are too few."""
        if self.value is None:
            return f"n.{NBSP}d."
        return "–" if self.few else written(self.kpi, self.value)

    @property
    def target_words(self) -> str:
        """The target; a campaign that runs says that it is today's."""
        return f"{self.target.words} à ce jour" if self.paced else self.target.words

    @property
    def verdict(self) -> str:
        """« ✓ atteint », « ✗ manqué », « dès 01/01 », « trop peu », « incertain », « – »."""
        if self.judged_on is not None and self.value is not None:
            return f"dès {short_day(self.judged_on)}"
        if self.few:
            return "trop peu"
        return {True: "✓ atteint", False: "✗ manqué", None: "–" if self.value is None else "incertain"}[
            self.met
        ]

    @property
    def trend(self) -> str:
        """« ↑ 3,2 pts », « ↓ 0,50 € », « = stable », « – » where one of the periods has no figure.

        The period before is taken at the same age.
        """
        if self.value is None or self.before is None or self.few:
            return "–"
        places = {Unit.EUROS: "0.01"}.get(unit_of(self.kpi), "0.1")
        gap = (self.value - self.before).quantize(Decimal(places), ROUND_HALF_UP)
        if not gap:
            return "= stable"
        arrow = "↑" if gap > 0 else "↓"
        if unit_of(self.kpi) is Unit.EUROS:
            return f"{arrow} {euros(int(abs(gap) * 100))}"
        size = percent(abs(gap)).removesuffix(f"{NBSP}%")
        return f"{arrow} {size} pt" + ("s" if abs(gap) >= 2 else "")

    @property
    def detail(self) -> str:
        """What the figure was made from: « 25 sur 51 (36 à 62 %) »."""
        if self.kpi is Kpi.GESTURE:
            return f"{euros(self.numerator)} pour {number(self.denominator)}"
        if self.kpi is Kpi.SATISFACTION:
            return plural(self.denominator, "note")
        made = f"{number(self.numerator)} sur {number(self.denominator)}"
        apart = f", {self.apart}" if self.apart else ""
        if self.few or self.interval is None:
            return made + apart
        low, high = (int(bound.quantize(Decimal(1), ROUND_HALF_UP)) for bound in self.interval)
        return f"{made} ({low} à {high}{NBSP}%){apart}"


def unit_of(kpi: Kpi) -> Unit:
    """What the figure is counted in."""
    return UNITS.get(kpi, Unit.PERCENT)


def value_of(kpi: Kpi, numerator: int, denominator: int) -> Decimal | None:
    """The figure in its unit, not rounded; None without a denominator: nothing is known, which is not 0."""
    if not denominator:
        return None
    factor = {Unit.PERCENT: Decimal(100), Unit.EUROS: Decimal("0.01")}.get(unit_of(kpi), Decimal(1))
    return factor * numerator / denominator


def written(kpi: Kpi, value: Decimal | None) -> str:
    """A value with its unit, as it is read."""
    if value is None:
        return ""
    match unit_of(kpi):
        case Unit.EUROS:
            return euros(int((value * 100).quantize(Decimal(1), ROUND_HALF_UP)))
        case Unit.RATING:
            return percent(value).removesuffix(f"{NBSP}%")
        case Unit.PERCENT:
            return percent(value)


def measure(
    target: Target,
    counts: Counts,
    before: Counts,
    paced: Decimal | None = None,
    *,
    last: date | None = None,
    today: date | None = None,
) -> Measure:
    """A figure against its target; `paced` is the share that the renewals should have reached by now.

    last and today: the last expiry of the cohort and the day on which it is looked at; without them the
    figure is judged at once.
    """
    kpi = target.kpi
    after, judged_on = FORMULAS[kpi].after, None
    if after is not None and last is not None and today is not None and today < plus_days(last, after):
        judged_on = plus_days(last, after)
    numerator, denominator = counts.fraction(kpi)
    judged = target
    pace_applies = kpi is Kpi.RENEWAL and counts.running and paced is not None
    if pace_applies:
        judged = Target(kpi, target.title, at_least=paced)
    return Measure(
        kpi=kpi,
        title=target.title,
        numerator=numerator,
        denominator=denominator,
        value=value_of(kpi, numerator, denominator),
        before=value_of(kpi, *before.fraction(kpi)),
        target=judged,
        paced=pace_applies,
        judged_on=judged_on,
        apart=counts.apart(kpi),
    )


def against_pace(renewed: int, cohort: int, expected: Decimal) -> Measure:
    """The renewals of a campaign that runs, judged as the key figure is."""
    target = Target(Kpi.RENEWAL, "", at_least=expected)
    return measure(target, Counts(renewed=renewed, cohort=cohort, running=True), Counts())


def period_before(first: date, last: date) -> tuple[date, date]:
    """The period to compare with: as many whole months before, else as many days."""
    after = plus_days(last, 1)
    if first.day == 1 and after.day == 1:
        months = (after.year - first.year) * 12 + after.month - first.month
        return add_months(first, -months), plus_days(first, -1)
    return plus_days(first, -(after - first).days), plus_days(first, -1)


def summary(measures: tuple[Measure, ...]) -> str:
    """« Cibles atteintes : 4 · manquées : 2 · sans verdict : 4 »."""
    met, missed = (sum(one.met is wanted for one in measures) for wanted in (True, False))
    unknown = len(measures) - met - missed
    return f"Cibles atteintes{THIN}: {met} · manquées{THIN}: {missed} · sans verdict{THIN}: {unknown}"
