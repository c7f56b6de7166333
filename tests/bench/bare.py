"""Bare Textual apps to measure against: `start` (imports sqlmodel, one label), `list`, `update`."""

import sys
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.widgets import DataTable, Static

ROWS = 50


class StartApp(App[None]):
    """What any Textual program that uses SQLModel pays before its first useful frame."""

    def compose(self) -> ComposeResult:
        import sqlmodel

        yield Static(f"PRET {sqlmodel.__name__}")


class ListApp(App[None]):
    """As many rows as a pane shows, in the framework's own table."""

    def compose(self) -> ComposeResult:
        table: DataTable[str] = DataTable(cursor_type="row")
        table.add_columns("client", "échéance", "pourquoi")
        for n in range(ROWS):
            table.add_row(f"PRET {n}", "31/12/2025", "aucun e-mail ouvert, 11 jours restants")
        yield table


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
    {"start": StartApp, "list": ListApp, "update": UpdateApp}[sys.argv[1]]().run()
