"""A long list whose pages follow one another, and how many rows it has in all, which is told later."""

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
    _early: set[int]
    _loaded = 0

    def show_title(self) -> None:
        """Say what the list is of, and `count`."""
        raise NotImplementedError

    def list_from(self, read: Callable[[Any, int], Any], count: Callable[[], int]) -> None:
        """Another list: `read` gives a page (`rows`, `after`) of so many rows after another one's `after`."""
        self._read, self._count, self.count = read, count, None
        self.show_title()
        self._read_from(0, {0: None})

    def refresh_list(self) -> None:
        """Read again from the page in view on: a row may have left the list."""
        offset = self.rows.cursor - self.rows.cursor % PAGE
        self.rows.forget()
        self._read_from(offset, {start: after for start, after in self._after.items() if start <= offset})

    def _read_from(self, offset: int, known: dict[int, Any]) -> None:
        self._after, self._early, self._loaded = known, set(), offset
        self._ask(offset)
        self.serve(self._count, self._counted, failed=lambda _: None, group="count")

    def _counted(self, count: int) -> None:
        self.count = count
        self.show_title()

    def _ask(self, offset: int) -> None:
        if offset not in self._after:
            self._early.add(offset)  # the page before has to come first: it says where this one begins
            return
        read, known, after = self._read, self._after, self._after[offset]
        self.serve(
            lambda: read(after, PAGE),
            lambda page: self._show(offset, page) if known is self._after else None,
            group=f"rows {offset}",
        )

    def _show(self, offset: int, page: Any) -> None:
        """The list is one row longer than what is known while there is more to ask for."""
        end, following = offset + len(page.rows), offset + PAGE
        again = following in self._early
        if page.after is None:
            self._loaded = end
            for start in [start for start in self._after if start >= max(end, 1)]:
                del self._after[start]
        else:
            self._loaded = max(self._loaded, end)
            again |= self._after.get(following, page.after) != page.after  # rows came or left above it
            self._after[following] = page.after
        more = self._loaded > 0 and self._loaded in self._after
        self.rows.supply(offset, page.rows, self._loaded + more)
        if again and following in self._after:
            self._early.discard(following)
            self._ask(following)
        self.refresh_bindings()

    def on_row_list_needed(self, event: RowList.Needed) -> None:
        """Rows come into view."""
        self._ask(event.offset)
