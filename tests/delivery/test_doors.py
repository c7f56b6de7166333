"""Messages leave by one door: the base keeps it, and a machine set up otherwise takes nothing."""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlmodel import Session

from console.base.errors import BusyError, ForbiddenError
from console.base.roles import Role
from console.context import Context
from console.db.meta import TRIAL, write_meta
from console.db.tables import Event, Message
from console.messages import delivery
from console.messages.courier import IDLE_SECONDS, Courier
from console.messages.outbox import OutboxService
from console.outside.outside import Outside
from tests.delivery.conftest import WEDNESDAY, Company, reach
from tests.delivery.post import Post
from tests.program import home
from tests.ready import Ready
from tests.world import CONTENT, plain


def outbox(company: Company, outside: Outside, role: Role = Role.ADMINISTRATOR) -> OutboxService:
    ctx = Context(
        company.database, company.clock, CONTENT, "Anne", machine=company.clock, outside=outside, role=role
    )
    return OutboxService(ctx)


@pytest.fixture
def by_post(post: Post, tmp_path: Path) -> Outside:
    """A machine with a mail server, and no service of SMS."""
    return reach(post.port, folder=tmp_path / "here")


def waiting(company: Company) -> Counter[str]:
    return Counter(one.status for one in company.all(Message))


@pytest.fixture
def shared(tmp_path: Path, postgresql: str) -> Iterator[Company]:
    company = Company(tmp_path / "unused.db", WEDNESDAY, url=postgresql)
    yield company
    company.database.close()


def test_another_machine_takes_nothing_until_a_supervisor_says_so(
    company: Company, by_post: Outside, tmp_path: Path
) -> None:
    company.queue(1)
    assert outbox(company, by_post).send_due().sent == 1
    company.queue(2)
    folder = Outside(folder=tmp_path / "elsewhere", named=True)
    report = outbox(company, folder).send_due()
    assert (report.sent, report.exit_code) == (0, 3)
    (said,) = map(plain, report.unreachable)
    assert said.startswith("Les e-mails de cette base partent par localhost, support@numi.support (session ")
    assert "hotliner envoyer --porte" in said
    assert waiting(company) == {"sent": 1, "queued": 1}
    with pytest.raises(ForbiddenError):
        outbox(company, folder, Role.HOTLINER).change_doors()
    assert "le dossier des messages" in outbox(company, folder).change_doors()[0]
    assert outbox(company, folder).send_due().sent == 1
    assert outbox(company, by_post).send_due().unreachable == []  # nothing is due: nothing to say
    assert [one.text for one in company.all(Event) if one.kind == "audit"] == ["door.changed"]


def test_the_folder_gives_way_to_the_first_server(company: Company, by_post: Outside) -> None:
    company.queue(1)
    assert company.outbox().send_due().sent == 1
    company.queue(2)
    assert outbox(company, by_post).send_due().sent == 1
    assert [plain(one).partition(" (")[0] for one in company.outbox().doors()] == [
        "Les e-mails de cette base partent par localhost, support@numi.support"
    ]


def test_a_console_on_a_shared_base_delivers_nothing(shared: Company, by_post: Outside) -> None:
    shared.queue(1)
    done: list[str] = []
    one = Courier(lambda: outbox(shared, by_post), lambda _stop: done.append("daily"))
    assert one.round() == IDLE_SECONDS
    assert (waiting(shared), done) == ({"queued": 1}, ["daily"])
    assert plain(outbox(shared, by_post).ways().words) == "remis par hotliner envoyer"
    assert outbox(shared, by_post).send_due().sent == 1
    words = "remis par hotliner envoyer · e-mail par localhost, support@numi.support"
    assert plain(outbox(shared, by_post).ways().words) == words


def test_a_shared_base_has_no_folder_that_nobody_asked_for(
    shared: Company, by_post: Outside, tmp_path: Path, postgresql: str
) -> None:
    shared.queue(1)
    shared.queue(2, channel="sms", phone="+33639980001")
    with shared.database.writing() as session:
        write_meta(session, TRIAL, "")
    command = ("envoyer", "--base", postgresql, "--date", "2025-12-17T09:00", "--date-sure")
    sender = Ready(command, env={**os.environ, **home(tmp_path), "HOTLINER_ESSAI": ""})
    out, err = sender.communicate(timeout=60)
    assert sender.returncode == 2, (out, err)
    assert "Cette base est partagée" in plain(err)
    assert waiting(shared) == {"queued": 2}
    report = outbox(shared, by_post).send_due()  # SMS have no service there
    assert (report.sent, [plain(one).partition(" (")[0] for one in report.unreachable]) == (
        1,
        ["Aucun service de SMS n’est réglé sur cette machine"],
    )
    assert outbox(shared, replace(by_post, named=True)).send_due().sent == 1


def test_what_became_of_a_message_is_kept_until_the_base_takes_it(
    company: Company, post: Post, by_post: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Held longer than it waits for a lock, the base had the same e-mail sent again five minutes later."""
    company.queue(1)
    monkeypatch.setattr(delivery, "AGAIN_SECONDS", 0.0)
    real, refused = company.database.sharing_session, 0

    @contextmanager
    def sharing(*clients: int) -> Iterator[Session]:
        nonlocal refused
        if post.letters and refused < 3:
            refused += 1
            raise BusyError("La base est occupée.")
        with real(*clients) as session:
            yield session

    monkeypatch.setattr(company.database, "sharing_session", sharing)
    report = outbox(company, by_post).send_due()
    assert (report.sent, refused, len(post.letters)) == (1, 3, 1)
    assert waiting(company) == {"sent": 1}
