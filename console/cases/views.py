"""What the screens get: frozen values, already worded in French where a person reads them.

Texts that come from clients are cleaned (see `console.base.text`); screens still show them without markup.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Generic, TypeVar

from console.base.dates import month_end, plus_days
from console.base.vocabulary import Action, Pane

Row = TypeVar("Row")
SETTLED_DAYS = 30
"""How long after its last expiry a campaign may still move."""


@dataclass(frozen=True, slots=True)
class Campaign:
    """The deadlines shown: every term expiring from `first` to `last`, both included.

    named: of these terms, those of the named campaign of that code (`rules/campaigns.py`); empty for all.
    """

    first: date
    last: date
    named: str = field(default="", kw_only=True)

    @property
    def settled_on(self) -> date:
        """Until that day its figures are provisional: facts may come late."""
        return plus_days(self.last, SETTLED_DAYS)


def month_of(day: date) -> Campaign:
    """The month that holds a day."""
    return Campaign(day.replace(day=1), month_end(day))


def month_beside(period: Campaign, step: int) -> Campaign:
    """The month before (step -1) or after (+1) a period."""
    return month_of(plus_days(period.last, 1) if step > 0 else plus_days(period.first, -1))


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case in a list: a line each; the urgent pane draws it as a card."""

    client_id: int
    subscription_id: int
    code: str
    name: str
    pane: Pane
    vip: bool
    seniority_months: int
    expires_on: date  # the last day of the term, or of the pause that brings it into the queue
    days_left: int
    status: str  # derived, agreeing with the person: « en attente de réaction », « renouvelée » ...
    action: Action
    action_label: str  # « Appel recommandé », « E-mail ou SMS », « Attendre J-7 (24/12) » ...
    reason: str  # why, in words
    at_risk: bool
    act_at: datetime | None  # next lawful moment for the action
    when_label: str  # « maintenant », « lun. 22/12 à 10:00 », « 24/12 »
    mails: str  # « 2 e-mails envoyés, dernier non ouvert »
    offer: str  # « 34,99 € + 1 atelier jusqu'au 24/12 », empty when none runs
    note: str  # latest internal note, first line
    callable_now: bool
    callback_at: datetime | None = None  # promised and still to be kept
    phone: str = ""  # as it is dialled
    email: str = ""
    there: str = ""  # « 05:00 chez le client », empty where their hour is Paris's
    last_call: str = ""  # « Dernier appel 22/12 10:24, Camille : service, a raccroché — « … » »
    with_agent: str = ""  # « Au téléphone avec Anne depuis 3 min », empty where no colleague is
    attempts: str = ""  # « 1 essai sur 4 », empty while nothing was dialled

    @property
    def awaited(self) -> bool:
        """Whether something is to be done; else `offer` says when it was settled, and what was given."""
        return bool(self.action_label)


@dataclass(frozen=True, slots=True)
class RowsPage(Generic[Row]):
    """Some of the rows of a list, and how many there are in all."""

    total: int
    rows: tuple[Row, ...]
