"""What a supervisor edits: the call script, the messages and the data files, read once and checked."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from console.base.errors import ContentError
from console.base.tree import Folder, Tree

if TYPE_CHECKING:
    from console.base.toml_table import Fault
    from console.checklist.rules import Checklist
    from console.clients.notes import Sensitive
    from console.figures.rules import KpiTargets
    from console.messages.sources import Messages
    from console.portal.texts import Pages
    from console.rules.files import Data
    from console.rules.presence import TeamRules
    from console.rules.script import Script
    from console.training.simulation import Persona

T = TypeVar("T")
_PACKAGE = Path(__file__).resolve().parent


def default_root() -> Path:
    """The folder that holds data/ and scripts_fr/: inside the package when installed, else the checkout."""
    shipped = _PACKAGE / "_content"
    return shipped if shipped.is_dir() else _PACKAGE.parent


class Content:
    """The content of one folder as it is now; each part is understood when it is first asked for."""

    def __init__(self, root: Folder) -> None:
        self.folder = None if isinstance(root, Tree) else root
        self.root = root if isinstance(root, Tree) else Tree.read(root)
        self._scripts: dict[str, Script] = {}

    def check(self) -> None:
        """Raises ContentError naming the first fault that would stop a call or a message."""
        _ = (self.data, self.script, self.checklist, self.kpi_targets, self.team)
        for campaign in self.data.campaigns:
            self.script_of(campaign.code)
        for faults in (self.messages.reading[1], self.pages.reading[1]):
            _sound((self, list(faults)))

    @cached_property
    def data(self) -> "Data":
        """Catalogue, timeline, priorities and rules of the field. Raises ContentError."""
        from console.rules.files import load_data

        if not self.root.files:
            raise ContentError(
                f"Le dossier du contenu «\u00a0{self.folder}\u00a0» n’existe pas, ou il est vide.",
                todo="Donnez le bon dossier par HOTLINER_CONTENT, ou remettez celui-ci en place.",
            )
        return load_data(self.root)

    @cached_property
    def script(self) -> "Script":
        """The call script. Raises ContentError naming file, step and reason of its first fault."""
        return self._script(self.calls_folder())

    def script_of(self, campaign: str) -> "Script":
        """The script of a named campaign, which is the usual one where it has none. Raises as `script`."""
        folder = self.calls_folder(campaign)
        if folder is self.calls_folder():
            return self.script
        if campaign not in self._scripts:
            self._scripts[campaign] = self._script(folder)
        return self._scripts[campaign]

    def calls_folder(self, campaign: str = "") -> Tree:
        """The files of the call script; of a campaign, its own in place of those of the same name."""
        usual = self._calls
        own = self.root / "scripts_fr" / f"appel-{campaign}"
        return usual.under(own) if campaign and any(own.glob("*.toml")) else usual

    @cached_property
    def _calls(self) -> Tree:
        return self.root / "scripts_fr" / "appel"

    def _script(self, folder: Tree) -> "Script":
        from console.calls.script_check import graph_faults
        from console.calls.script_files import read_script

        reading = read_script(folder, self.data.reasons, self.data.commitments)
        script = reading.script()
        faults = reading.faults or [*map(reading.located, graph_faults(script, reading.reasons))]
        if faults:
            more = f" ({len(faults)} défauts en tout)" if len(faults) > 1 else ""
            raise ContentError(
                f"Le script d’appel ne peut pas servir. {faults[0]}{more}.",
                todo="« hotliner verifier » les donne tous.",
            )
        return script

    @cached_property
    def messages(self) -> "Messages":
        """The messages to clients."""
        from console.messages.sources import Messages

        return Messages(self.root / "scripts_fr")

    @cached_property
    def pages(self) -> "Pages":
        """The pages that the links of messages open."""
        from console.portal.texts import Pages

        return Pages(self.root / "scripts_fr" / "portail")

    @cached_property
    def checklist(self) -> "Checklist":
        """The checklist of a client. Raises ContentError naming every fault."""
        from console.checklist.files import read_checklist

        return _sound(read_checklist(self.root, self.data.timeline))

    @cached_property
    def kpi_targets(self) -> "KpiTargets":
        """The target of each key figure. Raises ContentError naming every fault."""
        from console.figures.files import read_targets

        return _sound(read_targets(self.root, self.data.catalogue))

    @cached_property
    def team(self) -> "TeamRules":
        """The breaks that can be said, and how presences are told. Raises ContentError naming every fault."""
        from console.team.files import read_team

        return _sound(read_team(self.root))

    @cached_property
    def personas(self) -> "tuple[Persona, ...]":
        """The clients of the call simulator. Raises ContentError naming every fault."""
        from console.training.persona_files import read_personas

        return _sound(read_personas(self.root, self.script))

    @cached_property
    def note_words(self) -> "tuple[Sensitive, ...]":
        """What a note had better not say; a faulty file only means fewer warnings."""
        from console.clients.note_words import read_note_words

        return read_note_words(self.root)[0]

    @cached_property
    def ignored_words(self) -> frozenset[str]:
        """What verbatims are not counted by, folded; a faulty file only means more words."""
        from console.records.ignored_words import read_ignored_words

        return read_ignored_words(self.root)[0]


def _sound(reading: "tuple[T, list[Fault]]") -> "T":
    """What was read of one file or folder, unless something is wrong with it. Raises ContentError."""
    found, faults = reading
    if faults:
        told = "\n".join(str(fault) for fault in faults)
        raise ContentError(told, todo="Corrigez ce qui est dit, puis recommencez.")
    return found
