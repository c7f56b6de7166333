"""The dashboard's two first lines: what it shows, as of when, and how the campaign goes."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from textual.strip import Strip
from textual.widget import Widget

from console.base import french
from console.base.vocabulary import Figure
from screens.kit.lines import Line, drawn, joined, measure, spread
from screens.kit.screen import shown

if TYPE_CHECKING:
    from console.cases.views import Campaign
    from console.dashboard.views import DashboardView, DayFigures
    from console.supervision.views import TodoCounts

TITLE = "Renouvellements à faire – cette semaine"
SHORT = "Renouvellements"


def campaign_name(campaign: Campaign) -> str:
    """« échéances de décembre 2025 », or from one day to another."""
    return f"échéances {period_name(campaign)}"


def period_name(period: Campaign) -> str:
    """« de décembre 2025 », or from one day to another."""
    first, last = period.first, period.last
    same_month = (first.year, first.month) == (last.year, last.month)
    if same_month and first.day == 1 and (last.toordinal() + 1 - first.toordinal()) >= 28:
        month = french.month(first)
        return f"{'d’' if month[0] in 'ao' else 'de '}{month}"
    if first == last:
        return f"du {french.day(first)}"
    return f"du {french.day(first)} au {french.day(last)}"


PAUSES = (Figure.PAUSED, Figure.RESUMED, Figure.PAUSE_OVER)
"""All that became of those who chose a pause."""


def pauses(counts: Mapping[Figure, int]) -> str:
    """« pauses : en pause 1, reprises 1, finies 1 », empty as long as they all are."""
    running, resumed, over = (counts.get(one, 0) for one in PAUSES)
    if not resumed and not over:
        return ""
    word = "pause" if running + resumed + over == 1 else "pauses"
    return f"{word}{french.THIN}: en pause {running}, reprises {resumed}, finies {over}"


def pace(view: DashboardView, *, brief: bool = False) -> Line:
    """How the campaign goes against its pace: renewed ÷ whole cohort, as in the key figures.

    One that is over says what its figures do not: what became of the pauses, whose answer was missing.
    brief: in fewer words.
    """
    counts, whole = view.counts, view.cohort
    renewed = counts[Figure.FATE_RENEWED]
    if not whole:
        return []
    if view.over:
        until, owed = view.campaign.settled_on, counts[Figure.UNANSWERED]
        state = f"provisoire jusqu’au {french.day(until)}" if view.now.date() <= until else "campagne close"
        more = [pauses(counts), f"{french.plural(owed, 'client')} sans réponse de numi" if owed else ""]
        told = [part for part in more if part]
        return [(" · ".join(told if brief and told else [state, *told]), "")]
    actual, expected = _share(renewed, whole), _rounded(view.pace_expected)
    role, word = ("success", "en avance") if actual > expected else ("success", "dans le rythme")
    if actual < expected:  # no verdict that the figures do not bear
        role, word = ("warning", "en retard") if view.renewals.met is False else ("", "incertain")
    if view.renewals.few:
        return [
            (f"{french.number(renewed)} sur {french.number(whole)} renouvelés{french.THIN}: trop peu", "")
        ]
    figures = f"{french.percent(actual)} renouvelés,"
    if not brief:
        share = f"({french.percent(actual)})"
        figures = f"{french.number(renewed)} sur {french.number(whole)} renouvelés {share} pour"
    return [(f"{figures} {french.percent(expected)} attendus{french.THIN}: ", ""), (word, role)]


def _share(part: int, whole: int) -> int:
    return _rounded(Decimal(100 * part) / whole)


def _rounded(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))


def day_words(day: DayFigures) -> tuple[str, str]:
    """The agent's own day, told and never compared, at length and in short; empty before the first call."""
    if not day.calls:
        return "", ""
    calls, kept = french.plural(day.calls, "appel"), french.plural(day.saved, "gardé")
    short = f"{calls}, {kept}, {day.refused} refus"
    average = f"{day.average_s // 60} min {day.average_s % 60:02d}"
    short = f"{short}, {average}" if day.average_s else short
    return (f"Votre jour{french.THIN}: {short}{' en moyenne' if day.average_s else ''}", short)


def waiting(todo: TodoCounts) -> Line:
    """What is to be taken up again: nothing when nobody waits."""
    total, late = todo.total, todo.late
    return joined(
        [
            (f"{total} à reprendre" if total else "", "primary"),
            (f"{late} en retard" if late else "", "error"),
            (f"{todo.set_aside} mis de côté" if todo.set_aside else "", "warning"),
            (
                french.plural(len(todo.stopped), "tâche arrêtée", "tâches arrêtées") if todo.stopped else "",
                "error",
            ),
        ],
        ", ",
    )


class Banner(Widget):
    """Two lines; a failure to read takes the place of the second until it is over."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "Banner { color: $foreground; }"

    def __init__(self) -> None:
        super().__init__(id="banner")
        self._view: DashboardView | None = None
        self._warning = ""
        self._todo: TodoCounts | None = None
        self._presence = ""

    def show(self, view: DashboardView) -> None:
        """What was just read."""
        self._view = view
        self._warning = ""
        self.refresh()

    def show_todo(self, todo: TodoCounts | None) -> None:
        """How much is to be taken up again, once it is counted; None for who has just come."""
        self._todo = todo
        self.refresh()

    def show_presence(self, words: str) -> None:
        """What the agent is at, where others see it."""
        self._presence = words
        self.refresh()

    def warn(self, warning: str) -> None:
        """Why what is shown could not be read again."""
        self._warning = warning
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        line = self._first(width - 2) if y == 0 else self._second(width - 2)
        return drawn([(" ", ""), *line], width, self.visual_style)

    def _first(self, width: int) -> Line:
        if self._view is None:
            return spread([(TITLE, "strong")], [("lecture…", "muted")], width)
        now = self._view.now
        today, hour = french.weekday_day(now.date()), french.hour(now)
        read, brief = f"{today}/{now.year} · mis à jour à {hour}", f"{today} · {hour}"
        more, less = day_words(self._view.day)
        alert = waiting(self._todo) if self._todo else []
        for title, mine, when in (
            *((TITLE, more, read), (TITLE, less, read), (SHORT, less, read), (SHORT, less, brief)),
            *((TITLE, "", read), (TITLE, "", brief)),
        ):
            left: Line = [(title, "strong"), *([(f"   {mine}", "muted")] if mine else [])]
            right: Line = [*alert, (f" · {when}" if alert else when, "muted")]
            if measure(left) + measure(right) + 2 <= width:
                return spread(left, right, width)
        return spread([(SHORT, "strong")], right, width)

    def _second(self, width: int) -> Line:
        if self._warning:
            return spread([(shown(self._warning), "error")], [], width)
        if self._view is None:
            return []
        name: Line = [*joined([(campaign_name(self._view.campaign), "accent")]), (" · ", "muted")]
        who = self._view.who
        for brief, right_words in ((False, who), (True, who), (True, who.rpartition(" · ")[0]), (True, "")):
            left = [*name, *pace(self._view, brief=brief)]
            right: Line = [(shown(right_words), "muted")]
            if self._presence:
                right = joined([(self._presence, "warning"), (shown(right_words), "muted")])
            if measure(left) + measure(right) < width:
                break
        return spread(left, right, width)
