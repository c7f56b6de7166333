"""Reads scripts_fr/simulateur/*.toml: the fictitious clients of the call simulator, one a file.

`commun.toml` holds what any of them says; at a step where a client has replies of their own, those alone are
drawn from.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from console.base.dates import PARIS
from console.base.errors import RefusedInputError
from console.base.french import typeset
from console.base.toml_table import Fault, Table, read_toml, toml_files
from console.base.tree import Folder
from console.base.vocabulary import Billing, Direction, Plan
from console.base.when import parse_when
from console.calls.script_check import Wrong, template_fault
from console.calls.script_files import DIRECTIONS, JUMPS
from console.rules.files import BILLINGS, PLANS
from console.rules.script import SETTLED, CaptureKind, Script, Step
from console.training.simulation import Persona, Reply

FOLDER = "simulateur"
COMMON = "commun.toml"
MAX_LINES = 3
"""Lines that what a client says takes at most: it stays in view above the choices."""
FURTHEST_DAYS = 30
"""How far from today a client's expiry may be, either way: the timeline's reach."""

Replies = dict[str, tuple[Reply, ...]]


def read_personas(root: Folder, script: Script) -> tuple[tuple[Persona, ...], list[Fault]]:
    """The clients under `root`/scripts_fr/simulateur, in the order of their files, and what is wrong."""
    faults: list[Fault] = []
    common: Replies = {}
    protests: tuple[str, ...] = ()
    found: list[Persona] = []
    folder = root / "scripts_fr" / FOLDER
    for path in sorted(toml_files(folder), key=lambda one: one.name != COMMON):
        place = f"{FOLDER}/{path.name}"
        content, fault = read_toml(path)
        if fault:
            faults.append(replace(fault, file=place))
            continue
        table = Table(place, "", content, faults)
        replies = _replies(table, script)
        said = table.texts("proteste")
        if path.name == COMMON:
            common, protests = replies, said
        else:
            known = {**_unwritten(script), **common, **replies}
            persona = _persona(table, path.stem, known, said or protests)
            _must_answer(table, persona, script)
            found.append(persona)
        table.done()
    if not found and not faults:
        faults.append(Fault(FOLDER, "", "aucun client"))
    return tuple(found), faults


def persona_faults(
    personas: Iterable[Persona],
    reminders: Collection[str],
    known: Iterable[str],
    samples: Iterable[Mapping[str, Any]],
) -> Iterable[Fault]:
    """What is wrong with what the clients read and say: no such reminder or variable, too long a text."""
    names, tried = frozenset(known), tuple(samples)
    reasons: dict[str, Wrong | None] = {}  # many clients say the same
    for persona in personas:
        said = [
            (reply.place, f"repliques.{step}", text)
            for step, replies in persona.replies.items()
            for reply in replies
            for text in (*reply.words, reply.scene)
        ]
        own = f"{FOLDER}/{persona.code}.toml"
        for code in persona.opened:
            if code not in reminders:
                told = f"« ouverts » ne connaît pas « {code} » (au choix : {', '.join(reminders)})"
                yield Fault(own, "client", typeset(told))
        for place, key, text in (*said, *((own, "proteste", text) for text in persona.protests)):
            if text not in reasons:
                reasons[text] = template_fault(text, names, tried, MAX_LINES)
            if wrong := reasons[text]:
                yield Fault(place, key, typeset(f"« {text[:40]} » : {wrong.reason}"))


def _persona(table: Table, code: str, replies: Replies, protests: tuple[str, ...]) -> Persona:
    bare = table.table("client")
    one = Table(table.file, "client", bare or {}, table.faults)
    weight = one.number("poids")
    days_left, seniority = one.number("reste"), one.number("anciennete")
    persona = Persona(
        code=code,
        civility=one.text("civilite"),
        first_name=one.text("prenom"),
        last_name=one.text("nom"),
        plan=one.word("formule", PLANS) or Plan.PREMIUM,
        billing=one.word("periodicite", BILLINGS) or Billing.ANNUAL,
        seniority_months=seniority or 0,
        days_left=days_left or 0,
        wants=one.text("voulait"),
        protests=protests,
        replies=replies,
        direction=one.word("sens", DIRECTIONS) or Direction.OUTBOUND,
        email=one.flag("email", default=True),
        opened=one.texts("ouverts"),
        note=one.text("note"),
        weight=1 if weight is None else weight,
    )
    needed = {"prenom": persona.first_name, "nom": persona.last_name, "voulait": persona.wants}
    for key, value in needed.items():
        if not value:
            one.fault(f"« {key} » manque")
    if days_left is None or abs(days_left) > FURTHEST_DAYS:
        one.fault(f"« reste » doit être un nombre de jours, de -{FURTHEST_DAYS} à {FURTHEST_DAYS}")
    elif days_left < 0 and persona.direction is Direction.OUTBOUND:
        one.fault('après l’échéance, c’est le client qui appelle : sens = "entrant"')
    if seniority is None or seniority < 1:
        one.fault("« anciennete » doit être un nombre de mois, 1 au moins")
    if persona.weight < 1:
        one.fault("« poids » doit être 1 au moins")
    if not protests:
        table.fault(f"« proteste » manque, ici et dans {COMMON}")
    one.done()
    return replace(persona, weight=max(1, persona.weight))


def _unwritten(script: Script) -> Replies:
    """What clients do at each step as long as nobody has written it, so that one may add a step alone."""
    found: Replies = {}
    for step in script.steps.values():
        first = next((choice for choice in step.choices if not choice.needs), None)
        if first is not None and len(step.choices) > 1:
            scene = f"Le client choisit\u202f: «\u00a0{first.label}\u00a0»."
            found[step.id] = (Reply(choice=first.label, scene=scene),)
    return found


def unwritten_steps(personas: Iterable[Persona]) -> list[str]:
    """The steps at which the clients do no more than take the first choice."""
    return sorted({step for one in personas for step, replies in one.replies.items() if not replies[0].place})


def _must_answer(table: Table, persona: Persona, script: Script) -> None:
    """Wherever there is something to choose, one of the client's replies must always be possible, but where
    only the world outside leads: no simulated call goes there."""
    for step in script.steps.values():
        closed = {choice.label for choice in step.choices if choice.needs}
        always = any(reply.choice not in closed for reply in persona.replies.get(step.id, ()))
        if len(step.choices) > 1 and not always and step.id != script.anywhere.get(SETTLED):
            table.fault(
                f"étape « {step.id} » : aucune réplique, ici ni dans {COMMON}, n’y est toujours possible"
            )


def _replies(table: Table, script: Script) -> Replies:
    found: Replies = {}
    for step_id, rows in (table.table("repliques") or {}).items():
        step = script.steps.get(step_id)
        if step is None:
            table.fault(f"« repliques.{step_id} » : le script n’a pas cette étape")
        elif not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            table.fault(f"« repliques.{step_id} » doit être une liste de tables")
        else:
            tables = [
                Table(table.file, f"repliques.{step_id}, {rank}", row, table.faults)
                for rank, row in enumerate(rows, 1)
            ]
            found[step_id] = tuple(_reply(one, step, script) for one in tables)
    return found


def _reply(table: Table, step: Step, script: Script) -> Reply:
    labels = [choice.label for choice in step.choices]
    weight = table.number("poids")
    reply = Reply(
        choice=table.text("choix"),
        jump=table.word("touche", JUMPS) or "",
        also=tuple(typeset(one) for one in table.texts("admis")),
        words=table.texts("dit"),
        scene=table.raw("scene"),
        weight=1 if weight is None else weight,
        moment=table.raw("moment"),
        place=table.file,
    )
    if bool(reply.choice) == bool(reply.jump):
        table.fault("une réplique a soit « choix », soit « touche »")
    for label in filter(None, (reply.choice, *reply.also)):
        if label not in labels:
            table.fault(f"« {label} » n’est pas un choix de cette étape (au choix : {' · '.join(labels)})")
    if reply.jump and reply.jump not in (script.anywhere if step.jumps is None else step.jumps):
        table.fault("cette touche n’est pas permise à cette étape")
    if not reply.words and not reply.scene:
        table.fault("« dit » ou « scene » est nécessaire")
    if reply.weight < 1:
        table.fault("« poids » doit être 1 au moins")
    if reply.moment:
        _check_moment(table, step, reply.moment)
    table.done()
    return replace(reply, weight=max(1, reply.weight))


def _check_moment(table: Table, step: Step, moment: str) -> None:
    """It must be understood whatever the day, so it cannot be a date."""
    if step.capture is None or step.capture.kind is not CaptureKind.MOMENT:
        table.fault("« moment » : cette étape ne demande pas de jour ni d’heure")
        return
    try:
        for month in range(1, 13):
            parse_when(moment, datetime(2025, month, 28, 11, tzinfo=PARIS))
    except RefusedInputError as error:
        table.fault(f"« moment » : {error.happened}")
