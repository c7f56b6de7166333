"""The installed program: built, put in an empty environment, run from an empty folder."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from tests.ready import ROOT
from tests.terminal import Terminal

PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [*PIP, "wheel", "--no-build-isolation", "--no-deps", "--no-index", "-w", folder, ROOT],
        check=True,
        cwd=folder,
    )
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def hotliner(wheel: Path) -> Path:
    """The installed command; the environment of the tests lends its dependencies, nothing is fetched."""
    environment = wheel.parent / "env"
    venv.create(environment, with_pip=False)
    python = environment / "bin" / "python"
    subprocess.run([*PIP, "--python", python, "install", "--no-deps", "--no-index", wheel], check=True)
    (site,) = environment.glob("lib/python*/site-packages")
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return environment / "bin" / "hotliner"


@pytest.fixture
def elsewhere(tmp_path: Path) -> dict[str, str]:
    """An environment in which nothing points to the checkout."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    folders = {f"XDG_{name}_HOME": str(tmp_path / name) for name in ("DATA", "STATE", "CONFIG")}
    return kept | folders | {"PYTHONPATH": "", "LANG": "C.UTF-8"}


def test_the_wheel_holds_the_content_and_the_styles_and_no_test(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("data", "scripts_fr"):
        for path in (ROOT / folder).rglob("*.toml"):
            assert f"console/_content/{path.relative_to(ROOT).as_posix()}" in names
    for path in (*(ROOT / "screens").rglob("*.tcss"), ROOT / "console" / "figures" / "report.html"):
        assert path.relative_to(ROOT).as_posix() in names
    assert not [name for name in names if name.startswith(("tests/", ".ci"))]


def test_it_checks_itself_from_an_empty_folder(
    hotliner: Path, elsewhere: dict[str, str], tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    done = subprocess.run(
        [hotliner, "verifier"], cwd=empty, env=elsewhere, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert not list(empty.iterdir())


def test_it_opens_the_demo_from_an_empty_folder(
    hotliner: Path, elsewhere: dict[str, str], tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with Terminal([str(hotliner), "demo"], cwd=empty, env=elsewhere, size=(120, 40)) as terminal:
        terminal.wait_for("Marie Dupuis", timeout=60)
        terminal.press("q")
        assert terminal.wait_exit() == 0
    assert not list(empty.iterdir())
