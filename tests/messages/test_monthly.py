"""Terms of a month: two reminders at most, none for who renews alone, and no agent after them."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from console.base.dates import PARIS, term_end
from console.cases.upkeep import refresh_stale
from console.db.tables import Subscription
from console.messages.events import FeedbackService
from console.rules.timeline import is_monthly
from tests.messages.timeline import Days
from tests.world import CONTENT, DIAL, paris

HEAD = "code;prenom;nom;email;telephone;formule;periodicite;client_depuis;expire_le"


@pytest.fixture
def days(tmp_path: Path) -> Days:
    return Days(tmp_path / "base.db", paris("2025-10-30T07:00"), folder=tmp_path / "messages")


def imported(days: Days, expires_on: str, at: str) -> None:
    """The company's file: an expiry a month later says that the client has renewed."""
    days.now = paris(at)
    file = days.path.parent / "clients.csv"
    file.write_text(
        f"{HEAD}\nCLT-00001;Léa;Morin;lea@exemple.fr;0639980001;Premium;mensuel;30/11/2022;{expires_on}\n",
        "utf-8",
    )
    assert days.services.imports.run(file).exit_code == 0


def month(days: Days, first: date, last: date) -> list[tuple[str, str, str]]:
    """What leaves from one day to another: the day, the kind and the channel."""
    found = []
    day = first
    while day <= last:
        found += [(f"{day:%d/%m}", *one) for one in days.day(f"{day}T09:00")]
        day += timedelta(days=1)
    return found


def test_what_a_loyal_client_gets_when_she_renews_by_each_file(days: Days) -> None:
    imported(days, "30/11/2025", "2025-10-31T07:00")
    assert month(days, date(2025, 10, 31), date(2025, 11, 28)) == [("23/11", "J-7", "email")]
    imported(days, "31/12/2025", "2025-11-29T07:00")  # before J-1
    assert month(days, date(2025, 11, 29), date(2025, 12, 29)) == [("24/12", "J-7", "email")]
    imported(days, "31/01/2026", "2025-12-30T07:00")
    # Twice in a row by herself: nothing any more, for as long as she goes on.
    assert month(days, date(2025, 12, 30), date(2026, 1, 30)) == []
    row = days.services.clients.file(1).case
    assert row.reason == "Renouvelle chaque mois sans rappel\u202f: pas de relance avant l’échéance du 31/01."
    assert not row.at_risk


def test_one_who_does_not_answer_gets_both_and_the_notice_and_is_not_called(days: Days) -> None:
    imported(days, "30/11/2025", "2025-10-31T07:00")
    seen = set()
    found = []
    for number in range(30):
        day = date(2025, 11, 1) + timedelta(days=number)
        found += [(f"{day:%d/%m}", kind) for kind, _ in days.day(f"{day}T09:00")]
        days.now = days.now.astimezone(PARIS).replace(hour=11)
        refresh_stale(days.context)
        row = days.one(Subscription)
        seen.add((row.pane == "urgent", row.action, row.at_risk))
    assert found == [("23/11", "J-7"), ("29/11", "J-1"), ("30/11", "J-0")]
    assert seen == {(False, "wait", False)}
    after = month(days, date(2025, 12, 1), date(2026, 1, 5))
    assert after == []
    assert "Dossier clos" in [entry.title for entry in days.services.clients.file(1).history]


def test_who_renewed_with_an_agent_is_not_one_who_renews_alone(days: Days) -> None:
    imported(days, "30/11/2025", "2025-10-31T07:00")
    imported(days, "31/12/2025", "2025-11-29T07:00")
    days.now = paris("2025-12-22T10:30")
    days.walk(days.begin(1), *DIAL, "Oui", "Je m’en occupe", "Ne pas demander", "Terminer")
    assert [one.status for one in days.all(Subscription)][:2] == ["renewed", "renewed"]
    sent = month(days, date(2026, 1, 1), date(2026, 1, 30))
    assert [kind for _, kind, _ in sent if kind.startswith("J")] == ["J-7", "J-1"]


def test_a_client_who_reacted_to_the_first_is_left_time(days: Days) -> None:
    imported(days, "30/11/2025", "2025-10-31T07:00")
    month(days, date(2025, 11, 22), date(2025, 11, 24))
    days.now = paris("2025-11-25T10:00")
    line = '{"id":"1","type":"clicked","client":"CLT-00001","at":"2025-11-25T09:00:00+01:00"}'
    assert not FeedbackService(days.context).take([(1, line)]).set_aside
    assert month(days, date(2025, 11, 26), date(2025, 11, 29)) == []


@pytest.mark.parametrize(
    ("starts_on", "months", "monthly"),
    [
        (date(2025, 12, 1), 1, True),
        (date(2026, 1, 31), 1, True),
        (date(2026, 2, 1), 1, True),
        (date(2026, 2, 1), 2, False),
        (date(2025, 12, 1), 3, False),
        (date(2025, 1, 1), 12, False),
    ],
)
def test_a_term_is_monthly_by_its_length_not_by_how_it_is_paid(
    starts_on: date, months: int, monthly: bool
) -> None:
    assert is_monthly(starts_on, term_end(starts_on, months)) is monthly


def test_its_steps_have_texts_and_are_found_by_their_codes() -> None:
    timeline = CONTENT.data.timeline
    codes = [step.code for step in timeline.known]
    assert len(codes) == len(set(codes))
    assert {"J-30", "J-1", "J+31"} <= set(codes)
    assert [step.code for step in timeline.of(monthly=True).steps] == ["J-7", "J-1", "J-0", "J+31"]
    assert [step.code for step in timeline.of(monthly=True, alone=2).steps] == ["J-0", "J+31"]
    assert timeline.of(monthly=False, alone=5) is timeline
