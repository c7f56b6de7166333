"""The files of the call simulator: the shipped ones are whole, a fault names its file, its key and why."""

import shutil
from pathlib import Path

import pytest

from console.base.errors import ContentError
from console.content import Content, default_root
from console.integrity.verify import verify
from console.messages.wording import VARIABLES
from console.training.persona_files import persona_faults, read_personas
from tests.calls.script_paths import SCRIPT
from tests.world import plain

CLIENT = """
[client]
prenom = "Ana"
nom = "Roca"
anciennete = 3
reste = 5
voulait = "Partir."
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The shipped clients, in a folder of the test's."""
    shutil.copytree(default_root() / "scripts_fr" / "simulateur", tmp_path / "scripts_fr" / "simulateur")
    return tmp_path / "scripts_fr" / "simulateur"


def faults(folder: Path) -> list[tuple[str, str, str]]:
    personas, found = read_personas(folder.parent.parent, SCRIPT)
    found = found or [*persona_faults(personas, ("J-30", "J-14", "J-7", "J-3"), VARIABLES, ())]
    return [(one.file, one.step, plain(one.reason)) for one in found]


def test_the_shipped_clients_are_whole() -> None:
    personas = Content(default_root()).personas
    assert len(personas) >= 10
    assert all(one.wants and one.protests for one in personas)


@pytest.mark.parametrize(
    ("text", "key", "told"),
    [
        ("[client", "", "crochet"),
        ("[client]\nnom = 'x'", "client", "« prenom » manque"),
        (CLIENT.replace("reste = 5", "reste = 60"), "client", "« reste »"),
        (CLIENT.replace("reste = 5", "reste = -5"), "client", "entrant"),
        (CLIENT.replace("anciennete = 3", "anciennete = 0"), "client", "« anciennete »"),
        (f"{CLIENT}poids = 0", "client", "« poids »"),
        (f"{CLIENT}age = 3", "client", "clé inconnue « age »"),
        (f"{CLIENT}ouverts = ['J-99']", "client", "« ouverts » ne connaît pas « J-99 »"),
        (f"{CLIENT}[[repliques.plage]]\ndit = ['x']", "", "pas cette étape"),
        (f"{CLIENT}[repliques.prix]\ndit = ['x']", "", "liste de tables"),
        (f"{CLIENT}[[repliques.prix]]\ndit = ['x']", "repliques.prix, 1", "soit « choix », soit « touche »"),
        (
            f"{CLIENT}[[repliques.prix]]\nchoix = 'Le service'\ndit = ['x']",
            "repliques.prix, 1",
            "« Le service » n’est pas un choix de cette étape",
        ),
        (
            f"{CLIENT}[[repliques.prix]]\nchoix = 'Accepte la pause'\nadmis = ['Non']\ndit = ['x']",
            "repliques.prix, 1",
            "« Non » n’est pas un choix",
        ),
        (f"{CLIENT}[[repliques.prix]]\ntouche = 'klaxon'\ndit = ['x']", "repliques.prix, 1", "klaxon"),
        (
            f"{CLIENT}[[repliques.basic]]\ntouche = 'rappel'\ndit = ['x']",
            "repliques.basic, 1",
            "pas permise à cette étape",
        ),
        (
            f"{CLIENT}[[repliques.prix]]\nchoix = 'Accepte la pause'",
            "repliques.prix, 1",
            "« dit » ou « scene »",
        ),
        (
            f"{CLIENT}[[repliques.prix]]\nchoix = 'Rien ne lui convient'\ndit = ['x']\npoids = 0",
            "repliques.prix, 1",
            "« poids »",
        ),
        (
            f"{CLIENT}[[repliques.prix]]\nchoix = 'Rien ne lui convient'\ndit = ['x']\nmoment = 'lundi 10h'",
            "repliques.prix, 1",
            "ne demande pas de jour",
        ),
        (
            f"{CLIENT}[[repliques.rappel]]\nchoix = 'Promettre ce rappel et terminer'\ndit = ['x']\n"
            "moment = '22/12/2025 10h'",
            "repliques.rappel, 1",
            "« moment »",
        ),
        (
            f"{CLIENT}[[repliques.prix]]\nchoix = 'Accepte la pause'\ndit = ['x']",
            "",
            "étape « prix » : aucune réplique, ici ni dans commun.toml",
        ),
        (
            f"{CLIENT}[[repliques.prix]]\nchoix = 'Rien ne lui convient'\ndit = ['{{{{ client.age }}}}']",
            "repliques.prix",
            "variable inconnue « client.age »",
        ),
    ],
)
def test_a_fault_names_file_key_and_reason(folder: Path, text: str, key: str, told: str) -> None:
    (folder / "mien.toml").write_text(text, encoding="utf-8")
    found = faults(folder)
    assert {file for file, _, _ in found} == {"simulateur/mien.toml"}
    assert any(step == key and told in reason for _, step, reason in found), found


def test_what_any_client_says_is_checked_once_in_its_own_file(folder: Path) -> None:
    common = folder / "commun.toml"
    common.write_text(common.read_text("utf-8").replace("Une pause, voilà.", "{{ pause }}"), encoding="utf-8")
    assert set(faults(folder)) == {
        ("simulateur/commun.toml", "repliques.moment", next(iter(faults(folder)))[2])
    }


def test_without_any_client_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "scripts_fr").mkdir()
    assert faults(tmp_path / "scripts_fr" / "simulateur") == [("simulateur", "", "aucun client")]


def test_a_fault_is_found_by_verifier_and_refuses_to_begin(folder: Path) -> None:
    root = folder.parent.parent
    shutil.copytree(default_root() / "data", root / "data")
    for name in ("appel", "emails", "sms", "quiz", "portail"):
        shutil.copytree(default_root() / "scripts_fr" / name, root / "scripts_fr" / name)
    (folder / "mien.toml").write_text(CLIENT.replace('"Ana"', '""'), encoding="utf-8")
    found = [str(one) for one in verify(Content(root)) if not one.warning]
    assert [plain(one) for one in found] == [
        "défaut : simulateur/mien.toml, ligne 3, client : « prenom » manque"
    ]
    with pytest.raises(ContentError, match="mien"):
        _ = Content(root).personas
