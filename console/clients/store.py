"""Finding clients, and everything that happened to one of them."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from itertools import combinations

from sqlalchemy import ColumnElement, and_, bindparam, case, or_, select
from sqlmodel import Session, col

from console.base.history import UNTOLD
from console.base.sounds import sound
from console.base.vocabulary import SubscriptionStatus
from console.cases.granted_offers import OFFER_FIGURES
from console.db.dialect import plan_by_values
from console.db.query import AnyRow, ReadBatch, columns, rows
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

Answer = Callable[[], Sequence[AnyRow]]

_LEAST_SOUND = 2
"""Below so many sounds a name is too short to be told by them."""
_RARE = 9
"""Characters of a word that lead to it: as many as tell a number of France apart."""


def search(session: Session, words: Sequence[str], limit: int) -> list[int]:
    """Ids of the clients whose searched text has every folded word, or whose last name sounds like some.

    An exact code first, then a last name that sounds the same, then what holds the words, then a last name
    that begins so; by name among equals.
    """
    text, sounds = col(Client.search), col(Client.sound)
    written = and_(*map(_holds, words))
    same, begun = [], []
    for start, end in combinations(range(len(words) + 1), 2):  # the last name is some words in a row
        key = sound("".join(words[start:end]))
        others = [_holds(word) for word in (*words[:start], *words[end:])]
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
    plan_by_values(session)
    return [row.id for row in rows(session, query)]


def _holds(word: str) -> ColumnElement[bool]:
    """Whether a client's searched text has a word. A server's index is asked for the end of its longest run
    alone: it is slow where all have a part in common, as « clt- » and « +33 »."""
    text = col(Client.search)
    rare = max(re.findall(r"[^\W_]+", word), key=len, default="")[-_RARE:]
    if rare in ("", word):
        return text.contains(word, autoescape=True)
    whole = text.concat("").contains(word, autoescape=True)  # an expression that no index has
    return and_(text.contains(rare, autoescape=True), whole)


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


_EVENTS = (
    columns(Event.at, Event.kind, Event.agent, Event.text, Event.subscription_id, Event.call_id)
    .where(col(Event.client_id) == bindparam("client"), col(Event.kind).not_in(UNTOLD))
    .order_by(col(Event.at).desc(), col(Event.id).desc())
    .limit(bindparam("limit"))
)


def events(batch: ReadBatch, client_id: int, limit: int) -> Answer:
    """The latest events of a client, newest first."""
    return batch.ask(_EVENTS, client=client_id, limit=limit)


_TERMS = columns(
    Subscription.id,
    Subscription.expires_on,
    Subscription.settled_at,
    Subscription.status,
    Subscription.came_back_at,
).where(
    col(Subscription.client_id) == bindparam("client"),
    col(Subscription.status) != SubscriptionStatus.VOID,
)


def terms(batch: ReadBatch, client_id: int) -> Answer:
    """When each term of a client ends, when it was settled, and what it is; not those that never began."""
    return batch.ask(_TERMS, client=client_id)


_ESCALATIONS = columns(Escalation.subscription_id, Escalation.created_at, Escalation.answered_at).where(
    col(Escalation.client_id) == bindparam("client")
)


def escalations(batch: ReadBatch, client_id: int) -> Answer:
    """When each case of a client was handed to a supervisor, and answered."""
    return batch.ask(_ESCALATIONS, client=client_id)


_MESSAGES = (
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
    .where(col(Message.client_id) == bindparam("client"))
    .order_by(col(Message.created_at).desc(), col(Message.id).desc())
    .limit(bindparam("limit"))
)


def messages(batch: ReadBatch, client_id: int, limit: int) -> Answer:
    """The latest messages to a client, newest first."""
    return batch.ask(_MESSAGES, client=client_id, limit=limit)


_CALLS = (
    columns(
        Call.id,
        Call.direction,
        Call.agent,
        Call.started_at,
        Call.ended_at,
        Call.outcome,
        Call.satisfaction,
    )
    .where(col(Call.client_id) == bindparam("client"), col(Call.ended_at).is_not(None))
    .order_by(col(Call.started_at).desc())
    .limit(bindparam("limit"))
)


def calls(batch: ReadBatch, client_id: int, limit: int) -> Answer:
    """The latest calls that are over, newest first."""
    return batch.ask(_CALLS, client=client_id, limit=limit)


_OWED = (
    columns(Commitment.what, Commitment.due_on, Commitment.owner)
    .where(col(Commitment.client_id) == bindparam("client"), col(Commitment.done_at).is_(None))
    .order_by(col(Commitment.due_on), col(Commitment.id))
)


def owed(batch: ReadBatch, client_id: int) -> Answer:
    """What we have committed ourselves to and have not done yet, the most pressing first."""
    return batch.ask(_OWED, client=client_id)


_GRANTED = (
    columns(
        GrantedOffer.subscription_id,
        GrantedOffer.granted_at,
        GrantedOffer.accepted_at,
        *(getattr(GrantedOffer, name) for name in OFFER_FIGURES),
    )
    .where(col(GrantedOffer.client_id) == bindparam("client"))
    .order_by(col(GrantedOffer.granted_at).desc(), col(GrantedOffer.id).desc())
)


def granted_offers(batch: ReadBatch, client_id: int) -> Answer:
    """Every offer granted to a client, the latest first."""
    return batch.ask(_GRANTED, client=client_id)
