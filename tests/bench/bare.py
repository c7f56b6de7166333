"""Bare Textual apps to measure against: `start` (imports sqlmodel, one label), `table`, `rows`, `update`.

Each imports only what it needs, as the yardstick is the least that the framework costs.
"""

import sys
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.widgets import Static

ROWS = 50
CELLS = ("Élodie Garçon", "31/12 · J-11", "aucun e-mail ouvert, à 14 jours ou moins de l’échéance")


class StartApp(App[None]):
    """What any Textual program that uses SQLModel pays before its first useful frame."""

    def compose(self) -> ComposeResult:
        import sqlmodel

        yield Static(f"PRET {sqlmodel.__name__}")


class TableApp(App[None]):
    """As many rows as a pane is given, in the framework's own table."""

    def compose(self) -> ComposeResult:
        from textual.widgets import DataTable

        table: DataTable[str] = DataTable(cursor_type="row")
        table.add_columns("client", "échéance", "pourquoi")
        for n in range(ROWS):
            table.add_row(f"PRET {n} {CELLS[0]}", *CELLS[1:])
        yield table


class RowsApp(App[None]):
    """The same rows in the console's own list, alone in an app."""

    def compose(self) -> ComposeResult:
        from screens.widgets.rows import RowList

        yield RowList(_OneLine(), id="rows")

    def on_mount(self) -> None:
        from screens.widgets.rows import RowList

        rows = self.query_one(RowList)
        rows.focus()
        rows.fill(ROWS, [f"PRET {n} {'  '.join(CELLS)}" for n in range(ROWS)])


class _OneLine:
    """Rows that are a text."""

    def height(self, width: int) -> int:
        return 1

    def key(self, row: str) -> str:
        return row

    def paint(self, row: str, index: int, width: int) -> list[list[tuple[str, str]]]:
        return [[(row, "")]]


class UpdateApp(App[None]):
    """One key replaces the text of one Static, as a script step does."""

    BINDINGS: ClassVar = [("1", "next", "suite")]
    step = 0

    def compose(self) -> ComposeResult:
        yield Static("PRET 0")

    def action_next(self) -> None:
        """A page of text in place of the former."""
        self.step += 1
        line = f"PRET {self.step} Bonjour, je suis Jean, de numi ; je vous appelle pour votre abonnement.\n"
        self.query_one(Static).update(line * 14)


if __name__ == "__main__":
    apps = {"start": StartApp, "table": TableApp, "rows": RowsApp, "update": UpdateApp}
    apps[sys.argv[1]]().run()
