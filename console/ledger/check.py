"""Whether a base is what its seals say, and whether it continues a seal that was kept elsewhere."""

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, func, select
from sqlmodel import col

from console.db.tables import ChurnRecord, Client, RecordAmendment, SealEntry, SealSalt
from console.ledger import digests
from console.ledger.columns import BASE, NOBODY, sealed_tables
from console.ledger.compare import Sealed, Told, differences, named, told_of
from console.ledger.sealer import ends, salts_of, sealed_by
from console.ledger.seals import Given, Sealing, every, moment_of

Progress = Callable[[int, int], None]
_BATCH = 1_000


def faults(connection: Connection, progress: Progress | None = None) -> Iterator[str]:
    """What differs from the seals of the base itself, in French, each row by its number."""
    seals = every(connection)
    yield from _chain_faults(seals)
    seals = [one for one in seals if one.holds()]
    sealed = sealed_by(seals)
    if sealed is not None:
        hashed = {one.number: sha256() for one in seals}
        counted = dict.fromkeys(hashed, 0)
        yield from _row_faults(connection, sealed, hashed, counted, progress)
        for one in seals:
            if [counted[one.number], hashed[one.number].hexdigest()] != list(one.data["empreintes"]):
                yield f"{one.place} : ses empreintes ont été modifiées ou retirées"
        yield from _head_faults(connection, seals[-1].data)


def _chain_faults(seals: Sequence[Sealing]) -> Iterator[str]:
    previous = ""
    for number, one in enumerate(seals, start=1):
        if one.number != number or one.previous != previous:
            yield f"{one.place} : ne suit pas le précédent"
        if not one.holds():
            yield f"{one.place} : modifié après coup"
        previous = one.hash


def _row_faults(
    connection: Connection,
    sealed: Sealed,
    hashed: dict[int, Any],
    counted: dict[int, int],
    progress: Progress | None,
) -> Iterator[str]:
    def entries(first: int, last: int) -> dict[int, list[tuple[int, str]]]:
        query = (
            select(col(SealEntry.subject), col(SealEntry.seal), col(SealEntry.lines))
            .where(col(SealEntry.subject).between(first, last))
            .order_by(col(SealEntry.subject), col(SealEntry.seal))
        )
        found: dict[int, list[tuple[int, str]]] = {}
        for subject, seal, lines in connection.execute(query):
            if seal in hashed:
                hashed[seal].update(f"{subject}\n{lines}\n".encode())
                counted[seal] += 1
                found.setdefault(subject, []).append((seal, lines))
        return found

    base = digests.read(entries(BASE, BASE).get(BASE, []))
    accounts = told_of(connection, [BASE])[BASE]
    of_base = {layout: digests.of_base(connection, layout) for layout in sealed.used}
    for key, why in differences(*sealed.as_sealed(base, of_base), accounts, sealed):
        yield f"{named(key, BASE)} : {why}"
    nobody, end = digests.read(entries(NOBODY, NOBODY).get(NOBODY, [])), sealed.ends["event"]
    of_nobody = {layout: digests.of_nobody(connection, layout, 0, end) for layout in sealed.used}
    for key, why in differences(*sealed.as_sealed(nobody, of_nobody), Told(), sealed):
        yield f"{named(key, NOBODY)} : {why}"
    last = max(
        connection.scalar(select(func.max(col(Client.id)))) or 0,
        connection.scalar(select(func.max(col(SealEntry.subject)))) or 0,
    )
    for first in range(1, last + 1, _BATCH):
        until = min(first + _BATCH - 1, last)
        known = entries(first, until)
        salts = salts_of(connection, col(SealSalt.client_id).between(first, until))
        now = {layout: digests.of_range(connection, layout, first, until) for layout in sealed.used}
        today = now[sealed_tables()]
        as_then = {seal: now[layout] for seal, layout in sealed.layouts.items()}
        changed = [
            subject
            for subject in sorted(known.keys() | today.keys())
            if subject not in known
            or not _whole(
                known[subject][-1][1],
                as_then[known[subject][-1][0]].get(subject, ()),
                today.get(subject, ()),
                salts.get(subject, b""),
            )
        ]
        told = told_of(connection, changed) if changed else {}
        for subject in changed:
            salt = salts.get(subject, b"")
            entries_of, rows = sealed.as_sealed(
                digests.read(known.get(subject, [])),
                {layout: digests.found(found.get(subject, ()), salt) for layout, found in now.items()},
            )
            for key, why in differences(entries_of, rows, told.get(subject), sealed):
                code = connection.scalar(select(col(Client.code)).where(col(Client.id) == subject))
                yield f"{named(key, subject, code or '')} : {why}"
        if progress:
            progress(until, last)


def _whole(lines: str, then: Sequence[digests.Row], today: Sequence[digests.Row], salt: bytes) -> bool:
    """Whether a subject's rows are all as the last seal that says something of it saw them, and no other.

    then: the rows as that seal read them. today: as this version does, which may have other tables.
    """
    known = digests.whole_of(lines)
    return bool(known) and len(then) == len(today) and known == digests.whole(then, salt)


def _head_faults(connection: Connection, data: Any) -> Iterator[str]:
    """The chains of the refusal journal, and how far each table went, against what a seal says of them."""
    for table, name, words in (
        (ChurnRecord, "fiches", "la chaîne des fiches de résiliation"),
        (RecordAmendment, "annotations", "la chaîne des annotations"),
    ):
        seq, hashed = data[name]
        if seq:
            found = connection.scalar(select(col(table.hash)).where(col(table.seq) == seq))
            if found is None:
                yield f"{words} : coupée, elle allait jusqu’au n° {seq}"
            elif found != hashed:
                yield f"{words} : recalculée, le n° {seq} n’est plus celui qui est scellé"


def continues(connection: Connection, given: Given) -> Iterator[str]:
    """Why the base does not continue a seal that was kept elsewhere; nothing when it does."""
    seals = every(connection)
    if any(one.fingerprint == given.fingerprint for one in seals):
        return
    shown = f"le sceau {given.fingerprint}"
    if given.at is not None:
        shown = f"le sceau n° {given.number} du {moment_of(given.at)} ({given.fingerprint})"
    if not seals:
        yield (
            f"{shown} n’est pas dans la base, qui n’en a aucun : ils ont été retirés, ou ce n’est pas la même"
            " base"
        )
        return
    if given.earlier is None or given.data is None:
        yield (
            f"{shown} n’est pas dans la base, dont le dernier est le {seals[-1].place} : une copie plus"
            " ancienne a été remise en place, la fin a été coupée, ou les sceaux ont été recalculés"
        )
        return
    yield _why(seals, given, shown)
    now = ends(connection)
    for name, end in given.data["jusqu_a"].items():
        if now.get(name, 0) < end:
            last = now.get(name, 0)
            yield f"{named((name, str(end)), BASE)} : scellé, et il n’y en a plus que jusqu’au n° {last}"
    yield from _head_faults(connection, given.data)


def _why(seals: Sequence[Sealing], given: Given, shown: str) -> str:
    """An older copy, or other seals in the place of those that were."""
    kept = {**(given.earlier or {}), given.number: given.fingerprint}
    other = next((one for one in seals if kept.get(one.number) not in (None, one.fingerprint)), None)
    if other is not None:
        return (
            f"{shown} n’est pas dans la base : à partir du {other.place}, les sceaux ne sont plus les mêmes ;"
            " la base a été recalculée, ou une copie plus ancienne a continué"
        )
    return (
        f"{shown} n’est pas dans la base, qui s’arrête au {seals[-1].place} : une copie plus ancienne a été"
        " remise en place, ou la fin a été coupée"
    )
