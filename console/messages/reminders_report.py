"""What a planning run did, counted: its length does not depend on the number of clients."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from console.base.french import THIN, plural
from console.base.vocabulary import CHANNEL_WORDS, Channel
from console.messages.planned import SKIP_LABELS, Skip, SkipReason, StepPlan, Written

TOLD = 50
"""How many faults a report holds; it counts them all."""

Counted = tuple[str, Channel]


@dataclass(slots=True)
class RelanceReport:
    """What a run did, or would do when it is simulated.

    queued: messages by kind and channel. skipped: by kind, channel and reason. closed: files closed for want
    of an answer. withdrawn: queued messages that are not to be sent any more. faults: messages that could not
    be written whole; nothing of their terms was planned, and the next run takes them up again. unwatched:
    running terms that no run would ever look at, which only damage to the base explains.
    """

    steps: Sequence[str]  # the codes of the timeline, in date order
    simulated: bool = False
    looked_at: int = 0
    queued: Counter[Counted] = field(default_factory=Counter)
    skipped: Counter[tuple[str, Channel, SkipReason]] = field(default_factory=Counter)
    offers: int = 0
    withdrawn: int = 0
    closed: int = 0
    unwatched: int = 0
    failed: int = 0
    faults: list[str] = field(default_factory=list)
    written: set[Written] = field(default_factory=set, repr=False, compare=False)  # what a simulation keeps

    @property
    def exit_code(self) -> int:
        """0 all planned · 1 some terms could not be."""
        return int(self.failed > 0 or self.unwatched > 0)

    def count(self, plan: StepPlan) -> None:
        """Adds what one plan does."""
        self.queued.update((send.kind, send.channel) for send in plan.sends)
        self.skipped.update((skip.kind, skip.channel, skip.reason) for skip in plan.skips)
        self.offers += plan.granted is not None
        self.withdrawn += len(plan.withdrawn)
        self.closed += plan.closes

    def fault(self, reason: str) -> None:
        """Adds a term that could not be planned, and why."""
        self.failed += 1
        if len(self.faults) < TOLD:
            self.faults.append(reason)

    def plain(self) -> dict[str, Any]:
        """For a machine: lists instead of keys made of several values."""
        return {
            "simulated": self.simulated,
            "looked_at": self.looked_at,
            "queued": [
                {"kind": kind, "channel": channel, "n": n} for (kind, channel), n in self.queued.items()
            ],
            "skipped": [
                {"kind": kind, "channel": channel, "reason": reason, "n": n}
                for (kind, channel, reason), n in self.skipped.items()
            ],
            "offers": self.offers,
            "withdrawn": self.withdrawn,
            "closed": self.closed,
            "unwatched": self.unwatched,
            "failed": self.failed,
            "faults": self.faults,
        }

    def lines(self) -> list[str]:
        """For a person: the totals, then each kind of message, and each kind of skip with its reason."""
        verb = "Simulation, rien n’est écrit" if self.simulated else "Planification"
        totals = (
            plural(self.queued.total(), "message à envoyer", "messages à envoyer"),
            plural(self.skipped.total(), "relance sautée", "relances sautées"),
            plural(self.withdrawn, "message retiré", "messages retirés"),
            plural(self.closed, "dossier clos", "dossiers clos"),
        )
        seen = plural(self.looked_at, "dossier vu", "dossiers vus")
        return [
            f"{verb}{THIN}: {seen}{THIN}; {', '.join(totals)}.",
            *(
                f"  {kind}, {CHANNEL_WORDS[channel]}{THIN}: {n}"
                for (kind, channel), n in sorted(self.queued.items(), key=self._rank)
            ),
            *(
                f"  {kind}, {CHANNEL_WORDS[channel]}, sautée ({SKIP_LABELS[reason]}){THIN}: {n}"
                for (kind, channel, reason), n in sorted(self.skipped.items(), key=self._rank)
            ),
        ]

    @property
    def changed(self) -> bool:
        """Whether the run left anything."""
        return bool(self.queued or self.skipped or self.withdrawn or self.closed)

    def _rank(self, counted: tuple[tuple[str, ...], int]) -> tuple[int, tuple[str, ...]]:
        """The steps in date order, then the other messages by name."""
        kind = counted[0][0]
        return self.steps.index(kind) if kind in self.steps else len(self.steps), counted[0]


def skip_words(skips: Sequence[Skip]) -> str:
    """« J-14 (SMS), J-7 (e-mail) »."""
    return ", ".join(f"{skip.kind} ({CHANNEL_WORDS[skip.channel]})" for skip in skips)
