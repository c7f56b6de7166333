"""How cases and refusals are drawn in a list: an urgent card, or one line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len

from console.base import french
from console.base.vocabulary import Action, Pane
from screens.kit.lines import Line, crop, fit, joined, measure, spread, wrapped
from screens.kit.screen import shown

if TYPE_CHECKING:
    from console.cases.views import CaseRow
    from console.records.views import RefusalRow

_TAIL = 38
"""Cells that the longest usual action and moment take."""
_WIDE_CARD = 74
"""Cells from which a card's facts fit on one line each."""
_LEAST_EMAIL = 12
"""Cells below which the beginning of an address tells nobody apart."""


def seniority(case: CaseRow) -> str:
    """« VIP, 18 mois » or « 7 mois »."""
    months = f"{case.seniority_months} mois"
    return f"VIP, {months}" if case.vip else months


def deadline(case: CaseRow) -> str:
    """« 31/12 · J-11 »: the expiry and the whole days left."""
    sign = "-" if case.days_left >= 0 else "+"
    return f"{french.short_day(case.expires_on)} · J{sign}{abs(case.days_left)}"


_SHORT_ACTIONS = {
    Action.CALL: "Appel",
    Action.MESSAGE: "E-mail/SMS",
    Action.EMAIL: "E-mail",
    Action.SMS: "SMS",
    Action.WAIT: "Attendre",
    Action.SUPERVISOR: "Superviseur",
}


_KEYS = (
    (("a", " appeler  "), ("e", " e-mail  "), ("s", " SMS ")),
    (("a", " appel  "), ("e", " mail  "), ("s", " SMS ")),
    (("a", " appel "), ("e", " mail "), ("s", " SMS")),
)
"""What can be done with a card, and the same in fewer and fewer cells."""


def _keys(words: Sequence[tuple[str, str]]) -> Line:
    return [run for letter, word in words for run in ((letter, "accent"), (word, "muted"))]


def _beside(left: Line, right: Line) -> Line:
    *first, (text, role) = left
    return [*first, (text.rstrip("."), role), (" · ", "muted"), *right]


class CaseCard:
    """An urgent case: all that is needed to pick up the telephone."""

    def height(self, width: int) -> int:
        return 6 if width >= _WIDE_CARD else 8

    def key(self, row: CaseRow) -> int:
        return row.client_id

    def paint(self, row: CaseRow, index: int, width: int) -> Sequence[Line]:
        height, room = self.height(width), width - 4
        lines = [self._who(row, index, width), self._act(row, width)]
        contact = self._contact(row, room)
        facts = [*contact, *self._facts(row, height - 2 - len(contact), room)]
        return lines + [[("   ", ""), *crop(fact, room)] for fact in facts]

    def _act(self, row: CaseRow, width: int) -> Line:
        """What to do and when, then by which keys: in the most words that fit."""
        whats: list[Line] = [[("   ", ""), *self._what(row, short=short)] for short in (False, True)]
        for what in whats:
            for words in _KEYS:
                if measure(what) + measure(keys := _keys(words)) < width:
                    return spread(what, keys, width)
        return spread(whats[1], [("a e s ", "accent")], width)

    def _contact(self, row: CaseRow, room: int) -> list[Line]:
        """How to reach the client, their hour where it is another, what was tried; the last conversation."""
        reach = joined(
            [
                (shown(row.phone) or "aucun numéro", ""),
                (row.there, "warning"),
                (row.attempts, "muted"),
            ]
        )
        if not row.last_call:
            return [reach]
        last: Line = [(shown(row.last_call), "accent")]
        whole = [*reach, (" · ", "muted"), *last]
        return [whole] if measure(whole) <= room else [reach, last]

    def _facts(self, row: CaseRow, lines: int, width: int) -> list[Line]:
        """Why, what was sent, what is offered, what was noted; the end of a long note is the first to go."""
        reason: list[Line] = [[(text, "")] for text in wrapped(row.reason, width, max(1, lines - 3))]
        mails: Line = [(shown(row.mails), "muted")]
        offer: Line = [("Offre : ", "muted"), (shown(row.offer), "")]
        if not row.offer:
            offer = [("Aucune offre en cours", "muted")]
        elif measure(offer) > width:
            del offer[0]
        room = lines - len(reason) - 2
        if measure(offer) > width and room > (1 if row.note else 0):  # its last day is not what is cut
            first, last = ([(text, "")] for text in wrapped(row.offer, width, 2))
            said = wrapped(f"Note : {shown(row.note)}", width, room - 1) if row.note else []
            return [*reason, mails, first, last, *([(text, "primary")] for text in said)]
        if room < 0:  # two lines for all of it
            told: Line = [(f"Note : {shown(row.note)}", "primary")]
            return [_beside(reason[0], mails), _beside(offer, told) if row.note else offer]
        words = wrapped(f"Note : {shown(row.note)}", width, max(1, room)) if row.note else []
        note: list[Line] = [[(text, "primary")] for text in words]
        if len(note) <= room:
            return [*reason, mails, offer, *note]
        if measure(_beside(reason[-1], mails)) <= width:
            return [*reason[:-1], _beside(reason[-1], mails), offer, *note]
        if measure(_beside(mails, offer)) <= width:
            return [*reason, _beside(mails, offer), *note]
        return [*reason, offer, _beside(mails, note[0])]

    def _who(self, row: CaseRow, index: int, width: int) -> Line:
        """Who, and until when, neither of them cut while there is something else to leave out."""
        rank: Line = [(f"{index + 1:>2} ", "accent")]
        name: Line = [(shown(row.name), "strong")]
        day: Line = [(deadline(row), "strong"), (" ", "")]
        until: Line = [("échéance ", "muted"), *day] if width >= _WIDE_CARD else day
        code: Line = [(f" · {row.code}", "muted")]
        role = "accent" if row.vip else "muted"
        months: Line = [(" · ", "muted"), (seniority(row), role)]
        vip: Line = [(" · ", "muted"), ("VIP", role)] if row.vip else []
        for facts, right in (
            ([*code, *months], until),
            (months, until),
            (months, day),
            (vip, day),
            ([], day),
        ):
            room = width - measure(rank) - measure(facts) - measure(right) - 1
            if measure(name) <= room:
                break
        return spread([*rank, *crop(name, room), *facts], right, width)

    def _what(self, row: CaseRow, *, short: bool) -> Line:
        """What is to be done and when, or which colleague is doing it."""
        now = "success" if row.callable_now else ""
        if short:
            line = joined([(_SHORT_ACTIONS[row.action], "primary"), (_short_moment(row), now)], " ")
        else:
            line = joined([(row.action_label, "primary"), (row.when_label, now)])
        if row.with_agent:
            line = [(shown(row.with_agent), "primary")]
        return [*line, (" · ", "muted"), ("à risque", "warning")] if row.at_risk else line


def _short_moment(row: CaseRow) -> str:
    """« 22/12 10:00 »; what can be done now is said so."""
    if row.act_at is None or row.callable_now:
        return row.when_label
    return f"{french.short_day(row.act_at.date())} {french.hour(row.act_at)}"


def _code(row: CaseRow | RefusalRow) -> str:
    """Codes that the import gives itself are as long as the column."""
    return fit(row.code, 11) + " " * (len(row.code) >= 11)


class CaseLine:
    """A case on one line; a wider list says more."""

    def height(self, width: int) -> int:
        return 1

    def key(self, row: CaseRow) -> int:
        return row.subscription_id

    def paint(self, row: CaseRow, index: int, width: int) -> Sequence[Line]:
        awaiting = row.pane in {Pane.URGENT, Pane.WEEK, Pane.LATER}
        name = min(30, max(18, width // 5 + 3))
        # A name that is longer takes the blank of who is not at risk, else the hour of what is to be done.
        more = min(max(0, cell_len(shown(row.name)) - name), 6) if awaiting else 0
        line: Line = [(fit(shown(row.name), name + more), "strong"), (" ", "")]
        fixed = 22 if awaiting else 0  # expiry and risk, always told of those awaited
        spare = width - measure(line) - fixed - _TAIL
        if code := spare >= 12:
            line.append((_code(row), "muted"))
            spare -= len(_code(row))
        if awaiting or spare >= 13:
            line.append((fit(deadline(row), 13), ""))
            spare -= 0 if awaiting else 13
        if code and spare >= 14:
            line.append((fit(seniority(row), 14), "accent" if row.vip else "muted"))
            spare -= 14
        if not awaiting and row.with_agent:
            return [[*line, *_with_agent(row, width - measure(line))]]
        if not awaiting:
            return [crop([*line, *joined([(row.status, ""), (row.offer, "muted")])], width)]
        line.append(("à risque " if row.at_risk else " " * (9 - more), "warning"))
        line += self._next(row, width - measure(line))
        if spare >= 24:
            line = crop(line, width - spare)
            line += [(" " * (width - spare - measure(line) + 1), ""), (shown(row.reason), "muted")]
        return [crop(line, width)]

    def _next(self, row: CaseRow, room: int) -> Line:
        """The action and its moment, shorter where they would be cut; or which colleague is at it."""
        if row.with_agent:
            return _with_agent(row, room)
        when = "" if row.when_label and row.when_label in row.action_label else row.when_label
        whole = joined([(row.action_label, ""), (when, "muted")])
        if measure(whole) <= room:
            return whole
        short = joined([(_SHORT_ACTIONS[row.action], ""), (_short_moment(row), "muted")], " ")
        if row.act_at is None or measure(short) <= room:
            return short
        return [(_SHORT_ACTIONS[row.action], ""), (f" {french.short_day(row.act_at.date())}", "muted")]


def _with_agent(row: CaseRow, room: int) -> Line:
    """Which colleague is with the client, shorter where it would be cut."""
    full = shown(row.with_agent)
    brief = full.partition(" depuis ")[0]
    ways = (full, brief, brief.replace("Au téléphone avec ", "Avec "))
    said = next((one for one in ways if cell_len(one) <= room), ways[-1])
    return crop([(said, "primary")], room)


class FoundLine(CaseLine):
    """A client found by a search: what tells two of the same name apart."""

    def paint(self, row: CaseRow, index: int, width: int) -> Sequence[Line]:
        name = min(34, max(20, width - 45))
        line: Line = [(fit(shown(row.name), name), "strong"), (" ", ""), (_code(row), "muted"), (" ", "")]
        if row.with_agent:  # who is at it, before the ways to reach the client
            line += _with_agent(row, width - measure(line))
            when: Line = [("  ", ""), (deadline(row), "")]
            return [line + when if measure(line + when) <= width else line]
        line += [(fit(shown(row.phone), 16), ""), (fit(deadline(row), 14), "")]
        if width - measure(line) >= _LEAST_EMAIL:
            line.append((shown(row.email), "muted"))
        return [crop(line, width)]


class RefusalLine:
    """A refusal on one line: who, why, when."""

    def height(self, width: int) -> int:
        return 1

    def key(self, row: RefusalRow) -> int:
        return row.record_id

    def paint(self, row: RefusalRow, index: int, width: int) -> Sequence[Line]:
        name = min(30, max(16, width // 3))
        line: Line = [(fit(shown(row.name), name), "strong"), (" ", "")]
        if width >= 72:
            line.append((_code(row), "muted"))
        line.append((f"{french.short_day(row.at.date())}  ", "muted"))
        label = shown(row.reason_label)
        line.append((label[:1].upper() + label[1:], "primary"))
        if row.since:
            line += [("  ", ""), (shown(row.since), "success")]
        if row.verbatim:
            line += [("  ", ""), (f"« {shown(row.verbatim)} »", "muted")]
        return [crop(line, width)]
