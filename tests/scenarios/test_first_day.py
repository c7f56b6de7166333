"""A first day on the demonstration, keys only, no Maj: tour, quiz, checklist, a simulated refusal."""

from collections.abc import Callable
from pathlib import Path

from tests.program import DEMO_DAY, Console, row, rows

QUIZ = 'éé"é"'
"""The right answers, as an AZERTY keyboard gives them."""
TOUR = (" ", "é", "a", '"', "n", "", "?")
"""What each page of the tour offers to try."""
JULIEN = "5"
"""The number of a simulated call whose client hesitates, finds it a bad time, and leaves."""
WALK = (
    "Composer le numéro",
    "Le client est au bout du fil",
    "Hésite ou refuse",
    "Ce n’est pas le moment",
    "Ni l’un ni l’autre",
    "C’est définitif",
    "Ce n’est pas le moment",
)


def test_the_tour_once_then_the_quiz_a_point_ticked_by_hand_and_a_simulated_refusal(
    demo: Path, opened: Callable[..., Console]
) -> None:
    def start() -> Console:
        return opened(demo, date=DEMO_DAY, size=(80, 24), demo=True, tour=True)

    console = start()
    for number, tried in enumerate(TOUR, 1):
        console.wait_for(f"Visite guidée · {number} sur 7")
        if tried:
            console.press(tried)
        if tried == "?":
            console.wait_for("Les touches du premier jour")
            console.press("?")
        if tried:
            console.wait_for("✓ ")
        console.press("enter")
    console.wait_for("Visite guidée", absent=True)
    console.wait_for("Marie Dupuis")
    console.quit()
    seen = row(demo, "SELECT agent, key FROM event WHERE kind = 'tour'")
    assert seen == {"agent": "Jean", "key": "tour:Jean"}
    assert rows(demo, "SELECT 1 FROM call WHERE ended_at IS NULL") == []

    console = start()
    console.wait_for("Marie Dupuis")
    console.settle(0.5)
    assert "Visite guidée" not in console.text
    console.press("f")
    console.wait_for("Vous n’avez pas encore passé le quiz.")
    console.press("&")
    for number, right in enumerate(QUIZ, 1):
        console.wait_for(f"question {number} sur 5")
        console.press(right)
        console.wait_for("✓ Oui")
        console.press("enter")
    console.wait_for("Le quiz est réussi.")
    assert "5 sur 5" in console.text
    console.press("enter")
    console.wait_for("✓ réussi le 20/12/2025 · meilleur score 5 sur 5 · 1 essai")
    console.press("backspace")
    console.wait_for("À contacter aujourd’hui")

    console.press("c")
    console.wait_for("Liste de contrôle")
    left = console.wait_for("à cocher").count("à cocher")
    console.press("space")
    console.wait_for(lambda text: text.count("à cocher") == left - 1)
    assert "Jean" in console.text
    console.press("backspace")
    console.wait_for("À contacter aujourd’hui")
    assert len(rows(demo, "SELECT 1 FROM event WHERE kind = 'checklist' AND agent = 'Jean'")) == 1

    records = rows(demo, "SELECT * FROM churn_record")
    console.press("f")
    console.wait_for("meilleur score 5 sur 5")
    console.press('"')
    console.wait_for("Simuler un appel")
    console.send(JULIEN)
    console.press("enter")
    for choice in WALK:
        console.choose(choice)
    console.send("Trop de choses à la fois.")
    console.press("enter")
    console.choose("Bonne relation, mais pas de relance")
    console.wait_for("Appel terminé")
    console.settle(0.1)
    console.press("&")
    console.wait_for("Bilan de l’appel n° 5")
    assert "8 sur 8" in console.wait_for("score gardé")
    console.press("enter")
    console.wait_for("au mieux 8 sur 8")
    console.press("backspace")
    console.wait_for("À contacter aujourd’hui")
    assert rows(demo, "SELECT * FROM churn_record") == records

    console.press("ctrl+p")
    console.wait_for("Nom d’une commande")
    console.send("visite")
    console.wait_for("Visite guidée")
    console.press("enter")
    console.wait_for("1 sur 7")
    console.press("escape")
    console.wait_for("1 sur 7", absent=True)
    console.quit()
    assert len(rows(demo, "SELECT 1 FROM event WHERE kind = 'tour'")) == 1
