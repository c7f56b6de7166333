"""What a pause has become: held against a table written apart, and for every instant that facts may have."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.rules.pauses import Pause, PauseState
from tests.world import paris

AGREED = paris("2025-12-22T10:30")


def pause(resumed: str = "", refused: str = "") -> Pause:
    return Pause(
        AGREED,
        date(2026, 1, 1),
        date(2026, 3, 31),
        paris(resumed) if resumed else None,
        paris(refused) if refused else None,
    )


@pytest.mark.parametrize(
    ("one", "now", "state", "back"),
    [
        (pause(), "2025-12-22T10:30", PauseState.RUNNING, False),
        (pause(), "2026-03-31T23:59", PauseState.RUNNING, False),
        (pause(), "2026-04-01T00:00", PauseState.LAPSED, False),
        (pause("2026-02-10T09:00"), "2026-02-10T08:59", PauseState.RUNNING, False),
        (pause("2026-02-10T09:00"), "2026-02-10T09:00", PauseState.RESUMED, False),
        (pause("2026-02-10T09:00"), "2026-07-01T09:00", PauseState.RESUMED, False),
        (pause("2026-03-31T23:59"), "2026-07-01T09:00", PauseState.RESUMED, False),
        (pause("2026-04-01T00:00"), "2026-07-01T09:00", PauseState.LAPSED, True),
        (pause("2026-04-20T09:00"), "2026-04-19T09:00", PauseState.LAPSED, False),
        (pause(refused="2026-02-10T09:00"), "2026-02-09T09:00", PauseState.RUNNING, False),
        (pause(refused="2026-02-10T09:00"), "2026-04-20T09:00", PauseState.REFUSED, False),
        (pause(refused="2026-04-20T09:00"), "2026-04-21T09:00", PauseState.LAPSED, False),
        (pause("2026-02-20T09:00", "2026-02-10T09:00"), "2026-03-01T09:00", PauseState.REFUSED, True),
        (pause("2026-02-10T09:00", "2026-02-20T09:00"), "2026-03-01T09:00", PauseState.RESUMED, False),
    ],
)
def test_the_table(one: Pause, now: str, state: PauseState, back: bool) -> None:
    at = paris(now)
    assert one.state(at) is state
    assert (one.came_back_at(at) is not None) == back


@pytest.mark.parametrize(
    ("one", "since"),
    [
        (pause("2026-02-10T09:00"), "2026-02-10T09:00"),
        (pause(refused="2026-02-11T09:00"), "2026-02-11T09:00"),
        (pause("2026-02-20T09:00", "2026-02-10T09:00"), "2026-02-10T09:00"),
        (pause(), "2026-03-31T23:59:59"),
        (pause("2026-04-20T09:00"), "2026-03-31T23:59:59"),
    ],
)
def test_what_it_has_become_has_its_instant(one: Pause, since: str) -> None:
    assert one.since(paris("2026-07-01T09:00")) == paris(since)
    assert one.since(AGREED) == AGREED


instants = st.timedeltas(timedelta(0), timedelta(200)).map(lambda one: AGREED + one)


@given(st.none() | instants, st.none() | instants, instants, st.timedeltas(timedelta(0), timedelta(200)))
def test_what_has_ended_never_runs_again(
    resumed: datetime | None, refused: datetime | None, now: datetime, later: timedelta
) -> None:
    one = Pause(AGREED, date(2026, 1, 1), date(2026, 3, 31), resumed, refused)
    before, after = one.state(now), one.state(now + later)
    assert before is after or before is PauseState.RUNNING
    assert (one.state(now) is PauseState.RESUMED) + (one.came_back_at(now) is not None) == (
        resumed is not None and resumed <= now
    )
