"""What the rows of an import change: which client each is about, and what is to be written for it."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlmodel import Session

from console.base.dates import day_of
from console.base.french import THIN
from console.base.french import day as in_french
from console.base.phone import read_phone
from console.base.sounds import sound
from console.base.text import search_text
from console.base.vocabulary import Billing, Plan, SubscriptionStatus
from console.cases import forgotten
from console.cases.agreements import Shown
from console.cases.pauses import pauses
from console.db.query import AnyRow
from console.imports import store
from console.imports.rows import ClientRow
from console.rules.client_columns import FIELDS, CellFault, code_of
from console.rules.pauses import Pause
from console.rules.people import name_words, same_person, says_less
from console.rules.terms import Term, TermChange, change_terms

FIRST_GIVEN_CODE = 1_000_000
"""Codes given here start beyond those that a company numbers its clients with."""


@dataclass(frozen=True, slots=True)
class Line:
    """An acceptable row, and the line and cells it came from."""

    number: int
    cells: Sequence[str]
    row: ClientRow


@dataclass(slots=True)
class BatchPlan:
    """What a batch will write, and what became of each of its rows."""

    new: list[tuple[Line, str]] = field(default_factory=list)  # the code it gets
    clients: list[dict[str, Any]] = field(default_factory=list)
    terms: list[tuple[int, str, Term]] = field(default_factory=list)  # client id and code
    renewed: list[tuple[int, ClientRow, TermChange]] = field(default_factory=list)
    shown: dict[int, Shown] = field(default_factory=dict)  # until when each known client is subscribed
    notes: list[tuple[int, str]] = field(default_factory=list)
    changes: dict[int, list[str]] = field(default_factory=dict)
    refused: list[tuple[Line, CellFault]] = field(default_factory=list)
    warned: list[tuple[Line, CellFault]] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)
    known: Sequence[Any] = ()  # the clients that its rows may be about
    unchanged: int = 0
    forgotten: int = 0  # of those refused


class Met:
    """A set of whole numbers that takes next to no room while they follow one another, as codes do."""

    def __init__(self) -> None:
        self._blocks: dict[int, int] = {}  # 64 numbers a block, a bit each

    def __contains__(self, number: int) -> bool:
        return bool(self._blocks.get(number >> 6, 0) >> (number & 63) & 1)

    def add(self, number: int) -> None:
        """Put a number in."""
        self._blocks[number >> 6] = self._blocks.get(number >> 6, 0) | 1 << (number & 63)


class Planner:
    """Plans batch after batch of one import, and remembers which clients it has met."""

    def __init__(self, annual: frozenset[Plan]) -> None:
        self._annual = annual
        self._met = Met()
        self._added = Met()
        self._next_code = 0

    def plan(self, session: Session, lines: Sequence[Line]) -> BatchPlan:
        """What becomes of each row. Nothing is written, and nothing remembered before `accept`."""
        known = _Known(session, [line.row for line in lines])
        plan = BatchPlan()
        for line in lines:
            self._plan_line(session, plan, known, line)
        _drop_known_notes(session, plan)
        plan.known = known.clients
        return plan

    def accept(self, plan: BatchPlan) -> None:
        """The plan has been carried out: its clients are met."""
        for number in plan.seen:
            self._met.add(number)
        for _, code in plan.new:
            self._added.add(_number(code))

    def forget_codes(self) -> None:
        """Somebody else gave codes meanwhile: the next one is looked up again."""
        self._next_code = 0

    def _plan_line(self, session: Session, plan: BatchPlan, known: "_Known", line: Line) -> None:
        row = line.row
        client = known.find(row)
        where, value = _way(row)
        if isinstance(client, str):
            plan.refused.append((line, CellFault(where, value, client)))
            return
        if isinstance(client, Line) or any(
            one in self._met or one in plan.seen for one in _identities(client, row)
        ):
            added = isinstance(client, Line) or (client and _number(client.code) in self._added)
            if not added and _says_nothing(plan, known, client, row):
                plan.unchanged += 1
                return
            plan.refused.append(
                (line, CellFault(where, value, "ce client est déjà dans une ligne précédente"))
            )
            return
        if erased := known.erased(row, client):
            plan.refused.append((line, CellFault(where, value, erased)))
            plan.forgotten += 1
            return
        if client is None:
            code = row.code or self._give_code(session)
            plan.new.append((line, code))
            plan.seen.update((_number(code), *_identities(None, row)))
            _warn_of_others(plan, line, known.others(row, code))
            known.add(line)
            return
        plan.seen.add(_number(client.code))
        change = change_terms(
            known.terms(client.id),
            plan=row.plan,
            billing=row.billing,
            expires_on=row.expires_on,
            renewed_on=row.renewed_on,
            annual=self._annual,
        )
        if change.refused:
            plan.refused.append((line, CellFault("expire_le", in_french(row.expires_on), change.refused)))
            return
        renewed_on = row.renewed_on or (change.by if change.renewed else None)
        plan.shown[client.id] = Shown(row.expires_on, renewed_on, change.renewed.id if change.renewed else 0)
        columns, said = _changed(client, row, known.unmeasured)
        if row.code and not _is_named(client, row):
            told = f"ce code était celui de {_details(client)[0]} {_details(client)[1]}\u202f: son nom change"
            plan.warned.append((line, CellFault("nom", row.details["last_name"], told)))
        if columns and any(columns[name] != getattr(client, name) for name in ("email", "phone")):
            _warn_of_others(plan, line, known.others(row, client.code))
        said += _take_terms(plan, client, row, change)
        if columns:
            plan.clients.append({"client": client.id, **columns})
        if row.note:
            plan.notes.append((client.id, row.note))
        if said:
            plan.changes[client.id] = said
        else:
            plan.unchanged += 1

    def _give_code(self, session: Session) -> str:
        if not self._next_code:
            last = store.last_code(session).removeprefix("CLT-")
            self._next_code = max(FIRST_GIVEN_CODE, int(last) + 1 if last.isdigit() else 0)
        self._next_code += 1
        return code_of(self._next_code - 1)


def _says_nothing(plan: BatchPlan, known: "_Known", client: Any, row: ClientRow) -> bool:
    """Whether a further row of a client is about another of their known terms, as our own exports have it."""
    if client is None:
        return False
    terms = {term.expires_on for term in known.terms(client.id)}
    changed = client.id in plan.changes or _changed(client, row, known.unmeasured)[1]
    return row.expires_on in terms and not changed and not row.note and row.renewed_on is None


def _take_terms(plan: BatchPlan, client: Any, row: ClientRow, change: TermChange) -> list[str]:
    """What becomes of a known client's terms; gives what changed, in words."""
    if change.renewed:
        plan.renewed.append((client.id, row, change))
    if change.term is None:
        return [f"renouvelé le {in_french(change.by)}"] if change.renewed else []
    plan.terms.append((client.id, client.code, change.term))
    return [f"échéance {in_french(row.expires_on)}" if change.renewed else "abonnement"]


def _number(key: str) -> int:
    """What a client is recognised by: our code's number, else the key's hash, kept apart below 0."""
    number = key.removeprefix("CLT-")
    return int(number) if number != key and number.isdecimal() else -abs(hash(key)) - 1


def _identities(client: Any, row: ClientRow) -> list[int]:
    """What a row is known by in its file: the client's code, else its address and number with its name."""
    if client or row.code:
        return [_number(client.code if client else row.code)]
    name = " ".join(sorted(name_words(row.details["first_name"], row.details["last_name"])))
    return [_number(f"{way}|{name}") for way in (row.email, row.phone.e164) if way]


def _way(row: ClientRow) -> tuple[str, str]:
    """The column by which a row says who it is about, and its value."""
    if row.code:
        return "code", row.code
    return ("email", row.email) if row.email else ("telephone", row.details["phone_raw"])


def _warn_of_others(plan: BatchPlan, line: Line, others: Sequence[Any]) -> None:
    """A warning where the address or the number is somebody else's too."""
    row = line.row
    for other in others[:1]:
        theirs = other.row.email if isinstance(other, Line) else other.email
        email = theirs == row.email and bool(row.email)
        column, value = ("email", row.email) if email else ("telephone", row.details["phone_raw"])
        what = "l’adresse" if email else "le numéro"
        plan.warned.append((line, CellFault(column, value, f"c’est aussi {what} de {_named(other)}")))


def _drop_known_notes(session: Session, plan: BatchPlan) -> None:
    keys = store.known_events(session, [note_key(client, note) for client, note in plan.notes])
    plan.notes = [(client, note) for client, note in plan.notes if note_key(client, note) not in keys]
    for client, _ in plan.notes:
        if client not in plan.changes:
            plan.changes[client] = []
            plan.unchanged -= 1


class _Known:
    """The clients that a batch may be about, by code, address or number, and their terms."""

    def __init__(self, session: Session, batch: Sequence[ClientRow]) -> None:
        codes = [row.code for row in batch if row.code]
        ways = [row.email for row in batch if row.email], [row.phone.e164 for row in batch if row.phone.e164]
        self.clients = clients = store.known_of(session, batch)
        self._by_code = {client.code: client for client in clients}
        self._by_way: dict[str, list[Any]] = {}
        for client in clients:
            for way in (client.email, client.phone):
                if way:
                    self._by_way.setdefault(way, []).append(client)
        self._fresh: dict[str, list[Line]] = {}
        others = [way for row in batch for way in row.others]
        self._erased = forgotten.known(session, (*codes, *ways[0], *ways[1], *others))
        asked = any(row.details["tracking_consent_at"] for row in batch)
        ids = [client.id for client in clients]
        self.unmeasured = store.measuring_refused(session, ids) if asked else frozenset[int]()
        self._terms: dict[int, list[Term]] = {}
        found = store.terms_of(session, ids)
        paid = store.back_by_payment(session, [term.id for term in found if term.came_back_at])
        paused = pauses(session, [term.id for term in found if term.status == SubscriptionStatus.PAUSED])
        for term in found:
            if term.status == SubscriptionStatus.VOID:
                continue
            self._terms.setdefault(term.client_id, []).append(
                Term(
                    term.id,
                    Plan(term.plan),
                    Billing(term.billing),
                    term.starts_on,
                    term.expires_on,
                    SubscriptionStatus(term.status),
                    term.anchor_day or term.starts_on.day,
                    term.dated_by_import,
                    term.id in paid,
                    _renewed_by(term, paused.get(term.id)),
                )
            )

    def add(self, line: Line) -> None:
        """A client that the batch adds: the rows that follow may be about the same one."""
        for way in (line.row.email, line.row.phone.e164):
            if way:
                self._fresh.setdefault(way, []).append(line)

    def erased(self, row: ClientRow, client: Any) -> str:
        """Why a row that would bring an erased person back is left out, a known client’s too; else empty."""
        ways = (row.code, row.email, row.phone.e164, *row.others)
        own = (client.code, client.email, client.phone) if client else ()
        at = next((self._erased[way] for way in ways if way in self._erased and way not in own), None)
        if at is None:
            return ""
        return f"cette personne a été effacée le {in_french(day_of(at))}{THIN}: la ligne est laissée de côté"

    def others(self, row: ClientRow, code: str) -> list[Any]:
        """The clients of other codes who have the row's address or number, in this batch too."""
        found = [*self._having(row.email), *self._having(row.phone.e164)]
        return [one for one in found if isinstance(one, Line) or one.code != code]

    def find(self, row: ClientRow) -> Any:
        """The client a row is about, the line of this batch that adds it, None for a new one, or why nobody
        can tell.

        Without a code an address or a number says who only where the name agrees: of two people who share
        one, none is ever written over the other. A name that only may be the same (an initial, no first name,
        another last name) needs the same number, or none.
        """
        if row.code:
            return self._by_code.get(row.code)
        by_email, by_phone = self._having(row.email), self._having(row.phone.e164)
        same = [one for one in (*by_email, *by_phone) if _is_named(one, row)]
        sure = [one for one in same if _is_sure(one, row)]
        if sure:
            return _the_one(sure)
        if same:
            differs = "dont le nom s’écrit autrement et le téléphone est un autre"
            return f"c’est l’adresse de {_named(same[0])}, {differs}{THIN}: donnez un code"
        if row.email and (not by_email or _is_elsewhere(row, by_email)):
            return None  # somebody of their own, whoever else answers the phone
        if by_email or by_phone:
            other = (by_email or by_phone)[0]
            what = "l’adresse" if by_email else "le numéro"
            whose = _named(other)
            return f"c’est {what} de {whose}, d’un autre nom{THIN}: donnez un code pour une autre personne"
        return None

    def _having(self, way: str) -> list[Any]:
        return [*self._by_way.get(way, ()), *self._fresh.get(way, ())] if way else []

    def terms(self, client_id: int) -> list[Term]:
        return self._terms.get(client_id, [])


def _renewed_by(term: AnyRow, pause: Pause | None) -> date | None:
    """The day by which the client of a term is known to have renewed it or come back.

    None where no fact gives one; a lower plan was agreed on a day that no file puts right.
    """
    if term.dated_by_import:
        return None
    if term.status == SubscriptionStatus.DOWNGRADED:
        return date.min
    at = term.settled_at if term.status == SubscriptionStatus.RENEWED else term.came_back_at
    if pause is not None and pause.resumed_at is not None:
        at = pause.resumed_at
    return day_of(at) if at else None


def _details(one: Any) -> tuple[str, str, str]:
    """First name, last name and number of a client, or of a row of this batch."""
    if isinstance(one, Line):
        details = one.row.details
        return details["first_name"], details["last_name"], details["phone"]
    return one.first_name, one.last_name, one.phone


def _named(one: Any) -> str:
    first, last, _ = _details(one)
    code = one.row.code if isinstance(one, Line) else one.code
    where = code or f"ligne {one.number}"
    return f"{first} {last}".strip() + f" ({where})"


def _is_named(one: Any, row: ClientRow) -> bool:
    first, last, _ = _details(one)
    return same_person(first, last, row.details["first_name"], row.details["last_name"])


def _is_sure(one: Any, row: ClientRow) -> bool:
    """Whether nothing but the spelling of the name tells the row from a client who may be the same person."""
    first, last, phone = _details(one)
    if not phone or not row.phone.e164 or phone == row.phone.e164:
        return True
    return name_words(first, last) == name_words(row.details["first_name"], row.details["last_name"])


def _is_elsewhere(row: ClientRow, others: Sequence[Any]) -> bool:
    """Whether a row has a number, and none of the others has the same or none."""
    phones = {_details(one)[2] for one in others}
    return bool(row.phone.e164) and row.phone.e164 not in phones and "" not in phones


def _the_one(same: Sequence[Any]) -> Any:
    """Of those who may be meant, the only one, else the only one whose code was given here, or why not."""
    found = {id(one): one for one in same}
    for chosen in (
        list(found.values()),
        [one for one in found.values() if isinstance(one, Line)],
        [one for one in found.values() if not isinstance(one, Line) and _given_here(one.code)],
    ):
        if len(chosen) == 1:
            return chosen[0]
    return "plusieurs clients répondent à cette adresse ou ce numéro\u202f: donnez le code"


def _given_here(code: str) -> bool:
    return _number(code) >= FIRST_GIVEN_CODE


def _changed(client: Any, row: ClientRow, unmeasured: Collection[int]) -> tuple[dict[str, Any], list[str]]:
    """The columns of a known client after a row, and what changed in words; none when nothing did.

    An empty cell says nothing, and one that is no address or number takes nothing away. What agents learnt
    since stays: a number found wrong, an address that bounced, an opposition. unmeasured: the clients who
    took back that their openings are measured, which they alone give again.
    """
    before = {name: getattr(client, name) for name in store.CLIENT_COLUMNS}
    after = dict(before)
    said = dict(row.details)
    for name in ("first_name", "last_name"):
        if says_less(said[name], before[name]):
            del said[name]
    if said["email"] in ("", client.email) or (client.email and client.email_usable > said["email_usable"]):
        del said["email"], said["email_usable"]
    if said["phone_raw"] in ("", client.phone_raw) or (client.phone and said["phone"] in ("", client.phone)):
        del said["phone_raw"], said["phone"], said["phone_kind"], said["sms_usable"]
    if client.call_consent_at is not None or client.opposed_call or said["opposed_call"]:
        del said["call_consent_at"]
    if client.tracking_consent_at is not None or client.id in unmeasured:
        del said["tracking_consent_at"]
    after |= {name: value for name, value in said.items() if value not in ("", False, None)}
    if "email" in said:
        after["email_usable"] = said["email_usable"]
    if "phone" in said:
        after["phone"] = said["phone"]
        if said["phone"] and not said["timezone"] and client.timezone == read_phone(client.phone).timezone:
            after["timezone"] = row.phone.timezone  # that of the number, as when the client came
    if after["opposed_call"]:
        after["call_consent_at"] = None
    if after == before:
        return {}, []
    told = [column.words for name, column in FIELDS.items() if after[name] != before[name]]
    return indexed(client.code, after), told


def indexed(code: str, columns: dict[str, Any]) -> dict[str, Any]:
    """The columns with those by which a client is searched: what is written, and how the name sounds."""
    names = {name: columns[name] for name in ("first_name", "last_name", "email", "phone")}
    found = {"search": search_text(code=code, **names), "sound": sound(columns["last_name"])}
    return columns | found


def note_key(client_id: int, note: str) -> str:
    """The key of an imported note's event: the same words for the same client are written once."""
    return f"import:note:{client_id}:{hashlib.sha256(note.encode()).hexdigest()[:24]}"
