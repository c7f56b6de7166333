"""The commands about accounts."""

import sys

from console.base.dates import day_of
from console.base.errors import RefusedInputError
from console.base.french import THIN, day, moment
from console.base.roles import ROLE_LABELS
from console.cli import output
from console.cli.settings import Configuration
from console.cli.start import ask_password, base_alone, working


def add(configuration: Configuration, name: str, role: str) -> int:
    """A new account, whose password is typed twice, or read from standard input."""
    from console.people.accounts import UserService

    wanted = next(one for one, label in ROLE_LABELS.items() if label == role)
    with working(configuration) as ctx:
        users = UserService(ctx)
        users.check_new(name, wanted)
        user = users.add(name, wanted, _new_password())
    output.result(f"{user.name} peut se connecter, comme {role}.")
    return 0


def show(configuration: Configuration, *, as_json: bool) -> int:
    """Every account."""
    from console.people.accounts import UserService

    with working(configuration) as ctx:
        found, now = UserService(ctx).team(), ctx.machine.now()
    if as_json:
        output.result_json(
            [
                {
                    "nom": one.name,
                    "role": ROLE_LABELS[one.role],
                    "actif": one.active,
                    "cree_le": one.created_at,
                    "derniere_connexion": one.signed_in_at,
                    "bloque_jusqu_a": one.locked_at(now),
                }
                for one in found
            ]
        )
        return 0
    width = max((len(one.name) for one in found), default=0)
    for one in found:
        state = "actif" if one.active else "désactivé"
        if until := one.locked_at(now):
            state = f"bloqué jusqu’au {moment(until)}"
        seen = day(day_of(one.signed_in_at)) if one.signed_in_at else "jamais connecté"
        output.result(f"{one.name.ljust(width)}  {ROLE_LABELS[one.role].ljust(14)}  {state}  {seen}")
    if not found:
        output.say(f"Aucun compte{THIN}: chacun ouvre la console sans mot de passe, et peut tout faire.")
    return 0


def change_password(configuration: Configuration, name: str) -> int:
    """A new password, typed twice, or read from standard input."""
    from console.people.accounts import UserService

    with working(configuration) as ctx:
        users = UserService(ctx)
        users.check_password_of(name)
        users.set_password(name, _new_password())
    output.result(f"Le mot de passe de {name} est changé.")
    return 0


def rescue(configuration: Configuration, name: str) -> int:
    """Give an administrator back their access; nobody can sign in, so it is who owns the base who does it."""
    from console.people.accounts import UserService

    with base_alone(configuration) as ctx:
        users = UserService(ctx)
        users.rescue(name)
        users.rescue(name, _new_password())
    output.result(f"{name} peut de nouveau se connecter{THIN}; le secours est écrit au journal.")
    return 0


def deactivate(configuration: Configuration, name: str) -> int:
    """Nobody signs in with this account any more."""
    from console.people.accounts import UserService

    with working(configuration) as ctx:
        UserService(ctx).deactivate(name)
    output.result(f"{name} ne peut plus se connecter{THIN}; ses actes restent signés de son nom.")
    return 0


def _new_password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = ask_password("Nouveau mot de passe (12 caractères au moins)")
    if first != ask_password("Le même, encore une fois"):
        raise RefusedInputError("Les deux mots de passe diffèrent.", "Rien n’a changé.")
    return first
