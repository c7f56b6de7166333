"""Finding clients, and everything that happened to one of them."""

from collections.abc import Sequence
from datetime import date
from itertools import combinations

from sqlalchemy import and_, case, or_, select
from sqlmodel import Session, col

from console.base.history import UNTOLD
from console.base.sounds import sound
from console.base.vocabulary import SubscriptionStatus
from console.db.query import AnyRow, columns, rows
from console.db.tables import (
    Call,
    Client,
    Commitment,
    Escalation,
    Event,
    GrantedOffer,
    Message,
    Subscription,
)

_LEAST_SOUND = 2
"""Below so many sounds a name is too short to be told by them."""


def search(session: Session, words: Sequence[str], limit: int) -> list[int]:
    """Ids of the clients whose searched text has every folded word, or whose last name sounds like some.

    An exact code first, then a last name that sounds the same, then what holds the words, then a last name
    that begins so; by name among equals.
    """
    text, sounds = col(Client.search), col(Client.sound)
    written = and_(*(text.contains(word, autoescape=True) for word in words))
    same, begun = [], []
    for start, end in combinations(range(len(words) + 1), 2):  # the last name is some words in a row
        key = sound("".join(words[start:end]))
        others = [text.contains(word, autoescape=True) for word in (*words[:start], *words[end:])]
        if len(key) >= _LEAST_SOUND and not any(map(str.isdigit, words[start:end])):
            same.append(and_(sounds == key, *others))
            begun.append(and_(sounds.between(key, f"{key}~"), *others))
    query = (
        columns(Client.id)
        .where(or_(written, *begun))
        .order_by(
            case(
                (col(Client.code) == "".join(words).upper(), 0),
                *((one, 1) for one in same),
                (written, 2),
                else_=3,
            ),
            text,
            col(Client.id),
        )
        .limit(limit)
    )
    return [row.id for row in rows(session, query)]


def client(session: Session, client_id: int) -> Client | None:
    """One client."""
    return session.get(Client, client_id)


def sharing(session: Session, client: Client) -> Sequence[Client]:
    """The clients who have the same address or number, that one among them."""
    same = [col(Client.id) == client.id]
    same += [col(Client.email) == client.email] if client.email else []
    same += [col(Client.phone) == client.phone] if client.phone else []
    return session.scalars(select(Client).where(or_(*same)).order_by(col(Client.code))).all()


def next_term(session: Session, client_id: int, after: date) -> Subscription | None:
    """The client's term that follows one that ends on `after`."""
    query = select(Subscription).where(
        col(Subscription.client_id) == client_id,
        col(Subscription.expires_on) > after,
        col(Subscription.status) != SubscriptionStatus.VOID,
    )
    return session.scalars(query.order_by(col(Subscription.expires_on)).limit(1)).first()


def events(session: Session, client_id: int, limit: int) -> Sequence[AnyRow]:
    """The latest events of a client, newest first."""
    query = (
        columns(Event.at, Event.kind, Event.agent, Event.text, Event.subscription_id, Event.call_id)
        .where(col(Event.client_id) == client_id, col(Event.kind).not_in(UNTOLD))
        .order_by(col(Event.at).desc(), col(Event.id).desc())
        .limit(limit)
    )
    return rows(session, query)


def terms(session: Session, client_id: int) -> Sequence[AnyRow]:
    """When each term of a client ends, when it was settled, and what it is; not those that never began."""
    query = columns(
        Subscription.id,
        Subscription.expires_on,
        Subscription.settled_at,
        Subscription.status,
        Subscription.came_back_at,
    )
    began = col(Subscription.status) != SubscriptionStatus.VOID
    return rows(session, query.where(col(Subscription.client_id) == client_id, began))


def escalations(session: Session, client_id: int) -> Sequence[AnyRow]:
    """When each case of a client was handed to a supervisor, and answered."""
    query = columns(Escalation.subscription_id, Escalation.created_at, Escalation.answered_at)
    return rows(session, query.where(col(Escalation.client_id) == client_id))


def messages(session: Session, client_id: int, limit: int) -> Sequence[AnyRow]:
    """The latest messages to a client, newest first."""
    query = (
        columns(
            Message.channel,
            Message.step,
            Message.subject,
            Message.status,
            Message.created_at,
            Message.sent_at,
            Message.opened_at,
            Message.clicked_at,
        )
        .where(col(Message.client_id) == client_id)
        .order_by(col(Message.created_at).desc(), col(Message.id).desc())
        .limit(limit)
    )
    return rows(session, query)


def calls(session: Session, client_id: int, limit: int) -> Sequence[AnyRow]:
    """The latest calls that are over, newest first."""
    query = (
        columns(
            Call.id,
            Call.direction,
            Call.agent,
            Call.started_at,
            Call.ended_at,
            Call.outcome,
            Call.satisfaction,
        )
        .where(col(Call.client_id) == client_id, col(Call.ended_at).is_not(None))
        .order_by(col(Call.started_at).desc())
        .limit(limit)
    )
    return rows(session, query)


def owed(session: Session, client_id: int) -> Sequence[AnyRow]:
    """What we have committed ourselves to and have not done yet, the most pressing first."""
    query = (
        columns(Commitment.what, Commitment.due_on, Commitment.owner)
        .where(col(Commitment.client_id) == client_id, col(Commitment.done_at).is_(None))
        .order_by(col(Commitment.due_on), col(Commitment.id))
    )
    return rows(session, query)


def granted_offers(session: Session, client_id: int) -> Sequence[GrantedOffer]:
    """Every offer granted to a client, the latest first."""
    query = select(GrantedOffer).where(col(GrantedOffer.client_id) == client_id)
    ordered = query.order_by(col(GrantedOffer.granted_at).desc(), col(GrantedOffer.id).desc())
    return session.scalars(ordered).all()
