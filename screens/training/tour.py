"""The tour: what to press on the first day, a page a subject, tried on the real keys. Nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from screens.call.keys import CALL_KEYS
from screens.common.choose import Answer
from screens.common.client_actions import CALL, DETAILS
from screens.keys import digit, key, with_keys
from screens.kit.canvas import folded
from screens.kit.choices import Choices, Clicked
from screens.kit.screen import Modal, plain

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

ROOM = 66
"""Cells of a line of the tour."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A page: what it says, what to try, the choices to try it on, what each key tried answers, by its id.

    « {appel} » stands for the key of the binding that has this id.
    """

    title: str
    text: str
    tried: str
    answers: Mapping[str, str] = field(default_factory=dict)
    choices: tuple[str, ...] = ()


LEAVES = (
    Leaf(
        "Qui appeler, et pourquoi",
        "Le tableau de bord met en haut qui appeler aujourd’hui, et dit ce qui est conseillé. "
        "Plus bas : la semaine, les renouvelés, les refus.",
        "Pourquoi cette cliente est-elle là ? Essayez : {details}",
        {"details": "Elle a demandé à être rappelée à 14:00 : c’est promis, elle passe d’abord."},
    ),
    Leaf(
        "Choisir, sans Maj",
        "La rangée du haut se prend telle qu’elle est : & é \" ' pour 1 2 3 4. "
        "Ici, un chiffre ouvre un volet ; en ligne, il prend une réponse.",
        "Essayez : é",
        {
            "visite.1": "Ceux qu’il faut appeler aujourd’hui. Essayez é, juste à côté.",
            "visite.2": "Ceux de cette semaine. Les mains restent où elles sont.",
            "visite.3": "Ceux qui restent avec nous.",
            "visite.4": "Ceux qui sont partis, et pourquoi.",
        },
        ("À contacter aujourd’hui", "À relancer cette semaine", "Déjà renouvelés", "Refus"),
    ),
    Leaf(
        "Appeler",
        "Une touche ouvre l’appel du client en évidence. Rien n’est encore composé : "
        "l’heure permise, le numéro et l’offre sont d’abord sous vos yeux.",
        "Essayez : {appel}",
        {"appel": "L’appel est ouvert. Le numéro ne se compose que si vous le choisissez."},
    ),
    Leaf(
        "En ligne : une touche, une étape",
        "Lisez la phrase à voix haute, écoutez, prenez la réponse par son chiffre : l’étape suivante "
        "est déjà là. {visite.avant} : une étape en arrière, comme ici une page.",
        '« Bonjour, je suis bien avec Madame Martin ? » Essayez : & é "',
        {
            "visite.1": "« Merci. Je vous appelle au sujet de votre abonnement… »",
            "visite.2": "« Je comprends. Quand puis-je vous rappeler ? »",
            "visite.3": "« Pardon de vous avoir dérangé. Bonne journée ! »",
        },
        ("Oui, c’est elle", "Ce n’est pas le bon moment", "Ce n’est pas elle"),
    ),
    Leaf(
        "À tout moment de l’appel",
        "{appel.note} : une note, gardée lettre après lettre. {appel.rappel} : un rappel promis. "
        "{appel.raccroche} : le client a raccroché ; cela arrive, et ce n’est pas votre faute.",
        "Essayez : {appel.note} {appel.rappel} {appel.raccroche}",
        {
            "appel.note": "La note s’ouvre ; Ctrl+S l’enregistre, Échap la garde pour plus tard.",
            "appel.rappel": "« Quand préférez-vous ? » Le jour dit, ce client sera en haut du tableau.",
            "appel.raccroche": "C’est noté, et l’appel est clos. Au suivant, quand vous voulez.",
        },
    ),
    Leaf(
        "Échap ne perd jamais l’appel",
        "En ligne, Échap demande comment l’appel se termine ; il ne le coupe pas. Fenêtre fermée, "
        "courant coupé : au retour, la même étape vous attend, et la note déjà tapée.",
        "À essayer en ligne : ici, Échap quitte la visite.",
    ),
    Leaf(
        "Une touche oubliée ?",
        "{aide} : à quoi sert l’écran, et toutes ses touches. "
        "Ctrl+P : toutes les commandes par leur nom, et cette visite.",
        "Essayez : {aide}",
        {"aide": "C’était l’aide de la visite. Chaque écran a la sienne."},
    ),
)

_TAUGHT = [CALL, DETAILS, *(one for one in CALL_KEYS if isinstance(one, Binding))]
_REAL = {"details", "appel", "appel.note", "appel.rappel", "appel.raccroche"}
_DIGITS = range(1, max(len(leaf.choices) for leaf in LEAVES) + 1)


class TourModal(Modal[None]):
    """One box, a page at a time. Each key taught is the real one, remapped or not, and answers here."""

    PURPOSE = (
        "Les touches du premier jour, en sept petites pages.\n"
        "{visite.suite} : la suite · {visite.avant} : revenir · {boite.fermer} : passer la visite."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        key("visite.suite", "enter,right", "turn(1)", "Suite", "La page suivante ; à la fin, commencer"),
        key("visite.avant", "backspace,left", "turn(-1)", "Page d’avant", "Revenir à la page d’avant"),
        *(digit(f"visite.{n}", n, f"try_out('visite.{n}')", f"Choix {n}") for n in _DIGITS),
        *(replace(one, action=f"try_out('{one.id}')") for one in _TAUGHT if one.id in _REAL),
    ]
    DEFAULT_CSS = """
    TourModal {
        & > #box { height: 18; padding: 1 2 0 2; }
        & #text { height: auto; }
        & Choices { margin-top: 1; padding: 0; }
        & #told { height: auto; margin-top: 1; color: $text-success; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self.at = 0
        self.choices = Choices(())

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield Static(id="text", markup=False)
            yield self.choices
            yield Static(id="told", markup=False)

    def on_mount(self) -> None:
        self._show()

    @property
    def leaf(self) -> Leaf:
        """The page in view."""
        return LEAVES[self.at]

    def _show(self) -> None:
        leaf, last = self.leaf, self.at == len(LEAVES) - 1
        parts = [plain(leaf.title, "bold $text-primary"), Content("")]
        parts += [Content(line) for line in self._lines(leaf.text)]
        parts += [Content(""), *(plain(line, "bold") for line in self._lines(leaf.tried))]
        self.query_one("#text", Static).update(Content("\n").join(parts))
        self.query_one("#told", Static).update("")
        self.choices.display = bool(leaf.choices)
        self._highlight(0)
        box = self.query_one("#box")
        box.border_title = f"Visite guidée · {self.at + 1} sur {len(LEAVES)}"
        keys = [
            "{visite.suite} : commencer" if last else "{visite.suite} : la suite",
            "{visite.avant} : revenir" if self.at else "",
            "" if last else "{boite.fermer} : passer",
        ]
        box.border_subtitle = plain(with_keys(self, " · ".join(part for part in keys if part)))
        self.refresh_bindings()

    def _lines(self, text: str) -> tuple[str, ...]:
        return folded(with_keys(self, text), ROOM)

    def _highlight(self, index: int) -> None:
        self.choices.menu.show([Answer("", label) for label in self.leaf.choices], index)
        self.choices.refresh(layout=True)
        self.choices.repaint()

    def why_closed(self, action: str, parameters: tuple[object, ...]) -> str | None:
        """A key is tried on the page that teaches it."""
        return "" if action == "try_out" and parameters[0] not in self.leaf.answers else None

    def on_clicked(self, event: Clicked) -> None:
        """The mouse tries too."""
        self.action_try_out(f"visite.{event.index + 1}")

    def action_try_out(self, id: str) -> None:
        """Answer a key that this page teaches."""
        if (answer := self.leaf.answers.get(id)) is None:
            return
        if self.leaf.choices:
            self._highlight(int(id.removeprefix("visite.")) - 1)
        self.query_one("#told", Static).update(Content("\n".join(folded(f"✓ {answer}", ROOM))))

    def action_help(self) -> None:
        """The real one; the last page teaches it."""
        super().action_help()
        self.action_try_out("aide")

    def action_turn(self, by: int) -> None:
        """Go to another page; past the last one, leave."""
        if self.at + by == len(LEAVES):
            self.dismiss()
        elif self.at + by >= 0:
            self.at += by
            self._show()
