"""A simulated call: the real services over a private database of its own, with a client who answers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from console.base.clock import running_from
from console.base.dates import PARIS, add_months, day_of, plus_days, start_of
from console.base.errors import ConflictError, HotlinerError, RefusedInputError, system_words
from console.base.french import NBSP, THIN, moment
from console.base.roles import Role
from console.base.templates import render
from console.base.text import fold
from console.calls import view as call_view
from console.calls.ending import HELD
from console.calls.service import CallService
from console.calls.state import CallState
from console.calls.views import CallView
from console.checklist.rules import IN_CALL, When
from console.checklist.service import ChecklistService
from console.content import Content
from console.context import Context
from console.db.engine import Database, open_database
from console.demo.files import DemoClient, DemoFact, DemoSet
from console.demo.play import client_id, play
from console.messages.events_file import FeedbackKind
from console.messages.outbox import OutboxService
from console.outside.outside import Outside
from console.outside.scratch import Scratch
from console.rules.hours import next_call_slot
from console.rules.outcomes import OUTCOMES
from console.training.simulation import Dialogue, Heard, Persona, Statement, dialogue, pick

MORNING = time(10)
CODE, PHONE = "CLT-00001", "06 39 98 00 01"
_ABOUT_CALLS = frozenset({When.REFUSAL, When.RENEWAL})


@dataclass(frozen=True, slots=True)
class DebriefLine:
    """A thing the client said or that happened, what should have been pressed and what was, in words."""

    heard: str
    answer: str
    taken: str
    right: bool
    mended: bool  # taken back afterwards


@dataclass(frozen=True, slots=True)
class CallPoint:
    """A point of the checklist about the call: proved, missed, or for the agent to judge."""

    code: str
    part: str
    label: str
    proof: str
    missed: bool


@dataclass(frozen=True, slots=True)
class Debrief:
    """What a simulated call comes to. The score counts what was heard right."""

    seed: int
    client: str
    name: str
    wants: str
    outcome: str
    outcome_label: str
    duration_s: int
    lines: tuple[DebriefLine, ...]
    points: tuple[CallPoint, ...]
    score: int
    total: int


class SimulatedCalls(CallService):
    """The guided call, in which each step also tells what the client says."""

    def __init__(self, ctx: Context, persona: Persona, seed: int) -> None:
        super().__init__(ctx)
        self._persona = persona
        self._seed = seed

    def dialogue(self) -> Dialogue:
        """What was said in the call that is on screen."""
        return dialogue(self._persona, self._seed, self._on_screen().walk)

    def lines(self) -> tuple[DebriefLine, ...]:
        """What there was to hear in it, in words."""
        words = self._variables(self._on_screen())
        return tuple(self._line(one, words) for one in self.dialogue().judged)

    def closed(self) -> CallView:
        """The call once it is over. Raises ConflictError before."""
        if self._shown is None or not self._shown.closed:
            raise ConflictError("Cet appel simulé n’est pas terminé.")
        return self._shown.view

    def _on_screen(self) -> CallState:
        if self._shown is None:
            raise ConflictError("Aucun appel simulé n’est commencé.")
        return self._shown.state

    def _show(self, state: CallState, drafts: Mapping[str, Any]) -> CallView:
        super()._show(state, drafts)
        now = dialogue(self._persona, self._seed, state.walk).now
        heard = "" if now is None else self._words(now, self._variables(state))
        return self._marked(heard=heard)

    def _close(self, before: CallView, state: CallState, now: datetime) -> CallView:
        super()._close(before, state, now)
        return self._marked()

    def _marked(self, **changes: Any) -> CallView:
        assert self._shown is not None  # noqa: S101  -- something has just been shown
        view = replace(self._shown.view, simulated=True, **changes)
        self._shown = replace(self._shown, view=view)
        return view

    def _variables(self, state: CallState) -> Mapping[str, Any]:
        return call_view.variables(self._ctx, state, self._ctx.clock.now())

    def _words(self, statement: Statement, variables: Mapping[str, Any]) -> str:
        """« Claire : « C’est le tarif. » »; with a scene, what happens, then what is heard."""
        scene, words, protest = (
            render(text, variables) for text in (statement.reply.scene, statement.words, statement.protest)
        )
        if scene:
            again = "Ce n’est pas ce qui se passe." if protest else ""
            return " ".join(part for part in (again, scene, _quoted(words)) if part)
        return f"{self._persona.first_name}{THIN}: {_quoted(' '.join(filter(None, (protest, words))))}"

    def _line(self, one: Heard, variables: Mapping[str, Any]) -> DebriefLine:
        reply = one.statement.reply
        taken, answer = one.taken, reply.answer
        if one.statement.protest:
            answer = "Revenir d’une étape"
        elif reply.moment:
            answer = reply.moment
            if taken[:1].isdigit():
                taken = moment(datetime.fromisoformat(taken))
        return DebriefLine(self._words(one.statement, variables), answer, taken, one.right, one.mended)


def _quoted(words: str) -> str:
    return f"«{NBSP}{words}{NBSP}»" if words else ""


class Simulation:
    """A call with a fictitious client, begun. Nothing of the agent's own database is given to it.

    Its database, and what it would have sent, are in a private folder that `close` removes, as does the end
    of the program; its clock starts at an hour at which calling is lawful.
    """

    def __init__(self, content: Content, agent: str, today: date, seed: int) -> None:
        """Raises ContentError for a fault in the script or the clients, StorageError, RefusedInputError."""
        self.seed = seed
        self.persona = pick(content.personas, seed)
        begins = _begins(content, today)
        try:
            self._scratch = Scratch()
        except OSError as error:
            raise HotlinerError(
                f"Le dossier temporaire ne peut pas être créé{THIN}: {system_words(error)}.",
                todo="Libérez de la place, puis recommencez.",
            ) from error
        self._database: Database | None = None
        try:
            clock, folder = running_from(begins), self._scratch.path
            self._database = open_database(f"sqlite:///{folder / 'base.db'}", clock=clock)
            self.ctx = Context(
                self._database,
                clock,
                content,
                agent,
                demo=True,
                outside=Outside(folder=folder / "messages"),
                role=Role.HOTLINER,
            )
            self.calls = SimulatedCalls(self.ctx, self.persona, seed)
            client_id = self._write(begins)
            self.view = self.calls.begin(client_id, self.persona.direction)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Remove everything; again changes nothing."""
        if self._database is not None:
            self._database.close()
        self._scratch.remove()

    def debrief(self) -> Debrief:
        """What was heard and what was missed, once the call is over. Raises ConflictError before."""
        view = self.calls.closed()
        later = running_from(self.ctx.clock.now() + HELD)  # a message is proved by having left
        OutboxService(replace(self.ctx, clock=later)).send_due()  # to the private folder
        lines, outcome = self.calls.lines(), view.outcome
        return Debrief(
            seed=self.seed,
            client=self.persona.code,
            name=view.name,
            wants=self.persona.wants,
            outcome=outcome or "",
            outcome_label=OUTCOMES[outcome].label if outcome else "",
            duration_s=view.elapsed_s,
            lines=lines,
            points=tuple(self._points(view)),
            score=sum(line.right for line in lines),
            total=len(lines),
        )

    def _points(self, view: CallView) -> Iterator[CallPoint]:
        """The parts about what is said in a call; a point of the system's that does not apply is left out."""
        seen = ChecklistService(self.ctx).view(view.client_id).parts
        for part, shown in zip(self.ctx.content.checklist, seen, strict=True):
            about = part.when in _ABOUT_CALLS or any(one.proof in IN_CALL for one in part.items)
            for point in shown.points if about and shown.counts else ():
                missed = point.label in view.missed
                if point.ticked or missed or not point.by_system:
                    yield CallPoint(point.code, part.title, point.label, point.signed, missed)

    def _write(self, now: datetime) -> int:
        client = _client(self.persona, self.ctx.content, now)
        with self.ctx.database.made_at_once():
            play(self.ctx, DemoSet("simulation", now, self.ctx.agent, (client,)))
        with self.ctx.database.reading() as session:
            return client_id(session, CODE)


def _begins(content: Content, today: date) -> datetime:
    """The first instant from that morning on at which calling is lawful."""
    slot = next_call_slot(datetime.combine(today, MORNING, PARIS), PARIS.key, content.data.field)
    if slot is None:
        raise RefusedInputError("Aucun jour n’est ouvert aux appels dans le mois qui vient.")
    return slot


def _client(persona: Persona, content: Content, now: datetime) -> DemoClient:
    today = day_of(now)
    expires_on = plus_days(today, persona.days_left)
    days = {step.code: step.day(expires_on) for step in content.data.timeline.reminders}
    address = fold(f"{persona.first_name}.{persona.last_name}").replace(" ", "-").replace("'", "")
    noted = DemoFact(None, now - timedelta(days=40), persona.note)
    opened = [
        DemoFact(FeedbackKind.OPENED, start_of(days[code]) + timedelta(hours=11))
        for code in persona.opened
        if code in days
    ]
    return DemoClient(
        code=CODE,
        civility=persona.civility,
        first_name=persona.first_name,
        last_name=persona.last_name,
        email=f"{address}@example.org" if persona.email else "",
        phone=PHONE,
        since=add_months(today, -persona.seniority_months),
        expires_on=expires_on,
        plan=persona.plan,
        billing=persona.billing,
        facts=(*opened, noted) if persona.note else tuple(opened),
    )
