"""Reads the call script from TOML files, several to a script, whose keys are French.

A file holds `phase`, `[etapes.<nom>]` tables with their `[[etapes.<nom>.choix]]`, and one of the files the
`[departs]` and `[partout]` tables. Reading goes on after a fault, so that an editor sees them all.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from console.base.toml_table import Fault, Table, near, read_toml, toml_files
from console.base.tree import Folder
from console.base.vocabulary import (
    Channel,
    Direction,
    Gesture,
    Relation,
)
from console.rules.commitments import CommitmentKinds
from console.rules.options import OPTIONS_BY_WORD
from console.rules.outcomes import OUTCOMES_BY_WORD
from console.rules.reasons import DOORS, Reasons
from console.rules.script import (
    ANNUAL,
    CALLBACK,
    DEFINITIVE,
    ESCALATE,
    HUNG_UP,
    PAUSED,
    PROMISED,
    QUESTION,
    SETTLED,
    SPOKEN,
    THINKS,
    Capture,
    CaptureKind,
    Choice,
    Script,
    Step,
)
from console.rules.walk import AGREED

RELATIONS = {"relance": Relation.FOLLOW_UP, "ouverte": Relation.OPEN, "close": Relation.CLOSED}
GESTURES = {"atelier": Gesture.WORKSHOP, "credit": Gesture.CREDIT}
DIRECTIONS = {"sortant": Direction.OUTBOUND, "entrant": Direction.INBOUND}
CHANNELS = {"appel": Channel.CALL, "email": Channel.EMAIL, "sms": Channel.SMS}
JUMPS = {
    "rappel": CALLBACK,
    "superviseur": ESCALATE,
    "raccroche": HUNG_UP,
    "refus": DEFINITIVE,
    "regle": SETTLED,
    "reflechit": THINKS,
    "question": QUESTION,
}
CAPTURES = {
    "verbatim": "verbatim",
    "rappel": "callback",
    "resume": "summary",
    "analyse": "analysis",
    "propos": "words",
}
KINDS = {"texte": CaptureKind.TEXT, "moment": CaptureKind.MOMENT}
FACTS: dict[str, str] = {name: option.value for name, option in OPTIONS_BY_WORD.items()} | {
    "email": "email",
    "expire": "expired",
    "accord": AGREED,
    "en-pause": PAUSED,
    "promis": PROMISED,
    "deja-parle": SPOKEN,
    "annuel": ANNUAL,
}
"""What a choice's `si` may ask, and the fact behind it (see `console.messages.wording.facts`)."""


@dataclass(slots=True)
class Reading:
    """What was read so far, and what was wrong with it."""

    reasons: Reasons
    commitments: CommitmentKinds
    steps: dict[str, Step] = field(default_factory=dict)
    starts: dict[Direction, str] = field(default_factory=dict)
    anywhere: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    written: dict[str, Table] = field(default_factory=dict)
    """The tables of the steps, and `departs` and `partout`, as they were read."""

    def located(self, fault: Fault) -> Fault:
        """A fault of a step, with the line that it is about."""
        table = self.written.get(fault.step)
        if table is None or fault.line:
            return fault
        return replace(fault, file=table.file, line=table.line(fault.reason))

    def script(self) -> Script:
        """The script as far as it could be read."""
        return Script.build(self.steps, self.starts, self.anywhere)


def read_script(folder: Folder, reasons: Reasons, commitments: CommitmentKinds) -> Reading:
    """Read every file of a folder, with the reasons and the commitments that a choice may name.

    Never raises: what cannot be read is a fault.
    """
    reading = Reading(reasons, commitments)
    paths = toml_files(folder)
    if not paths:
        reading.faults.append(Fault(folder.name, "", "aucun fichier de script (*.toml)"))
    for path in paths:
        content, fault = read_toml(path)
        if fault:
            reading.faults.append(fault)
        else:
            _read_file(path.name, content, reading)
    for name in ("departs", "partout"):
        if paths and not (reading.starts if name == "departs" else reading.anywhere):
            reading.faults.append(Fault(folder.name, name, "table absente de tous les fichiers"))
    return reading


def _tables(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _read_file(name: str, content: dict[str, Any], reading: Reading) -> None:
    top = Table(name, "", content, reading.faults)
    phase = top.text("phase")
    steps = top.table("etapes") or {}
    if steps and not phase:
        top.fault("« phase » manque")
    for key, known, found in (
        ("departs", DIRECTIONS, reading.starts),
        ("partout", JUMPS, reading.anywhere),
    ):
        targets = Table(name, key, top.table(key) or {}, reading.faults)
        if targets.rest:
            reading.written[key] = targets
        _read_targets(targets, known, found)
    top.done()
    for step_id, bare in steps.items():
        table = Table(name, step_id, _tables(bare), reading.faults)
        if step_id in reading.steps:
            table.fault(f"étape déjà définie dans {reading.steps[step_id].place}")
            continue
        reading.written[step_id] = table
        reading.steps[step_id] = _read_step(table, phase, reading)


def _read_targets(table: Table, known: Mapping[str, Any], found: dict[Any, str]) -> None:
    for key in list(table.rest):
        target = table.raw(key)
        if key not in known:
            hint = near(key, known) or f" (au choix : {', '.join(known)})"
            table.fault(f"« {key} » inconnu{hint}")
        elif known[key] in found:
            table.fault(f"« {key} » est déjà défini dans un autre fichier")
        elif target:
            found[known[key]] = target


def _read_step(table: Table, phase: str, reading: Reading) -> Step:
    bare_choices = table.rest.pop("choix", [])
    if not isinstance(bare_choices, list):
        table.fault("« choix » doit être une liste de tables [[…choix]]")
        bare_choices = []
    capture, jumps = table.table("saisie"), table.table("sauts")
    targets: dict[str, str] | None = None
    if jumps is not None:
        targets = {}
        _read_targets(Table(table.file, table.step, jumps, table.faults), JUMPS, targets)
    step = Step(
        id=table.step,
        phase=phase,
        title=table.text("titre"),
        said=table.raw("dire"),
        hints=table.texts("conseils"),
        proposes=table.words("propose", OPTIONS_BY_WORD),
        capture=None if capture is None else _read_capture(table, capture),
        choices=tuple(
            _read_choice(Table(table.file, table.step, _tables(bare), table.faults), reading)
            for bare in bare_choices
        ),
        online=table.flag("en_ligne", default=True),
        jumps=targets,
        paused=table.raw("en_pause"),
        promised=table.raw("si_promis"),
        again=table.raw("si_deja_parle"),
        annual=table.raw("annuel"),
        place=table.file,
    )
    if not step.title:
        table.fault("« titre » manque")
    table.done()
    return step


def _read_capture(step: Table, bare: dict[str, Any]) -> Capture:
    table = Table(step.file, step.step, bare, step.faults)
    name = table.word("nom", CAPTURES) or ""
    capture = Capture(
        name=name,
        label=table.text("libelle"),
        kind=table.word("genre", KINDS) or CaptureKind.TEXT,
        required=table.flag("obligatoire", default=True),
        prefill=table.word("reprend", CAPTURES) or "",
        farewell=table.raw("au_revoir"),
    )
    if not capture.name or not capture.label:
        table.fault("la saisie doit avoir « nom » et « libelle »", lacks=True)
    table.done()
    return capture


def _read_choice(table: Table, reading: Reading) -> Choice:
    choice = Choice(
        label=table.text("libelle"),
        to=table.raw("vers") or None,
        outcome=table.word("issue", OUTCOMES_BY_WORD),
        needs=_read_needs(table),
        why_not=table.text("sinon"),
        objection=table.word("porte", DOORS),
        accepts=table.word("accepte", OPTIONS_BY_WORD),
        declines=table.words("refuse", OPTIONS_BY_WORD),
        agrees=table.word("accord", OUTCOMES_BY_WORD),
        gesture=table.word("geste", GESTURES),
        commits=table.word("engage", {code: code for code in reading.commitments.codes}),
        reason=table.word("motif", {code: code for code in reading.reasons.codes}),
        relation=table.word("relation", RELATIONS),
        rating=table.number("satisfaction"),
        by_link=table.flag("par_lien"),
        dials=table.flag("compose"),
        direction=table.word("sens", DIRECTIONS),
        opposes=table.words("oppose", CHANNELS),
        preferred=table.flag("par_defaut"),
    )
    if not choice.label:
        table.fault("un choix n’a pas de « libelle »", lacks=True)
    if (choice.to is None) == (choice.outcome is None):
        table.fault(
            f"le choix « {choice.label} » doit avoir soit « vers », soit « issue »", lacks=choice.to is None
        )
    if bool(choice.needs) != bool(choice.why_not):
        table.fault(f"le choix « {choice.label} » : « si » et « sinon » vont ensemble", lacks=True)
    if choice.rating is not None and not 1 <= choice.rating <= 5:
        table.fault(f"le choix « {choice.label} » : « satisfaction » va de 1 à 5")
    table.done()
    return choice


def _read_needs(table: Table) -> tuple[str, ...]:
    needs = []
    for text in table.texts("si"):
        name = text.removeprefix("non ")
        if name not in FACTS:
            hint = near(name, FACTS) or f" (au choix : {', '.join(FACTS)})"
            table.fault(f"« si » ne connaît pas « {name} »{hint}")
        else:
            needs.append(FACTS[name] if name == text else f"!{FACTS[name]}")
    return tuple(needs)
