"""Offers: every figure computed from the catalogue, every deadline kept."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.base.dates import PARIS, day_of, end_of, plus_days
from console.base.money import percent_saved
from console.base.vocabulary import Billing, Plan
from console.rules.files import load_data
from console.rules.offers import Grant, grant, phone_offer, standing_offer

DATA = load_data(Path(__file__).parents[2])
CATALOGUE, TIMELINE, PACE = DATA.catalogue, DATA.timeline, DATA.pace
E = date(2025, 12, 31)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


def premium(code: str, ends: date = E) -> Grant:
    found = grant(CATALOGUE, code, plan=Plan.PREMIUM, billing=Billing.ANNUAL, ends_at=end_of(ends))
    assert found is not None
    return found


def standing(day: str, *, vip: bool = False, at_risk: bool = False, lower: bool = False) -> Grant | None:
    return standing_offer(
        CATALOGUE,
        TIMELINE,
        today=date.fromisoformat(day),
        expires_on=E,
        plan=Plan.PREMIUM,
        billing=Billing.ANNUAL,
        vip=vip,
        at_risk=at_risk,
        wants_lower_price=lower,
    )


def phone(
    now: datetime,
    running: Grant | None = None,
    *,
    plan: Plan = Plan.PREMIUM,
    billing: Billing = Billing.ANNUAL,
) -> Grant | None:
    return phone_offer(CATALOGUE, now=now, expires_on=E, plan=plan, billing=billing, running=running)


def test_five_percent_off_the_annual_tariff() -> None:
    assert premium("remise-5").price_cents == 3514


def test_the_loyalty_offer_saves_22_euros_of_56_99() -> None:
    offer = premium("fidelite")
    assert (offer.price_cents, offer.normal_price_cents, offer.workshops) == (3499, 3699, 1)
    assert (offer.price_saving_cents, offer.face_value_cents, offer.total_value_cents) == (200, 2200, 5699)
    assert offer.cost_cents == 800
    assert percent_saved(offer.normal_price_cents, offer.price_cents) == Decimal("5.4")


def test_the_workshop_alone_keeps_the_normal_price() -> None:
    offer = premium("atelier-offert")
    assert (offer.price_cents, offer.face_value_cents, offer.cost_cents) == (3699, 2000, 600)


def test_offers_after_the_expiry() -> None:
    back = premium("retour")
    assert (back.price_cents, back.workshops, back.total_value_cents) == (3299, 2, 7699)
    months = premium("dernier-mot")
    assert (months.price_cents, months.normal_price_cents, months.face_value_cents) == (10500, 17500, 7000)
    assert premium("ambassadeur").face_value_cents == 2000


def test_a_fixed_price_is_only_for_the_tariff_it_belongs_to() -> None:
    monthly = grant(CATALOGUE, "fidelite", plan=Plan.PREMIUM, billing=Billing.MONTHLY, ends_at=end_of(E))
    assert monthly is not None
    assert (monthly.price_cents, monthly.face_value_cents) == (3500, 2000)
    assert grant(CATALOGUE, "fidelite", plan=Plan.BASIC, billing=Billing.MONTHLY, ends_at=end_of(E)) is None


@pytest.mark.parametrize(
    ("day", "profile", "offer", "last_day"),
    [
        ("2025-11-30", {}, None, None),
        ("2025-12-01", {"vip": True}, "remise-5", "2025-12-08"),
        ("2025-12-08", {}, "remise-5", "2025-12-08"),
        ("2025-12-09", {}, None, None),
        ("2025-12-17", {"vip": True, "at_risk": True}, "fidelite", "2025-12-24"),
        ("2025-12-17", {"at_risk": True}, "atelier-offert", "2025-12-24"),
        ("2025-12-17", {"lower": True}, "atelier-offert", "2025-12-24"),
        ("2025-12-23", {}, "remise-5", "2025-12-24"),
        ("2025-12-24", {"vip": True}, "fidelite", "2025-12-24"),
        ("2025-12-25", {"vip": True}, None, None),
        ("2025-12-29", {"vip": True}, None, None),
        ("2026-01-01", {}, "retour", "2026-01-10"),
        ("2026-01-30", {}, "dernier-mot", "2026-01-30"),
        ("2026-01-31", {}, None, None),
    ],
)
def test_who_gets_which_offer_and_until_when(
    day: str, profile: dict[str, bool], offer: str | None, last_day: str | None
) -> None:
    found = standing(day, **profile)
    assert (found.offer if found else None) == offer
    assert (found.ends_at if found else None) == (end_of(date.fromisoformat(last_day)) if last_day else None)


def test_before_its_first_day_there_is_no_phone_offer() -> None:
    assert phone(at("2025-12-16T23:59")) is None
    running = premium("remise-5", date(2025, 12, 20))
    assert phone(at("2025-12-16T11:00"), running) is running


def test_the_phone_offer_ends_the_next_day_and_never_past_the_expiry() -> None:
    first = phone(at("2025-12-17T11:00"))
    assert first is not None
    assert (first.offer, first.price_cents, first.ends_at) == (
        "telephone",
        3499,
        at("2025-12-18T23:59:59"),
    )
    last = phone(at("2025-12-31T16:00"))
    assert last is not None
    assert last.ends_at == at("2025-12-31T23:59:59")
    assert phone(at("2026-01-01T10:00")) is None


def test_a_call_presents_the_better_offer_and_at_the_same_saving_the_later_deadline() -> None:
    now = at("2025-12-20T14:00")
    loyalty = premium("fidelite", date(2025, 12, 24))
    assert phone(now, loyalty) is loyalty
    for worse in ("remise-5", "atelier-offert"):
        found = phone(now, premium(worse, date(2025, 12, 24)))
        assert found is not None
        assert found.offer == "telephone"
    later = phone(at("2025-12-24T11:00"), loyalty)
    assert later is not None
    assert later.offer == "telephone"
    basic = phone(now, plan=Plan.BASIC, billing=Billing.MONTHLY)
    assert basic is None


@given(
    st.datetimes(datetime(2025, 11, 1), datetime(2026, 2, 1)),  # noqa: DTZ001
    st.sampled_from(["remise-5", "fidelite", "atelier-offert", None]),
    st.integers(-30, 30),
)
def test_an_offer_that_is_over_is_never_presented(when: datetime, code: str | None, ends: int) -> None:
    now = when.replace(tzinfo=PARIS)
    running = premium(code, plus_days(E, ends)) if code else None
    found = phone(now, running)
    if found is not None:
        assert found.runs(now)
        assert running is None or not running.runs(now) or found.face_value_cents >= running.face_value_cents
        if found.offer == "telephone":
            assert found.ends_at <= end_of(E)
            assert found.ends_at - now < timedelta(days=2)
            assert -14 <= (day_of(now) - E).days <= 0


def test_steps_are_derived_from_the_expiry_date() -> None:
    days = {step.code: step.day(E).isoformat() for step in TIMELINE.steps}
    assert days == {
        "J-30": "2025-12-01",
        "J-14": "2025-12-17",
        "J-7": "2025-12-24",
        "J-3": "2025-12-28",
        "J-0": "2025-12-31",
        "J+1": "2026-01-01",
        "J+7": "2026-01-07",
        "J+14": "2026-01-14",
        "J+30": "2026-01-30",
        "J+31": "2026-01-31",
    }


def test_a_step_is_due_until_the_next_one() -> None:
    codes = [
        step.code if (step := TIMELINE.current(E, plus_days(E, n))) else "" for n in (-31, -30, -15, -14)
    ]
    assert codes == ["", "J-30", "J-30", "J-14"]
    following = [
        TIMELINE.next_step(E, plus_days(E, -14), done) for done in (frozenset(), frozenset({"J-14"}))
    ]
    assert [step.code if step else "" for step in following] == ["J-14", "J-7"]
    assert TIMELINE.next_step(E, plus_days(E, 32)) is None


@pytest.mark.parametrize(
    ("left", "expected"),
    [(40, 0), (30, 0), (7, 48), (0, 80), (-5, 80), (14, Decimal(768) / 23), (3, 48 + Decimal(128) / 7)],
)
def test_the_pace_is_linear_between_its_points(left: int, expected: Decimal) -> None:
    assert PACE.expected(left) == expected


def test_an_offer_runs_up_to_its_very_last_instant() -> None:
    offer = premium("fidelite")
    assert offer.runs(offer.ends_at)
    assert not offer.runs(offer.ends_at + timedelta(microseconds=1))


def test_a_plan_without_that_period_has_the_price_it_has() -> None:
    monthly = CATALOGUE.tariff(Plan.BASIC, Billing.MONTHLY)
    assert (Plan.BASIC, Billing.ANNUAL) not in CATALOGUE.tariffs
    assert CATALOGUE.tariff(Plan.BASIC, Billing.ANNUAL) == monthly


def test_a_campaign_is_expected_to_have_the_mean_of_its_terms() -> None:
    ending = {date(2025, 12, 1): 3, date(2025, 12, 27): 1}
    assert PACE.expected_of(ending, date(2025, 12, 20)) == (3 * 80 + 48) / Decimal(4)
    assert PACE.expected_of({}, date(2025, 12, 20)) is None
