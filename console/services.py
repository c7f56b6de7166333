"""The services together, as the screens and commands receive them: each is made when first asked for."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from threading import Lock, RLock
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from console.base.errors import ForbiddenError
from console.base.roles import Role
from console.context import Context

if TYPE_CHECKING:
    from console.calls.correction import CorrectionService
    from console.calls.dialling import DialService
    from console.calls.service import CallService
    from console.checklist.service import ChecklistService
    from console.clients.account import AccountService
    from console.clients.agreements import AgreementService
    from console.clients.service import ClientService
    from console.dashboard.portfolios import PortfolioService
    from console.dashboard.service import DashboardService
    from console.dashboard.views import DashboardView
    from console.exports.service import ExportService
    from console.figures.service import KpiService
    from console.imports.service import ImportService
    from console.integrity.previews import PreviewService
    from console.ledger.sealer import SealService
    from console.messages.by_hand import ByHandService
    from console.messages.outbox import OutboxService
    from console.people.accounts import UserService
    from console.people.first_name import FirstNameService
    from console.records.reasons import ReasonService
    from console.records.refusals import RefusalService
    from console.records.review import ReviewService
    from console.supervision.callbacks import CallbackService
    from console.supervision.escalations import EscalationService
    from console.supervision.floor import FloorService
    from console.supervision.todo import TodoService
    from console.team.service import PresenceService
    from console.training.service import TrainingService


S = TypeVar("S")


class _Made(Generic[S]):
    """A service, made when it is first asked for, and anew once another person is in place.

    Whose it is, is looked at each time: one that a thread was still making for the former person serves
    that thread only. Services are imported one at a time: two threads that begin to import a library whose
    modules import each other, as SQLAlchemy's do, find it half there (CPython, until 3.13).
    """

    _one_at_a_time = RLock()

    def __init__(self, make: Callable[["Services"], S]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __get__(self, services: "Services", _owner: type) -> S:
        with self._one_at_a_time:
            ctx, name = services._opened(), self._make.__name__
            whose, service = services._made.get(name, (None, None))
            if whose is not ctx:
                service = self._make(services)
                services._made[name] = ctx, service
            return cast("S", service)


class Services:
    """The use cases, each imported when it is first asked for, so that opening costs what is shown.

    The context is opened when it is first needed; the first view of the dashboard may have been read by
    somebody else before (`first`), and then needs none. Where there are accounts, no service is made before
    somebody signs in, and each is made anew for whoever does.
    """

    def __init__(
        self, open_context: Callable[[], Context], first: Callable[[], "DashboardView | None"] | None = None
    ) -> None:
        self._open_context = open_context
        self._first = first
        self._opening = Lock()
        self._ctx: Context | None = None
        self._made: dict[str, tuple[Context, Any]] = {}
        self.in_team = False
        """Whether others work on this base: nobody who is alone is shown what concerns a team."""

    @property
    def ctx(self) -> Context:
        """The context, for a service. Raises ForbiddenError when nobody is there, and what opening raises."""
        ctx = self._opened()
        if ctx.role is None:
            raise ForbiddenError("Personne n’est connecté.", "Rien n’a été lu ni changé.", "Connectez-vous.")
        return ctx

    def _opened(self) -> Context:
        """Opened once whatever the number of threads."""
        with self._opening:
            if self._ctx is None:
                self._ctx = self._open_context()
            return self._ctx

    def open(self) -> Context:
        """The context, opened now if it was not, whoever is there. Raises what opening it raises."""
        return self._opened()

    def first_view(self) -> "DashboardView":
        """What the dashboard shows when the console opens, or for somebody else. Raises StorageError."""
        first, self._first = self._first, None  # read ahead once only
        return (first and first()) or self.dashboard.view()

    def token(self) -> str:
        """The dashboard's token, all imports included: to be called from a thread. Raises StorageError.

        The dashboard asks between two calls, so it is here that the console takes a content published since.
        """
        from console.cases.versions import hash_of, newest

        ctx = self._opened()
        token, in_force = self.dashboard.look()
        if in_force not in ("", hash_of(ctx.content)):
            with ctx.database.reading() as session:
                taken = newest(session, ctx)
            with self._opening:
                if self._ctx is ctx:  # nobody has come or gone meanwhile
                    self._ctx = taken
        return token

    # Who is there

    @property
    def closed(self) -> bool:
        """Whether somebody has to sign in first; False as long as the context is not open."""
        return self._ctx is not None and self._ctx.role is None

    @property
    def demo(self) -> bool:
        """Whether this is a demo; False as long as the context is not open."""
        return self._ctx is not None and self._ctx.demo

    @property
    def far(self) -> bool:
        """Whether the base is a server's, so that each question is a journey; False until it is open."""
        return self._ctx is not None and self._ctx.database.shared

    @property
    def agent(self) -> str:
        """Who acts, or is expected to sign in."""
        return self._opened().agent

    @property
    def role(self) -> Role | None:
        """The role of who acts; None for nobody."""
        return self._opened().role

    @property
    def account(self) -> str:
        """The name of who signed in; empty where nobody has to."""
        return self._ctx.agent if self._ctx is not None and self._ctx.account else ""

    def may(self, role: Role) -> bool:
        """Whether whoever is there has `role`, so that what is not for them is not shown."""
        return self._ctx is None or self._ctx.may(role)  # not open yet: nobody had to sign in

    def sign_in(self, name: str, password: str) -> None:
        """From now on this person acts. Raises ForbiddenError, StorageError."""
        from console.people.accounts import acting

        user = self.users.sign_in(name, password)
        self._ctx = acting(self._opened(), user)

    def sign_out(self) -> None:
        """From now on nobody acts. Raises StorageError."""
        with suppress(ForbiddenError):  # an account closed meanwhile leaves too
            self.users.left("signed_out")
        self._change_person(role=None, account=False, database=self._opened().database.checked(None))

    def act_as(self, role: Role) -> None:
        """Take another role, in a demo only. Raises ForbiddenError."""
        if not self._opened().demo:
            raise ForbiddenError("Le rôle ne se change que dans la démonstration.", "Rien n’a changé.")
        self._change_person(role=role)

    def _change_person(self, **who: Any) -> None:
        """Put another person in place: no service made for the former one is given again."""
        self._ctx = replace(self._opened(), **who)

    @_Made
    def users(self) -> "UserService":
        """Signing in, and the accounts: the only service that is there before somebody signed in."""
        from console.people.accounts import UserService

        return UserService(self._opened())

    @_Made
    def first_names(self) -> "FirstNameService":
        """How clients hear the agent's name."""
        from console.people.first_name import FirstNameService

        return FirstNameService(self.ctx)

    @_Made
    def dashboard(self) -> "DashboardService":
        """The dashboard's figures, panes and lists."""
        from console.dashboard.service import DashboardService

        return DashboardService(self.ctx)

    @_Made
    def clients(self) -> "ClientService":
        """Search, the client's file, notes and oppositions."""
        from console.clients.service import ClientService

        return ClientService(self.ctx)

    @_Made
    def accounts(self) -> "AccountService":
        """The account as the client sees it."""
        from console.clients.account import AccountService

        return AccountService(self.ctx)

    @_Made
    def agreements(self) -> "AgreementService":
        """What clients agreed to on the phone: proved, or taken back."""
        from console.clients.agreements import AgreementService

        return AgreementService(self.ctx)

    @_Made
    def calls(self) -> "CallService":
        """The guided call."""
        from console.calls.service import CallService

        return CallService(self.ctx)

    @_Made
    def corrections(self) -> "CorrectionService":
        """The outcome of a call taken back."""
        from console.calls.correction import CorrectionService

        return CorrectionService(self.ctx)

    @_Made
    def checklists(self) -> "ChecklistService":
        """The checklist on each client's file."""
        from console.checklist.service import ChecklistService

        return ChecklistService(self.ctx)

    @_Made
    def dialling(self) -> "DialService":
        """The telephone."""
        from console.calls.dialling import DialService

        return DialService(self.ctx, self.calls)

    @_Made
    def callbacks(self) -> "CallbackService":
        """The promised callbacks, and who is away."""
        from console.supervision.callbacks import CallbackService

        return CallbackService(self.ctx)

    @_Made
    def escalations(self) -> "EscalationService":
        """A supervisor's desk."""
        from console.supervision.escalations import EscalationService

        return EscalationService(self.ctx)

    @_Made
    def portfolios(self) -> "PortfolioService":
        """Whose clients are."""
        from console.dashboard.portfolios import PortfolioService

        return PortfolioService(self.ctx)

    @_Made
    def floor(self) -> "FloorService":
        """Who is at work, and at what."""
        from console.supervision.floor import FloorService

        return FloorService(self.ctx)

    @_Made
    def presence(self) -> "PresenceService":
        """What the agent's console tells of them."""
        from console.team.service import PresenceService

        return PresenceService(self.ctx)

    @_Made
    def previews(self) -> "PreviewService":
        """Messages and steps as each kind of client reads them."""
        from console.integrity.previews import PreviewService

        return PreviewService(self.ctx)

    @_Made
    def todo(self) -> "TodoService":
        """What is to be taken up again."""
        from console.supervision.todo import TodoService

        return TodoService(self.ctx)

    @_Made
    def refusals(self) -> "RefusalService":
        """The churn records."""
        from console.records.refusals import RefusalService

        return RefusalService(self.ctx)

    @_Made
    def review(self) -> "ReviewService":
        """The refusal journal, and what supervisors add to a record."""
        from console.records.review import ReviewService

        return ReviewService(self.ctx)

    @_Made
    def reasons(self) -> "ReasonService":
        """Why clients leave."""
        from console.records.reasons import ReasonService

        return ReasonService(self.ctx)

    @_Made
    def exports(self) -> "ExportService":
        """Exports to files."""
        from console.exports.service import ExportService

        return ExportService(self.ctx)

    @_Made
    def kpis(self) -> "KpiService":
        """The key figures."""
        from console.figures.service import KpiService

        return KpiService(self.ctx)

    @_Made
    def outbox(self) -> "OutboxService":
        """The messages: sent, waiting, failed."""
        from console.messages.outbox import OutboxService

        return OutboxService(self.ctx)

    @_Made
    def by_hand(self) -> "ByHandService":
        """The messages that an agent sends."""
        from console.messages.by_hand import ByHandService

        return ByHandService(self.ctx)

    @_Made
    def training(self) -> "TrainingService":
        """The quiz, and who has passed it."""
        from console.training.service import TrainingService

        return TrainingService(self.ctx)

    @_Made
    def seals(self) -> "SealService":
        """The seals of what happened."""
        from console.ledger.sealer import SealService

        return SealService(self.ctx)

    @_Made
    def imports(self) -> "ImportService":
        """The import of clients."""
        from console.imports.service import ImportService

        return ImportService(self.ctx)


def build(ctx: Context, **made: Any) -> Services:
    """The services over one context; they may be called from any thread.

    made: services by name, in place of the usual ones. A simulated call brings its own.
    """
    services = Services(lambda: ctx)
    services._made |= {name: (ctx, service) for name, service in made.items()}
    return services
