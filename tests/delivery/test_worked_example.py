"""The worked example by the commands, day by day, with a real SMTP server and a real HTTP endpoint."""

import json
import os
from pathlib import Path

import pytest

from tests import ready
from tests.delivery.post import Letter, Post, SmsDesk
from tests.program import home
from tests.world import DIAL, REFUSAL, World, paris, plain

CLIENTS = (
    "code;civilite;prenom;nom;email;telephone;formule;client_depuis;expire_le\n"
    "CLT-00245;Mme;Marie;Dupuis;marie.dupuis@example.org;06 12 34 56 78;Premium;01/06/2024;31/12/2025\n"
)
DOWNGRADE = (
    *DIAL,
    "Hésite",
    "Le prix",
    "Accepte le passage à Basic",
    "Le client confirme",
    "Ne pas demander",
)


class Outside:
    """The commands as cron runs them, on a database of their own."""

    def __init__(self, folder: Path, post: Post, desk: SmsDesk) -> None:
        self.base = folder / "base.db"
        self.folder = folder
        self.env = {
            **home(folder),
            "PATH": os.defpath,
            "HOTLINER_SMTP_HOST": "127.0.0.1",
            "HOTLINER_SMTP_PORT": str(post.port),
            "HOTLINER_SMTP_SECURITY": "none",
            "HOTLINER_SMS_URL": desk.url,
            "HOTLINER_SMS_TOKEN": "jeton",
            "HOTLINER_SMS_TEMPLATE": json.dumps({"to": "{to}", "text": "{text}", "id": "{id}"}),
            "HOTLINER_LINK_SECRET": "secret of the tests",
        }

    def run(self, at: str, *line: str) -> None:
        options = ("--base", str(self.base), "--date", at)
        ready.run(*line, *options, env=self.env).check_returncode()

    def day(self, day: str) -> None:
        """Cron's two lines of a day; each process begins its clock anew, so the second comes later."""
        self.run(f"{day}T08:00", "relancer")
        self.run(f"{day}T08:05", "envoyer")

    def call(self, at: str, *labels: str) -> None:
        world = World(self.base, paris(at))
        (row,) = world.services.clients.search("CLT-00245")
        world.walk(world.begin(row.client_id), *labels)
        world.database.close()


@pytest.fixture
def outside(tmp_path: Path, post: Post, desk: SmsDesk) -> Outside:
    one = Outside(tmp_path, post, desk)
    (tmp_path / "clients.csv").write_text(CLIENTS, encoding="utf-8")
    one.run("2025-11-20T09:00", "importer", str(tmp_path / "clients.csv"))
    one.day("2025-12-01")
    one.day("2025-12-17")
    return one


def read(letter: Letter) -> tuple[str, str]:
    """Subject and text, once it is sure that both parts are there."""
    assert [part.get_content_type() for part in letter.mail.iter_parts()] == ["text/plain", "text/html"]
    return plain(str(letter.mail["Subject"])), plain(letter.part("plain"))


def test_downgrade(outside: Outside, post: Post, desk: SmsDesk) -> None:
    first, second = map(read, post.letters)
    assert "31/12/2025" in first[0]
    assert "5 %" in first[1]
    assert "24/12/2025" in second[0]
    for figure in ("34,99 €", "56,99 €", "22,00 €"):
        assert figure in second[1]
    (sms,) = desk.taken
    assert sms.body["to"] == "+33612345678"
    assert "22,00" in sms.body["text"]
    outside.call("2025-12-22T14:00", *DOWNGRADE)
    outside.run("2025-12-22T14:10", "envoyer")
    outside.day("2025-12-31")
    outside.day("2026-01-07")
    confirmed, *later = map(read, post.letters[2:])
    assert "9,99 € par mois" in confirmed[1]
    assert "01/01/2026" in confirmed[1]
    subjects = [subject for subject, _ in later]
    assert len(subjects) == 2, "the written agreement asked for, the transition, and no win-back"
    assert any(subject.startswith("Votre abonnement Basic commence le 01/01/2026") for subject in subjects)
    assert len(set(post.ids)) == 5
    assert len(desk.taken) == 1


def test_refusal(outside: Outside, post: Post, desk: SmsDesk) -> None:
    outside.call("2025-12-19T15:00", *REFUSAL)
    outside.run("2025-12-19T15:10", "envoyer")
    outside.day("2025-12-31")
    (closing,) = map(read, post.letters[2:])
    assert "31/12/2025" in closing[1]
    assert "certificat" in closing[1]
    assert len(desk.taken) == 1
