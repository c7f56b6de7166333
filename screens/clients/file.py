"""A client's file: who it is, what happened, what was noted, what was offered."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from console.base import french
from console.base.roles import Role
from console.base.text import clean
from console.base.vocabulary import OPPOSED_WORDS, Channel, Direction, DraftField
from console.clients.views import NOT_OPPOSED, NOTHING_CONDEMNED
from screens.clients.journey import drawn, hung, told
from screens.common.case_lines import deadline, seniority
from screens.common.choose import Answer, ChooseModal
from screens.common.client_actions import CONSENT, REPLY, SIGNAL, CasePage
from screens.common.correct import CORRECT, correct
from screens.common.details import explained
from screens.common.note import write_about
from screens.common.portfolio import GIVE, ask_owner, given_by
from screens.common.replay import ReplayModal
from screens.keys import DIGIT_ROW, digit, key, letter
from screens.kit.keybar import KeyBar
from screens.kit.screen import SUPERVISORS_ONLY, OpenCall, OpenRefusals, plain, shown
from screens.kit.tabs import tabs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from console.base.history import HistoryEntry
    from console.calls.correction import Corrected
    from console.cases.views import CaseRow
    from console.clients.views import ClientFile
    from console.services import Services

LIFT = letter(
    "fiche.lever",
    "g",
    "lift",
    "Lever l’opposition",
    "Ce n’en était pas une : un superviseur dit pourquoi",
    show=False,
)
GIVE_BACK = letter(
    "fiche.rendre", "u", "give_back", "Rendre", "Remettre en service ce qui était condamné", show=False
)
WITHDRAW = letter(
    "fiche.retrait",
    "w",
    "withdraw",
    "Accord retiré",
    "Le client revient sur son accord, ou le lien demandé",
)
LOOK_SECONDS = 2.0
"""How long it may take until one sees that a colleague has begun with the client."""
TABS = ("Fiche", "Historique", "Notes", "Offres")


class ClientFileScreen(CasePage):
    """The file, a tab at a time; a wide terminal keeps the recommendation beside it."""

    PURPOSE = (
        "Ce que l’on sait du client, avant de lui parler ou pendant l’appel.\n"
        "{fiche.2} : ce qui s’est passé · {fiche.3} : ce qui a été noté · {retour} : revenir."
    )
    CSS_PATH = Path(__file__).with_name("client_file.tcss")
    HORIZONTAL_BREAKPOINTS: ClassVar = [(0, "-narrow"), (110, "-wide")]  # type: ignore[misc]
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            digit(f"fiche.{number}", number, f"tab({number})", title, f"Onglet : {title.lower()}")
            for number, title in enumerate(TABS, 1)
        ),
        CONSENT,
        GIVE_BACK,
        LIFT,
        WITHDRAW,
        REPLY,
        SIGNAL,
        CORRECT,
        GIVE,
        key("fiche.rejouer", "enter", "replay", "Rejouer un appel", "Relire un appel tel qu’il s’est dit"),
    ]

    def __init__(self, services: Services, client_id: int) -> None:
        super().__init__(services)
        self.client_id = client_id
        self.file: ClientFile | None = None
        self.tab = 1

    def compose(self) -> ComposeResult:
        yield Static(id="who", markup=False)
        yield Static(id="way", markup=False)
        yield Static(id="tabs", markup=False)
        with Horizontal():
            with VerticalScroll(id="sheet"):
                yield Static(id="body", markup=False)
            with VerticalScroll(id="why", can_focus=False):
                yield Static(id="reasons", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        self.query_one("#sheet").focus()
        self.reload()
        if self.services.in_team:
            self.set_interval(LOOK_SECONDS, self._look)

    def _look(self) -> None:
        """A colleague may have begun with the client, or be done, while the file is read."""
        if self.file is not None and self.app.screen is self:
            self.serve(
                lambda: self.services.clients.with_agent(self.client_id),
                self._at_it,
                failed=lambda _: None,  # nobody asked
                group="look",
            )

    def _at_it(self, words: str) -> None:
        if self.file is not None and words != self.file.case.with_agent:
            self._show(replace(self.file, case=replace(self.file.case, with_agent=words)))

    def on_screen_resume(self) -> None:
        if self.file is not None:
            self.reload()

    @property
    def selected(self) -> CaseRow | None:
        return self.file.case if self.file else None

    def action_refusals(self) -> None:
        """The record of this client's refusal."""
        self.serve(
            lambda: self.services.refusals.of_client(self.client_id),
            self._open_record,
            group="record",
            opens=True,
        )

    def _open_record(self, record_id: int | None) -> None:
        if record_id is None:
            self.tell("Ce client n’a pas de fiche de résiliation.")
        else:
            self.post_message(OpenRefusals(record_id=record_id))

    def reload(self) -> None:
        self.serve(lambda: self.services.clients.file(self.client_id), self._show, group="file")

    def _show(self, file: ClientFile) -> None:
        self.file = file
        case = file.case
        self.query_one("#who", Static).update(
            Content.assemble(
                (f" {shown(file.civility)} {shown(case.name)}".replace("  ", " "), "bold"),
                (f"  {case.code}", "$text-muted"),
                (f"  {seniority(case)}", "$text-accent" if case.vip else "$text-muted"),
                f"  échéance {deadline(case)}",
                ("  à risque" if case.at_risk else "", "bold $text-warning"),
                "\n ",
                (f"{shown(case.with_agent)}  " if case.with_agent else "", "bold $text-primary"),
                shown(file.phone),
                (f" ({shown(file.phone_state)})" if file.phone else shown(file.phone_state), "$text-muted"),
                f"  {shown(file.email)}",
                ("" if file.email_usable else " (inutilisable)", "$text-warning"),
                (self._opposed(file), "bold $text-error"),
                (self._consent(file), "$text-success"),
                (self._signals(file), "bold $text-accent"),
            )
        )
        self.query_one("#way", Static).update(drawn(file.journey, self.size.width))
        self.query_one("#reasons", Static).update(explained(replace(file, next_steps=())))
        self.call_after_refresh(self._paint)  # once what stands beside has its place: lines are folded to it
        self.refresh_bindings()

    def _opposed(self, file: ClientFile) -> str:
        if not file.opposed:
            return ""
        names = ", ".join(label for channel, label in OPPOSED_WORDS.items() if channel in file.opposed)
        return f"  Ne plus contacter : {names}"

    def _consent(self, file: ClientFile) -> str:
        given = file.call_consent_on
        return f"  Accord d’appel : {french.day(given)}" if given else ""

    def _signals(self, file: ClientFile) -> str:
        return "".join(f"  ◆ {signal.label}" for signal in file.signals)

    def why_closed(self, action: str, parameters: tuple[object, ...]) -> str | None:
        """An agreement already noted, or an opposition, leaves nothing to note."""
        if action in {"give_back", "lift"} and not self.services.may(Role.SUPERVISOR):
            return SUPERVISORS_ONLY
        if action == "give":
            return given_by(self.services, any_client=self.file is not None)
        if self.file is not None and action in _WHY and (why := _WHY[action](self.file)):
            return why
        return super().why_closed(action, parameters)

    def action_give(self) -> None:
        """Say whose the client is."""
        if case := self.selected:
            client = [self.client_id]
            ask_owner(
                self, self.services, case.name, lambda portfolios, owner: portfolios.give(client, owner)
            )

    def action_give_back(self) -> None:
        """Put a condemned address or number in service again."""

        def done(words: str) -> None:
            self.tell(words)
            self.reload()

        self.serve(lambda: self.services.clients.give_back(self.client_id), done)

    def action_lift(self) -> None:
        """Write why an opposition is none."""
        if case := self.selected:
            write_about(
                self,
                self.services,
                case.client_id,
                case.name,
                DraftField.LIFTED,
                0,
                partial(self.services.clients.lift_opposition, case.client_id),
                self._lifted,
                title="Pourquoi lever cette opposition ? C’est écrit au journal",
            )

    def _lifted(self, words: object) -> None:
        self.tell(str(words))
        self.reload()

    def action_consent(self) -> None:
        """Record that the client agrees to be called after the expiry."""
        self.serve(lambda: self.services.clients.consent(self.client_id), lambda _: self.reload())

    def action_reply(self) -> None:
        """Write what the client answered elsewhere: it counts as a reaction."""
        clients = self.services.clients
        if case := self.selected:
            write_about(
                self,
                self.services,
                case.client_id,
                case.name,
                DraftField.REPLY,
                0,
                partial(clients.reply, case.client_id),
                self._replied,
                title="Ce que le client a répondu",
                advise=clients.note_advice,
                signals=clients.signals_in,
            )

    def _replied(self, _: object) -> None:
        self.tell("Réponse du client notée.")
        self.reload()

    def action_withdraw(self) -> None:
        """Write why the client goes back on an agreement: they are awaited again."""
        if (file := self.file) is not None and file.agreement is not None:
            write_about(
                self,
                self.services,
                file.case.client_id,
                file.case.name,
                DraftField.WITHDRAWAL,
                0,
                partial(self._withdraw, file.agreement),
                self._withdrawn,
                title="Pourquoi le client revient sur son accord",
            )

    def _withdraw(self, term_id: int, text: str) -> bool:
        self.services.agreements.withdraw(term_id, text)
        return True

    def _withdrawn(self, _: object) -> None:
        self.tell("Accord retiré : le client est de nouveau attendu.")
        self.reload()

    def action_untag(self) -> None:
        """Take the first signal off the file: it is none."""
        if self.file is not None and self.file.signals:
            signal = self.file.signals[0]
            self.serve(
                lambda: self.services.clients.take_back(self.client_id, signal), lambda _: self.reload()
            )

    def action_replay(self) -> None:
        """The only call at once; of several, which."""
        calls = [entry for entry in self.file.history if entry.call_id] if self.file else []
        titles = {entry.call_id: f"{french.moment(entry.at)}  {shown(entry.title)}" for entry in calls}
        if len(calls) == 1:
            self._replay(titles, calls[0].call_id)
        elif calls:
            answers = [Answer(call_id, title) for call_id, title in titles.items()][: len(DIGIT_ROW)]
            sentence = "Le plus récent d’abord."
            self.open(
                ChooseModal("Quel appel relire ?", sentence, answers, stay="la fiche"),
                lambda call_id: self._replay(titles, call_id) if call_id else None,
            )

    def _replay(self, titles: Mapping[str, str], call_id: str) -> None:
        def read(steps: Sequence[HistoryEntry]) -> None:
            self.open(ReplayModal(titles[call_id], steps))

        self.serve(lambda: self.services.clients.replay(call_id), read, group="replay", opens=True)

    def action_correct(self) -> None:
        """Take back how the last call ended; within ten minutes, its own agent goes on with it."""
        if case := self.selected:
            correct(self, self.services, case.client_id, case.name, self._corrected)

    def _corrected(self, corrected: Corrected) -> None:
        if corrected.reopened:
            self.post_message(OpenCall(self.client_id, Direction.OUTBOUND))
        self.reload()

    def _paint(self) -> None:
        file = self.file
        if file is None:
            return
        counts = {2: len(file.history), 3: len(file.notes), 4: len(file.offers)}
        titles = [
            (f"{title} ({counts[number]})" if number in counts else title, "")
            for number, title in enumerate(TABS, 1)
        ]
        self.query_one("#tabs", Static).update(tabs(titles, self.tab))
        body = (self._identity, self._history, self._notes, self._offers)[self.tab - 1](file)
        self.query_one("#body", Static).update(body)
        self.query_one("#sheet").scroll_home(animate=False)

    def action_tab(self, number: int) -> None:
        self.tab = number
        self._paint()

    def _identity(self, file: ClientFile) -> Content:
        case = file.case
        rows = [
            ("Statut", case.status if case.awaited else f"{case.status}, {case.offer}".rstrip(", ")),
            *file.settled,
            *(("Promis", owed) for owed in file.owed),
            ("Formule", f"{file.plan}, {file.tariff}"),
            ("Client depuis", french.day(file.client_since)),
            ("Offre", (case.offer or "aucune en cours") if case.awaited else ""),
            ("E-mails", case.mails),
            *file.details,
            ("Coordonnées de", file.shared_with),
            ("Accord écrit", file.written_agreement),
            ("Dernière note", case.note),
        ]
        width = self.query_one("#sheet").scrollable_content_region.width
        lines = [
            line
            for label, value in rows
            if value
            for line in hung(plain(f"{label:<15}", "$text-muted"), shown(value), width)
        ]
        if self.has_class("-narrow"):
            lines += [Content(""), explained(replace(file, next_steps=()))]
        if file.journey:
            lines += [Content(""), told(file.journey, width)]
        return Content("\n").join(lines)

    def _history(self, file: ClientFile) -> Content:
        return _entries(file.history, "Rien ne s’est encore passé.")

    def _notes(self, file: ClientFile) -> Content:
        return _entries(file.notes, "Aucune note. Touche n : en écrire une.")

    def _offers(self, file: ClientFile) -> Content:
        lines = []
        for offer in file.offers:
            state = ("  en cours", "bold $text-success") if offer.running else ("  terminée", "$text-muted")
            lines.append(Content.assemble((shown(offer.title), "bold"), state))
            facts = [shown(offer.price)]
            facts += [f"économie {shown(offer.saving)}"] if offer.saving else []
            facts += [f"jusqu’au {shown(offer.ends)}"] if offer.ends else []
            lines.append(plain(f"  {' · '.join(facts)}"))
        return Content("\n").join(lines) if lines else plain("Aucune offre.", "$text-muted")


def _no_consent(file: ClientFile) -> str:
    """Why an agreement to be called cannot be noted; empty when it can."""
    if Channel.CALL in file.opposed:
        return "Ce client s’est opposé aux appels."
    return "Son accord est déjà noté." if file.call_consent_on else ""


def _no_call(file: ClientFile) -> str:
    return "" if any(entry.call_id for entry in file.history) else "Aucun appel avec ce client."


_WHY: dict[str, Callable[[ClientFile], str]] = {
    "consent": _no_consent,
    "replay": _no_call,
    "withdraw": lambda file: "" if file.agreement else "Aucun accord de ce client n’attend de confirmation.",
    "lift": lambda file: "" if file.opposed else NOT_OPPOSED,
    "give_back": lambda file: "" if file.condemned else NOTHING_CONDEMNED,
    "untag": lambda file: "" if file.signals else "Aucun signal n’est noté sur cette fiche.",
}
"""Why an act on the file is closed, empty where it is not."""


def _entries(entries: Iterable[HistoryEntry], empty: str) -> Content:
    blocks = []
    for entry in entries:
        head = Content.assemble(
            (f"{french.moment(entry.at)}  ", "$text-muted"),
            (shown(entry.title), "bold"),
            (f"  {shown(entry.agent)}" if entry.agent else "", "$text-muted"),
        )
        detail = clean(entry.detail, newlines=True, limit=4_000)
        text = "\n".join(f"    {line}" for line in detail.split("\n"))
        blocks.append(Content("\n").join([head, Content(text)]) if detail else head)
    return Content("\n").join(blocks) if blocks else plain(empty, "$text-muted")
