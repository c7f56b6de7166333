"""The one-line field of a script step, with its question above it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Region
from textual.widgets import Static

from console.base.text import clean
from console.base.typed import DRAFT_LIMIT
from console.calls.views import MomentRead
from screens.keys import key
from screens.kit.canvas import folded
from screens.kit.choices import WIDTH
from screens.kit.screen import Field

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.events import Key, Paste

    from console.calls.views import CaptureView
    from screens.call.key_queue import KeyQueue


class CaptureField(Field):
    """The field itself; while a key is being played, its keys wait like all others."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("appel.valider", "enter", "screen.confirm", "Valider", "Valider le texte saisi"),
        key("appel.quitter_champ", "escape", "screen.leave_field", "Quitter le champ", "Le texte est gardé"),
        key("champ.escalade", "f6", "screen.jump('escalate')", "Escalader", "Passer au superviseur"),
        key("champ.raccroche", "f7", "screen.jump('hung_up')", "Raccroché", "Le client a raccroché"),
        key("champ.rappel", "f8", "screen.jump('callback')", "Rappel", "Promettre un rappel"),
        key("appel.choix_haut", "up", "screen.move(-1)", "Choix précédent", show=False),
        key("appel.choix_bas", "down", "screen.move(1)", "Choix suivant", show=False),
    ]

    def __init__(self, queue: KeyQueue) -> None:
        self._queue = queue
        super().__init__(select_on_focus=False)

    def on_key(self, event: Key) -> None:
        """Entrée writes, so it is played in its turn, as is what was pressed before it was done."""
        if event.key in {"enter", self._queue.decided} or self._queue.busy:
            self._queue.take(event)

    def show_cursor(self) -> None:
        """Bring the cursor into view: moving it scrolls only once the field has its size."""
        self.scroll_to_region(Region(self._cursor_offset, 0, 1, 1), force=True, animate=False)

    def _on_paste(self, event: Paste) -> None:
        event.prevent_default()
        event.stop()
        if text := clean(event.text, limit=DRAFT_LIMIT):
            self.replace(text, *self.selection)


class CaptureBox(Vertical):
    """The question and its field; hidden when the step asks for nothing."""

    DEFAULT_CSS = """
    CaptureBox {
        height: auto;
        max-width: 78;
        padding: 0 1;
        margin-bottom: 1;
        display: none;
        &.-asked { display: block; }
        & > Static { height: auto; }
        & > CaptureField { height: 1; border: none; padding: 0 1 0 2; background: $panel; }
        & > CaptureField:focus { border: none; border-left: thick $accent; padding: 0 1; }
    }
    """

    def __init__(self, queue: KeyQueue) -> None:
        super().__init__()
        self.asked: CaptureView | None = None
        self._question_lines = 0
        self.question = Static(markup=False)
        self.field = CaptureField(queue)
        self._moment_lines = 0
        self.moment = Static(markup=False)

    def compose(self) -> ComposeResult:
        yield self.question
        yield self.field
        yield self.moment

    def ask(self, capture: CaptureView | None) -> None:
        """Show what the step asks to type, with what was already typed."""
        if capture is None and self.asked is None:
            return
        self.asked = capture
        self.show_moment(MomentRead())
        self.set_class(capture is not None, "-asked")
        with self.prevent(Field.Changed):
            self.field.value = clean(capture.draft, limit=DRAFT_LIMIT) if capture else ""
        self.field.cursor_position = len(self.field.value)
        if capture is None:
            return
        self.call_after_refresh(self.field.show_cursor)  # a long text is in view where typing goes on
        self._say(capture.label + ("" if capture.required else " (facultatif)"), "bold")

    def refuse(self, message: str) -> None:
        """Say beside the field what is wrong with it; the text stays."""
        self._say(f"▲ {message}", "bold $text-error")

    def lines(self) -> int:
        """Lines that this box takes, margin included."""
        return 0 if self.asked is None else 2 + self._question_lines + self._moment_lines

    def show_moment(self, read: MomentRead) -> None:
        """Below the field, the moment as it is understood, and what to say to the client."""
        width = min(WIDTH, max(20, self.app.size.width - 2))
        remark = f" ({read.remark})" if read.remark else ""
        understood = folded(f"→ {read.moment}{remark}", width) if read.moment else []
        said = [f"▌ {line}" for line in folded(read.farewell, width - 2)] if read.farewell else []
        self._moment_lines = len(understood) + len(said)
        self.moment.display = self._moment_lines > 0
        mood = "$text-success" if read.lawful else "$text-warning"
        lines = [Content.styled(line, mood) for line in understood]
        lines += [Content.styled(line, "bold") for line in said]
        self.moment.update(Content("\n").join(lines))

    def _say(self, words: str, style: str) -> None:
        lines = folded(words, min(WIDTH, max(20, self.app.size.width - 2)))
        self._question_lines = len(lines)
        self.question.update(Content.styled("\n".join(lines), style))
