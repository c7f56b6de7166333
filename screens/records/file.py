"""One churn record: the fiche, and the call as it was spoken."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from console.base import french
from console.base.roles import Role
from console.base.text import clean
from console.base.vocabulary import DraftField
from screens.common.choose import Answer, ChooseModal
from screens.common.note import write_about
from screens.keys import key, letter
from screens.kit.canvas import folded
from screens.kit.keybar import KeyBar
from screens.kit.screen import BACK, COMMON, NOT_READ_YET, SUPERVISORS_ONLY, OpenClient, Page, plain, shown
from screens.kit.sheet import labelled, spoken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from console.base.history import HistoryEntry
    from console.records.review import ReviewService
    from console.records.views import RefusalFile, RefusalRow
    from console.services import Services
    from screens.kit.rows import RowList

_REVIEW = {"read", "comment", "recode", "question", "follow_up"}
_NO_STEP = "Aucune étape n’est gardée pour cet appel."


class RefusalFileScreen(Page[None], inherit_bindings=False):
    """Both on one page that scrolls; side by side when the terminal is wide."""

    PURPOSE = (
        "Pourquoi le client est parti, dans ses mots, et l’appel étape par étape.\n"
        "{refus.question} : répondre à un superviseur · {retour} : revenir à la liste."
    )
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (140, "-wide")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        key("refus.suivante", "semicolon,right", "go(1)", "Suivante", "Fiche suivante de la liste"),
        key("refus.precedente", "comma,left", "go(-1)", "Précédente", "Fiche précédente de la liste"),
        letter("refus.lu", "l", "read", "Lu", "Marquer la fiche comme lue"),
        letter("refus.commenter", "n", "comment", "Commenter", "Ajouter un commentaire à la fiche"),
        letter("refus.motif", "m", "recode", "Motif", "Recoder le motif ; le premier reste à côté"),
        letter("refus.question", "u", "question", "Question", "Questionner l’agent, ou lui répondre"),
        letter("refus.suivi", "j", "follow_up", "Suivi", "Prévoir ou lever le suivi à 3 mois"),
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

    def __init__(self, services: Services, record_id: int, rows: RowList[RefusalRow] | None = None) -> None:
        super().__init__(services)
        self.record_id = record_id
        self.rows = rows  # the list that led here
        self.file: RefusalFile | None = None

    def compose(self) -> ComposeResult:
        yield Static(id="head", markup=False)
        with VerticalScroll(id="sheet"):
            yield Static(id="record", markup=False)
            yield Static(id="spoken", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        self.query_one("#sheet").focus()
        self._reload()

    def _reload(self) -> None:
        refusals = self.services.refusals
        self.serve(lambda: refusals.file(self.record_id), self._show, group="record")

    def on_resize(self) -> None:
        self.call_after_refresh(self._paint)

    def why_closed(self, action: str, parameters: tuple[object, ...]) -> str | None:
        """What is done with a record needs one, and a supervisor; anybody answers a question."""
        if action == "go":
            end = "Pas d’autre fiche dans la liste."
            found = self.rows.near(int(str(parameters[0]))) if self.rows is not None else None
            return None if found is not None else end
        if action not in {"client", *_REVIEW}:
            return None
        if action == "question" and self.file is not None and self.file.question_id is not None:
            return None
        if action in _REVIEW and not self.services.may(Role.SUPERVISOR):
            return SUPERVISORS_ONLY
        if self.file is None:
            return NOT_READ_YET
        return "Cette fiche est déjà lue." if action == "read" and self.file.row.reviewed else None

    def action_client(self) -> None:
        """The client's file."""
        if self.file is not None:
            self.post_message(OpenClient(self.file.row.client_id))

    # The review

    def _review(self, act: Callable[[ReviewService], object], said: str) -> None:
        review = self.services.review

        def done(_: object) -> None:
            self.tell(said)
            self._reload()

        self.serve(lambda: act(review), done)

    def action_read(self) -> None:
        """The record has been read."""
        self._review(lambda review: review.mark_read(self.record_id), "Fiche marquée comme lue.")
        self.action_go(1)

    def action_go(self, by: int) -> None:
        """On to the next record of the list, or back to the one before."""
        if self.rows is not None and (row := self.rows.near(by)) is not None:
            self.rows.go(self.rows.cursor + by)
            self.record_id = row.record_id
            self._reload()

    def action_comment(self) -> None:
        """Something to say about the record."""
        self._write("Commentaire", DraftField.COMMENT, self.record_id, self.services.review.comment)

    def action_question(self) -> None:
        """Ask the agent; or answer, when the question is put to whoever reads."""
        waiting = self.file.question_id if self.file else None
        if waiting is not None:
            self._write("Réponse", DraftField.ANSWER, waiting, self.services.review.answer)
        else:
            self._write("Question", DraftField.QUESTION, self.record_id, self.services.review.ask)

    def _write(self, title: str, field: DraftField, about: int, save: Callable[[int, str], object]) -> None:
        def written(_: object) -> None:
            self.tell("C’est enregistré.")
            self._reload()

        if self.file is not None:
            row = self.file.row
            save_it = partial(save, about)
            write_about(
                self, self.services, row.client_id, row.name, field, about, save_it, written, title=title
            )

    def action_recode(self) -> None:
        """Another reason, beside the first."""
        if self.file is None:
            return
        now = self.file.reason_now
        answers = [
            Answer(one.code, f"{one.code} ({one.label})", one.code != now, "en vigueur" * (one.code == now))
            for one in self.services.review.reasons
        ]

        def recode(value: str | None) -> None:
            if value is not None:
                self._review(lambda review: review.recode(self.record_id, value), f"Motif recodé : {value}.")

        sentence = "Le motif choisi pendant l’appel reste visible à côté."
        self.open(ChooseModal("Recoder le motif", sentence, answers, stay="ne rien changer"), recode)

    def action_follow_up(self) -> None:
        """Set or lift the message at +3 months."""
        if self.file is not None:
            wanted = not self.file.follow_up
            said = "Suivi à 3 mois prévu." if wanted else "Suivi à 3 mois levé."
            self._review(lambda review: review.follow_up(self.record_id, wanted=wanted), said)

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
        self.query_one("#spoken", Static).update(spoken(self.file.spoken, width, empty=_NO_STEP))


def _record(file: RefusalFile, width: int) -> Content:
    """The fiche, then what was added to it and noted during the call."""
    lines = labelled(file.fields, width)
    for title, entries in (("Ajouté depuis", file.amendments), ("Notes de l’appel", file.notes)):
        if entries:
            lines += [Content(""), plain(title, "bold $text-primary"), *_signed(entries, width)]
    return Content("\n").join(lines)


def _signed(entries: tuple[HistoryEntry, ...], width: int) -> Iterator[Content]:
    """When, who, what; the text below."""
    for entry in entries:
        head = f"{french.moment(entry.at)}  {shown(entry.agent)} : "
        for line in folded(head + shown(entry.title), width):
            yield Content.styled(line, "bold")
        for part in clean(entry.detail, newlines=True, limit=4_000).split("\n") if entry.detail else ():
            for line in folded(part or " ", width - 2):
                yield Content(f"  {line}")
