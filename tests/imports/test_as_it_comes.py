"""Files of clients as people hand them over: workbooks, titles lower down, other codes and countries."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from xlsxwriter import Workbook

from console.cases.terms import client_of_code
from console.context import Context
from console.db.tables import Client, Event, Subscription
from console.imports.service import ImportReport, ImportService
from tests.imports.test_service import context, every, tally

TITLES = ["code", "nom", "email", "telephone", "expire_le"]


@pytest.fixture
def ctx(sqlite: str) -> Context:
    return context(sqlite)


def imported(ctx: Context, path: Path, text: str) -> ImportReport:
    path.write_text(text, encoding="utf-8")
    return ImportService(ctx).run(path)


def test_a_workbook_is_imported_and_imported_again(ctx: Context, tmp_path: Path) -> None:
    rows: list[list[Any]] = [TITLES, [245, "Dupré", "d@x.fr", 612345678, date(2025, 12, 31)]]
    with Workbook(tmp_path / "a.xlsx", {"default_date_format": "dd/mm/yyyy"}) as book:
        sheet = book.add_worksheet()
        for line, row in enumerate(rows):
            sheet.write_row(line, 0, row)
    assert tally(ImportService(ctx).run(tmp_path / "a.xlsx")) == (1, 0, 0, 0)
    assert tally(ImportService(ctx).run(tmp_path / "a.xlsx")) == (0, 0, 1, 0)
    (client,) = every(ctx, Client)
    assert (client.code, client.phone) == ("CLT-00245", "+33612345678")
    assert [term.expires_on for term in every(ctx, Subscription)] == [date(2025, 12, 31)]


HEADER = ";".join(TITLES)
ROW = "1;Dupré;d@x.fr;;31/12/2025\n"


@pytest.mark.parametrize(
    "above",
    [
        "Liste des clients\n",
        "Liste des clients, au 30/11/2025, par ordre d’échéance\n\n",
        "Liste des clients;;;;\nnumi;;30/11/2025;;\n;;;;\n",
        'Export\tnuméro\t12\n"Un titre\nsur deux lignes"\n',
        "sep=;\nClients;nom\n",
    ],
)
def test_titles_below_other_lines_are_found(ctx: Context, tmp_path: Path, above: str) -> None:
    report = imported(ctx, tmp_path / "f.csv", f"{above}{HEADER}\n{ROW}2;;x;;\n")
    assert tally(report) == (1, 0, 0, 1)
    assert report.faults[0].line == above.count("\n") + 3


@pytest.mark.parametrize(
    "below",
    [
        *("Total;;;;2", "TOTAL : 2 clients", ";Nombre de clients;;;2", "Sous-total;2;;;"),
        *("Totaux;;;;2", "1 client;;;;", ";Somme;;;2"),
    ],
)
def test_a_total_below_is_no_client(ctx: Context, tmp_path: Path, below: str) -> None:
    report = imported(ctx, tmp_path / "f.csv", f"{HEADER}\n{ROW}{below}\n")
    assert (tally(report), report.exit_code) == ((1, 0, 0, 0), 0)
    assert [(one.line, one.reason) for one in report.warnings] == [(3, "un total, laissé de côté")]


def test_somebody_called_total_is_a_client(ctx: Context, tmp_path: Path) -> None:
    text = "nom;email;expire_le\nTotal;t@x.fr;31/12/2025\n"
    assert tally(imported(ctx, tmp_path / "f.csv", text)) == (1, 0, 0, 0)


@pytest.mark.parametrize(
    ("written", "kept", "spelt"),
    [
        ("13", "CLT-00013", "clt-13"),
        ("13.0", "CLT-00013", "13"),
        ("CU2501-00001", "CU2501-00001", "CU2501-00001"),
        ("cus_NffrFeUfNV2Hib", "cus_NffrFeUfNV2Hib", " cus_NffrFeUfNV2Hib "),
        ("411DUPRE", "411DUPRE", "411dupre"),
        ("2025/0012", "2025/0012", "2025/0012"),
    ],
)
def test_codes_of_other_programs_are_kept(
    ctx: Context, tmp_path: Path, written: str, kept: str, spelt: str
) -> None:
    text = f"{HEADER}\n{written};Dupré;d@x.fr;;31/12/2025\n;Roy;r@x.fr;;31/12/2025\n"
    assert tally(imported(ctx, tmp_path / "f.csv", text)) == (2, 0, 0, 0)
    assert tally(imported(ctx, tmp_path / "f.csv", text)) == (0, 0, 2, 0)
    assert [client.code for client in every(ctx, Client)] == [kept, "CLT-1000000"]
    with ctx.database.reading() as session:
        found = client_of_code(session, spelt)
        assert found is not None
        assert found.code == kept


@pytest.mark.parametrize(
    ("number", "country", "read"),
    [
        ("0470 12 34 56", "Belgique", "+32470123456"),
        ("079 123 45 67", "Suisse", "+41791234567"),
        ("621 123 456", "LU", "+352621123456"),
        ("06 12 34 56 78", "France", "+33612345678"),
        ("+41 79 123 45 67", "", "+41791234567"),
        ("93 15 12 34", "Monaco", "+37793151234"),
    ],
)
def test_a_number_is_read_as_in_its_country(
    ctx: Context, tmp_path: Path, number: str, country: str, read: str
) -> None:
    text = f"{HEADER};pays\n1;Dupré;d@x.fr;{number};31/12/2025;{country}\n"
    report = imported(ctx, tmp_path / "f.csv", text)
    assert [client.phone for client in every(ctx, Client)] == [read]
    assert not report.warnings


@pytest.mark.parametrize(
    ("number", "where"),
    [("0470 12 34 56", "Belgique"), ("079 123 45 67", "Suisse"), ("0470/12.34.56", "Belgique")],
)
def test_a_number_that_only_reads_as_french_is_told(
    ctx: Context, tmp_path: Path, number: str, where: str
) -> None:
    report = imported(ctx, tmp_path / "f.csv", f"{HEADER}\n1;Dupré;d@x.fr;{number};31/12/2025\n")
    assert [where in one.reason for one in report.warnings] == [True]


@pytest.mark.parametrize("address", ["hélène@exemple.fr", "marie@café.fr", "marie@xn--caf-dma.fr"])
def test_letters_with_accents_are_letters_of_an_address(ctx: Context, tmp_path: Path, address: str) -> None:
    report = imported(ctx, tmp_path / "f.csv", f"{HEADER}\n1;Dupré;{address};;31/12/2025\n")
    assert not report.warnings
    (client,) = every(ctx, Client)
    assert (client.email, client.email_usable) == (address.replace("xn--caf-dma", "café"), True)


@pytest.mark.parametrize(
    "titles",
    [
        "Given Name,Name,Family Name,E-mail 1 - Value,Current Period End",
        "id_adh,prenom_adh,nom_adh,email_adh,date_echeance",
        "Code client,Prénom,Nom,Email,Date de fin prévue",
        "Réf. client*,Prénom (s.firstname),Nom* (s.nom),Email [email],Date fin adhésion",
        "customer_id,billing_first_name,billing_last_name,billing_email,next_payment_date",
    ],
)
def test_the_titles_of_other_programs(ctx: Context, tmp_path: Path, titles: str) -> None:
    cells = {"name": "Ada Roy", "date": "2025-12-31", "email": "Ada <a@x.fr>", "e-mail": "mailto:a@x.fr."}
    row = [
        next((cell for word, cell in cells.items() if title.lower().startswith(word)), "")
        or ("a@x.fr" if "email" in title else "2025-12-31" if "date" in title or "End" in title else "12")
        for title in titles.split(",")
    ]
    assert tally(imported(ctx, tmp_path / "f.csv", f"{titles}\n{','.join(row)}\n")) == (1, 0, 0, 0)
    (client,) = every(ctx, Client)
    assert (client.email, client.last_name) == ("a@x.fr", "12")


@pytest.mark.parametrize(
    ("cell", "read", "others"),
    [
        ("tel: 06 12 34 56 78", "+33612345678", ""),
        ("06.12.34.56.78 (bureau)", "+33612345678", ""),
        ("01 42 68 53 00 / 06 12 34 56 78", "+33612345678", "01 42 68 53 00"),
        ("06 12 34 56 78 ou 06 12 34 56 79", "+33612345678", "06 12 34 56 79"),
    ],
)
def test_a_number_with_words_and_several_in_one_cell(
    ctx: Context, tmp_path: Path, cell: str, read: str, others: str
) -> None:
    assert tally(imported(ctx, tmp_path / "f.csv", f"{HEADER}\n1;Dupré;;{cell};31/12/2025\n")) == (1, 0, 0, 0)
    assert [client.phone for client in every(ctx, Client)] == [read]
    noted = [event.text for event in every(ctx, Event) if event.kind == "note"]
    assert noted == ([f"Aussi (telephone)\u202f: {others}"] if others else [])
