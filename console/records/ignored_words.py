"""Reads data/mots.toml: the words that the verbatims of refusals are not counted by."""

from console.base.toml_table import Fault, Table, read_toml
from console.base.tree import Folder
from console.records.filters import search_words

FILE = "mots.toml"


def read_ignored_words(root: Folder) -> tuple[frozenset[str], list[Fault]]:
    """The words under `root`/data, folded, and what is wrong with the file."""
    content, fault = read_toml(root / "data" / FILE)
    if fault:
        return frozenset(), [fault]
    faults: list[Fault] = []
    table = Table(FILE, "", content, faults)
    typed = table.texts("ignores")
    if not typed:
        table.fault("« ignores » doit être une liste de mots")
    for one in typed:
        if len(search_words(one).split()) != 1:
            table.fault(f"« {one} » n'est pas un mot seul")
    table.done()
    return frozenset(map(search_words, typed)), faults
