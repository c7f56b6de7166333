"""What every service is given: the database, the time, the content, who acts, how the outside is reached."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from console.base.clock import Clock, SteadyClock, system_clock
from console.base.errors import ForbiddenError
from console.base.roles import ROLE_LABELS, Role
from console.content import Content
from console.rules.openings import MEASURED, Openings

if TYPE_CHECKING:
    from console.db.engine import Database
    from console.outside.outside import Outside
    from console.rules.links import Links


@dataclass(frozen=True)
class Context:
    """Where the data is, what time it is, which content is in force, who acts, how the outside is reached.

    In a demo nothing reaches the outside, and the telephone numbers kept for fiction are taken as real.
    """

    database: "Database"
    clock: Clock
    content: Content
    agent: str
    demo: bool = False
    trial: bool = False
    """Whether the base is for trials, the demonstration's among them: it takes any date."""
    doubt: str = ""
    """Why the clock was doubted when the base was opened, in a French sentence; empty when it was not."""
    outside: "Outside | None" = None
    role: Role | None = Role.ADMINISTRATOR
    """None until somebody signs in, where there are accounts."""
    account: bool = False
    """Whether who acts signed in."""
    machine: Clock = field(default_factory=system_clock)
    """The machine's time, whatever the clock is set to: what concerns accounts goes by it."""
    link_base: str = ""
    """Where the demonstration's links lead once its portal has been served; empty elsewhere."""
    steady: SteadyClock | None = None
    """What the clock reads; None where a date was asked for, or time is made up."""
    first_names: dict[str, str] = field(default_factory=dict)
    """The first names read so far, by agent: see `cases/first_names.py`."""
    link_keys: tuple[bytes, ...] = ()
    """The keys of the links, the one that signs first; without any, the settings' or the file's."""
    content_fault: str = ""
    """Why an earlier content is in force than the folder's: its first fault; empty when it is not."""
    tracking: Openings = field(default_factory=Openings)
    """Whether the base measures the openings of e-mails."""

    spool: Path | None = None
    """Where what a call did waits on this machine while the base does not answer: see `calls/spool.py`."""

    @property
    def who(self) -> str:
        """Who acts, and as what where roles are told apart."""
        named = f"démo · {self.agent}" if self.demo else self.agent
        return f"{named} · {ROLE_LABELS[self.role]}" if self.role and (self.demo or self.account) else named

    @property
    def openings(self) -> Openings:
        """Whether the openings of e-mails are measured; the demonstration does."""
        return MEASURED if self.demo else self.tracking

    def may(self, role: Role) -> bool:
        """Whether whoever acts has `role`."""
        return self.role is not None and self.role.includes(role)

    def reads_all_of(self, agent: str) -> bool:
        """Whether who acts reads all that this agent wrote of a refusal; others get its reason and date."""
        return self.may(Role.SUPERVISOR) or agent == self.agent

    def need(self, role: Role) -> None:
        """Raise ForbiddenError unless whoever acts has `role`: first line of each act that is not for all."""
        if not self.may(role):
            raise ForbiddenError(
                f"Réservé au rôle {ROLE_LABELS[role]}.",
                "Rien n’a été lu ni changé.",
                "Demandez à un superviseur ou à l’administrateur.",
            )

    @cached_property
    def links(self) -> "Links":
        """Signs the links that messages carry. Raises a HotlinerError when the secret cannot be read."""
        from console.outside.outside import Outside
        from console.rules.links import Links

        outside = self.outside or Outside()
        base = outside.link_base or self.link_base or self.content.data.catalogue.company.short_link_base
        first, *former = self.link_keys or (outside.secret(),)
        return Links(first, base, tuple(former))
