"""How long something has waited, or is late, in words that say more as it gets worse."""

from datetime import datetime, timedelta
from enum import StrEnum

from console.base.dates import day_of
from console.base.french import hour, moment, plural

TOLERANCE = timedelta(minutes=10)
"""A promise is kept within so much of its moment; after it, it is late."""


class Due(StrEnum):
    """Where a promise stands."""

    LATE = "late"
    NOW = "now"
    TODAY = "today"
    LATER = "later"


def due(promised: datetime, now: datetime) -> Due:
    """Late once the tolerance is over, due today until the end of the day in Paris."""
    if promised + TOLERANCE < now:
        return Due.LATE
    if promised <= now:
        return Due.NOW
    return Due.TODAY if day_of(promised) == day_of(now) else Due.LATER


def due_words(promised: datetime, now: datetime) -> str:
    """« en retard de 2 h », « maintenant », « aujourd’hui à 16:00 », « lun. 22/12 à 10:00 »."""
    match due(promised, now):
        case Due.LATE:
            return f"en retard de {lasted(now - promised)}"
        case Due.NOW:
            return "maintenant"
        case Due.TODAY:
            return f"aujourd’hui à {hour(promised)}"
        case Due.LATER:
            return moment(promised)


def lasted(span: timedelta) -> str:
    """« 25 min », « 3 h », « 2 jours »: whole units, the largest that fits."""
    minutes = max(0, int(span.total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h"
    return plural(minutes // (24 * 60), "jour")
