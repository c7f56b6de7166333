import os
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from console.base.errors import RefusedInputError
from console.cli.settings import (
    Configuration,
    Settings,
    database_address,
    database_file,
    load_settings,
    masked,
    shown,
)


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in [name for name in os.environ if name.startswith("HOTLINER_")]:
        monkeypatch.delenv(name)
    file = tmp_path / "hotliner.toml"
    file.write_text("")
    monkeypatch.setenv("HOTLINER_CONFIG", str(file))
    return file


def read(monkeypatch: pytest.MonkeyPatch, file: Path, content: str = "", **variables: str) -> Configuration:
    file.write_text(content, encoding="utf-8")
    for name, value in variables.items():
        monkeypatch.setenv(f"HOTLINER_{name}", value)
    return load_settings({})


def test_everything_has_a_default() -> None:
    found = load_settings()
    assert set(found.origins) == set(Settings.model_fields)
    assert set(found.origins.values()) == {"valeur par défaut"}
    assert found.settings.agent
    assert database_file(found.settings.database_url) is not None


def test_options_beat_variables_beat_the_file(monkeypatch: pytest.MonkeyPatch, nothing_set: Path) -> None:
    content = 'agent = "fichier"\ntheme = "jour"\n[keymap]\n"appel.note" = "m"\n'
    nothing_set.write_text(content)
    monkeypatch.setenv("HOTLINER_AGENT", "variable")
    found = load_settings({"agent": "option"})
    assert (found.settings.agent, found.origins["agent"]) == ("option", "option --agent")
    assert found.settings.keymap == {"appel.note": "m"}
    assert found.origins["theme"] == f"fichier {nothing_set}"
    found = load_settings()
    assert (found.settings.agent, found.origins["agent"]) == ("variable", "variable HOTLINER_AGENT")


def test_a_date_without_zone_is_read_in_paris(monkeypatch: pytest.MonkeyPatch, nothing_set: Path) -> None:
    wanted = datetime(2025, 12, 22, 14, tzinfo=ZoneInfo("Europe/Paris"))
    assert read(monkeypatch, nothing_set, DATE="2025-12-22T14:00").settings.date == wanted
    monkeypatch.delenv("HOTLINER_DATE")
    assert read(monkeypatch, nothing_set, "date = 2025-12-22T14:00:00").settings.date == wanted


@pytest.mark.parametrize(
    ("content", "variables", "words"),
    [
        ("agnt = 'x'", {}, ["« agnt »", "fichier", "n’existe pas"]),
        ("agent = ", {}, ["hotliner.toml", "TOML"]),
        ("agent = 3", {}, ["« agent »", "un texte"]),
        ("kitty_keys = 'peut-être'", {}, ["« kitty_keys »", "true"]),
        ("keymap = 'x'", {}, ["« keymap »", "table"]),
        ("", {"DATE": "hier"}, ["variable HOTLINER_DATE", "AAAA-MM-JJ"]),
        ("", {"KEYMAP": "{"}, ["HOTLINER_KEYMAP", "JSON"]),
        ("", {"DATABSE_URL": "x"}, ["HOTLINER_DATABSE_URL", "pas un réglage connu"]),
        ("", {"DATABASE_URL": "mysql://h/x"}, ["HOTLINER_DATABASE_URL", "postgresql"]),
        ("", {"DATABASE_URL": "postgresql://u:pa@secret@h/x"}, ["HOTLINER_DATABASE_URL", "s’écrit %40"]),
        ("", {"DATABASE_URL": "postgresql://u:secret@h:port/x"}, ["HOTLINER_DATABASE_URL", "est illisible"]),
        ("", {"CONFIG": "/nulle/part.toml"}, ["/nulle/part.toml", "n’existe pas"]),
    ],
)
def test_a_bad_value_names_its_place_and_the_reason(
    monkeypatch: pytest.MonkeyPatch,
    nothing_set: Path,
    content: str,
    variables: dict[str, str],
    words: list[str],
) -> None:
    with pytest.raises(RefusedInputError) as refused:
        read(monkeypatch, nothing_set, content, **variables)
    said = str(refused.value).replace("\u00a0", " ").replace("\u202f", " ")
    for word in words:
        assert word in said
    assert "secret" not in said


def test_a_database_is_a_file_or_a_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    inside = f"sqlite:///{tmp_path / 'a.db'}"
    for given in ("a.db", str(tmp_path / "a.db"), "sqlite:///a.db", inside):
        assert database_address(given) == inside
    for given in ("postgres://u@h/x", "postgresql://u@h/x", "postgresql+psycopg://u@h/x"):
        assert database_address(given) == "postgresql+psycopg://u@h/x"
    assert database_file("postgresql+psycopg://u@h/x") is None


def test_passwords_are_never_shown() -> None:
    shown = masked("postgresql+psycopg://u:secret@h/x?sslpassword=secret&sslmode=require")
    assert "secret" not in shown
    assert "sslmode=require" in shown


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("smtp_port = 70000", ["« smtp_port »", "65535"]),
        ("smtp_port = 'x'", ["« smtp_port »", "nombre"]),
        ("smtp_security = 'ssl'", ["« smtp_security »", "starttls"]),
        ("smtp_user = 'u'\nsmtp_security = 'none'", ["« smtp_user »", "en clair"]),
        ("dial_command = 'appeler'", ["« dial_command »", "{number}"]),
        ("dial_command = '{number} x'", ["« dial_command »", "un programme"]),
        ("dial_command = 'x \"{number}'", ["« dial_command »", "guillemet"]),
        ("ami_host = 'a'", ["« ami_context »", "ami_user"]),
        ("mail_from = 'a@b.fr, c@d.fr'", ["« mail_from »", "adresse e-mail"]),
        ("sms_url = 'http://sms.example/x'", ["« sms_url »", "https://"]),
        ("sms_url = 'https://h:port/'", ["« sms_url »"]),
        ("link_base = 'ftp://x'", ["« link_base »", "https://"]),
        ("sms_template = '{'", ["« sms_template »", "JSON"]),
        ('sms_template = \'{"t": "{text}"}\'', ["« sms_template »", "{to}"]),
        ("link_secret = 'court'", ["« link_secret »", "16"]),
        ('smtp_host = "a\\nb"', ["« smtp_host »", "une ligne"]),
    ],
)
def test_a_wrong_way_out_is_refused(
    monkeypatch: pytest.MonkeyPatch, nothing_set: Path, content: str, words: list[str]
) -> None:
    with pytest.raises(RefusedInputError) as refusal:
        read(monkeypatch, nothing_set, content)
    said = str(refusal.value).replace("\u00a0", " ")
    assert all(word in said for word in words)


def test_the_ways_out_of_the_settings(monkeypatch: pytest.MonkeyPatch, nothing_set: Path) -> None:
    outside = read(monkeypatch, nothing_set).settings.outside()
    assert (outside.smtp, outside.sms) == (None, None)
    assert outside.folder
    content = "smtp_security = 'TLS'\nsms_url = 'http://localhost:8080/sms'\n"
    outside = read(
        monkeypatch, nothing_set, content, SMTP_HOST="mail.example", SMTP_PORT="2525"
    ).settings.outside()
    assert outside.smtp
    assert outside.sms
    assert (outside.smtp.host, outside.smtp.port, outside.smtp.security) == ("mail.example", 2525, "tls")


def test_no_secret_is_shown() -> None:
    secret = {"smtp_password": "s3cret", "sms_token": "s3cret", "link_secret": "s3cret" * 4}
    assert {shown(name, value) for name, value in secret.items()} == {"***"}
    assert shown("smtp_password", "") == ""
    assert shown("sms_url", "https://u:s3cret@h:8443/p?key=s3cret") == "https://h:8443/p?***"
    assert "s3cret" not in shown("database_url", "postgresql+psycopg://u:s3cret@h/x")
    assert shown("agent", "Jean") == "Jean"
