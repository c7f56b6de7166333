"""The delivery that runs while the console is open."""

from dataclasses import replace
from threading import Event
from typing import Any

import pytest

from console.base.errors import StorageError
from console.base.roles import Role
from console.db.tables import Message
from console.messages import courier
from console.messages.courier import AWAY_SECONDS, BUSY_SECONDS, IDLE_SECONDS, Courier
from console.messages.leases import SendReport
from console.services import build
from tests.delivery.conftest import Company, reach


def over(outbox: Any) -> Courier:
    return Courier(lambda: outbox)


def test_what_waits_leaves_by_handfuls_then_nothing_is_asked_for_a_while(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courier, "HANDFUL", 2)
    for number in range(3):
        company.queue(number + 1)
    one = over(company.outbox())
    assert [one.round() for _ in range(3)] == [BUSY_SECONDS, BUSY_SECONDS, IDLE_SECONDS]
    assert {message.status for message in company.all(Message)} == {"sent"}


def test_what_cannot_be_reached_is_left_alone_and_nothing_is_lost(company: Company) -> None:
    company.queue()
    company.outside = reach(1)
    one = over(company.outbox())
    assert one.round() == AWAY_SECONDS
    assert {message.status for message in company.all(Message)} == {"queued"}


@pytest.mark.parametrize("error", [StorageError("La base est occupée."), RuntimeError("boom")])
def test_a_failure_never_reaches_the_console(error: Exception) -> None:
    class Failing:
        by_job_only = False

        def send_due(self, *_: Any, **__: Any) -> SendReport:
            raise error

    assert over(Failing()).round() == AWAY_SECONDS


def test_it_goes_on_as_soon_as_somebody_is_there(company: Company, caplog: pytest.LogCaptureFixture) -> None:
    company.queue()
    services = build(replace(company.context, demo=False, outside=company.outside, role=None))
    one = Courier(lambda: services.outbox)
    assert one.round() == IDLE_SECONDS
    assert not caplog.records
    services._change_person(role=Role.HOTLINER)
    assert one.round() == BUSY_SECONDS


def test_it_delivers_by_itself_and_leaves_at_once(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courier, "FIRST_SECONDS", 0.0)
    company.queue()
    real, seen = company.outbox(), Event()

    class Told:
        by_job_only = False

        def send_due(self, *args: Any, **named: Any) -> SendReport:
            report = real.send_due(*args, **named)
            seen.set()
            return report

    one = over(Told())
    one.start()
    one.start()
    assert seen.wait(20)
    one.stop()
    assert not one._thread.is_alive()
    assert {message.status for message in company.all(Message)} == {"sent"}
