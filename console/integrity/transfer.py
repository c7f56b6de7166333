"""Moves the working base into another one, and holds the two against each other."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from time import sleep

from sqlalchemy import select
from sqlmodel import Session, col

from console.audit import audit
from console.base.clock import Clock, frozen_at
from console.base.errors import RefusedInputError
from console.base.french import moment, plural
from console.base.roles import Role
from console.cases.views import Campaign
from console.context import Context
from console.db import dialect
from console.db.engine import Database, Look, look, open_database
from console.db.query import ReadBatch
from console.db.tables import Call, Client, Message, Subscription
from console.db.transfer import Progress, transfer
from console.figures.service import KpiService
from console.integrity import database as integrity
from console.messages.held import hold, is_held

_KEPT = "Rien n’a été changé."
_LOOKS, _LOOK_SECONDS = 20, 0.1
"""A server takes a moment to know that a connection of ours has ended."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What came over: rows by table, faults of either base that the other has not, faults of both.

    months: those whose key figures differ; none does where every row is the same. held: the messages of the
    new base are held back, as they were.
    """

    rows: dict[str, int]
    months: tuple[Campaign, ...]
    only_new: tuple[str, ...]
    only_former: tuple[str, ...]
    both: int
    held: bool

    @property
    def same(self) -> bool:
        """Whether nothing tells the two bases apart."""
        return not (self.months or self.only_new or self.only_former)


def move(
    ctx: Context, here: str, there: str, name: str, progress: Progress, checked: Callable[[int, int], None]
) -> Moved:
    """Moves all that the base at `here`, which is open, holds to the one at `there`: an administrator's act.

    name: the target as it may be shown. From then on no message leaves the former base, until somebody says
    so. Raises ForbiddenError, RefusedInputError while somebody is at work in the base or for a target that
    holds anything else, HotlinerError, StorageError.
    """
    ctx.need(Role.ADMINISTRATOR)
    if ctx.database.shared and not ctx.database.is_ours_to_keep():
        raise not_the_owner(look(here))
    alone(ctx.database)
    with ctx.database.writing() as session:
        _at_rest(session, ctx)
        connection = session.connection()
        dialect.still(connection)
        rows = transfer(connection, there, progress)
        hold(session, ctx)
        audit(session, ctx, "base.transferred", target=name, rows=sum(rows.values()))
    clock = frozen_at(ctx.clock.now())
    target = open_database(there, clock=clock, who=ctx.agent, makes=False)
    try:
        moved = replace(ctx, database=target, clock=clock)
        months = tuple(_differing(replace(ctx, clock=clock), moved))
        with target.writing() as session:
            held = is_held(ReadBatch(session))()
            audit(session, moved, "base.transferred", source=ctx.database.place, rows=sum(rows.values()))
    finally:
        target.close()
    former, new = (_faults(url, ctx, clock, checked) for url in (here, there))
    return Moved(
        rows,
        months,
        only_new=tuple(one for one in new if one not in former),
        only_former=tuple(one for one in former if one not in new),
        both=sum(one in new for one in former),
        held=held,
    )


def not_the_owner(found: Look) -> RefusedInputError:
    """What is said to a role that may not take a server's base whole, or replace it."""
    return RefusedInputError(
        f"La base {found.place} est au rôle «\u202f{found.owner}\u202f», et cela lui revient.",
        _KEPT,
        "Donnez l’adresse de ce rôle.",
    )


def alone(database: Database) -> None:
    """Raises RefusedInputError as long as another program of ours has this server's base open."""
    database.close()  # connections that wait for us are taken for others
    with database.reading() as session:
        for _ in range(_LOOKS):
            if not (found := dialect.others(session.connection())):
                return
            sleep(_LOOK_SECONDS)
    raise RefusedInputError(
        f"La base est ouverte ailleurs\u202f: {' ; '.join(found)}.",
        _KEPT,
        "Fermez les consoles, arrêtez l’envoi, le portail et les tâches, puis recommencez.",
    )


def _at_rest(session: Session, ctx: Context) -> None:
    """Raises RefusedInputError while there is a call, or a message on its way."""
    open_calls = select(col(Call.agent), col(Client.code), col(Call.started_at)).join(
        Client, col(Client.id) == col(Call.client_id)
    )
    found = session.execute(open_calls.where(col(Call.ended_at).is_(None)).limit(1)).first()
    if found is not None:
        agent, code, since = found
        raise RefusedInputError(
            f"Un appel est ouvert\u202f: {agent}, avec {code}, depuis le {moment(since)}.",
            _KEPT,
            "Terminez-le dans la console, puis recommencez.",
        )
    leased = select(col(Message.id)).where(col(Message.lease_until) > ctx.clock.now()).limit(1)
    if session.execute(leased).first() is not None:
        raise RefusedInputError(
            "Des messages sont en train de partir.",
            _KEPT,
            "Arrêtez « hotliner envoyer », attendez cinq minutes, puis recommencez.",
        )


def _differing(here: Context, there: Context) -> Iterator[Campaign]:
    """The months whose key figures are not the same."""
    with here.database.reading() as session:
        months = session.scalars(select(col(Subscription.deadline)).distinct()).all()
    for last in sorted(one for one in months if one is not None):
        campaign = Campaign(date(last.year, last.month, 1), last)
        if KpiService(here).view(campaign).plain() != KpiService(there).view(campaign).plain():
            yield campaign


def _faults(url: str, ctx: Context, clock: Clock, progress: Callable[[int, int], None]) -> list[str]:
    content = integrity.published(url) or ctx.content
    return integrity.faults(url, integrity.Checked(content, clock, progress=progress))


def lines(moved: Moved) -> list[str]:
    """What came over and what was checked, in French."""
    rows = plural(sum(moved.rows.values()), "ligne")
    told = [f"Transféré\u202f: {rows} de {len(moved.rows)} tables, comparées une à une."]
    if moved.months:
        which = ", ".join(f"{one.first:%m/%Y}" for one in moved.months)
        told.append(f"Les indicateurs ne sont pas les mêmes\u202f: {which}.")
    else:
        told.append("Indicateurs de chaque mois\u202f: les mêmes.")
    for faults, where in ((moved.only_new, "nouvelle"), (moved.only_former, "ancienne")):
        told += [f"Défaut de la {where} base seulement\u202f: {one}" for one in faults]
    if moved.both:
        told.append(f"{plural(moved.both, 'défaut')} des deux côtés\u202f: « hotliner verifier » les nomme.")
    elif moved.same:
        told.append("Vérification\u202f: aucun défaut, d’un côté ni de l’autre.")
    if moved.held:
        told.append("Les messages y sont retenus, comme ils l’étaient : « hotliner envoyer --liberer ».")
    return told
