"""The first start, on an empty database: try the demo, or import the clients."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from console.base import french
from screens.common.client_actions import QUIT
from screens.keys import digit, key
from screens.kit.keybar import KeyBar
from screens.kit.screen import COMMON, Field, Page, shown

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from console.base.errors import HotlinerError
    from console.imports.service import ImportReport
    from console.services import Services

_BAR = 40
_FAULTS = 6
_WORDS = (
    "La base est vide : aucun client n’y est encore.\n\n"
    "1  Voir la démonstration : 50 clients inventés, dans une base à part.\n"
    "2  Importer vos clients depuis un fichier CSV.\n\n"
    "Rien ne part vers l’extérieur pendant la démonstration."
)


def rejects_beside(path: Path) -> Path:
    """Where refused lines go: a new file beside the one imported."""
    names = (path.with_name(f"{path.stem}-rejets{n or ''}.csv") for n in range(1_000))
    return next(name for name in names if not name.exists())


class WelcomeScreen(Page[None], inherit_bindings=False):
    """Leaves once clients are there; the demo ends the console with the result « demo »."""

    PURPOSE = (
        "Le premier lancement : aucun client n’est encore là.\n"
        "{accueil.demo} : voir la démonstration · {accueil.import} : importer vos clients."
    )
    AUTO_FOCUS = ""  # letters and digits are commands until a path is asked for

    BINDINGS: ClassVar[list[BindingType]] = [
        digit("accueil.demo", 1, "demo", "Démonstration", "Voir la démonstration", show=True),
        digit("accueil.import", 2, "ask", "Importer", "Importer un fichier de clients", show=True),
        key("accueil.arret", "escape", "stop", "Arrêter", "Arrêter l’import ou quitter le champ"),
        *COMMON,
        QUIT,
    ]
    DEFAULT_CSS = """
    WelcomeScreen {
        align: center middle;
        & > #box {
            width: 78;
            max-width: 100%;
            height: auto;
            padding: 1 3;
            border: round $primary;
            border-title-color: $text-primary;
        }
        & Field { display: none; margin-top: 1; }
        & #progress { height: auto; margin-top: 1; }
    }
    """

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._importing = False
        self._cancelled = False

    def compose(self) -> ComposeResult:
        with Vertical(id="box") as box:
            box.border_title = "Bienvenue dans la console des hotliners"
            yield Static(_WORDS, markup=False)
            yield Field(placeholder="Chemin du fichier CSV", id="path")
            yield Static(id="progress", markup=False)
        yield KeyBar()

    def why_closed(self, action: str, parameters: tuple[object, ...]) -> str | None:
        if action in {"demo", "ask"}:
            return "Un import est en cours : attendez sa fin, ou arrêtez-le." if self._importing else None
        if action == "stop" and not self._importing and not isinstance(self.focused, Field):
            return "Rien à arrêter."
        return None

    def action_demo(self) -> None:
        self.app.exit("demo")

    def action_ask(self) -> None:
        field = self.query_one(Field)
        field.display = True
        field.focus()

    def action_stop(self) -> None:
        self._cancelled = True
        self.set_focus(None)

    @on(Input.Submitted)
    def _import(self, event: Input.Submitted) -> None:
        typed = event.value.strip()
        if not typed or self._importing:
            return
        path = Path(typed).expanduser()
        self._importing, self._cancelled = True, False
        self.set_focus(None)
        self.refresh_bindings()
        self._say("Lecture du fichier…")
        run = self.services.imports.run

        def progress(done: int, total: int) -> None:
            self.app.call_from_thread(self._progress, done, total)

        self.serve(
            lambda: run(
                path, rejects=rejects_beside(path), progress=progress, cancelled=lambda: self._cancelled
            ),
            self._done,
            failed=self._failed,
        )

    def _progress(self, done: int, total: int) -> None:
        filled = _BAR * done // max(1, total)
        self._say(f"{'█' * filled}{'·' * (_BAR - filled)} {done} / {total}\nÉchap : arrêter")

    def _say(self, text: str) -> None:
        self.query_one("#progress", Static).update(Content(text))

    def _failed(self, error: HotlinerError) -> None:
        self._importing = False
        self.refresh_bindings()
        self._say("")
        self.show_error(error)

    def _done(self, report: ImportReport) -> None:
        self._importing = False
        self.refresh_bindings()
        taken = report.added + report.updated + report.unchanged
        words = f"{french.plural(taken, 'client importé', 'clients importés')}"
        if report.rejected:
            words += f", {french.plural(report.rejected, 'ligne refusée', 'lignes refusées')}"
        if report.cancelled:
            words += " ; import arrêté, relancez-le pour le finir"
        if taken:
            self.tell(f"{words}.", warning=bool(report.rejected or report.cancelled))
            self.once_at_rest(self.dismiss)
        else:
            faults = [f"· {shown(str(fault))}" for fault in report.faults[:_FAULTS]]
            self._say("\n".join([f"{words}.", *faults]))
