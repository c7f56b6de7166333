"""A complaint over three calls, in a terminal: nobody has to say it again, and what was promised is kept."""

from collections.abc import Callable
from pathlib import Path

from tests.program import Console, row, rows

COMPLAINT = "Deux ateliers annulés sans prévenir."


def test_a_complaint_is_taken_up_until_what_we_owe_is_done(
    marie: Path, opened: Callable[..., Console]
) -> None:
    console = opened(marie, date="2025-12-19T15:00", size=(100, 36))
    console.wait_for("Marie Dupuis")
    console.press("a")
    console.walk("Composer", "Le client est au bout du fil", "Hésite", "Le service", f"= {COMPLAINT}")
    console.press("enter")
    console.wait_for("accompagnement")
    console.jump("h")
    console.walk("Terminer")
    console.leave_call("le client a raccroché")
    console.quit()

    # Five minutes later the client calls back: what was said is on the screen, and is not asked again.
    console = opened(marie, date="2025-12-19T15:05", size=(100, 36))
    console.wait_for("Personne d’autre")
    console.press("i")
    console.wait_for("Qui appelle ?")
    console.type("dupuy")
    console.wait_for("CLT-00245")
    console.press("enter")
    console.wait_for("Le client nous rappelle")
    shown = console.wait_for(COMPLAINT)
    assert "a raccroché" in shown
    assert "souci avec le service" in " ".join(shown.replace("▌", "").split())
    console.jump("x")
    console.wait_for("Résumé pour le superviseur")
    console.type("Il veut un accompagnement.")
    console.press("enter")
    console.leave_call("transmis au superviseur")

    # The supervisor answers.
    console.press("x")
    console.wait_for("Marie Dupuis")
    console.press("m")
    console.press("l")
    console.type("Accompagnement accordé, je le confirme.")
    console.press("\x13")
    console.wait_for(lambda _: bool(rows(marie, "SELECT 1 FROM escalation WHERE answer != ''")))
    console.press("escape")
    console.settle(0.3)
    console.press("escape")
    console.wait_for("À contacter aujourd’hui")
    console.quit()

    # The third call closes with the commitment, which is then kept.
    console = opened(marie, date="2025-12-22T14:00", size=(100, 36))
    console.wait_for("Quitter")
    console.press("/")
    console.type("dupuy")
    console.wait_for("CLT-00245")
    console.press("enter")
    console.wait_for("Accompagnement accordé")
    console.settle(0.3)
    console.press("a")
    console.wait_for("Préparer l’appel")
    console.walk("Composer", "Le client est au bout du fil", "Hésite", "Le service")
    console.type("Il attend l’accompagnement.")
    console.press("enter")
    console.walk("Accepte l’accompagnement", "Préfère voir", "Terminer")
    console.leave_call("va réfléchir")
    console.press("escape")
    console.wait_for("À contacter aujourd’hui")
    console.press("u")
    console.wait_for("engagement")
    console.press("z")
    console.wait_for(lambda _: row(marie, "SELECT done_by FROM commitment")["done_by"] == "Jean")
    outcomes = [
        one["outcome"]
        for one in rows(marie, "SELECT outcome FROM call WHERE outcome != '' ORDER BY started_at")
    ]
    assert outcomes[-3:] == ["hung_up", "escalated", "undecided"]
