"""A supervisor's session in a terminal, keys only: find, read, re-code, ask, export, and open the export."""

from collections.abc import Callable
from pathlib import Path

from console.base.roles import Role
from console.people.accounts import UserService
from tests.program import FRIDAY, Console, row, rows  # noqa: F401(fixtures)
from tests.readers.office import needs_office, opened_in
from tests.world import REFUSAL, World, paris

PASSWORD = "un cheval correct"


def refused(database: Path) -> None:
    """Jean's day: Marie leaves for the price; so does somebody who is no VIP, and a VIP for the service."""
    world = World(database, paris(FRIDAY))
    marie_id = row(database, "SELECT id FROM client")["id"]
    world.walk(world.begin(marie_id), *REFUSAL)
    newcomer = world.add("CLT-00900", last_name="=1+1", client_since=paris("2025-10-01T00:00").date())
    world.walk(world.begin(newcomer), *REFUSAL)
    users = UserService(world.context)
    for name, role in (("Ada", Role.ADMINISTRATOR), ("Ana", Role.SUPERVISOR), ("Jean", Role.HOTLINER)):
        users.add(name, role, PASSWORD)
    world.database.close()


@needs_office
def test_what_a_supervisor_does_with_a_refusal(
    marie: Path,
    opened: Callable[..., Console],
    tmp_path: Path,
) -> None:
    refused(marie)
    ana = opened(marie, agent="Ana", size=(100, 40))
    ana.wait_for("Connexion")
    ana.send(PASSWORD)
    ana.press("enter")
    ana.wait_for("Ana · superviseur")

    ana.press("r")
    ana.wait_for("Refus 2")
    ana.press("c")
    ana.wait_for("Critères du journal")
    ana.press("down")
    ana.type("01/12/2025 31/12/2025")
    ana.press("down")
    ana.type("prix")
    ana.press("down", "down", "down")
    ana.type("oui")
    ana.press("enter")
    ana.wait_for("Refus 1")
    ana.wait_for("Marie Dupuis")

    ana.press("enter")
    ana.wait_for("Je dois faire des économies en ce moment.")
    ana.press("pagedown")
    ana.wait_for("Rien ne lui convient")
    ana.press("m")
    ana.wait_for("Recoder le motif")
    ana.press("(")
    ana.wait_for("Motif recodé : PROJET.")
    ana.press("u")
    ana.wait_for("Question")
    ana.type("A-t-elle parlé d’un concurrent ?")
    ana.press("ctrl+s")
    ana.wait_for("C’est enregistré.")
    ana.press("escape")
    ana.wait_for("Aucun refus")  # the price is not its reason any more
    ana.press("t")
    ana.wait_for("PRIX → PROJET")

    ana.press("ctrl+e")
    ana.wait_for("1  Les refus montrés")
    ana.press("&")
    ana.wait_for("2 lignes. Écrit")
    ana.press("escape")
    ana.dashboard()
    ana.quit()

    (workbook,) = tmp_path.rglob("*.xlsx")
    (sheet,) = opened_in(tmp_path / "office", workbook).values()
    line = next(one for one in sheet if one["code"].value == "CLT-00245")
    assert line["client"].value == "Marie Dupuis"
    assert [name for one in sheet for name, cell in one.items() if cell.formula] == []
    assert (line["motif"].value, line["motif_recode"].value, line["date_effet"].kind) == (
        "PRIX",
        "PROJET",
        "date",
    )

    jean = opened(marie, agent="Jean", size=(100, 40))
    jean.wait_for("Connexion")
    jean.send(PASSWORD)
    jean.press("enter")
    jean.wait_for("1 question d’un superviseur")
    jean.press("u")
    jean.wait_for("d’un concurrent")
    signed = rows(marie, "SELECT author, kind FROM record_amendment ORDER BY id")
    assert [(one["author"], one["kind"]) for one in signed] == [("Ana", "recoded"), ("Ana", "question")]
    acts = {
        one["text"] for one in rows(marie, "SELECT text FROM event WHERE kind = 'audit' AND agent = 'Ana'")
    }
    assert {"user.signed_in", "refusal.recoded"} <= acts
    assert any("export" in act for act in acts)
