"""Checks the call script and the messages: every fault, with the file, the step and the reason."""

from collections.abc import Callable, Collection, Iterable, Mapping
from textwrap import wrap
from typing import Any, NamedTuple

from console.base.french import typeset
from console.base.sms_size import segments
from console.base.templates import TemplateRefusedError, render, variables_of
from console.base.toml_table import Fault, near, text_line
from console.base.vocabulary import CallOutcome, Channel, Direction
from console.calls.script_files import JUMPS, Reading
from console.messages.sources import PURPOSES, Messages, MessageSource, render_message
from console.rules.outcomes import AGREEMENTS, OUTCOMES
from console.rules.reasons import Reasons
from console.rules.script import QUESTION, THINKS, Choice, Script, Step
from console.rules.timeline import ReminderStep

MAX_CHOICES = 9
MAX_LINES = 10
MAX_HINT_LINES = 4
WIDTH = 72
MAX_SEGMENTS = 2

OWED = "appel.engagements"
"""The variable that tells what a call has committed us to."""
_JUMP_NAMES = {jump: name for name, jump in JUMPS.items()}

Edge = tuple[Step, Choice | None]
"""A choice taken at a step; None for a jump."""


def check_content(
    reading: Reading,
    messages: Messages,
    known: Iterable[str],
    samples: Iterable[Mapping[str, Any]],
) -> list[Fault]:
    """Everything that is wrong. `known` names the variables; `samples` are full sets of them, to render."""
    names, tried = frozenset(known), tuple(samples)
    script = reading.script()
    return [
        *reading.faults,
        # A file that was not read whole lacks steps, and ways to them.
        *([] if reading.faults else map(reading.located, graph_faults(script, reading.reasons))),
        *(
            fault
            for step in script.steps.values()
            for fault in _text_faults(step, reading.written[step.id].written, names, tried)
        ),
        *messages.reading[1],
        *(f for one in messages.reading[0].values() for f in message_faults(one, names, tried)),
    ]


def step_faults(
    step: ReminderStep,
    messages: Messages,
    known: Iterable[str],
    samples: Iterable[Mapping[str, Any]],
) -> Iterable[Fault]:
    """What is wrong with the messages of a step of the timeline, on variables as they are on its day."""
    names, tried = frozenset(known), tuple(samples)
    unread = {fault.file for fault in messages.reading[1]}
    for channel in step.channels:
        for name in filter(None, (step.code, step.lower_plan, step.after_link)):
            message = messages.reading[0].get((channel, name))
            if name in PURPOSES and name != step.after_link:
                yield Fault("relances.toml", name, "ce nom est celui d’un message qui n’est pas une étape")
            if message is None:
                place = f"{'emails' if channel is Channel.EMAIL else 'sms'}/{name}.toml"
                if place not in unread:
                    yield Fault(place, name, "message absent")
            else:
                yield from message_faults(message, names, tried)


# -- the graph -------------------------------------------------------------------------------------


def graph_faults(script: Script, reasons: Reasons) -> list[Fault]:
    """What is wrong with the steps and the ways through them, whatever their texts."""
    faults = _target_faults(script)
    if faults:  # what leads nowhere leaves others alone
        return faults
    for step in script.steps.values():
        faults += [_fault(step, reason) for reason in _shape_faults(step)]
    reached = _reachable(script, lambda step, choice: True)
    faults += [
        _fault(step, "étape orpheline : aucun chemin n’y mène")
        for key, step in script.steps.items()
        if key not in reached
    ]
    ending = _ending(script)
    faults += [
        _fault(step, "aucun chemin ne mène d’ici à une issue")
        for key, step in script.steps.items()
        if key in reached and key not in ending and step.choices
    ]
    faults += _silent(script)
    for reason, wanted, gives in (*_PROMISES, _told(reasons)):
        faults += _unkept(script, reason, wanted, gives)
    return faults


def _target_faults(script: Script) -> list[Fault]:
    faults = []
    for direction in Direction:
        start = script.starts.get(direction)
        if start is None or start not in script.steps:
            faults.append(Fault("", "departs", f"le départ mène à « {start or ''} », qui n’existe pas"))
    for jump, name in _JUMP_NAMES.items():
        target = script.anywhere.get(jump)
        if target is None and jump in (THINKS, QUESTION):
            continue
        if target not in script.steps:
            faults.append(Fault("", "partout", f"« {name} » mène à « {target or ''} », qui n’existe pas"))
    for step in script.steps.values():
        targets = [choice.to for choice in step.choices if choice.to is not None]
        for target in (*targets, *(step.jumps or {}).values(), *step.stand_ins.values()):
            if target not in script.steps:
                faults.append(_fault(step, f"mène à « {target} », qui n’existe pas"))
    return faults


def _shape_faults(step: Step) -> Iterable[str]:
    if not step.choices:
        yield "aucun choix : l’appel ne pourrait pas continuer"
    elif all(choice.needs for choice in step.choices):
        yield "tous les choix ont un « si » : l’un d’eux doit toujours être possible"
    if len(step.choices) > MAX_CHOICES:
        yield f"{len(step.choices)} choix : {MAX_CHOICES} au plus, un par touche"
    if step.capture and len(step.choices) > 1:
        yield "une étape qui demande une saisie n’a qu’un choix, pris par Entrée"
    labels = [choice.label for choice in step.choices]
    yield from (
        f"choix en double « {label} »" for label in sorted({x for x in labels if labels.count(x) > 1})
    )
    for choice in step.choices:
        for option in choice.declines:
            if option not in step.proposes:
                yield f"le choix « {choice.label} » refuse une option que l’étape ne propose pas"


def _targets(script: Script, step: Step) -> Iterable[tuple[str, Choice | None]]:
    for choice in step.choices:
        if choice.to in script.steps:
            yield str(choice.to), choice
    jumps = script.anywhere if step.jumps is None else step.jumps
    for target in (*jumps.values(), *step.stand_ins.values()):
        if target in script.steps:
            yield target, None


def _reachable(
    script: Script, allowed: Callable[[Step, Choice | None], bool], starts: Iterable[str] | None = None
) -> frozenset[str]:
    """Steps reached from a start, or from those given, by choices and jumps that are allowed."""
    starts = script.starts.values() if starts is None else starts
    waiting = [start for start in starts if start in script.steps]
    seen = set(waiting)
    while waiting:
        step = script.steps[waiting.pop()]
        for target, choice in _targets(script, step):
            if target not in seen and allowed(step, choice):
                seen.add(target)
                waiting.append(target)
    return frozenset(seen)


def _ending(script: Script) -> frozenset[str]:
    """Steps from which an outcome can be reached by choices that are always possible."""
    ending: set[str] = set()
    grows = True
    while grows:
        grows = False
        for key, step in script.steps.items():
            if key not in ending and any(
                not choice.needs and (choice.outcome or choice.to in ending) for choice in step.choices
            ):
                ending.add(key)
                grows = True
    return frozenset(ending)


def _captures(name: str) -> Callable[[Step, Choice | None], bool]:
    def gives(step: Step, choice: Choice | None) -> bool:
        return bool(choice and step.capture and step.capture.name == name and step.capture.required)

    return gives


def _agrees(outcome: CallOutcome) -> Callable[[Step, Choice | None], bool]:
    return lambda step, choice: bool(choice and choice.agrees is outcome)


Promise = tuple[str, CallOutcome, Callable[[Step, Choice | None], bool]]

_PROMISES: tuple[Promise, ...] = (
    (
        "refus sans motif : un chemin y mène sans qu’un motif soit choisi",
        CallOutcome.REFUSED,
        lambda step, choice: bool(choice and choice.reason),
    ),
    (
        "refus dont la relation n’est pas dite (relance, ouverte ou close)",
        CallOutcome.REFUSED,
        lambda step, choice: bool(choice and choice.relation),
    ),
    ("rappel sans date : la saisie « rappel » manque", CallOutcome.CALLBACK, _captures("callback")),
    ("escalade sans résumé : la saisie « resume » manque", CallOutcome.ESCALATED, _captures("summary")),
    *(
        (
            f"issue « {OUTCOMES[outcome].word} » sans choix qui porte cet « accord »",
            outcome,
            _agrees(outcome),
        )
        for outcome in sorted(AGREEMENTS)
    ),
)
"""What every path to an outcome must have given before it."""


def _told(reasons: Reasons) -> Promise:
    """A refusal comes with the client's words, but for the reasons that need none."""
    wordless = [one.code for one in reasons if one.wordless]
    typed = _captures("verbatim")
    but = f", hors {', '.join(wordless)}" if wordless else ""
    return (
        f"refus sans phrase du client : un chemin y mène sans la saisie « verbatim »{but}",
        CallOutcome.REFUSED,
        lambda step, choice: typed(step, choice) or bool(choice and choice.reason in wordless),
    )


def _unkept(
    script: Script, reason: str, outcome: CallOutcome, gives: Callable[[Step, Choice | None], bool]
) -> list[Fault]:
    lacking = _reachable(script, lambda step, choice: not gives(step, choice))
    return [
        _fault(step, reason)
        for key, step in script.steps.items()
        if key in lacking
        and any(choice.outcome is outcome and not gives(step, choice) for choice in step.choices)
    ]


def _silent(script: Script) -> list[Fault]:
    """Steps that end a call without reading back to the client what it has committed us to."""
    promised = [
        choice.to or "" for step in script.steps.values() for choice in step.choices if choice.commits
    ]
    after = _reachable(script, lambda step, choice: True, promised)
    return [
        _fault(step, f"fin d’appel qui ne relit pas ce que nous devons : « {{{{ {OWED} }}}} » manque")
        for key, step in script.steps.items()
        if key in after
        and step.online
        and any(choice.outcome for choice in step.choices)
        and OWED not in step.said
    ]


# -- the texts -------------------------------------------------------------------------------------


class Wrong(NamedTuple):
    """What is wrong with a text, at which of its lines, and the word to look for there."""

    reason: str
    line: int = 1
    word: str = ""


def _text_faults(
    step: Step, written: Mapping[str, Any], known: frozenset[str], samples: tuple[Mapping[str, Any], ...]
) -> Iterable[Fault]:
    for name, source, limit in (
        ("dire", step.said, MAX_LINES),
        ("au_revoir", step.capture.farewell if step.capture else "", MAX_HINT_LINES),
        *(("conseils", hint, MAX_HINT_LINES) for hint in step.hints),
    ):
        if wrong := template_fault(source, known, samples, limit):
            line = text_line(written, name, wrong.line, wrong.word)
            yield Fault(step.place, step.id, typeset(f"« {name} » : {wrong.reason}"), line)


def template_fault(
    source: str, known: frozenset[str], samples: tuple[Mapping[str, Any], ...], limit: int
) -> Wrong | None:
    """What is wrong with a text that may take `limit` lines; None when nothing is."""
    try:
        named = variables_of(source)
        if unknown := unknown_variable(named, known):
            return unknown
        for sample in told_apart(samples, named):
            lines = sum(len(wrap(part, WIDTH)) or 1 for part in render(source, sample).split("\n"))
            if lines > limit:
                return Wrong(f"trop long : {lines} lignes de {WIDTH} caractères, {limit} au plus")
    except TemplateRefusedError as error:
        return Wrong(error.reason, error.line, error.word)
    return None


def unknown_variable(named: Iterable[str], known: Collection[str]) -> Wrong | None:
    """The first of these names that no text may read, with the one that was meant."""
    for name in sorted(named):
        if name not in known:
            return Wrong(f"variable inconnue « {name} »{near(name, known)}", 1, name)
    return None


def message_faults(
    message: MessageSource, known: frozenset[str], samples: Iterable[Mapping[str, Any]]
) -> Iterable[Fault]:
    """What is wrong with a message: a name that is not known, a sample that it cannot be written for."""

    def fault(key: str, wrong: Wrong) -> Fault:
        line = text_line(message.written, key, wrong.line, wrong.word)
        return Fault(message.place, message.name, typeset(wrong.reason), line)

    named: set[str] = set()
    for key, source in (("objet", message.subject), ("texte", message.body)):
        try:
            read = variables_of(source)
        except TemplateRefusedError as error:
            yield fault(key, Wrong(error.reason, error.line, error.word))
            return
        if unknown := unknown_variable(read, known):
            yield fault(key, unknown)
            return
        named |= read
    try:
        for sample in told_apart(samples, frozenset(named)):
            text = render_message(message, sample).text
            if message.channel is Channel.SMS and segments(text) > MAX_SEGMENTS:
                yield fault("texte", Wrong(f"{segments(text)} SMS nécessaires, {MAX_SEGMENTS} au plus"))
                return
    except TemplateRefusedError as error:
        yield fault("texte", Wrong(error.reason, error.line, error.word))


def told_apart(samples: Iterable[Mapping[str, Any]], named: frozenset[str]) -> Iterable[Mapping[str, Any]]:
    """The samples that a text which reads these names can tell apart."""
    paths = [name.split(".") for name in sorted(named)]
    return {repr([_value(sample, path) for path in paths]): sample for sample in samples}.values()


def _value(sample: Any, path: list[str]) -> Any:
    for name in path:
        sample = sample.get(name, ...) if isinstance(sample, Mapping) else ...
    return sample


def _fault(step: Step, reason: str) -> Fault:
    return Fault(step.place, step.id, typeset(reason))
