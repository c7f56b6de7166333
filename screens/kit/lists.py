"""Screens made of one list: one layout, one way to open a row, two ways to read long lists in parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from textual.widgets import Static

from screens.kit.keybar import KeyBar
from screens.kit.pages import PAGE
from screens.kit.rows import RowList
from screens.kit.screen import Acts, OpenClient

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.screen import Screen

    class _Host(Acts, Screen[Any]): ...
else:
    _Host = Acts


class ListScreen(_Host):
    """Behaviour of a screen that shows one list, `rows`, above the key bar."""

    HEADER: ClassVar[str] = ""
    """Identifier of the text shown above the list; empty for none."""
    rows: RowList[Any]

    def compose(self) -> ComposeResult:
        if self.HEADER:
            yield Static(id=self.HEADER, markup=False)
        yield self.rows
        yield KeyBar()

    def on_mount(self) -> None:
        self.rows.focus()

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        """A row is opened."""
        self.open_row(event.row)

    def open_row(self, row: Any) -> None:
        """Show what stands behind a row: the client's file, unless the screen says otherwise."""
        self.post_message(OpenClient(row.client_id))

    def action_client(self) -> None:
        """Show the file of the client under the cursor."""
        if (row := self.rows.current) is not None:
            self.post_message(OpenClient(row.client_id))


class Ranked(ListScreen):
    """A list read by offset, with its total; read again each time the screen comes into view."""

    _reading: object = None

    def listed(self) -> Callable[[int, int], Any]:
        """The function that reads a page (`rows`, `total`) of the list, from an offset and a length."""
        raise NotImplementedError

    def show_page(self, page: Any) -> None:
        """Show what a page says beside its rows."""
        raise NotImplementedError

    def on_screen_resume(self) -> None:
        self.reload()

    def reload(self) -> None:
        self._reading = object()
        self._ask(self.rows.cursor - self.rows.cursor % PAGE, fresh=True)

    def list_anew(self) -> None:
        """Show another list from its first row."""
        self.rows.reset()
        self.reload()

    def _ask(self, offset: int, *, fresh: bool = False) -> None:
        read, reading = self.listed(), self._reading

        def show(page: Any) -> None:
            if reading is not self._reading:
                return  # the list has been read again since
            if fresh:
                self.rows.forget()
            self.rows.supply(offset, page.rows, page.total)
            self.show_page(page)
            self.refresh_bindings()

        self.serve(lambda: read(offset, PAGE), show, group=f"rows {offset}")

    def on_row_list_needed(self, event: RowList.Needed) -> None:
        """Rows come into view."""
        self._ask(event.offset)


class Paged(ListScreen):
    """A list read by keyset: each page says where the next one begins.

    The number of rows is counted apart, so that the first page does not wait for it.
    """

    count: int | None = None
    """How many rows there are, once they are counted."""
    _read: Callable[[Any, int], Any]
    _count: Callable[[], int]
    _after: dict[int, Any]
    _early: set[int]
    _loaded = 0

    def listed(self) -> tuple[Callable[[Any, int], Any], Callable[[], int]]:
        """The functions that read the present list.

        The first reads a page (`rows`, `after`) of so many rows after another page's `after`; the second
        counts all rows.
        """
        raise NotImplementedError

    def show_title(self) -> None:
        """Say what the list is of, and `count`."""
        raise NotImplementedError

    def on_mount(self) -> None:
        self.list_anew()

    def on_screen_resume(self) -> None:
        if self.rows.total:
            self.reload()

    def list_anew(self) -> None:
        """Show another list from its first row."""
        self.rows.reset()
        self.count = None
        self._read, self._count = self.listed()
        self.show_title()
        self._read_from(0, {0: None})

    def reload(self) -> None:
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
