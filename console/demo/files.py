"""Reads a demonstration data set (data/demo/*.toml): clients, and what happened to them up to an instant."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from console.base.dates import PARIS
from console.base.errors import ContentError
from console.base.toml_table import Fault, read_toml
from console.base.tree import Folder
from console.base.vocabulary import Billing, CallOutcome, Channel, Direction, Plan
from console.messages.events_file import FeedbackKind
from console.rules.files import BILLINGS, PLANS, Section

DIRECTIONS = {"sortant": Direction.OUTBOUND, "entrant": Direction.INBOUND}
OUTCOMES = {outcome.value: outcome for outcome in CallOutcome}
OPPOSITIONS = {"appel": Channel.CALL, "e-mail": Channel.EMAIL, "sms": Channel.SMS}
FACTS = {
    "note": None,
    "prix": FeedbackKind.PRICE_REQUEST,
    "plainte": FeedbackKind.COMPLAINT,
    "reponse": FeedbackKind.REPLY,
    "promesse": FeedbackKind.PROMISE,
}
BACK = {
    "ouverts": FeedbackKind.OPENED,
    "clics": FeedbackKind.CLICKED,
    "renouvele": FeedbackKind.RENEWED,
    "accepte": FeedbackKind.CONFIRMED,
}
"""What came back without a word, by its key: one instant or several."""
LONG_AGO = datetime.min.replace(tzinfo=PARIS)


@dataclass(frozen=True, slots=True)
class DemoFact:
    """Something noted about a client, or that came back; `kind` is None for a note."""

    kind: FeedbackKind | None
    at: datetime
    text: str = ""


@dataclass(frozen=True, slots=True)
class DemoCall:
    """A call walked through the script: digits as the agent pressed them, other texts as typed."""

    at: datetime
    direction: Direction
    keys: tuple[str, ...]
    outcome: CallOutcome


@dataclass(frozen=True, slots=True)
class DemoClient:
    """A client, the term that ends on `expires_on`, and what happened; reminders leave by themselves.

    first_expiry: the end of an earlier term, which one of the calls renews.
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
    opposed: frozenset[Channel] = frozenset()
    facts: tuple[DemoFact, ...] = ()
    calls: tuple[DemoCall, ...] = ()
    first_expiry: date | None = None


@dataclass(frozen=True, slots=True)
class DemoSet:
    """A data set; its clock starts at `instant`, and `agent` did what was done before."""

    name: str
    instant: datetime
    agent: str
    clients: tuple[DemoClient, ...]

    @property
    def by_the_month(self) -> "DemoSet":
        """The same clients, had they subscribed by the month."""
        return replace(self, clients=tuple(replace(one, billing=Billing.MONTHLY) for one in self.clients))


@dataclass(frozen=True, slots=True)
class DemoWords:
    """What clients are made up from; first names, last names and notes."""

    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    notes: tuple[str, ...]


def read_words(path: Folder) -> DemoWords:
    """The words of a file. Raises ContentError."""
    content, fault = read_toml(path)
    faults: list[Fault] = [fault] if fault else []
    section = Section(path.name, "", content, faults)
    found = DemoWords(section.texts("prenoms"), section.texts("noms"), section.texts("notes"))
    section.done()
    if not (fault or all((found.first_names, found.last_names, found.notes))):
        section.fault("« prenoms », « noms » et « notes » sont nécessaires")
    if faults:
        raise ContentError("\n".join(str(one) for one in faults))
    return found


def read_demo(path: Folder) -> DemoSet:
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
        opposed=frozenset(row.words("oppositions", OPPOSITIONS)),
        facts=(
            *(_fact(one) for one in row.many("faits", name="nature", needed=False)),
            *(DemoFact(kind, at) for key, kind in BACK.items() for at in _instants(row, key)),
        ),
        calls=tuple(_call(one) for one in row.many("appels", name="issue", needed=False)),
        first_expiry=row.day("premiere_echeance") if "premiere_echeance" in row.rest else None,
    )
    row.done()
    return client


def _fact(row: Section) -> DemoFact:
    nature = row.word("nature", {one: one for one in FACTS})
    if nature is None:
        row.fault("« nature » manque")
    kind = FACTS[nature or "note"]
    fact = DemoFact(kind, _instant(row, "le") or LONG_AGO, row.text("texte"))
    row.done()
    return fact


def _call(row: Section) -> DemoCall:
    outcome = row.word("issue", OUTCOMES)
    if outcome is None:
        row.fault("« issue » manque")
    call = DemoCall(
        at=_instant(row, "le") or LONG_AGO,
        direction=row.word("sens", DIRECTIONS) or Direction.OUTBOUND,
        keys=row.texts("touches"),
        outcome=outcome or CallOutcome.NO_ANSWER,
    )
    row.done()
    return call


def _instant(row: Section, key: str) -> datetime | None:
    """A local date and time, in Paris."""
    return _in_paris(row, key, row.rest.pop(key, None))


def _instants(row: Section, key: str) -> list[datetime]:
    found = row.rest.pop(key, [])
    all_given = [_in_paris(row, key, one) for one in (found if isinstance(found, list) else [found])]
    return [one for one in all_given if one is not None]


def _in_paris(row: Section, key: str, value: object) -> datetime | None:
    if not isinstance(value, datetime) or value.tzinfo is not None:
        row.fault(f"« {key} » doit être un jour et une heure, comme 2025-12-20T14:00:00")
        return None
    return value.replace(tzinfo=PARIS)
