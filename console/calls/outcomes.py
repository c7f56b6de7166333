"""What each outcome of a call writes, worked out whole before the transaction begins."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from console.base.dates import day_of
from console.base.french import THIN, moment
from console.base.vocabulary import (
    REASON_LABELS,
    RETAINED,
    CallOutcome,
    Channel,
    PhoneKind,
    RetentionOption,
    SubscriptionStatus,
)
from console.calls.ending import REMINDERS, Ending, Written, granted, shallow
from console.calls.retention import retain
from console.calls.writing import CallbacksDone, Writes
from console.db.query import row
from console.db.tables import Callback, ChurnRecord, Escalation
from console.records.filters import search_words
from console.rules.churn import derive, held_back, plain_attempts
from console.rules.offers import Grant, offer_words
from console.rules.outcomes import OUTCOME_LABELS

OPPOSITION_LABELS = {
    Channel.CALL: "ne plus l’appeler",
    Channel.EMAIL: "ne plus lui écrire par e-mail",
    Channel.SMS: "ne plus lui envoyer de SMS",
}


def plan(ending: Ending) -> Written:
    """All that the outcome of a call writes.

    Raises RefusedInputError for a gesture above the agent's ceiling, ContentError when a message cannot be
    rendered whole.
    """
    outcome = ending.walk.outcome
    if outcome is None:
        raise ValueError("the call has not ended")
    stored = ending.stored
    written = Written(ending, Writes(stored.call.agent, ending.step, stored.subscription.status))
    _end_call(written, outcome)
    if outcome in RETAINED:
        retain(written, outcome)
        _end_offer(written)
    elif act := _ACTS.get(outcome):
        act(written)
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
    written.writes.note = written.event("note", "")
    label = OUTCOME_LABELS[outcome]
    written.told.append(f"Appel terminé{THIN}: {label}.")
    written.record(
        "call_ended",
        f"{label[0].upper()}{label[1:]}",
        outcome=outcome,
        direction=walk.direction,
        dialled=walk.dialled,
        answered=walk.spoke,
        duration_s=written.ending.duration_s,
        proposed=sorted({one.option for one in walk.attempts}),
    )
    if walk.spoke:
        done = written.event("callback_done", "Rappel tenu")
        written.writes.callbacks = CallbacksDone(now, promised=True, event=done)


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
    written.writes.rows.append(granted(written, offer, accepted=False))
    text = f"{offer_words(offer)}, jusqu’au {moment(offer.ends_at)}"
    written.record("offer_granted", text, offer=offer.offer)
    written.told.append(f"Offre accordée{THIN}: {text}.")


_RENEWED = {CallOutcome.RENEWED, CallOutcome.ALREADY_RENEWED}


def _end_offer(written: Written) -> None:
    """One that the client declined is over; that it was offered counts in the key figures."""
    offer = _read_offer(written)
    if offer is not None and written.ending.walk.outcome not in _RENEWED:
        written.writes.rows.append(granted(written, replace(offer, ends_at=written.now), accepted=False))


def _promise(written: Written) -> None:
    """A promise made to the client lifts the calling hours; a slot that we chose does not."""
    at = datetime.fromisoformat(written.ending.walk.values["callback"])
    asked = written.ending.walk.spoke
    if not asked:
        done = written.event("callback_done", "Rappel déplacé")
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
    text = f"Rappel {'promis' if asked else 'prévu'} {moment(at)}"
    written.record("callback_promised", text, promised_at=at.isoformat(), asked_by_client=asked)
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
    written.record("escalated", summary or "Transmis au superviseur")
    written.told.append("Le dossier est chez le superviseur.")
    written.queue("accuse-escalade", "l’accusé de réception")
    _leave_offer(written)


def _wrong_number(written: Written) -> None:
    client = written.ending.stored.client
    written.writes.client = {"phone_kind": PhoneKind.INVALID, "updated_at": written.now}
    written.record("phone_invalid", f"Le numéro {client.phone or client.phone_raw} n’est pas le bon")
    written.told.append(f"Le numéro est marqué invalide{THIN}: il ne sera plus proposé.")


# -- the client leaves -----------------------------------------------------------------------------


def _refuse(written: Written) -> None:
    """The churn record, the closing e-mail and the archived term, together."""
    ending, term = written.ending, written.term
    record = derive(ending.walk, ending.background, today=written.today, effective_on=term.expires_on)
    label = REASON_LABELS[record.reason]
    written.writes.subscription = {
        "status": SubscriptionStatus.CANCELLED,
        "settled_at": written.now,
        "retention": "",
    }
    written.record(
        "refused",
        f"{label[0].upper()}{label[1:]}{THIN}: {record.verbatim}" if record.verbatim else label,
        reason=record.reason,
    )
    if ending.recorded:
        written.told.append(
            "La fiche de résiliation de cet abonnement existe déjà : elle reste telle quelle."
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
    for channel in sorted(channels):
        written.writes.client |= {f"opposed_{channel}": True, "updated_at": written.now}
        text = f"Demande{THIN}: {OPPOSITION_LABELS[channel]}"
        written.record("opposition", text, mark=f":{channel}", channel=channel)
        written.told.append(f"Opposition enregistrée{THIN}: {OPPOSITION_LABELS[channel]}.")
    written.writes.cancel_reminders |= channels & REMINDERS


_ACTS: dict[CallOutcome, Callable[[Written], None]] = {
    CallOutcome.CALLBACK: _promise,
    CallOutcome.ESCALATED: _escalate,
    CallOutcome.REFUSED: _refuse,
    CallOutcome.WRONG_NUMBER: _wrong_number,
    CallOutcome.HUNG_UP: _leave_offer,
}
