"""Every message and step of the content in force, as each kind of client reads or hears it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from console.base.french import THIN
from screens.common.preview import MessageModal
from screens.keys import key
from screens.kit.lines import Line, crop, joined, list_title
from screens.kit.lists import Ranked
from screens.kit.rows import RowList
from screens.kit.screen import BACK, COMMON, Page, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.binding import BindingType

    from console.integrity.previews import Preview, PreviewPage
    from console.services import Services


class PreviewLine:
    """What it is and for whom; how it begins."""

    def height(self, width: int) -> int:
        return 2

    def key(self, row: Preview) -> tuple[str, str, tuple[str, ...]]:
        return row.name, row.kind, row.whom

    def paint(self, row: Preview, index: int, width: int) -> Sequence[Line]:
        whom = " · ".join(row.whom)
        head = joined([(row.title, "strong"), (whom, "accent")])
        return [crop(head, width), crop([("   ", ""), (shown(row.text), "muted")], width)]


class PreviewsScreen(Ranked, Page[None], inherit_bindings=False):
    """One list; the arrows left and right keep what one kind of client reads."""

    PURPOSE = (
        "Les messages et les étapes du script, tels que chaque sorte de client les lit ou les entend.\n"
        "Entrée : lire en entier · {liste.apres} : ce que lit une seule sorte de client."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        key("liste.avant", "left", "kind(-1)", "Client préc.", "Pour la sorte de client précédente"),
        key("liste.apres", "right", "kind(1)", "Client suiv.", "Pour la sorte de client suivante"),
        *COMMON,
        BACK,
    ]

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.whom: str | None = None
        self.rows: RowList[Preview] = RowList(PreviewLine(), id="previews", empty="Rien à lire.", titled=True)
        self._profiles: tuple[str, ...] = ()

    def listed(self) -> Callable[[int, int], PreviewPage]:
        """What the chosen kind of client reads."""
        return lambda offset, limit: self.services.previews.page(self.whom, offset, limit)

    def show_page(self, page: PreviewPage) -> None:
        """Whom it is for."""
        self._profiles = page.profiles
        title = f"Aperçu{THIN}: {self.whom or 'toutes les sortes de clients'}"
        self.rows.border_title = list_title(title, str(page.total), "· ← → une sorte de client")

    def open_row(self, row: Preview) -> None:
        """The whole text."""
        facts = [("Pour", " · ".join(row.whom))]
        self.open(MessageModal(row.title, facts, row.text))

    def action_kind(self, step: int) -> None:
        kinds = (None, *self._profiles)
        self.whom = kinds[(kinds.index(self.whom) + step) % len(kinds)]
        self.list_anew()
