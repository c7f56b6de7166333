"""The files of the content broken, emptied and taken away while calls are made: nobody is stopped."""

import shutil
from collections.abc import Callable
from pathlib import Path

from console.content import default_root
from tests import ready
from tests.program import FRIDAY, Console, home, rows

REACHED = ("Composer le numéro", "Le client est au bout du fil")
RENEWS = ("Décide de renouveler", "Décide de renouveler", "Récapituler")
CLIENTS = """code;civilite;prenom;nom;email;telephone;client_depuis;expire_le
1;Mme;Marie;Dupuis;marie@example.org;06 12 34 56 78;2025-06-01;31/12/2025
2;M.;Luc;Petit;luc@example.org;06 12 34 56 79;2025-06-01;31/12/2025
"""


def test_calls_are_made_whatever_becomes_of_the_files(opened: Callable[..., Console], tmp_path: Path) -> None:
    base, content = tmp_path / "base.db", tmp_path / "contenu"
    for part in ("data", "scripts_fr"):
        shutil.copytree(default_root() / part, content / part)
    settings = tmp_path / "home" / "hotliner" / "hotliner.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text(f'content = "{content}"\n', encoding="utf-8")
    (tmp_path / "clients.csv").write_text(CLIENTS, encoding="utf-8")
    command = ("importer", str(tmp_path / "clients.csv"), "--base", str(base), "--date", FRIDAY)
    assert ready.run(*command, env={"PATH": "", **home(tmp_path)}).returncode == 0

    jean = opened(base)
    jean.wait_for("Marie Dupuis")
    jean.press("a")
    jean.walk(*REACHED)
    with (content / "data" / "catalogue.toml").open("a", encoding="utf-8") as file:
        file.write('\n[[tarifs\nprix = "36,99\n')
    for script in (content / "scripts_fr" / "appel").glob("*.toml"):
        script.write_text("")
    jean.choose("Hésite ou refuse")
    jean.choose("Le prix")
    assert "36,99" in jean.text
    jean.walk("Rien ne lui convient", "Trop cher", "= C’est trop cher pour moi.")
    jean.press("enter")
    jean.choose("Bonne relation : relance possible")
    jean.leave_call("refus définitif")

    shutil.rmtree(content)
    jean.wait_for("Refus de renouvellement 1")  # Luc is first now
    jean.press("a")
    jean.walk(*REACHED)
    ana = opened(base, agent="Ana")
    assert "textes d’avant, les fichiers ont un défaut" in ana.wait_for("Luc Petit")
    kinds = rows(base, "SELECT DISTINCT kind FROM message WHERE kind = 'cloture'")
    assert len(kinds) == 1, "the letter of the first call is written"
    hashes = rows(base, "SELECT DISTINCT content FROM call")
    assert len(hashes) == 1, "both calls go by the last good version"
