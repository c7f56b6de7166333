"""The fictitious client of a simulated call: what they say at each step, and whether the agent heard it.

A client is a persona and a seed: at a given step of the script the same two always say the same, however the
agent came there. So a call can be had again, and a step back finds the client where it left them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from random import Random

from console.base.vocabulary import Billing, Direction, Plan
from console.base.when import parse_when
from console.rules.script import HUNG_UP, JUMP_LABELS
from console.rules.walk import Act, Entry, Walk

HIGHEST_SEED = 99_999
"""Seeds are short, as they are read on a screen and typed again."""


@dataclass(frozen=True, slots=True)
class Reply:
    """Something said or something that happens at a step, and what the agent should then press.

    `choice` is the label of a choice, `jump` the name of a step that is one key away: one of the two is set.
    `words` are templates of which one is said; `scene`, also a template, is what happens beside them.
    `moment` is the day and hour said, written as an agent may type it.
    """

    choice: str = ""
    jump: str = ""
    also: tuple[str, ...] = ()  # labels of choices that are as right
    words: tuple[str, ...] = ()
    scene: str = ""
    weight: int = 1
    moment: str = ""
    place: str = field(default="", compare=False)  # file it was read from

    @property
    def answer(self) -> str:
        """What should be pressed, in words."""
        return self.choice or JUMP_LABELS.get(self.jump, self.jump)


@dataclass(frozen=True, slots=True)
class Persona:
    """Who calls or is called. `days_left` counts to the expiry, negative once it is past.

    `wants` is told once the call is over; `protests` open what is said again by a client who was misheard.
    """

    code: str
    civility: str
    first_name: str
    last_name: str
    plan: Plan
    billing: Billing
    seniority_months: int
    days_left: int
    wants: str
    protests: tuple[str, ...]
    replies: Mapping[str, tuple[Reply, ...]]  # by step
    direction: Direction = Direction.OUTBOUND
    email: bool = True
    opened: tuple[str, ...] = ()  # reminders whose e-mail was opened
    note: str = ""
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Statement:
    """What the agent is to hear at a step, and the step that it leads to, empty when it ends the call.

    A protest repeats what was misheard at an earlier step: a step back answers it, or going there.
    """

    step: str
    reply: Reply
    words: str
    target: str
    protest: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """A statement and the first answer given to it; `mended` when that answer was taken back."""

    statement: Statement
    taken: str
    right: bool
    telling: bool  # there was something to recognise, or it was not recognised
    mended: bool = False


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A call so far. `now` is what was said last, None when nothing has been."""

    heard: tuple[Heard, ...]
    now: Statement | None

    @property
    def judged(self) -> tuple[Heard, ...]:
        """The statements that count."""
        return tuple(one for one in self.heard if one.telling)

    @property
    def misheard(self) -> tuple[Heard, ...]:
        """Those whose first answer was wrong."""
        return tuple(one for one in self.heard if not one.right)


@dataclass(frozen=True, slots=True)
class SimulatedRun:
    """A simulated call that an agent had to its end: what was heard right, what the checklist missed."""

    agent: str
    at: datetime
    seed: int
    score: int
    total: int
    missed: int


def pick(personas: Sequence[Persona], seed: int) -> Persona:
    """The client of a seed."""
    (found,) = _lots(seed).choices(personas, [one.weight for one in personas])
    return found


def dialogue(persona: Persona, seed: int, walk: Walk) -> Dialogue:
    """What was said in a call up to now, and how each statement was answered, steps taken back included."""
    before = Walk.start(walk.script, walk.began, walk.facts)
    said: list[Statement | None] = [_statement(persona, seed, before)]  # one a step of the path
    asked: list[tuple[str, bool]] = []  # the statement that each entry of the path answered
    heard: dict[tuple[str, bool], Heard] = {}
    for entry in walk.journal:
        current = said[-1]
        key = (current.step, bool(current.protest)) if current else ("", False)
        back = entry.act is Act.BACK
        after = _after(before, entry)
        right = current is None or _answers(current, before, entry, after)
        if current is not None and (not back or current.protest):
            heard.setdefault(key, _heard(current, before, entry, right=right))
        if back:
            said.pop()
            undone = asked.pop()
            if undone in heard:
                heard[undone] = replace(heard[undone], mended=not heard[undone].right)
        else:
            asked.append(key)
            said.append(None if after.outcome else _next(persona, seed, current, after, right=right))
        before = after
    return Dialogue(tuple(heard.values()), next((one for one in reversed(said) if one is not None), None))


def _after(walk: Walk, entry: Entry) -> Walk:
    return Walk.replay(walk.script, walk.began, (*walk.journal, entry), walk.facts)


def _next(
    persona: Persona, seed: int, former: Statement | None, walk: Walk, *, right: bool
) -> Statement | None:
    """Misheard, the client says it again, once; then they make do. Who is not there any more stays away."""
    if right or former is None or (former.protest and former.reply.jump != HUNG_UP):
        return _statement(persona, seed, walk)
    protest = _lots(seed, former.step, "protest").choice(persona.protests)
    return replace(former, step=walk.step.id, protest=protest)


def _statement(persona: Persona, seed: int, walk: Walk) -> Statement | None:
    """What this client says at this step, among what can be answered there; None to add nothing."""
    step = walk.step
    labels = {choice.label for choice in step.choices if choice.is_open(walk.known)}
    possible = [
        reply
        for reply in persona.replies.get(step.id, ())
        if (reply.choice in labels if reply.choice else reply.jump in walk.jumps)
    ]
    if not possible:
        return None
    lots = _lots(seed, step.id)
    (reply,) = lots.choices(possible, [one.weight for one in possible])
    target = next((choice.to or "" for choice in step.choices if choice.label == reply.choice), "")
    words = lots.choice(reply.words) if reply.words else ""
    return Statement(step.id, reply, words, walk.jumps[reply.jump] if reply.jump else target)


def _answers(statement: Statement, before: Walk, entry: Entry, after: Walk) -> bool:
    """Whether an act is what the statement asked for: that choice, or one key that leads to the same step."""
    reply = statement.reply
    there = after.outcome is None and after.step.id == statement.target
    if statement.protest:
        return entry.act is Act.BACK or there
    if entry.act is Act.JUMP or reply.jump:
        return entry.act is not Act.BACK and there
    if entry.choice is None:
        return False
    if reply.moment and entry.captured and entry.at:
        return parse_when(reply.moment, entry.at) == datetime.fromisoformat(entry.captured)
    return before.step.choices[entry.choice].label in (reply.choice, *reply.also)


def _heard(statement: Statement, walk: Walk, entry: Entry, *, right: bool) -> Heard:
    several = sum(choice.is_open(walk.known) for choice in walk.step.choices) > 1
    telling = not right or several or bool(statement.reply.jump or statement.reply.moment)
    taken = JUMP_LABELS.get(entry.label, entry.label)
    if statement.reply.moment and entry.captured and entry.act is Act.CHOICE:
        taken = entry.captured
    return Heard(statement, taken, right, telling and not (right and statement.protest))


def _lots(seed: int, *where: str) -> Random:
    return Random("/".join((str(seed), *where)))  # noqa: S311  -- a game, nothing secret
