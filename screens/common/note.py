"""The note editor: several lines, during a call or outside one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static, TextArea

from console.base.french import NBSP
from console.base.typed import draft, too_long
from screens.common.drafts import DraftWriter, drafts_tried
from screens.keys import key
from screens.kit.canvas import folded
from screens.kit.screen import Modal, shown

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.events import Key, Paste

    from console.base.errors import HotlinerError
    from console.base.vocabulary import DraftField
    from console.rules.signals import Signal
    from console.services import Services
    from screens.kit.screen import Acts


class Notepad(TextArea):
    """A field of several lines; Tab goes to the next field, what is pasted is cleaned."""

    def __init__(self, text: str = "", *, id: str | None = None, placeholder: str = "") -> None:
        super().__init__(
            text, id=id, placeholder=placeholder, tab_behavior="focus", highlight_cursor_line=False
        )

    async def _on_paste(self, event: Paste) -> None:
        event.prevent_default()
        event.stop()
        if result := self._replace_via_keyboard(draft(event.text), *self.selection):
            self.move_cursor(result.end_location)


class NoteModal(Modal[object]):
    """Writes a note. Gives back what `save` answered, or None when it was left.

    `drafts` gets the text at each key, as its `field`, so that leaving, or a killed terminal, keeps it:
    whoever opens the editor again gives it back as `text`. `advise` says what had better not be written; it
    never blocks. `signals` says what the words tell of the client: shown as tags, each can be taken off, and
    `save` is then given, as `without`, those that were.
    """

    PURPOSE = (
        "Ce qu’il faudra savoir plus tard, en quelques phrases.\n"
        "{note.enregistrer} : enregistrer · {note.quitter} : garder le texte pour plus tard."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        key("note.enregistrer", "ctrl+s,ctrl+enter", "save", "Enregistrer", "Enregistrer la note"),
        key("note.signal", "f4", "untag", "Retirer le signal", "Ce que dit la note n’est pas un signal"),
        key("note.quitter", "escape", "back", "Garder pour plus tard", "Quitter ; le texte est gardé"),
    ]
    DEFAULT_CSS = """
    NoteModal {
        align: center bottom; /* what is said stays in view above */
        & #pad { height: 20vh; border: none; padding: 0; background: $boost; }
        & #advice { height: auto; color: $text-warning; }
        & #tags { height: auto; color: $text-accent; }
        & #keys { height: auto; color: $text-muted; }
    }
    """

    def __init__(
        self,
        name: str,
        text: str,
        *,
        save: Callable[..., object],
        drafts: DraftWriter,
        field: str,
        advise: Callable[[str], str] = lambda _: "",
        signals: Callable[[str], Sequence[Signal]] | None = None,
        title: str = "Note",
    ) -> None:
        super().__init__()
        self.heading = f"{title} – {shown(name)}"
        self.text = draft(text)
        self._save = save
        self._drafts = drafts
        self._field = field
        self._advise = advise
        self._signals = signals
        self._without: frozenset[Signal] = frozenset()
        self._saving = False
        self._tags = Static(id="tags", markup=False)
        self._advice = Static(id="advice", markup=False)  # here, as a key may come before it is composed

    def compose(self) -> ComposeResult:
        with Vertical(id="box") as box:
            box.border_title = Content(self.heading)
            yield Notepad(self.text, id="pad")
            yield self._tags
            yield self._advice
            yield Static(
                "Ctrl+S ou Ctrl+Entrée : enregistrer   Échap : garder pour plus tard", id="keys", markup=False
            )

    def on_mount(self) -> None:
        pad = self.query_one(Notepad)
        pad.move_cursor(pad.document.end)
        self._show_advice(self.text)
        self._show_tags()

    def on_key(self, event: Key) -> None:
        """What was typed while the editor was opening is part of the note."""
        if event.is_printable and event.character and isinstance(self.focused, Notepad):
            self.focused.insert(event.character)

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        text = event.text_area.text
        if text != self.text:
            self.text = text
            self._drafts.put(self._field, text)
            self._show_advice(text)
            self._show_tags()

    @property
    def _told(self) -> list[Signal]:
        """The signals that the words tell, and that the agent left."""
        return [one for one in self._signals(self.text) if one not in self._without] if self._signals else []

    def _show_tags(self) -> None:
        told = self._told
        self._tags.display = bool(told)
        words = " · ".join(one.label for one in told)
        self._tags.update(Content(f"◆ {words}{NBSP}   F4 : le retirer" if told else ""))

    def why_closed(self, action: str, parameters: tuple[object, ...]) -> str | None:
        """Nothing to take off where the words tell nothing."""
        if action == "untag" and not self._told:
            return "Cette note ne contient aucun signal."
        return super().why_closed(action, parameters)

    def action_untag(self) -> None:
        """Take off the first tag: the words do not mean it."""
        if told := self._told:
            self._without |= {told[0]}
            self._show_tags()

    def _show_advice(self, text: str, error: str = "") -> None:
        advice = error or too_long(text) or self._advise(text)
        self._advice.display = bool(advice)
        self._advice.update(Content("\n".join(folded(f"▲ {advice}", 66)) if advice else ""))

    def action_save(self) -> None:
        """Save, and leave once it is saved; on failure the text stays here."""
        note = draft(self.text)
        if not note:
            self._show_advice("", "Rien n’est écrit : rien à enregistrer.")
        elif not (self._saving or too_long(note)):
            self._saving = True
            self.run_worker(self._save_once_kept(note), exit_on_error=False)

    async def _save_once_kept(self, note: str) -> None:
        """The last draft is written first: it would come back after the note it became."""
        await drafts_tried(self.app)
        more = {"without": self._without} if self._signals else {}
        self.serve(lambda: self._save(note, **more), self._saved, failed=self._failed)

    def _saved(self, answer: object) -> None:
        self._drafts.drop(self._field)
        self.dismiss(answer if answer is not None else True)

    def _failed(self, error: HotlinerError) -> None:
        self._saving = False
        self.show_error(error)


def write_about(
    screen: Acts,
    services: Services,
    client_id: int,
    name: str,
    field: DraftField,
    about: int,
    save: Callable[..., object],
    then: Callable[[object], object],
    *,
    title: str,
    advise: Callable[[str], str] = lambda _: "",
    signals: Callable[[str], Sequence[Signal]] | None = None,
) -> None:
    """Open the editor on what was being typed about a client; `then` gets what `save` answered."""
    drafts = DraftWriter(
        screen.app, lambda _field, text: services.calls.keep_words(client_id, field, about, text)
    )

    def written(answer: object) -> None:
        if answer is not None:
            then(answer)

    def opened(text: str) -> None:
        modal = NoteModal(
            name, text, save=save, drafts=drafts, field=field, title=title, advise=advise, signals=signals
        )
        screen.open(modal, written)

    screen.serve(lambda: services.calls.words(client_id, field, about), opened, group="draft", opens=True)
