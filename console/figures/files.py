"""Reads data/indicateurs.toml: the target of each key figure, and the offers that count as loyalty."""

from decimal import Decimal

from console.base.toml_table import Fault
from console.base.tree import Folder
from console.figures.rules import Kpi, KpiTargets, Target
from console.rules.files import Section, read_section
from console.rules.offers import Catalogue


def read_targets(root: Folder, catalogue: Catalogue) -> tuple[KpiTargets, list[Fault]]:
    """The targets under `root`/data, and what is wrong with the file; with faults they are not to be used."""
    faults: list[Fault] = []
    return _targets(read_section(root, "indicateurs.toml", faults), catalogue), faults


def _targets(section: Section, catalogue: Catalogue) -> KpiTargets:
    targets: dict[Kpi, Target] = {}
    for row in section.many("indicateurs"):
        kpi = row.word("code", {one.value: one for one in Kpi})
        title = row.needed("titre")
        bounds = {
            name: row.decimal(key) if key in row.rest else None
            for name, key in (("at_least", "au_moins"), ("at_most", "au_plus"), ("below", "moins_de"))
        }
        if all(bound is None for bound in bounds.values()):
            row.fault("il faut « au_moins », « au_plus » ou « moins_de »")
        low, high = bounds["at_least"], bounds["at_most"]
        if low is not None and high is not None and low > high:
            row.fault("« au_moins » dépasse « au_plus »")
        if kpi in targets:
            row.fault("cet indicateur est donné deux fois")
        if kpi is not None:
            targets[kpi] = Target(kpi, title, **bounds)
        row.done()
    for kpi in Kpi:
        if kpi not in targets:
            section.fault(f"l'indicateur « {kpi} » manque")
            targets[kpi] = Target(kpi, kpi, at_least=Decimal(0))
    offers = section.texts("offres_fidelite")
    for code in offers:
        if code not in catalogue.offers:
            section.fault(f"« offres_fidelite = {code} » n'est pas au catalogue")
    section.done()
    return KpiTargets(tuple(targets.values()), offers)
