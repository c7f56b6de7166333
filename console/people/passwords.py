"""What a password must be, and how long a wrong one makes the next try wait."""

import unicodedata
from datetime import timedelta

from console.base.text import fold

SHORTEST = 12
LONGEST = 256
"""Characters; longer ones only cost time to whoever checks them."""
_FREE_TRIES = 2
_FIRST_WAIT = timedelta(seconds=30)
ACCOUNT_WAIT = timedelta(minutes=1)
"""The longest for an account: whoever tries its name elsewhere never keeps its owner out for long."""
SESSION_WAIT = timedelta(hours=1)
"""The longest for the session of a machine from which wrong passwords come."""


def normalised(password: str) -> str:
    """The same password whatever the keyboard composed it with."""
    return unicodedata.normalize("NFC", password)


def password_fault(password: str, name: str) -> str:
    """Why this cannot be the password of the account `name`, in French; empty when it can."""
    if len(password) < SHORTEST:
        return f"Le mot de passe doit faire au moins {SHORTEST} caractères."
    if len(password) > LONGEST:
        return f"Le mot de passe doit faire au plus {LONGEST} caractères."
    if not password.isprintable():
        return "Le mot de passe contient un caractère que la console ne laisse pas taper (tabulation, …)."
    if len(set(password)) < 5:
        return "Le mot de passe répète trop peu de caractères différents."
    if fold(name) and fold(name) in fold(password):
        return "Le mot de passe ne doit pas contenir le nom du compte."
    return ""


def wait_after(failures: int, longest: timedelta) -> timedelta:
    """How long to wait after so many failures in a row: 30 s from the third, doubling to the longest."""
    over = failures - _FREE_TRIES
    if over <= 0:
        return timedelta()
    return min(_FIRST_WAIT * (1 << min(over - 1, 20)), longest)
