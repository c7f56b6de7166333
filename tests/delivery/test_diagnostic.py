"""`diagnostic`: each piece of an installation, well, wrong or not set; nothing written, no secret told."""

import json
import os
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from console.base.clock import system_clock
from console.calls.spool import Kept, KeptKind, Spool
from console.cli.app import run
from console.content import Content
from console.db.engine import open_database
from console.integrity.verify import Finding, verify
from tests.delivery.post import Post, SmsDesk

SECRET = "Q7-s3cret-of-the-tests"


@pytest.fixture(autouse=True)
def quick_content(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shipped content has tests of its own, which take their time."""

    def quick(content: Content) -> list[Finding]:
        return [] if content.folder and content.folder.is_dir() else list(verify(content))

    monkeypatch.setattr("console.integrity.diagnostic.verify", quick)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's folder, with a base and nothing set."""
    for name in [name for name in os.environ if name.startswith(("HOTLINER_", "XDG_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("HOTLINER_CONFIG", str(tmp_path / "hotliner.toml"))
    monkeypatch.setattr("console.cli.settings.start_log", lambda *_, **__: None)  # the tests keep theirs
    set_to(tmp_path)
    open_database(f"sqlite:///{tmp_path / 'base.db'}", clock=system_clock()).close()
    return tmp_path


def set_to(here: Path, **settings: Any) -> None:
    told = {"database_url": str(here / "base.db"), "log": str(here / "log"), "outbox": str(here / "out")}
    lines = (f"{name} = {json.dumps(value)}\n" for name, value in (told | settings).items())
    file = here / "hotliner.toml"
    file.write_text("".join(lines), encoding="utf-8")
    file.chmod(0o600)


@pytest.fixture
def look(here: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, dict[str, Any]]]:
    """The exit code, and what was found by name; of several faults of a piece the first."""

    def looked() -> tuple[int, dict[str, Any]]:
        before = {path: path.read_bytes() for path in here.rglob("*") if path.is_file()}
        code = run(["diagnostic", "--json"])
        told = capsys.readouterr()
        assert SECRET not in told.out + told.err
        assert before == {path: path.read_bytes() for path in here.rglob("*") if path.is_file()}
        found: dict[str, Any] = {}
        for one in json.loads(told.out):
            found.setdefault(one["controle"], one)
        assert all(one["remede"] for one in found.values() if one["etat"] == "défaut")
        assert code == int(any(one["etat"] == "défaut" for one in found.values()))
        return code, found

    return looked


def states(found: dict[str, Any], *names: str) -> list[str]:
    return [found[name]["etat"] for name in names]


Look = Callable[[], tuple[int, dict[str, Any]]]


def test_a_new_installation_is_well_and_says_what_is_not_set(look: Look) -> None:
    code, found = look()
    assert code == 0
    assert set(states(found, "programme", "base", "droits", "contenu", "horloge", "disque")) == {"bien"}
    assert set(states(found, "e-mail", "SMS", "retours", "portail", "relancer")) == {"non réglé"}


def test_the_rest_is_looked_at_where_the_base_is_not_there(look: Look, here: Path) -> None:
    for spoil in (
        lambda file: file.unlink(),
        lambda file: file.mkdir(),
        lambda file: (file.rmdir(), file.touch()),
        lambda file: file.write_bytes(b"no base at all" * 100),
    ):
        spoil(here / "base.db")
        code, found = look()
        assert code == 1
        assert states(found, "base", "contenu", "horloge", "tâches") == [
            *("défaut", "bien", "non réglé", "non réglé")
        ]


def test_a_server_that_is_away_is_named(look: Look, here: Path) -> None:
    set_to(here, database_url=f"postgresql://numi:{SECRET}@127.0.0.1:1/numi?sslpassword={SECRET}")
    code, found = look()
    assert (code, found["base"]["etat"]) == (1, "défaut")
    assert "127.0.0.1" in found["base"]["constat"]


def test_a_server_of_bases_is_looked_at(look: Look, here: Path, url: str) -> None:
    set_to(here, database_url=url)
    found = look()[1]
    assert found["base"]["etat"] == "bien"
    assert "UTF" in found["base"]["constat"]
    assert states(found, "horloge", "relancer") == ["bien", "non réglé"]


def test_what_sends_is_reached_and_sends_nothing(
    look: Look, here: Path, post: Post, desk: SmsDesk, portal: str
) -> None:
    mail = {"smtp_host": "localhost", "smtp_port": post.port, "smtp_security": "none"}
    set_to(here, **mail, sms_url=desk.url, sms_token=SECRET, link_base=f"{portal}/r")
    code, found = look()
    assert (code, *states(found, "e-mail", "SMS", "portail")) == (0, "bien", "bien", "bien")
    assert (post.letters, desk.taken) == ([], [])
    set_to(here, link_base=f"http://localhost:{desk.url.rpartition(':')[2].partition('/')[0]}/r")
    assert "n’est pas du HTTP" in look()[1]["portail"]["constat"]


def test_what_cannot_be_reached_says_what_to_look_at(look: Look, here: Path) -> None:
    gone = {"smtp_host": "127.0.0.1", "smtp_port": 1, "smtp_user": "u", "smtp_password": SECRET}
    box = {"imap_host": "127.0.0.1", "imap_port": 1, "imap_user": "u", "imap_password": SECRET}
    sms = {"sms_url": f"http://u:{SECRET}@127.0.0.1:1/x?cle={SECRET}", "sms_token": SECRET}
    set_to(here, **gone, **box, **sms, link_base="http://127.0.0.1:1/r")
    found = look()[1]
    assert set(states(found, "e-mail", "SMS", "retours", "portail")) == {"défaut"}
    assert "smtp_host" in found["e-mail"]["remede"]


def test_rights_are_told_with_the_path(look: Look, here: Path) -> None:
    (here / "base.db").chmod(0o644)
    assert "600" in look()[1]["droits"]["remede"]
    (here / "base.db").chmod(0o600)
    set_to(here, log=str(here), smtp_password=SECRET)
    assert "devrait être un fichier" in look()[1]["droits"]["constat"]
    set_to(here, smtp_password=SECRET)
    (here / "hotliner.toml").chmod(0o644)
    assert "hotliner.toml" in look()[1]["droits"]["constat"]
    set_to(here, content=str(here / "nowhere"))
    found = look()[1]
    assert states(found, "droits", "contenu") == ["défaut", "défaut"]


def test_what_a_call_has_left_on_this_machine_is_told(
    look: Look, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = here / "en-attente.db"
    monkeypatch.setattr("console.cli.diagnostic.spool_file", lambda: file)
    assert states(look()[1], "appels") == ["bien"]
    told = {"code": "C-1", "text": "Parle vite."}
    act = Kept("c", 1, 0, KeptKind.NOTE, system_clock().now(), told, "équipe (base.exemple)")
    Spool(file).put("Marie", act)
    found = look()[1]["appels"]
    assert found["constat"].startswith("1 acte d’appel (Marie)")
    assert "attend ici la base équipe (base.exemple)" in found["constat"]
    assert "Parle vite" not in found["constat"]
    file.rename(here / "en-attente-abime-1.db")
    assert "abime-1" in look()[1]["appels"]["constat"]


def test_a_piece_that_fails_on_its_own_stops_no_other(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("console.integrity.diagnostic.shutil.disk_usage", broken)
    code, found = look()
    assert (code, *states(found, "disque", "horloge")) == (1, "défaut", "bien")


@pytest.fixture
def portal() -> Any:
    """What answers as the portal does to a page that there is not."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(404)
            self.send_header("X-Robots-Tag", "noindex, nofollow")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
