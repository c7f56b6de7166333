"""A seal: what it says, its fingerprint, and how a file that holds one is read again."""

import json
import re
from base64 import b32encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, select
from sqlmodel import col

from console.base.dates import day_of
from console.base.errors import RefusedInputError
from console.base.french import day, hour
from console.db.tables import Seal

_FINGERPRINT = re.compile(r"\b[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3}\b")
LONGEST = 64 << 20
"""Bytes of a file that is looked through for a seal."""


@dataclass(frozen=True, slots=True)
class Sealing:
    """A seal as it was written: `data` covers all that happened until `at`."""

    number: int
    at: datetime
    data: Mapping[str, Any]
    previous: str
    hash: str

    @property
    def fingerprint(self) -> str:
        """16 characters to print, to say over the telephone, to compare."""
        return fingerprint(self.hash)

    @property
    def words(self) -> str:
        """« sceau n° 12 du 29/11/2026 à 08:00 : K7QF-2M4X-… », in French."""
        return f"{self.place} : {self.fingerprint}"

    @property
    def place(self) -> str:
        """« sceau n° 12 du 29/11/2026 à 08:00 », in French."""
        return f"sceau n° {self.number} du {moment_of(self.at)}"

    def holds(self) -> bool:
        """Whether its hash is that of what it says."""
        return self.hash == seal_hash(self.number, self.at, self.data, self.previous)

    def plain(self, earlier: Sequence["Sealing"] = ()) -> dict[str, Any]:
        """For a file; with the fingerprints of the seals before it."""
        return {
            "sceau": self.number,
            "le": self.at.astimezone(UTC).isoformat(),
            "empreinte": self.fingerprint,
            "hash": self.hash,
            "precedent": self.previous,
            "contenu": self.data,
            "precedents": {str(one.number): one.fingerprint for one in earlier},
        }


def moment_of(at: datetime) -> str:
    """« 29/11/2026 à 08:00 », in Paris."""
    return f"{day(day_of(at))} à {hour(at)}"


def fingerprint(hashed: str) -> str:
    """The first 80 bits of a hash as 16 characters, in fours."""
    letters = b32encode(bytes.fromhex(hashed)[:10]).decode()
    return "-".join(letters[start : start + 4] for start in range(0, 16, 4))


def seal_hash(number: int, at: datetime, data: Mapping[str, Any], previous: str) -> str:
    """The hash of a seal, bound to the one before."""
    content = [number, at.astimezone(UTC).isoformat(), data, previous]
    return sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


_SEALS = select(col(Seal.number), col(Seal.at), col(Seal.data), col(Seal.previous), col(Seal.hash)).order_by(
    col(Seal.number)
)


def every(connection: Connection) -> list[Sealing]:
    """The seals of the base, in their order."""
    return [Sealing(*row) for row in connection.execute(_SEALS)]


def latest(connection: Connection) -> Sealing | None:
    """The last seal; None before the first."""
    found = connection.execute(_SEALS.order_by(None).order_by(col(Seal.number).desc()).limit(1)).first()
    return Sealing(*found) if found else None


@dataclass(frozen=True, slots=True)
class Given:
    """A seal that was kept elsewhere: its fingerprint, and what a file of ours says beside it."""

    fingerprint: str
    number: int = 0
    at: datetime | None = None
    data: Mapping[str, Any] | None = None
    earlier: Mapping[int, str] | None = None


def read_given(text: str) -> Given:
    """A seal from what `sceller` wrote, or from any text that holds a fingerprint: the last one of it.

    Raises RefusedInputError.
    """
    try:
        return _of_file(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    found = _FINGERPRINT.findall(text.upper())
    if not found:
        raise RefusedInputError(
            "Aucune empreinte de sceau n’a été trouvée.",
            "Rien n’a été vérifié.",
            "Donnez le fichier écrit par « hotliner sceller --sortie », ou une empreinte de 16 caractères.",
        )
    return Given(found[-1])


def _of_file(made: Any) -> Given:
    at, data = datetime.fromisoformat(made["le"]), made["contenu"]
    if seal_hash(made["sceau"], at, data, made["precedent"]) != made["hash"]:
        raise RefusedInputError(
            "Ce fichier de sceau a été modifié\u202f: son contenu ne correspond pas à son empreinte.",
            "Rien n’a été vérifié.",
            "Prenez-en une autre copie, ou l’empreinte imprimée dans un rapport.",
        )
    earlier = {int(number): one for number, one in made["precedents"].items()}
    return Given(fingerprint(made["hash"]), made["sceau"], at, data, earlier)
