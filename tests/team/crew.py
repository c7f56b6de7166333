"""Several people at work on one base, each with a console of their own."""

from dataclasses import replace
from typing import Any

from sqlmodel import col, update

from console.base.roles import Role
from console.base.text import fold
from console.db.tables import Seat, UserAccount
from console.services import Services, build
from tests.world import World


def hire(world: World, *names: str) -> None:
    """They have an account each."""
    with world.database.writing() as session:
        for name in names:
            known: dict[str, Any] = {"role": "hotliner", "password": "x", "created_by": "Zoé"}
            session.add(UserAccount(name=name, folded=fold(name), created_at=world.now, **known))


def console(world: World, agent: str, role: Role = Role.HOTLINER) -> Services:
    """The agent's console: no demonstration, in which nobody has a team."""
    return build(replace(world.as_agent(agent).ctx, demo=False, role=role, account=True))


def silent_for(world: World, agent: str, seconds: int) -> None:
    """The agent's console has not been heard of for so long, by the base's clock."""
    with world.database.writing() as session:
        quiet = update(Seat).where(col(Seat.agent) == agent).values(seen=col(Seat.seen) - seconds)
        session.execute(quiet)
