"""One churn record: the fiche, and the call as it was spoken."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from console.clock import PARIS
from console.domain import french
from console.domain.text import clean
from screens.base import BACK, COMMON, OpenClient, Page, plain, shown
from screens.keys import letter
from screens.widgets.canvas import folded
from screens.widgets.keybar import KeyBar
from screens.widgets.step import SPEECH_WIDTH

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from console.services.context import Services
    from console.services.views import HistoryEntry, RefusalFile

LABEL_WIDTH = 24


class RefusalFileScreen(Page[None], inherit_bindings=False):
    """Both on one page that scrolls; side by side when the terminal is wide."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (140, "-wide")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        letter("refus.fiche", "d", "client", "Client", "Voir la fiche du client"),
        *COMMON,
        BACK,
    ]
    DEFAULT_CSS = """
    RefusalFileScreen {
        #head { height: 2; padding: 0 1; background: $panel; }
        #sheet { height: 1fr; padding: 1 1 0 1; scrollbar-size: 1 1; }
        #sheet > Static { height: auto; width: 1fr; max-width: 96; }
        #spoken { margin-top: 1; }
        &.-wide #sheet { layout: horizontal; }
        &.-wide #spoken { margin: 0 0 0 4; }
    }
    """

    def __init__(self, services: Services, record_id: int) -> None:
        super().__init__(services)
        self.record_id = record_id
        self.file: RefusalFile | None = None

    def compose(self) -> ComposeResult:
        yield Static(id="head", markup=False)
        with VerticalScroll(id="sheet"):
            yield Static(id="record", markup=False)
            yield Static(id="spoken", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        self.query_one("#sheet").focus()
        refusals = self.services.refusals
        self.serve(lambda: refusals.file(self.record_id), self._show, group="record")

    def on_resize(self) -> None:
        self.call_after_refresh(self._paint)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The client is known once the record is read."""
        return action != "client" or self.file is not None

    def action_client(self) -> None:
        """The client's file."""
        if self.file is not None:
            self.post_message(OpenClient(self.file.row.client_id))

    def _show(self, file: RefusalFile) -> None:
        self.file = file
        self._paint()
        self.refresh_bindings()

    def _paint(self) -> None:
        if self.file is None:
            return
        row = self.file.row
        self.query_one("#head", Static).update(
            Content.assemble(
                (shown(row.name), "bold"),
                (f"  {shown(row.code)}", "$text-muted"),
                ("  Fiche de résiliation\n", "bold $text-primary"),
                f"{shown(row.reason_label)} ({shown(row.reason)})",
                (f"  {french.moment(row.at)}, {shown(row.agent)}", "$text-muted"),
            )
        )
        width = max(40, min(96, self.query_one("#record").size.width or self.size.width - 2))
        self.query_one("#record", Static).update(_record(self.file, width))
        self.query_one("#spoken", Static).update(_spoken(self.file.spoken, width))


def _record(file: RefusalFile, width: int) -> Content:
    """Label and value, aligned; a long value goes on under its first line."""
    lines: list[Content] = []
    for label, value in file.fields:
        lead = Content.styled(f"{shown(label)[: LABEL_WIDTH - 1]:<{LABEL_WIDTH}}", "$text-muted")
        for part in clean(value, newlines=True, limit=4_000).split("\n"):
            for line in folded(part or "–", width - LABEL_WIDTH):
                lines.append(lead + Content(line))
                lead = Content(" " * LABEL_WIDTH)
    return Content("\n").join(lines)


def _spoken(entries: tuple[HistoryEntry, ...], width: int) -> Content:
    """Each step: what was read aloud, then when and what was typed and chosen."""
    if not entries:
        return plain("Aucune étape n’est gardée pour cet appel.", "$text-muted")
    lines = [plain("L’appel, comme il s’est dit", "bold $text-primary")]
    room = min(SPEECH_WIDTH, width - 4)
    for entry in entries:
        said = clean(entry.detail, newlines=True, limit=8_000)
        lines.append(Content(""))
        for part in said.split("\n") if said else ():
            lines += [Content.assemble(("▌ ", "$primary"), line) for line in folded(part, room)]
        lead = Content.styled(f"{entry.at.astimezone(PARIS):%H:%M:%S} → ", "$text-muted")
        for line in folded(entry.title, room - lead.cell_length):
            lines.append(lead + Content.styled(line, "bold"))
            lead = Content(" " * lead.cell_length)
    return Content("\n").join(lines)
