"""Who is contacted next, how and why: the ordered rules of priorites.toml, applied to one case.

Time is only looked at through `_Look`, which notes when each answer will change: an assessment therefore
knows until when it stands, and cases far from their expiry need no daily work.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType

from console.domain.dates import add_months, day_of, plus_days, start_of
from console.domain.facts import Attempt, CaseFacts, Mail
from console.domain.french import moment, short_day
from console.domain.hours import (
    FieldRules,
    Schedule,
    asked_call_window,
    calls_open_at,
    half_day_end,
    last_window,
    next_window,
    standing_obstacle,
)
from console.domain.model import Action, Channel, Pane
from console.domain.timeline import Calls, ReminderStep, Timeline

__all__ = [
    "Assessment",
    "Attempt",
    "CaseFacts",
    "Mail",
    "PriorityRules",
    "Rule",
    "RuleCode",
    "assess",
    "is_vip",
]

PROMISED, POSSIBLE_NOW, WAITS_FOR_SLOT, NOT_TODAY = range(4)
"""Ranks, in the order of the queue; only a promised callback has a rank_at."""

CALL_FIRST = (Channel.CALL, Channel.SMS, Channel.EMAIL)
ACTIONS = MappingProxyType({Channel.CALL: Action.CALL, Channel.SMS: Action.SMS, Channel.EMAIL: Action.EMAIL})


class RuleCode(StrEnum):
    """The rules known to the code; the data file gives their order, figures and words."""

    CALLBACK = "rappel"
    SUPERVISOR = "superviseur"
    LAST_DAYS = "derniers-jours"
    REACTED = "a-reagi"
    UNHAPPY = "prix-ou-plainte"
    VIP_SILENT = "vip-non-ouvert"
    OPENED = "ouvert-sans-clic"
    SILENT = "aucune-ouverture"
    OTHERWISE = "attente"


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the table: what is said when it gives the action, and whether it puts the case at risk.

    days is the rule's own delay (opened so long ago, so many days left). risk_days: at risk only with at most
    so many days left; None: whatever the day. stops: nothing below it counts once it matches.
    """

    code: RuleCode
    reason: str
    at_risk: bool = False
    risk_days: int | None = None
    days: int = 0
    stops: bool = False


@dataclass(frozen=True, slots=True)
class ScoreWeights:
    """Points that order the queue; bands: (at most so many days left, points), nearest first."""

    vip: int
    at_risk: int
    bands: tuple[tuple[int, int], ...]
    cents_per_point: int
    value_max: int


@dataclass(frozen=True, slots=True, eq=False)
class PriorityRules:
    """The rules in the order they are tried, and the words around them.

    call_step and talk_step: the step whose call is due (J-3) and the one since which a talk counts (J-7).
    words: sentences for what the rules have in common (fall-backs, attempts, obstacles), by key.
    """

    rules: tuple[Rule, ...]
    week_days: int
    call_step: str
    talk_step: str
    vip_months: int
    score: ScoreWeights
    words: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Assessment:
    """Where a case stands: stable from the instant it was made until `fresh_until`.

    act_at is the instant from which the action by hand is lawful; None when it is already, or when nothing is
    to be done by hand. due_on is the day of the next action in Paris; None on the supervisor's list.
    """

    pane: Pane
    rule: str
    action: Action
    reason: str
    due_on: date | None
    act_at: datetime | None
    at_risk: bool
    rank: int
    rank_at: datetime | None
    score: int
    score_parts: tuple[tuple[str, int], ...]
    fresh_until: datetime


def is_vip(client_since: date, today: date, vip_months: int) -> bool:
    """VIP from so many whole months of seniority on."""
    return add_months(client_since, vip_months) <= today


def assess(
    facts: CaseFacts, now: datetime, rules: PriorityRules, timeline: Timeline, field: FieldRules
) -> Assessment:
    """What is recommended for a case awaiting an answer; ValueError once its expiry day is over."""
    case = _Case(facts, now, rules, timeline, field)
    matching: list[Rule] = []
    for rule in rules.rules:
        if case.matches(rule):
            matching.append(rule)
            if rule.stops:
                break
    at_risk = any(case.puts_at_risk(rule) for rule in matching)
    plan = case.plan(matching[0])
    parts = case.score_parts(at_risk)
    return Assessment(
        pane=plan.pane,
        rule=matching[0].code,
        action=plan.action,
        reason=plan.reason,
        due_on=plan.due_on,
        act_at=plan.act_at,
        at_risk=at_risk,
        rank=plan.rank,
        rank_at=facts.callback_at if plan.rank == PROMISED else None,
        score=sum(points for _, points in parts),
        score_parts=parts,
        fresh_until=case.look.until,
    )


@dataclass(frozen=True, slots=True)
class _Plan:
    action: Action
    pane: Pane
    reason: str
    due_on: date | None = None
    act_at: datetime | None = None
    rank: int = NOT_TODAY


class _Look:
    """The only way the rules see the time: each question asked notes when its answer will change."""

    __slots__ = ("now", "until")

    def __init__(self, now: datetime, until: datetime) -> None:
        self.now = now
        self.until = until

    def reached(self, instant: datetime) -> bool:
        if self.now >= instant:
            return True
        self.until = min(self.until, instant)
        return False

    def reached_day(self, day: date) -> bool:
        return self.reached(start_of(day))


class _Case:
    """One case at one instant."""

    def __init__(
        self, facts: CaseFacts, now: datetime, rules: PriorityRules, timeline: Timeline, field: FieldRules
    ) -> None:
        self.facts = facts
        self.rules = rules
        self.timeline = timeline
        self.field = field
        self.over = start_of(plus_days(facts.expires_on, 1))
        if now >= self.over:
            raise ValueError("the expiry day is over")
        self.look = _Look(now, self.over)
        self.vip = self.look.reached_day(add_months(facts.client_since, rules.vip_months))
        self.last_mail = facts.mails[-1] if facts.mails else None
        self.call_day = self._call_day()

    def _call_day(self) -> date:
        """When the J-3 call is due: J-3, or earlier when no lawful slot is left from then to the expiry."""
        day = self.timeline.step(self.rules.call_step).day(self.facts.expires_on)
        if standing_obstacle(self.facts, Channel.CALL) is not None:
            return day
        start = start_of(day)
        window = next_window(start, self.facts.timezone, self.field.calls, self.field)
        if window is not None and window.start < self.over:
            return day
        before = last_window(start, self.facts.timezone, self.field.calls, self.field)
        return day_of(before.start) if before else day

    # Which rules match.

    def matches(self, rule: Rule) -> bool:  # noqa: PLR0911
        facts = self.facts
        nothing_opened = not any(mail.opened for mail in facts.mails)
        match rule.code:
            case RuleCode.CALLBACK:
                return facts.callback_at is not None
            case RuleCode.SUPERVISOR:
                return facts.escalated
            case RuleCode.LAST_DAYS:
                since = start_of(self.timeline.step(self.rules.talk_step).day(facts.expires_on))
                talked = facts.last_conversation_at is not None and facts.last_conversation_at >= since
                return not talked and self.look.reached_day(self.call_day)
            case RuleCode.REACTED:
                step = self._current_step()
                return (
                    step is not None
                    and facts.last_reaction_at is not None
                    and facts.last_reaction_at >= start_of(step.day(facts.expires_on))
                )
            case RuleCode.UNHAPPY:
                return (
                    (facts.wants_lower_price or facts.complained)
                    and nothing_opened
                    and self._current_step() is not None
                )
            case RuleCode.VIP_SILENT:
                return self.vip and self.last_mail is not None and not self.last_mail.opened
            case RuleCode.OPENED:
                mail = self.last_mail
                if mail is None or mail.opened_at is None or mail.clicked_at is not None:
                    return False
                reminded = facts.last_message_by_hand_at
                return (reminded is None or reminded < mail.opened_at) and self.look.reached_day(
                    plus_days(day_of(mail.opened_at), rule.days)
                )
            case RuleCode.SILENT:
                return nothing_opened and self.look.reached_day(plus_days(facts.expires_on, -rule.days))
            case RuleCode.OTHERWISE:
                return True

    def puts_at_risk(self, rule: Rule) -> bool:
        return rule.at_risk and (
            rule.risk_days is None or self.look.reached_day(plus_days(self.facts.expires_on, -rule.risk_days))
        )

    def _current_step(self) -> ReminderStep | None:
        current = None
        for step in self.timeline.steps:
            if not self.look.reached_day(step.day(self.facts.expires_on)):
                break
            current = step
        return current

    # What the first matching rule recommends.

    def plan(self, rule: Rule) -> _Plan:  # noqa: PLR0911
        match rule.code:
            case RuleCode.CALLBACK:
                return self._plan_callback(rule)
            case RuleCode.SUPERVISOR:
                return _Plan(Action.SUPERVISOR, Pane.LATER, self._words(rule.reason))
            case RuleCode.REACTED:
                if self.look.reached_day(self.call_day):
                    return self._supervisor("plus_d_etape")
                return self._wait(rule.reason, self.timeline.step(self.rules.call_step))
            case RuleCode.OPENED:
                return self._plan_message(rule)
            case RuleCode.SILENT:
                return self._plan_with_step(rule)
            case RuleCode.OTHERWISE:
                return self._wait_for_next_step(rule.reason)
            case _:
                step = self._current_step()
                since = start_of(step.day(self.facts.expires_on)) if step else None
                return self._by_hand(rule, CALL_FIRST, done_since=since)

    def _plan_callback(self, rule: Rule) -> _Plan:
        promised = self.facts.callback_at
        if promised is None or promised >= self.over:
            return self._supervisor("rappel_trop_tard")
        asked = asked_call_window(self.facts, self.field)
        tried = bool(self.facts.attempts) and self.facts.attempts[-1].at >= promised
        callable_ = standing_obstacle(self.facts, Channel.CALL) is None
        if callable_ and asked and not tried and not self.look.reached(asked.end):
            day = day_of(promised)
            act_at = None if self.look.reached(asked.start) else asked.start
            return _Plan(Action.CALL, self._pane(day), self._words(rule.reason), day, act_at, PROMISED)
        return self._by_hand(rule, CALL_FIRST, done_since=promised, promised=promised)

    def _plan_message(self, rule: Rule) -> _Plan:
        """An e-mail or an SMS, as the agent prefers where both are possible now."""
        email = self._slot(Channel.EMAIL, None)
        sms = self._slot(Channel.SMS, None)
        if email.possible(self.look.now) and sms.possible(self.look.now):
            today = self._today()
            return _Plan(Action.MESSAGE, Pane.URGENT, self._words(rule.reason), today, None, POSSIBLE_NOW)
        return self._by_hand(rule, (Channel.EMAIL, Channel.SMS))

    def _plan_with_step(self, rule: Rule) -> _Plan:
        """An SMS, or a call where there is no mobile, on the day of a step that does not have its own."""
        order = (Channel.SMS, Channel.CALL, Channel.EMAIL)
        done = {mail.step for mail in self.facts.mails}
        written = self.facts.last_message_by_hand_at
        for step in self.timeline.reminders:
            start = start_of(step.day(self.facts.expires_on))
            slot = self._choose(order, start)
            if slot.at is None:
                return self._supervisor("aucun_canal", slot)
            sends_its_own = Channel.SMS in step.channels if slot.channel is Channel.SMS else step.code in done
            if sends_its_own and slot.channel is not Channel.CALL:
                continue
            lawful_day = day_of(slot.at)
            if (written is not None and written >= start) or self.look.reached_day(plus_days(lawful_day, 1)):
                continue
            if self.look.reached(start):
                return self._by_hand(rule, order)
            reason = self._words(rule.reason) + self._fallback(slot)
            return _Plan(ACTIONS[slot.channel], self._pane(lawful_day), reason, lawful_day, slot.at)
        return self._supervisor("plus_d_etape")

    def _by_hand(
        self,
        rule: Rule,
        order: tuple[Channel, ...],
        done_since: datetime | None = None,
        promised: datetime | None = None,
    ) -> _Plan:
        """A call or a message by the first channel usable before the expiry, today or as promised."""
        due = promised is None or self.look.reached(promised)
        slot = self._choose(order, None if due else promised)
        if slot.at is None:
            return self._supervisor("aucun_canal", slot)
        action = ACTIONS[slot.channel]
        reason = self._words(rule.reason) + self._fallback(slot)
        if slot.retry:
            tried = moment(self.facts.attempts[-1].at)
            reason += " " + self.rules.words["nouvel_essai"].format(essai=tried, creneau=moment(slot.at))
            day = day_of(slot.at)
            rank = NOT_TODAY if promised is None else PROMISED
            return _Plan(action, self._pane(day, by_hand=False), reason, day, slot.at, rank)
        written = self.facts.last_message_by_hand_at
        if slot.channel is not Channel.CALL and done_since and written and written >= done_since:
            return self._wait_for_next_step(self.rules.words["message_envoye"])
        possible = slot.possible(self.look.now)
        act_at = None if possible else slot.at
        if promised is not None:
            day = day_of(promised)
            return _Plan(action, self._pane(day), reason, day, act_at, PROMISED)
        rank = POSSIBLE_NOW if possible else WAITS_FOR_SLOT
        return _Plan(action, Pane.URGENT, reason, self._today(), act_at, rank)

    def _wait_for_next_step(self, reason: str) -> _Plan:
        """Nothing by hand before the first step to come that can reach the client."""
        done = {mail.step for mail in self.facts.mails}
        for step in self.timeline.reminders:
            day = step.day(self.facts.expires_on)
            if self.look.reached_day(plus_days(day, 1)) or (step.code in done and self.look.reached_day(day)):
                continue
            if self._reaches(step):
                return self._wait(reason, step)
        return self._supervisor("plus_d_etape")

    def _wait(self, reason: str, step: ReminderStep) -> _Plan:
        if all(standing_obstacle(self.facts, channel) is not None for channel in CALL_FIRST):
            return self._supervisor("aucun_canal", self._choose(CALL_FIRST, None))
        expires_on = self.facts.expires_on
        day = self.call_day if step.code == self.rules.call_step else step.day(expires_on)
        return _Plan(Action.WAIT, self._pane(day, by_hand=False), self._words(reason, step, day), day)

    def _supervisor(self, word: str, slot: "_Slot | None" = None) -> _Plan:
        causes = self._causes(slot) if slot else ""
        reason = self._words(self.rules.words[word]).replace("{causes}", causes)
        return _Plan(Action.SUPERVISOR, Pane.LATER, reason)

    def _pane(self, day: date, *, by_hand: bool = True) -> Pane:
        """Urgent on the day of an action by hand, « this week » from seven days before, else later."""
        if by_hand and self.look.reached_day(day):
            return Pane.URGENT
        return Pane.WEEK if self.look.reached_day(plus_days(day, -self.rules.week_days)) else Pane.LATER

    def _today(self) -> date:
        today = day_of(self.look.now)
        self.look.reached_day(plus_days(today, 1))
        return today

    def _reaches(self, step: ReminderStep) -> bool:
        """Whether a step has a channel for this client; one that calls the silent falls back like a call."""
        channels = set(step.channels)
        if step.calls is Calls.SILENT:
            channels.update(CALL_FIRST)
        elif step.calls is Calls.VIP and self.vip:
            channels.add(Channel.CALL)
        return any(standing_obstacle(self.facts, channel) is None for channel in channels)

    # Channels and lawful slots.

    def _choose(self, order: tuple[Channel, ...], base: datetime | None) -> "_Slot":
        """The first channel with a lawful slot before the expiry, and what the others lacked."""
        missed: tuple[tuple[Channel, str], ...] = ()
        for channel in order:
            slot = self._slot(channel, base)
            if slot.at is not None:
                return replace(slot, missed=missed)
            missed = (*missed, (channel, slot.obstacle))
        return _Slot(order[-1], None, missed=missed)

    def _slot(self, channel: Channel, base: datetime | None) -> "_Slot":
        """A channel's first lawful slot before the expiry, from `base` on; None asks for now."""
        obstacle = standing_obstacle(self.facts, channel)
        if obstacle is not None:
            return _Slot(channel, None, f"{obstacle}_{channel}")
        if channel is Channel.EMAIL:
            return _Slot(channel, base or self.look.now)
        if channel is Channel.SMS:
            return self._slot_in(channel, base, self.field.sms)
        return self._call_slot(base)

    def _call_slot(self, base: datetime | None) -> "_Slot":
        open_at, limit = calls_open_at(self.facts, self.field)
        tried = self.facts.attempts[-1] if self.facts.attempts else None
        if base is None and tried is not None and not tried.answered:
            over = half_day_end(tried.at, self.facts.timezone, self.field)
            again = self._slot_in(Channel.CALL, max(over, open_at) if open_at else over, self.field.calls)
            if again.at is None:
                return replace(again, obstacle=limit or again.obstacle)
            if not self.look.reached(again.at):
                return replace(again, retry=True)
        if open_at is not None:
            if base is not None:
                base = max(base, open_at)
            elif not self.look.reached(open_at):
                base = open_at
        slot = self._slot_in(Channel.CALL, base, self.field.calls)
        return slot if slot.at is not None else replace(slot, obstacle=limit or slot.obstacle)

    def _slot_in(self, channel: Channel, base: datetime | None, schedule: Schedule) -> "_Slot":
        window = next_window(base or self.look.now, self.facts.timezone, schedule, self.field)
        if window is None or window.start >= self.over or (base is not None and base >= self.over):
            return _Slot(channel, None, "echeance")
        if base is not None:
            return _Slot(channel, max(base, window.start))
        if not self.look.reached(window.start):
            return _Slot(channel, window.start)
        self.look.reached(window.end)
        return _Slot(channel, self.look.now)

    # Words.

    def _words(self, template: str, step: ReminderStep | None = None, day: date | None = None) -> str:
        facts = self.facts
        return template.format(
            rappel=moment(facts.callback_at) if facts.callback_at else "",
            ouvert=_short(self.last_mail.opened_at if self.last_mail else None),
            envoye=_short(self.last_mail.sent_at if self.last_mail else None),
            reaction=_short(facts.last_reaction_at),
            message=_short(facts.last_message_by_hand_at),
            echeance=short_day(facts.expires_on),
            etape=step.code if step else "",
            date=short_day(day) if day else "",
            causes="{causes}",
        )

    def _fallback(self, slot: "_Slot") -> str:
        if not slot.missed:
            return ""
        words = self.rules.words
        return " " + words["repli"].format(canal=words[f"par_{slot.channel}"], causes=self._causes(slot))

    def _causes(self, slot: "_Slot") -> str:
        return ", ".join(self.rules.words[obstacle] for _, obstacle in slot.missed)

    def score_parts(self, at_risk: bool) -> tuple[tuple[str, int], ...]:
        """The points of the case, those that are zero left out; labels come from the data file."""
        weights = self.rules.score
        words = self.rules.words
        near = 0
        for days, points in weights.bands:
            if self.look.reached_day(plus_days(self.facts.expires_on, -days)):
                near = points
                break
        parts = (
            (words["points_vip"], weights.vip if self.vip else 0),
            (words["points_risque"], weights.at_risk if at_risk else 0),
            (words["points_echeance"], near),
            (
                words["points_valeur"],
                min(self.facts.value_cents // weights.cents_per_point, weights.value_max),
            ),
        )
        return tuple(part for part in parts if part[1])


@dataclass(frozen=True, slots=True)
class _Slot:
    """When a channel can be used, or why it cannot (a key of the words)."""

    channel: Channel
    at: datetime | None
    obstacle: str = ""
    retry: bool = False
    missed: tuple[tuple[Channel, str], ...] = ()

    def possible(self, now: datetime) -> bool:
        return self.at is not None and self.at <= now


def _short(instant: datetime | None) -> str:
    return short_day(day_of(instant)) if instant else ""
