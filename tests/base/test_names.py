import pytest

from console.base.names import carries_address, spoken


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
        ("**Luc** {{ societe }}", "**Luc** {{ societe }}"),
        ("", ""),
    ],
)
def test_a_name_is_said_as_people_are_greeted(name: str, said: str) -> None:
    assert spoken(name) == said
    assert carries_address(name) is (bool(name) and not said)
