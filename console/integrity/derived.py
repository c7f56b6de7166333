"""What is kept to be quick, worked out again from the facts it comes from; each difference in French."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any, cast

from sqlalchemy import Connection, func, select
from sqlmodel import Session, col

from console.base.clock import Clock, frozen_at
from console.base.dates import day_of, plus_days
from console.base.french import day
from console.base.history import EventKind
from console.base.sounds import sound
from console.base.text import search_text
from console.base.vocabulary import CallOutcome, SubscriptionStatus
from console.cases.openings import openings_in
from console.cases.terms import over_at
from console.cases.upkeep import cases_at, place_of
from console.content import Content
from console.context import Context
from console.db import dialect
from console.db.meta import DEMO, read_meta
from console.db.tables import (
    Agreement,
    ChurnRecord,
    Client,
    Event,
    RecordAmendment,
    RecordWord,
    ScriptVersion,
    Subscription,
    UserAccount,
    Watch,
)
from console.messages.reminders import RelanceService
from console.records.filters import Amendment, search_words
from console.rules.outcomes import STAYS, kept_status

BATCH = 500
_MINUTE = timedelta(minutes=1)
"""How far apart two readings of the clock in one act may be."""
_LONG_SETTLED = 130
"""Days after which nothing is written any more about a term that was settled."""
_PLACES = (
    "status", "retention", "settled_at", "came_back_at", "pane", "action", "rule", "reason", "due_on",
    "act_at", "at_risk", "rank", "rank_at", "minus_score", "fresh_until", "deadline", "client_code", "tally",
)  # fmt: skip
_LABELS = {
    "status": "état", "retention": "issue", "settled_at": "date de la décision",
    "came_back_at": "date du retour", "pane": "volet", "action": "action conseillée", "rule": "règle",
    "reason": "raison", "due_on": "jour dû",
    "act_at": "heure conseillée", "at_risk": "à risque", "rank": "rang", "rank_at": "rang",
    "minus_score": "score", "fresh_until": "prochain calcul", "deadline": "campagne",
    "client_code": "code du client", "tally": "compte",
}  # fmt: skip
_TELLING = {
    SubscriptionStatus.RENEWED: (
        EventKind.RENEWED,
        EventKind.DISCOUNTED,
        EventKind.PAID,
        EventKind.RESUMED,
    ),
    SubscriptionStatus.DOWNGRADED: (EventKind.DOWNGRADED,),
    SubscriptionStatus.PAUSED: (EventKind.PAUSED,),
    SubscriptionStatus.CANCELLED: (EventKind.REFUSED,),
}
"""The facts by which a term is what it is."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Something kept that is not what the facts say. kind: what would be rebuilt, empty for nothing."""

    kind: str
    words: str
    number: int = 0


Progress = Callable[[int, int], None]


def differences(
    connection: Connection, content: Content, clock: Clock, progress: Progress | None = None
) -> Iterator[Difference]:
    """Every difference; nothing is changed."""
    batches = term_batches(connection)
    last = batches.stop - 1
    for first, found in zip(batches, of_terms(connection, content, clock, batches), strict=True):
        yield from found
        if progress:
            progress(min(first + BATCH, last), last)
    yield from of_the_rest(connection)


def of_the_rest(connection: Connection) -> Iterator[Difference]:
    """Every difference that is of no term."""
    yield from _clients(connection)
    yield from _records(connection)
    yield from _amendments(connection)
    yield from _scripts(connection)
    yield from _accounts(connection)


def _context(session: Session, content: Content, clock: Clock) -> Context:
    """What the rules are given: the base itself is not asked for. A clock behind the base waits for it."""
    demo = bool(read_meta(session, DEMO))
    placed = session.scalar(select(func.max(col(Subscription.placed_at))))
    if placed is not None and placed > clock.now():
        clock = frozen_at(placed)
    nowhere = cast("Any", None)
    return Context(nowhere, clock, content, "", demo=demo, tracking=openings_in(session))


# -- terms ---------------------------------------------------------------------------------------------


def term_batches(connection: Connection) -> range:
    """The first number of each batch of terms."""
    return range(1, (connection.scalar(select(func.max(col(Subscription.id)))) or 0) + 1, BATCH)


def of_terms(
    connection: Connection, content: Content, clock: Clock, batches: Iterable[int]
) -> Iterator[list[Difference]]:
    """What is wrong with the terms of each of these batches."""
    with Session(connection) as session:
        ctx = _context(session, content, clock)
        for first in batches:
            query = select(Subscription.__table__).where(  # type: ignore[attr-defined]
                col(Subscription.id).between(first, first + BATCH - 1)
            )
            terms = [dict(row) for row in connection.execute(query).mappings()]
            yield list(_of_terms(session, ctx, terms))


def _of_terms(session: Session, ctx: Context, terms: Sequence[dict[str, Any]]) -> Iterator[Difference]:
    """What is wrong with these terms; one that the rules cannot read does not hide the others."""
    try:
        found = [
            *_places(session, ctx, terms),
            *_states(session, terms),
            *_watches(session, ctx, terms),
        ]
    except (ValueError, TypeError, LookupError):
        if len(terms) > 1:
            for one in terms:
                yield from _of_terms(session, ctx, [one])
        else:
            yield Difference("", f"{_term(terms[0])} : une valeur qui le concerne n’a pas de sens")
        return
    yield from found


def _places(session: Session, ctx: Context, terms: Sequence[dict[str, Any]]) -> Iterator[Difference]:
    """Each term by the clock of now, but for one that a clock ahead has placed; none that is due for it."""
    now, data = ctx.clock.now(), ctx.content.data
    by_day: dict[date, list[dict[str, Any]]] = defaultdict(list)
    for term in terms:
        if term["fresh_until"] is None or term["fresh_until"] > now:  # else it is placed anew when next read
            by_day[day_of(_placed_by(term, now))].append(term)
    for some in by_day.values():
        moments = {term["id"]: _placed_by(term, now) for term in some}
        there = Context(
            ctx.database,
            frozen_at(max(moments.values())),
            ctx.content,
            "",
            demo=ctx.demo,
            tracking=ctx.tracking,
        )
        stored = {term["id"]: term for term in some}
        for case in cases_at(session, there, list(stored)):
            term, found = stored[case.subscription_id], place_of(case, moments[case.subscription_id], data)
            wrong = [name for name in _PLACES if term[name] != found[name]]
            if wrong:
                names = ", ".join(dict.fromkeys(_LABELS[name] for name in wrong))
                yield Difference(
                    "places",
                    f"{_term(term)} : ne suit pas les faits ({names})",
                    case.subscription_id,
                )


def _placed_by(term: dict[str, Any], now: datetime) -> datetime:
    """The clock that gives its places: now, or the one ahead of it that placed it."""
    placed: datetime | None = term["placed_at"]
    return placed if placed is not None and placed > now else now


def _term(term: dict[str, Any]) -> str:
    return f"abonnement de {term['client_code']} jusqu’au {day(term['expires_on'])}"


def _states(session: Session, terms: Sequence[dict[str, Any]]) -> Iterator[Difference]:
    """A term is settled by a fact, at its date."""
    numbers = [term["id"] for term in terms]
    connection = dialect.connected(session)
    told: dict[int, list[tuple[str, datetime]]] = defaultdict(list)
    query = select(col(Event.subscription_id), col(Event.kind), col(Event.at))
    for term, kind, at in connection.execute(query.where(col(Event.subscription_id).in_(numbers))):
        told[term or 0].append((kind, at))
    agreed: dict[int, set[datetime]] = defaultdict(set)
    query_of = select(col(Agreement.subscription_id), col(Agreement.agreed_at))
    for term, at in connection.execute(query_of.where(col(Agreement.subscription_id).in_(numbers))):
        agreed[term].add(at)
    for one in terms:
        status, facts = SubscriptionStatus(one["status"]), told[one["id"]]
        kinds = _TELLING.get(status, ())
        instants = {at for _, at in facts} | agreed[one["id"]] | {over_at(one["expires_on"])}
        if kinds and not any(kind in kinds for kind, _ in facts):
            yield Difference("", f"{_term(one)} : aucun fait ne dit son état « {status} »")
        elif kinds and one["settled_at"] not in instants:
            yield Difference("", f"{_term(one)} : aucun fait n’est de la date de la décision")
        kept = status in STAYS and one["retention"] and status is not SubscriptionStatus.PAUSED
        if kept and kept_status(CallOutcome(one["retention"])) != status:
            yield Difference("", f"{_term(one)} : son issue n’est pas celle de son état")


def _watches(session: Session, ctx: Context, terms: Sequence[dict[str, Any]]) -> Iterator[Difference]:
    """Whatever the timeline has to do about a term, it looks at that term in time."""
    today = ctx.clock.today()
    settled_long_ago = plus_days(today, -_LONG_SETTLED)
    numbers = [
        term["id"]
        for term in terms
        if term["expires_on"] >= settled_long_ago or term["status"] == SubscriptionStatus.PAUSED
    ]
    if not numbers:
        return
    query = select(col(Watch.subscription_id), col(Watch.look_on)).where(
        col(Watch.subscription_id).in_(numbers)
    )
    looks = {row[0]: row[1] for row in dialect.connected(session).execute(query)}
    stored = {term["id"]: term for term in terms}
    numbers = _worth_planning(session, ctx, [stored[number] for number in numbers], looks)
    for number, needed in RelanceService(ctx).due(session, numbers).items():
        look_on = looks.get(number)
        if look_on is None or look_on > needed:
            said = (
                "n’est plus suivi par les relances"
                if look_on is None
                else f"n’est revu que le {day(look_on)}"
            )
            yield Difference("watch", f"{_term(stored[number])} : {said}, au lieu du {day(needed)}", number)


def _worth_planning(
    session: Session, ctx: Context, terms: Sequence[dict[str, Any]], looks: Mapping[int, date]
) -> list[int]:
    """Those that may be looked at too late: not one that waits for its first step, and is looked at by then.

    Most terms of a large base are months away; planning each of them would take as long as the rest.
    """
    first = min((step.offset for step in ctx.content.data.timeline.known), default=0)
    today = ctx.clock.today()
    numbers = [term["id"] for term in terms]
    query = select(col(Agreement.subscription_id)).where(col(Agreement.subscription_id).in_(numbers))
    agreed = set(dialect.connected(session).scalars(query))  # a link is sent again on its own day

    def early(term: dict[str, Any]) -> bool:
        begins, look_on = plus_days(term["expires_on"], first), looks.get(term["id"])
        awaits = term["status"] == SubscriptionStatus.ACTIVE and term["id"] not in agreed
        return awaits and look_on is not None and look_on <= begins and begins > today

    return [term["id"] for term in terms if not early(term)]


# -- words ---------------------------------------------------------------------------------------------


def _clients(connection: Connection) -> Iterator[Difference]:
    query = select(
        col(Client.id),
        col(Client.code),
        col(Client.first_name),
        col(Client.last_name),
        col(Client.email),
        col(Client.phone),
        col(Client.search),
        col(Client.sound),
    ).order_by(col(Client.id))
    for number, code, first, last, email, phone, search, heard in connection.execute(query):
        if (search, heard) != search_of(code, first, last, email, phone):
            yield Difference(
                "search", f"client {code} : ses mots de recherche ne sont pas les siens", number or 0
            )


def search_of(code: str, first: str, last: str, email: str, phone: str) -> tuple[str, str]:
    """The words by which a client is found, and how the name sounds; nothing finds whoever was erased."""
    if code.startswith("EFFACE-"):
        return "", ""
    words = search_text(code=code, first_name=first, last_name=last, email=email, phone=phone)
    return words, sound(last)


def words_of(verbatim: str, note: str) -> tuple[str, dict[str, bool]]:
    """A record's texts as they are searched, and each of their words with whether the client said it."""
    search = search_words(verbatim, note)
    said = set(search_words(verbatim).split())
    return search, {word: word in said for word in search.split()}


def _records(connection: Connection) -> Iterator[Difference]:
    stored: dict[int, dict[str, bool]] = defaultdict(dict)
    query_words = select(col(RecordWord.record_id), col(RecordWord.word), col(RecordWord.said))
    for record, word, said in connection.execute(query_words):
        stored[record][word] = said
    query = select(
        col(ChurnRecord.id), col(ChurnRecord.verbatim), col(ChurnRecord.note), col(ChurnRecord.search)
    )
    for number, verbatim, note, search in connection.execute(query.order_by(col(ChurnRecord.id))):
        wanted, words = words_of(verbatim, note)
        if search != wanted or stored.pop(number or 0, {}) != words:
            where = f"fiche de résiliation n° {number}"
            yield Difference("words", f"{where} : ses mots cherchés ne sont pas les siens", number or 0)


def _amendments(connection: Connection) -> Iterator[Difference]:
    answers = select(col(RecordAmendment.question_id), func.max(col(RecordAmendment.at))).where(
        col(RecordAmendment.question_id).is_not(None)
    )
    answered = {row[0]: row[1] for row in connection.execute(answers.group_by("question_id"))}
    questions = select(col(RecordAmendment.id), col(RecordAmendment.answered_at)).where(
        (col(RecordAmendment.kind) == Amendment.QUESTION) | col(RecordAmendment.answered_at).is_not(None)
    )
    for number, at in connection.execute(questions):
        said = answered.get(number)
        if (at is None) != (said is None) or (at and said and abs(at - said) > _MINUTE):
            yield Difference(
                "answers", f"annotation n° {number} : sa réponse n’est pas là où elle est notée", number or 0
            )


def _scripts(connection: Connection) -> Iterator[Difference]:
    for hashed, content in connection.execute(select(col(ScriptVersion.hash), col(ScriptVersion.content))):
        if sha256(content.encode()).hexdigest() != hashed and len(hashed) == 64:
            yield Difference("", f"version du script {hashed[:12]} : son texte a été modifié")


# -- accounts ------------------------------------------------------------------------------------------


def rights(connection: Connection) -> dict[str, tuple[str, bool]]:
    """The role of each account and whether it is active, by name, as the audit trail tells it."""
    query = (
        select(col(Event.text), col(Event.data))
        .where(
            col(Event.client_id).is_(None),
            col(Event.kind) == EventKind.AUDIT,
            col(Event.text).in_(("user.added", "user.deactivated", "user.rescued")),
        )
        .order_by(col(Event.id))
    )
    found: dict[str, tuple[str, bool]] = {}
    for act, data in connection.execute(query):
        who = data.get("who", "")
        if act == "user.added":
            found[who] = (data.get("role", ""), True)
        elif who in found:
            found[who] = (found[who][0], act == "user.rescued")
    return found


def _accounts(connection: Connection) -> Iterator[Difference]:
    told = rights(connection)
    query = select(col(UserAccount.name), col(UserAccount.role), col(UserAccount.active))
    for name, role, active in connection.execute(query):
        where = f"compte {name}"
        if name not in told:
            yield Difference("", f"{where} : le journal ne dit pas qui l’a ajouté")
            continue
        wanted, may = told.pop(name)
        if role != wanted:
            yield Difference("rights", f"{where} : a le rôle {role}, le journal dit {wanted}")
        if active != may:
            said = (
                "se connecte, le journal dit qu’il est désactivé"
                if active
                else "est désactivé sans que le journal le dise"
            )
            yield Difference("rights", f"{where} : {said}")
    for name in told:
        yield Difference("", f"compte {name} : le journal l’a ajouté, il a disparu")
