"""What every service is given, and the services together, as the screens and commands receive them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING

from console.clock import Clock
from console.content import Content
from console.domain.roles import ROLE_LABELS, Role
from console.errors import ForbiddenError

if TYPE_CHECKING:
    from console.domain.links import Links
    from console.gateways.outside import Outside
    from console.services.account import AccountService
    from console.services.by_hand import ByHandService
    from console.services.callbacks import CallbackService
    from console.services.calls import CallService
    from console.services.checklists import ChecklistService
    from console.services.clients import ClientService
    from console.services.dashboard import DashboardService
    from console.services.dialling import DialService
    from console.services.escalations import EscalationService
    from console.services.exports import ExportService
    from console.services.imports import ImportService
    from console.services.kpi import KpiService
    from console.services.outbox import OutboxService
    from console.services.refusals import RefusalService
    from console.services.review import ReviewService
    from console.services.training import TrainingService
    from console.services.views import DashboardView
    from console.storage.engine import Database


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
    outside: "Outside | None" = None
    role: Role = Role.ADMINISTRATOR

    def need(self, role: Role) -> None:
        """Raise ForbiddenError unless whoever acts has `role`: first line of each act that is not for all."""
        if not self.role.includes(role):
            raise ForbiddenError(
                f"Cela demande le rôle {ROLE_LABELS[role]}.",
                "Rien n’a été lu ni changé.",
                "Demandez à un superviseur ou à l’administrateur.",
            )

    @cached_property
    def links(self) -> "Links":
        """Signs the links that messages carry. Raises a HotlinerError when the secret cannot be read."""
        from console.domain.links import Links
        from console.gateways.outside import Outside

        outside = self.outside or Outside()
        return Links(
            outside.secret(), outside.link_base or self.content.data.catalogue.company.short_link_base
        )


class Services:
    """The use cases, each imported when it is first asked for, so that opening costs what is shown.

    The context is opened when it is first needed; the first view of the dashboard may have been read by
    somebody else before (`first`), and then needs none.
    """

    def __init__(
        self, open_context: Callable[[], Context], first: Callable[[], "DashboardView | None"] | None = None
    ) -> None:
        self._open_context = open_context
        self._first = first
        self._opening = Lock()
        self._ctx: Context | None = None

    @property
    def ctx(self) -> Context:
        """The context, opened once whatever the number of threads. Raises what opening it raises."""
        with self._opening:
            if self._ctx is None:
                self._ctx = self._open_context()
            return self._ctx

    def open(self) -> None:
        """Open the context now, for what is wrong with it to be known. Raises what opening it raises."""
        _ = self.ctx

    def first_view(self) -> "DashboardView":
        """What the dashboard shows when the console opens. Raises StorageError."""
        return (self._first and self._first()) or self.dashboard.view()

    def token(self) -> str:
        """The dashboard's token, all imports included: to be called from a thread. Raises StorageError."""
        return self.dashboard.token()

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
    def accounts(self) -> "AccountService":
        """The account as the client sees it."""
        from console.services.account import AccountService

        return AccountService(self.ctx)

    @cached_property
    def calls(self) -> "CallService":
        """The guided call."""
        from console.services.calls import CallService

        return CallService(self.ctx)

    @cached_property
    def checklists(self) -> "ChecklistService":
        """The checklist on each client's file."""
        from console.services.checklists import ChecklistService

        return ChecklistService(self.ctx)

    @cached_property
    def dialling(self) -> "DialService":
        """The telephone."""
        from console.services.dialling import DialService

        return DialService(self.ctx)

    @cached_property
    def callbacks(self) -> "CallbackService":
        """The promised callbacks, and who is away."""
        from console.services.callbacks import CallbackService

        return CallbackService(self.ctx)

    @cached_property
    def escalations(self) -> "EscalationService":
        """A supervisor's desk."""
        from console.services.escalations import EscalationService

        return EscalationService(self.ctx)

    @cached_property
    def refusals(self) -> "RefusalService":
        """The churn records."""
        from console.services.refusals import RefusalService

        return RefusalService(self.ctx)

    @cached_property
    def review(self) -> "ReviewService":
        """The refusal journal, and what supervisors add to a record."""
        from console.services.review import ReviewService

        return ReviewService(self.ctx)

    @cached_property
    def exports(self) -> "ExportService":
        """Exports to files."""
        from console.services.exports import ExportService

        return ExportService(self.ctx)

    @cached_property
    def kpis(self) -> "KpiService":
        """The key figures."""
        from console.services.kpi import KpiService

        return KpiService(self.ctx)

    @cached_property
    def outbox(self) -> "OutboxService":
        """The messages: sent, waiting, failed."""
        from console.services.outbox import OutboxService

        return OutboxService(self.ctx)

    @cached_property
    def by_hand(self) -> "ByHandService":
        """The messages that an agent sends."""
        from console.services.by_hand import ByHandService

        return ByHandService(self.ctx)

    @cached_property
    def training(self) -> "TrainingService":
        """The quiz, and who has passed it."""
        from console.services.training import TrainingService

        return TrainingService(self.ctx)

    @cached_property
    def imports(self) -> "ImportService":
        """The import of clients."""
        from console.services.imports import ImportService

        return ImportService(self.ctx)


def build(ctx: Context) -> Services:
    """The services over one context; they may be called from any thread."""
    return Services(lambda: ctx)
