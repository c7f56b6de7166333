"""The columns of a client, each told once: its names in a file, how a cell is read, where the table keeps it.

The import, what an update says, the export, the client's file and the erasure all derive from COLUMNS. A new
column is one entry here, a column of the table with its migration, and a word in the README.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from console.base.dates import add_months, day_of, start_of
from console.base.days import read_day
from console.base.names import carries_address, carries_mark
from console.base.text import clean, fold
from console.base.vocabulary import OPPOSED_COLUMNS, OPPOSED_WORDS, Billing, Channel, Plan
from console.rules.placeholders import is_filler, is_filler_day

OPPOSITIONS = {
    Channel.CALL: "opposition_appel",
    Channel.EMAIL: "opposition_email",
    Channel.SMS: "opposition_sms",
}
"""The column of a file that tells whether a client is opposed to a channel."""

NOTE_LIMIT = 2000
_OLDEST = date(1990, 1, 1)
_YEARS_AHEAD = 6
_YEARS_BACK = 10
_ABSENT = frozenset({"nan", "null", "none", "n/a", "#n/a"})
_NOT_A_NAME = frozenset({"NaN", "nan", "NULL", "null", "None", "none", "N/A", "n/a"})
_SPREADSHEET_ERROR = re.compile(r"#(REF|VALEUR|VALUE|NOM|NAME|DIV/0|N/A|NUL|NULL|NOMBRE|NUM)[!?]?")
_CODE = re.compile(r"(?:CLT[- ]?)?(\d{1,9})(?:[.,]0+)?", re.IGNORECASE)
_OTHER_CODE = re.compile(r"(?!CLT[- ])[A-Za-z0-9_][A-Za-z0-9 ._/-]{0,39}", re.IGNORECASE)
"""How other programs number their clients: kept as they write it."""
_CIVILITIES = {
    "m": "M.", "m.": "M.", "mr": "M.", "mr.": "M.", "monsieur": "M.", "h": "M.", "homme": "M.",
    "mme": "Mme", "mme.": "Mme", "madame": "Mme", "f": "Mme", "femme": "Mme",
    "mlle": "Mme", "melle": "Mme", "mle": "Mme", "mademoiselle": "Mme",
    "mister": "M.", "mrs": "Mme", "ms": "Mme", "miss": "Mme",
}  # fmt: skip
_PLANS = {"premium": Plan.PREMIUM, "basic": Plan.BASIC, "basique": Plan.BASIC}
_ANNUAL = ("annuel", "annuelle", "annuellement", "an", "annual", "12 mois", "1 an", "annee", "year", "yearly")
_MONTHLY = ("mensuel", "mensuelle", "mensuellement", "mois", "monthly", "1 mois", "month")
_BILLINGS = dict.fromkeys(_ANNUAL, Billing.ANNUAL) | dict.fromkeys(_MONTHLY, Billing.MONTHLY)
_YES = frozenset({"oui", "o", "1", "x", "vrai", "true", "yes", "y"})
_NO = frozenset({"", "non", "n", "0", "faux", "false", "no"})
_TIMEZONES = {
    "paris": "Europe/Paris", "metropole": "Europe/Paris", "france": "Europe/Paris",
    "reunion": "Indian/Reunion", "la reunion": "Indian/Reunion", "mayotte": "Indian/Mayotte",
    "guadeloupe": "America/Guadeloupe", "saint-martin": "America/Guadeloupe",
    "saint-barthelemy": "America/Guadeloupe", "martinique": "America/Martinique",
    "guyane": "America/Cayenne", "saint-pierre-et-miquelon": "America/Miquelon",
    "nouvelle-caledonie": "Pacific/Noumea", "polynesie": "Pacific/Tahiti",
    "polynesie francaise": "Pacific/Tahiti", "wallis-et-futuna": "Pacific/Wallis",
}  # fmt: skip


_COUNTRIES = (
    dict.fromkeys(("be", "bel", "belgique", "belgium", "belgie"), "BE")
    | dict.fromkeys(("ch", "che", "suisse", "switzerland", "schweiz"), "CH")
    | dict.fromkeys(("lu", "lux", "luxembourg"), "LU")
    | dict.fromkeys(("mc", "mco", "monaco"), "MC")
)
"""The neighbours whose numbers, written as at home, may read as French ones."""


@dataclass(frozen=True, slots=True)
class CellFault:
    """Why a value is refused, or taken with a warning. `column` is named as in the file."""

    column: str
    value: str
    reason: str


class Cells:
    """The cells of one row by column, and what is found wrong with them. `today` is the day in Paris."""

    def __init__(self, values: Mapping[str, str], today: date) -> None:
        self._values = values
        self.today = today
        self.refused: list[CellFault] = []
        self.warnings: list[CellFault] = []
        for column, value in values.items():
            if "\ufffd" in value:
                self.refuse(column, "un caractère est illisible : enregistrez le fichier en UTF-8")
            elif value[:1] == "#" and _SPREADSHEET_ERROR.fullmatch(value.strip()):
                self.refuse(column, "c’est une erreur de tableur")

    def refuse(self, column: str, reason: str) -> None:
        """The row cannot be taken."""
        self.refused.append(self._fault(column, reason))

    def warn(self, column: str, reason: str) -> None:
        """The row is taken all the same."""
        self.warnings.append(self._fault(column, reason))

    def _fault(self, column: str, reason: str) -> CellFault:
        return CellFault(column, clean(self._values.get(column, ""), limit=200), reason)

    def given(self, column: str) -> str:
        """The cell as it is written; empty where the file has no such column."""
        return self._values.get(column, "")

    def text(self, column: str, limit: int = 200) -> str:
        """The cell clean and cut; empty for what programs write for nothing."""
        value = self._values.get(column, "")
        if not value:
            return ""
        value = clean(value, limit=limit)
        return "" if value.lower() in _ABSENT else value


def code_of(number: int) -> str:
    """« CLT-00245 »: at least five digits."""
    return f"CLT-{number:05d}"


def country_of(text: str) -> str:
    """The neighbour that a cell names, in two capitals; empty for France and any other country."""
    return _COUNTRIES.get(fold(text).strip(" ."), "")


def read_code(text: str) -> str:
    """A code as it is kept: « CLT-00013 » for CLT-13, 13 and 13.0, another program's as it is written.

    Empty for what is no code.
    """
    text = text.strip()
    if match := _CODE.fullmatch(text):
        return code_of(int(match[1]))
    return text if _OTHER_CODE.fullmatch(text) else ""


@lru_cache(maxsize=512)
def _day(text: str) -> date | str:
    try:
        return read_day(text)
    except ValueError as error:
        return str(error)


@lru_cache(maxsize=512)
def _timezone(text: str) -> str | None:
    from zoneinfo import available_timezones

    known = _TIMEZONES.get(fold(text))
    return known or (text if "/" in text and text in available_timezones() else None)


def plain_title(title: str) -> str:
    """A title of a column as it is compared: folded, without stars nor what is in brackets."""
    without = re.sub(r"\[[^\]]*\]|\([^)]*\)", " ", title)
    return re.sub(r"[^a-z0-9]+", "_", fold(without if without.strip(" *") else title)).strip("_")


Read = Callable[[Cells, str], Any]
"""Reads the cell of a column, and says to the cells what is wrong with it; never raises."""


def _known(limit: int) -> Read:
    return lambda cells, column: _sure(cells, column, limit)


def _name(cells: Cells, column: str) -> str:
    given = cells.given(column)
    value = clean(given, limit=80)
    if value in _NOT_A_NAME:
        value = ""
    if value and len(given) > 80 and len(clean(given)) > 80:
        cells.warn(column, "plus de 80 caractères : la fin est coupée")
    if carries_address(value):
        cells.warn(column, "une adresse dans un nom : gardée, mais dans aucune salutation")
    elif carries_mark(value):
        cells.warn(column, "un nom qui ne se dit pas : gardé, mais dans aucune salutation")
    return value


def _first_name(cells: Cells, column: str) -> str:
    """Empty for « Null » or « inconnu », by which nobody is greeted; Nan, Nil and Na are people's names."""
    value = _name(cells, column)
    if is_filler(value) and (len(value) > 3 or not value.isalpha()):
        cells.warn(column, "ce mot dit qu’on ne sait pas : laissé vide")
        return ""
    return value


def _last_name(cells: Cells, column: str) -> str:
    value = _name(cells, column)
    if not value:
        cells.refuse(column, "le nom manque")
    return value


def _sure(cells: Cells, column: str, limit: int = 200) -> str:
    """The cell, empty with a warning for what people type when they do not know."""
    given = cells.given(column)
    value = cells.text(column, limit)
    if len(given) > limit and len(clean(given, limit=limit + 1)) > limit:
        cells.warn(column, f"plus de {limit} caractères : la fin est coupée")
    if is_filler(given):
        cells.warn(column, "ce mot dit qu’on ne sait pas : laissé vide")
        return ""
    return value


def _code(cells: Cells, column: str) -> str:
    value = _sure(cells, column)
    if not value:
        return ""
    code = read_code(value)
    if not code:
        cells.refuse(column, "le code s’écrit CLT-00245, ou autrement en 40 lettres et chiffres au plus")
    return code


def _civility(cells: Cells, column: str) -> str:
    value = cells.text(column)
    known = _CIVILITIES.get(value.lower(), "")
    if value and not known:
        cells.warn(column, "M. ou Mme est attendu : laissée vide")
    return known


def _one_of(known: Mapping[str, Any], expected: str) -> Read:
    def read(cells: Cells, column: str) -> Any:
        value = cells.text(column)
        found = known.get(fold(value)) if value else None
        if value and found is None:
            cells.refuse(column, f"{expected} est attendu")
        return found

    return read


def _expiry(cells: Cells, column: str) -> date | None:
    value = cells.text(column)
    if not value or is_filler(value):
        cells.refuse(column, "la date d’expiration manque")
        return None
    day = _day(value)
    if is_filler_day(value, None if isinstance(day, str) else day):
        cells.refuse(column, "ce n’est la date de rien : la date d’expiration manque")
        return None
    if isinstance(day, str):
        cells.refuse(column, day)
        return None
    if day > add_months(cells.today, 12 * _YEARS_AHEAD):
        cells.refuse(column, f"dans plus de {_YEARS_AHEAD} ans")
    elif day < add_months(cells.today, -12 * _YEARS_BACK):
        cells.refuse(column, f"il y a plus de {_YEARS_BACK} ans")
    return day


def _renewed_on(cells: Cells, column: str) -> date | None:
    value = cells.text(column)
    if not value:
        return None
    day = _day(value)
    if isinstance(day, str):
        cells.refuse(column, day)
    elif not _OLDEST <= day <= cells.today:
        cells.refuse(column, "ce jour n’est pas possible")
    else:
        return day
    return None


def _since(cells: Cells, column: str) -> date | None:
    value = _sure(cells, column)
    if not value:
        return None
    day = _day(value)
    if is_filler_day(value, None if isinstance(day, str) else day):
        cells.warn(column, "ce n’est la date de rien : laissée vide")
    elif isinstance(day, str):
        cells.refuse(column, day)
    elif day > cells.today + timedelta(days=1):
        cells.refuse(column, "ce jour n’est pas encore venu")
    elif day < _OLDEST:
        cells.refuse(column, f"avant {_OLDEST.year}")
    else:
        return day
    return None


def _zone(cells: Cells, column: str) -> str:
    value = cells.text(column)
    known = _timezone(value) if value else ""
    if known is None:
        cells.refuse(column, "fuseau inconnu : Europe/Paris, Indian/Reunion… est attendu")
    return known or ""


def _department(cells: Cells, column: str) -> str:
    """« 31 », « 2A » or « 974 », from the department or from a postal code; empty for any other."""
    value = re.sub(r"\s", "", cells.text(column)).upper()
    if re.fullmatch(r"\d{4}", value) or re.fullmatch(r"\d", value):
        value = f"0{value}"  # a spreadsheet takes the first zero away
    if re.fullmatch(r"\d{5}", value):
        if value.startswith("20"):
            return "2A" if value < "20200" else "2B"
        return value[:3] if value.startswith(("97", "98")) else value[:2]
    if re.fullmatch(r"2[AB]|0[1-9]|[1-8]\d|9[0-5]|9[78]\d", value):
        return value
    if value:
        cells.warn(column, "un département ou un code postal français est attendu\u202f: laissé vide")
    return ""


def _owner(cells: Cells, column: str) -> str:
    return _sure(cells, column, 80)


def _country(cells: Cells, column: str) -> str:
    return country_of(cells.text(column))


def _note(cells: Cells, column: str) -> str:
    given = cells.given(column)
    value = clean(given, newlines=True, limit=NOTE_LIMIT)
    if len(given) > NOTE_LIMIT and len(value) >= NOTE_LIMIT - 1:
        cells.warn(column, f"plus de {NOTE_LIMIT} caractères : la fin est coupée")
    return value


def _yes(cells: Cells, column: str) -> bool:
    value = fold(cells.text(column))
    if value not in _YES and value not in _NO:
        cells.refuse(column, "oui ou non est attendu")
    return value in _YES


def _consent(cells: Cells, column: str) -> datetime | None:
    """The start of the day of the agreement; of today for a bare yes, nothing for a no."""
    value = cells.text(column)
    if fold(value) in _NO:
        return None
    day = cells.today if fold(value) in _YES else _day(value)
    if isinstance(day, str):
        cells.refuse(column, "oui, non, ou le jour où il a été donné est attendu")
    elif not _OLDEST <= day <= cells.today:
        cells.refuse(column, "ce jour n’est pas possible")
    else:
        return start_of(day)
    return None


KEEP: Final = object()
"""What an erasure puts in a column that it leaves as it is."""


@dataclass(frozen=True, slots=True)
class ClientColumn:
    """A column of the clients file and, where it has a `field`, of the client's table."""

    name: str
    read: Read
    others: tuple[str, ...] = ()  # the other names it is understood by
    field: str = ""  # empty: it names the client, or tells of the subscription or of the history
    also: tuple[str, ...] = ()  # what the table works out of it
    words: str = ""  # what an update says has changed, in French
    exported: Callable[[Any], Any] | None = None  # from the client's row; the field itself where None
    label: str = ""  # before it on the client's file, in French; empty: not a line of its own there
    erased: Any = ""  # what an erasure puts in the field

    def cell(self, client: Any) -> Any:
        """What an export shows of the column, from a row with the fields of WRITTEN."""
        return self.exported(client) if self.exported else getattr(client, self.field)


COLUMNS: tuple[ClientColumn, ...] = (
    ClientColumn(
        "code", _code, ("code_client", "client", "id_client", "numero_client", "n_client", "reference")
    ),
    ClientColumn("civilite", _civility, ("civ", "titre", "title"), "civility", words="civilité"),
    ClientColumn("prenom", _first_name, ("first_name", "firstname"), "first_name", words="prénom"),
    ClientColumn(
        "nom",
        _last_name,
        ("nom_de_famille", "last_name", "lastname", "nom_client"),
        "last_name",
        words="nom",
        erased="Client effacé",
    ),
    ClientColumn(
        "email",
        _known(300),
        ("e_mail", "mail", "courriel", "adresse_email", "adresse_e_mail", "adresse_mail"),
        "email",
        ("email_usable",),
        "e-mail",
    ),
    ClientColumn(
        "telephone",
        _known(40),
        ("tel", "phone", "mobile", "portable", "gsm", "numero_de_telephone", "telephone_mobile"),
        "phone_raw",
        ("phone", "phone_kind", "sms_usable"),
        "téléphone",
        exported=lambda client: client.phone or client.phone_raw,
    ),
    ClientColumn("formule", _one_of(_PLANS, "Premium ou Basic"), ("plan", "abonnement", "offre")),
    ClientColumn(
        "periodicite", _one_of(_BILLINGS, "annuel ou mensuel"), ("facturation", "billing", "periode")
    ),
    ClientColumn(
        "client_depuis",
        _since,
        ("depuis", "date_client", "date_inscription", "inscrit_le", "client_since"),
        "client_since",
        words="client depuis",
        erased=KEEP,
    ),
    ClientColumn(
        "expire_le",
        _expiry,
        ("expiration", "echeance", "date_expiration", "date_d_expiration", "date_echeance",
         "date_d_echeance", "fin", "date_de_fin", "expires_on"),
    ),
    ClientColumn(
        "renouvele_le",
        _renewed_on,
        ("date_renouvellement", "date_de_renouvellement", "renouvellement", "renewed_on"),
    ),
    ClientColumn(
        "fuseau",
        _zone,
        ("fuseau_horaire", "timezone"),
        "timezone",
        words="fuseau",
        label="Fuseau",
        erased=KEEP,
    ),
    ClientColumn(
        "departement",
        _department,
        ("code_postal", "cp", "dept", "code_departement", "postal_code", "zip", "zip_code", "postcode"),
        "department",
        words="département",
        label="Département",
    ),
    ClientColumn(
        "equipe",
        _owner,
        ("team", "portefeuille", "groupe_d_agents"),
        "team",
        words="équipe",
        label="Équipe",
        erased=KEEP,
    ),
    ClientColumn(
        "conseiller",
        _owner,
        ("conseillere", "conseiller_attitre", "charge_de_clientele", "chargee_de_clientele", "advisor"),
        "advisor",
        words="conseiller",
        label="Conseiller",
        erased=KEEP,
    ),
    ClientColumn("pays", _country, ("country", "pays_de_residence", "code_pays", "country_code")),
    ClientColumn("note", _note, ("notes", "commentaire", "commentaires", "remarque")),
    *(
        ClientColumn(
            OPPOSITIONS[channel],
            _yes,
            others,
            OPPOSED_COLUMNS[channel],
            words=f"opposition aux {OPPOSED_WORDS[channel]}",
            erased=True,
        )
        for channel, others in {
            Channel.CALL: ("opposition_appels", "opposition_telephone", "ne_pas_appeler"),
            Channel.EMAIL: ("opposition_e_mail", "opposition_mail", "desinscrit"),
            Channel.SMS: ("opposition_textos",),
        }.items()
    ),
    ClientColumn(
        "consentement_appel",
        _consent,
        ("accord_appel", "consentement_telephone", "accord_telephone"),
        "call_consent_at",
        words="accord d’appel",
        exported=lambda client: day_of(client.call_consent_at) if client.call_consent_at else None,
        erased=None,
    ),
    ClientColumn(
        "consentement_suivi",
        _consent,
        ("suivi_ouvertures", "accord_suivi", "consentement_ouvertures"),
        "tracking_consent_at",
        words="accord pour le suivi des ouvertures",
        exported=lambda client: day_of(client.tracking_consent_at) if client.tracking_consent_at else None,
        label="Suivi des ouvertures depuis",
        erased=None,
    ),
)  # fmt: skip
"""In the order of the format."""

FIELDS: Mapping[str, ClientColumn] = {one.field: one for one in COLUMNS if one.field}
"""The columns that the client's table keeps as they are read, by their name there."""

WRITTEN = tuple(name for one in FIELDS.values() for name in (one.field, *one.also))
"""Every column of the client's table that comes from a file."""
