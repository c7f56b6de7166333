"""A sender that kills itself: `python -m tests.delivery.killed PORT FOLDER` forks one for every moment.

It tells the moment, and waits for a line before the next.
FOLDER/start.db is copied for each to FOLDER/MOMENT.db; the child dies while it sends its first message.
"""

import os
import shutil
import signal
import smtplib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlmodel import Session

from console.context import Context
from console.messages.leases import Leases
from console.messages.outbox import OutboxService
from console.outside.mail import SmtpGateway
from console.outside.outside import Outside
from tests import compiled
from tests.delivery.conftest import WEDNESDAY, Company, reach
from tests.world import CONTENT


def die(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def before(owner: Any, name: str, nth: int = 1) -> Callable[[], None]:
    """Dies when the function is called for the nth time."""

    def arm() -> None:
        original, calls = getattr(owner, name), [0]

        def called(*args: Any, **options: Any) -> Any:
            calls[0] += 1
            return die() if calls[0] == nth else original(*args, **options)

        setattr(owner, name, called)

    return arm


def after(owner: Any, name: str, nth: int = 1) -> Callable[[], None]:
    """Dies when the function has returned for the nth time."""

    def arm() -> None:
        original, calls = getattr(owner, name), [0]

        def called(*args: Any, **options: Any) -> Any:
            done = original(*args, **options)
            calls[0] += 1
            return die() if calls[0] == nth else done

        setattr(owner, name, called)

    return arm


# A session sends EHLO, MAIL, RCPT, DATA, then the message, then the line that ends it.
MOMENTS: dict[str, Callable[[], None]] = {
    "before-connecting": before(SmtpGateway, "open"),
    "connected": after(SmtpGateway, "open"),
    "before-lease": before(Session, "commit"),
    "leased": after(Session, "commit"),
    "sender": after(smtplib.SMTP, "mail"),
    "recipient": after(smtplib.SMTP, "rcpt"),
    "before-handing-over": before(Leases, "hand_over"),
    "handed-over": after(Leases, "hand_over"),
    "data": after(smtplib.SMTP, "send", 4),
    "body": after(smtplib.SMTP, "send", 5),
    "end": after(smtplib.SMTP, "send", 6),
    "answer": after(smtplib.SMTP, "getreply", 6),
    "sent": after(SmtpGateway, "send"),
    "before-marking": before(Session, "commit", 2),
    "marked": after(Session, "commit", 2),
}


def one(path: Path, port: int) -> None:
    company = Company(path, WEDNESDAY)
    outside = reach(port, folder=path.parent)
    OutboxService(
        Context(company.database, company.clock, CONTENT, "", machine=company.clock, outside=outside)
    ).send_due()


def compile_once(folder: Path) -> None:
    """Sends into a folder once: what the children ask of their bases is compiled here, and not in each."""
    compiled.share()
    shutil.copy(folder / "start.db", folder / "warm.db")
    company = Company(folder / "warm.db", WEDNESDAY)
    outside = Outside(folder=folder / "warm")
    OutboxService(
        Context(company.database, company.clock, CONTENT, "", machine=company.clock, outside=outside)
    ).send_due()
    company.database.close()


def main(port: int, folder: Path) -> None:
    compile_once(folder)
    for moment, arm in MOMENTS.items():
        path = folder / f"{moment}.db"
        shutil.copy(folder / "start.db", path)
        child = os.fork()
        if child == 0:
            arm()
            one(path, port)
            os._exit(1)  # it should be dead
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status), moment
        print(moment, flush=True)
        sys.stdin.readline()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
