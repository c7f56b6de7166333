"""Everything that can be checked without a client on the line: content, data files, database."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from console.base.clock import Clock, system_clock
from console.base.errors import ContentError
from console.base.toml_table import Fault
from console.calls.script_check import check_content, step_faults
from console.calls.script_files import read_script
from console.checklist.files import read_checklist
from console.clients.note_words import read_note_words
from console.content import Content
from console.demo.files import DemoSet, read_demo, read_words
from console.figures.files import read_targets
from console.integrity import database as integrity
from console.integrity.wording_samples import demo_samples, samples, step_samples
from console.ledger.seals import Given
from console.messages.event_sources import read_sources
from console.messages.sources import Messages
from console.messages.wording import VARIABLES
from console.people.retention_policy_file import read_retention_policy
from console.portal.texts import page_faults
from console.records.ignored_words import read_ignored_words
from console.rules.files import Data, read_data, warnings
from console.training.persona_files import persona_faults, read_personas
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
    for fault in (
        *faults,
        *read_note_words(content.root)[1],
        *read_ignored_words(content.root)[1],
        *read_retention_policy(content.root)[1],
        *read_checklist(content.root, data.timeline)[1],
        *read_sources(content.root)[1],
        *([] if faults else read_targets(content.root, data.catalogue)[1]),
    ):
        yield Finding(f"data/{fault.file} {fault.step}".strip(), fault.reason)
    for fault in read_quiz(content.root)[1]:
        yield Finding(f"{fault.file} {fault.step}".strip(), fault.reason)
    demos, refused = _demos(content.root / "data" / "demo")
    yield from refused
    if not faults:
        catalogue = data.catalogue
        clients = (*samples(catalogue), *chain.from_iterable(demo_samples(catalogue, one) for one in demos))
        messages = Messages(content.root / "scripts_fr")
        folder = content.root / "scripts_fr" / "appel"
        reading = read_script(folder, data.reasons, data.commitments)
        found = [
            *check_content(reading, messages, VARIABLES, clients),
            *_timeline(data, messages, demos),
            *page_faults(content.pages, VARIABLES, clients),
        ]
        if not reading.faults:
            personas, wrong = read_personas(content.root, reading.script())
            reminders = [step.code for step in data.timeline.reminders]
            found += [*wrong, *persona_faults(personas, reminders, VARIABLES, clients)]
        for fault in dict.fromkeys(found):
            yield Finding(f"{fault.file} {fault.step}".strip(), fault.reason)
    if database_url and integrity.exists(database_url):
        there = integrity.Checked(content, clock or system_clock(), seal, progress)
        for reason in integrity.faults(database_url, None if faults else there):
            yield Finding("base de données", reason)
    if not faults:
        for warning in warnings(data):
            yield Finding("", warning, warning=True)


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


def _demos(folder: Path) -> tuple[list[DemoSet], list[Finding]]:
    """The demonstration's data sets, and what is wrong with its files."""
    made: list[DemoSet] = []
    refused: list[Finding] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            if path.name == WORDS:
                read_words(path)
            else:
                made.append(read_demo(path))
        except ContentError as error:
            refused += [Finding(f"data/demo/{path.name}", line) for line in error.happened.splitlines()]
    return made, refused
