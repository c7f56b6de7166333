"""The data files: the shipped ones are sound, and every fault is named with its file, key and reason."""

import re
import shutil
from pathlib import Path

import pytest

from console.base.errors import ContentError
from console.demo.files import read_demo, read_words
from console.rules.files import load_data, read_data, warnings

ROOT = Path(__file__).parents[2]


def plain(text: str) -> str:
    return text.replace("\N{NARROW NO-BREAK SPACE}", " ").replace("\N{NO-BREAK SPACE}", " ")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "data", tmp_path / "data")
    return tmp_path


def change(folder: Path, file: str, before: str, after: str) -> None:
    path = folder / "data" / file
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


def test_the_shipped_data_is_sound() -> None:
    _, faults = read_data(ROOT)
    assert faults == []


def test_what_is_surprising_is_said() -> None:
    found = [plain(one) for one in warnings(load_data(ROOT))]
    assert len(found) == 3
    assert "119,88 €" in found[0]
    assert "36,99 €" in found[0]
    assert "10 % à 15 %" in found[1]
    assert "5,4 %" in found[1]
    assert "12 % à 15 %" in found[2]
    assert "10,8 %" in found[2]


def test_nothing_is_said_where_nothing_surprises(folder: Path) -> None:
    change(folder, "catalogue.toml", 'prix = "9,99"', 'prix = "2,99"')
    change(folder, "catalogue.toml", 'minimum = "10"', 'minimum = "5"')
    change(folder, "catalogue.toml", 'minimum = "12"', 'minimum = "10,5"')
    assert warnings(load_data(folder)) == ()


@pytest.mark.parametrize(
    ("file", "before", "after", "said"),
    [
        (
            "catalogue.toml",
            'prix = "36,99"',
            'prix = "trente"',
            "catalogue.toml, tarifs Premium : « prix = trente »",
        ),
        ("catalogue.toml", 'prix = "36,99"', 'prix = "-1"', "n’est pas un nombre"),
        ("catalogue.toml", 'prix = "36,99"', 'prix = "36,999"', "plus de deux décimales"),
        ("catalogue.toml", 'prix = "36,99"', "prix = 36.99", "« prix » s’écrit avec une virgule"),
        ("catalogue.toml", "[vip]\nmois = 18", "[vip]", "catalogue.toml, vip : « mois » manque"),
        ("catalogue.toml", 'code = "fidelite"', 'code = "remise-5"', "donné deux fois"),
        (
            "catalogue.toml",
            'offre = "telephone"',
            'offre = "absente"',
            "« offre = absente » n’est pas au catalogue",
        ),
        ("catalogue.toml", 'nom = "numi"', 'nom = "numi"\nslogan = "!"', "clé inconnue « slogan »"),
        (
            "catalogue.toml",
            'formule = "Basic"\nperiodicite',
            'formule = "Or"\nperiodicite',
            "« formule = Or » inconnu",
        ),
        (
            "relances.toml",
            'offre = "remise-5", jusqu_au = -23',
            'offre = "x", jusqu_au = -23',
            "« offre = x »",
        ),
        ("relances.toml", "decalage = -14", "decalage = -31", "doivent se suivre"),
        (
            "relances.toml",
            'code = "J-14"',
            'code = "J-30"',
            "étapes J-30 : ce code d’étape est donné deux fois",
        ),
        ("relances.toml", 'canaux = ["e-mail", "sms"]', 'canaux = ["fax"]', "ne connaît pas « fax »"),
        ("priorites.toml", "{rappel}.", "{rapel}.", "règles rappel : « raison » : mot « {rapel} » inconnu"),
        ("priorites.toml", 'code = "attente"', 'code = "rappel"', "la règle « attente » manque"),
        (
            "priorites.toml",
            'etape_appel = "J-3"',
            'etape_appel = "J+1"',
            "n’est pas une étape d’avant l’échéance",
        ),
        ("priorites.toml", 'par_sms = "SMS"', "", "priorites.toml, mots : « par_sms » manque"),
        ("priorites.toml", "jours = 2", "jours = -2", "« jours = -2 » doit être entre 0 et 365"),
        ("terrain.toml", '"10:00-13:00"', '"13:00-10:00"', "les plages doivent se suivre"),
        ("terrain.toml", '"09:00-13:00", "14:00-17:00"', '"21:00-22:00"', "ne laisse aucune heure légale"),
        ("terrain.toml", "appels = 4", "appels = 5", "« appels = 5 » doit être entre 1 et 4"),
        ("terrain.toml", "jours = 60", "jours = 30", "doit être entre 60 et 3650"),
        ("terrain.toml", '"vendredi"]', '"vendredi", "samedi"]', "du lundi au vendredi"),
        ("terrain.toml", "2026-08-11", "2027-01-01", "ne peut pas être après le 11/08/2026"),
        ("terrain.toml", '"Indian/Reunion"', '"Indian/Bourbon"', "« fuseau = Indian/Bourbon » inconnu"),
        ("terrain.toml", "fermetures = []", 'fermetures = ["25-12"]', "doit être une liste de dates"),
        ("terrain.toml", 'code = "974"', 'code = "874"', "« code = 874 » inconnu"),
        ("rythme.toml", "jours_restants = 7", "jours_restants = 40", "du plus grand nombre"),
        ("motifs.toml", 'code = "PRIX"', 'code = "prix"', "motifs prix : « code » : des lettres capitales"),
        ("motifs.toml", 'code = "USAGE"', 'code = "PRIX"', "motifs PRIX : ce motif est donné deux fois"),
        ("motifs.toml", 'porte = "usage"', 'porte = "prix"', "un autre motif a déjà cette « porte »"),
        ("motifs.toml", 'porte = "usage"', 'porte = "cave"', "motifs USAGE : « porte = cave » inconnu"),
        ("motifs.toml", 'libelle = "trop cher"', "", "motifs.toml, motifs PRIX : « libelle » manque"),
        ("rythme.toml", "points = [", "points = [[", "rythme.toml : il manque le crochet"),
    ],
)
def test_a_fault_is_named_with_its_file_its_place_and_its_reason(
    folder: Path, file: str, before: str, after: str, said: str
) -> None:
    change(folder, file, before, after)
    with pytest.raises(ContentError) as caught:
        load_data(folder)
    text = re.sub(r", ligne \d+", "", plain(caught.value.happened))
    assert text.startswith(file)
    assert said.replace("règles", "regles").replace("étapes", "etapes") in text


def test_every_fault_is_said_at_once(folder: Path) -> None:
    change(folder, "catalogue.toml", 'prix = "36,99"', 'prix = "?"')
    change(folder, "terrain.toml", "appels = 4", "appels = 9")
    (folder / "data" / "rythme.toml").unlink()
    with pytest.raises(ContentError) as caught:
        load_data(folder)
    files = {
        line.split(",")[0].split("\N{NARROW NO-BREAK SPACE}")[0] for line in caught.value.happened.split("\n")
    }
    assert files == {"catalogue.toml", "terrain.toml", "rythme.toml"}


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("expire_le = 2025-12-31", 'expire_le = "demain"', "CLT-00245"),
        ('issue = "renewed"', 'issue = "perdu"', "« issue = perdu » inconnu"),
        ("instant = 2025-12-19T15:00:00", "instant = 2025-12-19", "doit être un jour et une heure"),
    ],
)
def test_a_data_set_is_checked_too(folder: Path, before: str, after: str, said: str) -> None:
    change(folder, "demo/marie.toml", before, after)
    with pytest.raises(ContentError) as caught:
        read_demo(folder / "data" / "demo" / "marie.toml")
    assert said in plain(caught.value.happened)


def test_the_words_for_made_up_clients_are_checked(folder: Path) -> None:
    change(folder, "demo/noms.toml", "notes = [", "remarques = [")
    with pytest.raises(ContentError, match="noms"):
        read_words(folder / "data" / "demo" / "noms.toml")
