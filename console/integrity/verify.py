"""Everything that can be checked without a client on the line: content, data files, database."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import chain

from console.base.clock import Clock, system_clock
from console.base.errors import ContentError
from console.base.french import typeset
from console.base.toml_table import Fault, toml_files
from console.base.tree import Folder
from console.calls.script_check import check_content, graph_faults, step_faults
from console.calls.script_files import read_script
from console.checklist.files import read_checklist
from console.clients.note_words import read_note_words
from console.content import Content
from console.demo.files import DemoSet, read_demo, read_words
from console.figures.files import read_targets
from console.integrity import database as integrity
from console.integrity.strays import stray_faults, strays_of, without_absence
from console.integrity.wording_samples import demo_samples, samples, step_samples
from console.ledger.seals import Given
from console.messages.event_sources import read_sources
from console.messages.sources import Messages
from console.messages.wording import VARIABLES
from console.people.retention_policy_file import read_retention_policy
from console.portal.texts import page_faults
from console.records.ignored_words import read_ignored_words
from console.rules.files import Data, read_data, warnings
from console.team.files import read_team
from console.training.persona_files import persona_faults, read_personas, unwritten_steps
from console.training.quiz_files import read_quiz

WORDS = "noms.toml"


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault, or a warning: coherent but surprising. `place` names file, step or database."""

    place: str
    reason: str
    warning: bool = False

    def __str__(self) -> str:
        kind = "attention" if self.warning else "défaut"
        return f"{kind} : {self.place} : {self.reason}" if self.place else f"{kind} : {self.reason}"


def verify(
    content: Content,
    database_url: str = "",
    *,
    clock: Clock | None = None,
    seal: Given | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[Finding]:
    """Every finding, faults first. With a URL, the database there too, if there is one.

    seal: one that the base is to continue. progress is called with the clients looked at, and their number.
    """
    data, faults = read_data(content.root)
    strays = strays_of(content.root, data.timeline, [one.code for one in data.campaigns])
    for fault in without_absence(
        (
            *faults,
            *read_note_words(content.root)[1],
            *read_ignored_words(content.root)[1],
            *read_retention_policy(content.root)[1],
            *([] if faults else read_checklist(content.root, data.timeline)[1]),
            *read_sources(content.root)[1],
            *([] if faults else read_targets(content.root, data.catalogue)[1]),
            *([] if faults else read_team(content.root)[1]),
        ),
        strays,
    ):
        yield Finding(f"data/{fault.place}", fault.reason)
    for fault in (*read_quiz(content.root)[1], *stray_faults(strays)):
        yield Finding(fault.place, fault.reason)
    demos, refused = _demos(content.root / "data" / "demo")
    yield from refused
    if not faults:
        for fault in without_absence(_texts(content, data, demos), strays):
            folder = "" if "/" in fault.file else "data/" if fault.file == "relances.toml" else "appel/"
            yield Finding(f"{folder}{fault.place}", fault.reason)
    if database_url and integrity.exists(database_url):
        there = integrity.Checked(content, clock or system_clock(), seal, progress)
        for reason in integrity.faults(database_url, None if faults else there):
            yield Finding("base de données", reason)
    if not faults:
        for path in (path for path, meant in strays.items() if not meant):
            yield Finding(path, "rien ne lit ce fichier", warning=True)
        for step in _unwritten(content, data):
            told = "le simulateur n’a pas de réplique pour cette étape, et y prend le premier choix"
            yield Finding(f"simulateur, {step}", typeset(told), warning=True)
        for warning in warnings(data):
            yield Finding("", warning, warning=True)


def _unwritten(content: Content, data: Data) -> list[str]:
    reading = read_script(content.root / "scripts_fr" / "appel", data.reasons, data.commitments)
    return [] if reading.faults else unwritten_steps(read_personas(content.root, reading.script())[0])


def _texts(content: Content, data: Data, demos: list[DemoSet]) -> Iterator[Fault]:
    """What is wrong with the script, the messages, the pages and the simulator, each once."""
    catalogue = data.catalogue
    clients = (*samples(catalogue), *chain.from_iterable(demo_samples(catalogue, one) for one in demos))
    reading = read_script(content.calls_folder(), data.reasons, data.commitments)
    found = [
        *check_content(reading, content.messages, VARIABLES, clients),
        *_timeline(data, content.messages, demos),
        *page_faults(content.pages, VARIABLES, clients),
    ]
    if not reading.faults and not graph_faults(reading.script(), reading.reasons):
        personas, wrong = read_personas(content.root, reading.script())
        reminders = [step.code for step in data.timeline.reminders]
        found += [*wrong, *persona_faults(personas, reminders, VARIABLES, clients)]
    for one in data.campaigns:
        own = content.calls_folder(one.code)
        if own is not content.calls_folder():
            theirs = read_script(own, data.reasons, data.commitments)
            faults = check_content(theirs, content.messages, VARIABLES, clients)
            found += [_of(one.code, fault) for fault in faults if fault not in found]
    told: set[object] = set()
    for fault in found:
        if (mistake := _of_one_mistake(fault)) not in told:
            told.add(mistake)
            yield fault


def _of(campaign: str, fault: Fault) -> Fault:
    return fault if "/" in fault.file else replace(fault, file=f"appel-{campaign}/{fault.file}")


def _of_one_mistake(fault: Fault) -> object:
    """A message is tried on many clients, and once more for each step that sends it."""
    return (fault.file, fault.line) if fault.line and "/" in fault.file else fault


def _timeline(data: Data, messages: Messages, demos: list[DemoSet]) -> Iterator[Fault]:
    """Every step's messages, for every client of the demonstrations on the day of the step."""
    for step in data.timeline.known:
        samples = chain.from_iterable(step_samples(data.catalogue, data.timeline, step, one) for one in demos)
        yield from step_faults(step, messages, VARIABLES, samples)
    monthly, by_the_month = data.timeline.of(monthly=True), [made.by_the_month for made in demos]
    for step in monthly.steps:
        samples = chain.from_iterable(
            step_samples(data.catalogue, monthly, step, one) for one in by_the_month
        )
        yield from step_faults(step, messages, VARIABLES, samples)


def _demos(folder: Folder) -> tuple[list[DemoSet], list[Finding]]:
    """The demonstration's data sets, and what is wrong with its files."""
    made: list[DemoSet] = []
    refused: list[Finding] = []
    for path in toml_files(folder):
        try:
            if path.name == WORDS:
                read_words(path)
            else:
                made.append(read_demo(path))
        except ContentError as error:
            refused += [Finding(f"data/demo/{path.name}", line) for line in error.happened.splitlines()]
    return made, refused
