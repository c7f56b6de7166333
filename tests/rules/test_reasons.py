"""The reasons of a refusal: the shipped ones, and the codes that the data no longer names."""

from console.base.vocabulary import Objection
from console.content import Content, default_root
from console.rules.reasons import Reason, Reasons

SHIPPED = Content(default_root()).data.reasons
FEW = Reasons([Reason("PRIX", "trop cher", Objection.PRICE), Reason("NON_DIT", "ne dit rien", wordless=True)])


def test_the_shipped_reasons_their_order_and_their_words() -> None:
    assert [(one.code, one.label) for one in SHIPPED] == [
        ("PRIX", "trop cher"),
        ("USAGE", "pas assez utilisé"),
        ("SERVICE", "service insatisfaisant"),
        ("TIMING", "mauvais moment"),
        ("PROJET", "autre projet"),
        ("PERSO", "raison personnelle"),
        ("AUTRE", "autre raison"),
        ("NON_DIT", "préfère ne pas le dire"),
    ]
    assert [one.code for one in SHIPPED if one.wordless] == ["NON_DIT"]
    assert SHIPPED.likely == {
        Objection.PRICE: "PRIX",
        Objection.USAGE: "USAGE",
        Objection.SERVICE: "SERVICE",
        Objection.TIMING: "TIMING",
        Objection.OTHER: "AUTRE",
    }


def test_a_code_that_the_data_no_longer_names_is_shown_as_it_is() -> None:
    assert FEW.label("PRIX") == "trop cher"
    assert FEW.label("USAGE") == "USAGE"
    assert not FEW.of("USAGE").wordless
    assert [one.label for one in FEW.met(["USAGE", "NON_DIT", "ARRET"])] == ["ne dit rien", "ARRET", "USAGE"]
