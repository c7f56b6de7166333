"""One case at one instant: which priority rules match it, whether they put it at risk, how it scores."""

from datetime import date, datetime

from console.base.dates import add_months, day_of, plus_days, start_of
from console.base.vocabulary import Channel
from console.rules.facts import CaseFacts, Mail
from console.rules.hours import FieldRules, last_window, next_window, standing_obstacle
from console.rules.rules import OF_OPENINGS, UNASKED, PriorityRules, Rule, RuleCode
from console.rules.slots import Look, Slots
from console.rules.timeline import Calls, ReminderStep, Timeline


class CaseNow:
    """A case awaiting an answer; ValueError once its expiry day is over."""

    def __init__(
        self, facts: CaseFacts, now: datetime, rules: PriorityRules, timeline: Timeline, field: FieldRules
    ) -> None:
        self.facts = facts
        self.rules = rules
        self.timeline = timeline.of(monthly=facts.monthly, alone=facts.alone, campaign=facts.campaign)
        self.field = field
        self.over = start_of(plus_days(facts.expires_on, 1))
        if now >= self.over:
            raise ValueError("the expiry day is over")
        self.look = Look(now, self.over)
        self.slots = Slots(facts, field, self.look, self.over)
        self.vip = self.look.reached_day(add_months(facts.client_since, rules.vip_months))
        self.last_mail = facts.received[-1] if facts.received else None
        self.openings_known = facts.openings_known
        self.unread: Mail | None = None
        """What the rule about a VIP's unread e-mail found, for its words."""
        self.call_day = self._call_day()

    def _call_day(self) -> date | None:
        """When the J-3 call is due: J-3, or earlier when no lawful slot is left from then to the expiry.

        None where the term's timeline has nobody called.
        """
        if not self.timeline.calls_anybody:
            return None
        day = self.timeline.step(self.rules.call_step).day(self.facts.expires_on)
        if standing_obstacle(self.facts, Channel.CALL) is not None:
            return day
        start = start_of(day)
        window = next_window(start, self.facts.timezone, self.field.calls, self.field)
        if window is not None and window.start < self.over:
            return day
        before = last_window(start, self.facts.timezone, self.field.calls, self.field)
        return day_of(before.start) if before else day

    def matches(self, rule: Rule) -> bool:  # noqa: PLR0911  -- one return a row of the table
        """Whether a rule's signals are there."""
        facts = self.facts
        if rule.code in UNASKED and not self.timeline.calls_anybody:
            return False
        match rule.code:
            case RuleCode.CALLBACK:
                # Nothing is done by hand before the supervisor's answer but what the client asked for.
                asked = facts.callback_asked_by_client or not facts.escalated
                return facts.callback_at is not None and asked
            case RuleCode.SUPERVISOR:
                return facts.escalated
            case RuleCode.LAST_DAYS:
                since = start_of(self.timeline.step(self.rules.talk_step).day(facts.expires_on))
                talked = facts.last_conversation_at is not None and facts.last_conversation_at >= since
                return not talked and self.call_day is not None and self.look.reached_day(self.call_day)
            case RuleCode.REACTED:
                return self._reacted_since_step()
            case RuleCode.UNHAPPY:
                silent = self._nothing_opened() if self.openings_known else not self._reacted_since_step()
                return (facts.wants_lower_price or facts.complained) and silent and bool(self.current_step())
            case RuleCode.VIP_UNDECIDED:
                step = self.reminder_step()
                return self.vip and step is not None and step.calls is Calls.VIP
            case RuleCode.VIP_SILENT:
                self.unread = self._unread_mail(rule.days) if self.vip else None
                return self.unread is not None
            case RuleCode.OPENED:
                mail = self.last_mail
                if mail is None or mail.opened_at is None or mail.clicked_at is not None:
                    return False
                reminded = facts.last_message_by_hand_at
                return (reminded is None or reminded < mail.opened_at) and self.look.reached_day(
                    plus_days(day_of(mail.opened_at), rule.days)
                )
            case RuleCode.SILENT:
                silent = self._nothing_opened() if self.openings_known else facts.last_reaction_at is None
                return silent and self.look.reached_day(plus_days(facts.expires_on, -rule.days))
            case RuleCode.OTHERWISE:
                return True

    def puts_at_risk(self, rule: Rule) -> bool:
        """Whether a rule that matches puts the case at risk, today."""
        at_risk = rule.unmeasured_risk if self._goes_by_reactions(rule) else rule.at_risk
        return at_risk and (
            rule.risk_days is None or self.look.reached_day(plus_days(self.facts.expires_on, -rule.risk_days))
        )

    def reason(self, rule: Rule) -> str:
        """The words of a rule that matches, with their {holes}."""
        if not self._goes_by_reactions(rule):
            return rule.reason
        reached = self.last_mail is not None or self.facts.texted
        return rule.unmeasured if reached or not rule.unreached else rule.unreached

    def _goes_by_reactions(self, rule: Rule) -> bool:
        """Whether a rule about openings looks at reactions instead, since openings are not known."""
        return rule.code in OF_OPENINGS and not self.openings_known

    def _nothing_opened(self) -> bool:
        return not any(mail.opened for mail in self.facts.received)

    def _reacted_since_step(self) -> bool:
        """Whether the client reacted since the step that is due began."""
        step, reaction = self.current_step(), self.facts.last_reaction_at
        return (
            step is not None
            and reaction is not None
            and reaction >= start_of(step.day(self.facts.expires_on))
        )

    def _unread_mail(self, days: int) -> Mail | None:
        """The last e-mail of a step that has calls made, so many days after it left, unless it was read.

        A later one that was read counts as well; one that is younger is left its time.
        """
        calling = {step.code for step in self.timeline.reminders if step.calls is not Calls.NOBODY}
        for mail in reversed(self.facts.received):
            reaction = self.facts.last_reaction_at
            if mail.opened or (reaction is not None and reaction >= mail.sent_at):
                return None
            if mail.step in calling and self.look.reached_day(plus_days(day_of(mail.sent_at), days)):
                return mail
        return None

    def current_step(self) -> ReminderStep | None:
        """The step that is due."""
        current = None
        for step in self.timeline.steps:
            if not self.look.reached_day(step.day(self.facts.expires_on)):
                break
            current = step
        return current

    def reminder_step(self) -> ReminderStep | None:
        """The last step before the expiry day that has come."""
        step = self.current_step()
        if step is None or step in self.timeline.reminders:
            return step
        return self.timeline.reminders[-1] if self.timeline.reminders else None

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
