"""A small company in a SQLite file: one agent, a clock that the test moves, clients made to measure."""

import tempfile
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import SQLModel, select

from console.base.clock import Clock
from console.base.vocabulary import CallOutcome, Direction, MessagePurpose
from console.calls.views import CallView
from console.cases.upkeep import reassess
from console.content import Content, default_root
from console.context import Context
from console.db.engine import Database, open_database
from console.db.tables import Agreement, Client, Message, Subscription
from console.imports.plan import indexed
from console.messages.sources import PURPOSES
from console.rules.outcomes import kept_status
from console.services import Services, build

PARIS = ZoneInfo("Europe/Paris")
CONTENT = Content(default_root())


def plain(text: str) -> str:
    """With ordinary spaces, as a test is typed."""
    return text.replace("\u202f", " ").replace("\u00a0", " ")


def known_as(kind: str) -> dict[str, Any]:
    """The columns that tell what a message of that kind is."""
    purpose = PURPOSES.get(kind)
    if purpose is None:
        return {"kind": kind, "purpose": MessagePurpose.REMINDER, "step": kind}
    return {"kind": kind, "purpose": purpose}


def paris(text: str) -> datetime:
    """An instant written as it is read on a clock in Paris."""
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


@cache
def _empty() -> bytes:
    """A new database's file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "base.db"
        clock = Clock(lambda: paris("2025-12-20T14:00"))
        open_database(f"sqlite:///{path}", clock=clock, trial=True).close()
        return path.read_bytes()


@dataclass
class World:
    """The database, the hand of the clock, and the services as `agent` has them."""

    path: Path
    now: datetime
    agent: str = "Jean"
    url: str = ""  # another database than the file at `path`
    database: Database = field(init=False)
    services: Services = field(init=False)

    def __post_init__(self) -> None:
        self.clock = Clock(lambda: self.now)
        file = f"sqlite:///{self.path}"
        if self.url in ("", file) and not self.path.exists():
            self.path.write_bytes(_empty())
        self.database = open_database(self.url or file, clock=self.clock, trial=True)
        self.services = self.as_agent(self.agent)

    @property
    def context(self) -> Context:
        return self.services.ctx

    def as_agent(self, agent: str) -> Services:
        """Another console on the same database."""
        spool = self.path.with_name("en-attente.db")
        ctx = Context(self.database, self.clock, CONTENT, agent, demo=True, machine=self.clock, spool=spool)
        return build(ctx)

    def restart(self) -> Services:
        """The console closed and opened again; also what a killed one finds."""
        self.services = self.as_agent(self.agent)
        return self.services

    def wait(self, **delta: float) -> None:
        """Time goes by."""
        self.now += timedelta(**delta)

    def add(self, code: str = "CLT-00245", *, expires_on: date = date(2025, 12, 31), **columns: Any) -> int:
        """A client with a Premium term; gives the client's id. Columns of either table by name."""
        term: dict[str, Any] = {"plan": "premium", "billing": "annual", "starts_on": date(2025, 1, 1)}
        term |= {name: columns.pop(name) for name in list(columns) if name in Subscription.model_fields}
        person: dict[str, Any] = {
            "civility": "Mme",
            "first_name": "Marie",
            "last_name": "Dupuis",
            "email": "marie.dupuis@example.org",
            "email_usable": True,
            "phone": "+33639981234",
            "phone_kind": "mobile",
            "client_since": date(2024, 6, 1),
            "created_at": self.now,
            "updated_at": self.now,
        }
        with self.database.writing() as session:
            client = Client(code=code, **indexed(code, person | columns))
            session.add(client)
            session.flush()
            assert client.id is not None
            row = Subscription(client_id=client.id, expires_on=expires_on, **term)
            session.add(row)
            session.flush()
            assert row.id is not None
            reassess(session, self.context, [row.id])
            return client.id

    def agreed(self, client_id: int, outcome: CallOutcome = CallOutcome.RENEWED) -> int:
        """The client has just agreed on the phone, as a call writes it but for its letter; gives the term."""
        with self.database.writing() as session:
            term = session.exec(select(Subscription).where(Subscription.client_id == client_id)).one()
            term.status, term.retention = kept_status(outcome), outcome
            term.settled_at = self.now
            made: dict[str, Any] = {"outcome": outcome, "agreed_at": self.now, "agent": self.agent}
            session.add(Agreement(client_id=client_id, subscription_id=term.id or 0, **made))
            reassess(session, self.context, [term.id or 0])
            return term.id or 0

    def mail(self, client_id: int, kind: str, sent_at: datetime | None, **columns: Any) -> None:
        """A reminder e-mail: sent, or still queued when `sent_at` is None."""
        with self.database.writing() as session:
            term = session.exec(select(Subscription).where(Subscription.client_id == client_id)).one()
            status = "sent" if sent_at else "queued"
            row: dict[str, Any] = {
                "message_id": f"<{client_id}.{kind}@example.org>",
                "dedup_key": f"{client_id}:{kind}",
                "channel": "email",
                "text": "…",
                "recipient": "x@example.org",
                "not_before": sent_at or self.now,
            } | columns
            session.add(
                Message(
                    client_id=client_id,
                    subscription_id=term.id,
                    **known_as(kind),
                    status=status,
                    created_at=sent_at or self.now,
                    sent_at=sent_at,
                    **row,
                )
            )

    def all(self, table: type[SQLModel]) -> list[Any]:
        """Every row of a table."""
        with self.database.reading() as session:
            return list(session.exec(select(table)).all())

    def one(self, table: type[SQLModel]) -> Any:
        """Its only row."""
        (row,) = self.all(table)
        return row

    # -- calls -------------------------------------------------------------------------------------

    def begin(self, client_id: int, direction: Direction = Direction.OUTBOUND) -> CallView:
        """Opens a call."""
        return self.services.calls.begin(client_id, direction)

    def press(self, view: CallView, label: str, typed: str = "") -> CallView:
        """Takes the choice whose label begins so, half a minute later."""
        (index,) = [c.index for c in view.choices if plain(c.label).startswith(label)]
        self.wait(seconds=30)
        return self.services.calls.choose(view.call_id, view.seq, index, typed)

    def walk(self, view: CallView, *labels: str) -> CallView:
        """Several choices in a row; « label = text » types the text first."""
        for label in labels:
            name, _, typed = label.partition(" = ")
            view = self.press(view, name, typed)
        return view


DIAL = "Composer", "Le client est au bout du fil"
REFUSAL = (
    *DIAL,
    "Hésite",
    "Le prix",
    "Rien ne lui convient",
    "Trop cher",
    "Noté, conclure = Je dois faire des économies en ce moment.",
    "Bonne relation : relance",
)
