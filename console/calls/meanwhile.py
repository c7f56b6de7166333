"""What was decided about a term by somebody else while a call about it lasted, and how the agent is told."""

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session, col

from console.base.dates import PARIS, day_of
from console.base.french import day
from console.base.history import EventKind
from console.base.vocabulary import SubscriptionStatus
from console.db.query import AnyRow, columns
from console.db.tables import Client, Event, Subscription
from console.rules.script import RENEWED_MEANWHILE, SETTLED_MEANWHILE
from console.rules.status import agree

SETTLED_AS = "settled_as:"
"""Among a call's facts, before what its term was settled as when the call began; without it, as nothing."""
_UNSETTLED = frozenset({SubscriptionStatus.ACTIVE, SubscriptionStatus.EXPIRED})
_DECIDED = (
    EventKind.RENEWED,
    EventKind.DISCOUNTED,
    EventKind.DOWNGRADED,
    EventKind.PAUSED,
    EventKind.REFUSED,
    EventKind.AGREEMENT_WITHDRAWN,
)


def settled_as(term: Subscription | AnyRow) -> str:
    """What was decided about a term, empty while nothing is: the passing of time is no decision."""
    back = "/back" if term.came_back_at is not None else ""
    return back if term.status in _UNSETTLED else f"{term.status}/{term.retention}{back}"


def opened_as(facts: Iterable[str]) -> str:
    """What its term was settled as when a call with these facts began."""
    return next((fact.removeprefix(SETTLED_AS) for fact in facts if fact.startswith(SETTLED_AS)), "")


def move_of(term: Subscription) -> str:
    """How the call goes on, by its name in the journal (see `Walk.settled`)."""
    return RENEWED_MEANWHILE if _renewed(term) else SETTLED_MEANWHILE


def _renewed(term: Subscription) -> bool:
    return term.status == SubscriptionStatus.RENEWED or term.came_back_at is not None


def sentence(session: Session, client: Client, term: Subscription, now: datetime) -> str:
    """« Renouvelée en ligne à 10:30, jusqu’au 31/12/2026 »: what happened, how, when, until when."""
    status = SubscriptionStatus.RENEWED if _renewed(term) else SubscriptionStatus(term.status)
    what = agree(client.civility, *_WORDS[status])
    found = _decision(session, term)
    how = _how(found, status)
    at = found.at if found is not None else term.settled_at
    when = _when(at, now) if at is not None else ""
    until = _until(session, term)
    return "".join(part for part in (what, how, when, until) if part)


_WORDS = {
    SubscriptionStatus.ACTIVE: ("De nouveau attendu", "De nouveau attendue", "De nouveau sans réponse"),
    SubscriptionStatus.EXPIRED: ("Abonnement expiré", "Abonnement expiré", "Abonnement expiré"),
    SubscriptionStatus.RENEWED: ("Renouvelé", "Renouvelée", "Renouvellement fait"),
    SubscriptionStatus.DOWNGRADED: ("Passé à Basic", "Passée à Basic", "Passage à Basic fait"),
    SubscriptionStatus.PAUSED: ("En pause", "En pause", "En pause"),
    SubscriptionStatus.CANCELLED: ("Refus enregistré", "Refus enregistré", "Refus enregistré"),
    SubscriptionStatus.VOID: ("Accord retiré", "Accord retiré", "Accord retiré"),
}


def _decision(session: Session, term: Subscription) -> AnyRow | None:
    """The last thing that decided about the term."""
    query = (
        columns(Event.at, Event.agent, Event.call_id)
        .where(col(Event.subscription_id) == term.id, col(Event.kind).in_(_DECIDED))
        .order_by(col(Event.id).desc())
        .limit(1)
    )
    return session.connection().execute(query).first()


def _how(found: AnyRow | None, status: SubscriptionStatus) -> str:
    """A call has an agent and a number, a client who renews alone neither, an import only the agent."""
    if found is None or status is SubscriptionStatus.VOID:
        return ""
    if found.call_id:
        return f" au téléphone par {found.agent}"
    if not found.agent:
        return " en ligne"
    return " ailleurs, d’après le fichier importé" if status is SubscriptionStatus.RENEWED else ""


def _when(at: datetime, now: datetime) -> str:
    hour = f"{at.astimezone(PARIS):%H:%M}"
    return f" à {hour}" if day_of(at) == day_of(now) else f" le {day(day_of(at))} à {hour}"


def _until(session: Session, term: Subscription) -> str:
    """Until when a client who stays goes on."""
    query = (
        columns(Subscription.expires_on)
        .where(
            col(Subscription.client_id) == term.client_id,
            col(Subscription.expires_on) > term.expires_on,
            col(Subscription.status) != SubscriptionStatus.VOID,
        )
        .order_by(col(Subscription.expires_on))
        .limit(1)
    )
    following = session.connection().scalar(query) if _renewed(term) else None
    return f", jusqu’au {day(following)}" if following else ""
