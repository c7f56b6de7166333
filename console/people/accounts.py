"""Accounts: who may sign in, with which role. Passwords are kept as argon2id hashes only."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from console.audit import audit
from console.base.errors import ConflictError, ForbiddenError, RefusedInputError
from console.base.french import THIN, moment
from console.base.roles import Role
from console.base.text import clean, fold
from console.context import Context
from console.db.tables import UserAccount
from console.people import accounts_store as storage
from console.people.names import exist
from console.people.passwords import LONGEST, LONGEST_WAIT, normalised, password_fault, wait_after

if TYPE_CHECKING:
    from argon2 import PasswordHasher
    from sqlmodel import Session

NAME_LIMIT = 60
_NOTHING = "Rien n’a été lu ni changé."
_SAME_TIME = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class User:
    """An account as it is shown."""

    name: str
    role: Role
    active: bool
    created_at: datetime
    signed_in_at: datetime | None
    locked_until: datetime | None

    def locked_at(self, now: datetime) -> datetime | None:
        """Until when no password is looked at; None when one is.

        An end that is further away than any wait was written while the machine's clock was wrong.
        """
        until = self.locked_until
        return until if until is not None and now < until <= now + LONGEST_WAIT else None


@lru_cache(1)
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher

    return PasswordHasher()


def _nobody() -> str:
    """A hash that no password has: an unknown name takes as long to refuse as a known one."""
    cost = _hasher()
    parameters = f"m={cost.memory_cost},t={cost.time_cost},p={cost.parallelism}"
    return f"$argon2id$v=19${parameters}${'A' * 22}${'A' * 43}"


class UserService:
    """Signing in, and the accounts themselves."""

    def __init__(self, ctx: Context) -> None:
        self._working = ctx.clock
        self._ctx = replace(ctx, clock=ctx.machine)  # a lock is not passed, nor an act dated, by --date

    def sign_in(self, name: str, password: str) -> User:
        """The account, when the password is its own.

        The try is counted before the password is looked at, so that tries made at once count too; wrong ones
        lock the account for longer and longer (`passwords.wait_after`). An empty password is no try.
        Raises ForbiddenError, the same for an unknown name as for a wrong password, StorageError.
        """
        name, now = clean(name, limit=NAME_LIMIT), self._ctx.clock.now()
        kept = _nobody()
        with self._ctx.database.writing() as session:
            found = storage.find(session, name)
            if found is not None and (until := _user(found).locked_at(now)):
                raise ForbiddenError(
                    f"Trop d’essais{THIN}: ce compte est bloqué jusqu’au {moment(_next_minute(until))}.",
                    _NOTHING,
                    "Attendez, ou demandez à l’administrateur un nouveau mot de passe.",
                )
            if found is not None and password:
                found.failures += 1
                found.locked_until = now + wait_after(found.failures)
                who, kept = found.name, found.password
        if _matches(kept, password) and found is not None:
            with self._ctx.database.writing() as session:
                account = self._account(session, who)
                if account.active and account.password == kept:  # still as it was read
                    account.failures, account.locked_until, account.signed_in_at = 0, None, now
                    if _hasher().check_needs_rehash(account.password):
                        account.password = _hashed(password)
                    audit(session, self._as(who), "user.signed_in", None, **self._elsewhere(now))
                    return _user(account)
        if found is not None and password:
            self._refused(who)
        raise ForbiddenError("Ce nom ou ce mot de passe est refusé.", _NOTHING, "Essayez encore.")

    def present(self, name: str) -> User | None:
        """The account as it stands now; None when it may not sign in any more. Raises StorageError."""
        with self._ctx.database.reading() as session:
            found = storage.find(session, name)
            return _user(found) if found is not None and found.active else None

    def left(self, act: str) -> None:
        """Write down that the one signed in locked the console, or left (« locked », « signed_out »)."""
        with self._ctx.database.writing() as session:
            audit(session, self._ctx, f"user.{act}")

    def team(self) -> tuple[User, ...]:
        """Every account, by name. Raises ForbiddenError, StorageError."""
        self._ctx.need(Role.ADMINISTRATOR)
        with self._ctx.database.reading() as session:
            return tuple(map(_user, storage.every(session)))

    def check_new(self, name: str, role: Role) -> None:
        """Raise what `add` would, before a password is asked for."""
        self._ctx.need(Role.ADMINISTRATOR)
        with self._ctx.database.reading() as session:
            self._may_add(session, name, role)

    def add(self, name: str, role: Role, password: str) -> User:
        """A new account, or a deactivated one that comes back with this role and this password.

        The first one is an administrator's, as from then on everybody signs in.
        Raises ForbiddenError, RefusedInputError, ConflictError when the name is in use, StorageError.
        """
        self._ctx.need(Role.ADMINISTRATOR)
        _check(password, name)
        kept, now = _hashed(password), self._ctx.clock.now()
        with self._ctx.database.writing() as session:
            found = self._may_add(session, name, role)
            if found is None:
                shown = clean(name, limit=NAME_LIMIT)
                found = UserAccount(
                    name=shown,
                    folded=fold(shown),
                    role=role,
                    password=kept,
                    created_at=now,
                    created_by=self._ctx.agent,
                )
                session.add(found)
            found.role, found.password, found.active = role, kept, True
            found.failures, found.locked_until = 0, None
            audit(session, self._ctx, "user.added", who=found.name, role=role)
            return _user(found)

    def check_password_of(self, name: str) -> None:
        """Raise what `set_password` would, before a password is asked for."""
        with self._ctx.database.reading() as session:
            self._may_change(session, name)

    def set_password(self, name: str, password: str) -> None:
        """A new password: one's own, or for an administrator anybody's; it lifts a lock.

        Raises ForbiddenError, RefusedInputError, StorageError.
        """
        _check(password, name)
        kept = _hashed(password)
        with self._ctx.database.writing() as session:
            found = self._may_change(session, name)
            found.password, found.failures, found.locked_until = kept, 0, None
            audit(session, self._ctx, "user.password", who=found.name)

    def deactivate(self, name: str) -> None:
        """This account may not sign in any more; what it did stays signed with its name.

        Raises ForbiddenError, RefusedInputError, ConflictError for the last administrator, StorageError.
        """
        self._ctx.need(Role.ADMINISTRATOR)
        with self._ctx.database.writing() as session:
            found = self._account(session, name)
            last = found.role == Role.ADMINISTRATOR and storage.active_of(session, found.role) == 1
            if found.active and last:
                raise ConflictError(
                    "C’est le dernier administrateur.",
                    "Rien n’a changé.",
                    "Ajoutez d’abord un autre administrateur.",
                )
            found.active = False
            audit(session, self._ctx, "user.deactivated", who=found.name)

    def _may_add(self, session: "Session", name: str, role: Role) -> UserAccount | None:
        shown = clean(name, limit=NAME_LIMIT)
        if not fold(shown).strip():
            raise RefusedInputError("Il manque le nom de l’agent.", "Rien n’a changé.")
        if role is not Role.ADMINISTRATOR and not exist(session):
            raise RefusedInputError(
                "Le premier compte est celui d’un administrateur.",
                "Rien n’a changé.",
                "Ajoutez-le avec « --role administrateur ».",
            )
        found = storage.find(session, shown)
        if found is not None and found.active:
            raise ConflictError(f"« {found.name} » a déjà un compte.", "Rien n’a changé.")
        return found

    def _may_change(self, session: "Session", name: str) -> UserAccount:
        found = storage.find(session, clean(name, limit=NAME_LIMIT))
        if not (self._ctx.account and found is not None and found.name == self._ctx.agent):
            self._ctx.need(Role.ADMINISTRATOR)
        return self._account(session, name)

    def _account(self, session: "Session", name: str) -> UserAccount:
        name = clean(name, limit=NAME_LIMIT)
        found = storage.find(session, name)
        if found is None:
            raise RefusedInputError(
                f"Aucun compte ne s’appelle « {name} ».",
                "Rien n’a changé.",
                "« hotliner utilisateur lister » montre les comptes.",
            )
        return found

    def _refused(self, who: str) -> None:
        with self._ctx.database.writing() as session:
            audit(session, self._as(who), "user.refused")

    def _as(self, who: str) -> Context:
        return replace(self._ctx, agent=who)

    def _elsewhere(self, now: datetime) -> dict[str, str]:
        """The instant at which the console is set to work, where that is not now."""
        working = self._working.now()
        return {} if abs(working - now) < _SAME_TIME else {"date": working.isoformat(timespec="minutes")}


def _user(account: UserAccount) -> User:
    return User(
        account.name,
        Role(account.role),
        account.active,
        account.created_at,
        account.signed_in_at,
        account.locked_until,
    )


def _check(password: str, name: str) -> None:
    if fault := password_fault(normalised(password), name):
        raise RefusedInputError(fault, "Rien n’a changé.")


def _hashed(password: str) -> str:
    return _hasher().hash(normalised(password))


def _matches(kept: str, password: str) -> bool:
    from argon2.exceptions import InvalidHashError, VerificationError

    password = normalised(password)
    try:
        return 0 < len(password) <= LONGEST and _hasher().verify(kept, password)
    except (VerificationError, InvalidHashError, UnicodeEncodeError):
        return False


def _next_minute(at: datetime) -> datetime:
    """The first whole minute at which the wait is over, as it is said without seconds."""
    return at.replace(second=0, microsecond=0) + timedelta(minutes=1)
