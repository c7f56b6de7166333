"""Ways through a script, for the tests that walk it."""

from collections.abc import Iterator
from datetime import UTC, datetime

from console.base.vocabulary import Direction, RetentionOption
from console.content import Content, default_root
from console.rules.script import CaptureKind, Script
from console.rules.walk import Walk

AT = datetime(2025, 12, 19, 14, tzinfo=UTC)
CONTENT = Content(default_root())
SCRIPT: Script = CONTENT.script
REASONS = CONTENT.data.reasons
COMMITMENTS = CONTENT.data.commitments

EVERYTHING = frozenset({*(option.value for option in RetentionOption), "email"})
KINDS = {
    "premium": EVERYTHING,
    "no offer, no e-mail": EVERYTHING - {"loyalty", "email"},
    "basic": EVERYTHING - {"loyalty", "downgrade", "discount", "alternative"},
    "expired": (EVERYTHING - {"downgrade", "discount", "pause"}) | {"expired"},
    "on a pause": (EVERYTHING - {"loyalty", "downgrade", "discount", "pause"}) | {"expired", "paused"},
    "gesture above the ceiling": EVERYTHING - {"gesture"},
}
"""Facts of every kind of client."""


def typed(walk: Walk) -> str:
    """Something lawful to type at this step."""
    capture = walk.step.capture
    if capture is None:
        return ""
    if capture.kind is CaptureKind.MOMENT:
        return "2025-12-22T15:00:00+01:00"
    return f"mots du client ({capture.name})" if capture.required else ""


def pick(walk: Walk, label: str) -> Walk:
    """Take the choice with these words."""
    labels = [choice.label.replace("\u202f", " ") for choice in walk.step.choices]
    return walk.choose(labels.index(label), typed(walk), AT)


def every_path(walk: Walk, depth: int = 0) -> Iterator[Walk]:
    """Every finished walk that choices alone lead to."""
    assert depth < 40, f"a loop through {walk.step.id}"
    if walk.outcome is not None:
        yield walk
        return
    for index, choice in enumerate(walk.step.choices):
        if choice.is_open(walk.known):
            yield from every_path(walk.choose(index, typed(walk), AT), depth + 1)


def beginnings(facts: frozenset[str]) -> Iterator[Walk]:
    """A call of each direction."""
    for direction in Direction:
        yield Walk.start(SCRIPT, direction, facts)
