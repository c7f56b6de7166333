"""A person who was erased does not come back by the next file, under another code or otherwise spelt."""

from pathlib import Path

import pytest

from console.cases import forgotten
from console.db.tables import Client, Forgotten
from console.imports.service import ImportReport, ImportService
from console.people.privacy import PrivacyService
from tests.world import World, paris

LEA = "CLT-00001;Léa;Morin;lea@exemple.fr;0612345678;31/12/2025"


@pytest.fixture
def world(url: str, tmp_path: Path) -> World:
    one = World(tmp_path / "base.db", paris("2025-12-01T09:00"), url=url)
    take(one, LEA)
    PrivacyService(one.context).erase("CLT-00001")
    return one


def take(world: World, *lines: str, simulate: bool = False) -> ImportReport:
    path = world.path.parent / "clients.csv"
    path.write_text("\n".join(["code;prenom;nom;email;telephone;expire_le", *lines]), encoding="utf-8")
    return ImportService(world.context).run(path, simulate=simulate)


@pytest.mark.parametrize(
    "line",
    [
        LEA,
        "CLT-00001;Léa;Morin;autre@exemple.fr;;31/12/2026",
        "CLT-90001;Léa;Morin;LEA@exemple.fr;;31/12/2025",
        "CLT-90001;L.;Morin;;+33 6 12 34 56 78;31/12/2025",
        ";Léa;Morin;lea@exemple.fr;;31/12/2025",
        "CLT-90001;L.;Morin;autre@exemple.fr, Lea@exemple.fr;;31/12/2025",
        "CLT-90001;L.;Morin;;01 42 68 53 00 / 0612345678;31/12/2025",
    ],
)
@pytest.mark.parametrize("simulate", [True, False])
def test_the_next_file_does_not_bring_them_back(world: World, line: str, simulate: bool) -> None:
    report = take(world, line, "CLT-00002;Noé;Petit;noe@exemple.fr;;31/12/2025", simulate=simulate)
    assert (report.added, report.rejected, report.forgotten, report.exit_code) == (1, 1, 1, 1)
    assert "cette personne a été effacée le 01/12/2025" in report.faults[0].reason
    assert "lea" not in {one.first_name.lower() for one in world.all(Client)}
    world.database.close()


@pytest.mark.parametrize(
    "ways", ["lea@exemple.fr;", "noe@exemple.fr;0612345678", "noe@exemple.fr,lea@exemple.fr;"]
)
def test_nobody_else_brings_their_address_or_number_back(world: World, ways: str) -> None:
    take(world, "CLT-00002;Noé;Petit;noe@exemple.fr;;31/12/2025")
    report = take(world, f"CLT-00002;Noé;Petit;{ways};31/12/2025")
    assert (report.rejected, report.forgotten) == (1, 1)
    assert [(one.email, one.phone) for one in world.all(Client) if one.first_name] == [("noe@exemple.fr", "")]
    world.database.close()


def test_what_is_kept_tells_nobody_without_the_salt(world: World) -> None:
    digests = {one.digest for one in world.all(Forgotten)}
    assert len(digests) == 3
    assert not any("lea" in one or "0612" in one for one in digests)
    other = World(world.path.parent / "other.db", world.now)
    take(other, LEA)
    PrivacyService(other.context).erase("CLT-00001")
    assert digests.isdisjoint({one.digest for one in other.all(Forgotten)})
    with world.database.reading() as session:
        assert forgotten.known(session, ["", "noe@exemple.fr"]) == {}
        assert set(forgotten.known(session, ["Lea@Exemple.fr", "x"])) == {"Lea@Exemple.fr"}
    PrivacyService(world.context).erase("EFFACE-00001")
    assert len(world.all(Forgotten)) == 3
    other.database.close()
    world.database.close()


def test_somebody_who_shares_the_address_and_was_there_stays(url: str, tmp_path: Path) -> None:
    one = World(tmp_path / "base.db", paris("2025-12-01T09:00"), url=url)
    paul = "CLT-00002;Paul;Morin;lea@exemple.fr;0698765432;31/12/2025"
    take(one, LEA, paul)
    PrivacyService(one.context).erase("CLT-00001")
    report = take(one, LEA, paul.replace("2025", "2026"))
    assert (report.updated, report.forgotten) == (1, 1)
    one.database.close()
