"""What one is at, as the console tells it by itself: a call is a call, a break that was said stays."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from console.rules.presence import (
    AFTER_CALL,
    AVAILABLE,
    IN_CALL,
    LEFT_ALONE,
    Presence,
    PresenceState,
    TeamRules,
    following,
)

RULES = TeamRules({"repas": "repas"}, timedelta(minutes=10), timedelta(minutes=3))
LUNCH = Presence(PresenceState.BREAK, "repas")
MINUTES = st.integers(0, 60).map(lambda n: timedelta(minutes=n))
STATES = st.sampled_from([AVAILABLE, IN_CALL, AFTER_CALL, LEFT_ALONE, LUNCH])


@given(now=STATES, calling=st.booleans(), silent=MINUTES, lasted=MINUTES)
def test_what_follows(now: Presence, calling: bool, silent: timedelta, lasted: timedelta) -> None:
    found = following(now, RULES, calling=calling, silent=silent, lasted=lasted)
    assert (found == IN_CALL) == calling
    assert (found == LUNCH) == (now == LUNCH and not calling)
    if found == LEFT_ALONE:
        assert silent >= RULES.silence
    if found == AVAILABLE:
        assert silent < RULES.silence
        assert now != IN_CALL
        assert now != AFTER_CALL or lasted >= RULES.after_call
    if found == AFTER_CALL:
        assert now == IN_CALL or (now == AFTER_CALL and lasted < RULES.after_call)
    never = TeamRules(silence=timedelta())
    assert following(now, never, calling=calling, silent=silent, lasted=lasted) != LEFT_ALONE or (
        now == LEFT_ALONE
    )


@given(now=STATES)
def test_whoever_presses_a_key_is_back_and_stays_so(now: Presence) -> None:
    silent, lasted = timedelta(), timedelta(hours=1)
    found = now
    for _ in range(2):
        found = following(found, RULES, calling=False, silent=silent, lasted=lasted)
    assert found == (LUNCH if now == LUNCH else AVAILABLE)
