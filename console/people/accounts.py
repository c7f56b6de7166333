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
from console.calls.under_way import call_of
from console.context import Context
from console.db.query import ReadBatch
from console.db.tables import UserAccount
from console.outside.machine import whose
from console.people import accounts_store as storage
from console.people import tries
from console.people.names import acting_as, alike, exist
from console.people.passwords import (
    ACCOUNT_WAIT,
    LONGEST,
    SESSION_WAIT,
    normalised,
    password_fault,
    wait_after,
)
from console.team.service import dismiss

if TYPE_CHECKING:
    from argon2 import PasswordHasher
    from sqlmodel import Session

    from console.db.engine import Database

NAME_LIMIT = 60
_NOTHING = "Rien n’a été lu ni changé."
_SAME_TIME = timedelta(minutes=1)
_ANOTHER_DAY = timedelta(days=1)


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
        return until if until is not None and now < until <= now + ACCOUNT_WAIT else None


def _rests(until: datetime | None, now: datetime) -> bool:
    """Whether an account was held until just now: for as long as a wait may last it is then left open.

    Who tries at the moment at which it opens would keep its owner out for ever; their own session waits on.
    """
    return until is not None and timedelta() <= now - until < ACCOUNT_WAIT


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

    @property
    def _door(self) -> "Database":
        """Who was shut out may come back by it."""
        return self._ctx.database.checked(None)

    def sign_in(self, name: str, password: str) -> User:
        """The account, when the password is its own.

        The try is counted before the password is looked at, so that tries made at once count too. Wrong ones
        slow down the session of this machine, whatever the names, and a little the name that was tried
        (`passwords.wait_after`). An empty password is no try.
        Raises ForbiddenError, the same for an unknown name as for a wrong password, StorageError.
        """
        name, now = clean(name, limit=NAME_LIMIT), self._ctx.clock.now()
        who, kept = "", _nobody()
        with self._door.writing() as session:
            found = storage.find(session, name)
            before = tries.read(session, tries.MINE, whose())
            waits = self._count(session, name, found, now, counts=bool(password))
            if found is not None:
                who, kept = found.name, found.password
            refused = _held(waits) if waits else None
        if refused:
            raise refused
        if _matches(kept, password) and who:
            with self._door.writing() as session:
                account = self._account(session, who)
                if account.active and account.password == kept:  # still as it was read
                    self._may_be_then(Role(account.role))
                    account.failures, account.locked_until, account.signed_in_at = 0, None, now
                    self._uncount(session, before)
                    tries.forgive(session, account.folded, now)
                    if _hasher().check_needs_rehash(account.password):
                        account.password = _hashed(password)
                    audit(session, self._as(who), "user.signed_in", None, **self._elsewhere(now))
                    return _user(account)
        if who and password:
            self._refused(who)
        raise ForbiddenError("Ce nom ou ce mot de passe est refusé.", _NOTHING, "Essayez encore.")

    def _count(
        self, session: "Session", name: str, found: UserAccount | None, now: datetime, *, counts: bool
    ) -> datetime | None:
        """Until when this session, or this name, has to wait; where neither does, one try more is counted."""
        folded = found.folded if found is not None else alike(name)
        mine = tries.read(session, tries.MINE, whose())
        theirs = tries.Tries() if found is not None else tries.read(session, tries.NAME, folded)
        until = _user(found).locked_at(now) if found is not None else theirs.held_at(now, ACCOUNT_WAIT)
        held = max(filter(None, (mine.held_at(now, SESSION_WAIT), until)), default=None)
        if held is not None or not counts:
            return held
        mine.failures += 1
        mine.until = (now + wait_after(mine.failures, SESSION_WAIT)).isoformat()
        mine.name = tries.digest(folded) if mine.name in ("", tries.digest(folded)) else tries.SEVERAL
        tries.write(session, tries.MINE, whose(), mine)
        if found is not None:
            found.failures += 1
            if not _rests(found.locked_until, now):
                found.locked_until = now + wait_after(found.failures, ACCOUNT_WAIT)
        else:
            theirs.failures += 1
            if not _rests(datetime.fromisoformat(theirs.until) if theirs.until else None, now):
                theirs.until = (now + wait_after(theirs.failures, ACCOUNT_WAIT)).isoformat()
            tries.write(session, tries.NAME, folded, theirs)
        return None

    def _uncount(self, session: "Session", before: tries.Tries) -> None:
        """A right password was no wrong one; what was counted meanwhile stays."""
        mine = tries.read(session, tries.MINE, whose())
        mine.failures = max(mine.failures - 1, 0)
        if mine.failures == before.failures:
            mine = before
        tries.write(session, tries.MINE, whose(), mine)

    def _may_be_then(self, role: Role) -> None:
        """On a base that is no trial, only a supervisor works at another day than the machine's."""
        there = replace(self._ctx, clock=self._working)
        if at_another_day(there) and not role.includes(Role.SUPERVISOR):
            raise ForbiddenError(
                f"Cette date n’est pas celle de la machine{THIN}: un superviseur seul peut y travailler.",
                _NOTHING,
                "Retirez « --date », ou essayez sur une base à part avec « --essai ».",
            )

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
                    folded=alike(shown),
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
            tries.forgive(session, found.folded, self._ctx.clock.now())
            audit(session, self._ctx, "user.password", who=found.name)

    def rescue(self, name: str, password: str | None = None) -> None:
        """The way back of an administrator whose password is lost: for who owns the base, and may all anyway.

        Without a password, raises what it would. Raises ForbiddenError, RefusedInputError, StorageError.
        """
        if not self._ctx.database.is_ours_to_keep():
            raise ForbiddenError(
                "Cette base n’appartient pas à cette session.",
                "Rien n’a changé.",
                "Le secours est pour qui possède le fichier de la base, ou la base sur le serveur.",
            )
        if password is not None:
            _check(password, name)
        with self._ctx.database.writing() as session:
            found = self._account(session, name)
            if found.role != Role.ADMINISTRATOR:
                raise RefusedInputError(
                    f"{found.name} n’est pas administrateur.",
                    "Rien n’a changé.",
                    "Le secours rend son accès à un administrateur, qui peut ensuite changer les autres.",
                )
            if password is not None:
                found.password, found.failures, found.locked_until = _hashed(password), 0, None
                found.active = True
                tries.forgive(session, found.folded, self._ctx.clock.now())
                audit(session, self._as(whose()), "user.rescued", who=found.name)

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
            call = call_of(session, found.name)
            dismiss(session, found.name, call.id if call else "", self._working.now())
            audit(session, self._ctx, "user.deactivated", who=found.name)

    def _may_add(self, session: "Session", name: str, role: Role) -> UserAccount | None:
        shown = clean(name, limit=NAME_LIMIT)
        if not fold(shown).strip():
            raise RefusedInputError("Il manque le nom de l’agent.", "Rien n’a changé.")
        if role is not Role.ADMINISTRATOR and not exist(ReadBatch(session))():
            raise RefusedInputError(
                "Le premier compte est celui d’un administrateur.",
                "Rien n’a changé.",
                "Ajoutez-le avec « --role administrateur ».",
            )
        found = storage.find(session, shown)
        if found is not None and found.active:
            raise ConflictError(f"« {found.name} » a déjà un compte.", "Rien n’a changé.")
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
                f"Aucun compte ne s’appelle « {name} ».",
                "Rien n’a changé.",
                "« hotliner utilisateur lister » montre les comptes.",
            )
        return found

    def _refused(self, who: str) -> None:
        with self._door.writing() as session:
            audit(session, self._as(who), "user.refused")

    def _as(self, who: str) -> Context:
        return replace(self._ctx, agent=who)

    def _elsewhere(self, now: datetime) -> dict[str, str]:
        """The instant at which the console is set to work, where that is not now."""
        working = self._working.now()
        return {} if abs(working - now) < _SAME_TIME else {"date": working.isoformat(timespec="minutes")}


def at_another_day(ctx: Context) -> bool:
    """Whether work on a real base is dated more than a day from the machine's clock."""
    return not (ctx.trial or ctx.demo) and abs(ctx.clock.now() - ctx.machine.now()) > _ANOTHER_DAY


def acting(ctx: Context, user: User) -> Context:
    """The context of who signed in: an act is refused from the moment the account is closed."""
    database = ctx.database.checked(acting_as(user.name, user.role))
    return replace(ctx, database=database, agent=user.name, role=user.role, account=True)


def _user(account: UserAccount) -> User:
    return User(
        account.name,
        Role(account.role),
        account.active,
        account.created_at,
        account.signed_in_at,
        account.locked_until,
    )


def _held(until: datetime) -> ForbiddenError:
    return ForbiddenError(
        f"Trop d’essais{THIN}: l’accès est bloqué jusqu’au {moment(_next_minute(until))}.",
        _NOTHING,
        "Attendez, ou demandez à l’administrateur un nouveau mot de passe.",
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
