"""The clients file: its header, and what each row says once checked. Pure rules, no file and no database."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from console.base.address import plain_address, read_address
from console.base.french import THIN
from console.base.phone import Phone, neighbour, read_phone
from console.base.text import clean, decoded_once, fold
from console.base.vocabulary import OPPOSED_COLUMNS, Billing, Channel, PhoneKind, Plan
from console.rules.client_columns import COLUMNS, CellFault, Cells, plain_title
from console.rules.placeholders import is_filler, is_filler_address, is_filler_number

_ABROAD = {"BE": "en Belgique", "CH": "en Suisse", "LU": "au Luxembourg", "MC": "à Monaco"}
_OURS = frozenset(plain_title(title) for one in COLUMNS for title in (one.name, *one.others))
_BETWEEN = re.compile(r"[,;/|\n]|\bou\b|\bet\b")
_TOTAL = re.compile(
    r"(?:(?:grand |sous[- ])?(?:total|totaux)|somme|nombre (?:de|d.)"
    r"|\d+ (?:client|ligne|adherent|membre|abonne)s?)\b"
)
_NUMBERED = re.compile(r"_\d$")
_MANY = frozenset({"email", "telephone"})
REJECT_COLUMNS = ("rejet_ligne", "rejet_colonne", "rejet_valeur", "rejet_raison")
"""What a rejects file adds; ignored without a word when the mended file comes back."""


@dataclass(frozen=True, slots=True)
class ClientRow:
    """What a row says of a client; None or "" where it says nothing.

    `details` are the columns of the client's table, by name: "", False or None where the row says nothing.
    others: the further addresses and numbers that it gives, as they are compared.
    """

    code: str
    details: Mapping[str, Any]
    phone: Phone
    plan: Plan | None
    billing: Billing | None
    expires_on: date
    renewed_on: date | None
    note: str
    others: tuple[str, ...] = ()

    @property
    def email(self) -> str:
        """The address, where it can be written to."""
        return str(self.details["email"]) if self.details["email_usable"] else ""


@dataclass(frozen=True, slots=True)
class RowReading:
    """A row once checked: the client unless something is refused, and what is worth a warning."""

    row: ClientRow | None
    refused: tuple[CellFault, ...] = ()
    warnings: tuple[CellFault, ...] = ()


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a file: their names as written, and where each column of the format is.

    several: the places of a column that more than one title stands for, e-mails and phones only.
    """

    names: tuple[str, ...]
    places: Mapping[str, int]
    several: Mapping[str, tuple[int, ...]]
    unknown: tuple[str, ...]
    faults: tuple[str, ...]


def read_header(cells: Sequence[str], titles: Mapping[str, str]) -> Header:
    """Recognise the columns, by their names or usual other names, whatever their order, accents and case.

    titles: our column by the plain title of a column.
    """
    names = tuple(clean(decoded_once(cell.removeprefix("\ufeff")), limit=100) for cell in cells)
    several: dict[str, tuple[int, ...]] = {}
    places: dict[str, int] = {}
    unknown: list[str] = []
    faults: list[str] = []
    for index, name in enumerate(names):
        plain = plain_title(name)
        column = titles.get(plain)
        if column is None and titles.get(unnumbered := _NUMBERED.sub("", plain)) in _MANY:
            column = titles[unnumbered]  # « E-mail 2 », « Portable 2 »
        if column is None:
            if plain and plain not in REJECT_COLUMNS:
                unknown.append(name)
        elif column in places and column in _MANY:
            several[column] = (*several.get(column, (places[column],)), index)
        elif column not in places:
            places[column] = index
        elif (rank := _rank(plain, titles)) == (kept := _rank(plain_title(names[places[column]]), titles)):
            faults.append(f"les colonnes « {names[places[column]]} » et « {name} » disent la même chose")
        else:
            unknown.append(names[places[column]] if rank < kept else name)
            places[column] = index if rank < kept else places[column]
    faults += [f"la colonne « {name} » manque" for name in ("nom", "expire_le") if name not in places]
    if "email" not in places and "telephone" not in places:
        faults.append("il faut une colonne « email » ou « telephone »")
    return Header(names, places, several, tuple(unknown), tuple(faults))


def _rank(plain: str, titles: Mapping[str, str]) -> int:
    """Which of two titles of one column says it: our own names first, then as the data lists them."""
    return -1 if plain in _OURS else list(titles).index(plain)


def is_total(cells: Sequence[str], header: Header) -> bool:
    """Whether a row sums up the others: it says so, and has neither address nor number nor day."""
    first = next((cell for cell in cells if cell.strip()), "")
    if not _TOTAL.match(fold(first)):
        return False
    ways = [header.places[name] for name in ("email", "telephone", "expire_le") if name in header.places]
    return not any(i < len(cells) and any(char in cells[i] for char in "@/-") for i in ways)


def several_in(column: str, cell: str) -> list[str]:
    """The addresses or numbers of one cell: « 06 12 34 56 78 / 06 12 34 56 79 », « a@x.fr, b@x.fr »."""
    parts = [part for part in _BETWEEN.split(cell) if part.strip()]
    if column == "telephone":
        whole = all(read_phone(part).e164 for part in parts)
    else:
        whole = all(read_address(plain_address(part))[1] for part in parts)
    return parts if len(parts) > 1 and whole else [cell]


def choose(
    column: str, cells: Sequence[str], *, country: str = "", fiction: bool = False
) -> tuple[str, tuple[str, ...]]:
    """Of several addresses or numbers the first that is valid, a mobile number first; and the other ones."""
    given = list(dict.fromkeys(cell.strip() for cell in cells if cell.strip()))
    if column == "telephone":
        kinds = {
            cell: read_phone(cell, fiction=fiction, country=country).kind
            for cell in given
            if not is_filler_number(cell)
        }
        good = [cell for cell in given if kinds.get(cell) is PhoneKind.MOBILE]
        good += [cell for cell in given if kinds.get(cell) is PhoneKind.LANDLINE]
    else:
        valid = [cell for cell in given if read_address(plain_address(cell))[1]]
        good = [cell for cell in valid if not is_filler_address(cell)]
    chosen = (good or given or [""])[0]
    return chosen, tuple(cell for cell in given if cell != chosen)


def compared(column: str, cells: Sequence[str], *, country: str = "") -> tuple[str, ...]:
    """Addresses or numbers in the form in which they are compared; those that are not valid left out."""
    if column == "telephone":
        return tuple(e164 for cell in cells if (e164 := read_phone(cell, country=country).e164))
    return tuple(email for email, valid in (read_address(plain_address(cell)) for cell in cells) if valid)


def read_row(
    values: Mapping[str, str],
    *,
    today: date,
    tariffs: Collection[tuple[Plan, Billing]],
    fiction: bool = False,
) -> RowReading:
    """Check one row, given by the format's column names; never raises.

    Names, expiry and a way to reach the client are required. A phone or an e-mail that is not valid is kept
    as given, with a warning, while the other one serves. `today` is the day in Paris.
    """
    cells = Cells(values, today)
    said = {one.name: one.read(cells, one.name) for one in COLUMNS}
    details = {one.field: said[one.name] for one in COLUMNS if one.field}
    email, usable = read_address(plain_address(said["email"]))
    nobodys = any(is_filler(cells.given(column)) for column in ("email", "telephone"))
    if usable and is_filler_address(email):
        nobodys = True
        cells.warn("email", "ce n’est l’adresse de personne : laissée de côté")
        email, usable = "", False
    elif email and not usable:
        cells.warn("email", "adresse non valide : rien n’y sera envoyé")
    phone = read_phone(said["telephone"], fiction=fiction, country=said["pays"])
    if is_filler_number(said["telephone"]):
        nobodys = True
        cells.warn("telephone", "ce n’est le numéro de personne : laissé de côté")
        phone, details["phone_raw"] = read_phone(""), ""
    elif phone.kind is PhoneKind.INVALID:
        cells.warn("telephone", "numéro non valide : il ne sera pas appelé")
    elif not cells.given("pays") and phone.e164.startswith("+33") and neighbour(said["telephone"]):
        abroad = _ABROAD[neighbour(said["telephone"])]
        cells.warn(
            "telephone",
            f"lu comme un numéro français, mais écrit comme {abroad}{THIN}: ajoutez une colonne « pays »",
        )
    if not usable and not phone.e164:
        column = "email" if email else "telephone"
        if not (said["code"] and nobodys):
            why = "\u202f: ce n’est le numéro ni l’adresse de personne, donnez un code" if nobodys else ""
            cells.refuse(column, f"ni e-mail ni téléphone valable{why}")
        else:
            cells.warn(column, "ni e-mail ni téléphone : rien ne peut joindre ce client")
    plan, billing = said["formule"], said["periodicite"]
    if plan and billing and (plan, billing) not in tariffs:
        cells.warn("periodicite", f"la formule {plan.title()} n’existe pas à cette périodicité : mensuel")
        billing = Billing.MONTHLY
    since, expires_on = said["client_depuis"], said["expire_le"] or today
    if since and since > expires_on:
        cells.refuse("client_depuis", "après la date d’expiration")
    if details[OPPOSED_COLUMNS[Channel.CALL]]:
        details["call_consent_at"] = None
    details |= {"email": email, "email_usable": usable}
    details |= {"phone": phone.e164, "phone_kind": phone.kind, "sms_usable": True}
    renewed_on = said["renouvele_le"]
    if renewed_on and renewed_on > expires_on:
        cells.refuse(
            "renouvele_le", "après la date d’expiration : c’est celle du nouvel abonnement qui est attendue"
        )
    row = ClientRow(said["code"], details, phone, plan, billing, expires_on, renewed_on, said["note"])
    return RowReading(None if cells.refused else row, tuple(cells.refused), tuple(cells.warnings))
