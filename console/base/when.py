"""Moments typed freely in French, on one line: « demain 14h », « lun 10h30 », « 22/12 15:00 », « dans 2 h ».

What a client says is read on the client's own clock, what we choose ourselves on ours, in Paris.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from console.base.dates import PARIS, add_months
from console.base.errors import RefusedInputError
from console.base.french import WEEKDAYS
from console.base.text import clean, fold

ROLL_OVER_DAYS = 183
"""A past day and month mean next year's when at most this far: on 20/12, « 05/01 » but not « 18/12 »."""
HORIZON_DAYS = 366

EXAMPLES = (
    "Par exemple\u202f: «\u00a0demain 14h\u00a0», «\u00a0lun 10h30\u00a0», «\u00a022/12 15:00\u00a0» "
    "ou «\u00a0dans 2 h\u00a0»."
)

_MONTHS = ("jan", "fev", "mar", "avr", "mai", "juin", "juil", "aou", "sep", "oct", "nov", "dec")
_MONTH_WORD = (
    r"(janv?(?:ier)?|fevr?(?:ier)?|mars|avr(?:il)?|mai|juin|juil(?:let)?|aout|sept?(?:embre)?|oct(?:obre)?"
    r"|nov(?:embre)?|dec(?:embre)?)\b"
)
_COUNTS = {
    word: n + 1
    for n, word in enumerate(("un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"))
} | {"une": 1, "dix": 10, "quinze": 15, "vingt": 20, "trente": 30}
_COUNT = rf"(\d{{1,3}}|{'|'.join(sorted(_COUNTS, key=len, reverse=True))})"
_HALF_DAYS = {
    "matin": time(10),
    "midi": time(12),
    "apres midi": time(14),
    "aprem": time(14),
    "soir": time(18),
}
_PARTS_OF_DAYS = {
    "debut": {"matin": time(9), "apres midi": time(14), "journee": time(9), "soir": time(18)},
    "milieu": {"matin": time(10, 30), "apres midi": time(15, 30), "journee": time(12), "soir": time(19)},
    "fin": {"matin": time(11, 30), "apres midi": time(17), "journee": time(17, 30), "soir": time(20)},
}
_HALF_DAY = r"(matin|apres midi|aprem|midi|soir)(?:ee)?\b"


def parse_when(text: str, now: datetime, zone: ZoneInfo = PARIS) -> datetime:
    """The instant meant by somebody whose clock is that of `zone`; given in Europe/Paris, in whole minutes,
    always after `now` (aware).

    A weekday is its next occurrence still to come, today included; « matin », « midi », « après-midi » and
    « soir » mean 10:00, 12:00, 14:00 and 18:00 unless an hour is said too. Raises RefusedInputError, with
    examples, for what is not understood, lacks an hour, contradicts itself, does not exist (31/02, an hour
    that the clocks skip), is past, or lies more than a year ahead.
    """
    now = now.astimezone(zone)
    typed = clean(text, limit=60)
    reading = _Reading(now, typed, zone)
    rest = _plain(typed)
    if not rest:
        raise _refused("Aucun moment n’est indiqué.")
    while rest:
        for pattern, act in _RULES:
            if match := pattern.match(rest):
                act(reading, match)
                rest = rest[match.end() :].lstrip()
                break
        else:
            raise _refused(f"Moment non compris\u202f: {reading.quoted}.")
    return reading.moment().astimezone(PARIS)


def _plain(typed: str) -> str:
    """Folded, one kind of apostrophe, single spaces, no hyphen between words."""
    folded = fold(typed).replace("’", "'").replace(",", " ")
    folded = re.sub(r"(?<=[a-z])-(?=[a-z])", " ", folded)
    return re.sub(r"\s+", " ", folded).strip(" .!?")


def _refused(happened: str) -> RefusedInputError:
    return RefusedInputError(happened, todo=EXAMPLES)


@dataclass(slots=True)
class _Reading:
    """What was understood so far; each part may be said once."""

    now: datetime
    typed: str
    zone: ZoneInfo
    exact: datetime | None = None
    day: date | None = None
    weekday: int | None = None
    weeks: int = 0
    strictly_later: bool = False
    at: time | None = None
    half_day: str = ""
    number: int | None = None  # after a weekday: the hour, or its day when an hour is said too
    seen: set[str] = field(default_factory=set)

    @property
    def quoted(self) -> str:
        """What was typed, between guillemets."""
        return f"«\u00a0{self.typed}\u00a0»"

    def once(self, part: str) -> None:
        """Refuses a part said twice."""
        if part in self.seen:
            raise _refused(f"Moment non compris\u202f: {self.quoted}.")
        self.seen.add(part)

    def calendar(self, year: int, month: int, day: int) -> date:
        """A calendar day, refused when there is none such."""
        try:
            return date(year, month, day)
        except ValueError:
            raise _refused(f"Ce jour n’existe pas\u202f: {self.quoted}.") from None

    def set_day(self, day: date) -> None:
        """A day that stands by itself."""
        self.once("day")
        self.day = day

    def set_time(self, hour: int, minute: int, half_day: str | None = None) -> None:
        """A time of day; « 3h de l'après-midi » is 15:00."""
        self.once("time")
        if half_day and half_day != "matin" and hour < 12:
            hour += 12
        if hour > 23 or minute > 59:
            raise _refused(f"Cette heure n’existe pas\u202f: {self.quoted}.")
        self.at = time(hour, minute)

    def set_day_month(self, day: int, month: int, year: str | None) -> None:
        """« 22/12 », « 22/12/25 »: without a year, the nearest one that makes sense."""
        if year:
            self.set_day(self.calendar(int(year) + (2000 if len(year) == 2 else 0), month, day))
            return
        today = self.now.date()
        leap = (month, day) == (2, 29)
        self.calendar(2000, month, day)
        years = [y for y in (today.year, today.year + 1) if not leap or _is_leap(y)]
        days = [self.calendar(y, month, day) for y in years]
        ahead = [
            d for d in days if d >= today and (d.year == today.year or (d - today).days <= ROLL_OVER_DAYS)
        ]
        if not days:
            raise _refused(f"Ce jour n’existe pas\u202f: {self.quoted}.")
        self.set_day((ahead or days)[0])

    def set_number(self, number: int) -> None:
        """A bare number: the hour after a day (« demain 14 »), else a day of this month or of the next."""
        if "day" in self.seen:
            self.set_time(number, 0)
            return
        if self.weekday is not None:
            self.once("number")
            self.number = number
            return
        self.set_day_of_month(number)

    def set_day_of_month(self, number: int) -> None:
        """« le 22 »: of this month, or of the next."""
        today = self.now.date()
        first = today.replace(day=1)
        if number < today.day:
            first = (first + timedelta(days=31)).replace(day=1)
        self.set_day(self.calendar(first.year, first.month, number))

    def set_after(self, count: str, unit: str, more: str | None) -> None:
        """« dans 2 h 30 » is exact; « dans 3 jours » keeps the time of day unless one is said."""
        n = int(count) if count.isdigit() else _COUNTS[count]
        if unit in {"h", "m"}:
            self.once("day")
            self.once("time")
            minutes = n * 60 + (30 if more == "et demie" else int(more or 0)) if unit == "h" else n
            later = self.now.astimezone(UTC) + timedelta(minutes=minutes)
            self.exact = later.astimezone(self.zone).replace(second=0, microsecond=0)
        else:
            days = n * {"j": 1, "s": 7}.get(unit, 0)
            self.set_day(self.now.date() + timedelta(days=days) if days else add_months(self.now.date(), n))

    def moment(self) -> datetime:
        """The instant, once everything has been read."""
        self._settle_number()
        if self.exact is None:
            self.exact = self._local(self._settled_day())
        if not self._to_come(self.exact):
            if self.weekday is not None and "day" not in self.seen:
                self.exact = self._local(self.exact.date() + timedelta(days=7))
            else:
                raise _refused(f"Ce moment est déjà passé\u202f: {self.exact:%d/%m/%Y à %H:%M}.")
        if self.exact.astimezone(UTC) > self.now.astimezone(UTC) + timedelta(days=HORIZON_DAYS):
            raise _refused(f"Ce moment est dans plus d’un an\u202f: {self.exact:%d/%m/%Y}.")
        return self.exact

    def _settle_number(self) -> None:
        """« jeudi 10 » is an hour, « jeudi 25 » and « jeudi 10 à 14h » a day."""
        if self.number is None:
            return
        if self.at is None and not self.half_day and self.number <= 23:
            self.set_time(self.number, 0)
        else:
            self.set_day_of_month(self.number)

    def _time(self) -> time | None:
        """The hour said, on the half of the day said: « ce soir 8h » is 20:00."""
        at, half = self.at, self.half_day
        if at is None or not half:
            return at or (_HALF_DAYS[half] if half else None)
        if half != "matin" and at.hour < 12 and (half != "midi" or at.hour < 3):
            at = at.replace(hour=at.hour + 12)
        first, last = {"matin": (0, 12), "midi": (11, 14), "soir": (17, 23)}.get(half, (12, 19))
        if not first <= at.hour <= last:
            raise _refused(f"Moment non compris\u202f: {self.quoted}.")
        return at

    def _settled_day(self) -> date:
        today = self.now.date()
        if self.weekday is None:
            if self.strictly_later or self.weeks:
                raise _refused(f"Moment non compris\u202f: {self.quoted}.")
            return self.day or today
        if self.day is not None:
            if self.day.weekday() != self.weekday:
                said, real = WEEKDAYS[self.weekday], WEEKDAYS[self.day.weekday()]
                raise _refused(f"Le {self.day:%d/%m/%Y} est un {real}, pas un {said}.")
            return self.day
        ahead = (self.weekday - today.weekday()) % 7
        if ahead == 0 and (self.strictly_later or self.weeks):
            ahead = 7
        return today + timedelta(days=ahead + 7 * self.weeks)

    def _local(self, day: date) -> datetime:
        """The day at the time said; in the hour that the clocks say twice, the one still to come."""
        at = self._time()
        if at is None:
            if "after" not in self.seen:
                raise _refused(f"Il manque l’heure\u202f: {self.quoted}.")
            at = self.now.time().replace(second=0, microsecond=0)
        local = datetime.combine(day, at, self.zone)
        if local.astimezone(UTC).astimezone(self.zone).time() != at:
            raise _refused(f"Cette heure n’existe pas le {day:%d/%m/%Y}\u202f: on passe à l’heure d’été.")
        return local if self._to_come(local) else local.replace(fold=1)

    def _to_come(self, local: datetime) -> bool:
        """Compared in UTC: within one zone, Python compares wall clocks."""
        return local.astimezone(UTC) > self.now.astimezone(UTC)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _after(reading: _Reading, match: re.Match[str]) -> None:
    reading.once("after")
    if match[1] is None:
        reading.set_after("30", "m", None)
    else:
        unit = match[2] or match[4]
        reading.set_after(match[1], "mois" if unit == "mois" else unit[0], match[3])


def _weekday(reading: _Reading, match: re.Match[str]) -> None:
    reading.once("weekday")
    reading.weekday = next(n for n, name in enumerate(WEEKDAYS) if name.startswith(match[1][:3]))


def _month_word(reading: _Reading, match: re.Match[str]) -> None:
    month = next(n for n, stem in enumerate(_MONTHS, 1) if match[2].startswith(stem))
    reading.set_day_month(int(match[1]), month, match[3])


def _half_day(reading: _Reading, match: re.Match[str]) -> None:
    reading.once("half day")
    reading.half_day = match[1]


def _part_of_day(reading: _Reading, match: re.Match[str]) -> None:
    reading.once("half day")
    at = _PARTS_OF_DAYS[match[1]][match[2]]
    reading.set_time(at.hour, at.minute)


def _past_the_hour(reading: _Reading, match: re.Match[str]) -> None:
    """« 14h et quart », « midi et demi »."""
    reading.once("past")
    at = reading.at or (time(12) if reading.half_day == "midi" else None)
    if at is None or at.minute:
        raise _refused(f"Moment non compris\u202f: {reading.quoted}.")
    reading.at = at.replace(minute=15 if match[1] == "quart" else 30)


def _later(reading: _Reading, match: re.Match[str]) -> None:
    reading.once("later")
    reading.strictly_later = True
    reading.weeks = 1 if match[1] else 0


def _relative_day(days: int) -> "_Act":
    return lambda reading, _: reading.set_day(reading.now.date() + timedelta(days=days))


_Act = Callable[[_Reading, re.Match[str]], None]

_RULES: tuple[tuple[re.Pattern[str], _Act], ...] = tuple(
    (re.compile(pattern), act)
    for pattern, act in (
        (
            rf"(?:dans|d'ici) (?:une demi heure|{_COUNT} ?"
            r"(?:(h)(?:eures?\b)?(?: ?(\d{2}|et demie)\b)?(?![a-z])"
            r"|((?:m(?:in(?:utes?)?|n)|j(?:ours?)?|sem(?:aines?)?|mois)\b)))",
            _after,
        ),
        (r"apres ?demain\b", _relative_day(2)),
        (r"demain\b", _relative_day(1)),
        (r"(?:aujourd' ?hui|aujourdhui|auj)\b\.?", _relative_day(0)),
        (
            r"(?:en )?(debut|milieu|fin) (?:de |d')?(?:la |l')?(matin|apres midi|soir|journee)(?:ee)?\b",
            _part_of_day,
        ),
        (_HALF_DAY, _half_day),
        (
            r"(\d{4})-(\d{2})-(\d{2})(?!\d)t?",
            lambda reading, m: reading.set_day(reading.calendar(int(m[1]), int(m[2]), int(m[3]))),
        ),
        (
            r"(\d{1,2})[/.-](\d{1,2})(?:[/.-](\d{4}|\d{2}))?(?![\d/])",
            lambda reading, m: reading.set_day_month(int(m[1]), int(m[2]), m[3]),
        ),
        (rf"(\d{{1,2}})(?:er)? ?{_MONTH_WORD}\.?(?: (20\d{{2}})\b)?", _month_word),
        (
            rf"(\d{{1,2}}) ?(?:h(?:eures?)?(?![a-z])|:)(?: ?(\d{{2}})(?![\d/.-]| ?{_MONTH_WORD}))?"
            rf"(?: (?:du |de l'){_HALF_DAY})?",
            lambda reading, m: reading.set_time(int(m[1]), int(m[2] or 0), m[4]),
        ),
        (
            r"(lun(?:di)?|mar(?:di)?|mer(?:credi)?|jeu(?:di)?|ven(?:dredi)?|sam(?:edi)?|dim(?:anche)?)\b\.?",
            _weekday,
        ),
        (r"et (quart|demie?)\b", _past_the_hour),
        (r"(?:prochaine?\b|(en (?:8|huit)\b))", _later),
        (r"([01]\d|2[0-3])([0-5]\d)(?!\d)", lambda reading, m: reading.set_time(int(m[1]), int(m[2]))),
        (r"(\d{1,2})(?:er)?(?!\d)", lambda reading, m: reading.set_number(int(m[1]))),
        (r"(?:le|la|a|au|vers|pour|ce|cet|cette|dans la|en|du|de)\b|l'", lambda reading, m: None),
    )
)
