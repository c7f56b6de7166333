"""What the screens, the exports and the report get of the key figures: frozen values, worded in French."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from console.base.french import day, number, plural
from console.cases.views import Campaign, CaseRow
from console.figures.rules import Correction, Counts, Measure, summary


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
    campaigns: Mapping[str, str] = field(default_factory=dict)  # the names of the named ones, by code

    @property
    def name(self) -> str:
        """The name of the campaign; empty for all of them."""
        return self.campaigns.get(self.period.named, "")

    @property
    def words(self) -> str:
        """The period, until when it may still move, and how many of the targets are met."""
        period = f"Échéances du {day(self.period.first)} au {day(self.period.last)}"
        if self.provisional_until is not None:
            period += f" (provisoire jusqu’au {day(self.provisional_until)})"
        return " · ".join(part for part in (self.name, period, summary(self.measures)) if part)

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
            **({"campagne": self.period.named} if self.name else {}),
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
