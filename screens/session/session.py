"""Who sits at the console: signing in, locking when the keys are left alone, signing out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from console.base.clock import running_seconds
from console.base.french import THIN
from console.base.roles import ROLE_LABELS, Role

if TYPE_CHECKING:
    from console.people.accounts import User
    from console.services import Services
    from screens.kit.screen import Acts
    from screens.session.sign_in import SignInScreen

TICK_SECONDS = 20.0


class Home(Protocol):
    """The dashboard, as far as a session begins there."""

    @property
    def serve(self) -> Callable[..., object]: ...

    def begin(self) -> None: ...


class Console(Protocol):
    """The application, as far as a session needs it."""

    services: Services

    def set_interval(self, interval: float, callback: Callable[[], Any], /) -> object: ...

    def clear_notifications(self) -> None: ...

    def call_later(self, callback: Callable[[], Any], /) -> object: ...

    def push_screen(self, screen: SignInScreen, callback: Callable[[Any], object], /) -> object: ...

    def leave_all(self, then: Callable[[], object], /) -> None: ...

    @property
    def top(self) -> Acts: ...

    @property
    def home(self) -> Home: ...

    @property
    def calling(self) -> bool: ...

    def stood_up(self) -> None: ...


class Session:
    """Who is at the application's console.

    While nobody is, it is locked: nothing is shown but the sign-in screen, whatever happens below.
    """

    def __init__(self, app: Console, lock_minutes: int) -> None:
        """lock_minutes: without a key, where somebody signed in; 0 never locks."""
        self._app = app
        self._lock_after_s = lock_minutes * 60.0
        self._touched = running_seconds()
        self._locked = False
        self._postponed: tuple[Callable[[], object], ...] = ()

    def start(self) -> None:
        """Begin to count the time without a key, and ask who is there where there are accounts."""
        self._touched = running_seconds()
        self._app.set_interval(TICK_SECONDS, self._tick)
        if self._services.closed:
            self.ask_who()

    def postponed(self, show: Callable[[], object]) -> bool:
        """Whether the console is locked; `show` is then called once it no longer is for the same person."""
        if self._locked:
            self._postponed += (show,)
        return self._locked

    @property
    def _services(self) -> Services:
        return self._app.services

    def touched(self) -> None:
        """A key was pressed; it does nothing but lock when it comes too late, as where the machine slept."""
        if self._left_alone:
            self.lock()
        self._touched = running_seconds()

    @property
    def touched_at(self) -> float:
        """When a key was last pressed, as `running_seconds`."""
        return self._touched

    @property
    def _left_alone(self) -> bool:
        return 0 < self._lock_after_s <= running_seconds() - self._touched

    def _tick(self) -> None:
        name = self._services.account
        if not name or self._locked:
            return
        if self._left_alone:
            self.lock()
            return
        role = self._services.role
        self._app.home.serve(
            lambda: self._services.users.present(name),
            lambda user: self._compare(user, role),
            failed=lambda _: None,
            group="present",
        )

    def _compare(self, user: User | None, role: Role | None) -> None:
        """An account that was closed, or that changed its role, has to sign in again."""
        if user is None or user.role is not role:
            self.lock()

    def _show_sign_in(self, screen: SignInScreen, opened: Callable[[], object]) -> None:
        self._app.clear_notifications()
        self._postponed = ()
        self._locked = False
        # Once the sign-in screen has left.
        self._app.push_screen(screen, lambda _: self._app.call_later(opened))
        self._locked = True

    def lock(self) -> None:
        """Hide everything until the same person gives their password; nothing below is lost or stopped."""
        from screens.session.sign_in import SignInScreen

        if not self._locked and (name := self._services.account):
            opened = partial(self._unlocked, self._services.role)
            self._show_sign_in(SignInScreen(self._services, locked=name, calling=self._app.calling), opened)
            self._app.home.serve(lambda: self._services.users.left("locked"), failed=lambda _: None)

    def _unlocked(self, former: Role | None) -> None:
        if not self._still(former):
            self._clear(self._begin)
            return
        postponed, self._postponed, self._locked = self._postponed, (), False
        for show in postponed:
            show()
        self._app.top.refresh_bindings()

    def _still(self, former: Role | None) -> bool:
        """Whether who is there may do all that was opened as `former`."""
        return former is None or self._services.may(former)

    def unlock_for_new_screens(self) -> bool:
        """Whether the console was locked; `lock_again` is then to follow at once."""
        locked, self._locked = self._locked, False
        return locked

    def lock_again(self) -> None:
        """Locked as before, above screens that were built again."""
        if self._services.account:
            self.lock()
        else:
            self.ask_who()

    def sign_out(self) -> None:
        """Sign out, for somebody else to sign in."""
        if self._app.calling:
            self._app.top.tell("Terminez d’abord l’appel.", warning=True)
            return

        def out() -> None:
            self._app.stood_up()
            self._services.sign_out()

        self._app.home.serve(out, lambda _: self._clear(self.ask_who))

    def _clear(self, then: Callable[[], object]) -> None:
        """Leave all that the former one had open."""
        self._locked = True
        self._app.leave_all(then)

    def ask_who(self) -> None:
        """Nobody is there: hide everything until somebody signs in, for whom the dashboard opens."""
        from screens.session.sign_in import SignInScreen

        self._show_sign_in(SignInScreen(self._services), self._begin)

    def _begin(self) -> None:
        """The dashboard for who is there now, and their open call; not what the former one had open."""
        self._postponed, self._locked = (), False
        self._app.home.begin()

    def _act_as(self, role: Role) -> None:
        former = self._services.role

        def changed(_: object) -> None:
            if not self._still(former):
                self._clear(begin)
                return
            tell()
            self._app.top.refresh_bindings()
            reload: Any = getattr(self._app.top, "reload", None)
            if reload is not None:
                reload()

        def begin() -> None:
            self._begin()
            tell()

        def tell() -> None:
            self._app.top.tell(f"Vous êtes {ROLE_LABELS[role]}.")

        self._app.home.serve(lambda: self._services.act_as(role), changed)

    def commands(self) -> list[tuple[str, Callable[[], object]]]:
        """What the palette offers about who is there."""
        if self._services.account:
            return [("Verrouiller la console", self.lock), ("Se déconnecter", self.sign_out)]
        if self._services.demo:
            others = [role for role in Role if role is not self._services.role]
            return [
                (f"Démonstration{THIN}: devenir {ROLE_LABELS[role]}", lambda role=role: self._act_as(role))  # type: ignore[misc]
                for role in others
            ]
        return []
