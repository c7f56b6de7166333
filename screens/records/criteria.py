"""The criteria of the refusal journal: one line each, all of them together."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.containers import Vertical
from textual.widgets import Input, Static

from console.base import french
from console.base.text import fold
from console.base.vocabulary import Objection, Plan
from console.records.counting import BANDS_BY_CODE
from console.records.filters import Filters
from console.rules.churn import OBJECTION_LABELS
from screens.common.period import read_period
from screens.keys import key
from screens.kit.screen import Field, Modal, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from console.rules.reasons import Reasons

_FIELDS = {
    "text": ("Mots", "dans ce qui a été dit et noté"),
    "period": ("Période", "01/12/2025 31/12/2025, ou rien : toujours"),
    "reasons": ("Motifs", ""),
    "agent": ("Agent", "le début de son nom"),
    "plan": ("Formule", "premium ou basic"),
    "vip": ("VIP", "oui ou non"),
    "reviewed": ("Relu", "oui ou non"),
    "campaign": ("Campagne", ""),
}
_YES_NO = {"": None, "oui": True, "o": True, "non": False, "n": False}


class Unclear(Exception):  # noqa: N818  (never leaves this module)
    """A line that was not understood; the message says how to write it."""


def read_criteria(
    typed: dict[str, str], asked: Filters, year: int, known: Reasons, campaigns: Mapping[str, str]
) -> Filters:
    """The criteria typed; what the form does not show stays as it was asked. Raises Unclear."""
    period = read_period(typed["period"], year) if typed["period"] else None
    if typed["period"] and period is None:
        raise Unclear("Période non comprise : le premier jour, puis le dernier.")
    codes = {fold(code): code for code in (*known.codes, *asked.reasons)}
    reasons = tuple(fold(word) for word in typed["reasons"].replace(",", " ").split())
    if unknown := [word for word in reasons if word not in codes]:
        raise Unclear(f"Motif inconnu : {unknown[0].upper()}. Les motifs : {', '.join(known.codes)}.")
    plans = [plan.value for plan in Plan if typed["plan"] and plan.value.startswith(fold(typed["plan"]))]
    if typed["plan"] and len(plans) != 1:
        raise Unclear("Formule inconnue : premium ou basic.")
    named = {fold(code): code for code in campaigns} | {"": ""}
    if (campaign := fold(typed["campaign"])) not in named:
        known_ones = f"Les campagnes : {', '.join(campaigns)}." if campaigns else "Laissez la ligne vide."
        raise Unclear(f"Campagne inconnue : {campaign}. {known_ones}")
    answers: dict[str, bool | None] = {}
    for name in ("vip", "reviewed"):
        if fold(typed[name]) not in _YES_NO:
            raise Unclear(f"{_FIELDS[name][0]} : oui, non, ou rien.")
        answers[name] = _YES_NO[fold(typed[name])]
    return replace(
        asked,
        since=period.first if period else None,
        until=period.last if period else None,
        reasons=tuple(codes[word] for word in reasons),
        agent=typed["agent"],
        plan=plans[0] if plans else "",
        text=typed["text"],
        vip=answers["vip"],
        reviewed=answers["reviewed"],
        campaign=named[campaign],
    )


def written(filters: Filters) -> dict[str, str]:
    """Criteria as they are typed."""
    said = {None: "", True: "oui", False: "non"}
    days = [french.day(one) for one in (filters.since, filters.until) if one]
    return {
        "text": filters.text,
        "period": " ".join(days),
        "reasons": ", ".join(filters.reasons),
        "agent": filters.agent,
        "plan": filters.plan,
        "vip": said[filters.vip],
        "reviewed": said[filters.reviewed],
        "campaign": filters.campaign,
    }


def in_words(filters: Filters, known: Reasons, campaigns: Mapping[str, str]) -> str:
    """« PRIX · VIP · à lire · « école » »; empty without criteria."""
    days = [french.day(one) for one in (filters.since, filters.until) if one]
    reasons = [known.label(one) for one in filters.reasons]
    return " · ".join(
        part
        for part in (
            campaigns.get(filters.campaign, filters.campaign),
            " – ".join(days),
            ", ".join(reasons),
            filters.agent,
            filters.plan.capitalize(),
            {None: "", True: "VIP", False: "non VIP"}[filters.vip],
            {None: "", True: "lus", False: "à lire"}[filters.reviewed],
            f"« {filters.text} »" if filters.text else "",
            f"d’abord : {OBJECTION_LABELS[Objection(filters.objection)]}" if filters.objection else "",
            BANDS_BY_CODE[filters.seniority].label if filters.seniority in BANDS_BY_CODE else "",
            f"a dit « {filters.said} »" if filters.said else "",
        )
        if part
    )


class CriteriaModal(Modal[Filters]):
    """Leaves with the criteria typed; those in force stand in the lines."""

    PURPOSE = (
        "Chercher parmi les refus : une ligne par critère, vide pour tout prendre.\n"
        "Entrée : montrer ceux qui répondent à tous · {boite.fermer} : fermer."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        key("criteres.haut", "up", "app.focus_previous", "Ligne précédente", show=False, priority=True),
        key("criteres.bas", "down", "app.focus_next", "Ligne suivante", show=False, priority=True),
    ]
    DEFAULT_CSS = """
    CriteriaModal .line { height: 1; layout: horizontal; }
    CriteriaModal .line Static { width: 10; color: $text-muted; }
    CriteriaModal .line Field { width: 1fr; }
    CriteriaModal #answer { margin-top: 1; height: auto; }
    """

    def __init__(self, filters: Filters, year: int, reasons: Reasons, campaigns: Mapping[str, str]) -> None:
        super().__init__()
        self._reasons = reasons
        self._campaigns = campaigns
        self._filters = filters
        self._year = year

    def compose(self) -> ComposeResult:
        values = written(self._filters)
        codes = {"reasons": self._reasons.codes, "campaign": tuple(self._campaigns)}
        with Vertical(id="box") as box:
            box.border_title = "Critères du journal"
            box.border_subtitle = "Entrée : montrer · ↑ ↓ : de ligne en ligne · Échap : fermer"
            for name, (label, hint) in _FIELDS.items():
                line = Vertical(classes="line")
                line.display = name != "campaign" or bool(self._campaigns or values["campaign"])
                with line:
                    yield Static(label, markup=False)
                    yield Field(
                        values[name], placeholder=hint or " ".join(codes[name]), compact=True, id=name
                    )
            yield Static(plain("Les critères s’ajoutent ; vide : tout.", "$text-muted"), id="answer")

    @on(Input.Submitted)
    def _read(self) -> None:
        typed = {name: self.query_one(f"#{name}", Field).value.strip() for name in _FIELDS}
        try:
            self.dismiss(read_criteria(typed, self._filters, self._year, self._reasons, self._campaigns))
        except Unclear as unclear:
            self.query_one("#answer", Static).update(plain(str(unclear), "$text-error"))


class NameModal(Modal[str]):
    """Leaves with the name given to the criteria in force."""

    PURPOSE = "Un nom, pour retrouver ces critères.\nEntrée : les garder · {boite.fermer} : fermer."

    def compose(self) -> ComposeResult:
        with Vertical(id="box") as box:
            box.border_title = "Garder ces critères"
            box.border_subtitle = "Entrée : garder · Échap : fermer"
            yield Field(placeholder="Un nom, par exemple : prix des VIP", compact=True, max_length=40)

    @on(Input.Submitted)
    def _read(self, event: Input.Submitted) -> None:
        if name := event.value.strip():
            self.dismiss(name)
