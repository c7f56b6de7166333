"""A client's history in French: events, messages, calls and expiries, newest first."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from console.base.dates import day_of, plus_days, start_of
from console.base.french import THIN, moment, plural
from console.base.history import EVENT_TITLES, EventKind, HistoryEntry
from console.base.vocabulary import CHANNEL_LABELS, CallOutcome, Channel, Direction, SubscriptionStatus
from console.cases import agreements
from console.cases.pauses import pauses
from console.cases.spoken import typed
from console.clients import store as storage
from console.clients.agreements import lapses
from console.context import Context
from console.db.dialect import Unit
from console.db.query import AnyRow, ReadBatch
from console.db.tables import Client
from console.rules.agreements import Agreement
from console.rules.outcomes import OUTCOMES
from console.rules.pauses import PauseState
from console.rules.status import came_back_words

LENGTH = 300
"""How many entries of each kind a history goes back to."""

EXPIRED = "Abonnement arrivé à échéance sans réponse du client."
UNANSWERED = f"Abonnement arrivé à échéance chez le superviseur{THIN}: numi n’a pas répondu."

PAUSE_OVER = "Le dernier jour de la pause est passé, sans reprise."

_STATES = {
    "queued": "à envoyer",
    "failed": "en échec",
    "unsure": "peut-être reçu",
    "cancelled": "annulé",
    "sent": "envoyé",
}


def entries(
    batch: ReadBatch, ctx: Context, client: Client, now: datetime
) -> Callable[[], tuple[HistoryEntry, ...]]:
    """The client's history until `now`, newest first."""
    client_id = client.id or 0
    events, calls = storage.events(batch, client_id, LENGTH), storage.calls(batch, client_id, LENGTH)
    terms, messages = storage.terms(batch, client_id), storage.messages(batch, client_id, LENGTH)
    owed, agreed = storage.escalations(batch, client_id), agreements.of_client(batch, client_id)

    def measured(sent_at: datetime) -> bool:
        return ctx.openings.measured(sent_at, client.tracking_consent_at)

    def answer() -> tuple[HistoryEntry, ...]:
        theirs = {row.id for row in calls() if _refusal_of_another(ctx, row.outcome, row.agent)}
        told_events = [row for row in events() if not (row.kind == EventKind.NOTE and row.call_id in theirs)]
        said = typed(batch.unit, [row.id for row in calls() if row.id not in theirs])
        elsewhere = "\n".join(row.text for row in told_events)
        back = {
            term.id: words
            for term in terms()
            if (words := came_back_words(client.civility, term.came_back_at))
        }
        told = [
            *(_event(ctx, row, back) for row in told_events),
            *(_message(row, measured) for row in messages()),
            *(_call(row, said.get(row.id, ()), elsewhere) for row in calls()),
            *_expiries(terms(), owed(), agreed(), now, back),
            *_pauses(batch.unit, terms(), now, back),
            *lapses(agreed(), day_of(now)),
        ]
        return tuple(sorted(told, key=lambda entry: entry.at, reverse=True)[:LENGTH])

    return answer


def _refusal_of_another(ctx: Context, outcome: str, agent: str) -> bool:
    """Whether the words of this call are its agent's and the supervisors' to read."""
    return outcome == CallOutcome.REFUSED and not ctx.reads_all_of(agent)


def _event(ctx: Context, row: AnyRow, back: Mapping[int, str]) -> HistoryEntry:
    """An event; a refusal says too when the client came back, and to colleagues its reason alone."""
    words = [row.text]
    if row.kind == EventKind.REFUSED and not ctx.reads_all_of(row.agent):
        words = [row.text.partition(f"{THIN}: ")[0]]
    if row.kind == EventKind.REFUSED and row.subscription_id in back:
        words.append(back[row.subscription_id])
    title = EVENT_TITLES.get(row.kind, row.kind)
    return HistoryEntry(row.at, row.kind, title, " · ".join(filter(None, words)), row.agent)


def _expiries(
    terms: Sequence[AnyRow],
    owed: Sequence[AnyRow],
    made: Sequence[tuple[int, Agreement]],
    now: datetime,
    back: Mapping[int, str],
) -> Iterator[HistoryEntry]:
    """The terms whose last day is over and that nothing had settled by then, and when the client came back.

    No event says so: the clock does, and a clock that was wrong must leave nothing behind.
    """
    agreed = {term: one.agreed_at for term, one in made if one.lapses_on}
    for term in terms:
        over = start_of(plus_days(term.expires_on, 1))
        if now < over or (term.settled_at is not None and term.settled_at < over):
            continue
        if agreed.get(term.id, over) < over and term.status == SubscriptionStatus.EXPIRED:
            continue  # that the agreement lapsed is told
        unanswered = any(
            one.subscription_id == term.id
            and one.created_at < over
            and (one.answered_at is None or one.answered_at >= over)
            for one in owed
        )
        words = UNANSWERED if unanswered else EXPIRED
        if term.id in back:
            words = f"{words} {back[term.id].capitalize()}."
        yield HistoryEntry(over, "expired", "Échéance", words, "")


def _pauses(
    unit: Unit, terms: Sequence[AnyRow], now: datetime, back: Mapping[int | None, str]
) -> Iterator[HistoryEntry]:
    """The pauses that ended without a word: as with an expiry, the clock alone says so."""
    paused = [one for one in terms if one.status == SubscriptionStatus.PAUSED]
    for term, pause in pauses(unit, [one.id or 0 for one in paused]).items():
        if pause.state(now) is PauseState.LAPSED:
            words = f"{PAUSE_OVER} {back[term].capitalize()}." if term in back else PAUSE_OVER
            yield HistoryEntry(pause.lapses_at, "pause_over", "Pause terminée", words, "")


def _message(row: AnyRow, measured: Callable[[datetime], bool]) -> HistoryEntry:
    state = _STATES[row.status]
    if row.clicked_at:
        state += f", lien suivi {moment(row.clicked_at)}"
    elif row.opened_at:
        state += f", ouvert {moment(row.opened_at)}"
    elif row.sent_at and row.channel == Channel.EMAIL and measured(row.sent_at):
        state += ", non ouvert"
    step = f" {row.step}" if row.step else ""
    title = f"{CHANNEL_LABELS[Channel(row.channel)]}{step}{THIN}: {state}"
    return HistoryEntry(row.sent_at or row.created_at, "message", title, row.subject, "")


def _call(row: AnyRow, typed: Sequence[str], elsewhere: str) -> HistoryEntry:
    """A call, with the words typed in it that no event of the history tells."""
    way = "Appel reçu" if row.direction == Direction.INBOUND else "Appel"
    title = f"{way}{THIN}: {OUTCOMES[CallOutcome(row.outcome)].label}"
    detail = _lasted(int((row.ended_at - row.started_at).total_seconds()))
    if row.satisfaction:
        detail += f", satisfaction {row.satisfaction}/5"
    detail = "\n".join([detail, *(f"«\u00a0{words}\u00a0»" for words in typed if words not in elsewhere)])
    return HistoryEntry(row.started_at, "call", title, detail, row.agent, row.id)


def _lasted(seconds: int) -> str:
    minutes, rest = divmod(max(seconds, 0), 60)
    return f"{minutes} min {rest:02d} s" if minutes else plural(rest, "seconde")
