"""Who a row is about: a weak key never writes one person over another."""

from pathlib import Path

import pytest

from console.context import Context
from console.db.tables import Client, Event, Subscription
from console.imports.service import ImportService
from console.rules.people import same_person, says_less
from tests.imports.test_service import change, ctx, every, run, tally, the_client

__all__ = ["ctx"]

TITLES = "code;prenom;nom;email;telephone;expire_le;opposition_email;opposition_appel"
PAUL = ";Paul;Roy;famille@exemple.fr;0612345678;31/12/2025;;"
LISE = ";Lise;Roy;famille@exemple.fr;0612345679;30/03/2026;;"


def names(ctx: Context) -> list[str]:
    return sorted(client.first_name for client in every(ctx, Client))


@pytest.mark.parametrize("together", [True, False])
def test_a_couple_with_one_address_is_two_clients(ctx: Context, tmp_path: Path, together: bool) -> None:
    files = [(PAUL, LISE)] if together else [(PAUL,), (LISE,)]
    for lines in [*files, *files]:
        report = run(ctx, tmp_path / "f.csv", *lines, titles=TITLES)
    assert tally(report)[0] == 0
    assert report.rejected == 0
    assert names(ctx) == ["Lise", "Paul"]
    assert {term.status for term in every(ctx, Subscription)} == {"active"}


def test_the_one_added_is_told_whose_address_it_is_too(ctx: Context, tmp_path: Path) -> None:
    run(ctx, tmp_path / "f.csv", PAUL, titles=TITLES)
    report = run(ctx, tmp_path / "f.csv", LISE, titles=TITLES)
    assert "Paul Roy (CLT-1000000)" in report.warnings[0].reason


def test_two_of_one_file_are_told_apart_too(ctx: Context, tmp_path: Path) -> None:
    report = run(ctx, tmp_path / "f.csv", PAUL, LISE, titles=TITLES)
    assert [(one.line, one.column) for one in report.warnings] == [(3, "email")]
    assert "Paul Roy (ligne 2)" in report.warnings[0].reason


@pytest.mark.parametrize(("given", "kept"), [("Null", ""), ("inconnue", ""), ("Na", "Na")])
def test_nobody_is_called_null(ctx: Context, tmp_path: Path, given: str, kept: str) -> None:
    report = run(ctx, tmp_path / "f.csv", PAUL.replace("Paul", given), titles=TITLES)
    assert names(ctx) == [kept]
    assert bool(report.warnings) is not bool(kept)


@pytest.mark.parametrize("other", ["", "0612345678"])
def test_another_name_alone_is_refused_with_what_is_true(ctx: Context, tmp_path: Path, other: str) -> None:
    run(ctx, tmp_path / "f.csv", PAUL, titles=TITLES)
    report = run(ctx, tmp_path / "f.csv", LISE.replace("0612345679", other), titles=TITLES)
    assert tally(report) == (0, 0, 0, 1)
    assert "Paul Roy (CLT-1000000), d’un autre nom" in report.faults[0].reason
    assert "donnez un code" in report.faults[0].reason
    assert names(ctx) == ["Paul"]
    coded = LISE.replace("0612345679", other).replace(";Lise", "CLT-00007;Lise", 1)
    assert run(ctx, tmp_path / "f.csv", coded, titles=TITLES).added == 1


def test_the_rejects_file_given_back_renames_nobody(ctx: Context, tmp_path: Path) -> None:
    lise = LISE.replace("0612345679", "")
    rejects = tmp_path / "rejets.csv"
    run(ctx, tmp_path / "f.csv", PAUL, lise, titles=TITLES, rejects=rejects)
    assert ImportService(ctx).run(rejects).rejected == 1
    assert names(ctx) == ["Paul"]


def test_another_name_on_a_number_is_another_client_or_refused(ctx: Context, tmp_path: Path) -> None:
    run(ctx, tmp_path / "f.csv", ";Léa;Morin;;0142685300;31/12/2025;;", titles=TITLES)
    assert run(ctx, tmp_path / "f.csv", ";Noé;Petit;;0142685300;28/02/2026;;", titles=TITLES).rejected == 1
    own = ";Noé;Petit;noe@exemple.fr;0142685300;28/02/2026;;"
    assert run(ctx, tmp_path / "f.csv", own, titles=TITLES).added == 1
    assert names(ctx) == ["Léa", "Noé"]


@pytest.mark.parametrize(
    "again",
    [
        ";PAUL;ROY;Famille@Exemple.fr;06.12.34.56.78;31/12/2025;;",
        ";Roy;Paul;famille@exemple.fr;0033612345678;31/12/2025;;",
        ";P.;Roy;famille@exemple.fr;;31/12/2025;;",
        ";;Roy;;+33 6 12 34 56 78;31/12/2025;;",
    ],
)
def test_the_same_person_otherwise_written(ctx: Context, tmp_path: Path, again: str) -> None:
    run(ctx, tmp_path / "f.csv", PAUL, titles=TITLES)
    assert run(ctx, tmp_path / "f.csv", again, titles=TITLES).added == 0
    assert len(every(ctx, Client)) == 1


@pytest.mark.parametrize("name", ["L.;Roy", ";Roy", "Paul et Lise;Roy", "Paul;Petit"])
@pytest.mark.parametrize("together", [True, False])
def test_a_name_that_only_may_be_theirs_needs_their_number(
    ctx: Context, tmp_path: Path, name: str, together: bool
) -> None:
    given = PAUL.replace("Paul", "Luc") if name.startswith("L.") else PAUL
    other = f";{name};famille@exemple.fr;0612345679;30/03/2026;;"
    for lines in [(given, other)] if together else [(given,), (other,)]:
        report = run(ctx, tmp_path / "f.csv", *lines, titles=TITLES)
    assert report.rejected == 1
    assert "donnez un code" in report.faults[0].reason
    assert [(one.last_name, one.phone) for one in every(ctx, Client)] == [("Roy", "+33612345678")]


@pytest.mark.parametrize(("first", "second"), [("Jean-Pierre", "Jean-Paul"), ("Luc et Anne", "Paul et Lise")])
def test_half_a_first_name_in_common_makes_nobody_the_other(
    ctx: Context, tmp_path: Path, first: str, second: str
) -> None:
    for name in (first, second):
        report = run(ctx, tmp_path / "f.csv", PAUL.replace("Paul", name), titles=TITLES)
    assert (report.updated, report.rejected) == (0, 1)
    assert names(ctx) == [first]


def test_a_new_number_of_the_same_name_is_theirs(ctx: Context, tmp_path: Path) -> None:
    run(ctx, tmp_path / "f.csv", PAUL, titles=TITLES)
    again = PAUL.replace("0612345678", "0612345679").replace("Paul;Roy", "ROY;PAUL")
    assert run(ctx, tmp_path / "f.csv", again, titles=TITLES).updated == 1
    assert [one.phone for one in every(ctx, Client)] == ["+33612345679"]


def test_a_poorer_spelling_changes_no_name(ctx: Context, tmp_path: Path) -> None:
    known = ";Hélène;Lefèvre;h@exemple.fr;0612345678;31/12/2025;;"
    run(ctx, tmp_path / "f.csv", known, titles=TITLES)
    for poorer in ("H.;LEFEVRE", "HÉLÈNE;Lefevre", "helene;LEFÈVRE"):
        report = run(ctx, tmp_path / "f.csv", known.replace("Hélène;Lefèvre", poorer), titles=TITLES)
        assert tally(report) == (0, 0, 1, 0)
    assert names(ctx) == ["Hélène"]
    richer = known.replace("Hélène", "Hélène-Marie")
    assert run(ctx, tmp_path / "f.csv", richer, titles=TITLES).updated == 1


@pytest.mark.parametrize(
    ("name", "known", "less"),
    [
        ("H", "Hélène", True), ("É.", "Éric", True), ("X.", "Hélène", False), ("Helene", "Hélène", True),
        ("Hélène", "Helene", False), ("ROY", "Roy", True), ("Roy", "ROY", False), ("Roy", "Roy", False),
        ("", "Roy", False), ("Roy", "", False), ("L.", "L", False),
    ],
)  # fmt: skip
def test_a_spelling_that_says_less(name: str, known: str, less: bool) -> None:
    assert says_less(name, known) is less


def test_a_new_spelling_undoes_nothing_that_was_learnt(ctx: Context, tmp_path: Path) -> None:
    coded = f"CLT-00001{PAUL}"
    run(ctx, tmp_path / "f.csv", coded, titles=TITLES)
    learnt = {"phone_kind": "invalid", "email_usable": False, "sms_usable": False}
    change(ctx, Client, "CLT-00001", **learnt)
    again = coded.replace("0612345678", "+33 6 12 34 56 78").replace("famille@", "FAMILLE@")
    assert tally(run(ctx, tmp_path / "f.csv", again, titles=TITLES)) == (0, 0, 1, 0)
    client = the_client(ctx, "CLT-00001")
    assert {name: getattr(client, name) for name in learnt} == learnt


def test_a_second_code_keeps_the_opposition_and_is_told(ctx: Context, tmp_path: Path) -> None:
    lea = "CLT-00001;Léa;Morin;lea@exemple.fr;0612345678;31/12/2025;;"
    run(ctx, tmp_path / "f.csv", lea, titles=TITLES)
    change(ctx, Client, "CLT-00001", opposed_email=True, opposed_call=True, phone_kind="invalid")
    report = run(ctx, tmp_path / "f.csv", lea.replace("00001", "90001"), titles=TITLES)
    assert "Léa Morin (CLT-00001)" in report.warnings[0].reason
    second = the_client(ctx, "CLT-90001")
    assert (second.opposed_email, second.opposed_call, second.opposed_sms) == (True, True, False)
    assert second.phone_kind == "invalid"
    told = [one.text for one in every(ctx, Event) if one.client_id == second.id]
    assert any("CLT-00001" in text for text in told)


def test_an_opposition_in_the_file_holds_for_the_address(ctx: Context, tmp_path: Path) -> None:
    run(ctx, tmp_path / "f.csv", PAUL, LISE, titles=TITLES)
    run(ctx, tmp_path / "f.csv", PAUL.replace(";;", ";oui;oui"), titles=TITLES)
    oppositions = {one.first_name: (one.opposed_email, one.opposed_call) for one in every(ctx, Client)}
    assert oppositions == {"Paul": (True, True), "Lise": (True, False)}


def test_a_code_that_changes_hands_is_told(ctx: Context, tmp_path: Path) -> None:
    run(ctx, tmp_path / "f.csv", f"CLT-00001{PAUL}", titles=TITLES)
    married = f"CLT-00001{PAUL.replace('Roy', 'Petit')}"
    assert run(ctx, tmp_path / "f.csv", married, titles=TITLES).warnings == []
    other = "CLT-00001;Aimé;Zola;aime@exemple.fr;0696123456;31/12/2025;;"
    (warning,) = run(ctx, tmp_path / "f.csv", other, titles=TITLES).warnings
    assert "ce code était celui de Paul Petit" in warning.reason
    assert run(ctx, tmp_path / "f.csv", other, titles=TITLES).warnings == []
    assert the_client(ctx, "CLT-00001").timezone == "America/Martinique"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("Marie", "Dupuis"), ("marie", "DUPUIS"), True),
        (("Marie", "Dupuis"), ("Marie", "Roy"), True),
        (("Marie", "Dupuis"), ("Dupuis", "Marie"), True),
        (("Jean-Pierre", "Roy"), ("Jean Pierre", "Roy"), True),
        (("J.", "Roy"), ("Jean", "Roy"), True),
        (("", "Roy"), ("Paul", "Roy"), True),
        (("Paul", "Roy"), ("Lise", "Roy"), False),
        (("Paul", "Roy"), ("Noé", "Petit"), False),
        (("", "Roy"), ("", "Petit"), False),
        (("", "Roy"), ("Noé", "Petit"), False),
    ],
)
def test_whose_name_it_is(one: tuple[str, str], other: tuple[str, str], same: bool) -> None:
    assert same_person(*one, *other) is same
    assert same_person(*other, *one) is same
