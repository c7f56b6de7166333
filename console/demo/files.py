"""Reads a demonstration data set (data/demo/*.toml): clients, and what happened to them up to an instant."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from console.base.dates import PARIS
from console.base.errors import ContentError
from console.base.history import EventKind
from console.base.toml_table import Fault, read_toml
from console.base.vocabulary import Billing, CallOutcome, Channel, Direction, Plan
from console.rules.files import BILLINGS, PLANS, Section

DIRECTIONS = {"sortant": Direction.OUTBOUND, "entrant": Direction.INBOUND}
OUTCOMES = {outcome.value: outcome for outcome in CallOutcome}
OPPOSITIONS = {"appel": Channel.CALL, "e-mail": Channel.EMAIL, "sms": Channel.SMS}
FACTS = {
    "note": EventKind.NOTE,
    "prix": EventKind.PRICE_REQUEST,
    "plainte": EventKind.COMPLAINT,
    "reponse": EventKind.REPLY,
    "promesse": EventKind.PROMISE,
    "conversation": EventKind.CONVERSATION,
}
LONG_AGO = datetime.min.replace(tzinfo=PARIS)


@dataclass(frozen=True, slots=True)
class DemoFact:
    """Something noted about a client; `kind` is an event's."""

    kind: EventKind
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class DemoCall:
    """A call walked through the script: digits as the agent pressed them, other texts as typed."""

    at: datetime
    direction: Direction
    keys: tuple[str, ...]
    outcome: CallOutcome


@dataclass(frozen=True, slots=True)
class DemoClient:
    """A client and the term that ends on `expires_on`. Reminders are sent on their day unless settled before.

    first_expiry: the end of an earlier term, which one of the calls renews. renewed_at: renewed by the link
    of an e-mail, with the offer that ran then. callback_at: a call that the client asked for. opened and
    clicked: by step.
    """

    code: str
    civility: str
    first_name: str
    last_name: str
    email: str
    phone: str
    since: date
    expires_on: date
    timezone: str = ""
    plan: Plan = Plan.PREMIUM
    billing: Billing = Billing.ANNUAL
    opened: Mapping[str, datetime] = field(default_factory=dict)
    clicked: Mapping[str, datetime] = field(default_factory=dict)
    opposed: frozenset[Channel] = frozenset()
    facts: tuple[DemoFact, ...] = ()
    calls: tuple[DemoCall, ...] = ()
    renewed_at: datetime | None = None
    callback_at: datetime | None = None
    first_expiry: date | None = None


@dataclass(frozen=True, slots=True)
class DemoSet:
    """A data set; its clock starts at `instant`, and `agent` did what was done before."""

    name: str
    instant: datetime
    agent: str
    clients: tuple[DemoClient, ...]


@dataclass(frozen=True, slots=True)
class DemoWords:
    """What clients are made up from; first names, last names and notes."""

    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    notes: tuple[str, ...]


def read_words(path: Path) -> DemoWords:
    """The words of a file. Raises ContentError."""
    content, fault = read_toml(path)
    faults: list[Fault] = [fault] if fault else []
    section = Section(path.name, "", content, faults)
    found = DemoWords(section.texts("prenoms"), section.texts("noms"), section.texts("notes"))
    section.done()
    if not (fault or all((found.first_names, found.last_names, found.notes))):
        section.fault("« prenoms », « noms » et « notes » sont nécessaires")
    if faults:
        raise ContentError("\n".join(str(one) for one in faults))
    return found


def read_demo(path: Path) -> DemoSet:
    """The data set in a file. Raises ContentError naming every fault: file, client, reason."""
    content, fault = read_toml(path)
    faults: list[Fault] = [fault] if fault else []
    section = Section(path.name, "", content, [] if fault else faults)
    found = DemoSet(
        name=path.stem,
        instant=_instant(section, "instant") or LONG_AGO,
        agent=section.needed("agent"),
        clients=tuple(_client(row) for row in section.many("clients")),
    )
    section.done()
    codes = [client.code for client in found.clients]
    faults += [
        Fault(path.name, code, "ce code est donné deux fois")
        for code in sorted({code for code in codes if codes.count(code) > 1})
    ]
    if faults:
        raise ContentError("\n".join(str(one) for one in faults))
    return found


def _client(row: Section) -> DemoClient:
    client = DemoClient(
        code=row.needed("code"),
        civility=row.text("civilite"),
        first_name=row.text("prenom"),
        last_name=row.needed("nom"),
        email=row.text("email"),
        phone=row.text("telephone"),
        since=row.day("client_depuis"),
        expires_on=row.day("expire_le"),
        timezone=row.text("fuseau"),
        plan=row.word("formule", PLANS) or Plan.PREMIUM,
        billing=row.word("periodicite", BILLINGS) or Billing.ANNUAL,
        opened=_instants(row, "ouverts"),
        clicked=_instants(row, "clics"),
        opposed=frozenset(row.words("oppositions", OPPOSITIONS)),
        facts=tuple(_fact(one) for one in row.many("faits", name="nature", needed=False)),
        calls=tuple(_call(one) for one in row.many("appels", name="issue", needed=False)),
        renewed_at=_instant(row, "renouvele", needed=False),
        callback_at=_instant(row, "rappel", needed=False),
        first_expiry=row.day("premiere_echeance") if "premiere_echeance" in row.rest else None,
    )
    row.done()
    return client


def _fact(row: Section) -> DemoFact:
    kind = row.word("nature", FACTS)
    if kind is None:
        row.fault("« nature » manque")
    fact = DemoFact(kind or EventKind.NOTE, _instant(row, "le") or LONG_AGO, row.text("texte"))
    row.done()
    return fact


def _call(row: Section) -> DemoCall:
    outcome = row.word("issue", OUTCOMES)
    if outcome is None:
        row.fault("« issue » manque")
    call = DemoCall(
        at=_instant(row, "le") or LONG_AGO,
        direction=row.word("sens", DIRECTIONS) or Direction.OUTBOUND,
        keys=row.texts("touches"),
        outcome=outcome or CallOutcome.NO_ANSWER,
    )
    row.done()
    return call


def _instant(row: Section, key: str, *, needed: bool = True) -> datetime | None:
    """A local date and time, in Paris."""
    value = row.rest.pop(key, None)
    if value is None and not needed:
        return None
    if not isinstance(value, datetime) or value.tzinfo is not None:
        row.fault(f"« {key} » doit être un jour et une heure, comme 2025-12-20T14:00:00")
        return None
    return value.replace(tzinfo=PARIS)


def _instants(row: Section, key: str) -> dict[str, datetime]:
    table = row.table(key) or {}
    inner = Section(row.file, f"{row.step}, {key}", table, row.faults)
    found = {code: _instant(inner, code) for code in list(table)}
    return {code: instant for code, instant in found.items() if instant is not None}
