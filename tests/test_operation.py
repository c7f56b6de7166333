"""What the README gives to paste: units that systemd takes, lines that cron takes, settings that are some."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from console.base.errors import HotlinerError
from console.cli.app import app, run
from console.cli.settings import PREFIX, Settings

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
PROGRAM = "/opt/hotliner/bin/hotliner"
FIELD = re.compile(r"\*(?:/\d+)?|\d+")


def blocks(language: str) -> list[str]:
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```", README)


def units() -> dict[str, str]:
    found: dict[str, str] = {}
    for block in blocks("ini"):
        for text in re.split(r"(?m)^(?=# /etc/systemd/system/)", block):
            if name := re.match(r"# /etc/systemd/system/(\S+)\n", text):
                found[name[1]] = text
    return found


def cron() -> list[tuple[list[str], str, list[str]]]:
    """When, who and what, of each line."""
    lines = [line for line in blocks("crontab")[0].splitlines() if not re.match(r"\w+=", line)]
    return [(line.split()[:5], line.split()[5], line.split(None, 6)[6].split("; ")) for line in lines]


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed (package systemd)")
    assert len(units()) == 4
    for name, text in units().items():
        here = text.replace(PROGRAM, "/bin/true")
        (tmp_path / name).write_text(here, encoding="utf-8")
    paths = [str(tmp_path / name) for name in units()]
    command = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *paths]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not [line for line in done.stderr.splitlines() if "hotliner" in line]


def test_services_come_back_and_may_write_where_they_must() -> None:
    for name, text in units().items():
        if name.endswith(".service"):
            assert "EnvironmentFile=/etc/hotliner.env" in text
            assert "ReadWritePaths=/var/lib/hotliner" in text
            assert "Type=oneshot" in text or "RestartSec=" in text


def test_cron_takes_the_lines() -> None:
    known = {command.name for command in app.registered_commands}
    assert len(cron()) == 6
    for when, who, (shares, environment, command) in cron():
        assert all(FIELD.fullmatch(field) for field in when)
        assert (who, shares, environment) == ("numi", "set -a", ". /etc/hotliner.env")
        program, act, *_ = command.split()
        assert (program, act in known, "%" in command) == (PROGRAM, True, False)


def test_the_environment_is_of_settings() -> None:
    (text,) = [block for block in blocks("sh") if PREFIX in block]
    names = re.findall(rf"(?m)^#?{PREFIX}(\w+)=", text)
    assert {name.lower() for name in names} <= set(Settings.model_fields)
    done = subprocess.run(
        ["/bin/sh", "-c", f"set -a\n{text}\nenv"], capture_output=True, text=True, check=True
    )
    assert f"{PREFIX}DATABASE_URL=/var/lib/hotliner/numi.db" in done.stdout


@pytest.mark.parametrize("date", ["0001-01-01", "1989-12-31", "2200-01-01", "9999-12-31T23:59"])
def test_a_date_at_the_ends_of_the_calendar_is_refused(date: str, tmp_path: Path) -> None:
    for command in (
        ["importer", "clients.csv"],
        ["relancer"],
        ["indicateurs"],
        ["rapport", "--mois", "2025-12"],
    ):
        with pytest.raises(HotlinerError, match="une année de 1990 à 2199 est attendue"):
            run([*command, "--base", str(tmp_path / "b.db"), "--date", date])
