"""A backup brought back on another machine: another home, another name, another account of the system."""

import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from console.cli import start
from console.cli.app import run
from console.cli.settings import load_settings
from console.content import default_root
from console.context import Context
from console.rules.links import Link, Purpose

LINK = Link(Purpose.RENEW, "CLT-1", date(2031, 1, 1), date(2031, 2, 1))
SECRET = "Q7-s3cret-of-the-tests"
NOBODY = 65534
SETTINGS = f"""
smtp_host = "smtp.exemple.fr"
smtp_user = "numi"
smtp_password = "{SECRET}"
sms_headers = {{ api-key = "{SECRET}" }}
link_base = "https://numi.support/r"
lock_minutes = 7
[keymap]
"appel.note" = "m"
"""


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that every account may go through."""
    for name in [name for name in os.environ if name.startswith(("HOTLINER_", "XDG_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setattr("console.cli.workspace.start_log", lambda *_, **__: None)  # the tests keep theirs
    monkeypatch.setattr("console.cli.settings.start_log", lambda *_, **__: None)
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def first(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The first machine's home: settings, a client, a content of its own that nobody published."""
    home = place / "a"
    content = home / "contenu"
    for part in ("data", "scripts_fr"):
        shutil.copytree(default_root() / part, content / part)
    catalogue = content / "data" / "catalogue.toml"
    catalogue.write_text(catalogue.read_text("utf-8").replace('prix = "36,99"', 'prix = "38,99"', 1), "utf-8")
    config = home / ".config" / "hotliner"
    config.mkdir(parents=True)
    (config / "hotliner.toml").write_text(f'content = "{content}"\n{SETTINGS}', encoding="utf-8")
    (home / "clients.csv").write_text(
        "code;nom;email;expire_le\nCLT-1;Roux;a@numi.example;01/01/2031\n", encoding="utf-8"
    )
    sit_at(monkeypatch, home, "poste-a")
    assert run(["importer", str(home / "clients.csv")]) == 0
    return home


def sit_at(monkeypatch: pytest.MonkeyPatch, home: Path, name: str) -> None:
    home.mkdir(exist_ok=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setattr("socket.gethostname", lambda: name)


def opened() -> Context:
    with start.working(load_settings(), reads=True) as ctx:
        assert ctx.links.secret  # read now: the base closes
        return ctx


def test_all_comes_back_elsewhere(first: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = opened().links.token(LINK)
    backup = place / "numi.db"
    assert run(["sauvegarder", str(backup)]) == 0
    assert SECRET.encode() not in backup.read_bytes()
    shutil.rmtree(first)

    sit_at(monkeypatch, place / "b", "poste-b")
    assert run(["restaurer", str(backup)]) == 0
    there = opened()
    assert there.links.open(sent) == LINK
    assert there.links.base == "https://numi.support/r"
    assert 3899 in there.content.data.catalogue.tariffs.values()
    settings = load_settings()
    assert settings.file.stat().st_mode & 0o777 == 0o600
    assert settings.settings.keymap == {"appel.note": "m"}
    assert (settings.settings.lock_minutes, settings.settings.smtp_password) == (7, "")
    assert settings.settings.content is None


def test_passwords_come_where_asked_and_settings_there_stay(
    first: Path, place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    backup = place / "numi.db"
    assert run(["sauvegarder", str(backup), "--mots-de-passe"]) == 0
    base = first / ".local" / "share" / "hotliner" / "hotliner.db"
    assert SECRET.encode() not in base.read_bytes()
    sit_at(monkeypatch, place / "b", "poste-b")
    own = place / "b" / ".config" / "hotliner" / "hotliner.toml"
    own.parent.mkdir(parents=True)
    own.write_text("lock_minutes = 3\n", encoding="utf-8")
    assert run(["restaurer", str(backup)]) == 0
    assert own.read_text("utf-8") == "lock_minutes = 3\n"
    (beside,) = own.parent.glob("hotliner-restaure-*.toml")
    assert f'smtp_password = "{SECRET}"' in beside.read_text("utf-8")
    assert str(beside) in capsys.readouterr().err
    monkeypatch.setenv("HOTLINER_CONFIG", str(beside))
    assert json.dumps(load_settings().settings.sms_headers) == json.dumps({"api-key": SECRET})


def test_content_being_edited_comes_back_too(
    first: Path, place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def saved(name: str) -> str:
        capsys.readouterr()
        assert run(["sauvegarder", str(place / name)]) == 0
        return capsys.readouterr().err

    assert "pas encore publié." not in saved("avant.db"), "what is in force is in the base"
    edited = first / "contenu" / "data" / "motifs.toml"
    edited.write_text(edited.read_text("utf-8") + "\n[[motifs\n", "utf-8")  # half typed: not in force
    assert "le dossier de contenu des réglages, pas encore publié." in saved("numi.db")
    half = edited.read_text("utf-8")
    with closing(sqlite3.connect(place / "numi.db")) as copy, copy:  # a copy that somebody has prepared
        (kept,) = copy.execute("SELECT value FROM meta WHERE key = 'backup.settings'").fetchone()
        told = json.loads(kept)
        told["contenu"] |= {"../dehors.toml": "x", str(place / "dehors.toml"): "x"}
        copy.execute("UPDATE meta SET value = ? WHERE key = 'backup.settings'", (json.dumps(told),))
    shutil.rmtree(first)
    sit_at(monkeypatch, place / "b", "poste-b")
    assert run(["restaurer", str(place / "numi.db")]) == 0
    (folder,) = (place / "b" / ".config" / "hotliner").glob("contenu-restaure-*")
    assert str(folder) in capsys.readouterr().err
    assert not list(place.rglob("dehors.toml")), "nothing is written beside its folder"
    assert (folder / "data" / "motifs.toml").read_text("utf-8") == half
    assert (folder / "scripts_fr" / "emails" / "J-14.toml").exists()
    assert 3899 in opened().content.data.catalogue.tariffs.values(), "the last good version is in force"


def test_another_account_brings_it_back(first: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.getuid() != 0:
        pytest.skip("only root becomes somebody else")
    sent = opened().links.token(LINK)
    home = place / "c"
    sit_at(monkeypatch, home, "poste-c")
    backup = home / "numi.db"
    monkeypatch.setenv("HOME", str(first))
    assert run(["sauvegarder", str(backup)]) == 0
    for path in (home, backup):
        os.chown(path, NOBODY, NOBODY)
    monkeypatch.setenv("HOME", str(home))
    if (child := os.fork()) == 0:
        code = 99
        try:
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            code = run(["restaurer", str(backup)]) or int(opened().links.open(sent) != LINK)
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    base = home / ".local" / "share" / "hotliner" / "hotliner.db"
    assert (base.stat().st_uid, base.stat().st_mode & 0o777) == (NOBODY, 0o600)
