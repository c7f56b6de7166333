"""Reads data/equipe.toml: the breaks that can be said, the teams, how clients are shared out."""

from datetime import timedelta

from console.base.text import fold
from console.base.toml_table import Fault
from console.base.tree import Folder
from console.rules.files import Section, read_section
from console.rules.presence import SILENT, Team, TeamRules

FILE = "equipe.toml"
BREAKS = 7
"""How many breaks there are keys for, beside the two that say one is back, or leaves."""


def read_team(root: Folder) -> tuple[TeamRules, list[Fault]]:
    """What the file under `root`/data says, and what is wrong with it; content from before it has none."""
    if not (root / "data" / FILE).is_file():
        return TeamRules(), []
    faults: list[Fault] = []
    section = read_section(root, FILE, faults)
    usual = TeamRules()
    breaks: dict[str, str] = {}
    for row in section.many("pauses"):
        code, label = row.needed("code"), row.needed("libelle")
        if code in {*breaks, SILENT}:
            row.fault(f"le code « {code} » est déjà pris")
        breaks[code] = label
        row.done()
    if len(breaks) > BREAKS:
        section.fault(f"« pauses » : {BREAKS} au plus, il y en a {len(breaks)}")
    teams = tuple(_team(row) for row in section.many("equipes", name="nom", needed=False))
    names = [fold(team.name) for team in teams]
    members = [fold(name) for team in teams for name in team.members]
    for name in sorted({one for one in names if names.count(one) > 1}):
        section.fault(f"l’équipe « {name} » est donnée deux fois")
    for name in sorted({one for one in members if members.count(one) > 1}):
        section.fault(f"« {name} » est dans deux équipes")
    rules = TeamRules(
        breaks,
        _minutes(section, "silence", usual.silence),
        _minutes(section, "apres_appel", usual.after_call),
        _whole(section, "garder", usual.keep_days, 1),
        teams,
        _whole(section, "appels_par_jour", 0),
        section.flag("part_egale"),
    )
    section.done()
    return rules, faults


def _team(row: Section) -> Team:
    team = Team(row.needed("nom"), row.texts("membres"), _whole(row, "appels_par_jour", 0))
    row.done()
    return team


def _minutes(section: Section, key: str, usual: timedelta) -> timedelta:
    return timedelta(minutes=_whole(section, key, int(usual.total_seconds() // 60)))


def _whole(section: Section, key: str, usual: int, least: int = 0) -> int:
    value = section.number(key)
    if value is not None and not least <= value <= 10_000:
        section.fault(f"« {key} » va de {least} à 10000")
        return usual
    return usual if value is None else value
