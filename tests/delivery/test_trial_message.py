"""`essai-envoi`: one real message to oneself, and what the other side answered, taken or not."""

import subprocess
from pathlib import Path

from tests import ready
from tests.delivery.post import Post, SmsDesk
from tests.delivery.test_worked_example import CLIENTS, Outside
from tests.world import plain


def test_what_the_server_says_is_told(tmp_path: Path, post: Post, desk: SmsDesk) -> None:
    outside = Outside(tmp_path, post, desk)
    clients = tmp_path / "clients.csv"
    clients.write_text(CLIENTS, encoding="utf-8")
    outside.run("2025-12-17T09:00", "importer", str(clients))

    def send(address: str, **more: str) -> subprocess.CompletedProcess[str]:
        at = ("--base", str(outside.base), "--date", "2025-12-17T10:00")
        return ready.run("essai-envoi", address, *at, env=outside.env | more)

    taken = send("moi@example.org")
    assert (taken.returncode, len(post.letters)) == (0, 1)
    assert "moi@example.org. Réponse : 250 " in plain(taken.stderr)
    assert "https" not in taken.stderr
    here = send("moi@example.org", HOTLINER_LINK_BASE="http://127.0.0.1:9/r")
    assert "Les liens mènent à http://127.0.0.1:9/r : sans https" in plain(here.stderr)
    post.orders["RCPT"] = ["550 5.1.1 no such user"]
    refused = send("moi@example.org")
    assert refused.returncode == 1
    assert "550 5.1.1 no such user" in plain(refused.stderr)
    assert send("06 12 34 56 78").returncode == 0
    assert desk.taken[0].body["to"] == "+33612345678"
    for nobody in ("moi", "a@b", "0612"):
        wrong = send(nobody)
        assert wrong.returncode == 2
        assert nobody in plain(wrong.stderr)
