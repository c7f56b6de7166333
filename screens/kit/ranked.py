"""A long list read by rank: its parts are asked for as they come into view, with how many rows there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from screens.kit.pages import PAGE
from screens.kit.rows import RowList
from screens.kit.screen import Acts

if TYPE_CHECKING:
    from textual.screen import Screen

    class _Host(Acts, Screen[Any]): ...
else:
    _Host = Acts


class Ranked(_Host):
    """Behaviour of a screen around such a list, read again each time the screen comes into view."""

    rows: RowList[Any]
    _reading: object = None

    def listed(self) -> Callable[[int, int], Any]:
        """Reads a page (`rows`, `total`) of what is listed now, from an offset and a length."""
        raise NotImplementedError

    def show_page(self, page: Any) -> None:
        """Show what a page says beside its rows."""
        raise NotImplementedError

    def on_mount(self) -> None:
        self.rows.focus()

    def on_screen_resume(self) -> None:
        self.reload()

    def reload(self) -> None:
        """Read again the part in view."""
        self._reading = object()
        self._ask(self.rows.cursor - self.rows.cursor % PAGE, fresh=True)

    def list_anew(self) -> None:
        """Something else is listed from now on."""
        self.rows.reset()
        self.reload()

    def _ask(self, offset: int, *, fresh: bool = False) -> None:
        read, reading = self.listed(), self._reading

        def show(page: Any) -> None:
            if reading is not self._reading:
                return  # it may not be so any more
            if fresh:
                self.rows.forget()
            self.rows.supply(offset, page.rows, page.total)
            self.show_page(page)
            self.refresh_bindings()

        self.serve(lambda: read(offset, PAGE), show, group=f"rows {offset}")

    def on_row_list_needed(self, event: RowList.Needed) -> None:
        """Rows come into view."""
        self._ask(event.offset)
