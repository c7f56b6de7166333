"""A long list whose pages follow one another, and how many rows it has in all, which is told later."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from screens.base import Acts
from screens.widgets.pages import PAGE
from screens.widgets.rows import RowList

if TYPE_CHECKING:
    from textual.screen import Screen

    class _Host(Acts, Screen[Any]): ...
else:
    _Host = Acts


class Paged(_Host):
    """Behaviour of a screen around such a list: each page says where the next one begins.

    The number of rows is asked for apart, for the first page not to wait for it.
    """

    rows: RowList[Any]
    count: int | None = None
    """How many rows there are, once they are counted."""
    _read: Callable[[Any, int], Any]
    _count: Callable[[], int]
    _after: dict[int, Any]
    _loaded = 0

    def show_title(self) -> None:
        """Say what the list is of, and `count`."""
        raise NotImplementedError

    def list_from(self, read: Callable[[Any, int], Any], count: Callable[[], int]) -> None:
        """Another list: `read` gives a page (`rows`, `after`) of so many rows after another one's `after`."""
        self._read, self._count = read, count
        self._after, self._loaded, self.count = {0: None}, 0, None
        self.show_title()
        self._ask(0)
        self._recount()

    def refresh_list(self) -> None:
        """Read again from the page in view on: a row may have left the list."""
        offset = self.rows.cursor - self.rows.cursor % PAGE
        self._after = {start: after for start, after in self._after.items() if start <= offset}
        self._loaded = offset
        self.rows.forget()
        self._ask(offset)
        self._recount()

    def _recount(self) -> None:
        self.serve(self._count, self._counted, failed=lambda _: None, group="count")

    def _counted(self, count: int) -> None:
        self.count = count
        self.show_title()

    def _ask(self, offset: int) -> None:
        if offset not in self._after:
            return  # the page before has to come first: it says where this one begins
        read, after = self._read, self._after[offset]
        self.serve(
            lambda: read(after, PAGE),
            lambda page: self._show(offset, page) if read is self._read else None,
            group=f"rows {offset}",
        )

    def _show(self, offset: int, page: Any) -> None:
        """The list is one row longer than what is known while there is more to ask for."""
        self._loaded = max(self._loaded, offset + len(page.rows))
        if page.after is not None:
            self._after[offset + PAGE] = page.after
        more = self._loaded > 0 and self._loaded in self._after
        self.rows.supply(offset, page.rows, self._loaded + more)
        self.refresh_bindings()

    def on_row_list_needed(self, event: RowList.Needed) -> None:
        """Rows come into view."""
        self._ask(event.offset)
