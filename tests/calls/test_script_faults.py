"""A faulty script is refused, naming the file, the step and the reason."""

import re
import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest

from console.base.errors import ContentError
from console.base.templates import variables_of
from console.base.toml_table import Fault
from console.calls.script_check import check_content
from console.calls.script_files import (
    CAPTURES,
    CHANNELS,
    DIRECTIONS,
    FACTS,
    GESTURES,
    JUMPS,
    KINDS,
    RELATIONS,
    read_script,
)
from console.content import Content, default_root
from console.integrity.wording_samples import samples
from console.messages.sources import Messages
from console.messages.wording import VARIABLES
from console.rules.files import load_data
from console.rules.options import OPTIONS_BY_WORD
from console.rules.outcomes import OUTCOMES_BY_WORD
from console.rules.reasons import DOORS

ROOT = default_root()
REASONS = load_data(ROOT).reasons
COMMITMENTS = load_data(ROOT).commitments
SAMPLES = list(samples(load_data(ROOT).catalogue))[::20]

EDITS = {
    "missing target": (
        "4-hesitation.toml",
        'vers = "prix"',
        'vers = "pris"',
        "objection",
        "« pris », qui n’existe pas",
    ),
    "orphan": ("4-hesitation.toml", 'vers = "autre"\n', 'vers = "prix"\n', "autre", "orpheline"),
    "no outcome": (
        "2-ouverture.toml",
        'issue = "opposition"',
        'vers = "opposition"',
        "opposition",
        "aucun chemin",
    ),
    "no choice": (
        "1-preparation.toml",
        '[[etapes.tiers.choix]]\nlibelle = "Terminer l\'appel"\nissue = "tiers"\n',
        "",
        "tiers",
        "aucun choix",
    ),
    "refusal without reason": (
        "4-hesitation.toml",
        'libelle = "Refus définitif"\nvers = "motif"',
        'libelle = "Refus définitif"\nvers = "verbatim"',
        "cloture",
        "refus sans motif",
    ),
    "refusal without the client's words": (
        "6-depart.toml",
        'vers = "verbatim"\nmotif = "PERSO"',
        'vers = "verbatim-libre"\nmotif = "PERSO"',
        "cloture",
        "refus sans phrase",
    ),
    "refusal that leaves the relation unsaid": (
        "6-depart.toml",
        'relation = "ouverte"',
        "",
        "cloture",
        "relation n’est pas dite",
    ),
    "unknown variable": (
        "2-ouverture.toml",
        "{{ client.bonjour }},",
        "{{ client.bonsoir }},",
        "ouverture",
        "variable inconnue « client.bonsoir »",
    ),
    "forbidden syntax": (
        "4-hesitation.toml",
        "dites-moi ce qui",
        "{{ 9 ** 99 }} ce qui",
        "autre",
        "écriture interdite",
    ),
    "too long to read": (
        "4-hesitation.toml",
        "dites-moi",
        "dites-moi " + "tout " * 200,
        "autre",
        "trop long",
    ),
    "callback without a date": (
        "7-partout.toml",
        'vers = "motif"\nporte = "definitif"\nsi',
        'issue = "rappel"\nsi',
        "raccroche",
        "rappel sans date",
    ),
    "outcome nobody agreed to": (
        "4-hesitation.toml",
        'libelle = "Renouvelle, finalement"\nvers = "oui"\n\n[etapes.prix]',
        'libelle = "Renouvelle, finalement"\nvers = "merci"\n\n[etapes.prix]',
        "merci",
        "porte cet « accord »",
    ),
    "unknown commitment": (
        "5-service.toml",
        '"accompagnement"',
        '"accompagne"',
        "service-solution",
        "accompagne",
    ),
    "what we owe is not read back": (
        "5-service.toml",
        "voici ce que nous vous devons : {{ appel.engagements }}.",
        "",
        "promesse-fin",
        "ne relit pas ce que nous devons",
    ),
    "unknown key": ("2-ouverture.toml", "oppose = ", "opose = ", "opposition", "clé inconnue « opose »"),
    "unknown word": ("6-depart.toml", '"PERSO"', '"PRESO"', "motif", "PRESO"),
    "both target and outcome": (
        "2-ouverture.toml",
        'issue = "opposition"',
        'issue = "opposition"\nvers = "oui"',
        "opposition",
        "soit « vers », soit « issue »",
    ),
    "condition without explanation": (
        "4-hesitation.toml",
        'sinon = "pas possible pour cet abonnement"',
        "",
        "prix",
        "vont ensemble",
    ),
    "only conditional choices": (
        "4-hesitation.toml",
        'libelle = "Noté, continuer"',
        'libelle = "Noté, continuer"\nsi = ["email"]\nsinon = "non"',
        "autre",
        "toujours être possible",
    ),
    "duplicate choice": (
        "2-ouverture.toml",
        '"Hésite ou refuse"',
        '"A déjà renouvelé"',
        "ouverture",
        "en double",
    ),
    "wrong type": (
        "2-ouverture.toml",
        'oppose = ["appel"]',
        'oppose = "appel"',
        "opposition",
        "doit être une liste",
    ),
    "declines what is not proposed": (
        "4-hesitation.toml",
        'propose = ["remise"]',
        "propose = []",
        "moment-remise",
        "ne propose pas",
    ),
    "start that leads nowhere": (
        "1-preparation.toml",
        'sortant = "preparation"',
        'sortant = "prepa"',
        "departs",
        "prepa",
    ),
    "unknown jump": (
        "1-preparation.toml",
        'raccroche = "raccroche"',
        'racroche = "raccroche"',
        "partout",
        "racroche",
    ),
    "two choices under a field": (
        "7-partout.toml",
        'libelle = "Transmettre et terminer"',
        'libelle = "Non"\nissue = "raccroche"\n\n[[etapes.superviseur.choix]]\nlibelle = "Transmettre"',
        "superviseur",
        "n’a qu’un choix",
    ),
    "rating out of range": (
        "3-accord.toml",
        "satisfaction = 5",
        "satisfaction = 6",
        "satisfaction",
        "de 1 à 5",
    ),
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("data", "scripts_fr"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path


def faults(root: Path) -> list[Fault]:
    scripts = root / "scripts_fr"
    return check_content(
        read_script(scripts / "appel", REASONS, COMMITMENTS),
        Messages(scripts),
        VARIABLES,
        SAMPLES,
    )


def edit(root: Path, name: str, old: str, new: str) -> None:
    path = root / "scripts_fr" / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


@pytest.mark.parametrize("kind", EDITS)
def test_a_faulty_script_is_refused_by_file_and_step(root: Path, kind: str) -> None:
    name, old, new, step, reason = EDITS[kind]
    edit(root, f"appel/{name}", old, new)
    found = [str(fault) for fault in faults(root)]
    shown = [text.replace("\u202f", " ").replace("\u00a0", " ") for text in found]
    assert any(step in text and reason in text for text in shown), shown
    if step != "departs":
        assert any(re.search(rf"\.toml, (ligne \d+, )?{step}", text) for text in shown), shown


def test_a_graph_fault_stops_a_call_before_it_begins(root: Path) -> None:
    edit(root, "appel/4-hesitation.toml", 'vers = "prix"', 'vers = "pris"')
    with pytest.raises(ContentError, match=r"4-hesitation\.toml.*objection.*pris"):
        _ = Content(root).script


def test_too_many_choices(root: Path) -> None:
    more = "".join(f'\n[[etapes.tiers.choix]]\nlibelle = "Autre {n}"\nissue = "tiers"\n' for n in range(9))
    path = root / "scripts_fr/appel/1-preparation.toml"
    path.write_text(path.read_text("utf-8") + more, "utf-8")
    assert any(fault.step == "tiers" and "10 choix" in fault.reason for fault in faults(root))


def test_the_same_step_twice(root: Path) -> None:
    (root / "scripts_fr/appel/8-double.toml").write_text(
        'phase = "X"\n[etapes.tiers]\ntitre = "Encore"\n', "utf-8"
    )
    assert any(
        fault.file == "8-double.toml" and fault.step == "tiers" and "1-preparation.toml" in fault.reason
        for fault in faults(root)
    )


@pytest.mark.parametrize("content", [b"phase = ", b"\xff\xfe\x00", b"[etapes]\ntiers = 3\n"])
def test_a_file_that_cannot_be_read_is_named(root: Path, content: bytes) -> None:
    (root / "scripts_fr/appel/9-casse.toml").write_bytes(content)
    assert any(fault.file == "9-casse.toml" for fault in faults(root))


def test_an_empty_folder_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "appel").mkdir()
    assert read_script(tmp_path / "appel", REASONS, COMMITMENTS).faults


def test_a_message_that_is_missing_or_names_an_unknown_variable(root: Path) -> None:
    (root / "scripts_fr/emails/cloture.toml").unlink()
    edit(root, "emails/confirmation-pause.toml", "{{ options.pause_fin }}", "{{ options.pause_fini }}")
    edit(root, "sms/confirmation-pause.toml", "numi :", "numi : " + "pause " * 60)
    shown = [str(fault) for fault in faults(root)]
    assert any("cloture" in text and "absent" in text for text in shown)
    assert any("emails/confirmation-pause.toml" in text and "pause_fini" in text for text in shown)
    assert any("sms/confirmation-pause.toml" in text and "SMS" in text for text in shown)


def test_every_variable_is_documented_and_given() -> None:
    given = {f"{group}.{name}" for group, values in SAMPLES[0].items() for name in values}
    assert given == set(VARIABLES)
    assert all({f"{g}.{n}" for g, v in sample.items() for n in v} == given for sample in SAMPLES)
    assert variables_of("{% if a.b %}{{ c.d }}{% endif %}{{ e }}") == {"a.b", "c.d", "e"}


def test_the_guide_for_editors_names_every_word_and_variable() -> None:
    guide = (ROOT / "scripts_fr" / "LISEZ-MOI.md").read_text("utf-8")
    words: list[Iterable[str]] = [
        *(OPTIONS_BY_WORD, OUTCOMES_BY_WORD, FACTS, DOORS, RELATIONS, GESTURES, CHANNELS),
        *(DIRECTIONS, JUMPS, CAPTURES, KINDS, VARIABLES),
    ]
    for known in words:
        assert all(f"`{word}`" in guide for word in known)
