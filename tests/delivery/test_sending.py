"""Messages sent for real: once each, with the right subject and both parts, and never what must not go."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from console.base.clock import frozen_at
from console.base.vocabulary import MessageStatus
from console.cases.views import RowsPage
from console.context import Context
from console.db.tables import Client, Event, Message, ShortLink
from console.messages.delivery_rules import MAX_ATTEMPTS, REFUSED_FIRST
from console.messages.leases import SendReport
from console.messages.outbox import OutboxService
from console.outside.outside import Outside
from console.outside.servers import Security, SmsService, SmtpServer
from console.rules.links import Purpose, digest_of
from tests.delivery.conftest import Company, reach
from tests.delivery.post import CERTIFICATE, PASSWORD, USER, Post, SmsDesk, post_office, sms_desk
from tests.world import CONTENT, paris


def test_each_email_is_received_once_whole(company: Company, post: Post, by_smtp: Outside) -> None:
    company.outside = by_smtp
    for number in (1, 2, 3):
        company.queue(number, subject=f"Votre abonnement n° {number} : échéance le 31/12 ✓")
    assert company.outbox().send_due() == SendReport(sent=3)
    assert company.outbox().send_due() == SendReport()
    assert sorted(post.ids) == sorted(company.messages())
    for letter in post.letters:
        mail, client = letter.mail, letter.recipients[0][1]
        assert letter.sender == "support@numi.support"
        assert letter.recipients == (f"c{client}@example.org",)
        assert mail["To"] == f"c{client}@example.org"
        assert mail["From"] == "numi <support@numi.support>"
        assert mail["Reply-To"] == "numi <support@numi.support>"
        assert mail["Subject"] == f"Votre abonnement n° {client} : échéance le 31/12 ✓"
        assert mail["Date"].datetime == company.now
        assert [part.get_content_type() for part in mail.walk()] == [
            "multipart/alternative",
            "text/plain",
            "text/html",
        ]
        assert letter.part("plain") == f"Bonjour {client}, à bientôt.\nSTOP au 36105\n"
        assert letter.part("html") == f"<p>Bonjour {client}, à <b>bientôt</b>.</p>\n"
        assert max(map(len, letter.raw.splitlines())) <= 998
    for message in company.messages().values():
        assert (message.status, message.attempts, message.error) == ("sent", 1, "")
        assert message.sent_at == company.now
    assert [event.kind for event in company.all(Event)] == ["mail_sent"] * 3


def test_every_email_says_how_to_leave(company: Company, post: Post, by_smtp: Outside) -> None:
    company.outside = by_smtp
    company.queue()
    company.outbox().send_due()
    (letter,) = post.letters
    address, page = letter.mail["List-Unsubscribe"].split(", ")
    assert address == "<mailto:support@numi.support?subject=desinscription>"
    assert letter.mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    base, _, token = page.strip("<>").rpartition("/")
    assert base == "https://numi.support/r"
    kept = {one.digest: one.purpose for one in company.all(ShortLink)}
    assert kept[digest_of(token)] == Purpose.UNSUBSCRIBE


def test_an_sms_is_posted_once_with_the_settings_template(company: Company) -> None:
    with sms_desk(secure=True) as desk:
        company.outside = Outside(
            sms=SmsService(
                desk.url,
                "jeton",
                '{"sms": [{"a": "{to}", "texte": "numi {text}", "ref": "{id}", "n": 1}], "cle": "{token}"}',
                "numi",
                CERTIFICATE,
            ),
            folder=company.path.parent / "m",
        )
        company.queue(channel="sms", text='Dites "oui" {to}\\ à 5€\nSTOP')
        assert company.outbox().send_due() == SendReport(sent=1)
        assert company.outbox().send_due() == SendReport()
    (sms,) = desk.taken
    assert sms.path == "/sms?compte=numi"
    assert sms.headers["Authorization"] == "Bearer jeton"
    assert sms.headers["Idempotency-Key"] == "1.J-14@example.org"
    assert sms.body == {
        "sms": [
            {
                "a": "+33639981234",
                "texte": 'numi Dites "oui" {to}\\ à 5€\nSTOP',
                "ref": "1.J-14@example.org",
                "n": 1,
            }
        ],
        "cle": "jeton",
    }


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_encrypted_and_logged_in(company: Company, security: Security) -> None:
    company.queue()
    with post_office(security=security, login=True) as post:
        options: dict[str, Any] = {"security": security, "authorities": CERTIFICATE}
        company.outside = reach(post.port, user=USER, password="wrong", **options, folder=Path("/none"))
        report = company.outbox().send_due()
        assert not report.sent
        assert "refuse l’identifiant ou le mot de passe" in report.unreachable[0]
        company.wait(hours=1)
        company.outside = reach(post.port, user=USER, password=PASSWORD, **options, folder=Path("/none"))
        assert company.outbox().send_due() == SendReport(sent=1)
    (letter,) = post.letters
    assert letter.encrypted
    assert letter.user == USER


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_a_certificate_that_is_not_trusted_gets_nothing(company: Company, security: Security) -> None:
    company.queue()
    with post_office(security=security) as post:
        company.outside = reach(post.port, security=security, folder=Path("/none"))
        report = company.outbox().send_due()
    assert report.exit_code == 3
    assert "certificat" in report.unreachable[0]
    assert not post.letters


def test_a_server_without_encryption_gets_nothing_when_it_is_wanted(company: Company, post: Post) -> None:
    company.queue()
    company.outside = reach(post.port, security=Security.STARTTLS, folder=Path("/none"))
    report = company.outbox().send_due()
    assert report.exit_code == 3
    assert "ne propose pas le chiffrement" in report.unreachable[0]
    assert not post.letters


def test_an_sms_service_is_not_followed_elsewhere(company: Company, desk: SmsDesk) -> None:
    with sms_desk() as other:
        desk.orders, desk.location = [302], other.url
        company.outside = Outside(sms=SmsService(desk.url, "jeton"), folder=company.path.parent)
        company.queue(channel="sms")
        report = company.outbox().send_due()
    assert report.unreachable
    assert not other.taken
    assert company.messages()["<1.J-14@example.org>"].status == "queued"


def test_the_folder_gets_private_files(company: Company, tmp_path: Path) -> None:
    company.queue(1)
    company.queue(2, channel="sms", phone="+33639985678")
    assert company.outbox().send_due() == SendReport(sent=2)
    folder = tmp_path / "messages"
    assert folder.stat().st_mode & 0o777 == 0o700
    mail, sms = sorted(folder.iterdir(), key=lambda file: file.suffix)
    assert (mail.suffix, sms.suffix) == (".eml", ".txt")
    assert mail.stat().st_mode & 0o777 == sms.stat().st_mode & 0o777 == 0o600
    assert mail.name.startswith("20251217-0800-J-14-")
    assert sms.read_text() == "+33639985678\n\nBonjour 2, à bientôt.\nSTOP au 36105\n"
    assert b"Message-ID: <1.J-14@example.org>" in mail.read_bytes()


def test_a_link_in_the_folder_is_not_followed(company: Company, tmp_path: Path) -> None:
    company.queue(channel="sms")
    company.outbox().send_due()
    (file,) = (tmp_path / "messages").iterdir()
    precious = tmp_path / "precious"
    precious.write_text("kept")
    file.unlink()
    file.symlink_to(precious)
    with company.database.writing() as session:
        session.connection().execute(text("UPDATE message SET status = 'queued'"))
    company.outbox().send_due()
    assert precious.read_text() == "kept"
    assert not file.is_symlink()


# -- what must not go ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "status", "why"),
    [
        ({"opposed_email": True}, "cancelled", "ne veut plus"),
        ({"email_usable": False}, "cancelled", "inutilisable"),
        ({"kind": "cloture", "email_usable": False}, "failed", "inutilisable"),
        ({"status": "renewed"}, "cancelled", "renouvelé"),
        ({"status": "downgraded"}, "cancelled", "formule inférieure"),
        ({"status": "paused"}, "cancelled", "en pause"),
        ({"status": "cancelled"}, "cancelled", "refusé"),
        ({"kind": "J-0", "status": "renewed"}, "cancelled", "renouvelé"),
        ({"valid_until": paris("2025-12-17T09:00")}, "cancelled", "plus d’actualité"),
        ({"channel": "sms", "opposed_sms": True}, "cancelled", "ne veut plus"),
        ({"channel": "sms", "phone_kind": "landline"}, "cancelled", "mobile"),
        ({"channel": "sms", "text": "Sans la mention"}, "cancelled", "STOP"),
        ({"kind": "suivi-3-mois", "opposed_email": True}, "cancelled", "ne veut plus"),
        ({"kind": "J-0", "opposed_email": True}, "sent", ""),
        ({"kind": "cloture", "opposed_email": True}, "sent", ""),
        ({"kind": "confirmation-pause", "opposed_email": True, "status": "paused"}, "sent", ""),
        ({"kind": "confirmation-pause", "channel": "sms", "opposed_sms": True, "text": "Noté"}, "sent", ""),
        ({"opposed_sms": True}, "sent", ""),
        ({"kind": "J+7", "status": "expired"}, "sent", ""),
        ({"valid_until": paris("2025-12-17T09:01")}, "sent", ""),
        ({"kind": "transition", "opposed_email": True, "status": "downgraded"}, "sent", ""),
    ],
)
def test_a_message_is_looked_at_again_before_it_goes(
    company: Company, columns: dict[str, object], status: str, why: str
) -> None:
    number = company.queue(**columns)  # type: ignore[arg-type]
    report = company.outbox().send_due()
    (message,) = company.messages().values()
    assert message.status == status
    assert why in message.error
    assert report == SendReport(sent=1) if status == "sent" else SendReport(cancelled=1)
    assert company.outbox().file(number).row.status == status


def test_a_reminder_is_not_sent_once_the_expiry_is_over(company: Company) -> None:
    company.queue(kind="J-3")
    company.now = paris("2026-01-01T00:00")
    assert company.outbox().send_due() == SendReport(cancelled=1)


def test_an_address_put_right_in_the_meantime_is_used(company: Company, post: Post, by_smtp: Outside) -> None:
    company.outside = by_smtp
    company.queue()
    with company.database.writing() as session:
        client = session.get(Client, 1)
        assert client
        client.email = "nouvelle@example.org"
    company.outbox().send_due()
    assert post.letters[0].recipients == ("nouvelle@example.org",)
    assert company.messages()["<1.J-14@example.org>"].recipient == "nouvelle@example.org"


@pytest.mark.parametrize(
    ("now", "timezone", "at"),
    [
        ("2025-12-17T20:00", "Europe/Paris", "2025-12-18T08:00"),
        ("2025-12-20T21:00", "Europe/Paris", "2025-12-22T08:00"),
        ("2025-12-24T22:00", "Europe/Paris", "2025-12-26T08:00"),
        ("2025-12-17T17:30", "Indian/Reunion", "2025-12-18T05:00"),
        ("2025-12-17T08:30", "America/Martinique", "2025-12-17T13:00"),
    ],
)
def test_an_sms_waits_for_a_lawful_hour(company: Company, now: str, timezone: str, at: str) -> None:
    company.now = paris(now)
    company.queue(channel="sms", timezone=timezone)
    assert company.outbox().send_due() == SendReport()
    assert company.outbox().next_due() == paris(at)
    company.now = paris(at) - timedelta(seconds=1)
    assert company.outbox().send_due() == SendReport()
    company.now = paris(at)
    assert company.outbox().send_due() == SendReport(sent=1)
    assert company.messages()["<1.J-14@example.org>"].attempts == 1


@pytest.mark.parametrize(("asked", "true"), [("2025-12-17T10:00", "2025-12-17T23:00")])
def test_the_hour_of_an_sms_is_the_machine_s_whatever_date_is_asked_for(
    company: Company, asked: str, true: str
) -> None:
    company.now = paris(asked)
    company.queue(channel="sms", timezone="Europe/Paris")
    ctx = Context(company.database, company.clock, CONTENT, "", machine=frozen_at(paris(true)))
    on_a_real_base = OutboxService(replace(ctx, outside=company.outside))
    assert on_a_real_base.send_due() == SendReport()
    assert on_a_real_base.next_due() == paris(asked) + timedelta(hours=9)  # eight the next morning
    with company.database.writing() as session:
        session.connection().exec_driver_sql("UPDATE message SET not_before = created_at")
    trial = OutboxService(replace(ctx, outside=company.outside, trial=True))
    assert trial.send_due() == SendReport(sent=1)


def test_a_demo_never_reaches_the_outside(company: Company, post: Post, by_smtp: Outside) -> None:
    from console.db.meta import write_meta

    company.queue()
    with company.database.writing() as session:
        write_meta(session, "demo", "demo")
    assert company.outbox(smtp=by_smtp.smtp, folder=by_smtp.folder).send_due() == SendReport(sent=1)
    assert not post.letters
    assert by_smtp.folder
    assert len(list(by_smtp.folder.iterdir())) == 1


def test_a_trial_base_reaches_no_other_machine(company: Company, post: Post, by_smtp: Outside) -> None:
    assert by_smtp.smtp
    company.queue()
    away = replace(by_smtp.smtp, host="smtp.exemple.fr")
    assert company.outbox(smtp=away, folder=by_smtp.folder).send_due() == SendReport(sent=1)
    assert not post.letters
    assert by_smtp.folder
    assert len(list(by_smtp.folder.iterdir())) == 1


# -- seen and done again -------------------------------------------------------------------------------


def test_failed_messages_are_seen_and_retried(company: Company, post: Post, by_smtp: Outside) -> None:
    company.outside = by_smtp
    number = company.queue()
    outbox = company.outbox()
    post.orders["DATA"] = ["554 5.6.0 No"]
    assert outbox.send_due() == SendReport(failed=1)
    page = outbox.page(MessageStatus.FAILED)
    total, (row,) = page.total, page.rows
    assert (total, row.id, row.code, row.name) == (1, number, "CLT-00001", "Marie Dupuis")
    assert row.error == "Le serveur refuse le message\u202f: 554 5.6.0 No."
    assert outbox.counts()[MessageStatus.FAILED] == 1
    post.orders.clear()
    outbox.retry(number)
    assert outbox.send_due() == SendReport(sent=1)
    assert [event.kind for event in company.all(Event)] == ["message_failed", "message_retried", "mail_sent"]
    assert outbox.page(MessageStatus.FAILED) == RowsPage(0, ())


def test_all_that_failed_is_sent_again_once_what_stopped_it_is_mended(
    company: Company, post: Post, by_smtp: Outside
) -> None:
    company.outside = by_smtp
    for number in range(3):
        company.queue(number)
    late = company.queue(3, valid_until=company.now + timedelta(hours=1))
    post.orders["DATA"] = ["554 5.6.0 No"] * 4
    outbox = company.outbox()
    while outbox.counts()[MessageStatus.FAILED] < 4:
        outbox.send_due()
    post.orders.clear()
    company.wait(hours=2)
    assert outbox.retry_all() == 3
    assert outbox.send_due() == SendReport(sent=3)
    assert [row.id for row in outbox.page(MessageStatus.FAILED).rows] == [late]
    assert outbox.retry_all() == 0


def test_what_waits_is_shown_in_the_order_it_will_go(company: Company) -> None:
    for number in (1, 2, 3):
        company.queue(number, not_before=company.now + timedelta(hours=4 - number))
    page = company.outbox().page(MessageStatus.QUEUED, offset=1, limit=1)
    assert page.total == 3
    assert [row.code for row in page.rows] == ["CLT-00002"]
    assert company.outbox().next_due() == company.now + timedelta(hours=1)


def test_the_limit_of_a_delivery(company: Company) -> None:
    for number in range(5):
        company.queue(number)
    assert company.outbox().send_due(2) == SendReport(sent=2)
    assert company.outbox().send_due() == SendReport(sent=3)


def test_told_to_stop_it_stops_between_two_messages(company: Company) -> None:
    for number in range(5):
        company.queue(number)
    asked = iter([False, False, True, True])
    assert company.outbox().send_due(stop=lambda: next(asked)) == SendReport(sent=2)
    left = [message.status for message in company.messages().values()]
    assert left.count("queued") == 3
    assert not any(message.lease_token for message in company.messages().values())


def test_attempts_end(company: Company, post: Post, by_smtp: Outside) -> None:
    company.outside = by_smtp
    company.queue()
    post.orders["RCPT"] = ["451 4.3.0 Later"]
    waits = []
    for _ in range(MAX_ATTEMPTS - 1):
        assert company.outbox().send_due() == SendReport(postponed=1)
        assert company.outbox().send_due() == SendReport()
        due = company.outbox().next_due()
        assert due
        waits.append((due - company.now).total_seconds() / 60)
        company.now = due
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 240, 240, 240]
    assert company.outbox().send_due() == SendReport(failed=1)
    (message,) = company.messages().values()
    assert (message.status, message.attempts) == ("failed", MAX_ATTEMPTS)
    assert "451 4.3.0 Later" in message.error


@pytest.mark.parametrize(
    "said", ["552 5.1.1 Boite du destinataire pleine. Recipient overquota.", "550 No such user"]
)
def test_a_full_mailbox_or_a_bare_word_condemns_nobody(
    company: Company, post: Post, by_smtp: Outside, said: str
) -> None:
    company.outside = by_smtp
    company.queue()
    post.orders["RCPT"] = [said]
    assert company.outbox().send_due() == SendReport(failed=1)
    assert company.one(Client).email_usable


def test_an_unknown_mailbox_is_not_written_to_again(company: Company, post: Post, by_smtp: Outside) -> None:
    company.outside = by_smtp
    company.queue()
    post.orders["RCPT"] = ["550 5.1.1 No such user"]
    assert company.outbox().send_due() == SendReport(failed=1)
    assert not company.one(Client).email_usable
    assert "bounced" in [event.kind for event in company.all(Event)]


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        ("MAIL", "550 5.7.1 No"),
        ("MAIL", "553 5.1.8 Not yours"),
        ("RCPT", "550 5.7.1 Relaying denied"),
        ("RCPT", "550 5.1.0 <support@numi.support>: Sender address rejected: User unknown"),
        ("RCPT", "554 5.7.1 Service unavailable; client host blocked using zen.spamhaus.org"),
        ("RCPT", "550 5.1.1 <support@numi.support>: Sender address rejected: User unknown"),
        ("RCPT", "550 5.4.5 Daily user sending quota exceeded"),
        ("DATA", "550 5.1.0 From address not allowed"),
        ("DATA", "554 5.7.1 Message refused by local policy"),
        ("DATA", "554 5.7.1 [CS] Message blocked"),
    ],
)
def test_a_refused_sender_stops_the_run_and_condemns_nobody(
    company: Company, post: Post, by_smtp: Outside, moment: str, said: str
) -> None:
    company.outside = by_smtp
    company.queue(1)
    company.queue(2)
    post.orders[moment] = [said]
    report = company.outbox().send_due()
    assert (report.sent, report.postponed, report.failed, report.exit_code) == (0, 1, 0, 3)
    assert "mail_from" in report.unreachable[0]
    assert "support@numi.support" in report.unreachable[0]
    assert {message.status for message in company.all(Message)} == {"queued"}
    assert all(client.email_usable for client in company.all(Client))
    del post.orders[moment]
    company.wait(hours=1)
    assert company.outbox().send_due().sent == 2


def test_one_bad_message_does_not_hold_back_the_others(
    company: Company, post: Post, by_smtp: Outside
) -> None:
    company.outside = by_smtp
    company.queue(1, email="a@b, evil@example.org")
    company.queue(2)
    report = company.outbox().send_due()
    assert (report.sent, report.failed) == (1, 1)
    assert [letter.recipients for letter in post.letters] == [("c2@example.org",)]


def test_a_kept_connection_that_was_closed_costs_nothing(
    company: Company, post: Post, by_smtp: Outside
) -> None:
    company.outside = by_smtp
    for number in range(4):
        company.queue(number)
    post.orders["MAIL"] = [None, "421 Too many messages on this connection", None, None, None]
    assert company.outbox().send_due() == SendReport(sent=4)
    assert len(set(post.ids)) == 4
    assert {message.attempts for message in company.messages().values()} == {1}


def test_a_server_that_is_away_stops_nothing_else(company: Company, desk: SmsDesk) -> None:
    company.outside = Outside(
        smtp=SmtpServer("localhost", 1, Security.NONE), sms=SmsService(desk.url), link_secret="x" * 16
    )
    company.queue(1)
    company.queue(2)
    company.queue(3, channel="sms")
    report = company.outbox().send_due()
    assert (report.sent, report.postponed, len(report.unreachable)) == (1, 1, 1)
    assert report.exit_code == 1
    assert sorted(message.attempts for message in company.messages().values()) == [0, 1, 1]


def test_a_server_that_refuses_everything_is_not_given_everything(
    company: Company, post: Post, by_smtp: Outside
) -> None:
    company.outside = by_smtp
    for number in range(8):
        company.queue(number)
    post.orders["RCPT"] = [*(f"550 5.5.0 <c{number}@example.org> refused" for number in range(4)), "554 No"]
    report = company.outbox().send_due()
    assert (report.sent, report.failed, report.exit_code) == (0, REFUSED_FIRST, 3)
    assert "les autres attendent" in report.unreachable[0]
    assert report.answer == "550 5.5.0 <c0@example.org> refused"
    post.orders.clear()
    assert company.outbox().retry_all() == REFUSED_FIRST
    assert company.outbox().send_due() == SendReport(sent=8)
    assert sorted(post.ids) == sorted(company.messages())


def test_refusals_after_a_message_was_taken_stop_nothing(
    company: Company, post: Post, by_smtp: Outside
) -> None:
    company.outside = by_smtp
    for number in range(8):
        company.queue(number)
    post.orders["RCPT"] = [None, "550 5.1.1 No such user"]
    assert company.outbox().send_due() == SendReport(sent=1, failed=7)
