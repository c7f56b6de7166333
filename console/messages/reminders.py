"""The daily planning: every term that is to be looked at gets its messages, its skips, its end.

What is to be written is worked out first, messages rendered, while nobody waits. A short transaction then
looks whether all that it was worked out from still stands, and writes everything about its terms: a run that
is killed, run again, or run by two machines at once leaves what a single run would have left.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from math import inf
from typing import Any

from sqlmodel import Session

from console.base.dates import day_of
from console.base.errors import ContentError
from console.base.french import THIN
from console.base.history import EventKind
from console.base.vocabulary import Channel, SubscriptionStatus
from console.cases.granted_offers import offer_row
from console.cases.proposals import of_message
from console.cases.told_today import of_the_client, told_today
from console.cases.upkeep import reassess, refresh_stale, stale
from console.cases.versions import of_the_day
from console.context import Context
from console.db import history
from console.db.query import AnyRow
from console.db.tables import Client, Subscription
from console.db.turns import FIRST_IN_FILE, FIRST_ON_SERVER, Turns
from console.messages import reminders_store as storage
from console.messages.planned import SKIP_LABELS, Send, Skip, SkipReason, StepPlan, Watched, Written
from console.messages.planner import Rules, plan_term
from console.messages.queueing import Way, message_row
from console.messages.reminders_report import RelanceReport, skip_words
from console.messages.wording import variables
from console.rules.agreements import AgreementState
from console.rules.outcomes import AGREEMENTS
from console.rules.pauses import Pause

_TRIES = 3
"""How often a run plans a term that somebody is at; then it is left to the next one."""
WITHDRAWN = "Ce rappel n’est plus d’actualité."


def _rules(ctx: Context) -> Rules:
    data = ctx.content.data
    return Rules(data.timeline, data.catalogue, data.priorities, data.field)


class RelanceService:
    """The planner over the database."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self.rules = _rules(ctx)

    def run(
        self, *, simulate: bool = False, progress: Callable[[int, int], None] | None = None
    ) -> RelanceReport:
        """Plan everything that is due now. A simulation writes nothing and reports the same.

        progress is called with the terms looked at and their number. Raises StorageError: the batches before
        it are then planned, and the next run goes on from there.
        """
        if not simulate:
            with self._ctx.database.writing() as session:
                self._ctx = of_the_day(session, self._ctx)
            self.rules = _rules(self._ctx)
        report = RelanceReport([step.code for step in self.rules.timeline.known], simulated=simulate)
        if not simulate:
            refresh_stale(self._ctx, seconds=inf)  # a term that never began is not reminded of
        late = stale(self._ctx) if simulate else []
        turns = Turns(self._ctx.database, FIRST_ON_SERVER if self._ctx.database.shared else FIRST_IN_FILE)
        unit = partial(turns.writing, rehearsal=True) if late else self._ctx.database.reading
        with self._ctx.database.reading() as session:
            total = storage.how_many(session, self._ctx.clock.today())
            report.unwatched = storage.unwatched(session, self._ctx.clock.today())
        after: int | None = 0 if total or late else None
        moved, met = list[int](), Counter[int]()
        while after is not None or moved:
            now = self._ctx.clock.now()
            with unit() as session:
                due = storage.still_due(session, day_of(now), moved) if moved else []
                if after is not None:
                    following, after = self._next(session, after, turns.size, late)
                    due += following
                plans, over = self._plans(session, due, report, now)
                if simulate:
                    report.written |= _once_an_address(session, plans, report.written)
            moved = [] if simulate else self._write(turns, plans, over, now)
            met.update(moved)
            for made in plans:
                if made.number not in moved:
                    report.count(made.plan)
            moved = [one for one in moved if met[one] < _TRIES]
            report.looked_at += len(due) - len(moved)
            if progress and due:
                progress(report.looked_at, max(total, report.looked_at))
        if report.changed and not simulate:
            self._tell(report)
        return report

    def _next(
        self, session: Session, after: int, size: int, late: Sequence[int]
    ) -> tuple[list[int], int | None]:
        """The next terms to look at, and the one to go on after, None at the end.

        late: those that a simulation, in its unit, first brings up to date as the run had before it began,
        with the late ones of the same clients: whether a client came back is read from the terms that follow.
        """
        today = self._ctx.clock.today()
        due = storage.due(session, today, after, size)
        last = due[-1] if len(due) == size else None
        behind = [one for one in late if after < one <= (last or one)][: size + 1]
        if len(behind) > size:
            last = behind[-2]
        if late:
            beside = storage.of_their_clients(session, [*due, *behind])
            reassess(session, self._ctx, {*behind[:size], *beside.intersection(late)})
            due = [one for one in storage.due(session, today, after, 2 * size) if one <= (last or one)]
        return due, last

    def _plans(
        self, session: Session, due: Sequence[int], report: RelanceReport, now: datetime
    ) -> tuple[list["_Made"], dict[int, int]]:
        """The plan of each of these terms, its messages rendered; nothing is written, so nobody waits for it.

        Gives apart the terms whose day is over and that are not expired yet, with their clients: there is no
        plan of theirs before.
        """
        people = storage.people(session, due) if due else {}
        over = {
            number: term.client_id
            for number, (_, term) in people.items()
            if term.status == SubscriptionStatus.ACTIVE
            and term.expires_on < day_of(now)
            and not report.simulated
        }
        for number in over:
            del people[number]
        if not people:
            return [], over
        asked = storage.ask(session, self._ctx, list(people), now)
        if not asked.changed:
            return list(self._made(asked, people, now, report)), over
        told = told_today(session, self._ctx, {term.client_id for _, term in people.values()})
        others = {number: one for number, one in people.items() if one[1].client_id not in told}
        plans = list(self._made(asked, others, now, report))
        for number, one in people.items():
            if number in others:
                continue
            ctx = of_the_client(session, self._ctx, one[1].client_id)
            planner = self if ctx is self._ctx else RelanceService(ctx)
            its = storage.ask(session, ctx, [number], now)
            plans += planner._made(its, {number: one}, now, report, told=True)
        return plans, over

    def _made(
        self,
        asked: storage.Answered,
        people: Mapping[int, tuple[Client, Subscription]],
        now: datetime,
        report: RelanceReport,
        *,
        told: bool = False,
    ) -> Iterator["_Made"]:
        """The plans of these people's terms; one whose message cannot be written is a fault of the report."""
        for number, watched in self._watched(asked, people, now).items():
            client, term = people[number]
            plan = plan_term(watched, now, self.rules)
            try:
                messages = self._messages(client, term, plan.sends, watched.facts.pause, now)
            except ContentError as error:
                report.fault(f"{client.code}{THIN}: {error.happened}")
                continue
            seen = (watched, asked.rows[number], asked.changed, told)
            yield _Made(number, client, term, self, seen, plan, messages)

    def _write(
        self, turns: Turns, plans: Sequence["_Made"], over: Mapping[int, int], now: datetime
    ) -> list[int]:
        """Writes the plans whose terms stand as they did, and nothing of the others, whose terms it gives.

        Those that are `over` become expired, and are to be planned then.
        """
        if not plans and not over:
            return []
        clients = {made.term.client_id for made in plans} | set(over.values())
        with turns.working(clients) as session:
            reassess(session, self._ctx, over)
            stand = self._still(session, plans, now)
            _once_an_address(session, stand)
            batch = storage.Batch()
            for made in stand:
                self._note(batch, made, now)
            storage.write(session, batch)
        return [*over, *(made.number for made in plans if made not in stand)]

    def _still(self, session: Session, plans: Sequence["_Made"], now: datetime) -> list["_Made"]:
        """Those of the plans that would be made alike now."""
        by_planner: dict[RelanceService, list[_Made]] = {}
        for made in plans:
            by_planner.setdefault(made.planner, []).append(made)
        told = set[int]()
        if any(changed for *_, changed, _ in (made.seen for made in plans)):
            told = told_today(session, self._ctx, {made.term.client_id for made in plans})
        stand = []
        for planner, mine in by_planner.items():
            people = {made.number: (made.client, made.term) for made in mine}
            asked = storage.ask(session, planner._ctx, list(people), now)
            watched = planner._watched(asked, people, now)
            for made in mine:
                number = made.number
                if number in watched and made.seen == (
                    watched[number],
                    asked.rows[number],
                    asked.changed,
                    made.term.client_id in told,
                ):
                    stand.append(made)
        return stand

    def due(self, session: Session, term_ids: Sequence[int]) -> dict[int, date]:
        """By when each of these terms is to be looked at, by the facts alone; none where nothing is left.

        What is only to be skipped or withdrawn waits for whoever looks next.
        """
        now, found = self._ctx.clock.now(), dict[int, date]()
        for term, watched in self.watch(session, storage.people(session, term_ids), now).items():
            plan = plan_term(watched, now, self.rules)
            day = day_of(now) if plan.sends or plan.closes else plan.look_on
            if day is not None:
                found[term] = max(day, day_of(now))
        return found

    def watch(
        self, session: Session, people: dict[int, tuple[Client, Subscription]], now: datetime
    ) -> dict[int, Watched]:
        """What the planner is given about each term, read in as many queries for one as for all."""
        return self._watched(storage.ask(session, self._ctx, list(people), now), people, now)

    def _watched(
        self, asked: storage.Answered, people: Mapping[int, tuple[Client, Subscription]], now: datetime
    ) -> dict[int, Watched]:
        known, found = asked.known, dict[int, Watched]()
        for case in asked.cases:
            if case.subscription_id not in people:
                continue
            client, term = people[case.subscription_id]
            done = known.past[case.subscription_id]
            found[case.subscription_id] = Watched(
                status=case.status,
                plan=case.plan,
                billing=case.billing,
                starts_on=term.starts_on,
                known_on=day_of(client.created_at),
                facts=case.facts,
                settled_at=term.came_back_at or case.settled_at,
                awaits_agreement=(case.retention or term.came_back_how) in AGREEMENTS
                and case.agreement is not None
                and case.agreement.state(day_of(now)) is AgreementState.ORAL,
                link_sent_at=case.agreement.agreed_at
                if case.agreement is not None and case.agreement.state(day_of(now)) is AgreementState.LINK
                else None,
                follow_up_on=known.follow_ups.get(case.subscription_id),
                after_downgrade=case.subscription_id in asked.lower,
                came_back=case.subscription_id in known.later or term.came_back_at is not None,
                offers=tuple(asked.offers.get(case.subscription_id, ())),
                made=frozenset(done.made),
                waiting=frozenset(done.waiting),
                skipped=frozenset(done.skipped),
                closed=done.closed,
                left_unanswered=case.left_unanswered,
            )
        return found

    def _messages(
        self, client: Client, term: Subscription, sends: Sequence[Send], pause: Pause | None, now: datetime
    ) -> list[dict[str, Any]]:
        """The rows of a term's messages, rendered whole. Raises ContentError."""
        catalogue, links = self.rules.catalogue, self._ctx.links
        words = {
            offer: variables(
                client, term, offer=offer, agent="", catalogue=catalogue, now=now, links=links, pause=pause
            )
            for offer in {send.offer for send in sends}
        }
        return [self.message(client, term, send, words[send.offer], now) for send in sends]

    def message(
        self, client: Client, term: Subscription, send: Send, words: Mapping[str, Any], now: datetime
    ) -> dict[str, Any]:
        """The row of one message, rendered whole with these variables. Raises ContentError."""
        text = self._ctx.content.messages.render(send.template, words, send.channel)
        recipient = client.email if send.channel is Channel.EMAIL else client.phone
        return message_row(
            send.kind,
            Way(send.channel, recipient, send.not_before),
            text,
            self.rules.catalogue,
            links={"client_id": client.id, "subscription_id": term.id},
            dedup_key=f"{term.id}:{term.expires_on}:{send.kind}:{send.channel}",
            now=now,
            step=send.step,
            valid_until=send.valid_until,
        ).values

    def _note(self, batch: storage.Batch, made: "_Made", now: datetime) -> None:
        """What a plan writes."""
        term, plan = made.term, made.plan
        batch.messages += made.messages
        batch.proposals += [
            of_message(message, send.offer.offer)
            for message, send in zip(made.messages, plan.sends, strict=True)
            if send.offer is not None
        ]
        links: dict[str, Any] = {"client_id": term.client_id, "subscription_id": term.id}
        if plan.granted is not None:
            batch.offers.append(offer_row(plan.granted, links, now).values)
        for kind, channel in plan.withdrawn:
            batch.withdrawn.append({"term": term.id, "of_kind": kind, "by": channel, "why": WITHDRAWN})
            batch.events.append(
                history.event(
                    EventKind.MESSAGE_CANCELLED,
                    now,
                    WITHDRAWN,
                    **links,
                    data={"kind": kind, "channel": channel},
                    key=f"withdrawn:{term.id}:{term.expires_on}:{kind}/{channel}:{now.isoformat()}",
                )
            )
        by_reason: dict[SkipReason, list[Skip]] = {}
        for skip in plan.skips:
            by_reason.setdefault(skip.reason, []).append(skip)
        for reason, skips in by_reason.items():
            steps = [[skip.kind, skip.channel] for skip in skips]
            key = ",".join(f"{kind}/{channel}" for kind, channel in steps)
            batch.events.append(
                history.event(
                    EventKind.STEP_SKIPPED,
                    now,
                    f"{skip_words(skips)}{THIN}: {SKIP_LABELS[reason]}",
                    **links,
                    data={"steps": steps, "reason": reason},
                    key=f"skip:{term.id}:{term.expires_on}:{key}",
                )
            )
        if plan.closes:
            batch.events.append(
                history.event(
                    EventKind.FILE_CLOSED,
                    now,
                    _closed_words(unanswered=made.seen[0].left_unanswered),
                    **links,
                    key=f"file_closed:{term.id}:{term.expires_on}",
                )
            )
        batch.looks[term.id or 0] = plan.look_on

    def _tell(self, report: RelanceReport) -> None:
        """One line for the whole run, in nobody's history: other consoles see that something happened."""
        data = {"queued": report.queued.total(), "skipped": report.skipped.total(), "closed": report.closed}
        with self._ctx.database.writing() as session:
            now = self._ctx.clock.now()
            history.add(session, EventKind.PLANNED, now, agent=self._ctx.agent, data=data)


@dataclass(slots=True, eq=False)
class _Made:
    """The plan of a term, its messages rendered, and what it was made from.

    seen: what the planner is given, the columns of the client and the term, whether a content came into force
    today, whether the client was told something today.
    """

    number: int
    client: Client
    term: Subscription
    planner: RelanceService
    seen: tuple[Watched, AnyRow, bool, bool]
    plan: StepPlan
    messages: list[dict[str, Any]]


def _once_an_address(
    session: Session, plans: Sequence[_Made], before: Collection[Written] = ()
) -> set[Written]:
    """One address gets one message of a step, however many clients have it: the others' are skipped.

    before: what was written besides, as the base does not know. Gives all that was written.
    """
    people = {made.number: (made.client, made.term) for made in plans}
    written = {*storage.written_to(session, people), *before}
    for made in plans:
        kept = []
        for send, message in zip(made.plan.sends, made.messages, strict=True):
            mine = (message["recipient"], send.kind, send.channel, made.term.expires_on)
            if send.step and mine in written:
                made.plan.skips.append(Skip(send.kind, send.channel, SkipReason.SAME_ADDRESS))
            else:
                kept.append((send, message))
                written.add(mine)
        made.plan.sends[:] = [send for send, _ in kept]
        made.messages[:] = [message for _, message in kept]
    return written


def _closed_words(*, unanswered: bool) -> str:
    why = f"{THIN}: numi n’a pas répondu avant l’échéance" if unanswered else ", sans réponse du client"
    return f"Dossier clos{why}. Archives conservées, retour possible."
