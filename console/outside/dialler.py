"""Dials a number: by a command of the agent's machine, or by Asterisk over its manager interface (AMI).

The number is the only thing that comes from the data, and only a number ever passes `checked`. It is one
element of an argument list, or one line of the protocol: no shell reads it, and it can end no line.
"""

import hashlib
import os
import re
import socket
import subprocess
from collections.abc import Mapping
from time import monotonic
from typing import Protocol
from uuid import uuid4

from console.base.errors import HotlinerError, RefusedInputError, system_words
from console.base.french import THIN
from console.outside.servers import NUMBER, Asterisk

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
COMMAND_S = 3.0
"""A command that still runs after this long is a softphone at work."""
ANSWER_S = 5.0
"""How long Asterisk may take to answer."""
RING_S = 2.0
"""How long a queued call is given to be told impossible: a telephone that is not there is known at once."""
_SECRETS = ("HOTLINER_", "PGPASS")
"""How our settings, and the base's password, begin in the environment: no other program is given them."""
_LONGEST = 65_536


class Dialler(Protocol):
    """A way to dial."""

    def dial(self, number: str) -> None:
        """Begin the call. Raises DialError; RefusedInputError when it is no E.164 number."""


class DialError(HotlinerError):
    """The number could not be dialled: it is to be dialled by hand."""


def checked(number: str) -> str:
    """The number itself when it is E.164: « + » and 7 to 15 digits. Raises RefusedInputError."""
    if not _E164.fullmatch(number):
        raise RefusedInputError("Ce n’est pas un numéro de téléphone valable.", "Rien n’a été composé.")
    return number


class CommandDialler:
    """Runs a program. `argv` is its argument list, in which « {number} » stands for the number."""

    def __init__(self, argv: tuple[str, ...], *, wait: float = COMMAND_S) -> None:
        self._argv, self._wait = argv, wait

    def dial(self, number: str) -> None:
        """Run it; a failure in its first seconds is ours to tell, afterwards it is left alone."""
        number = checked(number)
        argv = [part.replace(NUMBER, number) for part in self._argv]
        try:
            program = subprocess.Popen(  # noqa: S603 - a list, from the settings and a checked number
                argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={name: value for name, value in os.environ.items() if not name.startswith(_SECRETS)},
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            reason = system_words(error) if isinstance(error, OSError) else str(error)
            raise DialError(f"« {argv[0]} » ne se lance pas{THIN}: {reason}.") from None
        try:
            code = program.wait(self._wait)
        except subprocess.TimeoutExpired:
            return
        if code:
            raise DialError(f"« {argv[0]} » n’a pas pu composer (code {code}).")


class AsteriskDialler:
    """Rings the agent's telephone, then the number, through an Asterisk server."""

    def __init__(self, server: Asterisk, *, answer: float = ANSWER_S, ring: float = RING_S) -> None:
        self._server, self._answer, self._ring = server, answer, ring

    def dial(self, number: str) -> None:
        """Sign in, ask for the call, sign out. The secret never travels: only a hash of a challenge does."""
        number, server = checked(number), self._server
        try:
            with socket.create_connection((server.host, server.port), self._answer) as line:
                manager = _Manager(line, self._answer)
                challenge = manager.ask("Challenge", {"AuthType": "MD5"}).get("challenge", "")
                digest = hashlib.md5(f"{challenge}{server.secret}".encode(), usedforsecurity=False)
                manager.ask(
                    "Login",
                    {
                        "AuthType": "MD5",
                        "Username": server.user,
                        "Key": digest.hexdigest(),
                        "Events": "call",
                    },
                )
                manager.originate(server, number, self._ring)
        except TimeoutError:
            raise DialError("Asterisk ne répond pas à temps.") from None
        except OSError as error:
            raise DialError(f"Asterisk est injoignable{THIN}: {system_words(error)}.") from None


class _Manager:
    """One conversation with the manager interface."""

    def __init__(self, line: socket.socket, answer: float) -> None:
        self._line, self._answer = line, answer
        self._rest = b""
        self._until = monotonic() + answer
        if b"Asterisk" not in self._take(b"\n"):
            raise DialError("Ce serveur n’est pas un Asterisk.")

    def originate(self, server: Asterisk, number: str, ring: float) -> None:
        """Queue the call; refused in the first `ring` seconds it fails, silence is a telephone ringing."""
        key = self._say(
            "Originate",
            {
                "Channel": server.channel,
                "Context": server.context,
                "Exten": number,
                "Priority": "1",
                "Async": "true",
            },
        )
        self._response(key, "Originate")
        self._until = monotonic() + ring
        try:
            while True:
                told = self._message()
                if told.get("event") == "OriginateResponse" and told.get("actionid") == key:
                    break
        except TimeoutError:
            return
        if told.get("response") == "Failure":
            raise DialError("Asterisk n’a pas pu faire sonner votre poste.")

    def ask(self, action: str, fields: Mapping[str, str]) -> dict[str, str]:
        """Send an action and give its response. Raises DialError when it is refused."""
        return self._response(self._say(action, fields), action)

    def _say(self, action: str, fields: Mapping[str, str]) -> str:
        key = uuid4().hex
        said = {"Action": action, "ActionID": key, **fields}
        if any(not value.isprintable() for value in said.values()):
            raise DialError("Un réglage d’Asterisk contient un caractère interdit.")
        self._until = monotonic() + self._answer
        text = "".join(f"{name}: {value}\r\n" for name, value in said.items())
        self._line.sendall(f"{text}\r\n".encode())
        return key

    def _response(self, key: str, action: str) -> dict[str, str]:
        while True:
            told = self._message()
            if "response" in told and "event" not in told and told.get("actionid", key) == key:
                break
        if told["response"] != "Success":
            what = "l’identifiant ou le secret" if action == "Login" else f"l’action {action}"
            raise DialError(f"Asterisk refuse {what}.")
        return told

    def _message(self) -> dict[str, str]:
        """The next message, names in lower case."""
        lines = self._take(b"\r\n\r\n").decode("utf-8", "replace").splitlines()
        pairs = (line.partition(":") for line in lines)
        return {name.strip().lower(): value.strip() for name, _, value in pairs}

    def _take(self, end: bytes) -> bytes:
        """What comes up to `end`, within the time left."""
        while end not in self._rest:
            left = self._until - monotonic()
            if left <= 0:
                raise TimeoutError
            self._line.settimeout(left)
            more = self._line.recv(4096)
            if not more:
                raise DialError("Asterisk a fermé la connexion.")
            self._rest += more
            if len(self._rest) > _LONGEST:
                raise DialError("La réponse d’Asterisk est illisible.")
        taken, _, self._rest = self._rest.partition(end)
        return taken
