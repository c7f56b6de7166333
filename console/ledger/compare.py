"""What a row may have become since it was sealed, and what no fact explains."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, func, or_, select
from sqlmodel import col

from console.base.history import EventKind
from console.base.text import fold
from console.db.tables import Agreement, Event, UserAccount
from console.ledger.columns import (
    APPENDED,
    BASE,
    CHANGING,
    NOBODY,
    REMOVED,
    REWORKED,
    Layout,
    sealed_tables,
)
from console.ledger.digests import GONE, Entry, Found, Key

_SILENT = (EventKind.NOTE, EventKind.CHECKLIST, EventKind.STEP_SKIPPED)
"""Events that change no row that was there."""
_ACCOUNTS = ("user.added", "user.password", "user.deactivated", "user.rescued", "user.signed_in")
_WORDS = {
    "client": ("client", ""),
    "subscription": ("abonnement", ""),
    "pause": ("pause", "e"),
    "event": ("fait", ""),
    "message": ("message", ""),
    "call": ("appel", ""),
    "short_link": ("adresse courte", "e"),
    "call_step": ("étape d’appel", "e"),
    "granted_offer": ("offre accordée", "e"),
    "agreement": ("accord", ""),
    "proposal": ("proposition", "e"),
    "callback": ("rappel", ""),
    "escalation": ("escalade", "e"),
    "commitment": ("engagement", ""),
    "churn_record": ("fiche de résiliation", "e"),
    "record_amendment": ("annotation", "e"),
    "user_account": ("compte", ""),
    "script_version": ("version du script", "e"),
    "content_files": ("version du contenu", "e"),
    "content_version": ("publication du contenu", "e"),
    "forgotten": ("trace d’une personne effacée", "e"),
    "meta": ("réglage de la base", ""),
}


@dataclass(slots=True)
class Told:
    """The last event that tells of a subject, and what may change without one.

    erased: the last that tells of an erasure; reworked: that takes an outcome or a payment back; rated:
    that rates a call. waits: an
    agreement of the client has no proof, so time alone moves its terms. accounts: the last event about each
    account, by its number. purged, restored: of the base.
    """

    last: int = 0
    erased: int = 0
    reworked: int = 0
    rated: int = 0
    waits: bool = False
    accounts: dict[str, int] = field(default_factory=dict)
    purged: int = 0
    restored: int = 0


Rows = Mapping[Key, Found]


@dataclass(frozen=True, slots=True)
class Sealed:
    """How far the seals of a base went: the last event of each, the last number of each table.

    layouts: by seal, the columns by which its digests were taken.
    """

    events: Mapping[int, int]
    ends: Mapping[str, int]
    layouts: Mapping[int, Layout]

    @property
    def used(self) -> frozenset[Layout]:
        """Every layout by which rows have to be read, today's among them."""
        return frozenset({sealed_tables(), *self.layouts.values()})

    def as_sealed(
        self, known: Mapping[Key, Entry], found: Mapping[Layout, Rows]
    ) -> tuple[Mapping[Key, Entry], Rows]:
        """A subject's entries that can still be looked at, and its rows, each by the layout of its seal."""
        now = dict(found[sealed_tables()])
        if len(found) == 1:
            return known, now
        readable = {seal: {one.name for one in layout} for seal, layout in self.layouts.items()}
        for key, entry in known.items():
            row = found[self.layouts[entry.seal]].get(key)
            if row is None:
                now.pop(key, None)
            else:
                now[key] = row
        return {key: one for key, one in known.items() if key[0] in readable[one.seal]}, now


def told_of(connection: Connection, subjects: Sequence[int]) -> dict[int, Told]:
    """What is told of these subjects; of all of them what is told of the base."""
    base = _base(connection)
    if list(subjects) == [BASE]:
        return {BASE: Told(accounts=_accounts(connection), restored=base.restored)}
    found = {one: Told(purged=base.purged, restored=base.restored) for one in subjects}
    among = col(Event.client_id).in_(subjects)
    kinds = select(col(Event.client_id), col(Event.kind), func.max(col(Event.id))).where(among)
    for client, kind, newest in connection.execute(kinds.group_by(col(Event.client_id), col(Event.kind))):
        one, last = found[client or 0], newest or 0
        if kind in (EventKind.CALL_CORRECTED, EventKind.TAKEN_BACK):
            one.reworked = max(one.reworked, last)
        if kind == EventKind.RATED:
            one.rated = max(one.rated, last)
        if kind == EventKind.ERASED:
            one.erased = max(one.erased, last)
        if kind not in _SILENT:
            one.last = max(one.last, last)
    erased = select(col(Event.client_id), func.max(col(Event.id))).where(
        among, col(Event.kind) == EventKind.AUDIT, col(Event.text) == "client.erased"
    )
    for client, newest in connection.execute(erased.group_by(col(Event.client_id))):
        found[client or 0].erased = max(found[client or 0].erased, newest or 0)
    waits = select(col(Agreement.client_id)).where(
        col(Agreement.client_id).in_(subjects),
        col(Agreement.confirmed_at).is_(None),
        col(Agreement.withdrawn_at).is_(None),
    )
    for (client,) in connection.execute(waits):
        found[client].waits = True
    return found


def _base(connection: Connection) -> Told:
    query = (
        select(col(Event.text), func.max(col(Event.id)))
        .where(
            col(Event.client_id).is_(None),
            col(Event.kind) == EventKind.AUDIT,
            col(Event.text).in_(("data.purged", "base.restored")),
        )
        .group_by(col(Event.text))
    )
    acts = {text: last or 0 for text, last in connection.execute(query)}
    return Told(purged=acts.get("data.purged", 0), restored=acts.get("base.restored", 0))


def _accounts(connection: Connection) -> dict[str, int]:
    numbers = {
        folded: str(number)
        for number, folded in connection.execute(select(col(UserAccount.id), col(UserAccount.folded)))
    }
    query = select(col(Event.id), col(Event.agent), col(Event.text), col(Event.data)).where(
        col(Event.client_id).is_(None),
        col(Event.kind) == EventKind.AUDIT,
        or_(*(col(Event.text) == act for act in _ACCOUNTS)),
    )
    found: dict[str, int] = {}
    for number, agent, act, data in connection.execute(query):
        who = numbers.get(fold(agent if act == "user.signed_in" else data.get("who", "")))
        if who is not None:
            found[who] = max(found.get(who, 0), number)
    return found


def differences(
    known: Mapping[Key, Entry], now: Mapping[Key, Found], told: Told | None, sealed: Sealed | None
) -> Iterator[tuple[Key, str]]:
    """The rows of a subject that differ from what was sealed without a fact that tells it, and how."""
    if sealed is None:
        return
    told = told or Told()
    for key, entry in known.items():
        since = sealed.events.get(entry.seal, 0)
        if why := _changed(key, entry, now.get(key), told, since):
            yield key, f"{why} le sceau n° {entry.seal}"
    newest = max(sealed.events.values(), default=0)
    for key in now.keys() - known.keys():
        table, number = key
        if table in sealed.ends:
            if int(number) <= sealed.ends[table]:
                yield key, f"glissé{_e(table)} après coup parmi ce qui est scellé"
        elif (table == "call" and told.last <= newest) or (
            table == "user_account" and _last(key, told) <= newest
        ):
            yield key, f"ajouté{_e(table)} sans qu’aucun fait ne le dise"


def _last(key: Key, told: Told) -> int:
    table, number = key
    if table == "user_account":
        return told.accounts.get(number, 0)
    if table in APPENDED:
        return max(told.reworked, told.rated) if table == "call" else told.reworked
    return told.restored if table == "meta" else told.last


def _changed(key: Key, entry: Entry, row: Found | None, told: Told, since: int) -> str:
    """What happened to a sealed row, in French up to « le sceau »; empty when a fact tells it."""
    table, e = key[0], _e(key[0])
    explained = _last(key, told) > since
    why = ""
    if row is None:
        gone = (table in REMOVED and explained) or (table in REWORKED - {"event"} and told.reworked > since)
        if entry.fixed != GONE and not gone:
            why = f"retiré{e} après"
    elif entry.fixed == GONE:
        again = table == "call" and told.last > since  # taken back, and ended anew
        why = "" if explained or again else f"remis{e} en place après"
    else:
        why = _altered(table, entry, row, told, since, explained=explained)
    return why


def _altered(table: str, entry: Entry, row: Found, told: Told, since: int, *, explained: bool) -> str:
    """The same of a row that is still there."""
    e, now = _e(table), row.entry
    if now.fixed != entry.fixed and not (table == "meta" and explained):
        return f"modifié{e} après"
    if now.state != entry.state and not (explained or (table == "subscription" and told.waits)):
        return "état changé sans qu’aucun fait ne le dise, après"
    if now.personal != entry.personal:
        gone = told.erased > since or (row.emptied and told.purged > since)
        if not gone and not (table in CHANGING and explained) and not (table == "event" and explained):
            return "mots changés après"
    return ""


def _e(table: str) -> str:
    """What its participle ends with."""
    return _WORDS.get(table, ("", ""))[1]


def named(key: Key, subject: int, code: str = "") -> str:
    """A row in French: « message n° 12 (CLT-00245) »."""
    table, number = key
    about = f" ({code})" if code else f" (client n° {subject})" if subject > NOBODY else ""
    return f"{_WORDS.get(table, (table, ''))[0]} n° {number}{about}"
