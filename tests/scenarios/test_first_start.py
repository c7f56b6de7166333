"""The first start: what `make run` opens, and the empty base of somebody who wants to work."""

from pathlib import Path

from tests.program import counted, figures, home
from tests.terminal import Terminal, hotliner
from tests.world import plain


def filled(text: str) -> bool:
    return "23 (49 %)" in plain(text)


def test_the_demo_opens_with_the_figures_known_in_advance(tmp_path: Path) -> None:
    with Terminal(hotliner("demo"), size=(120, 40), env=home(tmp_path)) as console:
        shown = figures(plain(console.wait_for(counted)))
        assert shown == {
            "to_contact": 47,
            "retained": 23,
            "awaiting": 24,
            "at_risk": 8,
            "urgent": 3,
            "week": 13,
            "later": 8,
            "workshops": 18,
            "refused": 3,
            "lapsed": 0,
        }
        text = plain(console.text)
        cards = [text.index(name) for name in ("Marie Dupuis", "Paul Martin", "Sophie Bernard")]
        assert cards == sorted(cards)
        console.press("q")
        assert console.wait_exit() == 0
    assert (tmp_path / "home" / "hotliner" / "demo.db").exists()


def test_an_empty_base_offers_the_demo(tmp_path: Path) -> None:
    with Terminal(hotliner(), size=(100, 36), env=home(tmp_path)) as console:
        console.wait_for("Bienvenue dans la console")
        console.press("&")
        console.wait_for(filled)
        console.wait_for("démo")
        console.press("q")
        assert console.wait_exit() == 0
    # The base for work stays empty: the next start offers the same again.
    with Terminal(hotliner(), size=(80, 24), env=home(tmp_path)) as console:
        console.wait_for("Bienvenue dans la console")
        console.press("q")
        assert console.wait_exit() == 0


def test_an_empty_base_takes_a_file_of_clients(tmp_path: Path) -> None:
    clients = tmp_path / "clients.csv"
    clients.write_text("code;nom;prenom;email;expire_le\nCLT-00001;Noël;Zoé;zoe@example.org;31/12/2025\n")
    with Terminal(hotliner("--date", "2025-12-19T15:00"), size=(100, 36), env=home(tmp_path)) as console:
        console.wait_for("Bienvenue dans la console")
        console.press("é")
        console.wait_for("Chemin du fichier CSV")
        console.send(f"{clients}\r")
        console.wait_for("Zoé Noël")
        console.wait_for("1 client importé")
