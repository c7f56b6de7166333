"""What every service is given, and the services together, as the screens and commands receive them."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from console.clock import Clock
from console.content import Content
from console.storage.engine import Database

if TYPE_CHECKING:
    from console.services.calls import CallService
    from console.services.clients import ClientService
    from console.services.dashboard import DashboardService
    from console.services.imports import ImportService
    from console.services.refusals import RefusalService


@dataclass(frozen=True)
class Context:
    """Where the data is, what time it is, which content is in force, and who acts.

    In a demo nothing reaches the outside, and the telephone numbers kept for fiction are taken as real.
    """

    database: Database
    clock: Clock
    content: Content
    agent: str
    demo: bool = False


class Services:
    """The use cases, each imported when it is first asked for, so that opening costs what is shown."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx

    @cached_property
    def dashboard(self) -> "DashboardService":
        """The dashboard's figures, panes and lists."""
        from console.services.dashboard import DashboardService

        return DashboardService(self.ctx)

    @cached_property
    def clients(self) -> "ClientService":
        """Search, the client's file, notes and oppositions."""
        from console.services.clients import ClientService

        return ClientService(self.ctx)

    @cached_property
    def calls(self) -> "CallService":
        """The guided call."""
        from console.services.calls import CallService

        return CallService(self.ctx)

    @cached_property
    def refusals(self) -> "RefusalService":
        """The churn records."""
        from console.services.refusals import RefusalService

        return RefusalService(self.ctx)

    @cached_property
    def imports(self) -> "ImportService":
        """The import of clients."""
        from console.services.imports import ImportService

        return ImportService(self.ctx)


def build(ctx: Context) -> Services:
    """The services over one context; they may be called from any thread."""
    return Services(ctx)
