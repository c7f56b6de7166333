"""Why a client stands where it stands: the reason, the parts of the score, the steps to come."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from screens.common.case_lines import deadline, seniority
from screens.keys import key
from screens.kit.screen import Modal, plain, shown

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from console.clients.views import ClientFile


def explained(file: ClientFile) -> Content:
    """The recommendation and how the score is made, as text."""
    case = file.case
    act = Content.assemble(
        (shown(case.with_agent or case.action_label), "bold $text-primary"),
        (
            "" if case.with_agent else "  " + shown(case.when_label),
            "$text-success" if case.callable_now else "",
        ),
        ("  à risque" if case.at_risk else "", "bold $text-warning"),
    )
    lines = [line for line in (act, Content(shown(case.reason))) if line.plain.strip()]
    lines.append(
        plain(f"Échéance {deadline(case)} · {seniority(case)} · {shown(case.status)}", "$text-muted")
    )
    offer = case.offer and (f"Offre : {case.offer}" if case.awaited else f"Réglé {case.offer}")
    facts = [case.mails, offer, case.note and f"Note : {case.note}"]
    lines += [Content(shown(fact)) for fact in facts if fact]
    if file.score_parts:
        lines += [Content(""), plain(f"Score {file.score}", "bold")]
        lines += [Content(f"{points:>6}  {shown(name)}") for name, points in file.score_parts]
    if file.next_steps:
        lines += [Content(""), plain("Prochaines relances", "bold")]
        lines += [Content(f"  {shown(step)}") for step in file.next_steps]
    return Content("\n").join(lines)


class DetailsModal(Modal[None]):
    """The details of one case."""

    PURPOSE = (
        "Pourquoi ce client est là : la raison, les points, les prochaines relances.\n"
        "{details.fermer} : revenir où vous étiez."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        key("details.fermer", "space,enter,backspace", "back", "Fermer", "Fermer les détails"),
    ]

    def __init__(self, file: ClientFile) -> None:
        super().__init__()
        self._file = file

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="box") as box:
            box.border_title = plain(f"{shown(self._file.case.name)} · {self._file.case.code}")
            box.border_subtitle = "Échap : fermer"
            yield Static(explained(self._file))
