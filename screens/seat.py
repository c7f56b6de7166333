"""Who sits at the console: signing in, locking when the keys are left alone, leaving the place."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Any

from console.domain.roles import ROLE_LABELS, Role
from screens.base import Acts

if TYPE_CHECKING:
    from console.services.users import User
    from screens.ways import Ways

    _Host = Ways
else:
    _Host = object

TICK_SECONDS = 20.0


class Seat(_Host):
    """The application's part that knows who is there."""

    _lock_after_s: float
    _touched = 0.0

    def watch_over(self, lock_minutes: int) -> None:
        """Lock after so many minutes without a key where somebody signed in; 0 never does."""
        self._lock_after_s = lock_minutes * 60.0
        self.touched()
        self.set_interval(TICK_SECONDS, self._tick)

    def touched(self) -> None:
        """A key was pressed."""
        self._touched = monotonic()

    @property
    def calling(self) -> bool:
        """Whether a call is open."""
        return any(isinstance(one, Acts) and one.holds_call for one in self.screen_stack)

    def _tick(self) -> None:
        name = self.services.account
        if not name or self._locked:
            return
        if self._lock_after_s and monotonic() - self._touched >= self._lock_after_s:
            self.lock()
            return
        role = self.services.role
        self.top.serve(
            lambda: self.services.users.present(name),
            lambda user: self._compare(user, role),
            failed=lambda _: None,
            group="present",
        )

    def _compare(self, user: User | None, role: Role | None) -> None:
        """An account that was closed, or that changed its role, has to sign in again."""
        if user is None or user.role is not role:
            self.lock()

    @property
    def _locked(self) -> bool:
        from screens.sign_in import SignInScreen

        return any(isinstance(one, SignInScreen) for one in self.screen_stack)

    def lock(self) -> None:
        """Hide everything until the same person gives their password; nothing below is lost or stopped."""
        from screens.sign_in import SignInScreen

        if not self._locked and (name := self.services.account):
            self.push_screen(SignInScreen(self.services, locked=name, calling=self.calling))
            self.top.serve(lambda: self.services.users.left("locked"), failed=lambda _: None)

    def sign_out(self) -> None:
        """Leave the place to somebody else."""
        if self.calling:
            self.top.tell("Terminez d’abord l’appel.", warning=True)
            return
        self.top.serve(self.services.sign_out, lambda _: self._empty_seat())

    def _empty_seat(self) -> None:
        async def leave() -> None:
            while len(self.screen_stack) > 1:
                await self.pop_screen()
            self.ask_who()

        self.run_worker(leave(), exit_on_error=False)

    def ask_who(self) -> None:
        """Nobody is there: hide everything until somebody signs in, for whom the dashboard opens."""
        from screens.sign_in import SignInScreen

        dashboard: Any = self.screen_stack[0]
        self.push_screen(SignInScreen(self.services), lambda _: dashboard.begin(anew=True))

    def _act_as(self, role: Role) -> None:
        def seated(_: object) -> None:
            self.top.tell(f"Vous êtes {ROLE_LABELS[role]}.")
            self.top.refresh_bindings()
            reload: Any = getattr(self.top, "reload", None)
            if reload is not None:
                reload()

        self.top.serve(lambda: self.services.act_as(role), seated)

    def seat_commands(self) -> list[tuple[str, Callable[[], object]]]:
        """What the palette offers about who is there."""
        if self.services.account:
            return [("Verrouiller la console", self.lock), ("Se déconnecter", self.sign_out)]
        if self.services.demo:
            others = [role for role in Role if role is not self.services.role]
            return [
                (f"Démonstration : devenir {ROLE_LABELS[role]}", lambda role=role: self._act_as(role))  # type: ignore[misc]
                for role in others
            ]
        return []
