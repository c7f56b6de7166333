"""Reads scripts_fr/quiz/*.toml: the questions of the training quiz, one a table."""

from dataclasses import replace

from console.base.french import typeset
from console.base.toml_table import Fault, Table, read_toml, toml_files
from console.base.tree import Folder
from console.training.quiz import Question

FOLDER = "quiz"
MAX_CHOICES = 9
"""One a digit key."""


def read_quiz(root: Folder) -> tuple[tuple[Question, ...], list[Fault]]:
    """The questions under `root`/scripts_fr/quiz in the order of files and lines, and what is wrong."""
    faults: list[Fault] = []
    found: list[Question] = []
    places: dict[str, str] = {}
    for path in toml_files(root / "scripts_fr" / FOLDER):
        place = f"{FOLDER}/{path.name}"
        content, fault = read_toml(path)
        if fault:
            faults.append(replace(fault, file=place))
        for code, row in content.items():
            table = Table(place, code, row if isinstance(row, dict) else {}, faults)
            if not isinstance(row, dict):
                table.fault("une question est une table")
                continue
            if code in places:
                table.fault(f"cette question est déjà dans {places[code]}")
            places[code] = place
            found.append(_question(code, table))
    if not found and not faults:
        faults.append(Fault(FOLDER, "", "aucune question"))
    return tuple(found), faults


def _question(code: str, table: Table) -> Question:
    situation, choices, why = table.text("situation"), table.texts("choix"), table.text("explication")
    right = table.number("bonne")
    accepted = table.rest.pop("admises", [])
    for key, text in (("situation", situation), ("explication", why)):
        if not text:
            table.fault(f"« {key} » manque")
    if not 2 <= len(choices) <= MAX_CHOICES:
        table.fault(f"« choix » : {len(choices)} choix, de 2 à {MAX_CHOICES} sont attendus")
    elif len(set(choices)) < len(choices) or not all(choice.strip() for choice in choices):
        table.fault("« choix » : un choix est vide, ou donné deux fois")
    if right is None or not 1 <= right <= len(choices):
        table.fault("« bonne » doit être le numéro d’un choix")
    if not isinstance(accepted, list) or not all(
        type(one) is int and 1 <= one <= len(choices) for one in accepted
    ):
        table.fault("« admises » doit être une liste de numéros de choix")
        accepted = []
    table.done()
    return Question(
        code,
        situation,
        tuple(typeset(choice) for choice in choices),
        (right or 1) - 1,
        frozenset(one - 1 for one in accepted),
        why,
    )
