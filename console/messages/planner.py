"""What the timeline does next for one term: messages to queue, steps to skip and why, files to close.

Pure: the same term at the same instant always gives the same plan, and a plan that was carried out leaves
nothing to do until `look_on`. Running it twice, late, or on two machines therefore sends nothing twice.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from console.base.dates import day_of, end_of, plus_days, start_of
from console.base.vocabulary import Channel, SubscriptionStatus
from console.messages.planned import (
    ACCEPTANCE,
    FOLLOW_UP,
    LINK,
    SETTLED,
    TRANSITION,
    Send,
    Skip,
    SkipReason,
    StepPlan,
    Watched,
)
from console.rules.churn import follow_up_day
from console.rules.hours import FieldRules, Obstacle, next_sms_slot, standing_obstacle
from console.rules.offers import Catalogue, Grant, grant
from console.rules.pauses import PauseState
from console.rules.priority import assess, is_vip
from console.rules.rules import PriorityRules
from console.rules.timeline import Profile, ReminderStep, StepOffer, Timeline

_OBSTACLES = {Obstacle.OPPOSED: SkipReason.OPPOSED, Obstacle.NO_ADDRESS: SkipReason.NO_ADDRESS}


@dataclass(frozen=True, slots=True)
class Rules:
    """The business data that a plan follows."""

    timeline: Timeline
    catalogue: Catalogue
    priorities: PriorityRules
    field: FieldRules


def plan_term(watched: Watched, now: datetime, rules: Rules) -> StepPlan:
    """The plan of a term at an instant."""
    return _Planning(watched, now, rules).plan()


class _Planning:
    """The plan of one term, growing."""

    def __init__(self, watched: Watched, now: datetime, rules: Rules) -> None:
        self.watched = watched
        self.facts = watched.facts
        self.now = now
        self.today = day_of(now)
        self.rules = rules
        self.timeline = rules.timeline.of(
            monthly=watched.facts.monthly, alone=watched.facts.alone, campaign=watched.facts.campaign
        )
        self.done = watched.made | watched.skipped
        self.found = StepPlan()

    def plan(self) -> StepPlan:
        if self.watched.status is SubscriptionStatus.VOID:
            self._withdraw(None)
            return self.found
        settled = SETTLED.get(self.watched.status)
        if settled is None and self.watched.came_back:
            settled = SkipReason.CAME_BACK
        if settled is None:
            self._follow_timeline()
        else:
            self._leave_timeline(settled)
            self._follow_up()
            self._follow_pause()
        return self.found

    # -- awaiting an answer ----------------------------------------------------------------------------

    def _follow_timeline(self) -> None:
        steps = [step for step in self.timeline.steps if self._day(step) >= self.watched.starts_on]
        come = [step for step in steps if self._day(step) <= self.today]
        to_come = steps[len(come) :]
        if to_come:
            self.found.look(self._day(to_come[0]))
        for step in come[:-1]:
            self._give_up(step)
        if come:
            self._take(come[-1], self._day(to_come[0]) if to_come else plus_days(self.today, 1))
        self._withdraw(come[-1] if come else None)
        self._send_link_again(steps)

    def _send_link_again(self, steps: Sequence[ReminderStep]) -> None:
        """The link that the client asked for and did not use, with its offer, unless a step brings it."""
        sent, key = self.watched.link_sent_at, (LINK, Channel.EMAIL)
        if sent is None:
            self.found.withdrawn |= self.watched.waiting & {key}
            return
        due = sent + timedelta(hours=self.timeline.follow_ups.link_hours)
        brought = (self._day(step) for step in steps if step.after_link and self._day(step) > day_of(sent))
        until = min(brought, default=self.facts.expires_on)
        if key in self.done or day_of(due) >= until or self.today >= until:
            return
        if self.now < due:
            self.found.look(day_of(due))
            return
        reacted = self.facts.last_reaction_at is not None and self.facts.last_reaction_at > sent
        obstacle = self._obstacle(Channel.EMAIL, canvasses=False) or (SkipReason.REACTED if reacted else None)
        if obstacle is not None:
            self._skip(*key, obstacle)
            return
        offers = (one for one in self.watched.offers if one.runs(self.now))
        offer = max(offers, default=None, key=lambda one: (one.face_value_cents, one.ends_at))
        self.found.sends.append(Send(LINK, Channel.EMAIL, LINK, offer, self.now, start_of(until)))

    def _give_up(self, step: ReminderStep) -> None:
        """A step whose time is over, and that was never sent."""
        if self._day(step) < self.watched.known_on:
            return
        late = SkipReason.ESCALATED if self._withheld(step) else SkipReason.MISSED
        for channel in self._left(step):
            self._skip(step.code, channel, self._obstacle(channel, canvasses=step.canvasses) or late)

    def _take(self, step: ReminderStep, over: date) -> None:
        """The step that is due, until the day `over`."""
        if step is self.timeline.archiving:
            self.found.closes = not self.watched.closed
            return
        for channel in self._left(step):
            reason = self._obstacle(channel, canvasses=step.canvasses) or self._reacted(step)
            if reason is None and self._withheld(step):
                self.found.look(plus_days(self.today, 1))  # it goes if the answer comes in its time
                continue
            if reason is None:
                reason = self._send_step(step, channel, start_of(over))
            if reason is not None:
                self._skip(step.code, channel, reason)

    def _send_step(self, step: ReminderStep, channel: Channel, over: datetime) -> SkipReason | None:
        at: datetime | None = self.now
        if channel is Channel.SMS:
            at = next_sms_slot(self.now, self.facts.timezone, self.rules.field)
        if at is None or at >= over:
            return SkipReason.NO_SLOT
        own, ended = self._own_offer(step, day_of(at))
        if ended:
            return SkipReason.OFFER_OVER
        offer = self._presented(step, own, at)
        if offer is not None and offer is own and own not in self.watched.offers:
            self.found.granted = own
        until = min(over, offer.ends_at) if offer else over
        name = step.lower_plan if step.lower_plan and self.watched.after_downgrade else step.code
        if step.after_link and self.watched.link_sent_at is not None:
            name = step.after_link
        self.found.sends.append(Send(step.code, channel, name, offer, at, until, step=True))
        return None

    def _presented(self, step: ReminderStep, own: Grant | None, at: datetime) -> Grant | None:
        """What the message presents: after the expiry the step's own offer, before it the best there is."""
        if own is not None and step.offset > 0:
            return own
        return max(
            (one for one in (own, *self.watched.offers) if one is not None and one.runs(at)),
            default=None,
            key=lambda one: (one.face_value_cents, one.ends_at),
        )

    def _own_offer(self, step: ReminderStep, today: date) -> tuple[Grant | None, bool]:
        """The offer that the step makes to this client, and whether there was one that is over."""
        watched, catalogue = self.watched, self.rules.catalogue
        ended = False
        for made in self._fitting(step.offers):
            last_day = plus_days(self.facts.expires_on, made.until)
            ends_at = end_of(last_day)
            if last_day < today:
                ended = True
            elif found := grant(
                catalogue, made.offer, plan=watched.plan, billing=watched.billing, ends_at=ends_at
            ):
                return found, False
        return None, ended

    def _fitting(self, offers: Iterable[StepOffer]) -> Iterator[StepOffer]:
        """The offers made to this client, in order; whether it is at risk is worked out when it counts."""
        known = self.rules.catalogue.offers
        for made in offers:
            if self.watched.plan in known[made.offer].plans and self._fits(made.profile):
                yield made

    def _fits(self, profile: Profile) -> bool:
        match profile:
            case Profile.VIP:
                return is_vip(self.facts.client_since, self.today, self.rules.catalogue.vip_months)
            case Profile.WAVERING:
                return self.facts.wants_lower_price or self._at_risk()
            case Profile.ALL:
                return True

    def _at_risk(self) -> bool:
        if self.today > self.facts.expires_on:
            return False
        rules = self.rules
        return assess(self.facts, self.now, rules.priorities, rules.timeline, rules.field).at_risk

    def _obstacle(self, channel: Channel, *, canvasses: bool) -> SkipReason | None:
        """What forbids a channel whatever the day; an opposition only stops canvassing."""
        facts = self.facts if canvasses else replace(self.facts, opposed=frozenset())
        obstacle = standing_obstacle(facts, channel)
        return None if obstacle is None else _OBSTACLES[obstacle]

    def _withheld(self, step: ReminderStep) -> bool:
        """Nobody is canvassed before a supervisor has answered; a notice about the contract goes."""
        return step.canvasses and self.facts.escalated

    def _reacted(self, step: ReminderStep) -> SkipReason | None:
        """A client who reacted since the step before is left time."""
        reaction = self.facts.last_reaction_at
        if not step.leaves_time or reaction is None:
            return None
        before = [other for other in self.timeline.steps if other.offset < step.offset]
        since = start_of(self._day(before[-1])) if before else None
        return SkipReason.REACTED if since is not None and reaction >= since else None

    def _withdraw(self, current: ReminderStep | None) -> None:
        """Queued messages that are stale, or that the client does not want any more."""
        for step in self.timeline.steps:
            for channel in step.channels:
                key = (step.code, channel)
                if key in self.watched.waiting and (
                    step is not current
                    or self._withheld(step)
                    or self._obstacle(channel, canvasses=step.canvasses)
                ):
                    self.found.withdrawn.add(key)

    # -- settled ---------------------------------------------------------------------------------------

    def _leave_timeline(self, reason: SkipReason) -> None:
        """The rest of the timeline is not for this client any more: said once, for all steps."""
        watched = self.watched
        settled_on = day_of(watched.settled_at) if watched.settled_at else self.today
        for step in self.timeline.steps:
            day = self._day(step)
            if day < watched.starts_on:
                continue
            if self._next_day(step) <= settled_on:
                self._give_up(step)
                continue
            for channel in self._left(step):
                self._skip(step.code, channel, reason)
        self._withdraw(None)

    def _follow_up(self) -> None:
        """What is written to a client whose case is settled, once each."""
        watched, after = self.watched, self.timeline.follow_ups
        if not watched.awaits_agreement:
            self.found.withdrawn |= watched.waiting & {(ACCEPTANCE, Channel.EMAIL)}
        elif watched.settled_at is not None:
            pause = self.facts.pause
            said_at = pause.resumed_at if pause and pause.resumed_at else watched.settled_at
            due = said_at + timedelta(hours=after.acceptance_hours)
            self._once(ACCEPTANCE, due, canvasses=False)
        if watched.status is SubscriptionStatus.DOWNGRADED:
            due = start_of(plus_days(self.facts.expires_on, after.transition))
            self._once(TRANSITION, due, canvasses=False)
        if self._refused() and watched.follow_up_on is not None:
            due = start_of(self._after_service(watched.follow_up_on))
            self._once(FOLLOW_UP, due, canvasses=True)
        else:  # lifted, or no refusal any more
            self.found.withdrawn |= watched.waiting & {(FOLLOW_UP, Channel.EMAIL)}

    def _refused(self) -> bool:
        """Whether the client left: out of a pause, once it had lapsed, or without one."""
        if self.watched.status is SubscriptionStatus.PAUSED:
            pause = self.facts.pause
            if pause is None or pause.refused_at is None:
                return False
            return pause.state(self.now) in {PauseState.REFUSED, PauseState.LAPSED}
        return self.watched.status is SubscriptionStatus.CANCELLED

    def _after_service(self, day: date) -> date:
        """A follow-up that older records set before the end of the service is counted from that end."""
        end = self.facts.expires_on
        return day if day > end else follow_up_day(end, end)

    def _follow_pause(self) -> None:
        """The reminders of a pause: a timeline of its own, to its last day."""
        pause, steps = self.facts.pause, self.timeline.pauses
        if pause is None or steps is None:
            return
        facts = replace(self.facts, expires_on=pause.resume_by)
        watched = replace(self.watched, facts=facts, starts_on=pause.starts_on, offers=())
        resting = _Planning(watched, self.now, replace(self.rules, timeline=steps))
        resting.found = self.found
        if self.watched.status is SubscriptionStatus.PAUSED and pause.state(self.now) is PauseState.RUNNING:
            resting._follow_timeline()
        else:
            resting._withdraw(None)

    def _once(self, kind: str, due: datetime, *, canvasses: bool) -> None:
        """An e-mail due from an instant on, for so many days."""
        key = (kind, Channel.EMAIL)
        obstacle = self._obstacle(Channel.EMAIL, canvasses=canvasses)
        if canvasses and self.watched.came_back:
            obstacle = SkipReason.CAME_BACK
        if key in self.watched.waiting and obstacle is not None:
            self.found.withdrawn.add(key)
        if key in self.done:
            return
        until = start_of(plus_days(day_of(due), self.timeline.follow_ups.days))
        if self.now < due:
            self.found.look(max(day_of(due), self.today))
        elif canvasses and self.facts.escalated and self.now < until:
            self.found.look(plus_days(self.today, 1))
        elif obstacle is not None or self.now >= until:
            self._skip(*key, obstacle or SkipReason.MISSED)
        else:
            self.found.sends.append(Send(kind, Channel.EMAIL, kind, None, self.now, until))

    # -- shared ----------------------------------------------------------------------------------------

    def _left(self, step: ReminderStep) -> list[Channel]:
        """The channels of a step about which nothing was decided yet."""
        return [channel for channel in step.channels if (step.code, channel) not in self.done]

    def _skip(self, kind: str, channel: Channel, reason: SkipReason) -> None:
        self.found.skips.append(Skip(kind, channel, reason))

    def _day(self, step: ReminderStep) -> date:
        return step.day(self.facts.expires_on)

    def _next_day(self, step: ReminderStep) -> date:
        """The day from which a step is over."""
        later = [other for other in self.timeline.steps if other.offset > step.offset]
        return self._day(later[0]) if later else plus_days(self._day(step), 1)
