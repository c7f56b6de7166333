"""Bare Textual apps to measure against, each importing only what it needs: the least that Textual costs.

`start` imports sqlmodel and shows one label; `table-week` and `table-urgent` show a pane's rows in the
framework's own table, `rows-week` and `rows-urgent` in the console's own list; `update` shows a page of text.
"""

import sys
from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar

from textual.app import App, ComposeResult
from textual.widgets import Static

WIDTH = 118


class StartApp(App[None]):
    """What any Textual program that uses SQLModel pays before its first useful frame."""

    def compose(self) -> ComposeResult:
        import sqlmodel

        yield Static(f"PRET {sqlmodel.__name__}")


class TableApp(App[None]):
    """A pane's rows in a DataTable."""

    def __init__(self, pane: str) -> None:
        super().__init__()
        self.pane = pane

    def compose(self) -> ComposeResult:
        from rich.text import Text
        from textual.widgets import DataTable

        painter, rows = _pane(self.pane)
        table: DataTable[Text] = DataTable(cursor_type="row", show_header=False)
        table.add_column("client", width=WIDTH)
        for index, row in enumerate(rows):
            lines = painter.paint(row, index, WIDTH)
            words = "\n".join("".join(text for text, _ in line) for line in lines)
            table.add_row(Text(words), height=painter.height(WIDTH))
        yield table


class RowsApp(App[None]):
    """A pane's rows in the console's list."""

    def __init__(self, pane: str) -> None:
        super().__init__()
        self.pane = pane

    def compose(self) -> ComposeResult:
        from screens.kit.rows import RowList

        yield RowList(_pane(self.pane)[0], id="rows")

    def on_mount(self) -> None:
        from screens.kit.rows import RowList

        rows = self.query_one(RowList)
        rows.focus()
        rows.fill(len(_pane(self.pane)[1]), _pane(self.pane)[1])


class UpdateApp(App[None]):
    """One key replaces a page of text by another, as long as a step of the script and what is beside it."""

    BINDINGS: ClassVar = [("n", "next", "suite")]
    step = 0

    def compose(self) -> ComposeResult:
        yield Static("PRET 0")

    def action_next(self) -> None:
        """Another page in place of the former."""
        self.step += 1
        line = f"PRET {self.step} Bonjour, je suis Jean, de numi ; je vous appelle pour votre abonnement.\n"
        self.query_one(Static).update(line * 30)


@cache
def _pane(name: str) -> tuple[Any, Any]:
    """Its painter, and all its rows in the demo."""
    from console.base.vocabulary import Figure
    from screens.common.case_lines import CaseCard, CaseLine
    from tests.screens.shown import demo_view, shown

    if name == "urgent":
        return CaseCard(), demo_view().urgent
    return CaseLine(), shown().dashboard.rows(demo_view().campaign, Figure.WEEK).rows


if __name__ == "__main__":
    kind, _, pane = sys.argv[1].partition("-")
    kinds: dict[str, Callable[[], App[None]]] = {
        "start": StartApp, "update": UpdateApp, "table": lambda: TableApp(pane), "rows": lambda: RowsApp(pane)
    }  # fmt: skip
    kinds[kind]().run()
