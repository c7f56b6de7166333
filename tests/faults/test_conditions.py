"""Commands where the system refuses something: a French sentence and an exit code, whatever it is.

Each runs in a copy of this process, which may lose its home, its rights or the room on its disk.
"""

import importlib
import os
import pkgutil
import pwd
import resource
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

import console
from console.cli.app import run
from console.cli.output import outcome

NOBODY = 65534
LONG = "n" * 300
CLIENTS = "code;nom;email;expire_le\nCLT-1;Roux;a@numi.example;01/01/2031\n"
PIECES = ["home", "away", "private", "clients.csv", "file", "copy.db"]


def anything() -> None:
    """No condition."""


def without_home() -> None:
    def unknown(_: int) -> None:
        raise KeyError

    os.environ.pop("HOME")
    pwd.getpwuid = unknown  # type: ignore[assignment]


def with_home(home: str) -> None:
    os.environ["HOME"] = home


def on_a_full_disk() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))


def as_nobody(home: str) -> None:
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    os.environ["HOME"] = home


def with_setting(name: str, value: str) -> None:
    os.environ[f"HOTLINER_{name}"] = value


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder with a user's home, one that is read-only, and what nobody else may read."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o711)
    for name in ("home", "away", "private"):
        (folder / name).mkdir()
    (folder / "clients.csv").write_text(CLIENTS, encoding="utf-8")
    (folder / "file").write_text("x", encoding="utf-8")
    (folder / "private" / "clients.csv").write_text(CLIENTS, encoding="utf-8")
    (folder / "private").chmod(0o700)
    assert told(folder, ["importer", "clients.csv"])[0] == 0
    assert told(folder, ["relancer"])[0] == 0
    assert told(folder, ["sauvegarder", "copy.db"])[0] == 0
    shutil.copytree(folder / "home", folder / "away", dirs_exist_ok=True)
    for path in (folder / "away").rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    (folder / "copy.db").chmod(0o644)
    yield folder
    shutil.rmtree(folder)


def told(place: Path, arguments: list[str], condition: Callable[[], object] = anything) -> tuple[int, str]:
    """The exit code of a command under a condition, and all that it said."""
    out, into = os.pipe()
    if (child := os.fork()) == 0:
        code = 99
        try:
            for stream in (1, 2):
                os.dup2(into, stream)
            sys.stdout, sys.stderr = (os.fdopen(os.dup(into), "w", encoding="utf-8") for _ in range(2))
            for name in [name for name in os.environ if name.startswith(("HOTLINER_", "XDG_"))]:
                del os.environ[name]
            os.environ["HOME"] = str(place / "home")
            os.chdir(place)
            condition()
            code = outcome(lambda: run(arguments))
        finally:
            os._exit(code)
    os.close(into)
    with os.fdopen(out, encoding="utf-8") as said:
        words = said.read()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), words


HOMES: dict[str, tuple[Callable[[], object], str]] = {
    "no home": (without_home, "dossier personnel"),
    "a file as home": (partial(with_home, "/etc/passwd"), "n’est pas un dossier"),
    "a home that nobody can write": (partial(with_home, "/proc"), "/proc/"),
}
MAKES = (
    ["sauvegarder"],
    ["exporter", "clients", "--sortie"],
    ["rgpd", "exporter", "CLT-1", "--sortie"],
    ["contenu", "sortir"],
)
READS = (
    ["importer"],
    ["evenements"],
    ["rebonds"],
    ["restaurer"],
    ["contenu", "verifier"],
    ["verifier", "--sceau"],
)
DATES = (
    ["exporter", "refus", "--du", "0001-01-01"],
    ["exporter", "journal", "--au", "9999-12-31"],
    ["indicateurs", "--du", "0001-01-01", "--au", "9999-12-31"],
    ["rapport", "--mois", "9999-12"],
    ["rapport", "--mois", "0001-01"],
)


def refused(place: Path, arguments: list[str], condition: Callable[[], object], words: str) -> None:
    code, said = told(place, arguments, condition)
    assert code in (1, 2, 3), said
    assert words in said, said
    assert "Traceback" not in said
    assert "imprévue" not in said


@pytest.mark.parametrize("home", HOMES)
def test_a_home_that_is_none_is_said(place: Path, home: str) -> None:
    condition, words = HOMES[home]
    for arguments in (["importer", str(place / "clients.csv")], ["relancer"], ["sauvegarder", "x.db"]):
        refused(place, arguments, condition, words)


def test_a_place_that_cannot_be_written_is_named(place: Path) -> None:
    for arguments in MAKES:
        refused(place, [*arguments, "file/x"], anything, "n’est pas un dossier")
    for arguments in (MAKES[0], ["contenu", "sortir"]):
        refused(place, [*arguments, LONG], anything, "le nom est trop long")


def test_a_name_that_is_too_long_is_read_nowhere(place: Path) -> None:
    for arguments in READS:
        refused(place, [*arguments, LONG], anything, "le nom est trop long")
    refused(place, ["relancer", "--base", LONG], anything, "le nom est trop long")


def test_a_folder_is_no_base(place: Path) -> None:
    for arguments in (["relancer"], ["importer", "clients.csv"], ["sceller"]):
        refused(place, [*arguments, "--base", "home"], anything, "n’est pas une base de données")


def test_days_at_the_ends_of_the_calendar_are_refused(place: Path) -> None:
    for arguments in DATES:
        code, said = told(place, arguments)
        assert (code, "est refusée" in said, "Traceback" in said) == (2, True, False), said


def test_a_disk_that_is_full_is_said_and_loses_nothing(place: Path) -> None:
    more = place / "more.csv"
    more.write_text(CLIENTS.splitlines()[0] + "\nCLT-2;X;b@numi.example;01/01/2031\n", encoding="utf-8")
    for arguments in (
        ["importer", "more.csv"],
        ["sauvegarder", "full.db"],
        ["restaurer", "copy.db"],
        ["contenu", "sortir", "full"],
        ["exporter", "journal", "--format", "xlsx", "--sortie", "full.xlsx"],
    ):
        code, said = told(place, arguments, on_a_full_disk)
        assert code in (2, 3), said
        assert "Traceback" not in said
        assert "error" not in said, "the words of the engine are English"
    assert told(place, ["importer", "clients.csv"])[1].count("1 inchangée") == 1
    assert "1 ajoutée" in told(place, ["importer", "more.csv", "--simulation"])[1]


def test_settings_that_name_a_wrong_place_are_said(place: Path) -> None:
    for name, value, words in (
        ("CONFIG", "home", "c’est un dossier"),
        ("CONFIG", LONG, "le nom est trop long"),
    ):
        refused(place, ["relancer"], partial(with_setting, name, value), words)
    code, said = told(place, ["relancer"], partial(with_setting, "CONTENT", "file"))
    assert (code, "dossier du contenu" in said) == (0, True), "it goes by the last version without a fault"
    for name, value in (("LOG", "home"), ("LOG", "/proc/x/log")):
        assert told(place, ["relancer"], partial(with_setting, name, value))[0] == 0


@pytest.mark.skipif(os.getuid() != 0, reason="only root becomes somebody else")
def test_what_one_may_not_read_or_write_is_said(place: Path) -> None:
    for module in pkgutil.walk_packages(console.__path__, "console."):
        if "migrations" not in module.name:  # the interpreter itself may be where nobody reads
            importlib.import_module(module.name)
    away, private = str(place / "away"), str(place / "private")
    other = partial(as_nobody, away)
    for arguments in READS:
        path = private if arguments[0] in ("rebonds", "contenu") else f"{private}/clients.csv"
        refused(place, [*arguments, path], other, "droit")
    for arguments in MAKES[1:]:
        code, said = told(place, [*arguments, f"{private}/x"], other)
        assert (code in (2, 3), "Traceback" in said, "imprévue" in said) == (True, False, False), said
    for arguments in (["sceller"], ["restaurer", str(place / "copy.db")]):
        code, said = told(place, arguments, other)
        assert (code, "lecture seule" in said or "droit" in said) == (3, True), said


def test_all_of_it_is_as_it_was(place: Path) -> None:
    code, said = told(place, ["verifier"])
    assert code == 0, said
    assert set(PIECES) <= {path.name for path in place.iterdir()}
