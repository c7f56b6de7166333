"""What the rows of an import change: which client each is about, and what is to be written for it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlmodel import Session

from console.base.french import day as in_french
from console.base.text import search_text
from console.base.vocabulary import Billing, Plan, SubscriptionStatus
from console.imports import store
from console.imports.rows import ClientRow, client_keys
from console.rules.client_columns import FIELDS, Fault, code_of
from console.rules.terms import Term, change_terms

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
    renewed: list[tuple[int, Term, date]] = field(default_factory=list)
    notes: list[tuple[int, str]] = field(default_factory=list)
    changes: dict[int, list[str]] = field(default_factory=dict)
    refused: list[tuple[Line, Fault]] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)
    unchanged: int = 0


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
        self._next_code = 0

    def plan(self, session: Session, lines: Sequence[Line], today: date) -> BatchPlan:
        """What becomes of each row. Nothing is written, and nothing remembered before `accept`."""
        known = _Known(session, [line.row for line in lines])
        plan = BatchPlan()
        for line in lines:
            self._plan_line(session, plan, known, line, today)
        _drop_known_notes(session, plan)
        return plan

    def accept(self, plan: BatchPlan) -> None:
        """The plan has been carried out: its clients are met."""
        for number in plan.seen:
            self._met.add(number)

    def forget_codes(self) -> None:
        """Somebody else gave codes meanwhile: the next one is looked up again."""
        self._next_code = 0

    def _plan_line(self, session: Session, plan: BatchPlan, known: "_Known", line: Line, today: date) -> None:
        row = line.row
        client = known.find(row)
        if isinstance(client, str):
            plan.refused.append((line, Fault("email" if row.details["email"] else "telephone", "", client)))
            return
        identity = _number(client.code if client else row.code or row.keys[0])
        if identity in self._met or identity in plan.seen:
            where = "code" if row.code else "email" if row.details["email"] else "telephone"
            value = row.code or row.details["email"] or row.details["phone_raw"]
            plan.refused.append((line, Fault(where, value, "ce client est déjà dans une ligne précédente")))
            return
        plan.seen.add(identity)
        if client is None:
            code = row.code or self._give_code(session)
            plan.new.append((line, code))
            plan.seen.update((_number(code), *(() if row.code else (_number(row.keys[0]),))))
            return
        change = change_terms(
            known.terms(client.id),
            plan=row.plan,
            billing=row.billing,
            expires_on=row.expires_on,
            today=today,
            annual=self._annual,
        )
        if change.refused:
            plan.refused.append((line, Fault("expire_le", in_french(row.expires_on), change.refused)))
            return
        columns, said = _changed(client, row)
        if change.term:
            plan.terms.append((client.id, client.code, change.term))
            said.append(f"échéance {in_french(row.expires_on)}" if change.renewed else "abonnement")
        if change.renewed:
            plan.renewed.append((client.id, change.renewed, row.expires_on))
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


def _number(key: str) -> int:
    """What a client is recognised by: the code's number, else the key's hash, kept apart below 0."""
    return int(key[4:]) if key.startswith("CLT-") else -abs(hash(key)) - 1


def _drop_known_notes(session: Session, plan: BatchPlan) -> None:
    keys = store.known_events(session, [note_key(client, note) for client, note in plan.notes])
    plan.notes = [(client, note) for client, note in plan.notes if note_key(client, note) not in keys]
    for client, _ in plan.notes:
        if client not in plan.changes:
            plan.changes[client] = []
            plan.unchanged -= 1


class _Known:
    """The clients that a batch may be about, and their terms."""

    def __init__(self, session: Session, batch: Sequence[ClientRow]) -> None:
        codes = [row.code for row in batch if row.code]
        keys = [key for row in batch if not row.code for key in row.keys]
        clients = store.known_clients(session, codes, keys)
        self._by_code = {client.code: client for client in clients}
        self._by_key: dict[str, list[Any]] = {}
        for client in clients:
            self._by_key.setdefault(client.source_key, []).append(client)
        self._terms: dict[int, list[Term]] = {}
        for term in store.terms_of(session, [client.id for client in clients]):
            self._terms.setdefault(term.client_id, []).append(
                Term(
                    term.id,
                    Plan(term.plan),
                    Billing(term.billing),
                    term.starts_on,
                    term.expires_on,
                    SubscriptionStatus(term.status),
                    term.anchor_day or term.starts_on.day,
                )
            )

    def find(self, row: ClientRow) -> Any:
        """The client a row is about, None for a new one, or why it cannot be told."""
        if row.code:
            return self._by_code.get(row.code)
        for key in row.keys:
            found = self._by_key.get(key, [])
            given_here = [one for one in found if int(one.code.removeprefix("CLT-")) >= FIRST_GIVEN_CODE]
            if len(found) == 1 or len(given_here) == 1:
                return found[0] if len(found) == 1 else given_here[0]
            if found:
                return "plusieurs clients répondent à cette adresse ou ce numéro : donnez le code"
        return None

    def terms(self, client_id: int) -> list[Term]:
        return self._terms.get(client_id, [])


def _changed(client: Any, row: ClientRow) -> tuple[dict[str, Any], list[str]]:
    """The columns of a known client after a row, and what changed in words; none when nothing did.

    An empty cell says nothing. What agents learnt since stays: a number found wrong, an address that
    bounced, an opposition.
    """
    before = {name: getattr(client, name) for name in store.CLIENT_COLUMNS}
    after = dict(before)
    said = dict(row.details)
    if said["email"] in ("", client.email):
        del said["email"], said["email_usable"]
    if said["phone_raw"] in ("", client.phone_raw):
        del said["phone_raw"], said["phone"], said["phone_kind"], said["sms_usable"]
    if client.call_consent_at is not None or client.opposed_call or said["opposed_call"]:
        del said["call_consent_at"]
    if client.tracking_consent_at is not None:
        del said["tracking_consent_at"]
    after |= {name: value for name, value in said.items() if value not in ("", False, None)}
    if "email" in said:
        after["email_usable"] = said["email_usable"]
    if "phone" in said:
        after["phone"] = said["phone"]
    if after["opposed_call"]:
        after["call_consent_at"] = None
    if after == before:
        return {}, []
    told = [column.words for name, column in FIELDS.items() if after[name] != before[name]]
    return indexed(client.code, after), told


def indexed(code: str, columns: dict[str, Any]) -> dict[str, Any]:
    """The columns with those by which a client is searched and recognised."""
    names = {name: columns[name] for name in ("first_name", "last_name", "email", "phone")}
    keys = client_keys(columns["email"] if columns["email_usable"] else "", columns["phone"])
    return columns | {"search": search_text(code=code, **names), "source_key": keys[0] if keys else ""}


def note_key(client_id: int, note: str) -> str:
    return f"import:note:{client_id}:{hashlib.sha256(note.encode()).hexdigest()[:24]}"
