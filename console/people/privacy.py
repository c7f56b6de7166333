"""A person's rights over their data: everything held read out, or erased with the statistics kept."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from console.audit import audit
from console.base.dates import PARIS
from console.base.errors import ConflictError, HotlinerError, RefusedInputError, StorageError
from console.base.french import THIN, day, hour, plural
from console.base.history import EventKind
from console.base.roles import Role
from console.base.text import as_json as json_text
from console.cases.terms import active_terms
from console.cases.upkeep import reassess
from console.context import Context
from console.db import history
from console.outside.files import new_file
from console.people import privacy_store as storage

_TITLES = {
    "client": "Identité et coordonnées",
    "subscription": "Abonnements",
    "pause": "Pauses",
    "agreement": "Accords donnés au téléphone",
    "event": "Historique",
    "message": "Messages",
    "call": "Appels",
    "call_step": "Ce qui s’est dit aux appels",
    "callback": "Rappels promis",
    "escalation": "Escalades",
    "commitment": "Ce que nous avons promis",
    "granted_offer": "Offres",
    "proposal": "Ce qui a été proposé, et les réponses",
    "churn_record": "Fiches de résiliation",
    "record_amendment": "Ajouts aux fiches de résiliation",
    "draft": "Textes en cours de saisie",
}
_LEFT_OUT = frozenset({"record_word", "watch", "short_link", "call_undo", "seal_salt", "claim"})
"""Indexes of what stands elsewhere, what makes digests unguessable, what lasts two minutes."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What is left to do after an erasure. remains: copies beside the database that still hold the person."""

    new_code: str
    remains: tuple[Path, ...]
    on_server: bool


class PrivacyService:
    """For the administrator alone."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def held(self, code: str) -> dict[str, list[dict[str, Any]]]:
        """Every row about the client, by table. Raises ForbiddenError, RefusedInputError, StorageError."""
        self._ctx.need(Role.ADMINISTRATOR)
        with self._ctx.database.writing() as session:
            person = storage.find(session, code)
            if person is None:
                raise _unknown(code)
            found = storage.everything(session, person.id)
            audit(session, self._ctx, "client.exported", person.id)
        return {name: rows for name, rows in found.items() if name not in _LEFT_OUT}

    def export(self, code: str, target: Path) -> tuple[Path, Path]:
        """Writes it to two new private files, JSON and text; gives their paths. Raises as `held`."""
        held = self.held(code)
        written = target.with_suffix(".json"), target.with_suffix(".txt")
        with new_file(written[0], encoding="utf-8") as file:
            file.write(as_json(held))
        with new_file(written[1], encoding="utf-8") as file:
            file.write(as_text(held))
        return written

    def name(self, code: str) -> str:
        """Whom an erasure is about. Raises ForbiddenError, RefusedInputError."""
        self._ctx.need(Role.ADMINISTRATOR)
        with self._ctx.database.reading() as session:
            person = storage.find(session, code)
        if person is None:
            raise _unknown(code)
        return f"{person.client.first_name} {person.client.last_name}".strip()

    def erase(self, code: str) -> Erased:
        """Erases the person everywhere; every figure stays, and the act leaves its trace.

        Raises ForbiddenError, RefusedInputError, ConflictError during a call, StorageError.
        """
        self._ctx.need(Role.ADMINISTRATOR)
        now = self._ctx.clock.now()
        with self._ctx.database.writing() as session:
            person = storage.find(session, code)
            if person is None:
                raise _unknown(code)
            if storage.on_the_line(session, person.id):
                raise ConflictError("Un appel avec ce client est ouvert.", "Rien n’a changé.")
            storage.erase(session, person, at=now, author=self._ctx.agent)
            history.add(
                session,
                EventKind.ERASED,
                now,
                "Données personnelles effacées",
                client_id=person.id,
                agent=self._ctx.agent,
            )
            audit(session, self._ctx, "client.erased", person.id)
            reassess(session, self._ctx, active_terms(session, person.id))
        new_code = storage.new_code(person.id)
        try:
            file = self._ctx.database.forget()
        except StorageError as error:
            raise HotlinerError(
                f"{code} est effacé, mais le fichier de la base n’a pas pu être réécrit. {error.happened}",
                "Des restes effacés peuvent s’y lire encore.",
                f"Fermez les consoles, puis lancez « hotliner rgpd effacer {new_code} ».",
            ) from error
        again = code == new_code
        remains = tuple(storage.files_that_tell(file, self._told(person))) if file and not again else ()
        return Erased(new_code, remains, on_server=file is None)

    def _told(self, person: storage.Person) -> list[str]:
        """What of the person's marks says that a file is about them: the content, which the base keeps with
        its made-up clients, has codes and names of its own."""
        texts = self._ctx.content.root.texts.values()
        return [mark for mark in person.marks if not any(mark in text for text in texts)]


def _unknown(code: str) -> RefusedInputError:
    return RefusedInputError(f"Le client « {code} » n’est pas dans la base.", "Rien n’a changé.")


def as_json(held: dict[str, list[dict[str, Any]]]) -> str:
    """For a machine; instants and days as ISO 8601."""
    return json_text(held, indent=2, default=_iso) + "\n"


def as_text(held: dict[str, list[dict[str, Any]]]) -> str:
    """For the person: table by table, what is empty left out."""
    lines: list[str] = []
    for name, rows in held.items():
        lines += [f"{_TITLES.get(name, name)} ({plural(len(rows), 'élément')})", ""]
        for row in rows:
            for column, value in row.items():
                if value not in (None, "", {}, []):
                    text = _plain(value).replace("\n", "\n      ")
                    lines.append(f"  {column}{THIN}: {text}")
            lines.append("")
    return "\n".join(lines)


def _iso(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _plain(value: Any) -> str:
    match value:
        case bool():
            return "oui" if value else "non"
        case datetime():
            return f"{day(value.astimezone(PARIS).date())} à {hour(value)}"
        case date():
            return day(value)
        case dict() | list():
            return json.dumps(value, ensure_ascii=False, default=_iso)
    return str(value)
