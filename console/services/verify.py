"""Everything that can be checked without a client on the line: content, data files, database."""

from collections.abc import Iterator
from dataclasses import dataclass

from console.content import Content
from console.content.check import check_content
from console.content.data import read_data, warnings
from console.content.messages import Messages
from console.content.note_words import read_note_words
from console.content.script_files import read_script
from console.services.wording import VARIABLES
from console.services.wording_samples import samples
from console.storage import integrity


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault, or a warning: coherent but surprising. `place` names file, step or database."""

    place: str
    reason: str
    warning: bool = False

    def __str__(self) -> str:
        kind = "attention" if self.warning else "défaut"
        return f"{kind} : {self.place} : {self.reason}" if self.place else f"{kind} : {self.reason}"


def verify(content: Content, database_url: str = "") -> Iterator[Finding]:
    """Every finding, faults first. With a URL, the database there too, if there is one."""
    data, faults = read_data(content.root)
    for fault in (*faults, *read_note_words(content.root)[1]):
        yield Finding(f"data/{fault.file} {fault.step}".strip(), fault.reason)
    if not faults:
        clients = tuple(samples(content.data.catalogue))
        messages = Messages(content.root / "scripts_fr")
        reading = read_script(content.root / "scripts_fr" / "appel")
        for fault in check_content(reading, messages, VARIABLES, clients):
            yield Finding(f"{fault.file} {fault.step}".strip(), fault.reason)
    if database_url and integrity.exists(database_url):
        for reason in integrity.faults(database_url):
            yield Finding("base de données", reason)
    if not faults:
        for warning in warnings(data):
            yield Finding("", warning, warning=True)
