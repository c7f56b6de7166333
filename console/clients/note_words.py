"""Reads data/notes.toml: the words that a note had better not contain."""

from console.base.toml_table import Fault, Table, read_toml
from console.base.tree import Folder
from console.clients.notes import Sensitive

FILE = "notes.toml"


def read_note_words(root: Folder) -> tuple[tuple[Sensitive, ...], list[Fault]]:
    """The kinds of words under `root`/data, and what is wrong with the file."""
    content, fault = read_toml(root / "data" / FILE)
    if fault:
        return (), [fault]
    faults: list[Fault] = []
    kinds = []
    for name, value in content.items():
        if not isinstance(value, dict):
            faults.append(Fault(FILE, name, "doit être une table, comme [sante]"))
            continue
        table = Table(FILE, name, value, faults)
        advice, words = table.text("conseil"), table.texts("mots")
        if not advice:
            table.fault("« conseil » manque")
        if not words or any(not word.strip(" *") for word in words):
            table.fault("« mots » doit être une liste de mots, sans mot vide")
        table.done()
        kinds.append(Sensitive(name, advice, words))
    return tuple(kinds), faults
