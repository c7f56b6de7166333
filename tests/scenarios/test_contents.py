"""The content as a supervisor changes it: taken out, edited, published while others work, and taken back."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import ready
from tests.program import Console, home, row, rows
from tests.world import plain

CLIENTS = """code;civilite;prenom;nom;email;telephone;client_depuis;expire_le
CLT-00001;Mme;Marie;Dupuis;marie@example.org;06 12 34 56 78;2025-06-01;31/12/2025
CLT-00002;M.;Luc;Petit;luc@example.org;06 12 34 56 79;2025-06-01;31/12/2025
CLT-00003;Mme;Zoé;Martin;zoe@example.org;06 12 34 56 80;2025-06-01;09/01/2026
"""
FRIDAY = "2025-12-19T15:00"
REASON = """
[[motifs]]
code = "CONCURRENT"
libelle = "parti chez un concurrent"
"""
ITS_CHOICE = """
[[etapes.motif.choix]]
libelle = "Part chez un concurrent"
vers = "verbatim"
motif = "CONCURRENT"

[etapes.verbatim]
"""
FOURTH = """
[[etapes.prix-annuel.choix]]
libelle = "Veut parrainer un ami"
vers = "parrainage"
refuse = ["basic", "remise", "pause"]

[etapes.parrainage]
titre = "Parrainer un ami"
dire = \"\"\"
Avec plaisir, {{ client.nom_complet }} : votre ami et vous gagnez chacun un mois. Je le renouvelle ?
\"\"\"

[[etapes.parrainage.choix]]
libelle = "Oui, renouvelle"
vers = "oui"

[[etapes.parrainage.choix]]
libelle = "Non, il part"
vers = "motif"

[etapes.usage]
"""
STEP = """
[[etapes]]
code = "J-21"
decalage = -21
titre = "Un mot trois semaines avant"
canaux = ["e-mail"]
appels = "personne"

[[etapes]]
code = "J-14"
"""
MESSAGE = '''objet = "Votre abonnement {{ societe.nom }} se termine dans trois semaines"
texte = """
{{ client.bonjour }},

Votre abonnement se termine le {{ abonnement.echeance_longue }}. Le renouveler : {{ renouvellement.prix }}.

{{ lien.renouveler|bouton("Je renouvelle") }}

{{ lien.desinscrire|lien("Ne plus recevoir ces rappels") }}
"""
'''
EDITS = (
    ("data/catalogue.toml", 'prix = "36,99"', 'prix = "41,99"'),
    ("data/motifs.toml", '\n[[motifs]]\ncode = "AUTRE"\n', f'{REASON}\n[[motifs]]\ncode = "AUTRE"\n'),
    ("scripts_fr/appel/6-depart.toml", "\n[etapes.verbatim]\n", ITS_CHOICE),
    ("scripts_fr/appel/4-hesitation.toml", "\n[etapes.usage]\n", FOURTH),
    ("data/relances.toml", '\n[[etapes]]\ncode = "J-14"\n', STEP),
)

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def command(*arguments: str, date: str = FRIDAY) -> subprocess.CompletedProcess[str]:
        options = ("--base", str(tmp_path / "base.db"), "--agent", "Camille", "--date", date)
        return ready.run(*arguments, *options, env={"PATH": "", **home(tmp_path)})

    return command


def edit(folder: Path) -> None:
    for name, old, new in EDITS:
        file = folder / name
        text = file.read_text("utf-8-sig")
        assert old in text, name
        file.write_bytes(text.replace(old, new, 1).replace("\n", "\r\n").encode("utf-8-sig"))  # Notepad
    (folder / "scripts_fr/emails/J-21.toml").write_text(MESSAGE, "utf-8")


def said(base: Path, agent: str) -> str:
    """What the agent's last call has had read out."""
    steps = rows(
        base,
        "SELECT s.said FROM call_step s JOIN call c ON c.id = s.call_id WHERE c.agent = ? ORDER BY s.id",
        agent,
    )
    return plain(" ".join(one["said"] for one in steps))


def test_a_supervisor_edits_publishes_and_takes_back(
    run: Run, opened: Callable[..., Console], tmp_path: Path
) -> None:
    base, folder, clients = tmp_path / "base.db", tmp_path / "mien", tmp_path / "clients.csv"
    clients.write_text(CLIENTS, encoding="utf-8")
    assert run("importer", str(clients), date="2025-12-10").returncode == 0
    jean, ana = opened(base, agent="Jean"), opened(base, agent="Ana")
    jean.wait_for("Marie Dupuis")
    ana.wait_for("Luc Petit")
    jean.press("a")
    jean.walk("Composer le numéro", "Le client est au bout du fil")

    assert run("contenu", "sortir", str(folder)).returncode == 0
    edit(folder)
    checked = run("contenu", "verifier", str(folder))
    assert checked.returncode == 0, checked.stdout
    seen = plain(run("apercu", "J-21", "--profils", "--dossier", str(folder)).stdout)
    assert seen.startswith("== J-21, e-mail · ")
    assert "Le renouveler : 41,99 €" in seen
    (folder / "scripts_fr/emails/J-21.toml").write_text(MESSAGE.replace("{{ client.bonjour }}", "[PRENOM]"))
    refused = run("contenu", "publier", str(folder))
    assert refused.returncode == 2
    assert "emails/J-21.toml, ligne 3" in plain(refused.stderr)
    (folder / "scripts_fr/emails/J-21.toml").write_text(MESSAGE)
    done = run("contenu", "publier", str(folder))
    assert done.returncode == 0, done.stderr
    told = plain(done.stdout)
    for words in (
        "Premium par an : 36,99 € → 41,99 €",
        "Motif en plus : CONCURRENT",
        "Étape de relance en plus : J-21",
        "Étape du script en plus : parrainage",
    ):
        assert words in told

    jean.choose("Hésite ou refuse")
    jean.choose("Le prix")
    assert "Veut parrainer" not in jean.text, "a call that has begun keeps its script"
    assert "41,99" not in jean.text
    jean.walk("Rien ne lui convient")
    assert "concurrent" not in jean.text
    assert "41,99" not in said(base, "Jean")

    ana.press("down", "a")
    ana.walk("Composer le numéro", "Le client est au bout du fil", "Hésite ou refuse", "Le prix")
    assert "41,99" in ana.text
    ana.walk("Veut parrainer un ami")
    assert "votre ami et vous gagnez" in ana.text
    ana.walk("Non, il part", "Part chez un concurrent", "= Il a trouvé moins cher.")
    ana.press("enter")
    ana.choose("Bonne relation : relance possible")
    ana.leave_call("refus définitif")
    assert row(base, "SELECT reason FROM churn_record")["reason"] == "CONCURRENT"

    assert run("relancer", date="2025-12-19T16:00").returncode == 0
    sent = [plain(one["text"]) for one in rows(base, "SELECT text FROM message WHERE step = 'J-21'")]
    assert len(sent) == 1
    assert "41,99 €" in sent[0]
    told = "SELECT DISTINCT last_name FROM message JOIN client ON client.id = client_id"
    old = f"{told} WHERE text LIKE '%36,99%'"
    assert [one["last_name"] for one in rows(base, old)] == ["Dupuis"], "whom Jean told that price today"

    listed = plain(run("contenu", "versions").stdout).splitlines()
    assert len(listed) == 2
    assert "Camille" in listed[0]
    assert "en vigueur" in listed[0]
    back = run("contenu", "revenir", "1")
    assert "Premium par an : 41,99 € → 36,99 €" in plain(back.stdout)
    again = rows(base, "SELECT hash FROM content_version ORDER BY number")
    assert again[0] == again[2] != again[1]
    assert "parrainage" not in run("script").stdout
