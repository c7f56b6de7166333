"""A term on the reminder timeline: what was sent, what became of it, what was skipped, what comes."""

from datetime import date

from console.base.dates import day_of, start_of
from console.base.french import THIN, short_day
from console.base.vocabulary import CHANNEL_WORDS, SubscriptionStatus
from console.clients import journey_store as storage
from console.clients.views import StepMark, StepState
from console.db.query import AnyRow
from console.messages.planned import SKIP_LABELS, Key, SkipReason
from console.rules.pauses import Pause, PauseState
from console.rules.timeline import ReminderStep, Timeline

_ORDER = (
    *(StepState.CLICKED, StepState.OPENED, StepState.SENT, StepState.WAITING, StepState.FAILED),
    *(StepState.SKIPPED, StepState.CANCELLED, StepState.CLOSED),
)
"""Where a step has several messages, what it is shown by: the first of these that one of them is."""
_OPEN = frozenset({SubscriptionStatus.ACTIVE, SubscriptionStatus.EXPIRED})


def steps(
    done: storage.Journey,
    timeline: Timeline,
    expires_on: date,
    status: str,
    today: date,
    pause: Pause | None = None,
) -> tuple[StepMark, ...]:
    """Every step of a term, in date order, then those of the pause that followed it."""
    open_ = SubscriptionStatus(status) in _OPEN
    marks: list[StepMark] = []
    coming = True
    dated = [(step, step.day(expires_on), open_) for step in timeline.steps]
    if pause is not None and timeline.pauses is not None:
        running = pause.state(start_of(today)) is PauseState.RUNNING
        dated += [(step, step.day(pause.resume_by), running) for step in timeline.pauses.steps]
    for step, on, still in dated:
        mark = _mark(step, on, today, done, open_=still)
        if mark.state is StepState.COMING and coming:
            coming = False
            mark = StepMark(mark.code, mark.on, mark.title, StepState.NEXT, mark.details)
        marks.append(mark)
    return tuple(marks)


def _mark(step: ReminderStep, on: date, today: date, done: storage.Journey, *, open_: bool) -> StepMark:
    told = [(channel, *_told((step.code, channel), done)) for channel in step.channels]
    states = [state for _, state, _ in told if state is not None]
    if not step.channels and done.closed:
        states = [StepState.CLOSED]
    details = tuple(f"{CHANNEL_WORDS[channel]}{THIN}: {words}" for channel, state, words in told if state)
    if not step.channels and done.closed:
        details = ("dossier clos",)
    state = next((state for state in _ORDER if state in states), None)
    if state is None:
        state = StepState.COMING if open_ and on >= today else StepState.NONE
    return StepMark(step.code, on, step.title, state, details)


def _told(key: Key, done: storage.Journey) -> tuple[StepState | None, str]:
    row = done.messages.get(key)
    if row is not None:
        return _message(row)
    if key in done.skipped:
        return StepState.SKIPPED, f"non envoyé, {SKIP_LABELS[SkipReason(done.skipped[key])]}"
    return None, ""


def _message(row: AnyRow) -> tuple[StepState, str]:
    if row.status == "sent":
        sent = f"envoyé le {short_day(day_of(row.sent_at))}" if row.sent_at else "envoyé"
        if row.clicked_at:
            return StepState.CLICKED, f"{sent}, lien suivi le {short_day(day_of(row.clicked_at))}"
        if row.opened_at:
            return StepState.OPENED, f"{sent}, ouvert le {short_day(day_of(row.opened_at))}"
        return StepState.SENT, sent
    if row.status == "queued":
        return StepState.WAITING, f"à envoyer, {short_day(day_of(row.not_before))}"
    why = f", {row.error}" if row.error else ""
    if row.status in {"failed", "unsure"}:
        return StepState.FAILED, f"{'en échec' if row.status == 'failed' else 'peut-être reçu'}{why}"
    return StepState.CANCELLED, f"annulé{why}"
