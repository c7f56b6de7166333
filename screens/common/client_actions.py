"""What can be done with the client chosen on a screen, one key each, the same key everywhere."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from console.base.roles import Role
from console.base.vocabulary import Channel, Direction, DraftField
from screens.keys import key, letter
from screens.kit.screen import (
    BACK,
    COMMON,
    SUPERVISORS_ONLY,
    Acts,
    OpenCall,
    OpenCallbacks,
    OpenChecklist,
    OpenClient,
    OpenEscalations,
    OpenFigures,
    OpenOutbox,
    OpenRefusals,
    OpenTraining,
    Page,
)

if TYPE_CHECKING:
    from textual.binding import BindingType

    from console.cases.views import CaseRow
    from console.clients.views import ClientFile

CALL = letter("appel", "a", "call", "Appeler", "Appeler le client choisi")
NOTE = letter("note", "n", "note", "Note", "Noter quelque chose sur le client choisi")
DETAILS = key("details", "space", "details", "Détails", "Pourquoi ce client est là : motifs et points")
SEARCH = key("recherche", "slash", "search", "Chercher", "Chercher un client : nom, code, téléphone, e-mail")
INBOUND = letter(
    "appel.entrant",
    "i",
    "inbound",
    "Appel entrant",
    "Un client appelle : qui ? Le client choisi d’abord",
)
OPPOSE = letter("opposition", "b", "oppose", "Ne plus contacter", "Le client ne veut plus être contacté")
CONSENT = letter(
    "accord", "y", "consent", "Accord d’appel", "Noter son accord pour les appels d’après l’échéance"
)
REPLY = letter("reponse", "l", "reply", "Sa réponse", "Noter ce que le client a répondu, dans ses mots")
SIGNAL = letter("signal", "z", "untag", "Retirer le signal", "Le signal de la fiche n’en est pas un")
ACCOUNT = letter("compte", "v", "account", "Vue client", "Ce que le client voit dans son compte")
CHECKLIST = letter("controle", "c", "checklist", "Contrôle", "La liste de contrôle du client choisi")
EMAIL = letter(
    "email", "e", "email", "E-mail", "Écrire au client choisi : le message se relit avant de partir"
)
SMS = letter("sms", "s", "sms", "SMS", "Envoyer un SMS au client choisi : il se relit avant de partir")
OUTBOX = letter("envois", "o", "outbox", "Envois", "Les messages : en attente, envoyés, en échec")
REFUSALS = letter("refus", "r", "refusals", "Refus", "La liste des refus")
CALLBACKS = letter("rappels", "p", "callbacks", "Rappels", "Les rappels promis, en retard d’abord")
ESCALATIONS = letter("escalades", "x", "escalations", "Escalades", "Ce qui attend le superviseur")
KPIS = letter("indicateurs", "k", "kpis", "Indicateurs", "Les indicateurs de la campagne", show=False)
REASONS = letter(
    "motifs", "m", "screen.reasons", "Motifs", "Pourquoi les clients partent, en chiffres", show=False
)
TRAINING = letter("formation", "f", "training", "Formation", "Le quiz, et le simulateur d’appel", show=False)
QUIT = letter("quitter", "q", "app.quit", "Quitter", "Quitter la console")

CASE_KEYS: list[BindingType] = [
    CALL,
    EMAIL,
    SMS,
    NOTE,
    DETAILS,
    SEARCH,
    INBOUND,
    OPPOSE,
    ACCOUNT,
    CHECKLIST,
    REFUSALS,
    CALLBACKS,
    ESCALATIONS,
    KPIS,
    TRAINING,
    OUTBOX,
]


NO_CLIENT = "Choisissez d’abord un client."
_ON_CLIENT = {"call", "email", "sms", "note", "oppose", "account", "checklist"}
_SUPERVISED = {"refusals", "escalations", "kpis", "reasons"}


class CasePage(Page[None], inherit_bindings=False):
    """A screen on which a client can be chosen; `selected` says which."""

    BINDINGS: ClassVar[list[BindingType]] = [*CASE_KEYS, *COMMON, BACK, QUIT]

    @property
    def selected(self) -> CaseRow | None:
        """The client chosen now, if any."""
        raise NotImplementedError

    def why_closed(self, action: str, parameters: tuple[object, ...]) -> str | None:
        """Above an open call, nobody begins another one; what is a supervisor's is not shown to others."""
        if action in _SUPERVISED and not self.services.may(Role.SUPERVISOR):
            return SUPERVISORS_ONLY
        if action in {"call", "inbound"} and any(
            isinstance(one, Acts) and one.holds_call for one in self.app.screen_stack
        ):
            return "Un appel est déjà en cours : terminez-le d’abord."
        return NO_CLIENT if action in _ON_CLIENT and self.selected is None else None

    def _chosen(self) -> CaseRow | None:
        case = self.selected
        if case is None:
            self.tell(NO_CLIENT)
        return case

    def action_call(self) -> None:
        if case := self._chosen():
            self.post_message(OpenCall(case.client_id, Direction.OUTBOUND))

    def action_inbound(self) -> None:
        self.post_message(OpenCall(None, Direction.INBOUND, self.selected))

    def action_email(self) -> None:
        self._write(Channel.EMAIL)

    def action_sms(self) -> None:
        self._write(Channel.SMS)

    def _write(self, channel: Channel) -> None:
        from screens.common.preview import propose

        if case := self._chosen():
            propose(self, self.services.by_hand, case.client_id, channel, self.reload)

    def action_outbox(self) -> None:
        self.post_message(OpenOutbox())

    def action_note(self) -> None:
        from screens.common.note import write_about

        if case := self._chosen():
            clients = self.services.clients
            write_about(
                self,
                self.services,
                case.client_id,
                case.name,
                DraftField.NOTE,
                0,
                partial(clients.add_note, case.client_id),
                self._noted,
                title="Note",
                advise=clients.note_advice,
                signals=clients.signals_in,
            )

    def _noted(self, _: object) -> None:
        self.tell("Note enregistrée.")
        self.reload()

    def action_search(self) -> None:
        from screens.common.finder import SearchModal

        self.open(SearchModal(self.services, "Chercher un client"), self._open_found)

    def _open_found(self, client_id: int | None) -> None:
        if client_id is not None:
            self.post_message(OpenClient(client_id))

    def action_refusals(self) -> None:
        self.post_message(OpenRefusals())

    def action_callbacks(self) -> None:
        self.post_message(OpenCallbacks())

    def action_escalations(self) -> None:
        self.post_message(OpenEscalations())

    def action_kpis(self) -> None:
        self.post_message(OpenFigures(getattr(self, "campaign", None)))

    def action_training(self) -> None:
        self.post_message(OpenTraining())

    def action_details(self) -> None:
        if case := self._chosen():
            self.serve(
                lambda: self.services.clients.file(case.client_id),
                self._show_details,
                group="details",
                opens=True,
            )

    def _show_details(self, file: ClientFile) -> None:
        from screens.common.details import DetailsModal

        self.open(DetailsModal(file))

    def action_oppose(self) -> None:
        from screens.common.oppose import oppose

        if case := self._chosen():
            oppose(self, self.services.clients, case.client_id, then=self.reload)

    def action_account(self) -> None:
        from screens.common.account import show_account

        if case := self._chosen():
            show_account(self, self.services, case.client_id)

    def action_checklist(self) -> None:
        if case := self._chosen():
            self.post_message(OpenChecklist(case.client_id))
