"""Who is contacted next, how and why."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.base.dates import PARIS, day_of, plus_days, start_of
from console.base.vocabulary import Action, Channel, Pane, PhoneKind
from console.rules.files import load_data
from console.rules.hours import call_verdict, next_sms_slot, standing_obstacle
from console.rules.priority import Assessment, CallAttempt, CaseFacts, Mail, assess

DATA = load_data(Path(__file__).parents[2])
E = date(2025, 12, 31)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


SATURDAY = at("2025-12-20T14:00")


def mail(step: str, day: str, opened: str = "", clicked: str = "") -> Mail:
    return Mail(
        step,
        at(f"{day}T09:00"),
        at(opened) if opened else None,
        at(clicked) if clicked else None,
    )


UNOPENED = (mail("J-30", "2025-12-01"), mail("J-14", "2025-12-17"))
HALF_OPENED = (mail("J-30", "2025-12-01", "2025-12-01T18:00"), mail("J-14", "2025-12-17"))
BASE = CaseFacts(
    expires_on=E,
    client_since=date(2025, 1, 1),
    phone=PhoneKind.MOBILE,
    email_usable=True,
    mails=HALF_OPENED,
    value_cents=3699,
)
VIP = date(2024, 6, 5)


def look(facts: CaseFacts, now: datetime = SATURDAY) -> Assessment:
    return assess(facts, now, DATA.priorities, DATA.timeline, DATA.field)


def test_a_promised_callback_comes_first_and_is_possible_at_the_time_asked() -> None:
    marie = replace(
        BASE,
        client_since=VIP,
        last_reaction_at=at("2025-12-18T10:00"),
        callback_at=SATURDAY,
        callback_asked_by_client=True,
    )
    found = look(marie)
    assert (found.rule, found.pane, found.action, found.rank) == ("rappel", Pane.URGENT, Action.CALL, 0)
    assert found.act_at is None
    assert not found.at_risk
    assert found.rank_at == SATURDAY
    early = look(marie, at("2025-12-20T09:00"))
    assert (early.pane, early.act_at) == (Pane.URGENT, SATURDAY)
    assert early.fresh_until == SATURDAY
    assert look(marie, at("2025-12-19T09:00")).pane is Pane.WEEK


def test_a_callback_missed_that_day_stays_urgent_until_the_next_lawful_slot() -> None:
    late = replace(BASE, callback_at=at("2025-12-19T14:00"), callback_asked_by_client=True)
    found = look(late)
    assert (found.pane, found.rank) == (Pane.URGENT, 0)
    assert found.act_at == at("2025-12-22T10:00")


def test_a_callback_after_the_expiry_goes_to_the_supervisor() -> None:
    found = look(replace(BASE, callback_at=at("2026-01-05T14:00"), callback_asked_by_client=True))
    assert (found.action, found.pane) == (Action.SUPERVISOR, Pane.LATER)


def test_escalated_is_later_and_with_the_supervisor() -> None:
    found = look(replace(BASE, escalated=True))
    assert (found.rule, found.action, found.pane) == ("superviseur", Action.SUPERVISOR, Pane.LATER)


def test_opened_two_days_ago_without_a_click_is_reminded_in_writing() -> None:
    paul = replace(BASE, mails=(HALF_OPENED[0], mail("J-14", "2025-12-17", "2025-12-18T19:00")))
    found = look(paul)
    assert (found.rule, found.pane, found.action, found.rank) == (
        "ouvert-sans-clic",
        Pane.URGENT,
        Action.MESSAGE,
        1,
    )
    assert not found.at_risk
    assert look(paul, at("2025-12-19T23:59")).rule == "attente"
    no_mobile = look(replace(paul, phone=PhoneKind.LANDLINE))
    assert no_mobile.action is Action.EMAIL
    assert look(replace(paul, email_usable=False)).action is Action.SMS
    reminded = look(replace(paul, last_message_by_hand_at=at("2025-12-20T13:00")))
    assert (reminded.rule, reminded.pane) == ("attente", Pane.WEEK)
    assert reminded.due_on == date(2025, 12, 24)


def test_a_lower_price_asked_and_nothing_opened_is_a_call_and_a_risk() -> None:
    sophie = replace(
        BASE,
        mails=UNOPENED,
        wants_lower_price=True,
        last_reaction_at=at("2025-12-15T10:00"),
        last_conversation_at=at("2025-12-15T10:00"),
    )
    found = look(sophie)
    assert (found.rule, found.pane, found.action, found.rank) == (
        "prix-ou-plainte",
        Pane.URGENT,
        Action.CALL,
        2,
    )
    assert found.act_at == at("2025-12-22T10:00")
    assert found.at_risk


def test_nothing_opened_waits_for_the_next_step_and_its_lawful_slot() -> None:
    silent = look(replace(BASE, mails=UNOPENED))
    assert (silent.rule, silent.pane, silent.action) == ("aucune-ouverture", Pane.WEEK, Action.SMS)
    assert silent.due_on == date(2025, 12, 24)
    assert silent.at_risk
    landline = look(replace(BASE, mails=UNOPENED, phone=PhoneKind.LANDLINE))
    assert landline.action is Action.CALL
    assert landline.act_at == at("2025-12-24T10:00")
    assert "pas de mobile" in landline.reason
    sunday = look(replace(BASE, mails=UNOPENED, expires_on=date(2025, 12, 28)))
    assert sunday.act_at == at("2025-12-22T08:00")
    that_day = look(replace(BASE, mails=UNOPENED), at("2025-12-24T12:00"))
    assert (that_day.pane, that_day.action, that_day.rank) == (Pane.URGENT, Action.SMS, 1)
    written = replace(BASE, mails=UNOPENED, last_message_by_hand_at=at("2025-12-24T12:00"))
    after = look(written, at("2025-12-24T12:01"))
    assert (after.pane, after.due_on) == (Pane.WEEK, date(2025, 12, 29))


def test_a_calm_client_waits_for_the_next_step() -> None:
    found = look(BASE)
    assert (found.rule, found.pane, found.action, found.due_on, found.at_risk) == (
        "attente",
        Pane.WEEK,
        Action.WAIT,
        date(2025, 12, 24),
        False,
    )


def test_a_click_since_the_last_step_leaves_time_until_the_last_days() -> None:
    clicked = replace(
        BASE,
        mails=(HALF_OPENED[0], mail("J-14", "2025-12-17", "2025-12-17T19:00", "2025-12-17T19:01")),
        last_reaction_at=at("2025-12-17T19:01"),
        wants_lower_price=True,
    )
    found = look(clicked)
    assert (found.rule, found.pane, found.action) == ("a-reagi", Pane.LATER, Action.WAIT)
    assert (found.due_on, found.at_risk) == (date(2025, 12, 28), False)
    assert look(clicked, at("2025-12-21T00:00")).pane is Pane.WEEK
    assert look(clicked, at("2025-12-28T00:00")).rule == "derniers-jours"


def test_the_last_days_call_whoever_was_not_spoken_to() -> None:
    found = look(BASE, at("2025-12-29T11:00"))
    assert (found.rule, found.pane, found.action, found.rank) == (
        "derniers-jours",
        Pane.URGENT,
        Action.CALL,
        1,
    )
    assert found.at_risk
    sunday = look(BASE, at("2025-12-28T11:00"))
    assert (sunday.pane, sunday.act_at) == (Pane.URGENT, at("2025-12-29T10:00"))
    spoken = replace(
        BASE, last_conversation_at=at("2025-12-26T11:00"), last_reaction_at=at("2025-12-26T11:00")
    )
    left = look(spoken, at("2025-12-29T11:00"))
    assert (left.action, left.at_risk) == (Action.SUPERVISOR, False)


def test_the_call_of_the_last_days_is_made_earlier_where_no_lawful_slot_is_left() -> None:
    """Good Friday to Easter Monday are closed in Guadeloupe: the last slot before them is Thursday."""
    island = replace(BASE, expires_on=date(2026, 4, 6), timezone="America/Guadeloupe", mails=())
    found = look(island, at("2026-04-02T16:00"))
    assert (found.rule, found.action, found.rank) == ("derniers-jours", Action.CALL, 1)
    mainland = replace(island, timezone="Europe/Paris")
    assert look(mainland, at("2026-04-02T16:00")).rule == "aucune-ouverture"
    too_late = look(island, at("2026-04-04T15:00"))
    assert too_late.action is Action.SMS
    assert "plus de créneau" in too_late.reason


def vip_on(day: str, *, measured: bool = True, **change: Any) -> Assessment:
    """A VIP whose reminders left on their days up to then, and were not opened."""
    now = at(f"{day}T11:00")
    sent = [mail(step, on) for step, on in REMINDERS.items() if at(f"{on}T09:00") < now]
    mails = tuple(replace(one, measured=measured) for one in sent)
    return look(replace(BASE, client_since=VIP, **({"mails": mails} | change)), now)


REMINDERS = {"J-30": "2025-12-01", "J-14": "2025-12-17", "J-7": "2025-12-24", "J-3": "2025-12-28"}


@pytest.mark.parametrize("measured", [True, False])
@pytest.mark.parametrize(
    ("day", "rule", "urgent"),
    [
        ("2025-12-03", "attente", False),  # J-30 is silent: nobody is urgent for it
        ("2025-12-16", "attente", False),
        ("2025-12-18", "aucune-ouverture", False),  # J-14 left yesterday: it is left its time
        ("2025-12-19", "vip-non-ouvert", True),
        ("2025-12-23", "vip-non-ouvert", True),
        ("2025-12-24", "vip-sans-decision", True),
        ("2025-12-26", "vip-sans-decision", True),
        ("2025-12-29", "derniers-jours", True),
    ],
)
def test_a_vip_is_called_for_the_offer_that_stays_unread_never_for_the_first_reminder(
    measured: bool, day: str, rule: str, urgent: bool
) -> None:
    found = vip_on(day, measured=measured)
    assert (found.rule, found.pane is Pane.URGENT) == (rule, urgent)


def test_each_reason_of_a_vip_is_true() -> None:
    assert vip_on("2025-12-19").reason == "VIP, e-mail du 17/12 non ouvert."
    assert vip_on("2025-12-19", measured=False).reason == "VIP, sans réaction depuis l’e-mail du 17/12."
    assert vip_on("2025-12-24").reason == "VIP, pas de décision à J-7 (24/12)\u202f: l’appeler."
    opened = mail("J-14", "2025-12-17", "2025-12-18T10:00")
    assert not vip_on("2025-12-20", mails=(opened,)).reason.startswith("VIP")


def test_at_the_last_day_of_the_offer_a_vip_is_called_opened_or_not() -> None:
    opened = tuple(mail(step, on, f"{on}T10:00") for step, on in REMINDERS.items() if on <= "2025-12-24")
    found = vip_on("2025-12-24", mails=opened)
    assert (found.rule, found.action, found.at_risk) == ("vip-sans-decision", Action.CALL, False)
    talked = at("2025-12-24T10:30")
    assert vip_on("2025-12-24", mails=opened, last_reaction_at=talked).rule == "a-reagi"
    assert look(replace(BASE, mails=opened), at("2025-12-24T11:00")).rule != "vip-sans-decision"


def test_a_vip_is_at_risk_for_an_unread_mail_only_near_the_expiry() -> None:
    one_opened = (mail("J-30", "2025-12-01", "2025-12-01T18:00"), mail("J-14", "2025-12-17"))
    assert not vip_on("2025-12-23", mails=one_opened).at_risk
    assert vip_on("2025-12-24", mails=one_opened).at_risk


def test_without_measured_openings_nobody_is_at_risk_for_silence_alone() -> None:
    for day in ("2025-12-18", "2025-12-20", "2025-12-24", "2025-12-27"):
        sent = tuple(replace(mail(step, on), measured=False) for step, on in REMINDERS.items() if on < day)
        found = look(replace(BASE, mails=sent), at(f"{day}T11:00"))
        assert not found.at_risk
        assert "ouvert" not in found.reason
        assert not vip_on(day, measured=False).at_risk
    unhappy = look(replace(BASE, mails=sent, complained=True), at("2025-12-20T11:00"))
    assert (unhappy.rule, unhappy.at_risk) == ("prix-ou-plainte", True)
    assert unhappy.reason.startswith("A fait une réclamation, sans réaction à nos relances depuis le 17/12.")


@pytest.mark.parametrize("measured", [True, False])
def test_nobody_is_said_to_be_silent_to_whom_no_reminder_has_come(measured: bool) -> None:
    came_back = tuple(replace(mail(*one), returned=True, measured=measured) for one in REMINDERS.items())
    for mails in ((), came_back):
        silent = replace(BASE, mails=mails, client_since=VIP)
        unhappy = look(replace(silent, complained=True), at("2025-12-20T11:00"))
        assert unhappy.reason.startswith("A fait une réclamation, aucune relance reçue.")
        assert look(silent).reason.startswith("Aucune relance reçue, échéance le 31/12")
        assert look(replace(silent, texted=True)).reason.startswith("Sans réaction")
        assert look(replace(silent, texted=True, complained=True)).reason.startswith(
            "A fait une réclamation, sans réaction à nos relances"
        )


def test_without_measured_openings_a_reaction_is_what_ends_the_silence() -> None:
    sent = tuple(replace(mail(step, on), measured=False) for step, on in list(REMINDERS.items())[:2])
    assert look(replace(BASE, mails=sent)).rule == "aucune-ouverture"
    assert look(replace(BASE, mails=sent)).reason.startswith("Sans réaction, échéance le 31/12")
    answered = replace(BASE, mails=sent, last_reaction_at=at("2025-12-05T10:00"))
    assert look(answered).rule == "attente"


def test_an_attempt_without_answer_leaves_urgent_until_another_lawful_half_day() -> None:
    vip = replace(BASE, client_since=VIP, attempts=(CallAttempt(at("2025-12-22T10:30"), answered=False),))
    found = look(vip, at("2025-12-22T10:31"))
    assert (found.pane, found.action) == (Pane.WEEK, Action.CALL)
    assert found.act_at == at("2025-12-22T14:00") == found.fresh_until
    assert look(vip, at("2025-12-22T14:00")).pane is Pane.URGENT
    twice = replace(vip, attempts=(*vip.attempts, CallAttempt(at("2025-12-24T15:00"), answered=False)))
    assert look(twice, at("2025-12-24T15:01")).act_at == at("2025-12-26T10:00")


@pytest.mark.parametrize(
    ("change", "action", "why"),
    [
        ({"opposed": frozenset({Channel.CALL})}, Action.SMS, "ne veut plus d’appels"),
        (
            {"opposed": frozenset({Channel.CALL, Channel.SMS})},
            Action.EMAIL,
            "ne veut plus de SMS",
        ),
        ({"phone": PhoneKind.INVALID}, Action.EMAIL, "pas de numéro valide"),
        ({"phone": PhoneKind.NONE, "email_usable": False}, Action.SUPERVISOR, "pas d’adresse valide"),
        (
            {"attempts": tuple(CallAttempt(at(f"2025-12-{day}T11:00"), False) for day in (15, 16, 17, 18))},
            Action.SMS,
            "nombre d’appels permis",
        ),
        ({"refused_at": at("2025-12-01T11:00")}, Action.SMS, "refus récent"),
    ],
)
def test_a_channel_that_cannot_be_used_falls_back_and_says_so(
    change: dict[str, object], action: Action, why: str
) -> None:
    vip = replace(BASE, client_since=VIP, **change)  # type: ignore[arg-type]
    found = look(vip, at("2025-12-22T11:00"))
    assert found.action is action
    assert why in found.reason


def test_a_case_far_from_its_expiry_stays_as_it_is_for_months() -> None:
    far = replace(BASE, expires_on=date(2026, 12, 31), mails=(), client_since=date(2020, 1, 1))
    found = look(far)
    assert found.pane is Pane.LATER
    assert found.fresh_until == at("2026-11-24T00:00")


def test_nothing_is_recommended_once_the_expiry_day_is_over() -> None:
    with pytest.raises(ValueError, match="over"):
        look(BASE, at("2026-01-01T00:00"))


ZONES = ("Europe/Paris", "Indian/Reunion", "America/Guadeloupe", "America/Cayenne", "Pacific/Tahiti")
FIRST, LAST = at("2025-09-01T00:00"), at("2026-12-01T00:00")
INSTANTS = st.integers(0, int((LAST - FIRST).total_seconds() // 60)).map(
    lambda minutes: FIRST.astimezone(UTC) + timedelta(minutes=minutes)
)


@st.composite
def cases(draw: st.DrawFn) -> tuple[CaseFacts, datetime]:
    now = draw(INSTANTS)
    expires_on = plus_days(day_of(now), draw(st.integers(0, 45)))

    def before(days: int = 50) -> datetime:
        return now - timedelta(minutes=draw(st.integers(0, days * 1440)))

    def maybe_before() -> datetime | None:
        return before() if draw(st.booleans()) else None

    mails, measured = [], draw(st.booleans())
    for step in DATA.timeline.reminders:
        sent = start_of(step.day(expires_on)) + timedelta(hours=9)
        if sent <= now and draw(st.booleans()):
            opened = draw(st.sampled_from([None, sent + timedelta(hours=8)]))
            clicked = draw(st.sampled_from([None, opened]))
            seen = opened if opened and opened <= now else None
            mails.append(Mail(step.code, sent, seen, clicked if seen else None, measured))
    attempts = sorted(before() for _ in range(draw(st.integers(0, 5))))
    callback = None
    if draw(st.integers(0, 3)) == 0:
        callback = now + timedelta(minutes=draw(st.integers(-3 * 1440, 10 * 1440)))
    talked = maybe_before()
    return (
        CaseFacts(
            expires_on=expires_on,
            client_since=draw(st.dates(date(2023, 1, 1), date(2025, 8, 1))),
            timezone=draw(st.sampled_from(ZONES)),
            phone=draw(st.sampled_from(PhoneKind)),
            email_usable=draw(st.booleans()),
            opposed=draw(st.frozensets(st.sampled_from(Channel))),
            mails=tuple(mails),
            attempts=tuple(CallAttempt(when, draw(st.booleans())) for when in attempts),
            last_reaction_at=draw(st.sampled_from([None, talked])),
            last_conversation_at=talked,
            last_message_by_hand_at=maybe_before(),
            wants_lower_price=draw(st.booleans()),
            complained=draw(st.booleans()),
            callback_at=callback,
            callback_asked_by_client=draw(st.booleans()),
            escalated=draw(st.integers(0, 5)) == 0,
            refused_at=before(90) if draw(st.integers(0, 8)) == 0 else None,
            value_cents=draw(st.integers(0, 50_000)),
        ),
        now,
    )


@given(cases())
@settings(max_examples=300, deadline=None)
def test_there_is_always_a_next_lawful_action_before_the_expiry_or_a_supervisor(
    drawn: tuple[CaseFacts, datetime],
) -> None:
    facts, now = drawn
    found = look(facts, now)
    over = start_of(plus_days(facts.expires_on, 1))
    assert found.reason
    assert "{" not in found.reason
    if found.action is Action.SUPERVISOR:
        assert found.pane is Pane.LATER
        return
    assert found.due_on is not None
    assert found.due_on <= facts.expires_on
    when = found.act_at or now
    assert now <= when < over
    if found.action is Action.CALL:
        verdict = call_verdict(when, facts, DATA.field)
        assert verdict.allowed, verdict.sentence
    if found.action in {Action.SMS, Action.MESSAGE}:
        assert standing_obstacle(facts, Channel.SMS) is None
        assert next_sms_slot(when, facts.timezone, DATA.field) == when
    if found.action in {Action.EMAIL, Action.MESSAGE}:
        assert standing_obstacle(facts, Channel.EMAIL) is None
    if found.action is Action.WAIT:
        assert found.due_on >= day_of(now)
        assert any(standing_obstacle(facts, channel) is None for channel in Channel)
    assert (found.pane is Pane.URGENT) == (
        found.due_on <= day_of(now) and found.action is not Action.WAIT and not _retries(facts, found, now)
    )


def _retries(facts: CaseFacts, found: Assessment, now: datetime) -> bool:
    """Whether the case waits for another half-day, later the same day."""
    return (
        found.action is Action.CALL
        and bool(facts.attempts)
        and not facts.attempts[-1].answered
        and found.act_at is not None
        and found.act_at > now
        and found.rank in {0, 3}
        and found.pane is Pane.WEEK
    )


@given(cases(), st.floats(0, 0.999))
@settings(max_examples=300, deadline=None)
def test_an_assessment_stands_until_it_says(drawn: tuple[CaseFacts, datetime], part: float) -> None:
    facts, now = drawn
    found = look(facts, now)
    assert found.fresh_until > now
    for later in (now + (found.fresh_until - now) * part, found.fresh_until - timedelta(microseconds=1)):
        assert look(facts, later) == found


@given(cases())
@settings(max_examples=100, deadline=None)
def test_the_zone_of_the_instant_does_not_matter(drawn: tuple[CaseFacts, datetime]) -> None:
    facts, now = drawn
    assert look(facts, now) == look(facts, now.astimezone(ZoneInfo("Pacific/Auckland")))


def test_before_the_supervisor_answers_only_what_the_client_asked_for_is_done() -> None:
    promised = replace(BASE, escalated=True, callback_at=SATURDAY, callback_asked_by_client=True)
    assert look(promised).rule == "rappel"
    assert look(replace(promised, callback_asked_by_client=False)).rule == "superviseur"
