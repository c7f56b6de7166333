"""What the client's file shows: frozen values, already worded in French."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from console.base.history import HistoryEntry
from console.base.vocabulary import Channel
from console.cases.views import CaseRow
from console.rules.signals import Signal

NOT_OPPOSED = "Ce client ne s’oppose à rien."
NOTHING_CONDEMNED = "L’adresse et le numéro de ce client sont en service."


@dataclass(frozen=True, slots=True)
class OfferView:
    """An offer granted to, or open for, the client."""

    title: str
    price: str
    saving: str
    ends: str
    running: bool


class StepState(StrEnum):
    """Where a step of the timeline stands for a client."""

    SENT = "sent"
    OPENED = "opened"
    CLICKED = "clicked"
    WAITING = "waiting"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    CLOSED = "closed"  # a step without messages: the file was closed for want of an answer
    NEXT = "next"
    COMING = "coming"
    NONE = "none"  # nothing was sent, and nothing will be


@dataclass(frozen=True, slots=True)
class StepMark:
    """A step of the timeline for a client; `details` is one French line a message: what became of it."""

    code: str
    on: date
    title: str
    state: StepState
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClientFile:
    """The client's file."""

    case: CaseRow
    civility: str
    first_name: str
    email: str
    email_usable: bool
    phone: str  # national format
    phone_state: str  # « mobile », « fixe », « numéro invalide », « aucun numéro »
    condemned: bool  # the address or the number is out of use: a supervisor can give it back
    shared_with: str  # who else has the address or the number, in French; empty: nobody
    details: tuple[tuple[str, str], ...]  # what else the client’s columns tell: label and value
    client_since: date
    plan: str
    tariff: str
    settled: tuple[tuple[str, str], ...]  # what follows the term: label and value
    opposed: frozenset[Channel]
    call_consent_on: date | None  # agreed to be called after the expiry
    written_agreement: str  # the latest agreement, in words; empty without one
    agreement: int | None  # the term of which an agreement, or a link, still waits for the client
    owed: tuple[str, ...]  # what we have committed ourselves to, with its day and who owes it
    notes: tuple[HistoryEntry, ...]
    history: tuple[HistoryEntry, ...]
    offers: tuple[OfferView, ...]
    score: int
    score_parts: tuple[tuple[str, int], ...]
    next_steps: tuple[str, ...]  # timeline steps to come
    journey: tuple[StepMark, ...] = ()  # every step of the timeline, in date order
    signals: tuple[Signal, ...] = ()  # what the client let us know, and nobody took back
