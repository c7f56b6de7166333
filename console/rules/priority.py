"""Who is contacted next, how and why: the ordered rules of priorites.toml, applied to one case.

Time is only looked at through `Look`, which notes when each answer will change: an assessment therefore
knows until when it stands, and a case far from its expiry needs no daily work.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from types import MappingProxyType

from console.base.dates import add_months, day_of, plus_days, start_of
from console.base.french import moment, short_day
from console.base.vocabulary import Action, Channel, Pane
from console.rules.case import CaseNow
from console.rules.facts import CallAttempt, CaseFacts, Mail
from console.rules.hours import FieldRules, asked_call_window, standing_obstacle
from console.rules.pauses import Pause
from console.rules.rules import PriorityRules, Rule, RuleCode
from console.rules.slots import Slot
from console.rules.timeline import Calls, ReminderStep, Timeline

__all__ = ["Assessment", "CallAttempt", "CaseFacts", "Mail", "PriorityRules", "assess", "is_vip"]

PROMISED, POSSIBLE_NOW, WAITS_FOR_SLOT, NOT_TODAY = range(4)
"""Ranks, in the order of the queue; only a promised callback has a rank_at."""

CALL_FIRST = (Channel.CALL, Channel.SMS, Channel.EMAIL)
ACTIONS = MappingProxyType({Channel.CALL: Action.CALL, Channel.SMS: Action.SMS, Channel.EMAIL: Action.EMAIL})


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
    case = CaseNow(facts, now, rules, timeline, field)
    matching: list[Rule] = []
    for rule in rules.rules:
        if case.matches(rule):
            matching.append(rule)
            if rule.stops:
                break
    at_risk = any(case.puts_at_risk(rule) for rule in matching)
    return _assessment(case, _Planner(case).plan(matching[0]), matching[0].code, at_risk)


PAUSE = "pause"
"""What stands in the place of a rule's code for a client whose pause comes to its end."""
_OF_PAUSE = "pause_"
"""What the keys of the words about a pause begin with: each takes the place of the other of its name."""


def assess_pause(
    facts: CaseFacts,
    pause: Pause,
    now: datetime,
    rules: PriorityRules,
    timeline: Timeline,
    field: FieldRules,
) -> Assessment | None:
    """What is recommended for a client on a pause, before its last day is over; None where nothing is.

    `timeline` is that of the pauses: who has not reacted since its first step is called from the one that
    calls. What the client asked for, or a supervisor's answer, comes first.
    """
    calling = next((step for step in timeline.steps if step.calls is not Calls.NOBODY), None)
    if calling is None:
        return None
    mine = {
        key.removeprefix(_OF_PAUSE): text for key, text in rules.words.items() if key.startswith(_OF_PAUSE)
    }
    words = {**rules.words, **mine}
    steps = replace(rules, call_step=calling.code, talk_step=timeline.steps[0].code, words=words)
    case = CaseNow(replace(facts, expires_on=pause.resume_by), now, steps, timeline, field)
    planner = _Planner(case)
    for rule in rules.rules:
        if rule.code in {RuleCode.CALLBACK, RuleCode.SUPERVISOR} and case.matches(rule):
            return _assessment(case, planner.plan(rule), rule.code, at_risk=False)
    plan = planner.plan_pause(calling)
    return None if plan is None else _assessment(case, plan, PAUSE, at_risk=False)


def _assessment(case: CaseNow, plan: "_Plan", code: str, at_risk: bool) -> Assessment:
    parts = case.score_parts(at_risk)
    return Assessment(
        pane=plan.pane,
        rule=code,
        action=plan.action,
        reason=plan.reason,
        due_on=plan.due_on,
        act_at=plan.act_at,
        at_risk=at_risk,
        rank=plan.rank,
        rank_at=case.facts.callback_at if plan.rank == PROMISED else None,
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


class _Planner:
    """What the first matching rule recommends for a case."""

    def __init__(self, case: CaseNow) -> None:
        self.case = case
        self.facts = case.facts
        self.rules = case.rules
        self.timeline = case.timeline
        self.call_day = case.call_day
        self.field = case.field
        self.look = case.look
        self.slots = case.slots

    def plan(self, rule: Rule) -> _Plan:  # noqa: PLR0911
        match rule.code:
            case RuleCode.CALLBACK:
                return self._plan_callback(rule)
            case RuleCode.SUPERVISOR:
                return _Plan(Action.SUPERVISOR, Pane.LATER, self._words(self.case.reason(rule)))
            case RuleCode.REACTED:
                return self._wait_for_call_step(rule)
            case RuleCode.OPENED:
                return self._plan_message(rule)
            case RuleCode.SILENT:
                return self._plan_with_step(rule)
            case RuleCode.OTHERWISE:
                return self._wait_for_next_step(self.case.reason(rule))
            case _:
                step = self.case.current_step()
                since = start_of(step.day(self.facts.expires_on)) if step else None
                return self._by_hand(rule, CALL_FIRST, done_since=since)

    def _plan_callback(self, rule: Rule) -> _Plan:
        promised = self.facts.callback_at
        if promised is None or promised >= self.case.over:
            return self._supervisor("rappel_trop_tard")
        asked = asked_call_window(self.facts, self.field)
        tried = bool(self.facts.attempts) and self.facts.attempts[-1].at >= promised
        callable_ = standing_obstacle(self.facts, Channel.CALL) is None
        if callable_ and asked and not tried and not self.look.reached(asked.end):
            day = day_of(promised)
            act_at = None if self.look.reached(asked.start) else asked.start
            return _Plan(
                Action.CALL, self._pane(day), self._words(self.case.reason(rule)), day, act_at, PROMISED
            )
        return self._by_hand(rule, CALL_FIRST, done_since=promised, promised=promised)

    def plan_pause(self, step: ReminderStep) -> _Plan | None:
        """A call, from the day of that step on, for who has not reacted since the first reminder.

        None for who has, or cannot be reached: the reminders say it all the same.
        """
        reaction = self.facts.last_reaction_at
        since = start_of(self._day(self.timeline.steps[0]))
        if (reaction is not None and reaction >= since) or not (self.case.vip or step.calls is Calls.SILENT):
            return None
        day = self.case.call_day or self._day(step)
        if not self.look.reached_day(day):
            words = self._words(self.rules.words["attente"], step, day)
            return _Plan(Action.WAIT, self._pane(day, by_hand=False), words, day)
        plan = self._by_hand(Rule(RuleCode.LAST_DAYS, self.rules.words["appel"]), CALL_FIRST, since)
        return None if plan.action in {Action.SUPERVISOR, Action.WAIT} else plan

    def _plan_message(self, rule: Rule) -> _Plan:
        """An e-mail or an SMS, as the agent prefers where both are possible now."""
        email = self.slots.slot(Channel.EMAIL, None)
        sms = self.slots.slot(Channel.SMS, None)
        if email.possible(self.look.now) and sms.possible(self.look.now):
            today = self.look.today()
            return _Plan(
                Action.MESSAGE, Pane.URGENT, self._words(self.case.reason(rule)), today, None, POSSIBLE_NOW
            )
        return self._by_hand(rule, (Channel.EMAIL, Channel.SMS))

    def _plan_with_step(self, rule: Rule) -> _Plan:
        """An SMS, or a call where there is no mobile, on the day of a step that does not have its own."""
        order = (Channel.SMS, Channel.CALL, Channel.EMAIL)
        done = {mail.step for mail in self.facts.mails}
        written = self.facts.last_message_by_hand_at
        for step in self.timeline.reminders:
            start = start_of(step.day(self.facts.expires_on))
            slot = self.slots.first(order, start)
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
            reason = self._words(self.case.reason(rule)) + self._fallback(slot)
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
        slot = self.slots.first(order, None if due else promised)
        if slot.at is None:
            return self._supervisor("aucun_canal", slot)
        action = ACTIONS[slot.channel]
        reason = self._words(self.case.reason(rule)) + self._fallback(slot)
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
        return _Plan(action, Pane.URGENT, reason, self.look.today(), act_at, rank)

    def _wait_for_call_step(self, rule: Rule) -> _Plan:
        """Time is left to a client who reacted, until J-3."""
        if self.call_day is None:
            return self._wait_for_expiry()
        if self.look.reached_day(self.call_day):
            return self._supervisor("plus_d_etape")
        step = self.timeline.step(self.rules.call_step)
        if not self._reaches(step):
            return self._unreachable(self.call_day)
        return self._wait(self.case.reason(rule), step)

    def _wait_for_next_step(self, reason: str) -> _Plan:
        """Nothing by hand before the first step to come that can reach the client."""
        done = {mail.step for mail in self.facts.mails}
        for step in self.timeline.reminders:
            day = self._day(step)
            if self.look.reached_day(plus_days(day, 1)) or (step.code in done and self.look.reached_day(day)):
                continue
            if self._reaches(step):
                return self._wait(reason, step)
        if self.call_day is None:
            return self._wait_for_expiry()
        if self.look.reached_day(self.call_day):
            return self._supervisor("plus_d_etape")
        return self._unreachable(self.call_day)

    def _wait_for_expiry(self) -> _Plan:
        """Nobody reminds this client any more before the expiry: they renew, or the term ends."""
        day = self.facts.expires_on
        word = "sans_relance" if self.timeline.reminders else "renouvelle_seul"
        return _Plan(
            Action.WAIT, self._pane(day, by_hand=False), self._words(self.rules.words[word]), due_on=day
        )

    def _unreachable(self, call_day: date) -> _Plan:
        return self._supervisor("aucun_canal", self.slots.first(CALL_FIRST, start_of(call_day)))

    def _wait(self, reason: str, step: ReminderStep) -> _Plan:
        day = self._day(step)
        return _Plan(Action.WAIT, self._pane(day, by_hand=False), self._words(reason, step, day), day)

    def _supervisor(self, word: str, slot: Slot | None = None) -> _Plan:
        causes = self._causes(slot) if slot else ""
        reason = self._words(self.rules.words[word]).replace("{causes}", causes)
        return _Plan(Action.SUPERVISOR, Pane.LATER, reason)

    def _pane(self, day: date, *, by_hand: bool = True) -> Pane:
        """Urgent on the day of an action by hand, « this week » from seven days before, else later."""
        if by_hand and self.look.reached_day(day):
            return Pane.URGENT
        return Pane.WEEK if self.look.reached_day(plus_days(day, -self.rules.week_days)) else Pane.LATER

    def _reaches(self, step: ReminderStep) -> bool:
        """Whether a step has a channel for this client; one that calls the silent falls back like a call."""
        channels = set(step.channels)
        if step.calls is Calls.SILENT:
            channels.update(CALL_FIRST)
        elif step.calls in {Calls.VIP, Calls.SILENT_VIP} and self.case.vip:
            channels.add(Channel.CALL)
        order = tuple(channel for channel in CALL_FIRST if channel in channels)
        return bool(order) and self.slots.first(order, start_of(self._day(step))).at is not None

    def _day(self, step: ReminderStep) -> date:
        if step.code == self.rules.call_step and self.call_day is not None:
            return self.call_day
        return step.day(self.facts.expires_on)

    # Words.

    def _words(self, template: str, step: ReminderStep | None = None, day: date | None = None) -> str:
        facts, current, mail = self.facts, self.case.reminder_step(), self.case.unread or self.case.last_mail
        return template.format(
            rappel=moment(facts.callback_at) if facts.callback_at else "",
            ouvert=_short(self.case.last_mail.opened_at if self.case.last_mail else None),
            envoye=_short(mail.sent_at if mail else None),
            reaction=_short(facts.last_reaction_at),
            message=_short(facts.last_message_by_hand_at),
            echeance=short_day(facts.expires_on),
            etape=step.code if step else "",
            date=short_day(day) if day else "",
            etape_en_cours=current.code if current else "",
            depuis=short_day(current.day(facts.expires_on)) if current else "",
            signal=self._signal(),
            causes="{causes}",
        )

    def _signal(self) -> str:
        if self.facts.wants_lower_price and self.facts.complained:
            return self.rules.words["signal_les_deux"]
        return self.rules.words["signal_prix" if self.facts.wants_lower_price else "signal_plainte"]

    def _fallback(self, slot: Slot) -> str:
        if not slot.missed:
            return ""
        words = self.rules.words
        return " " + words["repli"].format(canal=words[f"par_{slot.channel}"], causes=self._causes(slot))

    def _causes(self, slot: Slot) -> str:
        return ", ".join(self.rules.words[obstacle] for obstacle in slot.missed)


def _short(instant: datetime | None) -> str:
    return short_day(day_of(instant)) if instant else ""
