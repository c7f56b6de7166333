"""« En ligne »: who is at work, at which step of which call, what waits. It refreshes itself."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.content import Content
from textual.widgets import Static

from console.base.french import THIN, hour, plural
from console.rules.presence import LABELS, PresenceState
from console.rules.waiting import lasted
from screens.common.choose import Answer, ChooseModal
from screens.keys import letter
from screens.kit.lines import Line, crop, joined, measure, spread
from screens.kit.lists import Ranked
from screens.kit.rows import RowList
from screens.kit.screen import BACK, COMMON, OpenClient, Page, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.binding import BindingType

    from console.services import Services
    from console.supervision.views import Colleague, FloorPage, FloorRow

REFRESH_SECONDS = 2.0
_NAMES_OFFERED = 9
_ROLES = {
    PresenceState.IN_CALL: "success",
    PresenceState.AFTER_CALL: "primary",
    PresenceState.AVAILABLE: "accent",
    PresenceState.BREAK: "warning",
    PresenceState.OFFLINE: "muted",
}
NOBODY = "Personne dans la liste."


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _under(call: Line, day: Sequence[tuple[str, str]]) -> Line:
    """The call, if there is one, and the day so far."""
    said = joined(list(day))
    return [("   ", ""), *call, ("  " if call and said else "", ""), *said]


class FloorLine:
    """Two lines: who and at what; then the call, or the day so far."""

    def height(self, width: int) -> int:
        return 2

    def key(self, row: FloorRow) -> str:
        return row.agent

    def paint(self, row: FloorRow, index: int, width: int) -> Sequence[Line]:
        since = f" depuis {hour(row.since)}" if row.since else ""
        state = f"{_capital(row.words)}{since}"
        first = joined([(row.agent, "strong"), (state, _ROLES[row.state])])
        if row.away:
            first = joined([(row.agent, "strong"), (state, _ROLES[row.state]), ("absence notée", "error")])
        call: Line = []
        if row.call_since:
            call = joined(
                [
                    (row.code, "strong"),
                    ("libéré" if row.freed else "", "warning"),
                    (f"ouvert à {hour(row.call_since)}", "muted"),
                    (row.step, "primary"),
                ]
            )
        calls = f"{plural(row.dialled, 'appel')} aujourd’hui" if row.dialled else ""
        times = [
            (f"{LABELS[state]} {lasted(timedelta(seconds=row.times[state]))}", "muted")
            for state in (PresenceState.IN_CALL, PresenceState.AFTER_CALL, PresenceState.BREAK)
            if row.times.get(state, 0) >= 60
        ]
        day = [(calls, ""), *times]
        while (under := _under(call, day)) and day and measure(under) > width:
            day.pop()  # what is left out is said whole, or not at all
        right: Line = [(row.machine, "muted"), (" ", "")]
        return [spread(first, right, width), crop(under, width)]


class FloorScreen(Ranked, Page[None]):
    """The team now, and what a supervisor may do about it."""

    PURPOSE = (
        "Qui est là, à quoi et depuis quand ; du client d’un appel, son code seul.\n"
        "{en_ligne.liberer} : libérer le client d’un collègue · {en_ligne.deplacer} : confier ses rappels."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        letter("en_ligne.liberer", "m", "free", "Libérer", "Un collègue peut reprendre son client aussitôt"),
        letter(
            "en_ligne.deplacer",
            "d",
            "move",
            "Déplacer",
            "Confier ce qu’la personne a promis, ou ses clients",
        ),
        letter("en_ligne.absent", "j", "away", "Absence", "Noter son absence, ou son retour"),
        *COMMON,
        BACK,
    ]
    HEADER = "scopes"
    DEFAULT_CSS = """
    FloorScreen {
        #scopes { height: 2; padding: 0 1; background: $panel; }
    }
    """

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.rows = RowList(FloorLine(), id="floor", empty="Personne.")

    def on_mount(self) -> None:
        super().on_mount()
        self.set_interval(REFRESH_SECONDS, self._again)

    def _again(self) -> None:
        if self.app.screen is self:
            self.reload()

    @property
    def current(self) -> FloorRow | None:
        return self.rows.current

    def why_closed(self, action: str, parameters: tuple[object, ...]) -> str | None:
        """What is done about somebody needs one."""
        if action in {"free", "move", "away"} and self.current is None:
            return NOBODY
        return super().why_closed(action, parameters)

    # What is shown

    def listed(self) -> Callable[[int, int], FloorPage]:
        """The team."""
        return self.services.floor.page

    def show_page(self, page: FloorPage) -> None:
        """How many are at what, and what waits."""
        there = dict.fromkeys(PresenceState, 0)
        for row in page.rows:
            there[row.state] += 1
        there_words = {**LABELS, PresenceState.AVAILABLE: "disponibles"}
        who = " · ".join(
            f"{n} {(there_words if n > 1 else LABELS)[state]}" for state, n in there.items() if n
        )
        self.query_one("#scopes", Static).update(
            Content.assemble(
                ("En ligne", "bold"),
                (f"  à {hour(page.now)}  ", "$text-muted"),
                (plural(page.urgent, "urgent"), ""),
                ", ",
                (plural(page.due, "rappel dû", "rappels dus"), "$text-warning" if page.due else ""),
                (f", {page.unassigned} sans agent" if page.unassigned else "", "$text-error"),
                "\n",
                (who, "$text-primary"),
            )
        )

    def open_row(self, row: FloorRow) -> None:
        """The file of the client in the call."""
        if row.client_id is not None:
            self.post_message(OpenClient(row.client_id))
        else:
            self.tell(f"{row.agent} n’est pas en appel.")

    # What can be done

    def action_free(self) -> None:
        if row := self.current:
            floor = self.services.floor

            def freed(words: str) -> None:
                self.tell(f"{shown(row.agent)}\u202f: {words}")
                self.reload()

            self.serve(lambda: floor.free(row.agent), freed)

    def action_move(self) -> None:
        if row := self.current:
            self.serve(
                self.services.callbacks.colleagues, partial(self._move, row), group="names", opens=True
            )

    def _move(self, row: FloorRow, colleagues: tuple[Colleague, ...]) -> None:
        answers = [
            Answer(one.agent, f"{one.agent}{' (vous)' if one.me else ''}", not one.away, "absent")
            for one in colleagues
            if one.agent != row.agent
        ][:_NAMES_OFFERED]

        def chosen(to: str | None) -> None:
            if to is not None:
                self._move_what(row.agent, to)

        sentence = f"{shown(row.agent)}{THIN}: à qui confier son travail{THIN}?"
        self.open(ChooseModal("Déplacer le travail", sentence, answers, stay="le laisser"), chosen)

    def _move_what(self, agent: str, to: str) -> None:
        answers = [
            Answer("promised", "Ce qui est promis : rappels et engagements"),
            Answer("clients", "Ses clients"),
            Answer("both", "Tout"),
        ]

        def move(what: str) -> tuple[int, int]:
            services = self.services
            promised = services.floor.hand_over(agent, to) if what != "clients" else 0
            clients = services.portfolios.give_of(agent, to) if what != "promised" else 0
            return promised, clients

        def moved(counts: tuple[int, int]) -> None:
            promised, clients = counts
            told = f"{plural(promised, 'promesse')} et {plural(clients, 'client')}"
            self.tell(f"À {shown(to)}{THIN}: {told}.")
            self.reload()

        def chosen(what: str | None) -> None:
            if what is not None:
                self.serve(partial(move, what), moved)

        sentence = f"{shown(agent)}{THIN}: que confier à {shown(to)}{THIN}?"
        self.open(ChooseModal("Déplacer le travail", sentence, answers, stay="ne rien changer"), chosen)

    def action_away(self) -> None:
        if row := self.current:
            away = not row.away
            word = "absence notée, ses rappels sont à prendre" if away else "retour noté"
            act = partial(self.services.callbacks.set_away, row.agent, away=away)
            self.act(act, f"{shown(row.agent)}\u202f: {word}.")
