"""What services post: each shipped description on payloads of its public documentation, proved or not."""

import hmac
import json
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from console.base.errors import ForbiddenError, RefusedInputError
from console.db.tables import Client, Event, Message, SetAsideEvent, Subscription
from console.messages.webhooks import PostReport, WebhookService
from tests.world import World, paris

OURS = "<0123456789abcdef0123456789abcdef@numi.support>"
HIM, SECRET = "marie.dupuis@example.org", "s3cret:à deux"
NOW = paris("2025-12-20T14:00")
AT = int(paris("2025-12-18T09:12").timestamp())
BASIC = {"authorization": f"Basic {b64encode(SECRET.encode()).decode()}"}
HEADER = {"authorization": f"Bearer {SECRET}"}


def brevo(event: str, **more: Any) -> bytes:
    told = {"event": event, "email": HIM, "id": 7, "ts": AT, "ts_event": AT, "message-id": OURS}
    return json.dumps(told | more).encode()


def posted(**event: Any) -> bytes:
    return json.dumps(event).encode()


def stripe(kind: str, amount: int, reference: str = "CLT-00245") -> bytes:
    paid = {"amount_total": amount, "currency": "eur", "payment_status": "paid"}
    about = {"object": {"client_reference_id": reference, **paid}}
    return json.dumps({"id": f"evt_{kind}_{amount}", "type": kind, "created": AT, "data": about}).encode()


def dated(body: bytes, at: float = NOW.timestamp()) -> dict[str, str]:
    signed = hmac.digest(SECRET.encode(), f"{at:.0f}.".encode() + body, sha256).hex()
    return {"stripe-signature": f"t={at:.0f},v1={'0' * 64},v1={signed}"}


def standard(body: bytes, at: float = NOW.timestamp(), key: bytes = SECRET.encode()) -> dict[str, str]:
    signed = b64encode(hmac.digest(key, f"msg_1.{at:.0f}.".encode() + body, sha256)).decode()
    return {"webhook-id": "msg_1", "webhook-timestamp": f"{at:.0f}", "webhook-signature": f"v1,x v1,{signed}"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "base.db", NOW)
    world.mail(world.add(), "J-14", paris("2025-12-17T08:30"), message_id=OURS, recipient=HIM)
    yield world
    world.database.close()


def post(world: World, name: str, headers: dict[str, str], body: bytes, secret: str = SECRET) -> PostReport:
    return WebhookService(world.context).post(name, headers, body, secret)


def told(world: World) -> list[str]:
    return [one.kind for one in world.all(Event)]


@pytest.mark.parametrize(
    ("name", "headers", "body", "kind"),
    [
        ("brevo", HEADER, brevo("delivered"), "mail_delivered"),
        ("brevo", HEADER, brevo("click", link="https://numi.support/r/x"), "mail_clicked"),
        ("brevo", HEADER, brevo("hard_bounce", reason="unknown user"), "bounced"),
        ("brevo", HEADER, brevo("spam"), "opposition"),
        (
            "mailjet",
            BASIC,
            posted(event="blocked", time=AT, MessageID=1, email=HIM, CustomID=OURS),
            "bounced",
        ),
        ("mailjet", BASIC, posted(event="unsub", time=AT, MessageID=2, email=HIM), "opposition"),
        (
            "sendgrid",
            HEADER,
            b"[%s]" % posted(email=HIM, timestamp=AT, event="click", sg_event_id="e", **{"smtp-id": OURS}),
            "mail_clicked",
        ),
        (
            "twilio-sms",
            BASIC,
            urlencode({"MessageSid": "SM1", "MessageStatus": "delivered", "To": "+33639981234"}).encode(),
            "",
        ),
    ],
)  # fmt: skip
def test_each_source_is_understood_once(
    world: World, name: str, headers: dict[str, str], body: bytes, kind: str
) -> None:
    first = post(world, name, headers, body)
    if not kind:  # no SMS was sent to this client: kept, with the reason
        assert (first.taken, first.set_aside) == (0, 1)
        return
    assert (first.read, first.taken) == (1, 1)
    assert told(world) == [kind]
    again = post(world, name, headers, body)
    assert (again.taken, again.known, told(world)) == (0, 1, [kind])
    for wrong in ({}, {"authorization": "Bearer no"}, {"authorization": ""}):
        with pytest.raises(ForbiddenError):
            post(world, name, wrong, body)
    with pytest.raises(ForbiddenError):
        post(world, name, headers, body, "")  # no secret set: nobody proves anything


def test_a_payment_page_renews_and_a_copy_of_yesterday_is_refused(world: World) -> None:
    body = stripe("checkout.session.completed", 3699)
    assert post(world, "stripe", dated(body), body).taken == 1
    assert sorted(one.status for one in world.all(Subscription)) == ["active", "renewed"]
    other = stripe("checkout.session.completed", 1)
    for headers, sent in (
        (dated(body), other),
        (dated(body, NOW.timestamp() - 600), body),
        ({"stripe-signature": "t=x,v1=y"}, body),
        ({"stripe-signature": dated(body)["stripe-signature"].replace("v1=", "v0=")}, body),
    ):
        with pytest.raises(ForbiddenError):
            post(world, "stripe", headers, sent)
    assert post(world, "stripe", dated(other), other).set_aside == 1  # no price of this client
    quiet = stripe("checkout.session.expired", 3699)
    assert post(world, "stripe", dated(quiet), quiet).ignored == 1


def test_our_own_format_by_the_standard_scheme_in_any_order(world: World) -> None:
    later = {"id": "b", "type": "confirmed", "client": "CLT-00245", "at": "2025-12-19T10:00:00+01:00"}
    events = [
        later | {"id": "a", "type": "renewed", "at": "2025-12-18T10:00:00+01:00"},
        later,
        {"id": "c"},
        7,
    ]
    body = json.dumps(events).encode()
    for key, secret in ((SECRET.encode(), SECRET), (b"k" * 24, f"whsec_{b64encode(b'k' * 24).decode()}")):
        report = post(world, "", standard(body, key=key), body, secret)
        assert report.read == 4
        assert report.taken + report.known == 2
        assert report.set_aside == 2
    with pytest.raises(ForbiddenError):
        post(world, "", standard(body), body + b" ")
    with pytest.raises(ForbiddenError):
        post(world, "", standard(body, NOW.timestamp() + 900), body)


def test_what_is_not_understood_is_kept_as_it_came(world: World) -> None:
    for body, reason in (
        (brevo("new_word"), "n’est pas décrit"),
        (brevo("delivered", **{"message-id": "<other@x>", "email": "nobody@example.org"}), "aucun client"),
        (brevo("delivered", **{"message-id": "", "ts_event": ""}), ""),
        (b"7", "n’est pas décrit"),
        (brevo("hard_bounce", ts_event="31 février"), "est illisible"),
    ):
        report = post(world, "brevo", HEADER, body)
        assert report.taken + report.set_aside == 1
        if reason:
            assert reason in report.reasons[0]
    kept = world.all(SetAsideEvent)
    assert [one.source for one in kept] == ["brevo"] * 4
    assert json.loads(kept[0].event)["event"] == "new_word"
    for broken in (b"", b"{", b"\xff", b"[" * 100_000):
        with pytest.raises(RefusedInputError):
            post(world, "brevo", HEADER, broken)
    with pytest.raises(RefusedInputError):
        post(world, "../brevo", HEADER, b"{}")


def test_a_trial_writes_nothing(world: World) -> None:
    service = WebhookService(world.context)
    report = service.take(service.source("brevo"), brevo("hard_bounce"), simulate=True)
    assert report.taken == 1
    assert told(world) == []
    assert world.one(Client).email_usable
    assert world.one(Message).bounced_at is None


def test_what_is_not_paid_yet_gives_nothing_and_an_amount_is_whole_cents(world: World) -> None:
    for status in ("unpaid", "no_payment_required"):
        event = json.loads(stripe("checkout.session.completed", 3699))
        event["data"]["object"]["payment_status"] = status
        body = json.dumps(event).encode()
        assert post(world, "stripe", dated(body), body).ignored == 1
    event = json.loads(stripe("checkout.session.completed", 3699))
    event["data"]["object"]["amount_total"] = "36.99"
    body = json.dumps(event).encode()
    assert post(world, "stripe", dated(body), body).set_aside == 1
    assert {one.status for one in world.all(Subscription)} == {"active"}


@pytest.mark.parametrize(
    ("name", "headers", "event", "usable"),
    [
        ("mailjet", BASIC, {"event": "bounce", "hard_bounce": True}, False),
        ("mailjet", BASIC, {"event": "bounce", "hard_bounce": False}, True),
        ("mailjet", BASIC, {"event": "blocked", "hard_bounce": False}, True),
        ("sendgrid", HEADER, {"event": "bounce", "type": "bounce"}, False),
        ("sendgrid", HEADER, {"event": "bounce", "type": "blocked"}, True),
    ],
)
def test_only_a_hard_bounce_condemns(
    world: World, name: str, headers: dict[str, str], event: dict[str, Any], usable: bool
) -> None:
    said = {"time": AT, "timestamp": AT, "MessageID": 1, "sg_event_id": "1", "email": HIM, "CustomID": OURS}
    assert post(world, name, headers, posted(**said, **event, **{"smtp-id": OURS})).taken == 1
    assert world.one(Client).email_usable is usable


def test_one_event_that_no_base_can_hold_does_not_lose_the_others(world: World) -> None:
    body = b'[{"event": "\\ud800\\u0000", "email": "a\\u0000@x"}, %s]' % brevo("spam")
    report = post(world, "brevo", HEADER, body)
    assert (report.taken, report.set_aside) == (1, 1)
    assert "ud800" in world.one(SetAsideEvent).event
