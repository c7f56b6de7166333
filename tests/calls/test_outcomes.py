"""Every outcome of a call, walked through the shipped script on a SQLite file: what is written, whole."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from console.base.errors import RefusedInputError
from console.base.sms_size import segments
from console.base.vocabulary import CallOutcome, Channel, Direction, Pane
from console.calls.store import add_call
from console.calls.views import CallView
from console.cases.upkeep import reassess
from console.cases.views import Campaign
from console.db.tables import (
    Agreement,
    Call,
    Callback,
    CallStep,
    CampaignCount,
    ChurnRecord,
    Client,
    Commitment,
    Escalation,
    Event,
    GrantedOffer,
    Message,
    ScriptVersion,
    Subscription,
)
from console.figures.rules import Kpi
from console.messages.renewal import renew
from tests.world import DIAL, REFUSAL, World, paris, plain

EXPIRY = date(2025, 12, 31)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Friday 19/12/2025 at 15:00: calls are lawful."""
    world = World(tmp_path / "base.db", paris("2025-12-19T15:00"))
    yield world
    world.database.close()


def call(world: World, *labels: str, direction: Direction = Direction.OUTBOUND, **client: Any) -> CallView:
    """One whole call with a new client, who has a reminder sent and two more waiting in the outbox."""
    client_id = world.add(**client)
    world.mail(client_id, "J-14", paris("2025-12-17T09:00"), opened_at=paris("2025-12-17T10:00"))
    world.mail(client_id, "J-7", None)
    world.mail(client_id, "J-3", None)
    view = world.walk(world.begin(client_id, direction), *labels)
    assert view.outcome is not None
    counts_hold(world)
    return view


def counts_hold(world: World) -> None:
    """The figures kept by the transactions are those of the rows; no call is left open."""
    counted = {(c.expires_on, c.figure): c.n for c in world.all(CampaignCount) if c.n}
    rows = Counter((term.expires_on, term.pane) for term in world.all(Subscription))
    panes = {pane.value for pane in Pane}
    assert {key: n for key, n in counted.items() if key[1] in panes and key[1] != "retained"} == {
        key: n for key, n in rows.items() if key[1] != "retained"
    }
    settled = Counter(term.expires_on for term in world.all(Subscription) if term.pane == "retained")
    for day, n in settled.items():
        assert n == sum(
            counted.get((day, figure), 0) for figure in ("renewed", "discounted", "downgraded", "paused")
        )
    assert all(one.ended_at for one in world.all(Call))


def terms(world: World) -> tuple[Subscription, Subscription | None]:
    """The term that the call was about, and the next one."""
    rows = sorted(world.all(Subscription), key=lambda term: term.expires_on)
    return rows[0], rows[1] if len(rows) > 1 else None


def queued(world: World) -> list[Message]:
    return [message for message in world.all(Message) if message.status == "queued"]


def kinds(world: World) -> set[str]:
    return {event.kind for event in world.all(Event)}


def told(view: CallView) -> str:
    return plain("\n".join(view.summary))


RENEWED = (*DIAL, "Oui", "Je m’en occupe", "5 sur 5", "Terminer")


def test_renewed(world: World) -> None:
    view = call(world, *RENEWED)
    assert view.outcome is CallOutcome.RENEWED
    term, following = terms(world)
    assert (term.status, term.retention, term.pane) == ("renewed", "renewed", "retained")
    assert (term.workshops_given, term.expires_on) == (1, EXPIRY)
    assert following is not None
    made = world.one(Agreement)
    assert (made.outcome, made.opened_id, made.agreed_at) == ("renewed", following.id, term.settled_at)
    assert (made.agent, made.confirmed_at, made.withdrawn_at) == ("Jean", None, None)
    assert (following.plan, following.billing, following.status) == ("premium", "annual", "active")
    assert (following.starts_on, following.expires_on) == (date(2026, 1, 1), date(2026, 12, 31))
    assert (following.deadline, following.client_code) == (date(2026, 12, 31), "CLT-00245")
    offer = world.one(GrantedOffer)
    assert (offer.offer, offer.price_cents, offer.normal_price_cents) == ("telephone", 3499, 3699)
    assert (offer.face_value_cents, offer.workshops) == (2200, 1)
    assert offer.ends_at == paris("2025-12-20T23:59:59").astimezone(UTC)
    assert offer.accepted_at == offer.granted_at
    (mail,) = queued(world)
    assert (mail.kind, mail.channel, mail.recipient) == (
        "confirmation-renouvellement",
        "email",
        "marie.dupuis@example.org",
    )
    assert "34,99 €" in plain(mail.text)
    assert mail.call_id == view.call_id
    assert world.one(Call).satisfaction == 5
    assert {"call_ended", "renewed", "offer_accepted"} <= kinds(world)
    assert "Premium du 01/01/2026 au 31/12/2026" in told(view)
    assert "34,99 € au lieu de 36,99 €, 1 atelier offert" in told(view)
    assert "confirmation écrite" in told(view)


def test_renewed_by_the_client_with_a_link(world: World) -> None:
    call(world, *DIAL, "Oui", "Depuis son compte", "Ne pas demander", "Terminer")
    assert {mail.kind for mail in queued(world)} == {"J-7", "J-3", "lien-renouvellement"}
    assert (world.one(Call).satisfaction, world.one(Call).outcome) == (None, "link_sent")
    assert terms(world)[0].status == "active"


def test_renewed_with_the_offer_granted_before(world: World) -> None:
    """The client's own offer runs longer than the phone's: it is the one that is taken."""
    client_id = world.add()
    with world.database.writing() as session:
        session.add(
            GrantedOffer(
                client_id=client_id,
                subscription_id=1,
                offer="fidelite",
                granted_at=paris("2025-12-17T09:00"),
                ends_at=paris("2025-12-24T23:59:59"),
                price_cents=3499,
                normal_price_cents=3699,
                face_value_cents=2200,
                cost_cents=800,
                workshops=1,
            )
        )
    world.walk(world.begin(client_id), *RENEWED)
    offer = world.one(GrantedOffer)
    assert offer.offer == "fidelite"
    assert offer.accepted_at is not None


def test_a_monthly_term_renews_for_a_month(world: World) -> None:
    call(world, *RENEWED, billing="monthly")
    following = terms(world)[1]
    assert following is not None
    assert (following.billing, following.expires_on) == ("monthly", date(2026, 1, 31))


def test_renewal_after_the_expiry_starts_today(world: World) -> None:
    world.now = paris("2026-01-05T10:30")
    client_id = world.add()
    assert world.all(Subscription)[0].pane == "lapsed"
    world.walk(
        world.begin(client_id, Direction.INBOUND),
        "Veut renouveler",
        "Je m’en occupe",
        "Ne pas demander",
        "Terminer",
    )
    term, following = terms(world)
    assert (term.status, term.pane, term.retention) == ("expired", "lapsed", "")
    assert (term.came_back_at, term.came_back_how) == (world.all(Call)[0].ended_at, "renewed")
    assert following is not None
    assert (following.starts_on, following.expires_on) == (date(2026, 1, 5), date(2027, 1, 4))
    counts_hold(world)


def test_discounted(world: World) -> None:
    view = call(
        world, *DIAL, "Hésite", "Le prix", "Accepte la remise", "Le client confirme", "Ne pas demander"
    )
    assert view.outcome is CallOutcome.DISCOUNTED
    term, following = terms(world)
    assert (term.status, term.retention, term.workshops_given) == ("renewed", "discounted", 0)
    assert following is not None
    assert (following.plan, following.billing) == ("premium", "monthly")
    assert (following.starts_on, following.expires_on) == (date(2026, 1, 1), date(2026, 3, 31))
    declined, offer = sorted(world.all(GrantedOffer), key=lambda one: one.accepted_at is not None)
    assert (offer.price_cents, offer.normal_price_cents, offer.face_value_cents) == (2500, 3500, 3000)
    assert (declined.offer, declined.accepted_at, declined.ends_at) == ("telephone", None, world.now)
    assert [mail.kind for mail in queued(world)] == ["confirmation-remise"]


def test_downgraded(world: World) -> None:
    """The worked example: Basic from the day after the Premium term, never both."""
    view = call(
        world, *DIAL, "Hésite", "Le prix", "Accepte le passage", "Le client confirme", "Ne pas demander"
    )
    assert view.outcome is CallOutcome.DOWNGRADED
    term, following = terms(world)
    assert (term.status, term.plan, term.expires_on) == ("downgraded", "premium", EXPIRY)
    assert following is not None
    assert (following.plan, following.billing, following.starts_on) == ("basic", "monthly", date(2026, 1, 1))
    assert [mail.kind for mail in queued(world)] == ["confirmation-downgrade"]
    cancelled = {mail.kind for mail in world.all(Message) if mail.status == "cancelled"}
    assert cancelled == {"J-7", "J-3"}
    assert {mail.kind for mail in world.all(Message) if mail.status == "sent"} == {"J-14"}
    row = world.services.clients.file(view.client_id).case
    assert row.status == "passage à Basic"


def test_paused(world: World) -> None:
    view = call(
        world,
        *DIAL,
        "Hésite",
        "Ce n’est pas le moment",
        "Accepte la pause",
        "Le client confirme",
        "Ne pas demander",
    )
    assert view.outcome is CallOutcome.PAUSED
    term, following = terms(world)
    assert (term.status, following) == ("paused", None)
    paused = next(event for event in world.all(Event) if event.kind == "paused")
    assert paused.data["resume_by"] == "2026-03-31"
    assert [mail.kind for mail in queued(world)] == ["confirmation-pause"]


def test_a_gesture_for_a_service_problem(world: World) -> None:
    call(
        world,
        *DIAL,
        "Hésite",
        "Le service",
        "Noté = L’atelier du 3 a été annulé.",
        "Accepte un atelier",
        "Oui, renouvelle",
        "Je m’en occupe",
        "Ne pas demander",
        "Terminer",
    )
    given = {offer.offer: offer for offer in world.all(GrantedOffer)}
    gesture = given["geste-atelier"]
    assert (gesture.face_value_cents, gesture.cost_cents, gesture.workshops) == (2000, 600, 1)
    assert terms(world)[0].workshops_given == 2


SERVICE = (*DIAL, "Hésite", "Le service", "Noté = L’atelier du 3 a été annulé.")


@pytest.mark.parametrize(
    ("accepted", "what", "due", "spoken", "workshops"),
    [
        (
            "Accepte un autre atelier",
            "une orientation vers les ateliers qui vous conviennent",
            (12, 22),
            "lundi 22 décembre",
            0,
        ),
        ("Accepte l’accompagnement", "un accompagnement personnel", (12, 26), "vendredi 26 décembre", 0),
        ("Accepte un atelier", "un atelier offert", (12, 22), "lundi 22 décembre", 1),
        ("Accepte un avoir", "un avoir de 20,00 €", (12, 22), "lundi 22 décembre", 0),
    ],
)
def test_what_is_accepted_for_a_service_problem_is_owed_and_renews_nothing(
    world: World, accepted: str, what: str, due: tuple[int, int], spoken: str, workshops: int
) -> None:
    view = call(world, *SERVICE, accepted, "Préfère voir", "Terminer")
    assert view.outcome is CallOutcome.UNDECIDED
    term, following = terms(world)
    assert (term.status, following, world.all(Agreement)) == ("active", None, [])
    assert term.workshops_given == workshops
    owed = world.one(Commitment)
    assert (plain(owed.what), owed.due_on, owed.owner, owed.agent) == (what, date(2025, *due), "Jean", "Jean")
    assert (owed.words, owed.call_id, owed.done_at) == ("L’atelier du 3 a été annulé.", view.call_id, None)
    told, said = (f"{what}, d’ici au {day}" for day in (f"{due[1]}/{due[0]}/2025", spoken))
    (mail,) = (one for one in world.all(Message) if one.kind == "engagements")
    assert said in plain(mail.text).lower()
    assert any(told in plain(line) for line in view.summary)
    file = world.services.clients.file(view.client_id)
    assert [plain(line) for line in file.owed] == [f"{told}, par Jean"]
    assert f"{told}, par Jean" in [plain(one.detail) for one in file.history]


@pytest.mark.parametrize(
    ("labels", "letter"),
    [
        (
            ("Oui, renouvelle", "Je m’en occupe", "Ne pas demander", "Terminer"),
            "confirmation-renouvellement",
        ),
        (("Oui, renouvelle", "Depuis son compte", "Ne pas demander", "Terminer"), "lien-renouvellement"),
        (("Préfère un rappel", "Promettre = lundi 10h30"), "engagements"),
        (("Ne veut pas continuer", "Oui, transmettre", "Transmettre = Déçue."), "accuse-escalade"),
        (
            ("Ne veut pas", "Non, c’est", "Service", "Noté, conclure = Déçue.", "Bonne relation : relance"),
            "cloture",
        ),
    ],
)
def test_what_we_owe_is_owed_and_written_however_the_call_ends(
    world: World, labels: tuple[str, ...], letter: str
) -> None:
    call(world, *SERVICE, "Accepte l’accompagnement", *labels)
    assert world.one(Commitment).kind == "accompagnement"
    (mail,) = (one for one in world.all(Message) if one.kind == letter)
    assert "un accompagnement personnel, d’ici au vendredi 26 décembre" in plain(mail.text).lower()


@pytest.mark.parametrize(
    "end", [("Préfère voir", "Terminer"), ("Ne veut pas", "Oui, transmettre", "Transmettre = Déçue.")]
)
def test_a_client_without_an_address_has_what_we_owe_by_text_message(
    world: World, end: tuple[str, ...]
) -> None:
    view = world.begin(world.add(email="", email_usable=False))
    world.walk(view, *SERVICE, "Accepte l’accompagnement", *end)
    (text,) = (one for one in world.all(Message) if one.kind == "engagements")
    assert text.channel == "sms"
    assert "un accompagnement personnel, d'ici au vendredi 26 d" in plain(text.text).replace("’", "'")
    assert segments(text.text) <= 2


def test_what_was_accepted_stays_owed_after_a_hang_up_and_not_after_a_step_back(world: World) -> None:
    view = world.walk(world.begin(world.add()), *SERVICE, "Accepte l’accompagnement")
    view = world.services.calls.back(view.call_id, view.seq)
    view = world.press(view, "Accepte un avoir")
    view = world.services.calls.jump(view.call_id, view.seq, "hung_up")
    assert "un avoir de 20,00 €" in plain(" ".join(view.hints))
    view = world.press(view, "Terminer")
    assert view.outcome is CallOutcome.HUNG_UP
    assert world.one(Commitment).kind == "avoir"
    assert [offer.offer for offer in world.all(GrantedOffer) if offer.accepted_at] == ["geste-credit"]
    assert [one.kind for one in queued(world) if one.purpose != "reminder"] == ["engagements"]


def test_a_workshop_given_stays_given_when_the_client_then_renews_alone(world: World) -> None:
    view = call(world, *SERVICE, "Accepte un atelier", "Préfère voir", "Terminer")
    with world.database.writing() as session:
        client = session.get(Client, view.client_id)
        (term,) = session.scalars(select(Subscription))
        assert client is not None
        touched = renew(session, world.context, client, term, at=world.now, key="web", offer="fidelite")
        reassess(session, world.context, touched)
    assert terms(world)[0].workshops_given == 2, "the gesture's, and the offer's"
    counts_hold(world)


def test_a_supervisor_owes_his_own_call(world: World) -> None:
    labels = (*DIAL, "Hésite", "Autre chose", "Noté = Il attend le comité.", "Veut l’avis")
    call(world, *labels, "Préfère voir", "Terminer")
    owed = world.one(Commitment)
    assert (owed.kind, owed.owner, owed.agent) == ("appel-superviseur", "", "Jean")
    assert owed.words == "Il attend le comité."


def test_without_an_address_the_agent_hears_that_nothing_is_written(world: World) -> None:
    client = world.add(email_usable=False, phone_kind="landline")
    labels = (*SERVICE, "Accepte l’accomp", "Préfère voir", "Terminer")
    view = world.walk(world.begin(client), *labels)
    assert any("n’a pas été préparé" in plain(line) for line in view.summary)


def test_escalated(world: World) -> None:
    view = call(
        world,
        *DIAL,
        "Hésite",
        "Le service",
        "Noté = L’atelier du 3 a été annulé.",
        "Demande un responsable",
        "Transmettre = Annulation du 3, veut être remboursée.",
    )
    assert view.outcome is CallOutcome.ESCALATED
    row = world.one(Escalation)
    assert (row.summary, row.agent, row.call_id) == (
        "Annulation du 3, veut être remboursée.",
        "Jean",
        view.call_id,
    )
    assert terms(world)[0].pane == "later"
    assert {mail.kind for mail in queued(world)} == {"accuse-escalade"}, "nothing canvasses while it waits"
    assert world.one(GrantedOffer).accepted_at is None


def test_callback_asked_by_the_client_lifts_the_hours(world: World) -> None:
    view = call(world, *DIAL, "Demande un rappel", "Promettre = demain 14h")
    assert view.outcome is CallOutcome.CALLBACK
    promise = world.one(Callback)
    assert promise.promised_at == paris("2025-12-20T14:00").astimezone(UTC)
    assert promise.asked_by_client
    assert promise.done_at is None
    term = terms(world)[0]
    assert (term.rule, term.rank_at) == ("rappel", promise.promised_at)
    offer = world.one(GrantedOffer)
    assert (offer.accepted_at, offer.offer) == (None, "telephone")
    world.now = paris("2025-12-20T14:05")  # a Saturday
    assert world.begin(view.client_id).choices[0].enabled


def test_callback_that_we_choose_keeps_to_the_hours(world: World) -> None:
    client_id = world.add()
    view = world.press(world.begin(client_id), "Programmer un rappel")
    with pytest.raises(RefusedInputError) as caught:
        world.press(view, "Programmer", "demain 14h")
    assert "Pas d’appel permis sam. 20/12" in caught.value.happened
    assert "lun. 22/12 à 10:00" in caught.value.todo
    view = world.press(view, "Programmer", "lundi 10h")
    assert view.outcome is CallOutcome.CALLBACK
    assert not world.one(Callback).asked_by_client
    assert world.all(GrantedOffer) == []
    row = world.one(Call)
    assert (row.answered, row.dialled_at) == (False, None)


@pytest.mark.parametrize(
    ("labels", "outcome"),
    [
        (("Composer", "Pas de réponse"), CallOutcome.NO_ANSWER),
        (("Composer", "Répondeur", "Message laissé"), CallOutcome.VOICEMAIL),
        (("Composer", "Ligne occupée"), CallOutcome.BUSY),
        (("Composer", "Une autre personne", "Terminer"), CallOutcome.THIRD_PARTY),
    ],
)
def test_unanswered_attempts(world: World, labels: tuple[str, ...], outcome: CallOutcome) -> None:
    """They count as attempts, keep the promise made to the client, and decide nothing."""
    view = call(world, *labels)
    assert view.outcome is outcome
    row = world.one(Call)
    assert (row.answered, row.direction) == (False, "outbound")
    assert row.dialled_at is not None
    assert terms(world)[0].status == "active"
    assert {mail.kind for mail in queued(world)} == {"J-7", "J-3"}
    assert world.all(GrantedOffer) == []


def test_wrong_number(world: World) -> None:
    view = call(world, "Composer", "Mauvais numéro", "Marquer le numéro")
    assert view.outcome is CallOutcome.WRONG_NUMBER
    client = world.one(Client)
    assert (client.phone_kind, client.phone) == ("invalid", "+33639981234")
    again = world.begin(view.client_id)
    assert not again.choices[0].enabled
    assert "numéro" in again.choices[0].why_not


def test_opposed(world: World) -> None:
    view = call(world, *DIAL, "Ne veut plus d’appels", "Enregistrer")
    assert view.outcome is CallOutcome.OPPOSED
    client = world.one(Client)
    assert (client.opposed_call, client.opposed_email, client.opposed_sms) == (True, False, False)
    event = next(event for event in world.all(Event) if event.kind == "opposition")
    assert event.data == {"channel": "call"}
    again = world.begin(view.client_id)
    assert not again.choices[0].enabled
    assert "ne veut plus d’appels" in again.choices[0].why_not


def test_what_was_opposed_already_is_not_told_twice(world: World) -> None:
    client_id = world.add()
    assert world.services.clients.oppose(client_id, Channel.CALL)
    assert not world.services.clients.oppose(client_id, Channel.CALL)
    view = world.walk(world.begin(client_id, Direction.INBOUND), "Ne veut plus d’appels", "Enregistrer")
    assert view.outcome is CallOutcome.OPPOSED
    assert "Opposition déjà enregistrée" in plain(" ".join(view.summary))
    assert len([event for event in world.all(Event) if event.kind == "opposition"]) == 1


def test_hung_up(world: World) -> None:
    client_id = world.add()
    view = world.walk(world.begin(client_id), *DIAL, "Hésite")
    view = world.services.calls.jump(view.call_id, view.seq, "hung_up")
    view = world.press(view, "Terminer l’appel")
    assert view.outcome is CallOutcome.HUNG_UP
    assert terms(world)[0].status == "active"
    assert world.one(GrantedOffer).accepted_at is None
    assert world.one(Call).answered
    counts_hold(world)


def test_hanging_up_keeps_what_was_agreed(world: World) -> None:
    client_id = world.add()
    view = world.walk(world.begin(client_id), *DIAL, "Oui", "Je m’en occupe")
    view = world.services.calls.jump(view.call_id, view.seq, "hung_up")
    view = world.press(view, "Terminer l’appel")
    assert view.outcome is CallOutcome.RENEWED
    assert terms(world)[0].status == "renewed"


def test_already_renewed(world: World) -> None:
    view = call(world, *DIAL, "A déjà renouvelé", "Terminer")
    assert view.outcome is CallOutcome.ALREADY_RENEWED
    term = terms(world)[0]
    assert (term.status, term.retention, term.workshops_given) == ("renewed", "already_renewed", 0)
    assert queued(world) == []
    assert world.all(GrantedOffer) == []


def test_every_outcome_is_tried_here() -> None:
    tried = {
        *(CallOutcome.RENEWED, CallOutcome.DISCOUNTED, CallOutcome.DOWNGRADED, CallOutcome.PAUSED),
        *(CallOutcome.ALREADY_RENEWED, CallOutcome.RESUMED),  # the second with the pauses, in `tests/cases`
        *(CallOutcome.NO_ANSWER, CallOutcome.VOICEMAIL, CallOutcome.BUSY, CallOutcome.THIRD_PARTY),
        *(CallOutcome.ESCALATED, CallOutcome.CALLBACK, CallOutcome.REFUSED),
        *(CallOutcome.WRONG_NUMBER, CallOutcome.OPPOSED, CallOutcome.HUNG_UP, CallOutcome.UNDECIDED),
        CallOutcome.LINK_SENT,
        CallOutcome.ALREADY_SETTLED,  # in `test_meanwhile`
        CallOutcome.QUESTION,  # in `test_correction`
        CallOutcome.INTERRUPTED,  # in `test_service`
    }
    assert tried == set(CallOutcome)


# -- the refusal -----------------------------------------------------------------------------------


def test_refused_writes_the_record_of_the_worked_example(world: World) -> None:
    client_id = world.add()
    world.mail(client_id, "J-30", paris("2025-12-01T09:00"), opened_at=paris("2025-12-01T10:00"))
    world.mail(client_id, "J-14", paris("2025-12-17T09:00"), opened_at=paris("2025-12-17T10:00"))
    for kind in ("J-7", "J-3", "J-0"):
        world.mail(client_id, kind, None)
    add_past_call(world, client_id, satisfaction=4)
    view = world.walk(world.begin(client_id), *REFUSAL)
    assert view.outcome is CallOutcome.REFUSED

    record = world.one(ChurnRecord)
    call_row = next(row for row in world.all(Call) if row.id == view.call_id)
    chained = {"id", "seq", "previous_hash", "hash", "digests", "salt", "corrected_at"}
    assert {name: value for name, value in record.model_dump().items() if name not in chained} == {
        "call_id": view.call_id,
        "client_id": client_id,
        "subscription_id": 1,
        "client_code": "CLT-00245",
        "client_name": "Marie Dupuis",
        "at": call_row.ended_at,
        "cancelled_on": date(2025, 12, 19),
        "effective_on": EXPIRY,
        "reason": "PRIX",
        "verbatim": "Je dois faire des économies en ce moment.",
        "first_objection": "price",
        "context": "18 mois d’ancienneté (VIP), satisfaction bonne jusqu’ici (4/5), "
        "2 e-mails et 1 appel avant cet appel",
        "attempts": [
            {"option": "pause", "answer": "declined"},
            {"option": "downgrade", "answer": "declined"},
            {"option": "discount", "answer": "declined"},
        ],
        "result": "Les 3 options proposées ont toutes été refusées.",
        "status": "résilié le 31/12/2025",
        "note": "La relation reste bonne et peut être reprise.",
        "resumable": True,
        "follow_up_on": date(2026, 3, 31),
        "recommendation": record.recommendation,
        "agent": "Jean",
        "script_hash": call_row.script_hash,
        "duration_s": 240,
        "plan": "premium",
        "vip": True,
        "search": "je dois faire des economies en ce moment la relation reste bonne et peut etre reprise",
        "reason_now": "PRIX",
        "follow_up_now": date(2026, 3, 31),
        "reviewed": False,
        "erased_at": None,
        "seniority": 18,
    }
    assert "31/03/2026" in record.recommendation

    term, following = terms(world)
    assert (term.status, term.pane, term.retention, following) == ("cancelled", "refused", "", None)
    assert [mail.kind for mail in queued(world)] == ["cloture"]
    assert {m.kind for m in world.all(Message) if m.status == "cancelled"} == {"J-7", "J-3", "J-0"}
    assert "PRIX (trop cher)" in told(view)
    counts_hold(world)


def add_past_call(world: World, client_id: int, **columns: Any) -> None:
    """A conversation of last month, with the script in force."""
    script, day = world.context.content.script, paris("2025-11-12T10:10")
    version = ScriptVersion(hash=script.hash, stored_at=day, content=script.source)
    row = Call(
        id="past",
        client_id=client_id,
        subscription_id=1,
        agent="Paul",
        direction="outbound",
        script_hash=script.hash,
        started_at=day,
        dialled_at=day,
        answered=True,
        ended_at=day + timedelta(minutes=3),
        outcome="callback",
        **columns,
    )
    with world.database.writing() as session:
        add_call(session, row, version)


def test_a_refusal_leaves_no_offer_standing_but_it_counts_as_made(world: World) -> None:
    call(world, *REFUSAL)
    offer = world.one(GrantedOffer)
    assert (offer.offer, offer.accepted_at, offer.ends_at) == ("telephone", None, world.now)
    month = Campaign(date(2025, 12, 1), date(2025, 12, 31))
    (made,) = (one for one in world.services.kpis.view(month).measures if one.kpi is Kpi.LOYALTY)
    assert (made.numerator, made.denominator) == (0, 1)


def test_without_usable_address_nothing_is_queued_and_it_is_said(world: World) -> None:
    view = call(world, *REFUSAL, email_usable=False)
    assert queued(world) == []
    assert "Pas d’adresse e-mail utilisable" in told(view)


def test_an_opposed_client_still_gets_the_closing_e_mail(world: World) -> None:
    client_id = world.add(opposed_call=True, opposed_email=True, opposed_sms=True)
    world.walk(world.begin(client_id, Direction.INBOUND), "Hésite", *REFUSAL[3:])
    assert [mail.kind for mail in queued(world)] == ["cloture"]
    assert world.one(ChurnRecord).follow_up_on is None


def test_a_renewal_without_e_mail_is_confirmed_by_sms(world: World) -> None:
    world.now = paris("2025-12-19T15:00")
    view = call(world, *RENEWED, email="", email_usable=False)
    (message,) = queued(world)
    assert (message.channel, message.recipient) == ("sms", "+33639981234")
    assert "par SMS" in told(view)


def test_a_term_is_refused_once(world: World) -> None:
    """A client who calls again after a refusal and confirms it keeps the first record."""
    client_id = world.add()
    world.walk(world.begin(client_id), *REFUSAL)
    first = world.one(ChurnRecord)
    world.wait(days=1)
    view = world.walk(world.begin(client_id, Direction.INBOUND), "Hésite", *REFUSAL[3:])
    assert view.outcome is CallOutcome.REFUSED
    assert world.one(ChurnRecord) == first
    assert "existe déjà" in told(view)
    assert [mail.kind for mail in queued(world)] == ["cloture"]
    counts_hold(world)


def test_a_refused_client_who_comes_back(world: World) -> None:
    client_id = world.add()
    world.walk(world.begin(client_id), *REFUSAL)
    world.wait(days=2)
    view = world.begin(client_id, Direction.INBOUND)
    view = world.walk(view, "Veut renouveler", "Je m’en occupe", "Ne pas demander", "Terminer")
    assert view.outcome is CallOutcome.RENEWED
    assert terms(world)[0].status == "renewed"
    assert len(world.all(ChurnRecord)) == 1
    counts_hold(world)


def test_an_answered_call_keeps_the_promise_and_an_unanswered_one_does_not(world: World) -> None:
    client_id = world.add()
    world.walk(world.begin(client_id), *DIAL, "Demande un rappel", "Promettre = demain 14h")
    world.now = paris("2025-12-20T14:00")
    world.walk(world.begin(client_id), "Composer", "Pas de réponse")
    assert world.one(Callback).done_at is None
    world.wait(minutes=20)
    world.walk(world.begin(client_id), *REFUSAL)
    assert world.one(Callback).done_at is not None
    assert "callback_done" in kinds(world)


def test_the_journal_keeps_what_was_read(world: World) -> None:
    view = call(world, *REFUSAL)
    with world.database.reading() as session:
        steps = session.exec(
            select(CallStep).where(CallStep.call_id == view.call_id).order_by(CallStep.seq)  # type: ignore[arg-type]
        ).all()
    assert [step.seq for step in steps] == list(range(8))
    said = {step.step: plain(step.said) for step in steps}
    assert "34,99 € pour un an, au lieu de 36,99 €" in said["ouverture"]
    assert "jusqu’au samedi 20 décembre inclus" in said["ouverture"]
    assert all(price in said["prix-annuel"] for price in ("119,88 €", "390,00 €", "34,99 €"))
    assert steps[6].captured == "Je dois faire des économies en ce moment."


KINDS_OF_CLIENTS: tuple[dict[str, Any], ...] = (
    {},
    {"plan": "basic", "billing": "monthly"},
    {"billing": "monthly", "civility": "M.", "first_name": ""},
    {"email": "", "email_usable": False},
    {"email": "", "email_usable": False, "phone_kind": "landline"},
    {"expires_on": date(2025, 12, 10)},
    {"expires_on": date(2025, 12, 19)},
    {"client_since": date(2025, 12, 1), "opposed_email": True},
)


@pytest.mark.parametrize("seed", range(len(KINDS_OF_CLIENTS)))
def test_any_way_through_the_script_ends_whole(world: World, seed: int) -> None:
    """Keys at random, steps back and jumps included, with every kind of client."""
    chance = random.Random(seed)
    typed = {"text": "Ses mots.", "datetime": "dans 3 jours 10h30"}
    for number in range(12):
        world.now = paris("2025-12-19T14:30")
        client = {"email": f"c{number}@example.org"} | KINDS_OF_CLIENTS[seed]
        client_id = world.add(f"CLT-{number:05}", **client)
        view = world.begin(client_id, chance.choice(list(Direction)))
        while view.outcome is None:
            world.wait(seconds=5)
            calls, ways = world.services.calls, [way.where for way in view.exits]
            dice = chance.random()
            if dice < 0.06 and view.can_go_back:
                view = calls.back(view.call_id, view.seq)
            elif dice < 0.09 and ways:
                view = calls.jump(view.call_id, view.seq, chance.choice(ways))
            else:
                choice = chance.choice([choice for choice in view.choices if choice.enabled])
                words = typed[view.capture.kind] if view.capture else ""
                final, view = choice.final, calls.choose(view.call_id, view.seq, choice.index, words)
                assert final == (view.outcome is not None)
        assert view.summary
        assert world.restart().calls.resume() is None
    counts_hold(world)
    refused = {row.call_id for row in world.all(ChurnRecord)}
    assert refused == {row.id for row in world.all(Call) if row.outcome == CallOutcome.REFUSED}
