"""Why clients leave: the refusals of some days by reason, and by what may explain it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.content import Content
from textual.widgets import Static

from console.base.french import number, plural
from console.cases.views import month_beside
from console.records.counting import Topic, narrowed
from console.records.filters import Filters
from screens.common.period import PeriodModal, choose_campaign
from screens.keys import digit, key, letter
from screens.kit.banner import period_name
from screens.kit.keybar import KeyBar
from screens.kit.screen import BACK, COMMON, OpenRefusals, Page, plain, shown
from screens.kit.tabs import tabs
from screens.reasons import chart
from screens.reasons.crossing import CrossingView
from screens.reasons.grid import share
from screens.reasons.proposals import ProposalsScreen

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from console.cases.views import Campaign
    from console.records.counting import Row
    from console.records.reasons import Crossing
    from console.services import Services

_TITLES = {
    Topic.REASONS: ("Motifs", "La part de chaque motif"),
    Topic.WEEKS: ("Semaines", "Les refus de semaine en semaine"),
    Topic.OBJECTIONS: ("Objections", "La première objection, et le motif final"),
    Topic.PROPOSALS: ("Propositions", "Ce qui a été proposé, et accepté"),
    Topic.PLANS: ("Formules", "Les motifs par formule"),
    Topic.SENIORITY: ("Ancienneté", "Les motifs par ancienneté"),
    Topic.AGENTS: ("Agents", "Les motifs par agent"),
    Topic.WORDS: ("Mots", "Les mots les plus fréquents des clients"),
}


class ReasonsScreen(Page[None], inherit_bindings=False):
    """One way of counting at a time, as a chart or a table; Entrée opens what a figure counts."""

    PURPOSE = (
        "Pourquoi les clients partent, en chiffres.\n"
        "Entrée : les refus comptés · {motifs.tableau} : le tableau ou le graphique des mêmes chiffres."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            digit(f"motifs.{topic}", n, f"topic('{topic}')", title, tooltip)
            for n, (topic, (title, tooltip)) in enumerate(_TITLES.items(), 1)
        ),
        letter(
            "motifs.tableau", "g", "switch", "Autre vue", "Le graphique, ou le tableau des mêmes chiffres"
        ),
        key("motifs.avant", "comma", "month(-1)", "Préc.", "Le mois d’avant"),
        key("motifs.apres", "semicolon", "month(1)", "Suiv.", "Le mois d’après"),
        key("motifs.periode", "f4", "period", "Période", "Choisir les refus, d’un jour à un autre"),
        letter("motifs.campagne", "c", "campaign", "Campagne", "Une campagne, ou toutes", show=False),
        letter("motifs.refus", "r", "refusals", "Refus", "Les refus de la période"),
        *COMMON,
        BACK,
    ]
    DEFAULT_CSS = """
    ReasonsScreen {
        #tabs { height: auto; background: $panel; }
        #told { height: 3; padding: 0 1; background: $panel; text-wrap: nowrap; text-overflow: ellipsis; }
        CrossingView { border-top: heavy $border; border-title-color: $foreground; }
    }
    """

    def __init__(self, services: Services, period: Campaign | None = None) -> None:
        super().__init__(services)
        self.period = period
        self.topic = Topic.REASONS
        self.figures = CrossingView(id="figures")
        self._drawn = True
        self._counting = False

    def compose(self) -> ComposeResult:
        yield Static(id="tabs", markup=False)
        yield self.figures
        yield Static("…", id="told", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        self.figures.focus()
        self._ask()

    def on_screen_resume(self) -> None:
        if self.figures.crossing is not None:
            self._ask()

    def why_closed(self, action: str, parameters: tuple[object, ...]) -> str | None:
        """Without charts there is the table only, without named campaigns none to choose."""
        if action == "campaign" and not self.services.reasons.campaigns:
            return ""
        return None if self._drawn or action != "switch" else "Ces chiffres se lisent en tableau seulement."

    # What is shown

    def _ask(self) -> None:
        topic, period = self.topic, self.period
        self.workers.cancel_group(self, "words")
        self._show_tabs()

        def read() -> tuple[bool, Crossing]:
            return chart.load(), self.services.reasons.crossing(topic, period)

        self.serve(read, lambda found: self._show(*found), group="figures")

    def _show_tabs(self) -> None:
        """On one line, or on two where there is less room."""
        titles = [(title, "") for title, _ in _TITLES.values()]
        chosen, half = list(_TITLES).index(self.topic) + 1, len(titles) // 2
        line = tabs(titles, chosen)
        if line.cell_length > self.size.width:
            line = Content("\n").join([tabs(titles[:half], chosen), tabs(titles[half:], chosen, half + 1)])
        self.query_one("#tabs", Static).update(line)

    def on_resize(self) -> None:
        self._show_tabs()

    def _show(self, drawn: bool, found: Crossing) -> None:
        if drawn is not self._drawn:
            self._drawn = drawn
            self.figures.switch()
            self.refresh_bindings()
        self.period = found.period
        if found.topic is Topic.WORDS:
            self._counting = True
            self.serve_each(lambda: self.services.reasons.words(found.period), self._counted, group="words")
            before = self.figures.crossing
            if before and (before.topic, before.period) == (found.topic, found.period):
                return  # what is shown stays until it is counted anew
        self.figures.show(found)

    def _counted(self, found: Crossing | None) -> None:
        """Some more of the verbatims, or no more."""
        if found is None:
            self._counting = False
            self._tell()
        else:
            self.figures.show(found)

    @on(CrossingView.Moved)
    def _tell(self) -> None:
        """The figure under the cursor, in words, then what the marks mean."""
        crossing, row, column = self.figures.crossing, self.figures.current, self.figures.column
        lines = [Content("")] * 3
        if crossing is not None:
            proposed = crossing.topic is Topic.PROPOSALS
            name = self.services.reasons.campaigns.get(crossing.period.named)
            self.figures.border_title = Content.assemble(
                (f" {_TITLES[crossing.topic][1]} ", "bold"),
                (f"{plural(crossing.total, 'appel' if proposed else 'refus')} ", "bold $text-primary"),
                (f"{period_name(crossing.period)} ", "$text-muted"),
                f"· {shown(name)} " if name else "",
            )
            lines[1] = plain(_beside(crossing, row, column, counting=self._counting), "$text-muted")
            if row is not None:
                lines[0], lines[2] = plain(_figure(crossing, row, column)), self._legend(crossing)
        self.query_one("#told", Static).update(Content("\n").join(lines))

    def _legend(self, crossing: Crossing) -> Content:
        column, proposed = self.figures.column, crossing.topic is Topic.PROPOSALS
        parts: list[str | tuple[str, str]] = []
        if not self._drawn:
            parts.append(("Les graphiques ne se dessinent pas sur cette machine. ", "$text-muted"))
        elif not self.figures.table and (column or proposed):
            part = "acceptées" if proposed else crossing.columns[column - 1].label
            rest = "sans suite" if proposed else "les autres motifs"
            parts += [(chart.PART, "$text-primary"), f" {part}  ", (chart.REST, "$text-muted"), f" {rest}  "]
        if crossing.columns:
            keys = "↑ ↓" if self.figures.upright else "← →"
            parts.append((f"{keys} un motif, ou tous", "$text-muted"))
        return Content.assemble(*parts)

    # What can be done

    def action_topic(self, topic: str) -> None:
        """Count by something else."""
        if topic != self.topic:
            self.figures.show(None)
        self.topic = Topic(topic)
        self._ask()

    def action_switch(self) -> None:
        """The chart or the table."""
        self.figures.switch()

    def action_month(self, step: int) -> None:
        """The months before and after."""
        if self.period is not None:
            self._go_to(month_beside(self.period, step))

    def action_period(self) -> None:
        """Any other period."""
        if self.period is not None:
            self.open(PeriodModal(self.period, "Refus à compter"), self._go_to)

    def _go_to(self, period: Campaign | None) -> None:
        if period is not None:
            named = self.period.named if self.period else ""
            self.period = replace(period, named=period.named or named)
            self._ask()

    def action_campaign(self) -> None:
        """One of the named campaigns, or all."""
        if self.period is not None:
            choose_campaign(self, self.period, self.services.reasons.campaigns, self._show_campaign)

    def _show_campaign(self, period: Campaign) -> None:
        self.period = period
        self.figures.show(None)
        self._ask()

    def action_refusals(self) -> None:
        """The refusals of the period."""
        if (period := self.period) is not None:
            filters = Filters(since=period.first, until=period.last, campaign=period.named)
            self.post_message(OpenRefusals(filters=filters))

    @on(CrossingView.Chosen)
    def _open(self, event: CrossingView.Chosen) -> None:
        crossing = self.figures.crossing
        if crossing is None:
            return
        period = crossing.period
        reason = crossing.columns[event.column - 1] if event.column else None
        if crossing.topic is Topic.PROPOSALS:
            self.open(ProposalsScreen(self.services, period, event.row, event.column, reason))
        else:
            filters = narrowed(
                crossing.topic, period.first, period.last, event.row.key, reason.code if reason else ""
            )
            self.post_message(OpenRefusals(filters=replace(filters, campaign=period.named)))


def _figure(crossing: Crossing, row: Row, column: int) -> str:
    """« Formule Premium, trop cher : 5 refus sur 12, 41,7 % »."""
    cell, label = row.cells[column], shown(row.label)
    subject = {
        Topic.WEEKS: f"Du {label}".replace(" – ", " au "),
        Topic.OBJECTIONS: f"D’abord « {label} »",
        Topic.PLANS: f"Formule {label}",
        Topic.WORDS: f"« {label} »",
    }.get(crossing.topic, label[:1].upper() + label[1:])
    reason = f", {crossing.columns[column - 1].label}" if column else ""
    if crossing.topic is Topic.PROPOSALS:
        made = f"acceptée {number(cell.n)} fois sur {number(cell.of)}, {share(cell)}"
        return f"{subject}{reason} : {made}"
    return f"{subject}{reason} : {plural(cell.n, 'refus')} sur {number(cell.of)}, {share(cell)}"


def _beside(crossing: Crossing, row: Row | None, column: int, *, counting: bool) -> str:
    """What helps to read the figure."""
    if crossing.topic is Topic.WORDS:
        return f"{plural(crossing.read, 'verbatim lu', 'verbatims lus')}{'…' if counting else ''}"
    if crossing.topic is Topic.PROPOSALS:
        return "D’un client qui est resté, le motif est celui de sa première objection."
    at = crossing.rows.index(row) if row is not None and crossing.topic is Topic.WEEKS else 0
    if not at:
        return ""
    return f"La semaine d’avant : {number(crossing.rows[at - 1].cells[column].n)}."
