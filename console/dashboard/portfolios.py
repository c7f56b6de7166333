"""Whose clients are: a supervisor gives some of them to an agent, to a team, or back to all."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import bindparam, col, update

from console.audit import audit
from console.base.errors import RefusedInputError
from console.base.history import EventKind
from console.base.roles import Role
from console.base.text import clean
from console.base.vocabulary import Figure
from console.cases import queue
from console.cases.upkeep import reassess
from console.cases.views import Campaign
from console.context import Context
from console.dashboard.service import DashboardService
from console.db import history
from console.db.query import among, columns, rows
from console.db.tables import Client, Subscription
from console.supervision.callbacks import NAME_LIMIT, CallbackService

BATCH = 500
_CHANGED = columns(Client.id, Client.team, Client.advisor).where(among(Client.id, "clients"))

_OF_AGENT = columns(Client.id).where(col(Client.advisor) == bindparam("agent"))
_TERMS = columns(Subscription.id).where(among(Subscription.client_id, "clients"))


@dataclass(frozen=True, slots=True)
class Owner:
    """An agent, or a team; neither: anybody."""

    agent: str = ""
    team: str = ""

    @property
    def words(self) -> str:
        """« Anne », « équipe Sud », « tout le monde »."""
        return self.agent or (f"équipe {self.team}" if self.team else "tout le monde")


class PortfolioService:
    """For supervisors; every method may be called from any thread."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def owners(self) -> tuple[Owner, ...]:
        """Anybody, each team, each agent. Raises ForbiddenError, StorageError."""
        self._ctx.need(Role.SUPERVISOR)
        teams = [Owner(team=team.name) for team in self._ctx.content.team.teams]
        agents = sorted(one.agent for one in CallbackService(self._ctx).colleagues())
        return (Owner(), *teams, *(Owner(agent=agent) for agent in agents))

    def give(self, client_ids: Sequence[int], owner: Owner) -> int:
        """These clients are the owner's from now on; how many were not yet.

        Raises ForbiddenError, RefusedInputError, StorageError.
        """
        self._ctx.need(Role.SUPERVISOR)
        agent, team = clean(owner.agent, limit=NAME_LIMIT), clean(owner.team, limit=NAME_LIMIT)
        if agent and team:
            raise RefusedInputError("Un client est à un agent, ou à une équipe.", "Rien n’a changé.")
        given, wanted = 0, list(dict.fromkeys(client_ids))
        for start in range(0, len(wanted), BATCH):
            given += self._give(wanted[start : start + BATCH], Owner(agent, team))
        return given

    def _give(self, wanted: Sequence[int], owner: Owner) -> int:
        now, mine = self._ctx.clock.now(), (owner.team, owner.agent)
        with self._ctx.database.writing() as session:
            found = rows(session, _CHANGED, clients=list(wanted))
            moved = [row.id for row in found if (row.team, row.advisor) != mine]
            if not moved:
                return 0
            changed = update(Client).where(col(Client.id).in_(moved))
            session.connection().execute(changed.values(team=owner.team, advisor=owner.agent, updated_at=now))
            for client in moved:
                words = f"Client confié à {owner.words}"
                history.add(session, EventKind.UPDATED, now, words, client_id=client, agent=self._ctx.agent)
            if any(one.teams for one in self._ctx.content.data.campaigns):  # they may be in another one now
                terms = [row.id for row in rows(session, _TERMS, clients=moved)]
                reassess(session, self._ctx, terms)
                queue.look_again(session, terms, self._ctx.clock.today())
            audit(session, self._ctx, "portfolio.given", to=owner.words, clients=len(moved))
        return len(moved)

    def give_of(self, agent: str, to: str) -> int:
        """All the clients of an agent to another one, as `give`."""
        self._ctx.need(Role.SUPERVISOR)
        with self._ctx.database.reading() as session:
            found = [row.id for row in rows(session, _OF_AGENT, agent=agent)]
        return self.give(found, Owner(agent=to))

    def give_behind(self, campaign: Campaign, figure: Figure, owner: Owner) -> int:
        """All the clients behind a figure of the dashboard, as `give`."""
        self._ctx.need(Role.SUPERVISOR)
        dashboard, found, total = DashboardService(self._ctx), list[int](), 1
        while len(found) < total:
            page = dashboard.rows(campaign, figure, len(found), BATCH)
            if not page.rows:
                break
            total = page.total
            found += [row.client_id for row in page.rows]
        return self.give(found, owner)
