"""The content taken out to be edited, checked, published, compared, and put back as it was."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from difflib import unified_diff
from pathlib import Path

from sqlmodel import col, func, select

from console.base.errors import RefusedInputError, must_be_folder, system_words
from console.base.french import euros, moment
from console.base.roles import Role
from console.base.vocabulary import Billing, MessageStatus, Plan
from console.cases import versions as storage
from console.cases.versions import newest
from console.content import Content
from console.context import Context
from console.db.tables import Message
from console.integrity.verify import Finding, verify
from console.rules.offers import Catalogue

_SHOWN = 12
"""Lines of a file that are shown of what changed in it."""


@dataclass(frozen=True, slots=True)
class VersionView:
    """A version as it is listed."""

    number: int
    hash: str
    at: datetime
    agent: str
    origin: str

    @property
    def words(self) -> str:
        """« 3 · ven. 19/12 à 15:00 · Camille · publiée · 1a2b3c4d »."""
        how = self.origin or "publiée"
        return f"{self.number} · {moment(self.at)} · {self.agent} · {how} · {self.hash[:8]}"


@dataclass(frozen=True, slots=True)
class Published:
    """What a publication did. waiting: messages that leave later with the words of before."""

    number: int
    changes: tuple[str, ...]
    waiting: int


class PublishingService:
    """The versions of the content of a base."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def take_out(self, folder: Path) -> int:
        """Write the content in force to a new folder; how many files. Raises RefusedInputError."""
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise RefusedInputError(
                f"«\u00a0{folder}\u00a0» existe déjà.", "Rien n’a été écrit.", "Donnez un nouveau dossier."
            )
        texts = self._in_force().root.texts
        try:
            for name, text in texts.items():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_text(text, "utf-8")
        except OSError as error:
            raise RefusedInputError(
                f"Le dossier «\u00a0{folder}\u00a0» ne peut pas être écrit\u202f: {system_words(error)}."
            ) from error
        return len(texts)

    def publish(self, folder: Path) -> Published:
        """Put the content of a folder in force, unless it has a fault.

        Raises RefusedInputError with every fault, ForbiddenError, StorageError.
        """
        self._ctx.need(Role.SUPERVISOR)
        content = read_folder(folder)
        faults = [one for one in verify(content) if not one.warning]
        if faults:
            raise RefusedInputError(
                "\n".join(map(str, faults)),
                "Rien n’a été publié.",
                "Corrigez ce qui est dit, puis recommencez.",
            )
        return self._put_in_force(content)

    def put_back(self, number: int) -> Published:
        """Put a former version in force again, as a new one. Raises RefusedInputError, ForbiddenError."""
        self._ctx.need(Role.SUPERVISOR)
        return self._put_in_force(self.version(number))

    def version(self, number: int) -> Content:
        """The content of a version. Raises RefusedInputError where there is none of that number."""
        with self._ctx.database.reading() as session:
            found = storage.content_of(session, number)
        if found is None:
            raise RefusedInputError(
                f"Il n’y a pas de version {number}.", todo="« hotliner contenu versions » les donne toutes."
            )
        return found

    def versions(self) -> tuple[VersionView, ...]:
        """Every version, the latest first: that one is in force."""
        with self._ctx.database.reading() as session:
            rows = storage.versions(session)
        return tuple(VersionView(row.number, row.hash, row.at, row.agent, row.origin) for row in rows)

    def _in_force(self) -> Content:
        with self._ctx.database.reading() as session:
            return newest(session, self._ctx).content

    def _put_in_force(self, content: Content) -> Published:
        changes = tuple(differences(self._in_force(), content))
        with self._ctx.database.writing() as session:
            number = storage.publish(session, self._ctx, content)
            queued = select(func.count()).where(col(Message.status) == MessageStatus.QUEUED)
            waiting = session.exec(queued).one()
        return Published(number, changes, waiting)


def read_folder(folder: Path) -> Content:
    """The content of a folder that somebody edits. Raises RefusedInputError where there is none."""
    must_be_folder(folder)
    return Content(folder)


def findings(folder: Path) -> list[Finding]:
    """What is wrong with the content of a folder, and what surprises."""
    return list(verify(read_folder(folder)))


def differences(before: Content, after: Content) -> Iterator[str]:
    """What changed, the prices, the offers and the steps first, then the lines of each file."""
    yield from _prices(before.data.catalogue, after.data.catalogue)
    for what, old, new in (
        ("Motif", before.data.reasons.codes, after.data.reasons.codes),
        ("Étape de relance", _codes(before), _codes(after)),
        ("Étape du script", tuple(before.script.steps), tuple(after.script.steps)),
    ):
        yield from (f"{what} en plus\u202f: {one}" for one in new if one not in old)
        yield from (f"{what} en moins\u202f: {one}" for one in old if one not in new)
    former, present = before.root.texts, after.root.texts
    for name in sorted({*former, *present}):
        lines = [
            line
            for line in unified_diff(
                former.get(name, "").split("\n"), present.get(name, "").split("\n"), n=0, lineterm=""
            )
            if not line.startswith(("---", "+++", "@@"))
        ]
        if lines:
            yield f"{name}\u202f:"
            yield from (f"  {line[0]} {line[1:]}" for line in lines[:_SHOWN])
            if len(lines) > _SHOWN:
                yield f"  … et {len(lines) - _SHOWN} autres lignes"


def _codes(content: Content) -> tuple[str, ...]:
    return tuple(step.code for step in content.data.timeline.known)


_PERIODS = {Billing.ANNUAL: "par an", Billing.MONTHLY: "par mois"}


def _prices(before: Catalogue, after: Catalogue) -> Iterator[str]:
    for plan in Plan:
        for billing, period in _PERIODS.items():
            old, new = before.tariffs.get((plan, billing)), after.tariffs.get((plan, billing))
            if old != new:
                yield f"{plan.capitalize()} {period}\u202f: {_euros(old)} → {_euros(new)}"
    for code in sorted({*before.offers, *after.offers}):
        was, now = before.offers.get(code), after.offers.get(code)
        if was is None and now is not None:
            yield f"Offre en plus\u202f: {now.label} ({code})"
        elif now is None and was is not None:
            yield f"Offre en moins\u202f: {was.label} ({code})"
        elif was is not None and now is not None and was != now:
            moved = was.price_cents != now.price_cents
            price = f", {_euros(was.price_cents)} → {_euros(now.price_cents)}" if moved else ""
            yield f"Offre changée\u202f: {now.label} ({code}){price}"


def _euros(cents: int | None) -> str:
    return "rien" if cents is None else euros(cents)
