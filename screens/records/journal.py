"""The refusal journal: the newest first, narrowed by criteria that combine, fetched as it comes into view."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from console.base.dates import PARIS
from console.base.french import number
from console.cases.views import Campaign, month_of
from console.records.filters import Filters
from screens.common.choose import Answer, ChooseModal
from screens.common.client_actions import REASONS
from screens.common.exporting import EXPORT, export_refusals
from screens.keys import letter
from screens.kit.banner import campaign_name
from screens.kit.lines import list_title
from screens.kit.lists import Paged
from screens.kit.rows import RowList
from screens.kit.screen import BACK, COMMON, Page
from screens.reasons.screen import ReasonsScreen
from screens.records.criteria import CriteriaModal, NameModal, in_words
from screens.records.file import RefusalFileScreen
from screens.records.journal_line import JournalLine

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from textual.binding import BindingType

    from console.records.views import RefusalRow
    from console.services import Services

_KEEP, _FORGET = "+", "-"


class RefusalsScreen(Paged, Page[None], inherit_bindings=False):
    """The refusals of a campaign, or all."""

    PURPOSE = (
        "Les refus, le dernier d’abord.\n"
        "Entrée : la fiche du refus · {refus.criteres} : chercher par mots, période ou motif."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        letter("refus.criteres", "c", "criteria", "Critères", "Choisir : mots, période, motifs, agent…"),
        letter("refus.vues", "g", "views", "Vues gardées", "Reprendre, garder ou oublier une vue"),
        letter("refus.lu", "l", "read", "Lu", "Marquer la fiche comme lue"),
        letter("refus.tous", "t", "all", "Tous", "Tous les refus, ou ceux qui étaient demandés"),
        letter("refus.fiche", "d", "client", "Client", "Voir la fiche du client"),
        REASONS,
        EXPORT,
        *COMMON,
        BACK,
    ]

    def __init__(
        self, services: Services, campaign: Campaign | None = None, filters: Filters | None = None
    ) -> None:
        super().__init__(services)
        self.campaign = campaign
        self.filters = self._first = filters or _of(campaign)
        self.rows: RowList[Any] = RowList(
            JournalLine(), id="refusals", empty="Aucun refus. Tant mieux.", titled=True
        )

    def why_closed(self, action: str, parameters: tuple[object, ...]) -> str | None:
        """« Tous » needs something to come back to, the client's file and « Lu » a refusal, « Motifs » not to
        be where one comes from."""
        if action == "all":
            every = self._first == Filters() == self.filters
            return "Tous les refus sont déjà là." if every else None
        if action == "reasons":
            below = any(isinstance(one, ReasonsScreen) for one in self.app.screen_stack)
            return "Les motifs sont l’écran d’où vous venez : revenez-y." if below else None
        row = self.rows.current
        if action in {"read", "client"} and row is None:
            return "Aucun refus dans la liste."
        return "Cette fiche est déjà lue." if action == "read" and row and row.reviewed else None

    # What is shown

    def _narrow(self, filters: Filters) -> None:
        self.filters = filters
        self.list_anew()

    def listed(self) -> tuple[Callable[[Any, int], Any], Callable[[], int]]:
        """The refusals that answer to the criteria."""
        review = self.services.review
        return partial(review.page, self.filters), partial(review.count, self.filters)

    def show_title(self) -> None:
        """The criteria, and how many refusals answer to them."""
        scope = [in_words(self.filters, self.services.review.reasons, self.services.review.campaigns)]
        if self.filters.expires_from:
            scope.insert(0, campaign_name(self.campaign) if self.campaign else "")
        words = " · ".join(part for part in scope if part) or "toutes les échéances"
        self.rows.border_title = list_title(
            "Refus", "…" if self.count is None else number(self.count), f"· {words}"
        )

    # What can be done

    def open_row(self, row: RefusalRow) -> None:
        """The record of the refusal."""
        self.open(RefusalFileScreen(self.services, row.record_id, self.rows))

    def action_read(self) -> None:
        """The record has been read."""
        if (row := self.rows.current) is not None:
            review = self.services.review
            self.serve(lambda: review.mark_read(row.record_id), lambda _: self.reload())

    def action_export(self) -> None:
        """What the criteria let through, in a file."""
        export_refusals(self, self.services, self.filters)

    def action_all(self) -> None:
        """Every refusal, or those that were asked for at first."""
        self._narrow(self._first if self.filters == Filters() else Filters())

    def action_reasons(self) -> None:
        """Why they left, over the days shown, else over the campaign's."""
        since, until = self.filters.since, self.filters.until
        days = Campaign(since, until) if since and until else self.campaign or month_of(self._today().date())
        self.open(ReasonsScreen(self.services, replace(days, named=self.filters.campaign)))

    def action_criteria(self) -> None:
        """Type the criteria."""
        current = self.rows.current
        year = (current.at.astimezone(PARIS) if current else self._today()).year
        review = self.services.review
        self.open(CriteriaModal(self.filters, year, review.reasons, review.campaigns), self._asked)

    def _today(self) -> datetime:
        return self.services.ctx.clock.now().astimezone(PARIS)

    def _asked(self, filters: Filters | None) -> None:
        if filters is not None:
            self._narrow(filters)

    def action_views(self) -> None:
        """The criteria that have a name."""
        self.serve(self.services.review.views, self._offer_views, group="views", opens=True)

    def _offer_views(self, views: tuple[tuple[str, Filters], ...]) -> None:
        answers = [Answer(str(n), name) for n, (name, _) in enumerate(views)]
        answers.append(Answer(_KEEP, "Garder les critères en place sous un nom"))
        if views:
            answers.append(Answer(_FORGET, "Oublier une vue"))

        def take(value: str | None) -> None:
            if value == _KEEP:
                self.open(NameModal(), self._keep)
            elif value == _FORGET:
                self._offer_to_forget([name for name, _ in views])
            elif value is not None:
                self._narrow(views[int(value)][1])

        sentence = "Reprendre une vue, ou garder les critères en place."
        self.open(ChooseModal("Vues gardées", sentence, answers, stay="rester ici"), take)

    def _keep(self, name: str | None) -> None:
        if name is not None:
            filters, review = self.filters, self.services.review
            self.serve(lambda: review.save_view(name, filters), lambda _: self.tell(f"Vue gardée : {name}."))

    def _offer_to_forget(self, names: list[str]) -> None:
        def forget(name: str | None) -> None:
            if name is not None:
                review = self.services.review
                self.serve(lambda: review.forget_view(name), lambda _: self.tell(f"Vue oubliée : {name}."))

        answers = [Answer(name, name) for name in names]
        self.open(ChooseModal("Oublier une vue", "Laquelle ?", answers, stay="les garder toutes"), forget)


def _of(campaign: Campaign | None) -> Filters:
    if campaign is None:
        return Filters()
    return Filters(expires_from=campaign.first, expires_to=campaign.last, campaign=campaign.named)
