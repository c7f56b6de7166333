"""The call as the screen shows it: one step, what can be pressed, and what was written at the end."""

from dataclasses import dataclass
from datetime import datetime

from console.base.vocabulary import CallOutcome, Direction

NOTE, WHY_LIFTED, REMARK = "note", "heures", "passage"
"""The drafts of a note, of a supervisor's reason, of a word on the script; the others go by their capture."""


@dataclass(frozen=True, slots=True)
class ChoiceView:
    """A choice of a script step. A disabled one says why."""

    index: int  # 0-based; key is index + 1
    label: str
    enabled: bool = True
    why_not: str = ""
    dials: bool = False  # what follows it is the client's telephone ringing
    final: bool = False  # closes the call and writes its outcome: a key pressed ahead never takes it
    ends: bool = False  # closes it, or leads to a step that does nothing else
    rates: bool = False  # a mark: the key that brought its step is asked for again


@dataclass(frozen=True, slots=True)
class ExitView:
    """A way to end the call that is open from the present step; `where` is for `CallService.jump`."""

    where: str  # callback | escalate | hung_up | a step that a script's `anywhere` names
    label: str  # « Le client a raccroché », « Le client refuse, définitivement » ...


@dataclass(frozen=True, slots=True)
class CaptureView:
    """What the step asks to type."""

    name: str
    label: str
    kind: str  # text | datetime
    required: bool
    draft: str  # typed so far
    farewell: str = ""  # what to say to the client once the moment is understood


@dataclass(frozen=True, slots=True)
class MomentRead:
    """A moment as it is understood while it is typed: in words, what there is to know of it, what to say."""

    moment: str = ""  # « mardi 23 décembre à 14:00 chez lui, 11:00 à Paris », empty when not understood yet
    lawful: bool = True
    remark: str = ""
    farewell: str = ""


@dataclass(frozen=True, slots=True)
class CallView:
    """The call as it stands: one script step to read, and what can be pressed."""

    call_id: str
    seq: int  # guards against choosing twice: a choice names the seq it answers
    client_id: int
    code: str
    name: str
    vip: bool
    facts: tuple[str, ...]  # short lines always in view: expiry, days left, offer, risk, phone, last note
    phase: str
    step: str
    title: str
    said: str  # what to read aloud, paragraphs separated by a blank line; may be empty
    hints: tuple[str, ...]
    choices: tuple[ChoiceView, ...]
    highlighted: int  # index of the preselected choice
    capture: CaptureView | None
    note_draft: str  # an unsaved note being typed, to be reopened
    lift_draft: str  # what a supervisor was writing about the hours
    direction: Direction
    started_at: datetime
    can_go_back: bool
    can_escalate: bool
    trail: tuple[str, ...]  # labels chosen so far
    outcome: CallOutcome | None = None  # set once the call is closed
    summary: tuple[str, ...] = ()  # what was written, shown when closed
    exits: tuple[ExitView, ...] = ()  # ways to end from here, offered when the agent wants to leave
    online: bool = False  # the client is on the line at this step
    can_abandon: bool = False  # nothing was dialled, answered or typed: leaving writes nothing
    can_lift: bool = False  # nothing but the hour forbids dialling: a supervisor can lift it
    notes: tuple[str, ...] = ()  # notes taken during this call, oldest first
    missed: tuple[str, ...] = ()  # points of the checklist that the call left out, once it is closed
    elapsed_s: int = 0  # whole seconds since the client answered, at the instant of this view
    answered: bool = False  # the client has come on the line: time runs
    simulated: bool = False  # training: the client is fictitious, and nothing of it is kept
    unfinished: str = ""  # a call left long ago, or by another: which, when, and where it stopped
    left_by: str = ""  # the other agent whose call it was
    cannot_interrupt: str = ""  # why it cannot be closed as interrupted, empty when it can
    news: str = ""  # what happened to the client's subscription while the call lasted
    heard: str = ""  # in a simulated call, what the client has just said, or what happens


@dataclass(frozen=True, slots=True)
class Arrival:
    """What was kept of a call has reached the base. `words` is a sentence.

    otherwise: the base said otherwise, and not all of it is written as it was done; the words say what not.
    summary: what an outcome wrote.
    """

    call_id: str
    words: str
    otherwise: bool = False
    summary: tuple[str, ...] = ()
