from datetime import date

import pytest

from console.base.dates import start_of
from console.base.vocabulary import OPPOSED_COLUMNS, Billing, Channel, PhoneKind, Plan
from console.content import default_root
from console.imports.rows import ClientRow, RowReading, choose, read_header, read_row
from console.rules.client_columns import COLUMNS
from console.rules.files import load_data

TODAY = date(2025, 12, 20)
TITLES = load_data(default_root()).titles
TARIFFS = frozenset(
    {(Plan.PREMIUM, Billing.ANNUAL), (Plan.PREMIUM, Billing.MONTHLY), (Plan.BASIC, Billing.MONTHLY)}
)
GOOD = {"nom": "Dupuis", "expire_le": "31/12/2025", "email": "marie@exemple.fr"}


def reading(**values: str) -> RowReading:
    return read_row(GOOD | values, today=TODAY, tariffs=TARIFFS)


def taken(**values: str) -> ClientRow:
    found = reading(**values)
    assert found.row is not None, found.refused
    return found.row


def test_a_full_row_is_understood() -> None:
    row = taken(
        code="clt-245",
        civilite="madame",
        prenom=" Marie ",
        telephone="06 12 34 56 78",
        formule="PREMIUM",
        periodicite="Mensuelle",
        client_depuis="2024-06-01",
        fuseau="La Réunion",
        note="Préfère\r\nle matin",
        opposition_sms="oui",
    )
    assert row.code == "CLT-00245"
    assert [row.details[name] for name in ("civility", "first_name", "last_name")] == [
        "Mme",
        "Marie",
        "Dupuis",
    ]
    assert (row.plan, row.billing) == (Plan.PREMIUM, Billing.MONTHLY)
    assert (row.details["client_since"], row.expires_on) == (date(2024, 6, 1), date(2025, 12, 31))
    assert row.details["timezone"] == "Indian/Reunion"
    assert row.note == "Préfère\nle matin"
    assert {channel for channel in Channel if row.details[OPPOSED_COLUMNS[channel]]} == {Channel.SMS}
    assert (row.email, row.phone.e164) == ("marie@exemple.fr", "+33612345678")


@pytest.mark.parametrize(
    "written",
    ["31/12/2025", "2025-12-31", "31-12-2025", "31.12.2025", "2025-12-31 00:00:00", "2025-12-31T00:00:00Z",
     "31/12/2025 00:00", "31/12/25", "2025/12/31", "2025.12.31", "20251231", "31-déc-25",
     "31-déc.-25", "31 décembre 2025", "31 DÉC. 2025", "mercredi 31 décembre 2025", "31 Dec 2025", "46022",
     "46022.0", "46022,5", "2025-12-31T10:00:00+01:00", "2025-12-30T23:30:00Z", "2025-12-30 23:00:00+00:00",
     "2026-01-01T08:00:00+14:00", "31 12 2025", "2025-12-30 23:30:00 UTC", "Dec 31, 2025",
     "December 31st 2025", "déc. 31, 2025", "Wed Dec 31 2025"],
)  # fmt: skip
def test_dates_as_they_are_written(written: str) -> None:
    assert taken(expire_le=written).expires_on == date(2025, 12, 31)


@pytest.mark.parametrize(
    ("column", "value", "word"),
    [
        ("nom", "", "manque"),
        ("nom", " \u200b ", "manque"),
        ("nom", "NaN", "manque"),
        ("nom", "#REF!", "tableur"),
        ("nom", "Dupuis\ufffd", "illisible"),
        ("code", "CLT-12A", "CLT-00245"),
        ("code", "-5", "CLT-00245"),
        ("expire_le", "", "manque"),
        ("expire_le", "31/02/2025", "n’existe pas"),
        ("expire_le", "12/31/2025", "n’existe pas"),
        ("expire_le", "99999", "tableur"),
        ("expire_le", "12345", "tableur"),
        ("expire_le", "31 foo 2025", "s’écrit"),
        ("expire_le", "31 juin 2025", "n’existe pas"),
        ("expire_le", "demain", "s’écrit"),
        ("expire_le", "31/12/2205", "plus de"),
        ("expire_le", "31/12/1999", "plus de"),
        ("client_depuis", "01/01/2026", "pas encore"),
        ("client_depuis", "02/01/1900", "avant"),
        ("client_depuis", "hier", "s’écrit"),
        ("formule", "Gold", "Premium"),
        ("periodicite", "trimestriel", "annuel"),
        ("fuseau", "Mars/Olympus", "inconnu"),
        ("fuseau", "/etc/passwd", "inconnu"),
        ("opposition_appel", "peut-être", "oui ou non"),
    ],
)
def test_what_is_refused_says_where_and_why(column: str, value: str, word: str) -> None:
    found = reading(**{column: value})
    assert found.row is None
    assert [fault.column for fault in found.refused] == [column]
    assert word in found.refused[0].reason


def test_an_expiry_before_the_arrival_is_refused() -> None:
    assert reading(client_depuis="01/12/2025", expire_le="30/11/2025").row is None


@pytest.mark.parametrize(
    "address", ["marie", "marie@", "a@b@c.fr", "a@b", "a b@c.fr", ".a@b.fr", "a..b@c.fr",
                "a@-b.fr", "a@b.fr\nBcc: c@d.fr", "x" * 65 + "@b.fr"],
)  # fmt: skip
def test_a_bad_address_is_kept_but_never_used(address: str) -> None:
    found = reading(email=address, telephone="0612345678")
    assert found.row is not None
    assert not found.row.details["email_usable"]
    assert [fault.column for fault in found.warnings] == ["email"]
    assert reading(email=address).row is None, "nothing else reaches the client"


def test_a_bad_number_is_kept_while_the_address_serves() -> None:
    found = reading(telephone="12")
    assert found.row is not None
    assert (found.row.details["phone_raw"], found.row.phone.kind) == ("12", PhoneKind.INVALID)
    assert [fault.column for fault in found.warnings] == ["telephone"]


def test_basic_is_sold_by_the_month_only() -> None:
    found = reading(formule="Basic", periodicite="annuel")
    assert found.row is not None
    assert found.row.billing is Billing.MONTHLY
    assert found.warnings


@pytest.mark.parametrize(
    ("written", "civility", "warned"),
    [
        ("MLE", "Mme", False),
        ("Melle", "Mme", False),
        ("MR", "M.", False),
        ("Mrs", "Mme", False),
        ("Dr", "", True),
        ("M. et Mme", "", True),
        ("Maître", "", True),
    ],
)
def test_civilities_of_other_programs(written: str, civility: str, warned: bool) -> None:
    found = reading(civilite=written)
    assert found.row is not None
    assert (found.row.details["civility"], bool(found.warnings)) == (civility, warned)


@pytest.mark.parametrize("absent", ["", "NaN", "null", "none", "n/a"])
def test_what_a_program_writes_for_nothing_is_nothing(absent: str) -> None:
    row = taken(prenom=absent, civilite=absent, client_depuis=absent, fuseau=absent)
    assert [row.details[name] or "" for name in ("first_name", "civility", "client_since", "timezone")] == [
        ""
    ] * 4


def test_people_called_null_or_nan_are_people() -> None:
    assert taken(nom="Null").details["last_name"] == "Null"
    assert taken(nom="Nan").details["last_name"] == "Nan"


def test_markup_and_escapes_are_names_like_others_once_clean() -> None:
    assert taken(nom="Dupont [/] x").details["last_name"] == "Dupont [/] x"
    assert taken(nom="[@click=app.quit]x").details["last_name"] == "[@click=app.quit]x"
    assert taken(nom="Du\x1b[31m\u202epont").details["last_name"] == "Du[31mpont"


def test_too_long_texts_are_cut_and_said() -> None:
    found = reading(nom="x" * 500, note="y" * 5000)
    assert found.row is not None
    assert (len(found.row.details["last_name"]), len(found.row.note)) == (80, 2000)
    assert {fault.column for fault in found.warnings} == {"nom", "note"}


@pytest.mark.parametrize(("column", "limit"), [("telephone", 40), ("email", 300), ("equipe", 80)])
def test_no_column_is_cut_without_a_word(column: str, limit: int) -> None:
    def cut(length: int) -> bool:
        return any("est coupée" in one.reason for one in reading(**{column: "x" * length}).warnings)

    assert (cut(limit), cut(limit + 1)) == (False, True)


def test_columns_are_known_by_usual_names_whatever_case_accents_and_order() -> None:
    cells = ["\ufeffÉchéance", "Adresse e-mail", "NOM", "Prénom", "Âge", "rejet_raison", ""]
    header = read_header(cells, TITLES)
    assert header.places == {"expire_le": 0, "email": 1, "nom": 2, "prenom": 3}
    assert header.unknown == ("Âge",)
    assert not header.faults


def test_no_two_columns_share_a_name() -> None:
    names = [name for column in COLUMNS for name in (column.name, *column.others)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("cells", "word"),
    [
        (["nom", "expire_le"], "email"),
        (["email", "expire_le"], "« nom » manque"),
        (["email", "nom"], "« expire_le » manque"),
        (["nom", "email", "expire_le", "échéance"], "la même chose"),
        ([], "manque"),
    ],
)
def test_a_header_that_cannot_serve_says_why(cells: list[str], word: str) -> None:
    said = " ".join(read_header(cells, TITLES).faults).replace("\u00a0", " ")
    assert word in said


def test_an_opposition_to_calls_is_stronger_than_an_agreement_beside_it() -> None:
    both = taken(opposition_appel="oui", consentement_appel="01/12/2025").details
    assert (both["opposed_call"], both["call_consent_at"]) == (True, None)
    assert taken(consentement_appel="01/12/2025").details["call_consent_at"] == start_of(date(2025, 12, 1))


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("Ada Roy <a@b.fr>", "a@b.fr"),
        ("<a@b.fr>", "a@b.fr"),
        ("mailto:A@b.fr", "a@b.fr"),
        ("a@b.fr.", "a@b.fr"),
        ("a@b.fr, c@d.fr", "a@b.fr"),
        ("a@b.fr ; c@d.fr", "a@b.fr"),
        ("mailto:a@b.fr?subject=Bonjour", "a@b.fr"),
        ("“a@b.fr”", "a@b.fr"),
        ("'a@b.fr'", "a@b.fr"),
        ("a@b.fr (perso)", "a@b.fr"),
    ],
)
def test_an_address_as_other_programs_write_it(written: str, address: str) -> None:
    assert taken(email=written).email == address


FILLERS = [
    ("email", "Inconnu"),
    ("email", "noreply@exemple.fr"),
    ("email", "ne-pas-repondre@exemple.fr"),
    ("email", "null@null.fr"),
    ("email", "test@test.fr"),
    ("email", "xxx@exemple.fr"),
    ("email", "sans@exemple.fr"),
    ("telephone", "06 00 00 00 00"),
    ("telephone", "0600000000"),
    ("telephone", "+33 6 00 00 00 00"),
    ("telephone", "0000000000"),
    ("telephone", "01 23 45 67 89"),
    ("telephone", "06 06 06 06 06"),
    ("telephone", "06.11.11.11.11"),
    ("telephone", "Null"),
    ("telephone", "non renseigné"),
    ("code", "inconnu"),
    ("client_depuis", "0000-00-00"),
    ("client_depuis", "01/01/1970"),
    ("client_depuis", "1970-01-01 00:00:00"),
    ("client_depuis", "Inconnu"),
]


@pytest.mark.parametrize(("column", "filler"), FILLERS)
def test_what_is_typed_for_nothing_is_nothing(column: str, filler: str) -> None:
    other = {"telephone": "06 12 34 56 78"} if column == "email" else {"email": "marie@exemple.fr"}
    found = reading(**{"code": "CLT-00001", "email": "", "telephone": "", **other, column: filler})
    assert found.row is not None, found.refused
    assert [one.column for one in found.warnings] == [column]
    if column == "email":
        assert (found.row.email, found.row.details["email"]) == ("", "")
    if column == "telephone":
        assert (found.row.phone.e164, found.row.details["phone_raw"]) == ("", "")
    if column == "client_depuis":
        assert found.row.details["client_since"] is None
    if column == "code":
        assert found.row.code == ""


def test_a_coded_client_whom_nothing_reaches_stays_with_a_warning() -> None:
    found = reading(code="CLT-00001", email="", telephone="06 00 00 00 00")
    assert found.row is not None
    assert len(found.warnings) == 2
    assert reading(email="", telephone="06 00 00 00 00").row is None


@pytest.mark.parametrize("filler", ["0000-00-00", "00/00/0000", "01/01/1970", "Inconnu"])
def test_an_expiry_that_is_no_day_is_said_to_be_missing(filler: str) -> None:
    (fault,) = reading(expire_le=filler).refused
    assert "la date d’expiration manque" in fault.reason


@pytest.mark.parametrize("number", ["06 12 34 56 78 9", "+33 6 12 34 56 78 9", "06 09 87 65 43 21"])
def test_a_number_with_a_digit_too_many_is_kept_as_written(number: str) -> None:
    found = reading(email="marie@exemple.fr", telephone=number)
    assert found.row is not None
    assert found.row.details["phone_raw"] == number
    assert found.warnings[0].reason.startswith("numéro non valide")


@pytest.mark.parametrize("number", ["06 12 34 56 78", "01 42 68 53 00", "06 60 06 60 06", "0611111112"])
def test_a_number_like_any_other(number: str) -> None:
    assert taken(telephone=number).phone.e164


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("1er janvier 2026", date(2026, 1, 1)),
        ("1/2/26", date(2026, 2, 1)),
        ("30-juil-25", date(2025, 7, 30)),
        ("30-juin-25", date(2025, 6, 30)),
        ("28 févr. 2026", date(2026, 2, 28)),
        ("15-août-25", date(2025, 8, 15)),
    ],
)
def test_days_in_words(written: str, day: date) -> None:
    assert taken(expire_le=written).expires_on == day


@pytest.mark.parametrize(
    ("titles", "places"),
    [
        ("Given Name,Family Name,E-mail 1 - Value,expire_le", {"prenom": 0, "nom": 1, "email": 2}),
        ("Nom*,Prénom,Email (courriel),Échéance [date]", {"nom": 0, "prenom": 1, "email": 2, "expire_le": 3}),
        ("billing_first_name,billing_last_name,billing_email,billing_phone,end date", {"telephone": 3}),
        ("PrÃ©nom,Nom,TÃ©lÃ©phone,Ã‰chÃ©ance", {"prenom": 0, "telephone": 2, "expire_le": 3}),
        ("Nom,E-mail 1,Portable 2,Tel 3,expire_le", {"email": 1, "telephone": 2}),
        ("Customer ID,Customer Name,Customer Email,Current Period End (UTC)", {"code": 0, "nom": 1}),
        ("customers.id,customers.last_name,customers.email,subscriptions.current_term_end", {"expire_le": 3}),
        ("Réf. adhérent* (a.ref),Nom* (a.lastname),Email,Date fin adhésion", {"code": 0, "expire_le": 3}),
        ("name,email,title/name,ref,end_date,next_payment_date", {"civilite": 2, "code": 3, "expire_le": 5}),
        ("Nom adhérent,Email payeur,Date d'inscription,date_end", {"nom": 0, "client_depuis": 2}),
        ("Nom\ndu client,E-mail Address,Mobile Phone,Current Period End (UTC)", {"nom": 0, "expire_le": 3}),
    ],
)
def test_titles_that_other_programs_give(titles: str, places: dict[str, int]) -> None:
    header = read_header(titles.split(","), TITLES)
    assert header.faults == ()
    assert {name: header.places[name] for name in places} == places


@pytest.mark.parametrize(
    ("column", "cells", "chosen", "others"),
    [
        ("telephone", ["01 42 68 53 00", "06 12 34 56 78"], "06 12 34 56 78", ("01 42 68 53 00",)),
        ("telephone", ["06 00 00 00 00", "01 42 68 53 00"], "01 42 68 53 00", ("06 00 00 00 00",)),
        ("telephone", ["", "06 12 34 56 78"], "06 12 34 56 78", ()),
        ("telephone", ["12", ""], "12", ()),
        ("telephone", ["", ""], "", ()),
        ("email", ["pas d’email", "a@b.fr", "c@d.fr"], "a@b.fr", ("pas d’email", "c@d.fr")),
        ("email", ["noreply@b.fr", "c@d.fr"], "c@d.fr", ("noreply@b.fr",)),
    ],
)
def test_of_several_columns_the_best_serves(
    column: str, cells: list[str], chosen: str, others: tuple[str, ...]
) -> None:
    assert choose(column, cells) == (chosen, others)
