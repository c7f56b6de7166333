import pytest

from console.base.names import carries_address, carries_mark, spoken


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Jean https://gagne.example/x", ""),
        ("www.gagne.fr", ""),
        ("jean@exemple.fr", ""),
        ("Jean //gagne", ""),
        ("gagne.COM", ""),
        ("MARIE-CLAUDE", "Marie-Claude"),
        ("L’HÉRITIER DE LA TOUR", "L’Héritier De La Tour"),
        ("D'ARTAGNAN", "D'Artagnan"),
        ("JP", "JP"),
        ("Jean-Éric", "Jean-Éric"),
        ("McDonald", "McDonald"),
        ("St.Germain", "St.Germain"),
        ("bit.ly", ""),
        ("gagnez sur gagne.party/x", ""),
        ("gagne。com", ""),
        ("gagne．fr", ""),
        ("", ""),
    ],
)
def test_a_name_is_said_as_people_are_greeted(name: str, said: str) -> None:
    assert spoken(name) == said
    assert carries_address(name) is (bool(name) and not said)


@pytest.mark.parametrize(
    "name",
    [
        *("**Luc** {{ societe }}", "{prenom}", "[PRENOM]", "%FNAME%", "*|FNAME|*", "<prenom>", "$prenom"),
        *("[b]Luc[/b]", "&eacute;ric", "+33612345678", "#N/D", "__FNAME__", "nom_adh"),
    ],
)
def test_what_stands_in_the_place_of_a_name_is_not_said(name: str) -> None:
    assert carries_mark(name)
    assert spoken(name) == ""


@pytest.mark.parametrize(
    "name", ["Jean & Marie", "Luc (fils)", "O'Brien", "Anne / Paul", "Roy, née Petit", "N1000"]
)
def test_what_may_stand_in_a_name_is_said(name: str) -> None:
    assert spoken(name) == name
