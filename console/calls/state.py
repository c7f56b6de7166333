"""An open call as it stands: its walk, and what is known around it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from sqlmodel import Session

from console.base.dates import day_of, end_of, whole_months
from console.base.errors import ConflictError
from console.base.vocabulary import Channel, Direction
from console.calls import store as storage
from console.calls.meanwhile import opened_as, settled_as
from console.calls.store import Around, StoredCall, StoredStep
from console.cases.facts import cases
from console.cases.granted_offers import granted
from console.context import Context
from console.db.tables import Call, Client, Subscription
from console.rules.churn import Background
from console.rules.facts import CaseFacts
from console.rules.hours import Verdict, call_verdict
from console.rules.offers import Grant, phone_offer
from console.rules.priority import is_vip
from console.rules.script import SETTLED, Script
from console.rules.walk import MEANWHILE, Act, Entry, Walk
from console.team.presence import IDLE

"""A call in which nothing was done for so long is not going on any more: the gap is no talking time."""

WITH_SUPERVISOR = "Ce dossier est chez le superviseur : personne n’appelle avant sa réponse."
"""Why an escalated client is not dialled."""

LIFTED = "hours_lifted"
"""Among a call's facts once a supervisor has lifted the calling hours for it."""


@dataclass(frozen=True, slots=True)
class Situation:
    """A client and the term that a call is about, as read at `now`.

    offer is what the call presents; offer_id the row of it when it was granted before the call.
    """

    client: Client
    term: Subscription
    facts: CaseFacts
    around: Around
    offer: Grant | None
    offer_id: int | None
    now: datetime
    handled_by: str = ""  # the supervisor who took the case and has not answered yet

    @property
    def term_id(self) -> int:
        """The term's key."""
        return self.term.id or 0

    @property
    def seniority(self) -> int:
        """Whole months since the client's first subscription."""
        return whole_months(self.client.client_since, day_of(self.now))

    def verdict(self, ctx: Context, now: datetime) -> Verdict:
        """Whether dialling is lawful at that instant."""
        return call_verdict(now, self.facts, ctx.content.data.field)

    def is_vip(self, ctx: Context) -> bool:
        """Whether the client has been with us for so long."""
        return is_vip(self.client.client_since, day_of(self.now), ctx.content.data.catalogue.vip_months)

    def background(self, ctx: Context) -> Background:
        """What a churn record says of the client."""
        return Background(
            seniority_months=self.seniority,
            vip=self.is_vip(ctx),
            satisfaction=self.around.satisfaction,
            mails_sent=len(self.facts.received),
            past_calls=self.around.past_calls,
            opposed=self.facts.opposed == frozenset(Channel),
        )


@dataclass(frozen=True, slots=True)
class CallState:
    """One open call. `seq` is the number that the next entry of its journal will have."""

    stored: StoredCall
    walk: Walk
    situation: Situation

    @property
    def call(self) -> Call:
        """The call's row."""
        return self.stored.call

    def may_dial(self, ctx: Context, now: datetime, situation: Situation | None = None) -> Verdict:
        """Whether dialling is lawful now, or a supervisor has lifted the hours for this call.

        While a case is with a supervisor, only who has taken it calls, or whoever keeps a promise made to the
        client.
        """
        situation = situation or self.situation
        verdict, facts = situation.verdict(ctx, now), situation.facts
        promised = facts.callback_at is not None and facts.callback_asked_by_client
        if facts.escalated and not promised and situation.handled_by != ctx.agent:
            return replace(verdict, allowed=False, sentence=WITH_SUPERVISOR, next_slot=None, hours_only=False)
        if verdict.hours_only and LIFTED in self.walk.facts:
            return replace(verdict, allowed=True, hours_only=False)
        return verdict

    @property
    def offer(self) -> Grant | None:
        """What the call presents; to a client who renews alone it is held until the expiry."""
        offer, expires_on = self.situation.offer, self.situation.term.expires_on
        if offer is None or not self.walk.by_link:
            return offer
        return replace(offer, ends_at=max(offer.ends_at, end_of(expires_on)))

    @property
    def offer_id(self) -> int | None:
        """The row of that offer, when it was granted as it is before the call."""
        return self.situation.offer_id if self.offer == self.situation.offer else None

    @property
    def settled_elsewhere(self) -> bool:
        """Whether the term has been settled by something else since the call began."""
        return settled_as(self.stored.subscription) != opened_as(self.call.facts)

    @property
    def free(self) -> bool:
        """Whether nothing was dialled, answered or typed: such a call is left without a trace."""
        journal, steps = self.walk.journal, self.walk.script.steps
        if not journal:
            return True
        met = {entry.step for entry in journal} | {self.walk.step.id}
        dialled = any(
            steps[entry.step].choices[entry.choice].dials for entry in journal if entry.choice is not None
        )
        typed = any(entry.captured for entry in journal)
        return not (dialled or typed or any(steps[step].online for step in met))

    @property
    def last_at(self) -> datetime:
        """When something was last done in it."""
        return self.stored.steps[-1].at if self.stored.steps else self.call.started_at

    @property
    def untold(self) -> bool:
        """Whether the agent has still to be told so."""
        return self.settled_elsewhere and not self.walk.meanwhile

    @property
    def news(self) -> str:
        """What the agent was just told of it, while that is on screen."""
        entry = self.walk.journal[-1] if self.walk.journal else None
        told = entry is not None and entry.act is Act.JUMP and entry.label in MEANWHILE
        return self.stored.steps[-1].said if told else ""

    @property
    def seq(self) -> int:
        """The number of the next entry."""
        return len(self.stored.steps)

    def after(self, walk: Walk, step: StoredStep) -> "CallState":
        """The same call one entry later."""
        return replace(self, walk=walk, stored=replace(self.stored, steps=(*self.stored.steps, step)))

    @property
    def answered_at(self) -> datetime | None:
        """When the client came on the line, None as long as nobody has."""
        shown = [one.step for one in self.stored.steps] + [self.walk.step.id]
        since = [self.call.started_at, *(one.at for one in self.stored.steps)]
        online = (at for step, at in zip(shown, since, strict=True) if self.walk.script.steps[step].online)
        return next(online, None)

    def duration(self, now: datetime) -> int:
        """Whole seconds from the call's beginning, without the gaps in which nobody was there.

        Never negative: where the machine's clock was set back, that gap counts for nothing.
        """
        return self._spent(self.call.started_at, now)

    def talked(self, now: datetime) -> int:
        """The same from when the client answered on; 0 as long as nobody has."""
        answered = self.answered_at
        return 0 if answered is None else self._spent(answered, now)

    def _spent(self, since: datetime, now: datetime) -> int:
        instants = [since, *(step.at for step in self.stored.steps if step.at > since), now]
        gaps = (later - earlier for earlier, later in pairwise(instants))
        return int(sum((gap for gap in gaps if timedelta() <= gap <= IDLE), timedelta()).total_seconds())


def look_at(session: Session, ctx: Context, client: Client, term: Subscription) -> Situation:
    """What is known of a client at this instant."""
    now = ctx.clock.now()
    catalogue = ctx.content.data.catalogue
    (case,) = cases(session, ctx, [term.id or 0])
    around = storage.around(session, case.client_id, case.subscription_id, now)
    rows = {granted(row): row.id for row in around.offers}
    running = max(rows, default=None, key=lambda one: (one.face_value_cents, one.ends_at))
    offer = phone_offer(
        catalogue, now=now, expires_on=term.expires_on, plan=case.plan, billing=case.billing, running=running
    )
    handled_by = storage.handler(session, case.subscription_id) if case.facts.escalated else ""
    return Situation(
        client, term, case.facts, around, offer, rows.get(offer) if offer else None, now, handled_by
    )


def read(session: Session, ctx: Context, call_id: str) -> CallState:
    """The state of the agent's open call. Raises ConflictError when it is over, another's, or not there."""
    stored = storage.load(session, call_id)
    if stored is None or stored.call.ended_at is not None:
        raise ConflictError("Cet appel est déjà terminé.", "Ce qui y a été enregistré est conservé.")
    call = stored.call
    if call.agent != ctx.agent:
        raise ConflictError("Cet appel est celui d’un autre agent.", "Rien n’y a été changé.")
    entries = [Entry(Act(s.act), s.step, s.choice, s.label, s.captured, s.at) for s in stored.steps]
    script = script_of(session, ctx, call.script_hash)
    walk = Walk.replay(script, Direction(call.direction), entries, call.facts)
    return CallState(stored, walk, look_at(session, ctx, stored.client, stored.subscription))


def script_of(session: Session, ctx: Context, script_hash: str) -> Script:
    """The script that the call began with, even where the files have changed since."""
    current: Script = ctx.content.script
    if current.hash == script_hash:
        return current
    source = storage.script_source(session, script_hash)
    if source is None:
        raise ConflictError("Le script de cet appel n’est plus dans la base.")
    return _with_settled(Script.from_source(source), current)


def _with_settled(script: Script, current: Script) -> Script:
    """A script from before calls were told what had been settled elsewhere takes that step from today's."""
    if SETTLED in script.anywhere:
        return script
    step = current.steps[current.anywhere[SETTLED]]
    anywhere = {**script.anywhere, SETTLED: step.id}
    return replace(script, steps={**script.steps, step.id: step}, anywhere=anywhere)
