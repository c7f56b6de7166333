"""The cases behind a figure, all of them, fetched as they come into view."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from console.base.vocabulary import Figure
from console.rules.outcomes import SPLITS
from screens.common.case_lines import CaseLine
from screens.common.choose import Answer, ChooseModal
from screens.common.client_actions import CasePage
from screens.common.portfolio import GIVE, ask_owner, given_by
from screens.keys import key
from screens.kit.banner import campaign_name
from screens.kit.lines import list_title
from screens.kit.lists import Ranked
from screens.kit.rows import RowList

if TYPE_CHECKING:
    from textual.binding import BindingType

    from console.cases.views import Campaign, CaseRow, RowsPage
    from console.services import Services

TITLES = {
    Figure.TO_CONTACT: "Clients à relancer",
    Figure.AWAITING: "En attente de réponse",
    Figure.URGENT: "À contacter aujourd’hui",
    Figure.WEEK: "À relancer cette semaine",
    Figure.LATER: "Plus tard",
    Figure.AT_RISK: "À risque de départ",
    Figure.RETAINED: "Déjà renouvelés",
    **{figure: split.title for figure, split in SPLITS.items()},
    Figure.WORKSHOPS: "Ateliers offerts",
    Figure.UNPROVED: "Gardés, sans accord écrit ni paiement",
    Figure.LAPSED: "Échus sans réponse",
    Figure.UNANSWERED: "Échus, numi n’a pas répondu",
    Figure.PAUSE_OVER: "Pauses finies sans reprise",
    Figure.PAUSE_REFUSED: "Refus pendant une pause",
    Figure.FATE_RENEWED: "Renouvelés à l’échéance, remises comprises",
    Figure.FATE_PAUSED: "Pauses choisies, quelle qu’en soit la suite",
    Figure.FATE_REFUSED: "Refus à l’échéance",
    Figure.FATE_SILENT: "Silencieux à l’échéance",
}
ORDER = tuple(TITLES)


class CaseListScreen(Ranked, CasePage):
    """One list; the arrows left and right go to the figures before and after."""

    PURPOSE = (
        "Tous les clients que compte un chiffre du tableau de bord.\n"
        "Entrée : la fiche de celui qui est en évidence · {details} : pourquoi il est là."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        key("liste.avant", "left", "figure(-1)", "Liste préc.", "Liste précédente"),
        key("liste.apres", "right", "figure(1)", "Liste suiv.", "Liste suivante"),
        GIVE,
    ]

    def __init__(self, services: Services, figure: Figure, campaign: Campaign) -> None:
        super().__init__(services)
        self.figure = figure
        self.campaign = campaign
        self.rows = RowList(CaseLine(), id="cases", empty="Aucun client dans cette liste.", titled=True)

    @property
    def selected(self) -> CaseRow | None:
        return self.rows.current

    def listed(self) -> Callable[[int, int], RowsPage[CaseRow]]:
        """The cases of the figure."""
        return partial(self.services.dashboard.rows, self.campaign, self.figure)

    def show_page(self, page: RowsPage[CaseRow]) -> None:
        """How many there are."""
        self.rows.border_title = list_title(
            TITLES[self.figure], str(page.total), f"· {campaign_name(self.campaign)}"
        )

    def why_closed(self, action: str, parameters: tuple[object, ...]) -> str | None:
        """Whoever works alone has all the clients."""
        if action == "give":
            return given_by(self.services, any_client=self.selected is not None)
        return super().why_closed(action, parameters)

    def action_give(self) -> None:
        """The client chosen, or all of the list."""
        case = self.selected
        if case is None:
            return
        if self.rows.total == 1:
            self._give_one(case)
            return
        answers = [
            Answer("one", f"{case.name} seulement"),
            Answer("all", f"Les {self.rows.total} clients de cette liste"),
        ]

        def chosen(which: str | None) -> None:
            if which == "one":
                self._give_one(case)
            elif which == "all":
                campaign, figure = self.campaign, self.figure
                ask_owner(
                    self,
                    self.services,
                    f"les {self.rows.total} clients de cette liste",
                    lambda portfolios, owner: portfolios.give_behind(campaign, figure, owner),
                )

        self.open(ChooseModal("Portefeuille", "Confier qui\u202f?", answers, stay="ne rien changer"), chosen)

    def _give_one(self, case: CaseRow) -> None:
        client = [case.client_id]
        ask_owner(self, self.services, case.name, lambda portfolios, owner: portfolios.give(client, owner))

    def action_figure(self, step: int) -> None:
        self.figure = ORDER[(ORDER.index(self.figure) + step) % len(ORDER)]
        self.list_anew()
