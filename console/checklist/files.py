"""Reads data/liste.toml: the points of the checklist, and the rule that proves each."""

from collections.abc import Mapping

from console.base.toml_table import Fault, Table, read_toml
from console.base.tree import Folder
from console.checklist.rules import Checklist, Item, Part, When, rule_names
from console.rules.timeline import Timeline

FILE = "liste.toml"
PARTS, ITEMS = 7, 38
_WHEN = {one.value: one for one in When}


def read_checklist(root: Folder, timeline: Timeline) -> tuple[Checklist, list[Fault]]:
    """The checklist under `root`/data, and what is wrong with the file; it may name steps of the timeline."""
    content, fault = read_toml(root / "data" / FILE)
    if fault:
        return (), [fault]
    faults: list[Fault] = []
    whole = Table(FILE, "", content, faults)
    proofs = {name: name for name in rule_names(timeline.known)}
    parts = tuple(_part(rank, row, proofs, faults) for rank, row in enumerate(_tables(whole, "parties"), 1))
    whole.done()
    codes = [item.code for part in parts for item in part.items]
    for code in sorted({code for code in codes if codes.count(code) > 1}):
        whole.fault(f"le code « {code} » est donné deux fois")
    if not faults and (len(parts), len(codes)) != (PARTS, ITEMS):
        whole.fault(
            f"{ITEMS} points en {PARTS} parties sont attendus, il y en a {len(codes)} en {len(parts)}"
        )
    return parts, faults


def _part(rank: int, row: dict[str, object], proofs: Mapping[str, str], faults: list[Fault]) -> Part:
    table = Table(FILE, f"partie {rank}", row, faults)
    title, when = table.text("titre"), table.word("quand", _WHEN)
    if not title:
        table.fault("« titre » manque")
    items = []
    for point in _tables(table, "points"):
        one = Table(FILE, f"partie {rank}, point {point.get('code', '')}", point, faults)
        item = Item(one.text("code"), one.text("libelle"), one.word("preuve", proofs) or "")
        if not item.code or not item.label:
            one.fault("« code » et « libelle » sont nécessaires")
        one.done()
        items.append(item)
    table.done()
    return Part(title, tuple(items), when or When.ALWAYS)


def _tables(table: Table, key: str) -> list[dict[str, object]]:
    found = table.rest.pop(key, None)
    if isinstance(found, list) and found and all(isinstance(one, dict) for one in found):
        return found
    table.fault(f"« {key} » doit être une liste de tables")
    return []
