"""A message sent by hand: shown as the client will read it, then queued with the fact that causes it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from console.base.dates import day_of
from console.base.errors import ConflictError, JustSpokenError, RefusedInputError
from console.base.french import THIN
from console.base.history import EventKind
from console.base.sms_size import measure
from console.base.vocabulary import CHANNEL_LABELS, Channel
from console.cases import facts
from console.cases.client_rows import person
from console.cases.first_names import first_name
from console.cases.proposals import of_message
from console.cases.told_today import of_the_client
from console.cases.upkeep import reassess
from console.cases.versions import newest
from console.context import Context
from console.db import history
from console.db.tables import Client, Subscription
from console.messages import reminders_store as storage
from console.messages.by_hand_rules import ByHand, NotNow, choose
from console.messages.planned import REMINDER
from console.messages.reminders import RelanceService
from console.messages.views import ProposedMessage
from console.messages.wording import variables
from console.team.presence import who_has

_NOTHING = "Rien n’a été envoyé."


@dataclass(frozen=True, slots=True)
class _Draft:
    client: Client
    term: Subscription
    chosen: ByHand
    values: dict[str, Any]
    now: datetime


class ByHandService:
    """The agent's own messages; every method may be called from any thread."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def propose(self, client_id: int, channel: Channel) -> ProposedMessage:
        """The message that makes sense now for this client.

        Raises RefusedInputError, saying why, when there is none; ContentError; StorageError.
        """
        with self._ctx.database.reading() as session:
            return self._proposal(self._draft(session, client_id, channel))

    def send(self, seen: ProposedMessage, *, sure: bool = False) -> None:
        """Queues what was shown, in one transaction with the fact, and moves the case.

        sure: also while a colleague is with the client. Raises JustSpokenError when one is, unless `sure`;
        ConflictError when the message would not be the same any more, or is queued already;
        RefusedInputError, ContentError, StorageError: nothing is then written.
        """
        with self._ctx.database.writing() as session:
            draft = self._draft(session, seen.client_id, seen.channel)
            now = self._proposal(draft)
            if (now.kind, now.recipient, now.subject, now.text) != (
                *(seen.kind, seen.recipient, seen.subject, seen.text),
            ):
                raise ConflictError(
                    "Le message n’est plus celui que vous avez lu.",
                    _NOTHING,
                    "Relisez-le avant de l’envoyer.",
                )
            with_them = who_has(session, self._ctx.agent, seen.client_id, seen.name, draft.now)
            if with_them and not sure:
                raise JustSpokenError(f"{with_them}.", _NOTHING)
            if not storage.add_message(session, draft.values):
                raise ConflictError(
                    f"Ce message est déjà parti aujourd’hui, ou attend de partir{THIN}: {seen.kind}.",
                    _NOTHING,
                )
            if draft.chosen.send.offer is not None:
                storage.propose(session, [of_message(draft.values, draft.chosen.send.offer.offer)])
            if draft.chosen.granted is not None:
                storage.grant(session, draft.client.id, draft.term.id, draft.chosen.granted, draft.now)
            history.add(
                session,
                EventKind.MESSAGE_BY_HAND,
                draft.now,
                f"{CHANNEL_LABELS[seen.channel]} {seen.kind}",
                client_id=draft.client.id,
                subscription_id=draft.term.id,
                agent=self._ctx.agent,
                data={"kind": seen.kind, "channel": seen.channel},
            )
            reassess(session, self._ctx, [draft.term.id or 0])

    def _draft(self, session: Session, client_id: int, channel: Channel) -> _Draft:
        ctx = of_the_client(session, newest(session, self._ctx), client_id)
        planning, now = RelanceService(ctx), ctx.clock.now()
        term_id = facts.current_terms(session, [client_id], day_of(now)).get(client_id)
        if term_id is None:
            raise RefusedInputError("Ce client n’a pas d’abonnement dans la base.", _NOTHING)
        people = storage.people(session, [term_id])
        client, term = people[term_id]
        watched = planning.watch(session, people, now)[term_id]
        chosen = choose(watched, channel, now, planning.rules)
        if isinstance(chosen, NotNow):
            raise RefusedInputError(chosen.sentence, _NOTHING)
        send = chosen.send
        words = variables(
            client,
            term,
            offer=send.offer,
            agent=first_name(ctx, ctx.agent),
            catalogue=planning.rules.catalogue,
            now=now,
            links=ctx.links,
            pause=watched.facts.pause,
        )
        values = planning.message(client, term, send, words, now)
        if not send.step and send.kind == REMINDER:  # once a day; the timeline's own messages once for all
            values["dedup_key"] += f":{day_of(now)}"
        return _Draft(client, term, chosen, values, now)

    def _proposal(self, draft: _Draft) -> ProposedMessage:
        send, values = draft.chosen.send, draft.values
        return ProposedMessage(
            client_id=draft.client.id or 0,
            name=person(draft.client.first_name or draft.client.civility, draft.client.last_name),
            code=draft.client.code,
            channel=send.channel,
            kind=send.kind,
            why=draft.chosen.why,
            recipient=values["recipient"],
            subject=values["subject"],
            text=values["text"],
            size=measure(values["text"]) if send.channel is Channel.SMS else None,
            leaves_at=send.not_before if send.not_before > draft.now else None,
        )
