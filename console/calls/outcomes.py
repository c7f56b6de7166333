"""What each outcome of a call writes, worked out whole before the transaction begins."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

from console.base.dates import day_of, end_of
from console.base.errors import RefusedInputError
from console.base.french import THIN, day, euros, moment
from console.base.history import EventKind
from console.base.vocabulary import (
    OPPOSED_COLUMNS,
    OPPOSITION_WORDS,
    Billing,
    CallOutcome,
    Channel,
    Figure,
    Gesture,
    PhoneKind,
    Plan,
    RetentionOption,
)
from console.calls.ending import REMINDERS, Ending, Written, shallow
from console.calls.meanwhile import settled_as
from console.calls.typed import promised_words
from console.calls.writing import CallbacksDone, Writes
from console.cases.facts import opposed
from console.cases.pauses import begun, resumption
from console.cases.proposals import proposal_row
from console.cases.terms import following_term, paused_until, settlement, term_words
from console.db.query import row
from console.db.tables import Callback, ChurnRecord, Commitment, Escalation
from console.records.filters import search_words
from console.rules.churn import derive, held_back, plain_attempts
from console.rules.commitments import due_on
from console.rules.offers import GESTURES, Grant, discount_grant, discount_words, offer_words
from console.rules.outcomes import AGREEMENTS, OUTCOMES, RETAINED, RETENTIONS, NextTerm, counted_by
from console.rules.walk import Answer


def plan(ending: Ending) -> Written:
    """All that the outcome of a call writes.

    Raises RefusedInputError for a gesture above the agent's ceiling, ContentError when a message cannot be
    rendered whole.
    """
    outcome = ending.walk.outcome
    if outcome is None:
        raise ValueError("the call has not ended")
    stored = ending.stored
    written = Written(ending, Writes(stored.call.agent, ending.step, settled_as(stored.subscription)))
    _end_call(written, outcome)
    if ending.settled:
        written.told.append("Ce qui était réglé n’a pas changé.")
    elif outcome in RETAINED:
        _retain(written, outcome)
        _end_offer(written)
    elif act := _ACTS.get(outcome):
        act(written)
    if outcome is CallOutcome.WRONG_NUMBER:  # the client's and not the term's, as an opposition is
        _wrong_number(written)
    _commit(written, outcome)
    _oppose(written)
    return written


def _end_call(written: Written, outcome: CallOutcome) -> None:
    walk, now = written.ending.walk, written.now
    written.writes.call = {
        "ended_at": now,
        "outcome": outcome,
        "direction": walk.direction,
        "answered": walk.spoke,
        "satisfaction": walk.rating,
        "objection": walk.first_objection or "",
        "attempts": plain_attempts(held_back(walk)),
        "drafts": {},
    }
    written.writes.note = written.note
    _tell_proposals(written, outcome)
    label = OUTCOMES[outcome].label
    written.told.append(f"Appel terminé{THIN}: {label}.")
    if walk.rating:
        written.told.append(f"Note donnée à l’échange{THIN}: {walk.rating} sur 5.")
    elif walk.rating_asked:
        written.told.append(f"Note de l’échange{THIN}: pas demandée, ou sans réponse.")
    written.record(
        EventKind.CALL_ENDED,
        f"{label[0].upper()}{label[1:]}",
        outcome=outcome,
        direction=walk.direction,
        dialled=walk.dialled,
        answered=walk.spoke,
        duration_s=written.ending.duration_s,
        proposed=sorted({one.option for one in walk.attempts}),
    )
    if walk.spoke:
        done = written.event(EventKind.CALLBACK_DONE, "Rappel tenu")
        written.writes.callbacks = CallbacksDone(now, promised=True, event=done)


def _tell_proposals(written: Written, outcome: CallOutcome) -> None:
    """Everything that the call proposed, the offer that it presents included, each with its answer."""
    walk, call_id = written.ending.walk, written.ending.stored.call.id
    presented = written.ending.offer.offer if written.ending.offer else ""
    took = outcome in RETENTIONS and RETENTIONS[outcome].next_term is NextTerm.OFFERED and bool(presented)
    answers = {one.option: one.answer for one in walk.attempts}
    if took:
        answers[RetentionOption.LOYALTY] = Answer.ACCEPTED
    for option, answer in answers.items():
        code = presented if option is RetentionOption.LOYALTY else ""
        key = f"call:{call_id}:{option}"
        if option is not RetentionOption.LOYALTY or presented:
            written.writes.rows.append(
                proposal_row(option, written.now, written.links, key=key, offer=code, answer=answer)
            )


# -- the client is still to answer -----------------------------------------------------------------


def _read_offer(written: Written) -> Grant | None:
    """The offer that the call has presented, when no message had granted it before."""
    proposed = {attempt.option for attempt in written.ending.walk.attempts}
    read = written.ending.offer_id is None and RetentionOption.LOYALTY in proposed
    return written.ending.offer if read else None


def _leave_offer(written: Written) -> None:
    """An offer read to a client who has not decided stands until its deadline."""
    offer = _read_offer(written)
    if offer is None:
        return
    written.grant(offer, accepted=False)
    text = f"{offer_words(offer)}, jusqu’au {moment(offer.ends_at)}"
    written.record(EventKind.OFFER_GRANTED, text, offer=offer.offer)
    written.told.append(f"Offre accordée{THIN}: {text}.")


def _end_offer(written: Written) -> None:
    """One that the client declined is over; that it was offered counts in the key figures."""
    offer = _read_offer(written)
    if offer is not None and written.ending.walk.outcome not in counted_by(Figure.RENEWED):
        written.grant(replace(offer, ends_at=written.now), accepted=False)


def _promise(written: Written) -> None:
    """A promise made to the client lifts the calling hours; a slot that we chose does not."""
    at = written.ending.walk.promised
    assert at is not None  # noqa: S101  -- the verifier refuses a callback without its moment
    asked = written.ending.walk.spoke
    if not asked:
        done = written.event(EventKind.CALLBACK_DONE, "Rappel déplacé")
        written.writes.callbacks = CallbacksDone(written.now, promised=False, event=done)
    written.writes.rows.append(
        row(
            Callback,
            **written.links,
            promised_at=at,
            asked_by_client=asked,
            agent=written.writes.agent,
            created_at=written.now,
        )
    )
    text = f"Rappel {'promis' if asked else 'prévu'} {promised_words(at, written.ending.stored.client)}"
    written.record(EventKind.CALLBACK_PROMISED, text, promised_at=at.isoformat(), asked_by_client=asked)
    written.told.append(f"{text}.")
    if day_of(at) > written.term.expires_on >= written.today:
        written.told.append(f"Ce rappel vient après l’échéance{THIN}: le dossier passe chez le superviseur.")
    _leave_offer(written)


def _escalate(written: Written) -> None:
    values = written.ending.walk.values
    summary = values.get("summary") or values.get("analysis") or values.get("words") or ""
    written.writes.rows.append(
        row(
            Escalation,
            **written.links,
            agent=written.writes.agent,
            created_at=written.now,
            summary=summary,
        )
    )
    written.record(EventKind.ESCALATED, summary or "Transmis au superviseur")
    written.writes.cancel_reminders = REMINDERS
    written.told.append("Le dossier est chez le superviseur : rien ne relance le client avant sa réponse.")
    written.queue("accuse-escalade", "l’accusé de réception")
    _leave_offer(written)


def _wrong_number(written: Written) -> None:
    client = written.ending.stored.client
    written.writes.client = {"phone_kind": PhoneKind.INVALID, "updated_at": written.now}
    written.record(EventKind.PHONE_INVALID, f"Le numéro {client.phone or client.phone_raw} n’est pas le bon")
    written.told.append(f"Le numéro est marqué invalide{THIN}: il ne sera plus proposé.")


def _send_link(written: Written) -> None:
    """The client renews alone: still awaited, with the offer of the call until the expiry."""
    written.agree(CallOutcome.LINK_SENT)
    offer = written.ending.offer
    if offer is not None and written.ending.offer_id is None:
        written.grant(offer, accepted=False)
        written.record(EventKind.OFFER_GRANTED, f"{offer_words(offer)}, jusqu’au {moment(offer.ends_at)}")
    written.queue("lien-renouvellement", "l’e-mail avec le lien")
    written.told.append("Rien n’est encore renouvelé : le client reste attendu, et son lien lui est rappelé.")


# -- the client stays ------------------------------------------------------------------------------


def _retain(written: Written, outcome: CallOutcome) -> None:
    """An oral agreement counts at once and stays marked until the client's written one is known."""
    kept = RETENTIONS[outcome]
    workshops = written.term.workshops_given
    if kept.next_term is NextTerm.OFFERED:
        workshops += _take_offer(written)
    if kept.next_term is NextTerm.DISCOUNTED:
        _discount(written)
    if written.resting:
        _resume(written)
    else:
        written.writes.subscription = {
            **settlement(outcome, written.term.expires_on, at=written.now, known_at=written.now),
            "workshops_given": workshops,
        }
    written.writes.next_term = term = following_term(
        written.term, written.catalogue, written.today, kept.next_term, written.ending.offer
    )
    written.agree(outcome)
    data: dict[str, Any] = {"outcome": outcome}
    if term is None:
        resume_by = _rest(written)
        data["resume_by"] = resume_by.isoformat()
        text = f"{kept.words}, au plus jusqu’au {day(resume_by)}"
    else:
        text = f"{kept.words}{THIN}: {term_words(term, written.catalogue, kept.next_term)}"
    written.record(kept.kind, text, **data)
    written.told.append(f"{text}.")
    if kept.letter:
        written.queue(kept.letter, "l’e-mail de confirmation")
    written.told.append("La confirmation écrite du client est attendue.")
    written.cancel_reminders()


def _rest(written: Written) -> date:
    """The pause that was agreed; one agreed before for the same term gives way. Gives its last day."""
    pause = begun(written.term, paused_until(written.term, written.catalogue), written.now)
    written.writes.rows.append(pause)
    resume_by: date = pause.values["resume_by"]
    return resume_by


def _resume(written: Written) -> None:
    """The client begins again. The term stays paused, which is its fate; before it ends it is renewed."""
    pause = written.ending.pause
    written.writes.pause = {"resumed_at": written.now}
    if pause is None or written.today <= written.term.expires_on:
        written.writes.subscription = settlement(
            CallOutcome.RENEWED, written.term.expires_on, at=written.now, known_at=written.now
        )
    else:
        written.writes.subscription = resumption(pause, written.now)


def _take_offer(written: Written) -> int:
    """The offer that the call presents is the one the client renews with. Gives the workshops."""
    offer = written.ending.offer
    if offer is None:
        return 0
    if written.ending.offer_id is not None:
        written.writes.offer_accepted = written.ending.offer_id
    else:
        written.grant(offer, accepted=True)
    written.record(EventKind.OFFER_ACCEPTED, offer_words(offer), offer=offer.offer)
    written.told.append(f"Offre acceptée{THIN}: {offer_words(offer)}.")
    return offer.workshops


def _discount(written: Written) -> None:
    catalogue = written.catalogue
    offer = discount_grant(catalogue, end_of(max(written.term.expires_on, written.today)))
    written.grant(offer, accepted=True)
    written.record(EventKind.OFFER_ACCEPTED, discount_words(catalogue), offer=offer.offer)


def _give_gesture(written: Written) -> int:
    """The free gesture of a service problem, within the agent's ceiling. Gives the workshops."""
    catalogue, term = written.catalogue, written.term
    value = catalogue.workshop_value_cents
    if value > catalogue.gesture_ceiling_cents:
        raise RefusedInputError(
            f"Ce geste vaut {euros(value)}{THIN}: c’est plus que votre plafond.",
            todo="Passez la main au superviseur.",
        )
    gesture = written.ending.walk.gesture or Gesture.WORKSHOP
    workshop = gesture is Gesture.WORKSHOP
    tariff = catalogue.tariff(Plan(term.plan), Billing(term.billing))
    offer = Grant(
        offer=GESTURES[gesture],
        price_cents=tariff,
        normal_price_cents=tariff,
        face_value_cents=value,
        cost_cents=catalogue.workshop_cost_cents if workshop else value,
        workshops=int(workshop),
        ends_at=end_of(max(term.expires_on, written.today)),
    )
    written.grant(offer, accepted=True)
    text = "1 atelier offert" if workshop else f"un avoir de {euros(value)}"
    written.record(
        EventKind.OFFER_GRANTED, f"Geste commercial{THIN}: {text}", mark=":geste", offer=offer.offer
    )
    written.told.append(f"Geste commercial{THIN}: {text}.")
    return offer.workshops


# -- what we owe from now on ----------------------------------------------------------------------------


def _commit(written: Written, outcome: CallOutcome) -> None:
    """What the client accepted of us is owed, however the call ends: it is no agreement of theirs."""
    ending = written.ending
    walk, data = ending.walk, ending.data
    if RetentionOption.GESTURE in walk.accepted:
        workshops = _give_gesture(written)
        given = written.writes.subscription.get("workshops_given", written.term.workshops_given)
        written.writes.subscription["workshops_given"] = given + workshops
    kinds = data.commitments.of(walk.commits)
    for kind in kinds:
        due, owner = due_on(kind, written.today, data.field), written.writes.agent
        written.writes.rows.append(
            row(
                Commitment,
                **written.links,
                kind=kind.code,
                what=kind.label,
                words=walk.values.get("analysis") or walk.values.get("words") or "",
                agent=written.writes.agent,
                owner="" if kind.by_supervisor else owner,
                created_at=written.now,
                due_on=due,
            )
        )
        who = "le superviseur" if kind.by_supervisor else owner
        text = f"{kind.label}, d’ici au {day(due)}, par {who}"
        written.record(EventKind.COMMITTED, text, mark=f":{kind.code}", what=kind.code)
        written.told.append(f"Ce que nous lui devons{THIN}: {text}.")
    client = ending.stored.client
    by_mail = client.email_usable and client.email  # no text message of another letter says what we owe
    if kinds and not (by_mail and outcome in _WRITTEN_TO):
        written.queue("engagements", "le message qui dit ce que nous devons")


# -- the client leaves -----------------------------------------------------------------------------


def _refuse(written: Written) -> None:
    """The churn record, the closing e-mail and the archived term, together."""
    ending, term = written.ending, written.term
    record = derive(ending.walk, ending.background, today=written.today, effective_on=term.expires_on)
    label = ending.data.reasons.label(record.reason)
    if ending.pause is not None:
        # Who had gone back on the pause before ended it then: another no moves no day.
        written.writes.pause = {"refused_at": ending.pause.refused_at or written.now}
    if not written.resting or written.today <= term.expires_on:
        written.writes.subscription = {
            "status": OUTCOMES[CallOutcome.REFUSED].status,
            "settled_at": written.now,
            "retention": "",
        }
    written.record(
        EventKind.REFUSED,
        f"{label[0].upper()}{label[1:]}{THIN}: {record.verbatim}" if record.verbatim else label,
        reason=record.reason,
    )
    if ending.recorded:
        written.told.append(
            "La fiche de résiliation de cet abonnement existe déjà : elle reste telle quelle."
        )
        return
    client = ending.stored.client
    values = shallow(record) | {"attempts": plain_attempts(record.attempts)}
    written.writes.rows.append(
        row(
            ChurnRecord,
            **written.links,
            client_code=client.code,
            client_name=" ".join(part for part in (client.first_name, client.last_name) if part),
            at=written.now,
            agent=written.writes.agent,
            script_hash=ending.stored.call.script_hash,
            duration_s=ending.duration_s,
            plan=term.plan,
            vip=ending.background.vip,
            seniority=ending.background.seniority_months,
            search=search_words(record.verbatim, record.note),
            reason_now=record.reason,
            follow_up_now=record.follow_up_on,
            **values,
        )
    )
    written.told.append(f"Fiche de résiliation écrite{THIN}: {record.reason} ({label}), {record.status}.")
    written.told.append(record.recommendation)
    _end_offer(written)
    written.queue("cloture", "l’e-mail de clôture")
    written.cancel_reminders()


def _oppose(written: Written) -> None:
    """An opposition is immediate, per channel, and never lifted here."""
    channels = written.ending.walk.opposes
    if written.ending.walk.outcome is CallOutcome.OPPOSED and not channels:
        channels = frozenset({Channel.CALL})
    known = opposed(written.ending.stored.client)
    for channel in sorted(channels):
        if channel in known:
            written.told.append(f"Opposition déjà enregistrée{THIN}: {OPPOSITION_WORDS[channel]}.")
            continue
        if channel is Channel.CALL:
            written.writes.client["call_consent_at"] = None
        written.writes.client |= {OPPOSED_COLUMNS[channel]: True, "updated_at": written.now}
        text = f"Demande{THIN}: {OPPOSITION_WORDS[channel]}"
        written.record(EventKind.OPPOSITION, text, mark=f":{channel}", channel=channel)
        written.told.append(f"Opposition enregistrée{THIN}: {OPPOSITION_WORDS[channel]}.")
    written.writes.cancel_reminders |= channels & REMINDERS


_WRITTEN_TO = frozenset({*AGREEMENTS, CallOutcome.ESCALATED, CallOutcome.REFUSED})
"""The outcomes whose own letter says what we owe."""

_ACTS: dict[CallOutcome, Callable[[Written], None]] = {
    CallOutcome.CALLBACK: _promise,
    CallOutcome.ESCALATED: _escalate,
    CallOutcome.REFUSED: _refuse,
    CallOutcome.LINK_SENT: _send_link,
    CallOutcome.HUNG_UP: _leave_offer,
    CallOutcome.UNDECIDED: _leave_offer,
}
