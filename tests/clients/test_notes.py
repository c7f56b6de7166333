from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.clients.note_words import read_note_words
from console.clients.notes import Sensitive, advise
from console.content import default_root

SHIPPED, FAULTS = read_note_words(default_root())


def test_shipped_words_are_sound() -> None:
    assert FAULTS == []
    assert [kind.name for kind in SHIPPED] == ["sante", "opinions", "jugements", "secrets"]


@pytest.mark.parametrize(
    ("note", "kind"),
    [
        ("Elle est MALADE depuis mars", "sante"),
        ("il sort d’une depression", "sante"),
        ("rappeler après le Ramadan", "opinions"),
        ("quel con", "jugements"),
        ("Fou, celui-là", "jugements"),
        ("m’a donné son mot de passe", "secrets"),
    ],
)
def test_a_sensitive_word_calls_for_its_advice(note: str, kind: str) -> None:
    (expected,) = [one.advice for one in SHIPPED if one.name == kind]
    assert advise(note, SHIPPED) == expected


@pytest.mark.parametrize(
    "note",
    [
        "",
        "Demande un conseil sur le prix, contente du service",
        "Raison personnelle. Relation bonne, à reprendre en mars.",
        "Le concours commence lundi ; il reste fourni en ateliers",
        "Trop cher : doit faire des économies en ce moment",
    ],
)
def test_an_objective_note_calls_for_nothing(note: str) -> None:
    assert advise(note, SHIPPED) == ""


@given(st.text(max_size=80))
def test_any_text_can_be_judged(text: str) -> None:
    advise(text, SHIPPED)


def test_without_words_there_is_no_advice() -> None:
    assert advise("malade", [Sensitive("vide", "conseil", ())]) == ""


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("mots = []", "doit être une table"),
        ('[sante]\nmots = ["a"]', "conseil"),
        ('[sante]\nconseil = "c"\nmots = [" * "]', "sans mot vide"),
        ('[sante]\nconseil = "c"\nmots = ["a"]\nmot = 1', "clé inconnue"),
        ("[sante", "crochet"),
    ],
)
def test_a_fault_names_its_file_and_reason(tmp_path: Path, content: str, reason: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "notes.toml").write_text(content, encoding="utf-8")
    _, faults = read_note_words(tmp_path)
    assert any("notes.toml" in str(fault) and reason in str(fault) for fault in faults)
