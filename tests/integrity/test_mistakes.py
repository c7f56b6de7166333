"""What somebody who is no programmer does to the content, and the sentence that each mistake is told by."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from console.content import Content, default_root
from console.integrity.verify import verify
from tests.world import plain

HESITATION = "scripts_fr/appel/4-hesitation.toml"
EMAIL = "scripts_fr/emails/J-14.toml"
PRICE = 'prix = "36,99"'
HELLO = "{{ client.bonjour }}"

IN_DATA = (
    ("catalogue", PRICE, 'prix = "36,99', 'ligne 20 : il manque un guillemet " à la fin de la valeur'),
    (
        "catalogue",
        PRICE,
        "prix = “36,99”",
        'ligne 20 : les guillemets de la valeur sont des guillemets droits : "…"',
    ),
    (
        "catalogue",
        PRICE,
        "prix = 36,99",
        'ligne 20 : un nombre à virgule s’écrit entre guillemets : prix = "36,99"',
    ),
    (
        "catalogue",
        PRICE,
        "prix = 36.99",
        'ligne 20, tarifs Premium : « prix » s’écrit avec une virgule, entre guillemets : "36,99"',
    ),
    (
        "catalogue",
        PRICE,
        'prix = "36,99 €"',
        'ligne 20, tarifs Premium : « prix = 36,99 € » n’est pas un nombre, comme "36,99"',
    ),
    (
        "catalogue",
        PRICE,
        f'{PRICE}\nprix = "37,99"',
        "ligne 21 : « prix » est déjà donné plus haut dans la même table",
    ),
    (
        "catalogue",
        'periodicite = "mensuel"',
        'périodicité = "mensuel"',
        "ligne 24 : un nom s’écrit sans accent, ici avec « é »",
    ),
    (
        "relances",
        'offre = "remise-5"',
        'offre = "remise-6"',
        "ligne 29, etapes J-30, offres tous : « offre = remise-6 » n’est pas au catalogue",
    ),
    (
        "relances",
        'canaux = ["e-mail", "sms"]',
        'canaux = ["e-mail", "sms"',
        "ligne 35 : il manque le crochet ] qui ferme cette liste",
    ),
    (
        "relances",
        'canaux = ["e-mail", "sms"]',
        'canaux = ["e-mail" "sms"]',
        "ligne 35 : il manque une virgule entre deux éléments de la liste, ou son crochet ]",
    ),
    (
        "relances",
        'canaux = ["e-mail", "sms"]',
        'canaux = ["email", "sms"]',
        "ligne 35, etapes J-14 : « canaux » ne connaît pas « email » : vouliez-vous dire « e-mail » ?",
    ),
    (
        "relances",
        "decalage = -14",
        'decalage = "-14"',
        "ligne 33, etapes J-14 : « decalage » doit être un nombre entier",
    ),
    ("motifs", "libelle = ", "libelle : ", "ligne 10 : écrivez « = » au lieu de « : »"),
    ("motifs", 'code = "SERVICE"', 'code = "PRIX"', "ligne 18, motifs PRIX : ce motif est donné deux fois"),
    ("terrain", "2026-08-11", "11/08/2026", "ligne 38 : une date s’écrit 2026-08-11, l’année d’abord"),
    (
        "terrain",
        '"10:00-13:00"',
        '"10h-13h"',
        "ligne 8, appels : « plages_legales = 10h-13h » n’est pas deux heures, comme 10:00-13:00",
    ),
)
"""In a file of `data/`, the words changed, and the sentence."""

IN_TEXTS: dict[str, tuple[tuple[str, str, str, str], ...]] = {
    "what is no TOML": (
        (HESITATION, "[etapes.prix]", "$[etapes.prix]", "ligne 53 : caractère de trop : « $ »"),
        (
            "scripts_fr/appel/6-depart.toml",
            '[[etapes.motif.choix]]\nlibelle = "',
            '[[etapes.motif.choix]]\nlibelle = "Dit "non" : ',
            'ligne 24 : un guillemet dans un texte s’écrit « ou », ou \\" avec une barre',
        ),
        (
            "scripts_fr/appel/3-accord.toml",
            "[[etapes.oui.choix]]",
            "[[etapes.oui.choix]",
            "ligne 21 : un crochet manque à la fin de ce titre",
        ),
        (EMAIL, HELLO, f"{HELLO} Ã©tÃ©", "ligne 4 : les accents sont abîmés : rouvrez le fichier en UTF-8"),
        (
            "scripts_fr/emails/J-7.toml",
            '"""\n',
            '"""\nDossier C:\\dossier\n',
            "ligne 4 : une barre \\ s’écrit deux fois : \\\\",
        ),
    ),
    "what does not hold together": (
        (
            HESITATION,
            'vers = "prix"',
            'ver = "prix"',
            "ligne 21, objection : clé inconnue « ver » : vouliez-vous dire « vers » ?",
        ),
        (
            "scripts_fr/appel/6-depart.toml",
            'motif = "PERSO"',
            'motif = "PERSONNEL"',
            "ligne 46, motif : « motif = PERSONNEL » inconnu : vouliez-vous dire « PERSO » ?",
        ),
        (
            EMAIL,
            HELLO,
            "{{ client.bonjours }}",
            "ligne 4, J-14 : variable inconnue « client.bonjours » : vouliez-vous dire « client.bonjour » ?",
        ),
        (
            "scripts_fr/emails/J-7.toml",
            HELLO,
            "{% if client.vip %}Bonjour",
            "J-7 : « {% if … %} » n’est pas refermé : il manque {% endif %}",
        ),
        (
            "scripts_fr/emails/J-30.toml",
            HELLO,
            "{{ client.bonjour }",
            "J-30 : accolades ouvertes et mal refermées",
        ),
        ("scripts_fr/sms/J-14.toml", "numi", "numi " * 80, "SMS nécessaires, 2 au plus"),
    ),
    "holes left in a text": (
        (
            HESITATION,
            'vers = "prix"',
            'vers = "montant"',
            "ligne 21, objection : mène à « montant », qui n’existe",
        ),
        (
            EMAIL,
            HELLO,
            "Bonjour [PRENOM_CLIENT]",
            "ligne 4, J-14 : « [PRENOM_CLIENT] » n’est pas une variable",
        ),
        (
            "scripts_fr/emails/J-7.toml",
            HELLO,
            "{ client.bonjour }",
            "J-7 : « { client.bonjour } » : une variable s’écrit entre doubles accolades, {{ … }}",
        ),
        ("scripts_fr/emails/J-30.toml", HELLO, "Bonjour XX XX", "J-30 : « XX XX » reste à écrire"),
        (
            "scripts_fr/emails/J-3.toml",
            HELLO,
            "Bonjour <prénom>",
            "J-3 : « <prénom> » n’est pas une variable",
        ),
    ),
}
"""By kind, so that all of a kind are looked for at once: one a file, and nothing that follows from it."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("data", "scripts_fr"):
        shutil.copytree(default_root() / name, tmp_path / name)
    (tmp_path / "data/demo/demo.toml").unlink()
    return tmp_path


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text, file.name
    file.write_text(text.replace(old, new, 1), "utf-8")


def faults(root: Path) -> list[str]:
    return [plain(one.place + " : " + one.reason) for one in verify(Content(root)) if not one.warning]


@pytest.mark.parametrize(("name", "old", "new", "sentence"), IN_DATA)
def test_a_mistake_in_the_data_is_told_with_its_file_and_line(
    root: Path, name: str, old: str, new: str, sentence: str
) -> None:
    change(root / f"data/{name}.toml", old, new)
    assert faults(root) == [f"data/{name}.toml, {sentence}"]


@pytest.mark.parametrize("kind", IN_TEXTS)
def test_mistakes_in_the_texts_are_told_with_file_and_line(root: Path, kind: str) -> None:
    for file, old, new, _ in IN_TEXTS[kind]:
        change(root / file, old, new)
    found = faults(root)
    for file, _, _, sentence in IN_TEXTS[kind]:
        told = [one for one in found if one.startswith(f"{file.removeprefix('scripts_fr/')}, ligne ")]
        assert len(told) == 1, (file, found)
        assert sentence in told[0]
    assert len(found) == len(IN_TEXTS[kind]), found


def saved_as(encoding: str) -> Callable[[Path], object]:
    """What Notepad and LibreOffice do to a file, with the line ends of Windows."""

    def save(file: Path) -> None:
        text = file.read_text("utf-8").replace("\N{NARROW NO-BREAK SPACE}", " ")
        file.write_bytes(text.replace("\n", "\r\n").encode(encoding))

    return save


def test_a_file_is_read_as_people_save_it(root: Path) -> None:
    names = ("data/catalogue.toml", EMAIL, HESITATION, "scripts_fr/sms/J-14.toml", "data/motifs.toml")
    before = Content(root)
    assert before.script.hash
    for name, encoding in zip(
        names, ("utf-8-sig", "utf-16", "cp1252", "utf-16-le", "utf-16-be"), strict=True
    ):
        mark = "\ufeff".encode("utf-16-be") if encoding == "utf-16-be" else b""
        saved_as(encoding)(root / name)
        (root / name).write_bytes(mark + (root / name).read_bytes())
    after = Content(root)
    assert after.data.catalogue == before.data.catalogue
    assert after.data.reasons.codes == before.data.reasons.codes
    assert after.script.hash == before.script.hash
    assert after.messages.reading == before.messages.reading


def test_a_file_that_is_not_where_it_is_read_is_named(root: Path) -> None:
    emails = root / "scripts_fr/emails"
    (emails / "J-14.toml").rename(emails / "J-14.toml.txt")
    (emails / "cloture.toml").rename(emails / "Clôture.toml")
    shutil.copy(emails / "J-7.toml", emails / "J-7 (2).toml")
    (emails / "J-3.toml").write_text("")
    (emails / "J-1.toml").write_bytes(b"PK\x03\x04 un document")
    assert sorted(faults(root)) == [
        "emails/J-1.toml : c’est un document de traitement de texte : enregistrez-le comme texte brut (.txt)",
        "emails/J-3.toml : le fichier est vide",
        "scripts_fr/emails/Clôture.toml : fichier mal nommé : renommez-le « cloture.toml »",
        "scripts_fr/emails/J-14.toml.txt : fichier mal nommé : renommez-le « J-14.toml »",
    ]
    warned = [plain(str(one)) for one in verify(Content(root)) if one.warning]
    assert "attention : scripts_fr/emails/J-7 (2).toml : rien ne lit ce fichier" in warned
