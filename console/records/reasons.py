"""The analysis of reasons: why clients leave, and what keeps them, over the refusals of some days."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from console.base.dates import day_of, plus_days
from console.base.roles import Role
from console.base.vocabulary import CallOutcome, Objection, RetentionOption
from console.cases.campaign import names
from console.cases.client_rows import person
from console.cases.views import Campaign, RowsPage, month_of
from console.context import Context
from console.records import reasons_store as storage
from console.records.counting import BANDS, DAYS_A_WEEK, Cell, Row, Topic, WordTally, monday
from console.records.journal_store import Key
from console.records.reasons_in_force import reasons as by_reason
from console.records.reasons_in_force import refused
from console.rules.churn import ANSWER_LABELS, OBJECTION_LABELS
from console.rules.options import OPTIONS
from console.rules.outcomes import OUTCOMES
from console.rules.reasons import Reason, Reasons
from console.rules.walk import Answer

WORDS_SHOWN = 30
VERBATIMS_READ = 1_000
"""Verbatims read at once: so many are counted before the count can be stopped."""
_QUIET_DAYS = 400
"""In a period of up to so many days, the weeks before the first refusal are shown too."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """The refusals of a period (of proposals: the calls that made some) by rows, and by reason in columns.

    A cell counts refusals out of those of its row; those over every reason are out of all. Of proposals, it
    counts those taken out of those made. `read` says of how many verbatims the words were counted so far.
    """

    topic: Topic
    period: Campaign
    total: int
    columns: tuple[Reason, ...]
    rows: tuple[Row, ...]
    read: int = 0


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """A call in which an option was proposed."""

    call_id: str
    client_id: int
    code: str
    name: str
    at: datetime
    agent: str
    reason: str  # in words, empty when there is nothing to tell it by
    answer: str  # to that option
    outcome: str  # of the call


class ReasonService:
    """Reads only; for supervisors."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    @property
    def campaigns(self) -> Mapping[str, str]:
        """The names of the named campaigns, by their codes."""
        return names(self._ctx.content.data.campaigns)

    def crossing(self, topic: Topic, period: Campaign | None = None) -> Crossing:
        """The figures of a period, of the present month by default. Words have their own reading.

        Raises ForbiddenError, RefusedInputError for a campaign that is not there, StorageError.
        """
        self._ctx.need(Role.SUPERVISOR)
        today = day_of(self._ctx.clock.now())
        shown, known = period or month_of(today), self._ctx.content.data.reasons
        campaigns = self._ctx.content.data.campaigns
        with self._ctx.database.reading() as session:
            if topic is Topic.PROPOSALS:
                within = session, storage.ended(shown, campaigns), known.likely
                return _proposals(shown, storage.proposals(*within), storage.proposing(*within), known)
            which = refused(shown, campaigns)
            reasons = by_reason(session, which)
            found = () if topic in {Topic.REASONS, Topic.WORDS} else storage.crossing(session, topic, which)
        total, columns = sum(reasons.values()), _columns(reasons, known)
        if topic is Topic.WORDS:
            return Crossing(topic, shown, total, columns, ())
        if topic is Topic.REASONS:
            shares = tuple(Row(one.code, one.label, (Cell(reasons[one.code], total),)) for one in columns)
            return Crossing(topic, shown, total, (), shares)
        counts: Counter[tuple[str, str]] = Counter()
        for by, reason, n in found:
            counts[monday(by).isoformat() if topic is Topic.WEEKS else by, reason] += n
        labels = _labels(topic, counts, shown, today)
        return Crossing(topic, shown, total, columns, _rows(counts, labels, columns, total))

    def words(self, period: Campaign) -> Iterator[Crossing]:
        """The most frequent words of the verbatims, again and again as more of them are read, the newest
        first; to be left at any time. Raises ForbiddenError, StorageError."""
        self._ctx.need(Role.SUPERVISOR)
        return self._words(period)

    def _words(self, period: Campaign) -> Iterator[Crossing]:
        bare = self.crossing(Topic.WORDS, period)
        which = refused(period, self._ctx.content.data.campaigns)
        tally = WordTally(self._ctx.content.ignored_words)
        after: Key | None = None
        while True:
            with self._ctx.database.reading() as session:
                page = storage.verbatims(session, which, after, VERBATIMS_READ)
            for at, number, verbatim, reason in page:
                tally.add(verbatim, reason)
                after = (at, number)
            rows = tally.rows(WORDS_SHOWN, [one.code for one in bare.columns])
            yield Crossing(Topic.WORDS, period, bare.total, bare.columns, rows, tally.read)
            if len(page) < VERBATIMS_READ:
                return

    def calls(
        self, period: Campaign, option: str, reason: str, offset: int, limit: int, *, taken: bool
    ) -> RowsPage[ProposalRow]:
        """How many calls a figure about proposals counts (taken, or all that made it; reason empty: any),
        and a page of them. Raises ForbiddenError, StorageError."""
        self._ctx.need(Role.SUPERVISOR)
        asked, known = RetentionOption(option), self._ctx.content.data.reasons
        which = storage.ended(period, self._ctx.content.data.campaigns)
        with self._ctx.database.reading() as session:
            total, found = storage.calls(
                session, which, asked, reason, known.likely, taken=taken, offset=offset, limit=limit
            )
        rows = tuple(
            ProposalRow(
                call.id,
                call.client_id,
                call.code,
                person(call.first_name, call.last_name),
                call.ended_at,
                call.agent,
                known.label(call.reason) if call.reason else "",
                ANSWER_LABELS[Answer(call.answer)],
                OUTCOMES[CallOutcome(call.outcome)].label,
            )
            for call in found
        )
        return RowsPage(total, rows)


def _columns(counts: Mapping[str, int], known: Reasons) -> tuple[Reason, ...]:
    """Those met, the most frequent first."""
    met = known.met(code for code, n in counts.items() if code and n)
    return tuple(sorted(met, key=lambda one: -counts[one.code]))


def _labels(topic: Topic, counts: Counter[tuple[str, str]], period: Campaign, today: date) -> dict[str, str]:
    """What each row is called, in order."""
    if topic is Topic.WEEKS:
        return {one.isoformat(): _week(one, period) for one in _weeks(counts, period, today)}
    met: Counter[str] = Counter()
    for (key, _), n in counts.items():
        met[key] += n
    if topic is Topic.SENIORITY:
        return {band.code: band.label for band in BANDS if band.code in met}
    ordered = sorted(met, key=lambda key: (-met[key], key))
    if topic is Topic.OBJECTIONS:
        return {key: OBJECTION_LABELS[Objection(key)] for key in ordered}
    return {key: key.capitalize() if topic is Topic.PLANS else key for key in ordered}


def _weeks(counts: Iterable[tuple[str, str]], period: Campaign, today: date) -> Iterator[date]:
    """Every week without a gap, by its Monday; those to come only when there is something in them."""
    met = sorted({date.fromisoformat(key) for key, _ in counts})
    if not met:
        return
    short = (period.last - period.first).days <= _QUIET_DAYS
    week = monday(period.first) if short else met[0]
    while week <= max(met[-1], monday(min(period.last, today))):
        yield week
        week += timedelta(days=DAYS_A_WEEK)


def _week(begins: date, period: Campaign) -> str:
    """« 01/12 – 07/12/25 », as much of it as is in the period."""
    first, last = max(begins, period.first), min(plus_days(begins, DAYS_A_WEEK - 1), period.last)
    return f"{first:%d/%m} – {last:%d/%m/%y}"


def _rows(
    counts: Counter[tuple[str, str]],
    labels: Mapping[str, str],
    columns: Sequence[Reason],
    total: int,
) -> tuple[Row, ...]:
    rows = []
    for key, label in labels.items():
        cells = [counts[key, reason.code] for reason in columns]
        whole = sum(cells)
        rows.append(Row(key, label, (Cell(whole, total), *(Cell(n, whole) for n in cells))))
    return tuple(rows)


def _proposals(
    period: Campaign, found: Iterable[Sequence[Any]], calls: Mapping[str, int], known: Reasons
) -> Crossing:
    """What was proposed, and how often it was taken, which a client who leaves in the end did not."""
    made: Counter[tuple[str, str]] = Counter()
    taken: Counter[tuple[str, str]] = Counter()
    total = sum(calls.values())
    for option, reason, answer, left, n in found:
        for column in {"", reason}:
            made[option, column] += n
            if answer == Answer.ACCEPTED and not left:
                taken[option, column] += n
    columns = _columns(calls, known)
    codes = ["", *(one.code for one in columns)]
    options = sorted((one for one in RetentionOption if made[one, ""]), key=lambda one: -made[one, ""])
    rows = tuple(
        Row(one, OPTIONS[one].label, tuple(Cell(taken[one, code], made[one, code]) for code in codes))
        for one in options
    )
    return Crossing(Topic.PROPOSALS, period, total, columns, rows)
