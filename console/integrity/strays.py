"""Files of a content folder that nothing reads: misnamed, misplaced, or of no use."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import PurePosixPath

from console.base.french import typeset
from console.base.text import fold
from console.base.toml_table import Fault
from console.base.tree import Tree
from console.base.vocabulary import Channel
from console.messages.sources import PURPOSES, SMS
from console.portal.texts import NOTICES
from console.portal.views import Act
from console.rules.timeline import Timeline

DATA = (
    *("campagnes", "catalogue", "colonnes", "conservation", "engagements", "equipe", "indicateurs"),
    *("liste", "motifs", "mots", "notes", "priorites", "rebonds", "relances", "rythme", "signaux", "terrain"),
)
"""The files of `data/`."""
ANY_NAME = frozenset(
    {"data/demo", "data/sources", "scripts_fr/appel", "scripts_fr/quiz", "scripts_fr/simulateur"}
)
"""The folders of which every file is read."""
_ENDINGS = (".txt", ".toml", ".bak", ".doc", ".docx", ".odt", ".rtf")


def strays_of(root: Tree, timeline: Timeline, campaigns: Collection[str] = ()) -> dict[str, str]:
    """Files that nothing reads, each with the missing one that was meant; empty where none was."""
    wanted = frozenset(_wanted(timeline))
    absent = sorted(wanted - root.files.keys())
    unread = (
        path
        for path in (*root.others, *root.files)
        if path not in wanted and not _read(path, {f"scripts_fr/appel-{code}" for code in campaigns})
    )
    present = {(at.parent, _bare(at)) for at in map(PurePosixPath, wanted & root.files.keys())}
    found = {}
    for path in unread:
        at = PurePosixPath(path)
        beside = {_bare(one): str(one) for one in map(PurePosixPath, absent) if one.parent == at.parent}
        near = [] if (at.parent, _bare(at)) in present else get_close_matches(_bare(at), beside, 1, 0.75)
        found[path] = beside[near[0]] if near else ""
    return found


def stray_faults(strays: Mapping[str, str]) -> Iterator[Fault]:
    """The files that stand in for one that is missing; the others do no harm."""
    for path, meant in strays.items():
        if meant:
            yield Fault(path, "", typeset(f"fichier mal nommé : renommez-le « {PurePosixPath(meant).name} »"))


def without_absence(faults: Iterable[Fault], strays: Mapping[str, str]) -> list[Fault]:
    """The faults, but that of a missing file whose misnamed stand-in is told."""
    meant = {path.partition("/")[2] for path in strays.values()}
    return [one for one in faults if one.file not in meant or one.line]


def _wanted(timeline: Timeline) -> Iterator[str]:
    for name in DATA:
        yield f"data/{name}.toml"
    for name in (*Act, *NOTICES):
        yield f"scripts_fr/portail/{name}.toml"
    for channel, folder, names in ((Channel.EMAIL, "emails", PURPOSES), (Channel.SMS, "sms", SMS)):
        of_steps = (
            name
            for step in timeline.known
            if channel in step.channels
            for name in (step.code, step.lower_plan, step.after_link)
        )
        for name in (*names, *filter(None, of_steps)):
            yield f"scripts_fr/{folder}/{name}.toml"


def _read(path: str, others: Collection[str]) -> bool:
    at = PurePosixPath(path)
    return at.suffix == ".md" or (str(at.parent) in {*ANY_NAME, *others} and at.suffix == ".toml")


def _bare(at: PurePosixPath) -> str:
    """A name without what its name is mistaken by: accents, capitals, an ending too many, a copy's number."""
    name = fold(at.name)
    while name.endswith(_ENDINGS):
        name = name.rpartition(".")[0]
    return name.partition(" (")[0].strip()
