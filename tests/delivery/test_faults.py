"""Whatever happens to the sender or to the server: nothing is lost, and nothing is received three times."""

import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from console.base.errors import ConflictError
from console.base.vocabulary import Channel, MessageStatus
from console.db.tables import Event, Message
from console.messages.delivery_rules import LEASE, MAX_ATTEMPTS
from console.messages.leases import SendReport
from console.outside.mail import SmtpGateway
from console.outside.mime import Sender
from console.outside.outside import Outside
from console.outside.servers import Security, SmsService, SmtpServer
from console.outside.sms import SmsGateway
from tests.delivery.conftest import WEDNESDAY, Company, reach
from tests.delivery.post import Post, SmsDesk, drop, post_office, raw_server, wait
from tests.program import home
from tests.ready import Ready

SENDER = Sender("numi", "support@numi.support", "support@numi.support")


def hasty(post_port: int, *, answer: float = 0.5, send: float = 1.5) -> Callable[[], dict[Channel, Any]]:
    """The way out with little patience."""
    server = SmtpServer("localhost", post_port, Security.NONE)
    return lambda: {Channel.EMAIL: SmtpGateway(server, SENDER, answer=answer, send=send)}


def run_until_done(company: Company, gateways: Callable[[], Any] | None = None) -> list[SendReport]:
    """What days of a sender that runs when something is due come to."""
    reports = []
    for _ in range(60):
        outbox = company.outbox()
        outbox._gateways = gateways
        reports.append(outbox.send_due())
        waiting = [message for message in company.all(Message) if message.status == "queued"]
        if not waiting:
            return reports
        company.now = max(
            company.now, min(max(one.not_before, one.lease_until or one.not_before) for one in waiting)
        )
    raise AssertionError("never done")


# -- the server misbehaves -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "orders", "received", "attempts"),
    [
        ("MAIL", ["451 4.3.2 Try later", None], 1, 2),
        ("RCPT", ["450 4.2.1 Greylisted", "450 4.2.1 Greylisted", None], 1, 3),
        ("DATA", ["452 4.3.1 Full", None], 1, 2),
        ("TAKEN", ["451 4.3.0 Taken yet refused", None], 2, 2),
        ("MAIL", [drop, None], 1, 1),  # the connection is made anew at once: nothing was said yet
        ("RCPT", [drop, None], 1, 2),
        ("DATA", [drop, None], 1, 2),
        ("TAKEN", [drop, None], 2, 2),
        ("RCPT", [wait(0.7), None], 1, 2),
        ("DATA", [wait(0.7), None], 1, 2),
        ("TAKEN", [wait(0.7), None], 2, 2),
        ("RCPT", [wait(0.2), None], 1, 1),
        ("TAKEN", [wait(0.2), None], 1, 1),
    ],
)
def test_a_server_that_fails_once(
    company: Company, post: Post, moment: str, orders: list[Any], received: int, attempts: int
) -> None:
    company.queue()
    post.orders[moment] = list(orders)
    run_until_done(company, hasty(post.port))
    time.sleep(0.3 if wait in orders else 0)
    (message,) = company.messages().values()
    assert (message.status, message.attempts) == ("sent", attempts)
    assert post.ids == [message.message_id] * received


@pytest.mark.parametrize("trouble", [drop, wait(0.7)])
def test_an_answer_that_never_comes_is_waited_for_twice_only(
    company: Company, post: Post, trouble: Any
) -> None:
    company.queue()
    post.orders["TAKEN"] = [trouble]
    run_until_done(company, hasty(post.port))
    (message,) = company.messages().values()
    assert (message.status, message.attempts, message.uncertain) == ("unsure", 2, 2)
    assert "n’a pas dit s’il acceptait" in message.error
    assert post.ids == [message.message_id] * 2
    assert [event.kind for event in company.all(Event)] == ["message_failed"]


@pytest.mark.parametrize("moment", ["RCPT", "DATA"])
@pytest.mark.parametrize("answer", ["550 5.7.1 No", "554 No"])
def test_a_refusal_for_good_is_seen_at_once(company: Company, post: Post, moment: str, answer: str) -> None:
    company.queue(1)
    company.queue(2)
    post.orders[moment] = [answer, None]
    reports = run_until_done(company, hasty(post.port))
    assert reports == [SendReport(sent=1, failed=1)]
    assert Counter(message.status for message in company.messages().values()) == {"failed": 1, "sent": 1}
    assert len(post.ids) == 1


def _then(*said: bytes) -> Callable[[socket.socket], None]:
    def talk(connection: socket.socket) -> None:
        for line in said:
            connection.sendall(line)
        time.sleep(0.1)

    return talk


def _drip(connection: socket.socket) -> None:
    for byte in b"220 " + b"x" * 400:
        connection.sendall(bytes([byte]))
        time.sleep(0.1)


@pytest.mark.parametrize(
    "talk",
    [
        _then(),
        _then(b"220 hello\r\n"),
        _then(b"421 4.3.2 Closing\r\n"),
        _then(b"554 5.7.1 You are blocked\r\n"),
        _then(b"220 hello\r\n", b"421 4.7.0 No more\r\n"),
        _then(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        _then(b"220 " + b"x" * 100_000 + b"\r\n"),
        _then(b"\xff\xfe\x00\r\n"),
    ],
)
def test_a_server_that_greets_then_fails(company: Company, talk: Callable[[socket.socket], None]) -> None:
    company.queue(1)
    company.queue(2)
    with raw_server(talk) as port:
        outbox = company.outbox()
        outbox._gateways = hasty(port)
        report = outbox.send_due()
    assert (report.sent, report.postponed, report.exit_code) == (0, 1, 3)
    assert report.unreachable
    assert {message.status for message in company.messages().values()} == {"queued"}
    with post_office() as post:
        run_until_done(company, hasty(post.port))
        assert sorted(post.ids) == sorted(company.messages())


def test_a_server_that_never_answers_ends_with_a_message_in_plain_sight(company: Company) -> None:
    company.queue()
    with raw_server(_then(b"421 4.3.2 Closing\r\n")) as port:
        reports = run_until_done(company, hasty(port))
    assert len(reports) == MAX_ATTEMPTS
    assert reports[-1].failed == 1
    (message,) = company.messages().values()
    assert "421 4.3.2 Closing" in message.error


def test_an_answer_that_comes_in_drops_is_cut_short(company: Company) -> None:
    """Each byte comes in time, the whole never does: the sender must not outlive its lease."""

    def talk(connection: socket.socket) -> None:
        connection.sendall(b"220 hello\r\n")
        connection.recv(1000)
        connection.sendall(b"250 here\r\n")
        connection.recv(1000)
        _drip(connection)

    company.queue()
    with raw_server(talk) as port:
        outbox = company.outbox()
        outbox._gateways = hasty(port, answer=1, send=0.6)
        began = time.monotonic()
        assert outbox.send_due().postponed == 1
        assert time.monotonic() - began < 6


@pytest.mark.parametrize(
    ("codes", "status", "attempts", "requests"),
    [
        ([503, 429, 200], "sent", 3, 3),
        ([0, 200], "sent", 2, 2),
        ([0], "unsure", 2, 2),
        ([504], "unsure", 2, 2),
        ([400], "failed", 1, 1),
        ([422], "failed", 1, 1),
        ([401, 200], "sent", 2, 2),
        ([404, 201], "sent", 2, 2),
        ([500], "failed", MAX_ATTEMPTS, MAX_ATTEMPTS),
    ],
)
def test_an_sms_service_that_fails(
    company: Company, desk: SmsDesk, codes: list[int], status: str, attempts: int, requests: int
) -> None:
    company.queue(channel="sms")
    desk.orders = codes
    run_until_done(company, lambda: {Channel.SMS: SmsGateway(SmsService(desk.url), answer=2, send=2)})
    (message,) = company.messages().values()
    assert (message.status, message.attempts, len(desk.taken)) == (status, attempts, requests)
    assert {sms.body["id"] for sms in desk.taken} == {message.message_id.strip("<>")}


# -- the sender dies -----------------------------------------------------------------------------------


def test_a_sender_killed_at_any_moment_loses_nothing(tmp_path: Path) -> None:
    company = Company(tmp_path / "start.db", WEDNESDAY)
    for number in (1, 2):
        company.queue(number)
    company.database.close()
    repeats = {}
    with post_office() as post:
        command = [sys.executable, "-m", "tests.delivery.killed", str(post.port), str(tmp_path)]
        killed = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert killed.stdout
        assert killed.stdin
        for line in killed.stdout:
            moment = line.strip()
            if moment in AT_THE_SERVER:
                _until(lambda: len(post.letters) == 1)
            left = Company(tmp_path / f"{moment}.db", WEDNESDAY)
            left.outside = reach(post.port, folder=tmp_path)
            uncertain = [one.uncertain for one in left.all(Message)]
            assert uncertain == [int(moment in MARKED), 0], moment
            again = left.outbox().send_due()
            leased = [one for one in left.all(Message) if one.lease_token]
            assert len(leased) == (moment not in NOT_LEASED), moment
            left.now += LEASE
            then = left.outbox().send_due()
            assert [message.status for message in left.all(Message)] == ["sent", "sent"], moment
            assert again.sent + then.sent + (moment == "marked") == 2, moment
            left.database.close()
            received = Counter(post.ids)
            assert set(received) == {"<1.J-14@example.org>", "<2.J-14@example.org>"}, moment
            assert received["<2.J-14@example.org>"] == 1, moment
            repeats[moment] = received["<1.J-14@example.org>"] - 1
            post.letters.clear()
            killed.stdin.write("\n")
            killed.stdin.flush()
        killed.stdin.close()
        assert killed.wait() == 0
    assert repeats == {moment: int(moment in AT_THE_SERVER - {"marked"}) for moment in repeats}
    assert len(repeats) == 15


NOT_LEASED = {"before-connecting", "connected", "before-lease"}
AT_THE_SERVER = {"end", "answer", "sent", "before-marking", "marked"}
MARKED = AT_THE_SERVER - {"marked"} | {"handed-over"}
"""Only the last line of a message, or what follows it, may have made it the server's."""


def test_a_message_whose_sender_dies_twice_waits_for_somebody(company: Company) -> None:
    number = company.queue()
    with company.database.writing() as session:
        message = session.get(Message, number)
        assert message
        message.lease_token, message.uncertain = "dead", 2
        message.lease_until = company.now
    assert company.outbox().send_due() == SendReport(failed=1)
    (message,) = company.messages().values()
    assert (message.status, message.uncertain) == ("unsure", 2)
    company.outbox().retry(number)
    assert company.outbox().send_due() == SendReport(sent=1)
    with pytest.raises(ConflictError):
        company.outbox().let_be(number)


def test_what_may_have_been_received_is_never_a_failure_but_when_refused(
    company: Company, post: Post, by_smtp: Outside
) -> None:
    company.outside = by_smtp
    number, refused = company.queue(1), company.queue(2)
    post.orders["TAKEN"] = [drop]
    while company.outbox().send_due() != SendReport():
        company.now = company.outbox().next_due() or company.now
        if {one.status for one in company.messages().values()} == {"unsure"}:
            break
    assert {one.status for one in company.messages().values()} == {"unsure"}
    assert company.outbox().counts()[MessageStatus.FAILED] == 0
    company.outbox().let_be(number)
    company.outbox().retry(refused)
    post.orders["RCPT"] = ["550 5.1.1 No such user"]
    assert company.outbox().send_due() == SendReport(failed=1)
    states = {one.id: one.status for one in company.messages().values()}
    assert states == {number: "cancelled", refused: "failed"}


def test_a_lease_that_was_lost_says_nothing_more(company: Company, post: Post, by_smtp: Outside) -> None:
    """A sender so slow that another one took its message over does not touch what the other one wrote."""
    company.outside = by_smtp
    number = company.queue()

    def taken_over(_server: Any) -> None:
        with company.database.writing() as session:
            message = session.get(Message, number)
            assert message
            message.lease_token, message.error = "another", "theirs"

    post.orders["RCPT"] = [taken_over]
    company.outbox().send_due()
    (message,) = company.messages().values()
    assert (message.status, message.lease_token, message.error) == ("queued", "another", "theirs")


def test_a_message_cancelled_while_it_is_sent(company: Company, post: Post, by_smtp: Outside) -> None:
    """What went is known to have gone; what did not go stays cancelled."""
    company.outside = by_smtp
    company.queue(1)

    def cancel(_server: Any) -> None:
        with company.database.writing() as session:
            session.connection().execute(text("UPDATE message SET status = 'cancelled'"))

    post.orders["TAKEN"] = [cancel]
    assert company.outbox().send_due() == SendReport(sent=1)
    assert company.messages()["<1.J-14@example.org>"].status == "sent"
    company.queue(2)
    company.queue(3, not_before=company.now)
    post.orders = {"RCPT": [cancel, None]}
    assert company.outbox().send_due() == SendReport()
    assert len(post.letters) == 1
    company.queue(4)
    post.orders = {"DATA": [cancel, "451 Later"]}
    assert company.outbox().send_due().sent <= 1
    assert company.messages()["<2.J-14@example.org>"].status == "cancelled"


# -- from outside --------------------------------------------------------------------------------------


class Senders:
    """`hotliner envoyer` as processes of their own."""

    def __init__(self, folder: Path, url: str, port: int) -> None:
        self._command = ["envoyer", "--base", url]
        self._env = {
            **os.environ,
            **home(folder),
            "HOTLINER_SMTP_HOST": "localhost",
            "HOTLINER_SMTP_PORT": str(port),
            "HOTLINER_SMTP_SECURITY": "none",
        }
        self.running: list[Ready] = []

    def start(self, date: str, *options: str) -> Ready:
        process = Ready((*self._command, "--date", date, *options), env=self._env)
        self.running.append(process)
        return process

    def run(self, date: str) -> tuple[int | None, str, str]:
        process = self.start(date)
        out, err = process.communicate(timeout=300)
        return process.returncode, out, err


@pytest.fixture
def senders(tmp_path: Path) -> Iterator[Callable[[str, int], Senders]]:
    made: list[Senders] = []

    def make(url: str, port: int) -> Senders:
        made.append(Senders(tmp_path, url, port))
        return made[-1]

    yield make
    for one in made:
        for process in one.running:
            process.kill()
            process.communicate()


def test_two_senders_at_once_send_each_message_once(
    url: str, tmp_path: Path, post: Post, senders: Callable[[str, int], Senders]
) -> None:
    company = Company(tmp_path / "base.db", WEDNESDAY, url=url)
    for number in range(40):
        company.queue(number)
    post.orders["DATA"] = [wait(0.02)]
    sending = senders(url, post.port)
    processes = [sending.start("2025-12-17T10:00") for _ in range(2)]
    told = [process.communicate(timeout=90) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], told
    assert sorted(post.ids) == sorted(company.messages())
    assert {(one.status, one.attempts) for one in company.messages().values()} == {("sent", 1)}
    shares = [int(out.split()[2]) for out, _ in told]
    assert sum(shares) == 40
    company.database.close()


def test_senders_killed_at_random_lose_nothing(
    tmp_path: Path, post: Post, senders: Callable[[str, int], Senders]
) -> None:
    company = Company(tmp_path / "base.db", WEDNESDAY)
    for number in range(30):
        company.queue(number)
    post.orders["RCPT"] = [wait(0.03)]
    sending = senders(f"sqlite:///{tmp_path / 'base.db'}", post.port)
    chance = random.Random(3)
    for round_ in range(4):
        process = sending.start(f"2025-12-17T{10 + round_}:00")
        deadline, enough = time.monotonic() + 20, len(post.letters) + chance.randint(1, 3)
        while len(post.letters) < enough and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.002)
        time.sleep(chance.random() * 0.05)
        process.send_signal(signal.SIGKILL)
        process.wait()
    code, out, err = sending.run("2025-12-18T09:00")
    assert code in (0, 1), (out, err)
    received = Counter(post.ids)
    assert {one.message_id for one in company.messages().values() if one.status == "sent"} <= set(received)
    assert max(received.values()) <= 2
    assert sum(count - 1 for count in received.values()) <= 4
    for message in company.messages().values():
        assert message.status == "sent" or (message.status, message.uncertain) == ("unsure", 2)
    company.database.close()


def test_a_sender_that_keeps_going_stops_politely(
    tmp_path: Path, post: Post, senders: Callable[[str, int], Senders]
) -> None:
    company = Company(tmp_path / "base.db", WEDNESDAY)
    company.queue(1)
    post.orders["DATA"] = [None, wait(0.6)]
    process = senders(f"sqlite:///{tmp_path / 'base.db'}", post.port).start("2025-12-17T10:00", "--continu")
    _until(lambda: len(post.letters) == 1)
    company.queue(2)  # while it runs
    _until(lambda: any(one.lease_token for one in company.all(Message)), timeout=15)
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert {message.status for message in company.messages().values()} == {"sent"}
    assert post.ids == ["<1.J-14@example.org>", "<2.J-14@example.org>"]
    assert sum(map(int, re.findall(r"(\d+) envoyés?", out))) == 2
    company.database.close()


def _until(true: Callable[[], bool], timeout: float = 20) -> None:
    deadline = time.monotonic() + timeout
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_exit_code_of_a_server_that_is_away(tmp_path: Path) -> None:
    company = Company(tmp_path / "base.db", WEDNESDAY)
    company.queue()
    sending = Senders(tmp_path, f"sqlite:///{tmp_path / 'base.db'}", 1)
    code, out, err = sending.run("2025-12-17T10:00")
    assert code == 3
    assert "Le serveur de messagerie localhost:1 ne répond pas." in err
    assert "0 envoyé" in out
    company.database.close()
