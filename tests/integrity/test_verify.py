"""What `hotliner verifier` finds in content that was edited."""

import shutil
from pathlib import Path

import pytest

from console.content import Content, default_root
from console.integrity.verify import verify
from tests.world import plain


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("data", "scripts_fr"):
        shutil.copytree(default_root() / name, tmp_path / name)
    return tmp_path


def found(root: Path) -> list[str]:
    return [plain(str(one)) for one in verify(Content(root)) if not one.warning]


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_what_is_shipped_is_whole() -> None:
    findings = list(verify(Content(default_root())))
    assert [str(one) for one in findings if not one.warning] == []
    assert len(findings) >= 2, "the catalogue's owner is told of what surprises"


TOGETHER = (
    ("scripts_fr/appel/1-preparation.toml", 'vers = "numerotation"', 'vers = "ailleurs"', "« ailleurs »"),
    ("scripts_fr/appel/2-ouverture.toml", "{{ client.", "{{ cliente.", "variable inconnue"),
    ("scripts_fr/emails/cloture.toml", "objet", "sujet", "cloture"),
    ("data/demo/demo.toml", "CLT-00245", "CLT-00156", "deux fois"),
    ("data/demo/noms.toml", "prenoms", "prenom", "noms.toml"),
    ("data/notes.toml", "mots", "mot", "notes.toml"),
    ("data/mots.toml", "ignores", "ignore", "mots.toml"),
    ("data/indicateurs.toml", 'code = "churn"', 'code = "chur"', "churn"),
)
ALONE = (  # the texts are not looked at over a catalogue that cannot be read
    ("data/catalogue.toml", 'prix = "36,99"', 'prix = "gratuit"', "prix"),
    ("data/mots.toml", '"lorsqu"', '"lors que"', "« lors que »"),
)


@pytest.mark.parametrize("edits", [TOGETHER, ALONE], ids=["all at once", "catalogue"])
def test_each_fault_is_named_with_its_file(root: Path, edits: tuple[tuple[str, str, str, str], ...]) -> None:
    for file, old, new, _ in edits:
        edit(root / file, old, new)
    faults = found(root)
    for file, _, _, words in edits:
        assert any(words in fault and Path(file).name in fault for fault in faults), (file, faults)


@pytest.mark.parametrize(
    "gone", [("data/catalogue.toml",), ("scripts_fr/appel", "scripts_fr/emails/cloture.toml")]
)
def test_what_is_missing_is_named(root: Path, gone: tuple[str, ...]) -> None:
    (root / "data/demo/demo.toml").unlink()  # its fifty clients: no fault here is theirs
    for path in (root / one for one in gone):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    faults = found(root)
    for one in gone:
        assert any(Path(one).name in fault for fault in faults), (one, faults)
