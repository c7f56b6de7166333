"""Reads data/conservation.toml: how many months each kind of personal data is kept.

Events set aside, of which a file of one's own may say nothing, are then kept as long as messages.
"""

from collections.abc import Mapping

from console.base.toml_table import Fault, Table, read_toml
from console.base.tree import Folder
from console.people.retention_policy import Kept

FILE = "conservation.toml"
LONGEST = 50 * 12


def read_retention_policy(root: Folder) -> tuple[Mapping[Kept, int], list[Fault]]:
    """The months by kind under `root`/data, and what is wrong with the file."""
    content, fault = read_toml(root / "data" / FILE)
    if fault:
        return {}, [fault]
    faults: list[Fault] = []
    months: dict[Kept, int] = {}
    for kind in Kept:
        value = content.pop(kind, None)
        if value is None and kind is Kept.SET_ASIDE:
            continue
        if not isinstance(value, dict):
            faults.append(Fault(FILE, kind, f"la table [{kind}] manque"))
            continue
        table = Table(FILE, kind, value, faults)
        number = table.number("mois")
        if number is None or not 0 < number <= LONGEST:
            table.fault(f"« mois » doit être un nombre de 1 à {LONGEST}")
        else:
            months[kind] = number
        table.done()
    if Kept.MESSAGES in months:
        months.setdefault(Kept.SET_ASIDE, months[Kept.MESSAGES])
    faults += [Fault(FILE, name, "sorte de données inconnue") for name in content]
    return months, faults
