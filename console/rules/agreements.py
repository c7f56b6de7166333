"""What an agreement given on the phone is worth on a day: it counts at once, and lapses without a proof."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from console.base.dates import day_of, plus_days, start_of
from console.base.french import THIN, day
from console.base.vocabulary import CallOutcome
from console.rules.outcomes import RETENTIONS, NextTerm

LAPSE_DAYS = 30
"""An agreement without a proof holds for so many days after the expiry."""
REMIND_AFTER = timedelta(hours=48)
"""How long the client is left before somebody has to take the agreement up again."""


class AgreementState(StrEnum):
    """What an agreement is at present."""

    LINK = "link"  # the client wants to renew alone: nothing is agreed yet
    ORAL = "oral"  # said on the phone, no proof yet
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class Proof(StrEnum):
    """How an agreement was confirmed."""

    WRITTEN = "written"  # the client accepted in writing
    SEEN = "seen"  # an agent saw that they did
    PAID = "paid"
    RENEWED = "renewed"  # they renewed by themselves
    FILE = "file"  # the company's own file shows the new expiry
    UNKNOWN = "unknown"  # from before agreements were followed


@dataclass(frozen=True, slots=True)
class Agreement:
    """An agreement to a term that ends on `expires_on`."""

    outcome: CallOutcome
    expires_on: date
    agreed_at: datetime
    confirmed_at: datetime | None = None
    withdrawn_at: datetime | None = None

    @property
    def lapses_on(self) -> date | None:
        """The first day on which it holds no more without a proof; None for what time does not undo.

        A pause costs nothing and has an end of its own; a link is no agreement.
        """
        kept = RETENTIONS.get(self.outcome)
        if kept is None or kept.next_term is NextTerm.NONE:
            return None
        last = max(self.expires_on, day_of(self.agreed_at))
        return plus_days(last, LAPSE_DAYS + 1)

    def state(self, today: date) -> AgreementState:
        """What it is on a day; a proof that came too late does not bring it back."""
        if self.withdrawn_at is not None:
            return AgreementState.WITHDRAWN
        over = self.lapses_on
        if self.confirmed_at is not None:
            late = over is not None and self.confirmed_at >= start_of(over)
            return AgreementState.LAPSED if late else AgreementState.CONFIRMED
        if self.outcome not in RETENTIONS:
            return AgreementState.LINK
        return AgreementState.LAPSED if over is not None and today >= over else AgreementState.ORAL

    def holds(self, today: date) -> bool:
        """Whether the term is kept, or was opened, by it."""
        return self.state(today) in {AgreementState.ORAL, AgreementState.CONFIRMED}

    def words(self, today: date) -> str:
        """How it stands, as it is read on a client's file."""
        on = day(day_of(self.agreed_at))
        over = f"{THIN}; sans elle, il ne vaut plus le {day(self.lapses_on)}" if self.lapses_on else ""
        match self.state(today):
            case AgreementState.LINK:
                return f"lien envoyé le {on}, pas encore de réponse"
            case AgreementState.ORAL:
                return f"donné au téléphone le {on}, confirmation écrite attendue{over}"
            case AgreementState.CONFIRMED:
                return f"donné au téléphone le {on}, confirmé"
            case AgreementState.WITHDRAWN:
                return f"retiré, après un accord donné le {on}"
            case AgreementState.LAPSED:
                return f"donné au téléphone le {on}, jamais confirmé"
