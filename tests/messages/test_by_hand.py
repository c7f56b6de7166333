"""A message sent by hand: the one that makes sense, once, by the rules; and the case moves at once."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from console.base.errors import ConflictError, RefusedInputError
from console.base.vocabulary import Action, Channel, Pane
from console.db.tables import Event, GrantedOffer, Message
from console.messages.by_hand import ByHandService
from console.messages.events import FeedbackService
from tests.messages.timeline import Days
from tests.world import REFUSAL, paris, plain

SATURDAY = paris("2025-12-20T14:00")
OPENED = paris("2025-12-17T10:00")


@pytest.fixture
def days(tmp_path: Path) -> Iterator[Days]:
    world = Days(tmp_path / "base.db", SATURDAY, folder=tmp_path / "envoyes")
    yield world
    world.database.close()


def by_hand(days: Days) -> ByHandService:
    return days.services.by_hand


def paul(days: Days, **columns: Any) -> int:
    """A client who opened the J-14 e-mail and did not click."""
    client = days.add(client_since=date(2025, 4, 1), **columns)
    days.mail(client, "J-14", OPENED, opened_at=OPENED)
    days.wait(seconds=1)
    days.services.clients.oppose(client, Channel.CALL)
    return client


def test_the_recommendation_leaves_urgent_at_once(days: Days) -> None:
    client = paul(days)
    assert days.services.clients.file(client).case.action is Action.MESSAGE
    seen = by_hand(days).propose(client, Channel.EMAIL)
    assert seen.kind == "rappel"
    assert "31/12/2025" in seen.subject
    assert "Marie" in seen.text
    by_hand(days).send(seen)
    case = days.services.clients.file(client).case
    assert (case.action, case.pane) == (Action.WAIT, Pane.WEEK)
    (queued,) = [one for one in days.all(Message) if one.status == "queued"]
    assert (queued.text, queued.subject, queued.recipient) == (seen.text, seen.subject, seen.recipient)
    (fact,) = [one for one in days.all(Event) if one.kind == "message_by_hand"]
    assert (fact.agent, fact.text) == ("Jean", "E-mail rappel")
    days.send()
    assert [one.kind for one in days.sent() if one.kind != "J-14"] == ["rappel"]


def test_time_is_left_only_to_whom_the_message_may_reach(days: Days) -> None:
    client = days.add(client_since=date(2025, 4, 1), phone="+33139980245", phone_kind="landline")
    days.services.clients.add_note(client, "Demande un prix plus bas.")
    days.services.clients.oppose(client, Channel.CALL)
    by_hand(days).send(by_hand(days).propose(client, Channel.EMAIL))
    days.send()
    assert "Message envoyé le 20/12" in plain(days.services.clients.file(client).case.reason)
    bounced = {
        "id": "1",
        "type": "bounced",
        "client": "CLT-00245",
        "at": days.now.isoformat(),
        "bounce": "soft",
    }
    FeedbackService(days.context).take([(1, json.dumps(bounced))])
    case = days.services.clients.file(client).case
    assert (case.action, case.mails) == (Action.EMAIL, "1 e-mail envoyé, revenu")
    assert "Demande un prix plus bas, aucune relance reçue." in plain(case.reason)


def test_it_is_never_sent_twice_by_two_agents_nor_after_the_job(days: Days) -> None:
    client = paul(days)
    first = by_hand(days).propose(client, Channel.EMAIL)
    other = days.as_agent("Léa").by_hand
    by_hand(days).send(first)
    with pytest.raises(RefusedInputError, match="attend déjà de partir"):
        other.send(first)
    days.send()
    with pytest.raises(ConflictError, match="déjà parti"):
        other.send(other.propose(client, Channel.EMAIL))
    assert sum(one.kind == "rappel" for one in days.all(Message)) == 1


def test_the_step_under_way_is_the_timelines_own_message_with_its_offer(days: Days) -> None:
    client = days.add(client_since=date(2024, 6, 1), created_at=paris("2025-11-01T08:00"))
    seen = by_hand(days).propose(client, Channel.EMAIL)
    assert seen.kind == "J-14"
    assert "34,99" in seen.text
    by_hand(days).send(seen)
    (offer,) = days.all(GrantedOffer)
    assert (offer.offer, offer.price_cents) == ("fidelite", 3499)
    days.plan("2025-12-20T15:00")
    assert sorted((one.kind, one.channel) for one in days.all(Message)) == [
        ("J-14", "email"),
        ("J-14", "sms"),
    ]
    assert len(days.all(GrantedOffer)) == 1


def test_an_sms_says_its_segments_and_waits_for_a_lawful_hour(days: Days) -> None:
    client = paul(days)
    seen = by_hand(days).propose(client, Channel.SMS)
    assert seen.kind == "J-14"
    assert seen.size is not None
    assert seen.size.gsm
    assert seen.size.segments <= 2
    assert "STOP" in seen.text
    assert seen.leaves_at is None
    days.now = paris("2025-12-21T10:00")  # a Sunday
    later = by_hand(days).propose(client, Channel.SMS)
    assert later.leaves_at == paris("2025-12-22T08:00")
    by_hand(days).send(later)
    days.send()
    assert all(one.channel != "sms" for one in days.sent())
    days.now = paris("2025-12-22T08:00")
    days.send()
    assert [one.kind for one in days.sent() if one.channel == "sms"] == ["J-14"]


@pytest.mark.parametrize(
    ("columns", "channel", "said"),
    [
        ({"opposed_email": True}, Channel.EMAIL, "ne veut plus recevoir d’e-mails"),
        ({"opposed_sms": True}, Channel.SMS, "ne veut plus recevoir de SMS"),
        ({"email_usable": False}, Channel.EMAIL, "pas d’adresse e-mail utilisable"),
        ({"phone_kind": "landline"}, Channel.SMS, "pas de numéro de mobile"),
    ],
)
def test_what_stands_in_the_way_is_said_and_nothing_is_written(
    days: Days, columns: dict[str, object], channel: Channel, said: str
) -> None:
    client = paul(days, **columns)
    before = days.state()
    with pytest.raises(RefusedInputError, match=said):
        by_hand(days).propose(client, channel)
    assert days.state() == before


def test_a_client_who_refused_in_the_meantime_gets_nothing(days: Days) -> None:
    days.now = paris("2025-12-19T15:00")
    client = days.add()
    days.mail(client, "J-14", OPENED)
    seen = by_hand(days).propose(client, Channel.EMAIL)
    days.walk(days.begin(client), *REFUSAL)
    with pytest.raises(RefusedInputError) as refused:
        by_hand(days).send(seen)
    assert "Il n’y a rien à lui rappeler : refus" in plain(str(refused.value))
    assert all(one.kind != "rappel" for one in days.all(Message))


def test_a_reminder_that_waits_never_leaves_after_an_opposition_or_a_refusal(days: Days) -> None:
    days.now = paris("2025-12-19T15:00")
    opposed, refused = days.add("CLT-00001"), days.add("CLT-00002")
    for client in (opposed, refused):
        days.mail(client, "J-14", OPENED)
        by_hand(days).send(by_hand(days).propose(client, Channel.EMAIL))
    days.services.clients.oppose(opposed, Channel.EMAIL)
    days.walk(days.begin(refused), *REFUSAL)
    days.send()
    assert {one.status for one in days.all(Message) if one.kind == "rappel"} == {"cancelled"}
