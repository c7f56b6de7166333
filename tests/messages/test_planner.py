"""The timeline's plan: each step on its day; whatever the days, outages and events, never too much."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.base.dates import PARIS, day_of, plus_days, start_of
from console.base.vocabulary import Billing, Channel, PhoneKind, Plan, SubscriptionStatus
from console.messages.by_hand_rules import ByHand, NotNow, choose
from console.messages.planned import ACCEPTANCE, FOLLOW_UP, TRANSITION, Key, SkipReason, StepPlan, Watched
from console.messages.planner import Rules, plan_term
from console.rules.facts import CaseFacts, Mail
from console.rules.hours import next_sms_slot
from console.rules.offers import Grant
from console.rules.pauses import Pause
from tests.world import CONTENT

DATA = CONTENT.data
RULES = Rules(DATA.timeline, DATA.catalogue, DATA.priorities, DATA.field)
EXPIRY = date(2025, 12, 31)
STEPS = {step.code: step for step in DATA.timeline.steps}
EMAIL, SMS = Channel.EMAIL, Channel.SMS
SETTLED = (
    SubscriptionStatus.RENEWED,
    SubscriptionStatus.DOWNGRADED,
    SubscriptionStatus.PAUSED,
    SubscriptionStatus.CANCELLED,
)


def watched(**changes: Any) -> Watched:
    """A VIP with an address and a mobile, unless said; fields of either by name."""
    facts: dict[str, Any] = {
        "expires_on": EXPIRY,
        "client_since": date(2024, 6, 1),
        "phone": PhoneKind.MOBILE,
        "email_usable": True,
    }
    facts |= {name: changes.pop(name) for name in list(changes) if name in CaseFacts.__dataclass_fields__}
    term: dict[str, Any] = {
        "status": SubscriptionStatus.ACTIVE,
        "plan": Plan.PREMIUM,
        "billing": Billing.ANNUAL,
        "starts_on": date(2025, 1, 1),
        "known_on": date(2025, 1, 1),
        "facts": CaseFacts(**facts),
    }
    return Watched(**term | changes)


def at(day: date, hour: int = 8) -> datetime:
    return start_of(day).astimezone(PARIS) + timedelta(hours=hour)


def on(code: str) -> datetime:
    """The morning of a step's day."""
    return at(STEPS[code].day(EXPIRY))


def sent(plan: StepPlan) -> set[Key]:
    return {(send.kind, send.channel) for send in plan.sends}


def skipped(plan: StepPlan) -> dict[Key, SkipReason]:
    return {(skip.kind, skip.channel): skip.reason for skip in plan.skips}


# -- each rule by itself -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "offer", "price", "ends"),
    [
        ("J-30", "remise-5", 3514, date(2025, 12, 8)),
        ("J-14", "fidelite", 3499, date(2025, 12, 24)),
        ("J-7", "fidelite", 3499, date(2025, 12, 24)),
        ("J-3", None, None, None),
        ("J-0", None, None, None),
        ("J+1", "retour", 3299, date(2026, 1, 10)),
        ("J+7", "ambassadeur", 3699, date(2026, 1, 14)),
        ("J+30", "dernier-mot", 10500, date(2026, 1, 30)),
    ],
)
def test_each_step_on_its_day_with_its_offer(
    code: str, offer: str | None, price: int | None, ends: date | None
) -> None:
    plan = plan_term(watched(known_on=STEPS[code].day(EXPIRY)), on(code), RULES)
    (mail,) = (send for send in plan.sends if send.channel is EMAIL)
    assert (mail.kind, mail.template) == (code, code)
    made = mail.offer
    assert (made and made.offer, made and made.price_cents, made and day_of(made.ends_at)) == (
        offer,
        price,
        ends,
    )
    assert plan.granted == made
    assert not plan.skips
    assert plan.look_on is not None
    assert plan.look_on > day_of(on(code))


def test_two_channels_share_one_offer() -> None:
    plan = plan_term(watched(known_on=date(2025, 12, 17)), on("J-14"), RULES)
    assert sent(plan) == {("J-14", EMAIL), ("J-14", SMS)}
    assert {send.offer for send in plan.sends} == {plan.granted}


@pytest.mark.parametrize(
    ("changes", "offer"),
    [
        ({"client_since": date(2025, 8, 1)}, "remise-5"),
        ({"client_since": date(2025, 8, 1), "wants_lower_price": True}, "atelier-offert"),
        ({"client_since": date(2024, 6, 1)}, "fidelite"),
        ({"plan": Plan.BASIC, "billing": Billing.MONTHLY}, "remise-5"),
    ],
)
def test_who_gets_which_offer(changes: dict[str, Any], offer: str) -> None:
    facts = {"mails": (Mail("J-30", on("J-30"), opened_at=on("J-30")),)}
    plan = plan_term(watched(**facts | changes), on("J-14"), RULES)
    assert plan.granted is not None
    assert plan.granted.offer == offer


def test_an_offer_already_granted_is_presented_not_granted_again() -> None:
    first = plan_term(watched(), on("J-14"), RULES).granted
    again = plan_term(watched(offers=(first,)), on("J-7"), RULES)
    assert [send.offer for send in again.sends] == [first]
    assert again.granted is None


def test_a_better_running_offer_is_the_one_presented_before_the_expiry() -> None:
    better = Grant("telephone", 3499, 3699, 2200, 800, 1, at(date(2025, 12, 25), 23))
    plan = plan_term(watched(client_since=date(2025, 8, 1), offers=(better,)), on("J-7"), RULES)
    assert [send.offer for send in plan.sends] == [better]
    assert plan.granted is None


def test_after_the_expiry_each_message_has_its_own_offer() -> None:
    back = plan_term(watched(status=SubscriptionStatus.EXPIRED), on("J+1"), RULES).granted
    plan = plan_term(watched(status=SubscriptionStatus.EXPIRED, offers=(back,)), on("J+7"), RULES)
    assert [send.offer.offer for send in plan.sends if send.offer] == ["ambassadeur"]


def test_a_step_whose_offer_is_over_is_skipped_and_the_next_one_comes() -> None:
    late = plan_term(watched(), at(date(2025, 12, 10)), RULES)
    assert skipped(late) == {("J-30", EMAIL): SkipReason.OFFER_OVER}
    assert not late.sends
    assert late.look_on == date(2025, 12, 17)


def test_who_reacted_since_the_step_before_is_left_time_but_for_the_last_days() -> None:
    reacted = watched(last_reaction_at=on("J-14") + timedelta(hours=3), made=frozenset({("J-14", EMAIL)}))
    assert skipped(plan_term(reacted, on("J-7"), RULES))["J-7", EMAIL] is SkipReason.REACTED
    assert sent(plan_term(reacted, on("J-3"), RULES)) == {("J-3", EMAIL)}
    earlier = watched(last_reaction_at=on("J-14") - timedelta(hours=9))
    assert sent(plan_term(earlier, on("J-7"), RULES)) == {("J-7", EMAIL)}


@pytest.mark.parametrize(
    ("changes", "code", "expected"),
    [
        ({"opposed": frozenset({EMAIL})}, "J-14", {("J-14", EMAIL): SkipReason.OPPOSED}),
        ({"opposed": frozenset({SMS})}, "J-14", {("J-14", SMS): SkipReason.OPPOSED}),
        ({"email_usable": False}, "J-3", {("J-3", EMAIL): SkipReason.NO_ADDRESS}),
        ({"phone": PhoneKind.LANDLINE}, "J-14", {("J-14", SMS): SkipReason.NO_ADDRESS}),
        ({"opposed": frozenset({EMAIL})}, "J-0", {}),
        (
            {"opposed": frozenset({EMAIL}), "email_usable": False},
            "J-0",
            {("J-0", EMAIL): SkipReason.NO_ADDRESS},
        ),
    ],
)
def test_opposition_stops_canvassing_and_a_missing_address_everything(
    changes: dict[str, Any], code: str, expected: dict[tuple[str, Channel], SkipReason]
) -> None:
    plan = plan_term(watched(known_on=STEPS[code].day(EXPIRY), **changes), on(code), RULES)
    assert skipped(plan) == expected
    assert sent(plan) == {(code, channel) for channel in STEPS[code].channels} - set(expected)


def test_a_text_message_waits_for_a_lawful_slot_and_never_outlives_its_offer() -> None:
    plan = plan_term(watched(expires_on=date(2025, 12, 28)), at(date(2025, 12, 14), 9), RULES)  # a Sunday
    (text,) = (send for send in plan.sends if send.channel is SMS)
    assert text.not_before == at(date(2025, 12, 15), 8)
    assert text.offer is not None
    assert text.not_before < text.valid_until <= text.offer.ends_at


def test_after_days_of_outage_only_the_current_step_goes() -> None:
    plan = plan_term(watched(), at(date(2025, 12, 29)), RULES)
    assert sent(plan) == {("J-3", EMAIL)}
    assert skipped(plan) == {
        ("J-30", EMAIL): SkipReason.MISSED,
        ("J-14", EMAIL): SkipReason.MISSED,
        ("J-14", SMS): SkipReason.MISSED,
        ("J-7", EMAIL): SkipReason.MISSED,
    }


def test_what_was_due_before_the_client_was_known_is_nobodys_fault() -> None:
    plan = plan_term(watched(known_on=date(2025, 12, 26)), at(date(2025, 12, 26)), RULES)
    assert not plan.sends
    assert skipped(plan) == {("J-7", EMAIL): SkipReason.OFFER_OVER}


def test_a_step_before_the_term_began_is_not_the_terms() -> None:
    monthly = watched(billing=Billing.MONTHLY, starts_on=date(2025, 12, 20), known_on=date(2025, 12, 20))
    plan = plan_term(monthly, at(date(2025, 12, 20)), RULES)
    assert not plan.sends
    assert not plan.skips
    assert plan.look_on == date(2025, 12, 24)


@pytest.mark.parametrize("status", SETTLED)
def test_a_settled_client_is_out_of_the_timeline_at_once_with_the_reason(status: SubscriptionStatus) -> None:
    settled = watched(
        status=status,
        settled_at=at(date(2025, 12, 22), 14),
        made=frozenset({("J-30", EMAIL), ("J-14", EMAIL), ("J-14", SMS)}),
        waiting=frozenset({("J-14", SMS)}),
    )
    plan = plan_term(settled, at(date(2025, 12, 23)), RULES)
    assert not sent(plan)
    reasons = set(skipped(plan).values())
    assert len(reasons) == 1
    assert {kind for kind, _ in skipped(plan)} == {"J-7", "J-3", "J-0", "J+1", "J+7", "J+14", "J+30"}
    assert plan.withdrawn == {("J-14", SMS)}
    done = replace(settled, skipped=frozenset(skipped(plan)))
    assert not plan_term(done, at(date(2026, 1, 8)), RULES).skips


def test_after_a_downgrade_one_transition_message_at_the_term_and_no_win_back() -> None:
    downgraded = watched(
        status=SubscriptionStatus.DOWNGRADED,
        settled_at=at(date(2025, 12, 22), 14),
        opposed=frozenset({EMAIL}),
    )
    assert plan_term(downgraded, at(date(2025, 12, 30)), RULES).look_on == EXPIRY
    plan = plan_term(downgraded, at(EXPIRY), RULES)
    assert sent(plan) == {(TRANSITION, EMAIL)}
    assert not any(kind == TRANSITION for kind, _ in sent(plan_term(downgraded, at(date(2026, 2, 1)), RULES)))


def test_the_term_after_a_downgrade_has_a_yearly_follow_up() -> None:
    basic = watched(plan=Plan.BASIC, billing=Billing.MONTHLY, after_downgrade=True)
    (mail,) = plan_term(basic, on("J-30"), RULES).sends
    assert (mail.kind, mail.template) == ("J-30", "suivi-annuel")


def test_an_oral_agreement_is_recalled_once_after_two_days() -> None:
    agreed = at(date(2025, 12, 19), 15)
    renewed = watched(status=SubscriptionStatus.RENEWED, settled_at=agreed, awaits_agreement=True)
    early = plan_term(renewed, agreed + timedelta(hours=47), RULES)
    assert not early.sends
    assert early.look_on == date(2025, 12, 21)
    assert sent(plan_term(renewed, agreed + timedelta(hours=48), RULES)) == {(ACCEPTANCE, EMAIL)}
    received = replace(renewed, awaits_agreement=False, waiting=frozenset({(ACCEPTANCE, EMAIL)}))
    assert plan_term(received, agreed + timedelta(hours=60), RULES).withdrawn == {(ACCEPTANCE, EMAIL)}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {(FOLLOW_UP, EMAIL)}),
        ({"opposed": frozenset({EMAIL})}, set()),
        ({"came_back": True}, set()),
        ({"follow_up_on": None}, set()),
        ({"made": frozenset({(FOLLOW_UP, EMAIL)})}, set()),
    ],
)
def test_the_follow_up_at_three_months(changes: dict[str, Any], expected: set[tuple[str, Channel]]) -> None:
    refused = {
        "status": SubscriptionStatus.CANCELLED,
        "settled_at": at(date(2025, 12, 19), 15),
        "follow_up_on": date(2026, 3, 19),
    }
    assert sent(plan_term(watched(**refused | changes), at(date(2026, 3, 19)), RULES)) == expected
    assert not plan_term(watched(**refused | changes), at(date(2026, 3, 18)), RULES).sends


def test_the_file_of_who_did_not_answer_is_closed_once() -> None:
    expired = watched(status=SubscriptionStatus.EXPIRED, known_on=date(2026, 1, 31))
    plan = plan_term(expired, at(date(2026, 1, 31)), RULES)
    assert (plan.closes, plan.look_on, plan.sends) == (True, None, [])
    assert not plan_term(replace(expired, closed=True), at(date(2026, 2, 20)), RULES).closes


def test_a_client_with_a_later_term_is_not_won_back() -> None:
    back = watched(status=SubscriptionStatus.EXPIRED, came_back=True)
    plan = plan_term(back, on("J+1"), RULES)
    assert not plan.sends
    assert not plan.closes
    assert SkipReason.CAME_BACK in skipped(plan).values()


# -- whatever happens ----------------------------------------------------------------------------------


@dataclass
class Line:
    """A message as the outbox has it."""

    kind: str
    channel: Channel
    offer: Grant | None
    queued_at: datetime
    not_before: datetime
    valid_until: datetime
    state: str = "queued"
    sent_at: datetime | None = None


@dataclass
class Outbox:
    """What is stored about one term, and what happens to it; a plan is carried out under a unique key."""

    case: Watched
    now: datetime
    lines: dict[Key, Line] = field(default_factory=dict)
    skips: dict[Key, SkipReason] = field(default_factory=dict)
    offers: list[Grant] = field(default_factory=list)
    look_on: date | None = date.min
    closed: int = 0

    def read(self) -> Watched:
        mails = tuple(
            Mail(line.kind, line.sent_at)
            for line in self.lines.values()
            if line.sent_at and line.channel is EMAIL and line.kind in STEPS
        )
        return replace(
            self.case,
            facts=replace(self.case.facts, mails=mails),
            offers=tuple(one for one in self.offers if one.runs(self.now)),
            made=frozenset(self.lines),
            waiting=frozenset(key for key, line in self.lines.items() if line.state == "queued"),
            skipped=frozenset(self.skips),
            closed=self.closed > 0,
        )

    def due(self) -> bool:
        return self.look_on is not None and self.look_on <= day_of(self.now)

    def carry_out(self, plan: StepPlan) -> None:
        for send in plan.sends:
            line = Line(send.kind, send.channel, send.offer, self.now, send.not_before, send.valid_until)
            self.lines.setdefault((send.kind, send.channel), line)
        for skip in plan.skips:
            assert (skip.kind, skip.channel) not in self.lines
            self.skips.setdefault((skip.kind, skip.channel), skip.reason)
        for key in plan.withdrawn:
            assert self.lines[key].state == "queued"
            self.lines[key].state = "cancelled"
        if plan.granted and plan.granted not in self.offers:
            self.offers.append(plan.granted)
        self.closed += plan.closes
        self.look_on = plan.look_on

    def run(self) -> None:
        if self.due():
            self.carry_out(plan_term(self.read(), self.now, RULES))

    def run_by_two(self) -> None:
        """Both machines read before either writes; the second finds its keys taken."""
        if self.due():
            plans = [plan_term(self.read(), self.now, RULES) for _ in range(2)]
            assert plans[0] == plans[1]
            self.carry_out(plans[0])
            second = plans[1]
            assert all((send.kind, send.channel) in self.lines for send in second.sends)
            second.withdrawn.clear()
            second.closes = False
            self.carry_out(second)

    def deliver(self) -> None:
        """As the outbox does: what can go now, and is still of use."""
        facts = self.case.facts
        for line in self.lines.values():
            if line.state != "queued" or line.not_before > self.now:
                continue
            step = STEPS.get(line.kind)
            if self.now >= line.valid_until or (step and step.canvasses and line.channel in facts.opposed):
                line.state = "cancelled"
            else:
                line.state, line.sent_at = "sent", self.now
                self.check_sent(line)

    def check_sent(self, line: Line) -> None:
        """Never stale, never contradictory, never with an offer that is over."""
        case, today = self.case, day_of(self.now)
        if line.offer is not None:
            assert line.offer.runs(self.now)
        step = STEPS.get(line.kind)
        if step is None:
            return
        assert DATA.timeline.current(EXPIRY, today) is step
        assert case.status in {SubscriptionStatus.ACTIVE, SubscriptionStatus.EXPIRED}
        assert not (step.canvasses and line.channel in case.facts.opposed)
        if step.offset > 0:
            assert not case.came_back
        if line.channel is SMS:
            assert next_sms_slot(line.not_before, case.facts.timezone, DATA.field) == line.not_before

    def happen(self, what: str) -> None:
        facts, status = self.case.facts, self.case.status
        unanswered = status in {SubscriptionStatus.ACTIVE, SubscriptionStatus.EXPIRED}
        if what == "react":
            self.case = replace(self.case, facts=replace(facts, last_reaction_at=self.now))
        elif what == "price":
            self.case = replace(self.case, facts=replace(facts, wants_lower_price=True))
        elif what.startswith("oppose"):
            channel = Channel(what.removeprefix("oppose "))
            self.case = replace(self.case, facts=replace(facts, opposed=facts.opposed | {channel}))
        elif what == "bounce":
            self.case = replace(self.case, facts=replace(facts, email_usable=False))
        elif what == "phone offer" and unanswered and day_of(self.now) <= EXPIRY:
            ends = min(start_of(plus_days(day_of(self.now), 2)), start_of(plus_days(EXPIRY, 1)))
            self.offers.append(Grant("telephone", 3499, 3699, 2200, 800, 1, ends - timedelta(seconds=1)))
        elif what in SETTLED and unanswered:
            self.settle(SubscriptionStatus(what))
        elif what == "agree" and self.case.awaits_agreement:
            self.case = replace(self.case, awaits_agreement=False)
            if line := self.lines.get((ACCEPTANCE, EMAIL)):
                line.state = "cancelled" if line.state == "queued" else line.state

    def settle(self, status: SubscriptionStatus) -> None:
        """An act cancels the reminders that wait, and has the term looked at."""
        retained = status is not SubscriptionStatus.CANCELLED
        for line in self.lines.values():
            if line.kind in STEPS and line.state == "queued":
                line.state = "cancelled"
        self.case = replace(
            self.case,
            status=status,
            settled_at=self.now,
            awaits_agreement=retained,
            came_back=retained and status is not SubscriptionStatus.PAUSED,
            follow_up_on=None if retained else plus_days(day_of(self.now), 90),
        )
        self.look_on = day_of(self.now)

    def pass_midnight(self) -> None:
        if self.case.status is SubscriptionStatus.ACTIVE and day_of(self.now) > EXPIRY:
            self.case = replace(self.case, status=SubscriptionStatus.EXPIRED)
            self.look_on = day_of(self.now)


HAPPENINGS = (
    *("run", "run", "run by two", "deliver", "deliver", "react", "price", "oppose email", "oppose sms"),
    *("bounce", "phone offer", "agree", *SETTLED),
)
HOURS = st.integers(0, 200)
"""Up to eight days of outage between two things that happen."""


@settings(max_examples=600, deadline=None)
@given(
    story=st.lists(st.tuples(HOURS, st.sampled_from(HAPPENINGS)), min_size=5, max_size=60),
    start=st.integers(-45, 5),
    vip=st.booleans(),
    phone=st.sampled_from(PhoneKind),
    timezone=st.sampled_from(("Europe/Paris", "Indian/Reunion", "America/Martinique")),
    plan=st.sampled_from(
        ((Plan.PREMIUM, Billing.ANNUAL), (Plan.PREMIUM, Billing.MONTHLY), (Plan.BASIC, Billing.MONTHLY))
    ),
)
def test_at_most_one_message_a_step_and_channel_never_stale_nor_contradictory(
    story: list[tuple[int, str]],
    start: int,
    vip: bool,
    phone: PhoneKind,
    timezone: str,
    plan: tuple[Plan, Billing],
) -> None:
    begun = at(plus_days(EXPIRY, start))
    case = watched(
        plan=plan[0],
        billing=plan[1],
        client_since=date(2024, 1, 1) if vip else date(2025, 6, 1),
        phone=phone,
        timezone=timezone,
        known_on=day_of(begun),
    )
    box = Outbox(case, begun)
    for hours, what in story:
        box.now += timedelta(hours=hours)
        box.pass_midnight()
        if what == "run":
            box.run()
            again = plan_term(box.read(), box.now, RULES)
            assert not any((again.sends, again.skips, again.closes)), "a second run adds"
        elif what == "run by two":
            box.run_by_two()
        elif what == "deliver":
            box.deliver()
        else:
            box.happen(what)
    assert not set(box.lines) & set(box.skips)
    assert box.closed <= 1
    for line in box.lines.values():
        assert line.queued_at <= line.not_before <= line.valid_until
        if line.offer is not None:
            assert line.offer.runs(line.not_before)


@settings(max_examples=150, deadline=None)
@given(days=st.sets(st.integers(-40, 40)), hour=st.integers(0, 23))
def test_every_step_of_a_silent_client_is_sent_or_skipped_with_a_reason(days: set[int], hour: int) -> None:
    """Whatever the days on which the job ran, once it has run at the end each step has its fate."""
    box = Outbox(watched(), at(plus_days(EXPIRY, -41)))
    for day in sorted(days | {40}):
        box.now = at(plus_days(EXPIRY, day), hour)
        box.pass_midnight()
        box.run()
        box.deliver()
    every = {(step.code, channel) for step in DATA.timeline.steps for channel in step.channels}
    assert set(box.lines) | set(box.skips) == every
    assert box.closed == 1
    assert box.look_on is None


# -- while a supervisor owes an answer -----------------------------------------------------------------

CANVASSING = [step.code for step in DATA.timeline.reminders if step.channels and step.canvasses]


@pytest.mark.parametrize("code", [code for code in CANVASSING if not code.startswith("J+")])
def test_nobody_is_canvassed_while_a_supervisor_owes_an_answer(code: str) -> None:
    day = on(code)
    known = watched(known_on=day_of(day), escalated=True)
    held = plan_term(known, day, RULES)
    assert (sent(held), skipped(held)) == (set(), {})
    assert held.look_on == plus_days(day_of(day), 1)
    answered = replace(known, facts=replace(known.facts, escalated=False))
    assert sent(plan_term(answered, day, RULES)) >= {(code, EMAIL)}
    waiting = replace(known, made=frozenset({(code, EMAIL)}), waiting=frozenset({(code, EMAIL)}))
    assert (code, EMAIL) in plan_term(waiting, day, RULES).withdrawn


def test_the_notice_of_the_expiry_goes_all_the_same() -> None:
    plan = plan_term(watched(known_on=day_of(on("J-0")), escalated=True), on("J-0"), RULES)
    assert sent(plan) == {("J-0", EMAIL)}


def test_a_step_whose_time_went_by_meanwhile_says_so() -> None:
    plan = plan_term(watched(known_on=date(2025, 12, 17), escalated=True), on("J-7"), RULES)
    assert skipped(plan)["J-14", EMAIL] is SkipReason.ESCALATED


def test_after_the_expiry_too() -> None:
    late = watched(status=SubscriptionStatus.EXPIRED, known_on=date(2026, 1, 1), escalated=True)
    assert sent(plan_term(late, on("J+1"), RULES)) == set()


def test_a_follow_up_waits_for_the_answer() -> None:
    left = watched(status=SubscriptionStatus.CANCELLED, follow_up_on=date(2026, 3, 31), escalated=True)
    plan = plan_term(left, at(date(2026, 4, 1)), RULES)
    assert (FOLLOW_UP, EMAIL) not in sent(plan) | set(skipped(plan))
    assert plan.look_on == date(2026, 4, 2)


# -- a pause -------------------------------------------------------------------------------------------

AGREED = at(date(2025, 12, 22))
REST = Pause(AGREED, date(2026, 1, 1), date(2026, 3, 31))


def resting(pause: Pause = REST, **changes: Any) -> Watched:
    done = frozenset((code, channel) for code, step in STEPS.items() for channel in step.channels)
    settled = {"status": SubscriptionStatus.PAUSED, "settled_at": AGREED, "skipped": done}
    return watched(pause=pause, **settled | changes)


@pytest.mark.parametrize(
    ("day", "expected", "next_look"),
    [
        (date(2026, 3, 16), set(), date(2026, 3, 17)),
        (date(2026, 3, 17), {("P-14", EMAIL)}, date(2026, 3, 28)),
        (date(2026, 3, 28), {("P-3", EMAIL), ("P-3", SMS)}, date(2026, 3, 31)),
        (date(2026, 3, 31), {("P-0", EMAIL)}, None),
        (date(2026, 4, 1), set(), None),
    ],
)
def test_a_pause_has_its_own_reminders(day: date, expected: set[Key], next_look: date | None) -> None:
    skips = frozenset({("P-14", EMAIL), ("P-3", EMAIL), ("P-3", SMS), ("P-0", EMAIL)} - expected)
    case = resting()
    plan = plan_term(replace(case, skipped=case.skipped | skips), at(day), RULES)
    assert sent(plan) == expected
    assert plan.look_on == next_look
    for send in plan.sends:
        assert (send.offer, send.step) == (None, True)
        assert send.valid_until <= REST.lapses_at


def test_who_resumed_or_left_is_reminded_of_nothing() -> None:
    for pause in (
        replace(REST, resumed_at=at(date(2026, 2, 1))),
        replace(REST, refused_at=at(date(2026, 2, 1))),
    ):
        plan = plan_term(resting(pause, waiting=frozenset({("P-14", EMAIL)})), at(date(2026, 3, 17)), RULES)
        assert sent(plan) == set()
        assert plan.withdrawn == {("P-14", EMAIL)}


def test_an_opposition_stops_what_canvasses_and_not_the_notices_of_a_pause() -> None:
    opposed = frozenset({EMAIL, SMS})
    assert sent(plan_term(resting(opposed=opposed), at(date(2026, 3, 17)), RULES)) == {("P-14", EMAIL)}
    plan = plan_term(resting(opposed=opposed), at(date(2026, 3, 28)), RULES)
    assert sent(plan) == set()
    assert skipped(plan)["P-3", SMS] is SkipReason.OPPOSED


def test_a_job_that_did_not_run_says_what_was_missed_of_a_pause() -> None:
    plan = plan_term(resting(), at(date(2026, 3, 31)), RULES)
    assert sent(plan) == {("P-0", EMAIL)}
    assert {key for key, why in skipped(plan).items() if why is SkipReason.MISSED} == {
        ("P-14", EMAIL),
        ("P-3", EMAIL),
        ("P-3", SMS),
    }


def test_by_hand_a_paused_client_is_reminded_of_the_pause() -> None:
    chosen = choose(resting(), EMAIL, at(date(2026, 2, 10)), RULES)
    assert isinstance(chosen, ByHand)
    assert (chosen.send.kind, chosen.send.valid_until) == ("rappel", REST.lapses_at)
    assert isinstance(choose(resting(), EMAIL, at(date(2025, 12, 28)), RULES), NotNow)
    assert isinstance(choose(resting(), EMAIL, at(date(2026, 4, 1)), RULES), NotNow)
