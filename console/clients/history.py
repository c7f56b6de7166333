"""A client's history in French: events, messages and calls, newest first."""

from sqlmodel import Session

from console.base.french import THIN, moment, plural
from console.base.history import EVENT_TITLES, HistoryEntry
from console.base.vocabulary import CHANNEL_LABELS, CallOutcome, Channel, Direction
from console.clients import store as storage
from console.db.query import AnyRow
from console.rules.outcomes import OUTCOMES

LENGTH = 300
"""How many entries of each kind a history goes back to."""

_STATES = {"queued": "à envoyer", "failed": "en échec", "cancelled": "annulé", "sent": "envoyé"}


def entries(session: Session, client_id: int) -> tuple[HistoryEntry, ...]:
    """The client's history, newest first."""
    told = [
        *(_event(row) for row in storage.events(session, client_id, LENGTH)),
        *(_message(row) for row in storage.messages(session, client_id, LENGTH)),
        *(_call(row) for row in storage.calls(session, client_id, LENGTH)),
    ]
    return tuple(sorted(told, key=lambda entry: entry.at, reverse=True)[:LENGTH])


def _event(row: AnyRow) -> HistoryEntry:
    return HistoryEntry(row.at, row.kind, EVENT_TITLES.get(row.kind, row.kind), row.text, row.agent)


def _message(row: AnyRow) -> HistoryEntry:
    state = _STATES[row.status]
    if row.clicked_at:
        state += f", lien suivi {moment(row.clicked_at)}"
    elif row.opened_at:
        state += f", ouvert {moment(row.opened_at)}"
    elif row.sent_at and row.channel == Channel.EMAIL:
        state += ", non ouvert"
    step = f" {row.step}" if row.step else ""
    title = f"{CHANNEL_LABELS[Channel(row.channel)]}{step}{THIN}: {state}"
    return HistoryEntry(row.sent_at or row.created_at, "message", title, row.subject, "")


def _call(row: AnyRow) -> HistoryEntry:
    way = "Appel reçu" if row.direction == Direction.INBOUND else "Appel"
    title = f"{way}{THIN}: {OUTCOMES[CallOutcome(row.outcome)].label}"
    detail = _lasted(int((row.ended_at - row.started_at).total_seconds()))
    if row.satisfaction:
        detail += f", satisfaction {row.satisfaction}/5"
    return HistoryEntry(row.started_at, "call", title, detail, row.agent)


def _lasted(seconds: int) -> str:
    minutes, rest = divmod(max(seconds, 0), 60)
    return f"{minutes} min {rest:02d} s" if minutes else plural(rest, "seconde")
