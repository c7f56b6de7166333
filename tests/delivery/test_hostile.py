"""Names, subjects and texts written by anybody: no header, recipient, HTML or JSON that was not ours."""

import contextlib
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.base.errors import ContentError
from console.base.vocabulary import Channel
from console.db.tables import Client, Message, Subscription
from console.messages.leases import SendReport
from console.messages.wording import variables
from console.outside.gate import Outgoing, RejectedError
from console.outside.mime import Sender, compose
from console.outside.outside import Outside
from console.outside.sms import _fill
from console.rules.links import Links
from tests.delivery.conftest import Company
from tests.delivery.post import Post, SmsDesk
from tests.world import CONTENT, paris

SENDER = Sender("numi", "support@numi.support", "support@numi.support")
HOSTILE = (
    "Dupont\r\nBcc: evil@example.org",
    "Dupont\nSubject: autre\n\n<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "O'Brien & Fils <b>",
    "=cmd|'/C calc'!A0",
    "@SUM(1+1)",
    "Zoé 😀 👩‍👩‍👧‍👦",
    "\u202egnp.exe\x1b]52;c;aGk=\x07\x00",
    "{{ 7*7 }} {% for x in y %}",
    "{to} {token} {text}",
    "a\u2028b\u2029c\x85d\x0be",
    "=?utf-8?q?Bcc:_evil@example.org?=",
    "x" * 3000,
    ".\r\n.\r\nQUIT\r\n",
)
WANTED = {
    *("From", "To", "Reply-To", "Subject", "Date", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post"),
    *("Auto-Submitted", "MIME-Version", "Content-Type"),
}


def outgoing(**columns: object) -> Outgoing:
    values = {
        "message_id": "<1@numi.support>",
        "channel": Channel.EMAIL,
        "kind": "J-14",
        "recipient": "c@example.org",
        "subject": "s",
        "text": "t",
        "html": "<p>h</p>",
        "created_at": paris("2025-12-17T09:00"),
        "at": paris("2025-12-17T09:00"),
        "unsubscribe": "https://numi.support/r/x",
    }
    return Outgoing(**{**values, **columns})  # type: ignore[arg-type]


def read(raw: bytes) -> EmailMessage:
    found = message_from_bytes(raw, policy=default)
    assert isinstance(found, EmailMessage)
    return found


@given(st.text(), st.text(), st.text())
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_no_text_makes_a_header_or_a_part(subject: str, text: str, html: str) -> None:
    raw = compose(outgoing(subject=subject, text=text, html=html), SENDER).as_bytes(policy=SMTP)
    mail = read(raw)
    assert set(mail.keys()) <= WANTED | {"Content-Transfer-Encoding"}
    assert len(mail.keys()) == len(set(mail.keys()))
    kinds = [part.get_content_type() for part in mail.walk()]
    assert kinds == (["multipart/alternative", "text/plain", "text/html"] if html else ["text/plain"])
    assert raw.isascii()
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_subject_stays_one(hostile: str) -> None:
    mail = read(compose(outgoing(subject=hostile), SENDER).as_bytes())
    assert set(mail.keys()) <= WANTED
    assert mail["Bcc"] is None
    assert "\n" not in mail["Subject"]


@pytest.mark.parametrize(
    "address",
    [
        "a@b.fr, evil@example.org",
        "a@b.fr\r\nBcc: evil@example.org",
        "a@b.fr\nRCPT TO:<evil@example.org>",
        "<a@b.fr>",
        "A <a@b.fr>",
        "a@b.fr (x)",
        "group: a@b.fr, c@d.fr;",
        '"x>y"@b.fr',
        "a b@c.fr",
        "a@b@c.fr",
        "a@",
        "@b.fr",
        "ab.fr",
        "",
        "a\x00@b.fr",
        "a@[127.0.0.1",
        "a@b.fr>",
        "a@xn--\ud800.fr",
        "a@" + "é" * 70 + ".fr",
    ],
)
def test_what_is_not_one_address_is_refused(address: str) -> None:
    with pytest.raises(RejectedError):
        compose(outgoing(recipient=address), SENDER)


@given(st.text(max_size=60))
@settings(deadline=None)
def test_any_address_is_one_or_none(address: str) -> None:
    with contextlib.suppress(RejectedError):
        mail = compose(outgoing(recipient=address), SENDER)
        assert len(mail["To"].addresses) == 1
        assert set(read(mail.as_bytes()).keys()) <= WANTED


def test_accented_domains_are_spelt_for_servers() -> None:
    assert compose(outgoing(recipient="zoe@société.fr"), SENDER)["To"] == "zoe@xn--socit-esab.fr"


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_names_in_the_shipped_messages(hostile: str) -> None:
    """From a client's name to what a mail program reads: nothing of it is markup."""
    client = Client(
        code="CLT-00001",
        civility="Mme",
        first_name=hostile,
        last_name=hostile,
        email="c@example.org",
        email_usable=True,
        client_since=paris("2024-06-01T00:00").date(),
    )
    term = Subscription(
        client_id=1,
        plan="premium",
        billing="annual",
        starts_on=paris("2025-01-01T00:00").date(),
        expires_on=paris("2025-12-31T00:00").date(),
    )
    words = variables(
        client,
        term,
        offer=None,
        agent=hostile,
        catalogue=CONTENT.data.catalogue,
        now=paris("2025-12-17T09:00"),
        links=Links(b"secret", "https://numi.support/r"),
    )
    for channel, name in CONTENT.messages.reading[0]:
        with contextlib.suppress(ContentError):  # texts that need an offer or a call are not this test's
            rendered = CONTENT.messages.render(name, words, channel)
            if channel is Channel.EMAIL:
                mail = read(
                    compose(
                        outgoing(subject=rendered.subject, text=rendered.text, html=rendered.html), SENDER
                    ).as_bytes()
                )
                assert set(mail.keys()) <= WANTED
                html = mail.get_body(("html",))
                assert html is not None
                page = html.get_content()
                assert "<script" not in page
                assert "<img" not in page
            assert len(rendered.text) < 20_000


def test_hostile_texts_through_a_real_server(company: Company, post: Post, by_smtp: Outside) -> None:
    company.outside = by_smtp
    for number, hostile in enumerate(HOSTILE):
        company.queue(number, subject=hostile, text=f"{hostile}\n.\n..\nSTOP", html=f"<p>{number}</p>")
    assert company.outbox().send_due() == SendReport(sent=len(HOSTILE))
    assert len(post.letters) == len(HOSTILE)
    for letter in post.letters:
        assert len(letter.recipients) == 1
        assert set(letter.mail.keys()) <= WANTED
        lines = letter.part("plain").split("\n")
        assert lines[-4:] == [".", "..", "STOP", ""]


def test_hostile_texts_through_a_real_endpoint(company: Company, desk: SmsDesk, by_smtp: Outside) -> None:
    company.outside = by_smtp
    texts = [f"{hostile} STOP" for hostile in HOSTILE]
    for number, text in enumerate(texts):
        company.queue(number, channel="sms", text=text)
    assert company.outbox().send_due().sent == len(texts)
    assert [sms.body["text"] for sms in desk.taken] == texts
    assert all(set(sms.body) == {"to", "from", "text", "id"} for sms in desk.taken)


@given(st.text(), st.text())
def test_a_template_is_filled_once(first: str, second: str) -> None:
    values = {"{to}": first, "{text}": second}
    template = {"a": "{to}", "b": ["x {text} {to}", 1, None, True], "{to}": "kept"}
    assert _fill(template, values) == {
        "a": first,
        "b": [f"x {second} {first}", 1, None, True],
        "{to}": "kept",
    }


def test_a_message_that_cannot_be_written_is_set_apart(
    company: Company, post: Post, by_smtp: Outside
) -> None:
    company.outside = by_smtp
    company.queue(1, message_id="<broken\r\nBcc: evil@example.org>")
    company.queue(2)
    report = company.outbox().send_due()
    assert (report.sent, report.failed) == (1, 1)
    failed = [message for message in company.all(Message) if message.status == "failed"]
    assert [message.error for message in failed] == ["Ce message ne peut pas être envoyé tel quel."]
