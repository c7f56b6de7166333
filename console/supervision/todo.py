"""« À reprendre »: all that waits for somebody of ours, in one list, the most pressing first.

Whose: an agent sees what is theirs, a supervisor everything. A source of `_SOURCES` asks for its
rows, all in one batch, and words each with why it is there and what closes it; nothing is stored for the list
itself.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from console.audit import audit, tell
from console.base.dates import day_of, plus_days, start_of
from console.base.errors import ConflictError, ForbiddenError, RefusedInputError
from console.base.french import THIN, day, moment, short_day
from console.base.history import EventKind
from console.base.roles import Role
from console.cases import agreements, queue
from console.cases.client_rows import case_rows
from console.context import Context
from console.db import history
from console.db.query import ReadBatch
from console.rules.agreements import REMIND_AFTER
from console.rules.waiting import Due, due, due_words, lasted
from console.supervision import todo_store as storage
from console.supervision.stopped import stopped
from console.supervision.views import TodoCounts, TodoKind, TodoPage, TodoRow

AHEAD_DAYS = 7
"""How many days before its day a follow-up is shown."""
PAUSE_DAYS, PAUSE_CLOSE_DAYS = 14, 3
"""How many days before its end a pause is shown, and is for today."""
ANSWER_DAYS = 1
"""A question is late once a day has passed without an answer."""
ANSWER_HOURS = 4
"""An escalation is late once so many hours have passed, or the day before the expiry."""


@dataclass(frozen=True, slots=True)
class _Item:
    """A row before its case is read. `at` orders the list."""

    kind: TodoKind
    id: int
    term: int
    at: datetime
    due: Due
    when: str
    why: str
    closes: str
    owner: str
    record: int | None = None


@dataclass(frozen=True, slots=True)
class _Asked:
    """For whom and when a list is made: `agent` is None for a supervisor, who sees everybody's."""

    batch: ReadBatch
    ctx: Context
    agent: str | None
    now: datetime

    @property
    def today(self) -> date:
        return day_of(self.now)


class TodoService:
    """What is to be taken up again; every method may be called from any thread."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def counts(self) -> TodoCounts:
        """How much the reader has to take up again. Raises StorageError."""
        with self._ctx.database.reading() as session:
            return self._all(session, self._ctx.clock.now())[1]

    def page(self, kind: TodoKind | None, offset: int, limit: int) -> TodoPage:
        """A page of everything, or of one kind: what is late first, then by its moment. StorageError."""
        now, me = self._ctx.clock.now(), self._ctx.agent
        with self._ctx.database.reading() as session:
            items, every = self._all(session, now)
            kept = [one for one in items if kind is None or one.kind is kind]
            shown = kept[offset : offset + limit]
            terms = queue.cases_shown(session, sorted({one.term for one in shown}))
            cases = {case.subscription_id: case for case in case_rows(session, self._ctx, terms, now)}
        rows = tuple(
            TodoRow(
                one.kind,
                one.id,
                cases[one.term],
                one.due,
                one.when,
                one.why,
                one.closes,
                one.owner,
                mine=one.owner == me,
                record_id=one.record,
            )
            for one in shown
        )
        counts = {each: sum(one.kind is each for one in items) for each in TodoKind}
        return TodoPage(len(kept), rows, counts, every)

    def _all(self, session: Session, now: datetime) -> tuple[list[_Item], TodoCounts]:
        """Everything that the reader has to take up again, in order, and how much it is."""
        me, supervises, batch = self._ctx.agent, self._ctx.may(Role.SUPERVISOR), ReadBatch(session)
        asked = _Asked(batch, self._ctx, None if supervises else me, now)
        sources = [(ask(asked), words) for ask, words in _SOURCES]
        set_aside = storage.set_aside(batch) if supervises else int
        halted = stopped(batch, self._ctx, now)
        items = sorted(
            (item for found, words in sources for item in words(found(), asked)),
            key=lambda one: (one.due is not Due.LATE, one.at, one.kind, one.id),
        )
        late = sum(one.due is Due.LATE for one in items)
        questions = frozenset(one.id for one in items if one.kind is TodoKind.QUESTION and one.owner == me)
        return items, TodoCounts(len(items), late, questions, set_aside(), halted())

    def read_remark(self, remark_id: int) -> None:
        """A supervisor has read an agent's word on the script; again changes nothing.

        Raises ForbiddenError, StorageError.
        """
        self._ctx.need(Role.SUPERVISOR)
        with self._ctx.database.writing() as session:
            read = history.event(
                EventKind.SCRIPT_REMARK_READ,
                self._ctx.clock.now(),
                agent=self._ctx.agent,
                key=f"{storage.REMARK_READ}{remark_id}",
            )
            history.add_once(session, [read])

    def read_kept(self, kept_id: int) -> None:
        """What could not be written of a call was read by whose it is, or by a supervisor; once is enough.

        Raises ForbiddenError, RefusedInputError where there is none such, StorageError.
        """
        with self._ctx.database.writing() as session:
            owner = storage.kept_by(session, kept_id)
            if owner is None:
                raise RefusedInputError("Cette ligne n’existe pas.", "Rien n’a changé.")
            if owner != self._ctx.agent and not self._ctx.may(Role.SUPERVISOR):
                raise ForbiddenError(f"Cette ligne est celle de {owner}.", "Rien n’a changé.")
            read = history.event(
                EventKind.KEPT_APART_READ,
                self._ctx.clock.now(),
                agent=self._ctx.agent,
                key=f"{storage.KEPT_READ}{kept_id}",
            )
            history.add_once(session, [read])

    def done(self, commitment_id: int) -> None:
        """Marks a commitment as kept. An agent marks their own, a supervisor anybody's.

        Raises ForbiddenError, RefusedInputError, ConflictError when it is done, StorageError.
        """
        with self._ctx.database.writing() as session:
            found = storage.commitment(session, commitment_id)
            if found is None:
                raise RefusedInputError("Cet engagement n’existe pas.", "Rien n’a changé.")
            if found.owner != self._ctx.agent and not self._ctx.may(Role.SUPERVISOR):
                raise ForbiddenError(
                    f"Cet engagement est celui de {found.owner or 'votre superviseur'}.", "Rien n’a changé."
                )
            if found.done_at is not None:
                raise ConflictError(f"{found.done_by} l’a déjà marqué fait.", "Rien n’a changé.")
            found.done_at, found.done_by = self._ctx.clock.now(), self._ctx.agent
            tell(
                session,
                self._ctx,
                found,
                EventKind.COMMITMENT_KEPT,
                found.what,
                commitment=commitment_id,
                what=found.kind,
            )
            audit(session, self._ctx, "commitment.kept", found.client_id, commitment=commitment_id)


# -- the sources ---------------------------------------------------------------------------------------


def _callbacks(found: Sequence[Any], asked: _Asked) -> Iterator[_Item]:
    for row in found:
        by = "à la demande du client" if row.asked_by_client else "à un moment choisi par nous"
        yield _Item(
            TodoKind.CALLBACK,
            row.id,
            row.subscription_id,
            row.promised_at,
            due(row.promised_at, asked.now),
            due_words(row.promised_at, asked.now),
            _told(f"Rappel prévu {moment(row.promised_at)}, {by}", row.note),
            "un appel où on lui parle (a)",
            row.owner,
        )


def _commitments(found: Sequence[Any], asked: _Asked) -> Iterator[_Item]:
    for row in found:
        state, when = _by_day(row.due_on, asked.today)
        by = f"par {row.agent}" if row.agent else "en ligne"
        yield _Item(
            TodoKind.COMMITMENT,
            row.id,
            row.subscription_id,
            start_of(row.due_on),
            state,
            when,
            _told(f"Promis le {short_day(day_of(row.created_at))} {by}{THIN}: {row.what}", row.words),
            "z, une fois que c’est fait",
            row.owner,
        )


def _escalations(found: Sequence[Any], asked: _Asked) -> Iterator[_Item]:
    for row in found:
        waited, left = asked.now - row.created_at, (row.expires_on - asked.today).days
        late = left <= 1 or waited.total_seconds() >= ANSWER_HOURS * 3600
        if left >= 0:
            ends = f", échéance le {short_day(row.expires_on)}"
        else:
            ends = ", échéance passée sans réponse de numi"
        yield _Item(
            TodoKind.ESCALATION,
            row.id,
            row.subscription_id,
            row.created_at,
            Due.LATE if late else Due.TODAY,
            f"attend depuis {lasted(waited)}",
            _told(f"Confié au superviseur par {row.agent}{ends}", row.summary),
            "la réponse du superviseur" + ("" if asked.agent else " (Entrée, puis l)"),
            row.taken_by,
        )


def _untold_answers(found: Sequence[Any], asked: _Asked) -> Iterator[_Item]:
    for row in found:
        late = " après l’échéance" if day_of(row.answered_at) > row.expires_on else ""
        yield _Item(
            TodoKind.ESCALATION,
            row.id,
            row.subscription_id,
            row.answered_at,
            Due.TODAY,
            f"réponse du {moment(row.answered_at)}",
            _told(
                f"{row.answered_by} a répondu{late}, sans rappel possible{THIN}: à dire au client", row.answer
            ),
            "un échange où on lui parle" + ("" if asked.agent else ", ou l’escalade close (Entrée, puis z)"),
            row.agent,
        )


def _agreements(found: Sequence[Any], asked: _Asked) -> Iterator[_Item]:
    for one in found:
        waited = asked.now - one.made.agreed_at
        yield _Item(
            TodoKind.AGREEMENT,
            one.subscription_id,
            one.subscription_id,
            one.made.agreed_at,
            Due.LATE if waited > 2 * REMIND_AFTER else Due.TODAY,
            f"attendu depuis {lasted(waited)}",
            one.why(asked.today),
            "l’acceptation écrite ou le paiement (y : reçue)",
            one.agent,
        )


def _pauses(found: Sequence[Any], asked: _Asked) -> Iterator[_Item]:
    for row in found:
        state = Due.TODAY if row.resume_by <= plus_days(asked.today, PAUSE_CLOSE_DAYS) else Due.LATER
        yield _Item(
            TodoKind.PAUSE,
            row.id,
            row.subscription_id,
            start_of(row.resume_by),
            state,
            f"finit le {day(row.resume_by)}",
            "Sa pause finit, et rien n’est venu de lui\u202f: sans réponse, elle s’arrête là.",
            "une reprise ou un refus (a)",
            row.owner,
        )


def _follow_ups(found: Sequence[Any], asked: _Asked) -> Iterator[_Item]:
    for row in found:
        state, when = _by_day(row.follow_up_now, asked.today)
        why = "l’e-mail n’est pas parti" if row.email_usable else "pas d’adresse e-mail"
        yield _Item(
            TodoKind.FOLLOW_UP,
            row.id,
            row.subscription_id,
            start_of(row.follow_up_now),
            state,
            when,
            _told(f"Suivi après son départ, {why}{THIN}: personne ne lui a encore parlé", row.verbatim),
            "un appel où on lui parle (a), ou le suivi levé sur la fiche (Entrée)",
            row.agent,
            row.id,
        )


def _questions(found: Sequence[Any], asked: _Asked) -> Iterator[_Item]:
    for row in found:
        late = day_of(row.at) < plus_days(asked.today, -ANSWER_DAYS)
        yield _Item(
            TodoKind.QUESTION,
            row.id,
            row.subscription_id,
            row.at,
            Due.LATE if late else Due.TODAY,
            f"posée {moment(row.at)}",
            _told(f"{row.author} demande à {row.addressee}", row.text),
            f"la réponse de {row.addressee}, sur la fiche (Entrée)",
            row.addressee,
            row.record_id,
        )


def _answers(found: Sequence[Any], asked: _Asked) -> Iterator[_Item]:
    for row in found:
        yield _Item(
            TodoKind.ANSWER,
            row.id,
            row.subscription_id,
            row.answered_at,
            Due.TODAY,
            f"réponse du {moment(row.answered_at)}",
            _told(f"{row.addressee} a répondu à {row.author}", row.text),
            "la fiche marquée lue (Entrée, puis l)",
            row.author,
            row.record_id,
        )


def _remarks(found: Sequence[Any], asked: _Asked) -> Iterator[_Item]:
    """What agents say of the script: a supervisor's to read."""
    for row in found:
        yield _Item(
            TodoKind.REMARK,
            row.id,
            row.subscription_id,
            row.at,
            Due.LATER,
            f"dit le {moment(row.at)}",
            _told(f"{row.agent} dit d’un passage du script qu’il ne va pas", row.text),
            "sa lecture (z)",
            "",
        )


def _kept(found: Sequence[Any], asked: _Asked) -> Iterator[_Item]:
    """What was done in a call while the base was away, and the base then said otherwise."""
    for row in found:
        yield _Item(
            TodoKind.KEPT,
            row.id,
            row.subscription_id,
            row.at,
            Due.TODAY,
            f"arrivé {moment(row.at)}",
            row.text,
            "sa lecture (z)",
            row.agent,
        )


def _ask_follow_ups(asked: _Asked) -> Callable[[], Sequence[Any]]:
    days = asked.ctx.content.data.timeline.follow_ups.days + AHEAD_DAYS
    return storage.follow_ups(asked.batch, asked.agent, plus_days(asked.today, AHEAD_DAYS), days)


_SOURCES: tuple[
    tuple[
        Callable[[_Asked], Callable[[], Sequence[Any]]],
        Callable[[Sequence[Any], _Asked], Iterator[_Item]],
    ],
    ...,
] = (
    (lambda a: storage.callbacks(a.batch, a.agent), _callbacks),
    (lambda a: storage.commitments(a.batch, a.agent), _commitments),
    (lambda a: storage.escalations(a.batch, a.agent), _escalations),
    (lambda a: storage.untold_answers(a.batch, a.agent), _untold_answers),
    (lambda a: agreements.awaited(a.batch, a.now, agent=a.agent or ""), _agreements),
    (
        lambda a: storage.pauses(a.batch, a.agent, a.today, plus_days(a.today, PAUSE_DAYS)),
        _pauses,
    ),
    (_ask_follow_ups, _follow_ups),
    (lambda a: storage.questions(a.batch, a.agent), _questions),
    (lambda a: storage.answers(a.batch, a.agent), _answers),
    (lambda a: storage.remarks(a.batch, a.agent), _remarks),
    (lambda a: storage.kept(a.batch, a.agent), _kept),
)
"""What asks for the rows of each source, and what words them."""


def _by_day(on: date, today: date) -> tuple[Due, str]:
    if on < today:
        return Due.LATE, f"en retard depuis le {day(on)}"
    return (Due.TODAY, "aujourd’hui") if on == today else (Due.LATER, f"d’ici au {day(on)}")


def _told(why: str, words: str) -> str:
    """Why a row is there, then the words that it is about, on one line."""
    said = " ".join(words.split())
    return f"{why}. «\u00a0{said}\u00a0»" if said else f"{why}."
