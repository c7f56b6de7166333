"""One walk through the call script, as an immutable value.

A walk is what its journal says: each choice, jump and step back appends an entry and gives a new walk, and
`Walk.replay` of a stored journal gives an equal one, which is how a call survives a crash.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from console.base.errors import RefusedInputError
from console.base.vocabulary import (
    CallOutcome,
    Channel,
    Direction,
    Gesture,
    Objection,
    Relation,
    RetentionOption,
)
from console.rules.reasons import Reasons
from console.rules.script import (
    CALLBACK,
    HUNG_UP,
    OBJECTED,
    RENEWED_MEANWHILE,
    SETTLED,
    SETTLED_MEANWHILE,
    CaptureKind,
    Choice,
    Script,
    Step,
)
from console.rules.signals import DOORS, Signal

AGREED = "agreed"
"""Fact that a walk adds by itself to those of the call: the client has agreed to something."""


MEANWHILE = frozenset({RENEWED_MEANWHILE, SETTLED_MEANWHILE})


class Act(StrEnum):
    """What an entry of the journal did."""

    CHOICE = "choice"
    BACK = "back"
    JUMP = "jump"
    CORRECT = "correct"  # the outcome was taken back: the call goes on where it had ended


UNDOES = frozenset({Act.BACK, Act.CORRECT})
"""The acts that take the last choice or jump back."""


class Answer(StrEnum):
    """What became of an option that was proposed."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Entry:
    """One act of a call's journal."""

    act: Act
    step: str  # where the agent was
    choice: int | None = None  # 0-based, among all choices of the step
    label: str = ""  # the choice's words; for a jump, its name
    captured: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """An option proposed to the client, and the answer."""

    option: RetentionOption
    answer: Answer


@dataclass(frozen=True, slots=True)
class Walk:
    """A call under way. `journal` keeps every act; `path` keeps those that no step back has undone.

    `facts` are what was true of the client when the call began (see `console.messages.wording.facts`),
    stored with the call so that a replay sees what the agent saw. An option whose name is not among them
    counts neither as proposed nor as accepted.
    """

    script: Script
    began: Direction
    facts: frozenset[str] = frozenset()
    journal: tuple[Entry, ...] = ()
    path: tuple[Entry, ...] = ()

    @classmethod
    def start(cls, script: Script, direction: Direction, facts: Iterable[str] = ()) -> "Walk":
        """At the first step for that direction, nothing done yet."""
        return cls(script, direction, frozenset(facts))

    @classmethod
    def replay(
        cls, script: Script, direction: Direction, entries: Iterable[Entry], facts: Iterable[str] = ()
    ) -> "Walk":
        """The walk that wrote these entries. They are what happened: no condition is tried again.

        Raises RefusedInputError when they do not belong to this script.
        """
        walk = cls.start(script, direction, facts)
        for entry in entries:
            if entry.step != walk.step.id or (walk.outcome is not None) is not (entry.act is Act.CORRECT):
                raise RefusedInputError("Le journal de cet appel ne correspond pas à son script.")
            path = walk.path[:-1] if entry.act in UNDOES else (*walk.path, entry)
            walk = replace(walk, journal=(*walk.journal, entry), path=path)
            try:
                walk.step  # noqa: B018  # a target that does not exist shows here, not at the next key
            except (KeyError, IndexError, TypeError) as error:
                raise RefusedInputError("Le journal de cet appel ne correspond pas à son script.") from error
        return walk

    # -- acts --------------------------------------------------------------------------------------

    def choose(self, index: int, captured: str, at: datetime) -> "Walk":
        """Take a choice of the present step.

        Raises RefusedInputError: call over, no such choice, choice closed, required text missing.
        """
        self._must_be_open()
        step = self.step
        if not 0 <= index < len(step.choices):
            raise RefusedInputError("Ce choix n’existe pas à cette étape.")
        choice = step.choices[index]
        if not choice.is_open(self.known):
            raise RefusedInputError(f"Choix indisponible : {choice.why_not or choice.label}.")
        if step.capture is None:
            captured = ""
        elif step.capture.required and not captured.strip():
            raise RefusedInputError(f"À saisir d’abord : {step.capture.label}.")
        return self._with(Entry(Act.CHOICE, step.id, index, choice.label, captured, at))

    def jump(self, name: str, at: datetime, typed: str = "") -> "Walk":
        """Go to a step that is one key away, keeping what is typed. RefusedInputError when it is closed."""
        self._must_be_open()
        if name not in self.jumps:
            raise RefusedInputError("Cette action n’est pas possible à cette étape.")
        return self._with(Entry(Act.JUMP, self.step.id, None, name, typed, at))

    def settled(self, name: str, at: datetime, typed: str = "") -> "Walk":
        """The term was settled elsewhere: the call goes where that is told; what was being typed is kept.

        name is RENEWED_MEANWHILE or SETTLED_MEANWHILE.
        """
        self._must_be_open()
        return self._with(Entry(Act.JUMP, self.step.id, None, name, typed, at))

    def back(self, at: datetime, typed: str = "") -> "Walk":
        """Undo the last choice or jump; the journal keeps both, and what is typed so far.

        Raises RefusedInputError at the start.
        """
        self._must_be_open()
        if not self.path:
            raise RefusedInputError("C’est la première étape : rien à reprendre.")
        entry = Entry(Act.BACK, self.step.id, captured=typed, at=at)
        return replace(self, journal=(*self.journal, entry), path=self.path[:-1])

    def correct(self, at: datetime) -> "Walk":
        """Take the outcome back: the call is open again where its last choice was made."""
        if self.outcome is None:
            raise RefusedInputError("Cet appel n’est pas terminé.")
        entry = Entry(Act.CORRECT, self.step.id, at=at)
        return replace(self, journal=(*self.journal, entry), path=self.path[:-1])

    def _with(self, entry: Entry) -> "Walk":
        return replace(self, journal=(*self.journal, entry), path=(*self.path, entry))

    def _must_be_open(self) -> None:
        if self.outcome is not None:
            raise RefusedInputError("Cet appel est déjà terminé.")

    # -- where the call stands ---------------------------------------------------------------------

    @property
    def step(self) -> Step:
        """The step on screen; once the call is over, the last one."""
        if not self.path:
            return self._for_client(self.script.starts[self.began])
        last = self.path[-1]
        if last.act is Act.JUMP and last.label in MEANWHILE:
            return self._for_client(self.script.anywhere[SETTLED])
        if last.act is Act.JUMP:
            return self._for_client(self._jumps_of(last.step)[last.label])
        choice = self._choice(last)
        return self.script.steps[last.step] if choice.to is None else self._for_client(choice.to)

    def _for_client(self, name: str) -> Step:
        """The step of that name, or the one that such a client is led to instead."""
        step = self.script.steps[name]
        instead = (other for fact, other in step.stand_ins.items() if fact in self.facts)
        return self.script.steps[next(instead, name)]

    @property
    def outcome(self) -> CallOutcome | None:
        """How the call ended, None while it lasts. Hanging up does not undo what was agreed before."""
        if not self.path or self.path[-1].act is not Act.CHOICE:
            return None
        outcome = self._choice(self.path[-1]).outcome
        if outcome is CallOutcome.HUNG_UP:
            return self.agreed or outcome
        if outcome is CallOutcome.RENEWED and self.by_link:
            return CallOutcome.LINK_SENT
        if outcome is CallOutcome.ALREADY_SETTLED and self.meanwhile == RENEWED_MEANWHILE:
            return CallOutcome.ALREADY_RENEWED
        return outcome

    @property
    def meanwhile(self) -> str:
        """How the term was settled while the call lasted, once that was told; else empty."""
        jumps = (entry.label for entry in reversed(self.path) if entry.act is Act.JUMP)
        return next((label for label in jumps if label in MEANWHILE), "")

    @property
    def can_go_back(self) -> bool:
        """Whether there is an act to undo."""
        return bool(self.path) and self.outcome is None

    @property
    def jumps(self) -> Mapping[str, str]:
        """Steps one key away from the present one, by name."""
        here = self.step.id
        jumps = self._jumps_of(here).items()
        return {name: target for name, target in jumps if target != here and name != SETTLED}

    @property
    def known(self) -> frozenset[str]:
        """The call's facts, and what the walk itself adds."""
        return self.facts | {AGREED} if self.agreed else self.facts

    def highlighted(self, reasons: Reasons) -> int:
        """Index of the choice Enter takes: the likely reason, the door taken before, the preferred, or the
        first open."""
        likely = reasons.likely.get(self.objection) if self.objection else None
        open_ones = [(i, one) for i, one in enumerate(self.step.choices) if one.is_open(self.known)]
        ranked = sorted(
            open_ones,
            key=lambda pair: (
                likely is None or pair[1].reason != likely,
                self.objected is None or pair[1].objection is not self.objected,
                not pair[1].preferred,
            ),
        )
        return ranked[0][0] if ranked else 0

    @property
    def objection(self) -> Objection | None:
        """What the client has said stands in the way, in this call or else in the last conversation."""
        first = self.first_objection
        return self.objected if first in {None, Objection.DEFINITIVE} else first

    @property
    def objected(self) -> Objection | None:
        """What stood in the way in the last conversation about the same term."""
        said = (fact.removeprefix(OBJECTED) for fact in self.facts if fact.startswith(OBJECTED))
        return next(map(Objection, said), None)

    @property
    def typed_here(self) -> str:
        """What was typed in the field of the present step before a step back."""
        wanted = self.step.capture
        for entry in reversed(self.journal if wanted else ()):
            capture = self.script.steps[entry.step].capture
            if (
                wanted
                and capture
                and capture.name == wanted.name
                and entry.captured
                and entry not in self.path
            ):
                return entry.captured
        return ""

    @property
    def prefill(self) -> str:
        """What the field of the present step starts from, when it takes up an earlier one.

        Without that one, the last words typed in the call, a field left half typed included.
        """
        capture = self.step.capture
        if capture is None or not capture.prefill:
            return ""
        return self.values.get(capture.prefill) or next(
            (
                text
                for name, text in reversed(tuple(self.values.items()))
                if name not in (capture.name, CALLBACK)
            ),
            "",
        )

    # -- what was said, undone steps excluded ------------------------------------------------------

    @property
    def choices(self) -> tuple[Choice, ...]:
        """The choices taken, in order."""
        return tuple(self._choice(entry) for entry in self.path if entry.act is Act.CHOICE)

    @property
    def values(self) -> Mapping[str, str]:
        """What was typed, by capture name, steps left by a jump included; the last one wins."""
        found = {}
        for entry in self.path:
            capture = self.script.steps[entry.step].capture
            if capture is not None and entry.captured.strip():
                found[capture.name] = entry.captured
        return found

    @property
    def promised(self) -> datetime | None:
        """The moment given last at a step that asks for one; a field left half typed gives none."""
        for entry in reversed(self.path):
            capture = self.script.steps[entry.step].capture
            if entry.act is Act.CHOICE and capture and capture.kind is CaptureKind.MOMENT and entry.captured:
                return datetime.fromisoformat(entry.captured)
        return None

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """Each option proposed, in order of presentation, with the last answer given to it."""
        answers: dict[RetentionOption, Answer] = {}
        for entry in self.path:
            for option in self.script.steps[entry.step].proposes:
                if option in self.facts:
                    answers.setdefault(option, Answer.NONE)
            if entry.act is not Act.CHOICE:
                continue
            choice = self._choice(entry)
            for option in choice.declines:
                if option in self.facts:
                    answers[option] = Answer.DECLINED
            if choice.accepts and choice.accepts in self.facts:
                answers.setdefault(choice.accepts, Answer.NONE)  # a link says that it was read, not taken
                if not choice.by_link:
                    answers[choice.accepts] = Answer.ACCEPTED
        return tuple(Attempt(option, answer) for option, answer in answers.items())

    @property
    def accepted(self) -> tuple[RetentionOption, ...]:
        """Options accepted."""
        return tuple(one.option for one in self.attempts if one.answer is Answer.ACCEPTED)

    @property
    def agreed(self) -> CallOutcome | None:
        """What the client has agreed to so far; the last agreement stands. To renew alone is no renewal."""
        last = next((choice for choice in reversed(self.choices) if choice.agrees), None)
        if last is None:
            return None
        return CallOutcome.LINK_SENT if last.by_link else last.agrees

    @property
    def first_objection(self) -> Objection | None:
        """The Phase 4 door taken first."""
        return next((choice.objection for choice in self.choices if choice.objection), None)

    @property
    def signals(self) -> frozenset[Signal]:
        """What the doors taken say of the client: a price that is too high, a complaint."""
        doors = (choice.objection for choice in self.choices)
        return frozenset(DOORS[door] for door in doors if door and door in DOORS)

    @property
    def proposable(self) -> frozenset[RetentionOption]:
        """What the script has to propose through the Phase 4 door taken first; nothing without one."""
        door = next((choice for choice in self.choices if choice.objection), None)
        if door is None or door.to is None:
            return frozenset()
        return frozenset(one for one in self.script.proposed_from(door.to) if one in self.facts)

    @property
    def reason(self) -> str | None:
        """The reason chosen last."""
        return next((choice.reason for choice in reversed(self.choices) if choice.reason), None)

    @property
    def relation(self) -> Relation | None:
        """How the refusal leaves the relation."""
        return next((choice.relation for choice in reversed(self.choices) if choice.relation), None)

    @property
    def rating(self) -> int | None:
        """Satisfaction given, 1 to 5."""
        return next((choice.rating for choice in reversed(self.choices) if choice.rating), None)

    @property
    def rating_asked(self) -> bool:
        """Whether the call went through a step that takes a mark."""
        return any(one.rating for entry in self.path for one in self.script.steps[entry.step].choices)

    @property
    def gesture(self) -> Gesture | None:
        """The free gesture accepted."""
        return next((choice.gesture for choice in reversed(self.choices) if choice.gesture), None)

    @property
    def commits(self) -> tuple[str, ...]:
        """Codes of what we have committed ourselves to, in order, once each."""
        return tuple(dict.fromkeys(choice.commits for choice in self.choices if choice.commits))

    @property
    def by_link(self) -> bool:
        """Whether the client renews alone, from a link that we send."""
        return self.agreed is CallOutcome.LINK_SENT

    @property
    def dialled(self) -> bool:
        """Whether a number was dialled: it counts as an attempt."""
        return any(choice.dials for choice in self.choices)

    @property
    def direction(self) -> Direction:
        """Who dialled: an outbound preparation may turn out to be the client calling."""
        return next((c.direction for c in reversed(self.choices) if c.direction), self.began)

    @property
    def opposes(self) -> frozenset[Channel]:
        """Channels that the client asked us not to use any more."""
        return frozenset(channel for choice in self.choices for channel in choice.opposes)

    @property
    def hung_up(self) -> bool:
        """Whether the client broke the call off."""
        return any(entry.act is Act.JUMP and entry.label == HUNG_UP for entry in self.path)

    @property
    def spoke(self) -> bool:
        """Whether the client was on the line at any moment: then a callback is one that they asked for."""
        return self.step.online or any(self.script.steps[entry.step].online for entry in self.path)

    def _choice(self, entry: Entry) -> Choice:
        if entry.choice is None:
            raise TypeError("not a choice")
        return self.script.steps[entry.step].choices[entry.choice]

    def _jumps_of(self, step: str) -> Mapping[str, str]:
        jumps = self.script.steps[step].jumps
        return self.script.anywhere if jumps is None else jumps
