"""When a client may be called or sent an SMS. Each rule has its reference (terrain.toml)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from console.base.dates import PARIS, day_of, end_of, plus_days, start_of
from console.base.french import THIN, WEEKDAYS, day, hour, moment, plural
from console.base.vocabulary import Channel, PhoneKind
from console.rules.facts import CaseFacts

CALLABLE = frozenset({PhoneKind.MOBILE, PhoneKind.LANDLINE})
HORIZON_DAYS = 30
"""How far a lawful slot is searched for; no run of closed days is as long."""


@dataclass(frozen=True, slots=True)
class Span:
    """Hours of a day in the client's time zone, from `start` up to but without `end`."""

    start: time
    end: time


@dataclass(frozen=True, slots=True)
class Schedule:
    """On which weekdays (0 is Monday) and at which hours a channel may be used; never on a public holiday."""

    weekdays: frozenset[int]
    spans: tuple[Span, ...]
    reference: str


@dataclass(frozen=True, slots=True)
class Window:
    """A lawful stretch of time, in UTC; `end` is outside."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, eq=False)
class Holidays:
    """Days without calls or SMS: public holidays where the client lives, and the hotline's own closing days.

    `territories` gives the code of the French territory of an overseas time zone.
    """

    territories: Mapping[str, str]
    closing_days: frozenset[date]
    reference: str

    def is_holiday(self, on: date, timezone: str) -> bool:
        """Whether that day is closed for a client in that time zone."""
        return on in self.closing_days or on in _calendar(self.territories.get(timezone), on.year)


@dataclass(frozen=True, slots=True, eq=False)
class FieldRules:
    """The rules of the field in force.

    calls is the house rule within the law; days are calendar days in the client's time zone.
    callback_until and callback_minutes bound the tolerance for a call that the client asked for: from the
    time asked until that hour of the same day, or that many minutes where this is later.
    consent_from is the day from which a call after the expiry needs a recorded consent.
    """

    calls: Schedule
    sms: Schedule
    holidays: Holidays
    max_attempts: int
    attempts_days: int
    attempts_reference: str
    refusal_days: int
    refusal_reference: str
    callback_until: time
    callback_minutes: int
    callback_reference: str
    consent_from: date
    consent_reference: str
    opposition_reference: str


class Obstacle(StrEnum):
    """Why a channel cannot be used, hours apart."""

    OPPOSED = "opposed"
    NO_ADDRESS = "no_address"
    REFUSAL = "refusal"
    FREQUENCY = "frequency"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an outbound call may be made now: in a French sentence, with the next lawful slot.

    hours_only: nothing but the hour forbids it, which a supervisor can lift.
    """

    allowed: bool
    sentence: str
    next_slot: datetime | None
    reference: str
    hours_only: bool = False


@lru_cache(maxsize=256)
def _calendar(territory: str | None, year: int) -> frozenset[date]:
    import holidays  # here: it costs a fifth of a second, and the first screen rarely needs it

    return frozenset(holidays.country_holidays("FR", subdiv=territory, years=year))


@lru_cache(maxsize=4096)
def windows_on(on: date, timezone: str, schedule: Schedule, holidays: Holidays) -> tuple[Window, ...]:
    """The lawful windows of a day of the client's calendar, in order."""
    if on.weekday() not in schedule.weekdays or holidays.is_holiday(on, timezone):
        return ()
    zone = ZoneInfo(timezone)
    return tuple(
        Window(
            datetime.combine(on, span.start, zone).astimezone(UTC),
            datetime.combine(on, span.end, zone).astimezone(UTC),
        )
        for span in schedule.spans
    )


def next_window(after: datetime, timezone: str, schedule: Schedule, rules: FieldRules) -> Window | None:
    """The window that `after` is in, else the next one; None when no day is open any more."""
    first = after.astimezone(ZoneInfo(timezone)).date()
    for days in range(HORIZON_DAYS):
        for window in windows_on(plus_days(first, days), timezone, schedule, rules.holidays):
            if window.end > after:
                return window
    return None


def last_window(before: datetime, timezone: str, schedule: Schedule, rules: FieldRules) -> Window | None:
    """The last window that begins before an instant."""
    last = before.astimezone(ZoneInfo(timezone)).date()
    for days in range(HORIZON_DAYS):
        for window in reversed(windows_on(plus_days(last, -days), timezone, schedule, rules.holidays)):
            if window.start < before:
                return window
    return None


def next_call_slot(after: datetime, timezone: str, rules: FieldRules) -> datetime | None:
    """The first instant from `after` on at which the hours allow an outbound call."""
    return _from(after, next_window(after, timezone, rules.calls, rules))


def next_sms_slot(after: datetime, timezone: str, rules: FieldRules) -> datetime | None:
    """The first instant from `after` on at which the hours allow an SMS."""
    return _from(after, next_window(after, timezone, rules.sms, rules))


def _from(after: datetime, window: Window | None) -> datetime | None:
    return None if window is None else max(after, window.start)


def half_day_end(at: datetime, timezone: str, rules: FieldRules) -> datetime:
    """When an attempt's half-day is over: the end of the first calling span, then midnight, local time."""
    zone = ZoneInfo(timezone)
    local = at.astimezone(zone)
    noon = datetime.combine(local.date(), rules.calls.spans[0].end, zone).astimezone(UTC)
    return noon if at < noon else start_of(plus_days(local.date(), 1), zone)


def standing_obstacle(facts: CaseFacts, channel: Channel) -> Obstacle | None:
    """What forbids a channel whatever the time: an opposition, or no address that it can use."""
    if channel in facts.opposed:
        return Obstacle.OPPOSED
    reachable = {
        Channel.CALL: facts.phone in CALLABLE,
        Channel.SMS: facts.phone is PhoneKind.MOBILE and facts.sms_usable,
        Channel.EMAIL: facts.email_usable,
    }
    return None if reachable[channel] else Obstacle.NO_ADDRESS


def calls_open_at(facts: CaseFacts, rules: FieldRules) -> tuple[datetime | None, Obstacle | None]:
    """From when the limits on repeated calls allow one again, and the limit that holds until then."""
    zone = ZoneInfo(facts.timezone)
    limits: list[tuple[datetime, Obstacle]] = []
    if facts.refused_at is not None:
        refused_on = facts.refused_at.astimezone(zone).date()
        limits.append((start_of(plus_days(refused_on, rules.refusal_days + 1), zone), Obstacle.REFUSAL))
    if len(facts.attempts) >= rules.max_attempts:
        oldest = facts.attempts[-rules.max_attempts].at.astimezone(zone).date()
        limits.append((start_of(plus_days(oldest, rules.attempts_days), zone), Obstacle.FREQUENCY))
    return max(limits, default=(None, None), key=lambda limit: limit[0])


def next_lawful_call(after: datetime, facts: CaseFacts, rules: FieldRules) -> datetime | None:
    """The first instant from `after` on at which calling this client of our own accord is lawful, if any."""
    if standing_obstacle(facts, Channel.CALL) is not None:
        return None
    open_at, _ = calls_open_at(facts, rules)
    slot = next_call_slot(max(after, open_at) if open_at else after, facts.timezone, rules)
    if slot is None or (_needs_consent(slot, facts, rules) and not facts.consent_after_expiry):
        return None
    return slot


def asked_call_window(facts: CaseFacts, rules: FieldRules) -> Window | None:
    """When the call that the client asked for may be made whatever the hours; None without such a promise."""
    if facts.callback_at is None or not facts.callback_asked_by_client:
        return None
    zone = ZoneInfo(facts.timezone)
    asked_on = facts.callback_at.astimezone(zone).date()
    until = datetime.combine(asked_on, rules.callback_until, zone).astimezone(UTC)
    tolerated = facts.callback_at + timedelta(minutes=rules.callback_minutes)
    return Window(facts.callback_at.astimezone(UTC), max(until, tolerated.astimezone(UTC)))


def call_verdict(now: datetime, facts: CaseFacts, rules: FieldRules) -> Verdict:
    """Whether an outbound call to this client is lawful now, and if not when it will be."""
    obstacle = standing_obstacle(facts, Channel.CALL)
    if obstacle is Obstacle.OPPOSED:
        sentence = "Ce client ne veut plus d’appels."
        return Verdict(False, sentence, None, rules.opposition_reference)
    if obstacle is not None:
        return Verdict(False, "Ce client n’a pas de numéro de téléphone valide.", None, "")
    asked = asked_call_window(facts, rules)
    if asked and asked.start <= now < asked.end:
        sentence = f"Appel permis{THIN}: le client a demandé à être appelé {moment(asked.start)}."
        return Verdict(True, sentence, now, rules.callback_reference)
    slot = next_lawful_call(now, facts, rules)
    if slot is not None and slot <= now:
        window = next_window(now, facts.timezone, rules.calls, rules)
        until = f" jusqu’à {hour(window.end)}" if window else ""
        return Verdict(True, f"Appel permis{until}.", now, rules.calls.reference)
    sentence, reference, hours_only = _why_not(now, facts, rules)
    if asked and now < asked.start and (slot is None or asked.start < slot):
        slot = asked.start
    after = f"{THIN}; prochain créneau{THIN}: {moment(slot)}." if slot else "."
    return Verdict(False, sentence + after, slot, reference, hours_only)


def _needs_consent(at: datetime, facts: CaseFacts, rules: FieldRules) -> bool:
    return at > end_of(facts.bound_until) and day_of(at) >= rules.consent_from


def _why_not(now: datetime, facts: CaseFacts, rules: FieldRules) -> tuple[str, str, bool]:
    """What forbids a call now, without its full stop, the reference, and whether it is the hour alone."""
    if _needs_consent(now, facts, rules) and not facts.consent_after_expiry:
        what = "La pause" if facts.bound_until > facts.expires_on else "L’abonnement"
        over = f"{what} est terminé{'e' * (what == 'La pause')} depuis le {day(facts.bound_until)}"
        return f"{over} et l’accord du client n’est pas noté", rules.consent_reference, False
    open_at, limit = calls_open_at(facts, rules)
    if open_at is not None and now < open_at:
        if limit is Obstacle.REFUSAL:
            return (
                f"Le client a refusé au téléphone{THIN}: pas d’appel pendant {rules.refusal_days} jours",
                rules.refusal_reference,
                False,
            )
        times = plural(rules.max_attempts, "appel")
        return f"Déjà {times} en {rules.attempts_days} jours", rules.attempts_reference, False
    local = now.astimezone(ZoneInfo(facts.timezone))
    if rules.holidays.is_holiday(local.date(), facts.timezone):
        why = "jour férié"
    elif local.weekday() not in rules.calls.weekdays:
        why = WEEKDAYS[local.weekday()]
    else:
        elsewhere = local.utcoffset() != now.astimezone(PARIS).utcoffset()
        why = f"{local:%H:%M}" + (" chez le client" if elsewhere else "")
    return f"Hors des heures d’appel ({why})", rules.calls.reference, True
