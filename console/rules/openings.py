"""Whether the openings of e-mails are measured: not opened is not « not known to be opened ».

Measuring them one by one asks for the person's consent (French authority, CNIL): nothing is measured unless
the setting `suivi_ouvertures` says so.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Tracking(StrEnum):
    """The values of the setting."""

    MEASURED = "mesure"
    CONSENT = "consentement"  # only of clients who agreed to it
    NONE = "non"


@dataclass(frozen=True, slots=True)
class Openings:
    """The setting, and since when it stands (UTC); None: as long as anybody knows."""

    tracking: Tracking = Tracking.NONE
    since: datetime | None = None

    def measured(self, sent_at: datetime, consented_at: datetime | None) -> bool:
        """Whether the opening of an e-mail sent at that instant would be known.

        consented_at: when the client agreed to it, None while they have not.
        """
        if self.since is not None and sent_at < self.since:
            return False
        match self.tracking:
            case Tracking.MEASURED:
                return True
            case Tracking.CONSENT:
                return consented_at is not None and sent_at >= consented_at
            case Tracking.NONE:
                return False


MEASURED = Openings(Tracking.MEASURED)
"""What the demonstration does."""
