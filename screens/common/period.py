"""Choosing which terms are shown: from one day to another, of one campaign or of all."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from textual import on
from textual.containers import Vertical
from textual.widgets import Input, Static

from console.base import french
from console.cases.views import Campaign
from screens.common.choose import Answer, ChooseModal
from screens.kit.screen import Field, Modal, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from textual.app import ComposeResult

    from screens.kit.screen import Acts

_DAY = re.compile(r"(\d{1,2})[/.\-](\d{1,2})(?:[/.\-](\d{4}|\d{2}))?")
_YEARS = range(1900, 3000)
"""A day beyond is a slip of the fingers, and beyond what instants are reckoned with."""
_HINT = "Par exemple : 15/12 31/12, ou 15/12/2025 15/01/2026"


def read_period(text: str, year: int) -> Campaign | None:
    """The days in `text`, one or two, day first; without a year they are in `year`. None when unclear."""
    days = []
    for day, month, typed_year in _DAY.findall(text):
        try:
            days.append(date(_whole_year(typed_year, year), int(month), int(day)))
        except ValueError:
            return None
        if days[-1].year not in _YEARS:
            return None
    if len(days) not in {1, 2} or re.search(r"\d", _DAY.sub("", text)):
        return None
    first, last = days[0], days[-1]
    return Campaign(first, last) if first <= last else None


def _whole_year(typed: str, year: int) -> int:
    if not typed:
        return year
    return int(typed) + (2000 if len(typed) == 2 else 0)


class PeriodModal(Modal[Campaign]):
    """Leaves with the campaign typed."""

    PURPOSE = (
        "Quels jours montrer : le premier, puis le dernier.\nEntrée : les montrer · {boite.fermer} : fermer."
    )

    def __init__(self, campaign: Campaign, title: str = "Échéances à montrer") -> None:
        super().__init__()
        self._campaign = campaign
        self._title = title

    def compose(self) -> ComposeResult:
        with Vertical(id="box") as box:
            box.border_title = self._title
            box.border_subtitle = "Entrée : montrer · Échap : fermer"
            days = f"{french.day(self._campaign.first)} {french.day(self._campaign.last)}"
            yield Field(days, placeholder=_HINT, compact=True)
            yield Static(plain(_HINT, "$text-muted"), id="answer")

    @on(Input.Submitted)
    def _read(self, event: Input.Submitted) -> None:
        campaign = read_period(event.value, self._campaign.last.year)
        if campaign is None:
            self.query_one("#answer", Static).update(
                plain(f"Période non comprise : le premier jour, puis le dernier. {_HINT}", "$text-error")
            )
        else:
            self.dismiss(campaign)


def choose_campaign(
    host: Acts, period: Campaign, names: Mapping[str, str], then: Callable[[Campaign], object]
) -> None:
    """Ask which of the named campaigns (names by code), or all; `then` gets the same days of that one."""
    answers = [Answer("", "Toutes"), *(Answer(code, name) for code, name in names.items())]

    def chosen(code: str | None) -> None:
        if code is not None:
            then(replace(period, named=code))

    host.open(ChooseModal("Campagne", "Laquelle\u202f?", answers, stay="ne rien changer"), chosen)
