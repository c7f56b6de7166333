"""Type to find: a field, and below it what it finds. The arrows move in the list while typing goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from textual import on
from textual.containers import Vertical
from textual.widgets import Input

from screens.common.case_lines import FoundLine
from screens.keys import key
from screens.kit.lines import Painter
from screens.kit.rows import RowList
from screens.kit.screen import Field, Modal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from console.cases.views import CaseRow
    from console.services import Services


R = TypeVar("R")


class Finder(Modal[R]):
    """Base of search and palette: `find` is asked at each change and ends in `found`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("trouver.haut", "up", "move(-1)", "Précédent", "Résultat précédent", show=False),
        key("trouver.bas", "down", "move(1)", "Suivant", "Résultat suivant", show=False),
        key("trouver.page.haut", "pageup", "page(-1)", "Page préc.", "Page précédente", show=False),
        key("trouver.page.bas", "pagedown", "page(1)", "Page suiv.", "Page suivante", show=False),
    ]
    DEFAULT_CSS = """
    Finder {
        align: center top;
        & > #box { width: 90; margin: 2 4; padding: 0; height: auto; max-height: 80%; }
        & Field { padding: 0 1; background: $panel; }
        & RowList { background: $surface; height: 12; }
    }
    """

    def __init__(
        self, title: str, placeholder: str, painter: Painter[Any], empty: str, enter: str = "ouvrir"
    ) -> None:
        """enter: what Entrée does with the row in evidence."""
        super().__init__()
        self._subtitle = f"Entrée\u202f: {enter} · Échap\u202f: fermer"
        self._title = title
        self._placeholder = placeholder
        self._painter = painter
        self._empty = empty
        self._looking = self._entered = False

    def compose(self) -> ComposeResult:
        with Vertical(id="box") as box:
            box.border_title = self._title
            box.border_subtitle = self._subtitle
            yield Field(placeholder=self._placeholder, compact=True)
            yield RowList(self._painter, id="found", empty=self._empty, focusable=False)

    def on_mount(self) -> None:
        self.query_one(Field).focus()
        self.find("")

    @property
    def rows(self) -> RowList[Any]:
        return self.query_one(RowList)

    def find(self, text: str) -> None:
        """Look for `text`; hand the rows to `found`."""
        raise NotImplementedError

    def found(self, rows: Sequence[Any]) -> None:
        """Show what was found, the best first."""
        self.rows.cursor = 0
        self.rows.fill(len(rows), rows)
        self.rows.go(0)
        self._looking = False
        if self._entered:
            self._enter()

    def take(self, row: Any) -> None:
        """Leave with the row chosen."""
        raise NotImplementedError

    def action_move(self, step: int) -> None:
        self.rows.action_move(step)

    def action_page(self, step: int) -> None:
        self.rows.action_page(step)

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self._looking, self._entered = True, False
        self.find(event.value.strip())

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._entered = self._looking  # what is shown answers to what was typed before
        if not self._looking:
            self._enter()

    def _enter(self) -> None:
        self._entered = False
        if self.rows.current is not None:
            self.take(self.rows.current)

    @on(RowList.Chosen)
    def _clicked(self, event: RowList.Chosen) -> None:
        event.stop()
        self.take(event.row)


class SearchModal(Finder[int]):
    """Leaves with the id of the client chosen."""

    PURPOSE = (
        "Tapez un nom, un code, un téléphone ou un e-mail, même en partie.\n"
        "Entrée : prendre le client en évidence · {boite.fermer} : fermer."
    )

    def __init__(
        self, services: Services, title: str, proposed: CaseRow | None = None, enter: str = "ouvrir"
    ) -> None:
        hint = "Nom tel qu’on l’entend, code, téléphone ou e-mail"
        super().__init__(title, hint, FoundLine(), "Aucun client trouvé.", enter)
        self.services = services
        self.proposed = proposed  # shown as long as nothing is typed

    def find(self, text: str) -> None:
        if text:
            self.serve(lambda: self.services.clients.search(text), self.found, group="search")
        else:
            self.workers.cancel_group(self, "search")
            self.found((self.proposed,) if self.proposed else ())

    def take(self, row: CaseRow) -> None:
        self.dismiss(row.client_id)
