"""How cases and refusals are drawn in a list: an urgent card, or one line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from console.domain import french
from console.domain.model import Pane
from screens.base import shown
from screens.widgets.lines import Line, crop, fit, joined, measure, spread, wrapped

if TYPE_CHECKING:
    from console.services.views import CaseRow, RefusalRow

_WIDE_CARD = 74
"""Cells from which a card's facts fit on one line each."""


def seniority(case: CaseRow) -> str:
    """« VIP, 18 mois » or « 7 mois »."""
    months = f"{case.seniority_months} mois"
    return f"VIP, {months}" if case.vip else months


def deadline(case: CaseRow) -> str:
    """« 31/12 · J-11 »: the expiry and the whole days left."""
    sign = "-" if case.days_left >= 0 else "+"
    return f"{french.short_day(case.expires_on)} · J{sign}{abs(case.days_left)}"


def _packed(facts: list[Line], lines: int, width: int) -> list[Line]:
    """The facts on at most `lines` lines: neighbours that fit together share one."""
    facts = list(facts)
    for at in (1, 2, 0):
        if at + 1 < len(facts) > lines and measure(facts[at]) + 3 + measure(facts[at + 1]) <= width:
            facts[at : at + 2] = [[*facts[at], (" · ", "muted"), *facts[at + 1]]]
    while len(facts) > lines:
        facts[-2:] = [[*facts[-2], (" · ", "muted"), *facts[-1]]]
    return facts


class CaseCard:
    """An urgent case: all that is needed to pick up the telephone."""

    def height(self, width: int) -> int:
        return 5 if width >= _WIDE_CARD else 7

    def key(self, row: CaseRow) -> int:
        return row.client_id

    def paint(self, row: CaseRow, index: int, width: int) -> Sequence[Line]:
        height = self.height(width)
        keys: Line = [("a", "accent"), (" appeler  ", "muted"), ("n", "accent"), (" note ", "muted")]
        lines = [
            self._who(row, index, width),
            spread([("   ", ""), *self._what(row)], keys if width >= _WIDE_CARD else [], width),
        ]
        room = width - 4
        reason = [[(text, "")] for text in wrapped(row.reason, room, height - 4)]
        facts: list[Line] = [
            [("Offre : ", "muted"), (shown(row.offer), "")]
            if row.offer
            else [("Aucune offre en cours", "muted")],
            [(shown(row.mails), "muted")],
            [("Note : ", "muted"), (shown(row.note), "primary")] if row.note else [],
        ]
        facts = _packed([*reason, *(fact for fact in facts if fact)], height - 2, room)
        return lines + [[("   ", ""), *crop(fact, room)] for fact in facts]

    def _who(self, row: CaseRow, index: int, width: int) -> Line:
        right: Line = [(deadline(row), "strong"), (" ", "")]
        if width >= _WIDE_CARD:
            right.insert(0, ("échéance ", "muted"))
        rank: Line = [(f"{index + 1:>2} ", "accent")]
        facts: Line = [(f" · {row.code} · ", "muted"), (seniority(row), "accent" if row.vip else "muted")]
        room = width - measure(rank) - measure(facts) - measure(right) - 1
        name: Line = crop([(shown(row.name), "strong")], max(room, 10))
        return spread([*rank, *name, *facts], right, width)

    def _what(self, row: CaseRow) -> Line:
        return joined(
            [
                (row.action_label, "primary"),
                (row.when_label, "success" if row.callable_now else ""),
                ("à risque" if row.at_risk else "", "warning"),
            ]
        )


class CaseLine:
    """A case on one line; a wider list says more."""

    def height(self, width: int) -> int:
        return 1

    def key(self, row: CaseRow) -> int:
        return row.client_id

    def paint(self, row: CaseRow, index: int, width: int) -> Sequence[Line]:
        name = min(30, max(16, width // 3))
        line: Line = [(fit(shown(row.name), name), "strong"), (" ", "")]
        if width >= 72:
            line.append((fit(row.code, 11), "muted"))
        awaiting = row.pane in {Pane.URGENT, Pane.WEEK, Pane.LATER}
        line.append((fit(deadline(row), 13) if awaiting else fit(french.short_day(row.expires_on), 7), ""))
        if width >= 96:
            line.append((fit(seniority(row), 14), "accent" if row.vip else "muted"))
        if awaiting:
            line.append(("à risque " if row.at_risk else " " * 9, "warning"))
            line += joined([(row.action_label, ""), (row.when_label, "muted")])
            if width >= 110:
                line += [(" · ", "muted"), (shown(row.reason), "muted")]
        else:
            line += joined([(row.status, ""), (row.offer, "muted")])
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
            line.append((fit(row.code, 11), "muted"))
        line.append((f"{french.short_day(row.at.date())}  ", "muted"))
        line.append((shown(row.reason_label), "primary"))
        if row.verbatim:
            line += [("  ", ""), (f"« {shown(row.verbatim)} »", "muted")]
        return [crop(line, width)]
