"""What an agent is at: available, in a call, after one, on a break. Pure; content in data/equipe.toml."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum


class PresenceState(StrEnum):
    """What somebody is at."""

    IN_CALL = "in_call"
    AFTER_CALL = "after_call"
    AVAILABLE = "available"
    BREAK = "break"
    OFFLINE = "offline"


SILENT = "silence"
"""The reason of a break that nobody said: no key for so long."""
LABELS = {
    PresenceState.IN_CALL: "en appel",
    PresenceState.AFTER_CALL: "après appel",
    PresenceState.AVAILABLE: "disponible",
    PresenceState.BREAK: "en pause",
    PresenceState.OFFLINE: "hors ligne",
}


@dataclass(frozen=True, slots=True)
class Presence:
    """A state, and for a break its reason: the code of one of `TeamRules.breaks`, or SILENT."""

    state: PresenceState
    reason: str = ""


AVAILABLE = Presence(PresenceState.AVAILABLE)
IN_CALL = Presence(PresenceState.IN_CALL)
AFTER_CALL = Presence(PresenceState.AFTER_CALL)
LEFT_ALONE = Presence(PresenceState.BREAK, SILENT)


@dataclass(frozen=True, slots=True)
class Team:
    """A team. `members`: the agents' names; per_day: how many calls each is proposed, 0 for the usual."""

    name: str
    members: tuple[str, ...] = ()
    per_day: int = 0


@dataclass(frozen=True, slots=True)
class TeamRules:
    """What data/equipe.toml says.

    silence: without a key for so long, one is no longer said to be available; zero: never.
    after_call: how long one writes up a call at the most. keep_days: how long presences are kept.
    per_day: how many calls a day an agent is proposed at the most, 0 for any number.
    shares: whether clients who are nobody's in particular are shared out evenly among those who are there.
    """

    breaks: Mapping[str, str] = field(default_factory=dict)
    silence: timedelta = timedelta(minutes=10)
    after_call: timedelta = timedelta(minutes=3)
    keep_days: int = 180
    teams: tuple[Team, ...] = ()
    per_day: int = 0
    shares: bool = False

    def words(self, one: Presence) -> str:
        """« en pause : repas », « disponible »; a reason that the file no longer has is told by its code."""
        if one.state is not PresenceState.BREAK:
            return LABELS[one.state]
        if one.reason == SILENT:
            return "sans activité"
        return f"{LABELS[one.state]}\u202f: {self.breaks.get(one.reason, one.reason)}"


def following(
    now: Presence, rules: TeamRules, *, calling: bool, silent: timedelta, lasted: timedelta
) -> Presence:
    """What one is at from now on, as far as the console can tell without being told.

    calling: whether a call is open. silent: since the last key. lasted: how long it has been `now`.
    A break that was said lasts until another key says so, or a call begins.
    """
    if calling:
        return IN_CALL
    if now.state is PresenceState.IN_CALL:
        return AFTER_CALL
    if now.state is PresenceState.BREAK and now.reason != SILENT:
        return now
    if timedelta() < rules.silence <= silent:
        return LEFT_ALONE
    if now == AFTER_CALL and lasted < rules.after_call:
        return now
    return AVAILABLE
