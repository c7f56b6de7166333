"""A company whose days go by: the job is run, the messages leave to a folder, and what left is looked at."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlmodel import select

from console.calls.ending import HELD
from console.cases.upkeep import refresh_stale
from console.context import Context
from console.db.tables import Event, Message
from console.messages.outbox import OutboxService
from console.messages.reminders import RelanceService
from console.messages.reminders_report import RelanceReport
from console.outside.outside import Outside
from tests.world import CONTENT, World, paris


@dataclass
class Days(World):
    """The world, day by day."""

    folder: Path = field(default_factory=Path)

    def plan(self, at: str = "", *, simulate: bool = False) -> RelanceReport:
        """Runs the job, at that time if one is given."""
        if at:
            self.now = paris(at)
        return RelanceService(self.context).run(simulate=simulate)

    def send(self) -> None:
        """Delivers what is due to the folder, and what a call that has just ended holds for a minute."""
        self.wait(seconds=HELD.total_seconds())
        outside = Outside(folder=self.folder)
        OutboxService(
            Context(self.database, self.clock, CONTENT, "", machine=self.clock, outside=outside)
        ).send_due()

    def day(self, at: str) -> list[tuple[str, str]]:
        """A day: the job, then the delivery. What was sent, by kind and channel."""
        before = {message.id for message in self.sent()}
        self.plan(at)
        refresh_stale(self.context)
        self.send()
        return sorted((one.kind, one.channel) for one in self.sent() if one.id not in before)

    def sent(self) -> list[Message]:
        return [message for message in self.all(Message) if message.status == "sent"]

    def message(self, kind: str, channel: str = "email") -> Message:
        found: Message
        (found,) = (one for one in self.all(Message) if (one.kind, one.channel) == (kind, channel))
        return found

    def opened(self, kind: str, at: datetime) -> None:
        """The client opens an e-mail."""
        with self.database.writing() as session:
            query = select(Message).where(Message.kind == kind, Message.channel == "email")
            message = session.scalars(query).one()
            message.opened_at = at

    def reasons(self) -> dict[tuple[str, str], str]:
        """Why each message that was skipped was."""
        told: dict[tuple[str, str], str] = {}
        for event in self.all(Event):
            if event.kind == "step_skipped":
                told |= dict.fromkeys(map(tuple, event.data["steps"]), event.data["reason"])
        return told

    def state(self) -> list[Any]:
        """What the runs left, without what is drawn by lot."""
        messages = [
            (one.dedup_key, one.kind, one.channel, one.subject, one.status, one.not_before, one.valid_until)
            for one in self.all(Message)
        ]
        events = [(one.key, one.kind, one.text) for one in self.all(Event) if one.kind != "planned"]
        return [sorted(messages), sorted(events, key=str)]
