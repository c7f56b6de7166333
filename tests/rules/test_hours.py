"""When a client may be called or written to: hours, holidays, limits, and the exceptions."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.base.dates import PARIS
from console.base.vocabulary import Channel, PhoneKind
from console.rules.facts import CallAttempt, CaseFacts
from console.rules.files import load_data
from console.rules.hours import (
    Obstacle,
    call_verdict,
    half_day_end,
    last_window,
    next_call_slot,
    next_lawful_call,
    next_sms_slot,
    standing_obstacle,
)
from tests.world import plain

RULES = load_data(Path(__file__).parents[2]).field
FACTS = CaseFacts(
    expires_on=date(2025, 12, 31), client_since=date(2024, 6, 5), phone=PhoneKind.MOBILE, email_usable=True
)


def at(text: str, zone: str = "Europe/Paris") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("on", "zone", "closed"),
    [
        ("2025-12-25", "Europe/Paris", True),
        ("2026-01-01", "Indian/Reunion", True),
        ("2026-04-06", "Europe/Paris", True),  # Easter Monday
        ("2026-04-03", "Europe/Paris", False),  # Good Friday
        ("2026-04-03", "America/Guadeloupe", True),
        ("2026-05-14", "Europe/Paris", True),  # Ascension
        ("2026-05-22", "America/Martinique", True),
        ("2026-06-10", "America/Cayenne", True),
        ("2025-12-20", "Indian/Reunion", True),
        ("2025-12-20", "Europe/Paris", False),
        ("2026-04-27", "Indian/Mayotte", True),
        ("2026-09-24", "Pacific/Noumea", True),
        ("2026-12-24", "Europe/Paris", False),
    ],
)
def test_public_holidays_are_those_of_the_territory(on: str, zone: str, closed: bool) -> None:
    assert RULES.holidays.is_holiday(date.fromisoformat(on), zone) is closed


def test_every_territory_has_a_calendar() -> None:
    for zone in RULES.holidays.territories:
        assert RULES.holidays.is_holiday(date(2026, 7, 14), zone)


def test_the_hotline_can_close_on_more_days() -> None:
    eve = date(2025, 12, 24)
    closed = replace(RULES, holidays=replace(RULES.holidays, closing_days=frozenset({eve})))
    before, paris = at("2025-12-24T10:30"), "Europe/Paris"
    assert next_call_slot(before, paris, RULES) == before
    assert next_call_slot(before, paris, closed) == at("2025-12-26T10:00")


@pytest.mark.parametrize(
    ("when", "zone", "slot"),
    [
        ("2025-12-19T09:59", "Europe/Paris", "2025-12-19T10:00"),
        ("2025-12-19T10:00", "Europe/Paris", "2025-12-19T10:00"),
        ("2025-12-19T12:59:59", "Europe/Paris", "2025-12-19T12:59:59"),
        ("2025-12-19T13:00", "Europe/Paris", "2025-12-19T14:00"),
        ("2025-12-19T17:00", "Europe/Paris", "2025-12-22T10:00"),
        ("2025-12-20T14:00", "Europe/Paris", "2025-12-22T10:00"),
        ("2025-12-24T18:00", "Europe/Paris", "2025-12-26T10:00"),
        ("2025-12-31T17:00", "Europe/Paris", "2026-01-02T10:00"),
        ("2024-02-28T17:30", "Europe/Paris", "2024-02-29T10:00"),
        ("2026-04-02T18:00", "America/Guadeloupe", "2026-04-07T10:00"),
        ("2028-12-19T18:00", "Indian/Reunion", "2028-12-21T10:00"),
        ("2026-03-27T18:00", "Europe/Paris", "2026-03-30T10:00"),
        ("2025-10-24T18:00", "Europe/Paris", "2025-10-27T10:00"),
    ],
)
def test_the_next_call_slot_is_in_the_clients_hours(when: str, zone: str, slot: str) -> None:
    found = next_call_slot(at(when, zone), zone, RULES)
    assert found == at(slot, zone)


def test_a_slot_keeps_its_wall_clock_hour_over_a_change_of_time() -> None:
    before, after = at("2026-03-27T18:00"), next_call_slot(at("2026-03-27T18:00"), "Europe/Paris", RULES)
    assert after is not None
    assert after.astimezone(UTC).hour == 8
    assert before.utcoffset() != after.astimezone(PARIS).utcoffset()


def test_text_messages_go_on_saturdays_but_not_on_sundays_or_holidays() -> None:
    assert next_sms_slot(at("2025-12-20T14:00"), "Europe/Paris", RULES) == at("2025-12-20T14:00")
    assert next_sms_slot(at("2025-12-20T20:00"), "Europe/Paris", RULES) == at("2025-12-22T08:00")
    assert next_sms_slot(at("2025-12-25T09:00"), "Europe/Paris", RULES) == at("2025-12-26T08:00")


@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2030, 12, 31)),  # noqa: DTZ001
    st.sampled_from(["Europe/Paris", *sorted(RULES.holidays.territories)]),
)
def test_every_slot_is_on_an_open_day_in_open_hours(when: datetime, zone: str) -> None:
    slot = next_call_slot(when.replace(tzinfo=UTC), zone, RULES)
    assert slot is not None
    assert slot >= when.replace(tzinfo=UTC)
    local = slot.astimezone(ZoneInfo(zone))
    assert local.weekday() < 5
    assert 10 <= local.hour < 13 or 14 <= local.hour < 17
    assert not RULES.holidays.is_holiday(local.date(), zone)
    last = last_window(slot + timedelta(seconds=1), zone, RULES.calls, RULES)
    assert last is not None
    assert last.start <= slot < last.end


def test_a_half_day_is_over_at_the_end_of_the_first_span_then_at_midnight() -> None:
    assert half_day_end(at("2025-12-22T10:30"), "Europe/Paris", RULES) == at("2025-12-22T13:00")
    assert half_day_end(at("2025-12-22T15:00"), "Europe/Paris", RULES) == at("2025-12-23T00:00")


def test_within_hours_a_call_is_allowed_until_their_end() -> None:
    found = call_verdict(at("2025-12-22T10:00"), FACTS, RULES)
    assert (found.allowed, found.sentence) == (True, "Appel permis jusqu’à 13:00.")
    assert "D.223-9" in found.reference


@pytest.mark.parametrize(
    ("when", "why", "slot"),
    [
        ("2025-12-20T14:00", "samedi", "2025-12-22T10:00"),
        ("2025-12-25T11:00", "jour férié", "2025-12-26T10:00"),
        ("2025-12-22T08:15", "08:15", "2025-12-22T10:00"),
    ],
)
def test_outside_the_hours_the_sentence_says_why_and_when(when: str, why: str, slot: str) -> None:
    found = call_verdict(at(when), FACTS, RULES)
    assert not found.allowed
    assert f"({why})" in found.sentence
    assert found.next_slot == at(slot)
    assert found.sentence.endswith(f"{at(slot):%d/%m à %H:%M}.")


def test_overseas_the_hour_is_the_clients() -> None:
    island = replace(FACTS, timezone="Indian/Reunion")
    assert call_verdict(at("2025-12-22T08:00"), island, RULES).allowed
    late = call_verdict(at("2025-12-22T15:00"), island, RULES)
    assert not late.allowed
    assert "18:00 chez le client" in late.sentence


def test_a_call_that_the_client_asked_for_is_lawful_from_the_time_asked() -> None:
    asked = replace(FACTS, callback_at=at("2025-12-20T14:00"), callback_asked_by_client=True)
    early = call_verdict(at("2025-12-20T13:59"), asked, RULES)
    assert (early.allowed, early.next_slot) == (False, at("2025-12-20T14:00"))
    assert call_verdict(at("2025-12-20T14:00"), asked, RULES).allowed
    assert call_verdict(at("2025-12-20T19:59"), asked, RULES).allowed
    assert not call_verdict(at("2025-12-20T20:00"), asked, RULES).allowed
    ours = replace(asked, callback_asked_by_client=False)
    assert not call_verdict(at("2025-12-20T14:00"), ours, RULES).allowed
    night = replace(asked, callback_at=at("2025-12-20T20:30"))
    assert call_verdict(at("2025-12-20T21:29"), night, RULES).allowed
    assert not call_verdict(at("2025-12-20T21:30"), night, RULES).allowed


def test_an_opposition_stands_even_where_a_call_was_asked_for() -> None:
    opposed = replace(
        FACTS,
        opposed=frozenset({Channel.CALL}),
        callback_at=at("2025-12-20T14:00"),
        callback_asked_by_client=True,
    )
    found = call_verdict(at("2025-12-20T14:00"), opposed, RULES)
    assert (found.allowed, found.next_slot) == (False, None)


FOUR = tuple(CallAttempt(at(f"2025-12-0{day}T16:00"), answered=False) for day in (1, 2, 3, 4))


def test_four_attempts_in_thirty_days_are_the_most() -> None:
    tried = replace(FACTS, attempts=FOUR)
    found = call_verdict(at("2025-12-22T11:00"), tried, RULES)
    assert not found.allowed
    assert "4 appels en 30 jours" in found.sentence
    assert found.next_slot == at("2025-12-31T10:00")
    three = replace(tried, attempts=tried.attempts[1:])
    assert call_verdict(at("2025-12-22T11:00"), three, RULES).allowed


@pytest.mark.parametrize("when", ["2025-12-22T11:00", "2025-12-20T14:00"])
@pytest.mark.parametrize(
    "facts",
    [
        replace(FACTS, opposed=frozenset({Channel.CALL})),
        replace(FACTS, phone=PhoneKind.INVALID),
        replace(FACTS, phone=PhoneKind.NONE),
        replace(FACTS, attempts=FOUR),
        replace(FACTS, refused_at=at("2025-12-01T11:00")),
        replace(FACTS, expires_on=date(2025, 12, 1)),
    ],
    ids=["opposed", "invalid number", "no number", "four calls", "refused", "expired without consent"],
)
def test_nothing_but_the_hour_can_be_lifted(when: str, facts: CaseFacts) -> None:
    """In the calling hours as out of them, on a Saturday."""
    rules = replace(RULES, consent_from=date(2025, 1, 1))
    found = call_verdict(at(when), facts, rules)
    assert (found.allowed, found.hours_only) == (False, False)


@pytest.mark.parametrize("when", ["2025-12-22T09:59", "2025-12-20T14:00", "2025-12-25T11:00"])
def test_the_hour_alone_can_be_lifted(when: str) -> None:
    found = call_verdict(at(when), FACTS, RULES)
    assert (found.allowed, found.hours_only) == (False, True)


@pytest.mark.parametrize("phone", [PhoneKind.INVALID, PhoneKind.NONE])
def test_a_number_that_cannot_be_dialled_is_lawful_at_no_time(phone: PhoneKind) -> None:
    """Not even where the client asked to be called at that very moment."""
    at_noon = at("2025-12-22T11:00")
    asked = replace(FACTS, phone=phone, callback_at=at_noon, callback_asked_by_client=True)
    found = call_verdict(at_noon, asked, RULES)
    assert (found.allowed, found.next_slot) == (False, None)
    assert "pas de numéro de téléphone valide" in found.sentence
    assert next_lawful_call(at_noon, asked, RULES) is None


def test_sixty_days_without_a_call_follow_a_refusal() -> None:
    refused = replace(FACTS, refused_at=at("2025-10-20T11:00"))
    found = call_verdict(at("2025-12-19T11:00"), refused, RULES)
    assert not found.allowed
    assert "60 jours" in found.sentence
    assert found.next_slot == at("2025-12-22T10:00")
    assert call_verdict(at("2025-12-22T10:00"), refused, RULES).allowed


def test_after_the_expiry_a_call_needs_a_consent_from_the_law_on() -> None:
    before_law = replace(FACTS, expires_on=date(2026, 8, 5))
    assert call_verdict(at("2026-08-10T11:00"), before_law, RULES).allowed
    refused = call_verdict(at("2026-08-11T11:00"), before_law, RULES)
    assert (refused.allowed, refused.next_slot) == (False, None)
    assert "05/08/2026" in refused.sentence
    agreed = replace(before_law, consent_after_expiry=True)
    assert call_verdict(at("2026-08-11T11:00"), agreed, RULES).allowed
    current = replace(before_law, expires_on=date(2026, 8, 31))
    assert call_verdict(at("2026-08-11T11:00"), current, RULES).allowed
    assert next_lawful_call(at("2026-08-31T18:00"), current, RULES) is None


@pytest.mark.parametrize(
    ("phone", "channel", "obstacle"),
    [
        (PhoneKind.LANDLINE, Channel.CALL, None),
        (PhoneKind.LANDLINE, Channel.SMS, Obstacle.NO_ADDRESS),
        (PhoneKind.INVALID, Channel.CALL, Obstacle.NO_ADDRESS),
        (PhoneKind.NONE, Channel.EMAIL, None),
    ],
)
def test_a_channel_needs_an_address_that_it_can_use(
    phone: PhoneKind, channel: Channel, obstacle: Obstacle | None
) -> None:
    assert standing_obstacle(replace(FACTS, phone=phone), channel) is obstacle


def test_the_last_window_is_searched_for_backwards_over_closed_days() -> None:
    sunday = at("2025-12-21T15:00")
    found = last_window(sunday, "Europe/Paris", RULES.calls, RULES)
    assert found is not None
    assert (found.start, found.end) == (at("2025-12-19T14:00"), at("2025-12-19T17:00"))
    opening = last_window(at("2025-12-22T10:00"), "Europe/Paris", RULES.calls, RULES)
    assert opening == found, "a window has not begun before its first instant"


@pytest.mark.parametrize(
    ("facts", "sentence", "reference"),
    [
        (
            replace(FACTS, opposed=frozenset({Channel.CALL})),
            "Ce client ne veut plus d’appels.",
            RULES.opposition_reference,
        ),
        (
            replace(FACTS, phone=PhoneKind.INVALID),
            "Ce client n’a pas de numéro de téléphone valide.",
            "",
        ),
        (
            replace(FACTS, attempts=FOUR),
            "Déjà 4 appels en 30 jours ; prochain créneau : mer. 31/12 à 10:00.",
            RULES.attempts_reference,
        ),
        (FACTS, "Appel permis jusqu’à 13:00.", RULES.calls.reference),
        (
            replace(FACTS, callback_at=at("2025-12-22T10:30"), callback_asked_by_client=True),
            "Appel permis : le client a demandé à être appelé lun. 22/12 à 10:30.",
            RULES.callback_reference,
        ),
    ],
    ids=["opposed", "invalid number", "four calls", "in hours", "asked for"],
)
def test_a_verdict_says_why_with_its_rule(facts: CaseFacts, sentence: str, reference: str) -> None:
    now = at("2025-12-22T11:00")
    found = call_verdict(now, facts, RULES)
    assert (plain(found.sentence), found.reference) == (sentence, reference)
    if found.allowed:
        assert found.next_slot == now


def test_the_call_asked_for_is_the_next_slot_where_no_other_call_is_lawful() -> None:
    """After the expiry without a recorded consent, and never later than a lawful hour that comes before."""
    rules = replace(RULES, consent_from=date(2025, 1, 1))
    asked = replace(FACTS, callback_at=at("2026-01-10T15:00"), callback_asked_by_client=True)
    assert call_verdict(at("2026-01-05T11:00"), asked, rules).next_slot == at("2026-01-10T15:00")
    assert call_verdict(at("2025-12-20T11:00"), asked, rules).next_slot == at("2025-12-22T10:00")


def test_the_day_is_closed_where_the_client_lives() -> None:
    good_friday = at("2026-04-03T11:00", "America/Guadeloupe")
    island = replace(FACTS, timezone="America/Guadeloupe", expires_on=date(2026, 4, 30))
    assert "(jour férié)" in call_verdict(good_friday, island, RULES).sentence
