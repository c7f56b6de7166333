"""Services that answer from memory: screens are tried without a database."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from console.base.dates import PARIS
from console.base.errors import RefusedInputError
from console.base.history import HistoryEntry
from console.base.vocabulary import (
    Action,
    Direction,
    DraftField,
    Figure,
    Objection,
    Pane,
)
from console.cases.views import Campaign, CaseRow, RowsPage
from console.clients.views import ClientFile, OfferView, StepMark, StepState
from console.content import Content, default_root
from console.dashboard.views import DashboardView
from console.figures.rules import against_pace
from console.records.counting import Cell, Row, Topic
from console.records.reasons import Crossing
from console.records.views import RefusalFile, RefusalRow
from console.rules.churn import OBJECTION_LABELS
from console.supervision.views import TodoCounts, TodoKind, TodoPage
from tests.screens.shown import shown

NOW = datetime(2025, 12, 20, 14, 0, tzinfo=PARIS)
MONTH = Campaign(date(2025, 12, 1), date(2025, 12, 31))


def case(number: int, name: str, pane: Pane = Pane.WEEK, **changes: Any) -> CaseRow:
    row = CaseRow(
        client_id=number,
        subscription_id=number,
        code=f"CLT-{number:05d}",
        name=name,
        pane=pane,
        vip=False,
        seniority_months=7,
        expires_on=date(2025, 12, 28),
        days_left=8,
        status="en attente de réaction",
        action=Action.SMS,
        action_label="SMS",
        reason="aucun e-mail ouvert, à 14 jours ou moins de l’échéance",
        at_risk=True,
        act_at=None,
        when_label="24/12",
        mails="2 e-mails envoyés, aucun ouvert",
        offer="35,14 € jusqu’au 24/12",
        note="",
        callable_now=False,
    )
    return replace(row, **changes)


URGENT = (
    case(
        245,
        "Marie Dupuis",
        Pane.URGENT,
        vip=True,
        seniority_months=18,
        expires_on=date(2025, 12, 31),
        days_left=11,
        action=Action.CALL,
        action_label="Appel recommandé",
        when_label="maintenant",
        reason="a demandé à être rappelée le 20/12 à 14:00",
        at_risk=False,
        mails="2 e-mails envoyés, dernier non ouvert",
        offer="34,99 € + 1 atelier jusqu’au 24/12",
        note="Préfère être appelée en début d’après-midi.",
        callable_now=True,
        act_at=NOW,
        callback_at=NOW,
    ),
    case(
        156,
        "Paul Martin",
        Pane.URGENT,
        expires_on=date(2025, 12, 31),
        days_left=11,
        action=Action.MESSAGE,
        action_label="E-mail ou SMS",
        when_label="aujourd’hui",
        reason="dernier e-mail ouvert le 17/12, sans clic depuis 2 jours ou plus",
        at_risk=False,
        mails="2 e-mails envoyés, dernier ouvert, non cliqué",
    ),
    case(
        89,
        "Sophie Bernard",
        Pane.URGENT,
        expires_on=date(2025, 12, 31),
        days_left=11,
        action=Action.CALL,
        action_label="Appel recommandé",
        when_label="lun. 22/12 à 10:00",
        reason="demande un prix plus bas et n’a ouvert aucun e-mail",
        mails="2 e-mails envoyés, aucun ouvert",
        offer="36,99 € + 1 atelier (20 €) jusqu’au 24/12",
        note="Demande un tarif plus bas.",
    ),
)
NAMES = (
    "Élodie Garçon", "Jean-François Le Goff", "Aïcha Ben Saïd", "Loïc d’Arvor", "Zoé Lefèvre",
    "Marie-Noëlle de La Tour", "Hugo Petit", "Inès Moreau", "Óscar Nuñez", "Anaïs Roux",
    "Thibault Œuvrard", "Chloé Blanc", "Noé Faure",
)  # fmt: skip
WEEK = tuple(case(300 + i, name, at_risk=i < 7) for i, name in enumerate(NAMES))
LATER = tuple(
    case(400 + i, f"Client plus tard {i + 1}", Pane.LATER, at_risk=False, action=Action.WAIT,
         action_label="Attendre J-3", when_label="28/12", reason="a cliqué le 18/12") for i in range(8)
)  # fmt: skip
KEPT = tuple(
    case(500 + i, f"Client fidèle {i + 1}", Pane.RETAINED, at_risk=False, status="renouvelé",
         offer="1 atelier offert" if i < 18 else "") for i in range(23)
)  # fmt: skip
REFUSALS = tuple(
    RefusalRow(i, 600 + i, f"CLT-{600 + i:05d}", name, NOW - timedelta(days=i), code, label, said, "Jean")
    for i, (name, code, label, said) in enumerate(
        (
            ("Gérard Vasseur", "PRIX", "Trop cher", "Je dois faire des économies en ce moment."),
            ("Lucie Hamon", "USAGE", "Pas assez utilisé", "Je ne m’en sers presque plus."),
            ("Karim Haddad", "PROJET", "Autre projet", "Je change de métier."),
        ),
        1,
    )
)


@dataclass
class FakeDashboard:
    """Answers with lists that a test may replace; `token` changes when they do."""

    urgent: tuple[CaseRow, ...] = URGENT
    week: tuple[CaseRow, ...] = WEEK
    later: tuple[CaseRow, ...] = LATER
    retained: tuple[CaseRow, ...] = KEPT
    refused: tuple[RefusalRow, ...] = REFUSALS
    lapsed: tuple[CaseRow, ...] = ()
    version: int = 0
    now: datetime = NOW
    fresh_until: datetime | None = None
    error: Exception | None = None
    empty: bool = False
    asked: list[Any] = field(default_factory=list)

    def cases(self, figure: Figure) -> tuple[CaseRow, ...]:
        awaiting = self.urgent + self.week + self.later
        return {
            Figure.TO_CONTACT: awaiting + self.retained,
            Figure.RETAINED: self.retained,
            Figure.RENEWED: self.retained,
            Figure.FATE_RENEWED: self.retained,
            Figure.AWAITING: awaiting,
            Figure.AT_RISK: tuple(row for row in awaiting if row.at_risk),
            Figure.URGENT: self.urgent,
            Figure.WEEK: self.week,
            Figure.LATER: self.later,
            Figure.LAPSED: self.lapsed,
            Figure.WORKSHOPS: self.retained[:18],
        }.get(figure, ())

    def view(self, campaign: Campaign | None = None) -> DashboardView:
        if self.error:
            raise self.error
        campaign = campaign or MONTH
        here = campaign == MONTH
        counts = {figure: len(self.cases(figure)) if here else 0 for figure in Figure}
        counts[Figure.REFUSED] = len(self.refused) if here else 0
        return DashboardView(
            now=self.now,
            who="démo · Jean",
            campaign=campaign,
            deadline=campaign.last,
            counts=counts,
            cohort=50,
            over=False,
            pace_expected=Decimal(44),
            renewals=against_pace(len(self.retained) if here else 0, 50, Decimal(44)),
            urgent=self.urgent if here else (),
            week=self.week if here else (),
            retained=self.retained if here else (),
            refused=self.refused if here else (),
            token=self.token(),
            fresh_until=self.fresh_until,
            empty=self.empty,
        )

    def rows(self, campaign: Campaign, figure: Figure, offset: int, limit: int) -> RowsPage[CaseRow]:
        self.asked.append((figure, offset, limit))
        found = self.cases(figure) if campaign == MONTH else ()
        return RowsPage(len(found), found[offset : offset + limit])

    def neighbour(self, campaign: Campaign, step: int) -> Campaign:
        first = (campaign.first + timedelta(days=32 if step > 0 else -1)).replace(day=1)
        last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        return Campaign(first, last)

    def token(self) -> str:
        if self.error:
            raise self.error
        return str(self.version)


@dataclass
class FakeClients:
    """The clients of the dashboard; acts are remembered in `done`."""

    dashboard: FakeDashboard
    done: list[Any] = field(default_factory=list)

    def search(self, text: str, limit: int = 50) -> tuple[CaseRow, ...]:
        rows = self.dashboard.cases(Figure.TO_CONTACT)
        return tuple(row for row in rows if text.lower() in f"{row.name} {row.code}".lower())[:limit]

    def file(self, client_id: int) -> ClientFile:
        row = next(r for r in self.dashboard.cases(Figure.TO_CONTACT) if r.client_id == client_id)
        entries = (
            HistoryEntry(NOW - timedelta(days=3), "mail_sent", "E-mail J-14 envoyé", "Offre fidélité", ""),
            HistoryEntry(NOW - timedelta(days=20), "mail_opened", "E-mail J-30 ouvert", "", ""),
        )
        return ClientFile(
            case=row,
            civility="Mme",
            first_name=row.name.split()[0],
            email="marie.dupuis@example.org",
            email_usable=True,
            phone="06 39 98 12 34",
            phone_state="mobile",
            details=(("Fuseau", "Europe/Paris"),),
            client_since=date(2024, 6, 15),
            plan="Premium",
            tariff="36,99 € par an",
            settled=(),
            condemned=False,
            shared_with="",
            call_consent_on=None,
            opposed=frozenset(),
            written_agreement="",
            agreement=None,
            owed=(),
            notes=(HistoryEntry(NOW - timedelta(days=2), "note", "Note", row.note or "Rien.", "Jean"),),
            history=entries,
            offers=(OfferView("Offre fidélité", "34,99 €", "2,00 €", "24/12/2025", True),),
            score=132,
            score_parts=(("VIP", 40), ("11 jours restants", 52), ("Valeur", 40)),
            next_steps=("J-7 : mercredi 24/12", "J-3 : dimanche 28/12"),
            journey=(
                StepMark("J-30", date(2025, 12, 1), "Premier rappel", StepState.OPENED, ("ouvert",)),
                StepMark(
                    "J-14", date(2025, 12, 17), "L’offre du client", StepState.SENT, ("e-mail : envoyé",)
                ),
                StepMark("J-7", date(2025, 12, 24), "Dernier jour de l’offre", StepState.NEXT),
                StepMark("J-3", date(2025, 12, 28), "Derniers jours", StepState.COMING),
            ),
        )

    def signals_in(self, text: str) -> tuple[Any, ...]:
        return ()

    def add_note(self, client_id: int, text: str, call_id: str | None = None, *, without: Any = ()) -> None:
        self.done.append(("note", client_id, text))

    def oppose(self, client_id: int, channel: Any, call_id: str | None = None) -> None:
        self.done.append(("oppose", client_id, channel))

    def draft(self, client_id: int, field: DraftField, about: int = 0) -> str:
        return ""

    def save_draft(self, client_id: int, field: DraftField, about: int, text: str) -> None:
        self.done.append(("draft", client_id, text))

    def note_advice(self, text: str) -> str:
        return ""


@dataclass
class FakeRefusals:
    """The refusals of the dashboard."""

    dashboard: FakeDashboard

    def page(self, campaign: Campaign | None, offset: int, limit: int) -> RowsPage[RefusalRow]:
        rows = self.dashboard.refused
        return RowsPage(len(rows), rows[offset : offset + limit])

    def file(self, record_id: int) -> RefusalFile:
        row = next(row for row in self.dashboard.refused if row.record_id == record_id)
        return RefusalFile(row, (("Motif", row.reason_label), ("Ce qu’il a dit", row.verbatim)), ())


REASONS = Content(default_root()).data.reasons


class FakeReasons:
    """A few refusals, the same whatever they are counted by."""

    def crossing(self, topic: Topic, period: Campaign | None) -> Crossing:
        columns = (REASONS.of("PRIX"), REASONS.of("USAGE"))
        counts = {"price": (9, 1), "usage": (2, 5), "definitive": (0, 3)}
        keys = dict(zip(counts, (f"2025-12-{n:02}" for n in (1, 8, 15)), strict=True))
        rows = tuple(
            Row(
                keys[key] if topic is Topic.WEEKS else key,
                OBJECTION_LABELS[Objection(key)],
                (Cell(sum(n), 20), *(Cell(one, sum(n)) for one in n)),
            )
            for key, n in counts.items()
        )
        return Crossing(topic, period or MONTH, 20, columns, rows)

    def words(self, period: Campaign) -> Any:
        return iter((self.crossing(Topic.WORDS, period),))

    def calls(self, *asked: Any, taken: bool) -> tuple[int, tuple[()]]:
        return 0, ()


@dataclass
class FakeTodo:
    """Nothing is to be taken up again."""

    now: TodoCounts = field(default_factory=TodoCounts)

    def counts(self) -> TodoCounts:
        return self.now

    def page(self, kind: TodoKind | None, offset: int, limit: int) -> TodoPage:
        return TodoPage(0, (), dict.fromkeys(TodoKind, 0), self.now)


@dataclass
class FakeCalls:
    """Begins no call; remembers who was to be called."""

    begun: list[Any] = field(default_factory=list)

    def resume(self) -> None:
        return None

    def waiting(self, call_id: str = "") -> int:
        return 0

    def arrived(self, call_id: str = "") -> list[Any]:
        return []

    def begin(self, client_id: int, direction: Direction, *, sure: bool = False) -> None:
        self.begun.append((client_id, direction))
        raise RefusedInputError("Aucun appel n’est possible ici.", "Rien n’a changé.", "Fermez ce message.")


def services(**changes: Any) -> Any:
    """The services of a demo of one's own, whose dashboard and the files it opens are these."""
    over, dashboard = shown(), FakeDashboard(**changes)
    told = {"first_view": dashboard.view, "token": dashboard.token, "reasons": FakeReasons()}
    told |= {"dashboard": dashboard, "clients": FakeClients(dashboard), "refusals": FakeRefusals(dashboard)}
    for name, one in (told | {"calls": FakeCalls(), "todo": FakeTodo()}).items():
        setattr(over, name, one)
    return over
