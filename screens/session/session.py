"""Who sits at the console: signing in, locking when the keys are left alone, leaving the place."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.await_complete import AwaitComplete

from console.base.french import THIN
from console.base.roles import ROLE_LABELS, Role
from screens.kit.screen import Acts

if TYPE_CHECKING:
    from console.people.accounts import User
    from screens.navigation import Ways
    from screens.session.sign_in import SignInScreen

    _Host = Ways
else:
    _Host = object

TICK_SECONDS = 20.0


def running_seconds() -> float:
    """Seconds since some beginning, those that the machine slept among them where the system counts them."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


class Seat(_Host):
    """The application's part that knows who is there.

    While nobody is, the door is shut: nothing is shown but the sign-in screen, whatever happens below.
    """

    _lock_after_s: float
    _touched = 0.0
    _shut = False
    _held: tuple[Callable[[], object], ...] = ()
    """What would have shown itself meanwhile."""

    def watch_over(self, lock_minutes: int) -> None:
        """Lock after so many minutes without a key where somebody signed in; 0 never does."""
        self._lock_after_s = lock_minutes * 60.0
        self._touched = running_seconds()
        self.set_interval(TICK_SECONDS, self._tick)

    def touched(self) -> None:
        """A key was pressed; it does nothing but lock when it comes too late, as where the machine slept."""
        if self._left_alone:
            self.lock()
        self._touched = running_seconds()

    @property
    def _left_alone(self) -> bool:
        return 0 < self._lock_after_s <= running_seconds() - self._touched

    @property
    def calling(self) -> bool:
        """Whether a call is open."""
        return any(isinstance(one, Acts) and one.holds_call for one in self.screen_stack)

    def _tick(self) -> None:
        name = self.services.account
        if not name or self._shut:
            return
        if self._left_alone:
            self.lock()
            return
        role = self.services.role
        self.home.serve(
            lambda: self.services.users.present(name),
            lambda user: self._compare(user, role),
            failed=lambda _: None,
            group="present",
        )

    def _compare(self, user: User | None, role: Role | None) -> None:
        """An account that was closed, or that changed its role, has to sign in again."""
        if user is None or user.role is not role:
            self.lock()

    # The door

    def push_screen(self, screen: Any, *args: Any, **options: Any) -> Any:
        """Put a screen on top; once the door is open where it is shut."""
        if self._shut:
            self._held += (partial(self.push_screen, screen, *args, **options),)
            return AwaitComplete.nothing()  # type: ignore[no-untyped-call]
        return super().push_screen(screen, *args, **options)

    def notify(self, message: str, **options: Any) -> None:
        """Tell something in passing; once the door is open where it is shut."""
        if self._shut:
            self._held += (partial(self.notify, message, **options),)
        else:
            super().notify(message, **options)

    def _shut_door(self, door: SignInScreen, opened: Callable[[], object]) -> None:
        self.clear_notifications()
        self._held = ()
        self._shut = False
        self.push_screen(door, lambda _: self.call_later(opened))  # once the door has left
        self._shut = True

    def lock(self) -> None:
        """Hide everything until the same person gives their password; nothing below is lost or stopped."""
        from screens.session.sign_in import SignInScreen

        if not self._shut and (name := self.services.account):
            opened = partial(self._unlocked, self.services.role)
            self._shut_door(SignInScreen(self.services, locked=name, calling=self.calling), opened)
            self.home.serve(lambda: self.services.users.left("locked"), failed=lambda _: None)

    def _unlocked(self, former: Role | None) -> None:
        if not self._still(former):
            self._clear(self._begin)
            return
        held, self._held, self._shut = self._held, (), False
        for show in held:
            show()
        self.top.refresh_bindings()

    def _still(self, former: Role | None) -> bool:
        """Whether who is there may do all that was opened as `former`."""
        return former is None or self.services.may(former)

    def sign_out(self) -> None:
        """Leave the place to somebody else."""
        if self.calling:
            self.top.tell("Terminez d’abord l’appel.", warning=True)
            return
        self.home.serve(self.services.sign_out, lambda _: self._clear(self.ask_who))

    def _clear(self, then: Callable[[], object]) -> None:
        """Leave every screen but the dashboard, and what it was reading; a call is open in the database."""

        async def leave() -> None:
            self.workers.cancel_node(self.home)
            self._beginning = False
            self.home.forget()
            while len(self.screen_stack) > 1:
                await self.pop_screen()
            then()

        self._shut = True
        self.run_worker(leave(), exit_on_error=False)

    def ask_who(self) -> None:
        """Nobody is there: hide everything until somebody signs in, for whom the dashboard opens."""
        from screens.session.sign_in import SignInScreen

        self._shut_door(SignInScreen(self.services), self._begin)

    def _begin(self) -> None:
        """The dashboard for who is there now, and their open call; not what the former one had open."""
        self._held, self._shut = (), False
        self.home.begin()

    def _act_as(self, role: Role) -> None:
        former = self.services.role

        def seated(_: object) -> None:
            if not self._still(former):
                self._clear(begin)
                return
            tell()
            self.top.refresh_bindings()
            reload: Any = getattr(self.top, "reload", None)
            if reload is not None:
                reload()

        def begin() -> None:
            self._begin()
            tell()

        def tell() -> None:
            self.top.tell(f"Vous êtes {ROLE_LABELS[role]}.")

        self.home.serve(lambda: self.services.act_as(role), seated)

    def seat_commands(self) -> list[tuple[str, Callable[[], object]]]:
        """What the palette offers about who is there."""
        if self.services.account:
            return [("Verrouiller la console", self.lock), ("Se déconnecter", self.sign_out)]
        if self.services.demo:
            others = [role for role in Role if role is not self.services.role]
            return [
                (f"Démonstration{THIN}: devenir {ROLE_LABELS[role]}", lambda role=role: self._act_as(role))  # type: ignore[misc]
                for role in others
            ]
        return []
