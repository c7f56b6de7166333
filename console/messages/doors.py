"""By which door the messages of each channel leave: the base keeps it.

A console or a job with other settings, or with none, would otherwise take the clients' messages elsewhere and
mark them sent. The folder, which is what there is before a server is set, gives way to the first server; any
other change is a supervisor's.
"""

import json
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from console.audit import audit
from console.base.dates import day_of
from console.base.french import THIN, day
from console.base.vocabulary import Channel
from console.context import Context
from console.db.meta import read_meta, write_meta
from console.outside.machine import whose
from console.outside.outside import FOLDER

_LEAVE = {Channel.EMAIL: "Les e-mails de cette base partent", Channel.SMS: "Les SMS de cette base partent"}
UNSET = {
    Channel.EMAIL: "Aucun serveur d’e-mail n’est réglé sur cette machine (smtp_host)",
    Channel.SMS: "Aucun service de SMS n’est réglé sur cette machine (sms_url)",
}
"""Why a channel does not leave from a machine that shares its base, where no folder was asked for either."""


@dataclass(frozen=True, slots=True)
class Door:
    """What a channel leaves by, since when, and which machine was the first to use it."""

    words: str
    machine: str
    since: datetime

    def told(self, channel: Channel) -> str:
        """« Les e-mails de cette base partent par smtp.numi.fr, support@numi.fr (poste-3, depuis le …) »."""
        return f"{_LEAVE[channel]} par {self.words} ({self.machine}, depuis le {day(day_of(self.since))})"


def door(session: Session, channel: Channel) -> Door | None:
    """The door of a channel; None before its first message."""
    kept = read_meta(session, f"door.{channel}")
    if not kept:
        return None
    known = json.loads(kept)
    return Door(known["door"], known["machine"], datetime.fromisoformat(known["since"]))


def closed(known: Door | None, channel: Channel, here: str) -> str:
    """Why messages may not leave by the door `here`; empty where they may."""
    if known is None or known.words in {here, FOLDER}:
        return ""
    return (
        f"{known.told(channel)}{THIN}; les réglages d’ici disent «\u00a0{here}\u00a0»."
        " Rien n’est parti d’ici. Si c’est la bonne porte, un superviseur lance"
        " «\u00a0hotliner envoyer --porte\u00a0»."
    )


def keep(session: Session, ctx: Context, channel: Channel, here: str) -> None:
    """Messages leave by this door from now on, and by no other; a change is written down."""
    former = door(session, channel)
    kept = {"door": here, "machine": whose(), "since": ctx.clock.now().isoformat()}
    write_meta(session, f"door.{channel}", json.dumps(kept))
    if former is not None:
        audit(session, ctx, "door.changed", channel=channel, before=former.words, after=here)
