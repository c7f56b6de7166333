"""The clients file: its columns, and what each row says once checked. Pure rules, no file and no database."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import TypeVar

from console.base.dates import add_months
from console.base.phone import Phone, read_phone
from console.base.text import clean, fold
from console.base.vocabulary import Billing, Channel, PhoneKind, Plan

_T = TypeVar("_T")

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "code": ("code_client", "client", "id_client", "numero_client", "n_client", "reference"),
    "civilite": ("civ", "titre"),
    "prenom": ("first_name", "firstname"),
    "nom": ("nom_de_famille", "last_name", "lastname", "nom_client"),
    "email": ("e_mail", "mail", "courriel", "adresse_email", "adresse_e_mail", "adresse_mail"),
    "telephone": ("tel", "phone", "mobile", "portable", "gsm", "numero_de_telephone", "telephone_mobile"),
    "formule": ("plan", "abonnement", "offre"),
    "periodicite": ("facturation", "billing", "periode"),
    "client_depuis": ("depuis", "date_client", "date_inscription", "inscrit_le", "client_since"),
    "expire_le": ("expiration", "echeance", "date_expiration", "date_d_expiration", "date_echeance",
                  "date_d_echeance", "fin", "date_de_fin", "expires_on"),
    "fuseau": ("fuseau_horaire", "timezone"),
    "note": ("notes", "commentaire", "commentaires", "remarque"),
    "opposition_appel": ("opposition_appels", "opposition_telephone", "ne_pas_appeler"),
    "opposition_email": ("opposition_e_mail", "opposition_mail", "desinscrit"),
    "opposition_sms": ("opposition_textos",),
    "consentement_appel": ("accord_appel", "consentement_telephone", "accord_telephone"),
}  # fmt: skip
"""The columns of the format, and the other names they are understood by."""

REJECT_COLUMNS = ("rejet_ligne", "rejet_colonne", "rejet_valeur", "rejet_raison")
"""What a rejects file adds; ignored without a word when the mended file comes back."""

OPPOSITIONS = {
    Channel.CALL: "opposition_appel",
    Channel.EMAIL: "opposition_email",
    Channel.SMS: "opposition_sms",
}
NOTE_LIMIT = 2000
_OLDEST = date(1990, 1, 1)
_YEARS_AHEAD = 6
_YEARS_BACK = 10
_ABSENT = frozenset({"nan", "null", "none", "n/a", "#n/a"})
_NOT_A_NAME = frozenset({"NaN", "nan", "NULL", "null", "None", "none", "N/A", "n/a"})
_SPREADSHEET_ERROR = re.compile(r"#(REF|VALEUR|VALUE|NOM|NAME|DIV/0|N/A|NUL|NULL|NOMBRE|NUM)[!?]?")
_DAY_FIRST = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?")
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[ T]\d{2}:\d{2}(?::\d{2})?(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2})?)?")
_CODE = re.compile(r"(?:CLT[- ]?)?(\d{1,9})", re.IGNORECASE)
_EMAIL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)
_CIVILITIES = {
    "m": "M.", "m.": "M.", "mr": "M.", "mr.": "M.", "monsieur": "M.", "h": "M.", "homme": "M.",
    "mme": "Mme", "mme.": "Mme", "madame": "Mme", "f": "Mme", "femme": "Mme",
    "mlle": "Mme", "mademoiselle": "Mme",
}  # fmt: skip
_PLANS = {"premium": Plan.PREMIUM, "basic": Plan.BASIC, "basique": Plan.BASIC}
_BILLINGS = (
    dict.fromkeys(("annuel", "annuelle", "annuellement", "an", "annual", "12 mois"), Billing.ANNUAL)
    | dict.fromkeys(("mensuel", "mensuelle", "mensuellement", "mois", "monthly"), Billing.MONTHLY)
)  # fmt: skip
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


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a value is refused, or taken with a warning. `column` is named as in the file."""

    column: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class ClientRow:
    """What a row says of a client; None or "" where it says nothing.

    `keys` recognise a client without code: the e-mail, then the phone, where they are valid.
    """

    code: str
    keys: tuple[str, ...]
    civility: str
    first_name: str
    last_name: str
    email: str
    email_valid: bool
    phone_raw: str
    phone: Phone
    plan: Plan | None
    billing: Billing | None
    since: date | None
    expires_on: date
    timezone: str
    note: str
    opposed: frozenset[Channel]
    call_consent_on: date | None


@dataclass(frozen=True, slots=True)
class Reading:
    """A row once checked: the client unless something is refused, and what is worth a warning."""

    row: ClientRow | None
    refused: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a file: their names as written, and where each column of the format is."""

    names: tuple[str, ...]
    places: Mapping[str, int]
    unknown: tuple[str, ...]
    faults: tuple[str, ...]


def read_header(cells: Sequence[str]) -> Header:
    """Recognise the columns, by their names or usual other names, whatever their order, accents and case."""
    names = tuple(clean(cell.removeprefix("\ufeff"), limit=100) for cell in cells)
    aliases = {alias: name for name, others in COLUMNS.items() for alias in (name, *others)}
    places: dict[str, int] = {}
    unknown: list[str] = []
    faults: list[str] = []
    for index, name in enumerate(names):
        plain = re.sub(r"[^a-z0-9]+", "_", fold(name)).strip("_")
        column = aliases.get(plain)
        if column is None:
            if plain and plain not in REJECT_COLUMNS:
                unknown.append(name)
        elif column in places:
            faults.append(f"les colonnes « {names[places[column]]} » et « {name} » disent la même chose")
        else:
            places[column] = index
    faults += [f"la colonne « {name} » manque" for name in ("nom", "expire_le") if name not in places]
    if "email" not in places and "telephone" not in places:
        faults.append("il faut une colonne « email » ou « telephone »")
    return Header(names, places, tuple(unknown), tuple(faults))


def read_row(
    values: Mapping[str, str],
    *,
    today: date,
    tariffs: Collection[tuple[Plan, Billing]],
    fiction: bool = False,
) -> Reading:
    """Check one row, given by the format's column names; never raises.

    Names, expiry and a way to reach the client are required. A phone or an e-mail that is not valid is kept
    as given, with a warning, while the other one serves. `today` is the day in Paris.
    """
    check = _Check(values, today)
    code = check.code()
    last_name = check.name("nom", required=True)
    email, email_valid = check.email()
    raw = check.text("telephone", limit=40)
    phone = read_phone(raw, fiction=fiction)
    if phone.kind is PhoneKind.INVALID:
        check.warn("telephone", "numéro non valide, gardé tel quel : il ne sera pas appelé")
    if not email_valid and not phone.e164:
        check.refuse("email" if email else "telephone", "ni e-mail ni téléphone valable")
    plan = check.choice("formule", _PLANS, "Premium ou Basic")
    billing = check.choice("periodicite", _BILLINGS, "annuel ou mensuel")
    if plan and billing and (plan, billing) not in tariffs:
        check.warn("periodicite", f"la formule {plan.title()} n’existe pas à cette périodicité : mensuel")
        billing = Billing.MONTHLY
    expires_on = check.expiry()
    since = check.since(expires_on)
    row = ClientRow(
        code=code,
        keys=client_keys(email if email_valid else "", phone.e164),
        civility=check.civility(),
        first_name=check.name("prenom"),
        last_name=last_name,
        email=email,
        email_valid=email_valid,
        phone_raw=raw,
        phone=phone,
        plan=plan,
        billing=billing,
        since=since,
        expires_on=expires_on,
        timezone=check.timezone(),
        note=check.note(),
        opposed=check.oppositions(),
        call_consent_on=check.consent(),
    )
    return Reading(None if check.refused else row, tuple(check.refused), tuple(check.warnings))


def client_keys(email: str, phone: str) -> tuple[str, ...]:
    """How a client is recognised without a code, surest first, from a usable address and an E.164 number."""
    return tuple(key for key, value in ((f"e:{email}", email), (f"t:{phone}", phone)) if value)


def code_of(number: int) -> str:
    """« CLT-00245 »: at least five digits."""
    return f"CLT-{number:05d}"


def read_day(text: str) -> date:
    """A day written 31/12/2025 or 2025-12-31, an hour after it ignored; ValueError says why it is none."""
    iso = _ISO.fullmatch(text)
    day_first = _DAY_FIRST.fullmatch(text)
    if iso:
        year, month, day = iso.groups()
    elif day_first:
        day, month, year = day_first.groups()
    elif text.isdigit() and len(text) == 5:
        raise ValueError("c’est un nombre de tableur : mettez la colonne au format date")
    else:
        raise ValueError("la date s’écrit 31/12/2025 ou 2025-12-31")
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise ValueError("ce jour n’existe pas (jour, puis mois, puis année)") from None


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


class _Check:
    """Reads the values of one row and gathers what is wrong with them."""

    def __init__(self, values: Mapping[str, str], today: date) -> None:
        self._values = values
        self._today = today
        self.refused: list[Fault] = []
        self.warnings: list[Fault] = []
        for column, value in values.items():
            if "\ufffd" in value:
                self.refuse(column, "un caractère est illisible : enregistrez le fichier en UTF-8")
            elif value[:1] == "#" and _SPREADSHEET_ERROR.fullmatch(value.strip()):
                self.refuse(column, "c’est une erreur de tableur")

    def refuse(self, column: str, reason: str) -> None:
        self.refused.append(self._fault(column, reason))

    def warn(self, column: str, reason: str) -> None:
        self.warnings.append(self._fault(column, reason))

    def _fault(self, column: str, reason: str) -> Fault:
        return Fault(column, clean(self._values.get(column, ""), limit=200), reason)

    def text(self, column: str, limit: int = 200) -> str:
        value = self._values.get(column, "")
        if not value:
            return ""
        value = clean(value, limit=limit)
        return "" if value.lower() in _ABSENT else value

    def name(self, column: str, *, required: bool = False) -> str:
        given = self._values.get(column, "")
        value = clean(given, limit=80)
        if value in _NOT_A_NAME:
            value = ""
        if required and not value:
            self.refuse(column, "le nom manque")
        elif len(given) > 80 and len(clean(given)) > 80:
            self.warn(column, "plus de 80 caractères : la fin est coupée")
        return value

    def code(self) -> str:
        value = self.text("code")
        if not value:
            return ""
        match = _CODE.fullmatch(value)
        if match:
            return code_of(int(match[1]))
        self.refuse("code", "le code s’écrit CLT-00245")
        return ""

    def email(self) -> tuple[str, bool]:
        value = self.text("email", limit=300)
        valid = bool(_EMAIL.fullmatch(value)) and len(value) <= 254 and len(value.split("@")[0]) <= 64
        if value and not valid:
            self.warn("email", "adresse non valide, gardée telle quelle : rien n’y sera envoyé")
        return value.lower() if valid else value, valid

    def civility(self) -> str:
        value = self.text("civilite")
        known = _CIVILITIES.get(value.lower(), "")
        if value and not known:
            self.warn("civilite", "M. ou Mme est attendu : laissée vide")
        return known

    def choice(self, column: str, known: Mapping[str, _T], expected: str) -> _T | None:
        value = self.text(column)
        if not value:
            return None
        found = known.get(fold(value))
        if found is None:
            self.refuse(column, f"{expected} est attendu")
        return found

    def expiry(self) -> date:
        value = self.text("expire_le")
        if not value:
            self.refuse("expire_le", "la date d’expiration manque")
            return self._today
        day = _day(value)
        if isinstance(day, str):
            self.refuse("expire_le", day)
            return self._today
        if day > add_months(self._today, 12 * _YEARS_AHEAD):
            self.refuse("expire_le", f"dans plus de {_YEARS_AHEAD} ans")
        elif day < add_months(self._today, -12 * _YEARS_BACK):
            self.refuse("expire_le", f"il y a plus de {_YEARS_BACK} ans")
        return day

    def since(self, expires_on: date) -> date | None:
        value = self.text("client_depuis")
        if not value:
            return None
        day = _day(value)
        if isinstance(day, str):
            self.refuse("client_depuis", day)
        elif day > self._today + timedelta(days=1):
            self.refuse("client_depuis", "ce jour n’est pas encore venu")
        elif day < _OLDEST:
            self.refuse("client_depuis", f"avant {_OLDEST.year}")
        elif day > expires_on:
            self.refuse("client_depuis", "après la date d’expiration")
        else:
            return day
        return None

    def timezone(self) -> str:
        value = self.text("fuseau")
        if not value:
            return ""
        known = _timezone(value)
        if known is None:
            self.refuse("fuseau", "fuseau inconnu : Europe/Paris, Indian/Reunion… est attendu")
        return known or ""

    def note(self) -> str:
        given = self._values.get("note", "")
        value = clean(given, newlines=True, limit=NOTE_LIMIT)
        if len(given) > NOTE_LIMIT and len(value) >= NOTE_LIMIT - 1:
            self.warn("note", f"plus de {NOTE_LIMIT} caractères : la fin est coupée")
        return value

    def consent(self) -> date | None:
        """The day on which calls after the expiry were agreed to; today for a bare yes, nothing for a no."""
        value = self.text("consentement_appel")
        if fold(value) in _NO:
            return None
        if fold(value) in _YES:
            return self._today
        day = _day(value)
        if isinstance(day, str):
            self.refuse("consentement_appel", "oui, non, ou le jour où il a été donné est attendu")
        elif not _OLDEST <= day <= self._today:
            self.refuse("consentement_appel", "ce jour n’est pas possible")
        else:
            return day
        return None

    def oppositions(self) -> frozenset[Channel]:
        found = set()
        for channel, column in OPPOSITIONS.items():
            value = fold(self.text(column))
            if value in _YES:
                found.add(channel)
            elif value not in _NO:
                self.refuse(column, "oui ou non est attendu")
        return frozenset(found)
