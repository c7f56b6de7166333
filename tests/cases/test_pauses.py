"""A pause from the call that agrees on it to its end, on a SQLite file: by payment, link, call, or time."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from console.base.vocabulary import CallOutcome, Channel, Direction, Figure, PhoneKind
from console.calls.views import CallView
from console.cases.upkeep import place_again, refresh_stale
from console.cases.views import Campaign
from console.db.tables import Call, ChurnRecord, Event, Message, Pause, Subscription
from console.integrity import database
from console.messages.events import FeedbackReport, FeedbackService
from console.messages.reminders import RelanceService
from console.people.privacy import PrivacyService
from console.rules.facts import CaseFacts
from console.rules.hours import call_verdict
from console.rules.pauses import Pause as PauseFacts
from tests.world import DIAL, World, paris, plain

PAUSE = (
    *DIAL,
    "Hésite",
    "Ce n’est pas le moment",
    "Accepte la pause",
    "Le client confirme",
    "Ne pas demander",
)
DECEMBER = Campaign(date(2025, 12, 1), date(2025, 12, 31))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A client who agreed on a pause on Monday 22/12/2025: from 01/01 to 31/03/2026 at most."""
    world = World(tmp_path / "base.db", paris("2025-12-22T10:30"))
    world.walk(world.begin(world.add()), *PAUSE)
    yield world
    assert database.faults(f"sqlite:///{world.path}") == []
    world.database.close()


def take(world: World, kind: str, at: str, number: int = 1, **fields: Any) -> FeedbackReport:
    line = {"id": f"e{number}", "type": kind, "client": "CLT-00245", "at": f"{at}+02:00", **fields}
    return FeedbackService(world.context).take([(1, json.dumps(line))])


def called(world: World, *labels: str, direction: Direction = Direction.INBOUND) -> CallView:
    return world.walk(world.begin(1, direction), *labels)


def terms(world: World) -> tuple[Subscription, Subscription | None]:
    rows = sorted(world.all(Subscription), key=lambda term: term.expires_on)
    return rows[0], rows[1] if len(rows) > 1 else None


def counts(world: World) -> dict[str, int]:
    found = world.services.dashboard.view(DECEMBER).counts
    wanted = (
        *(Figure.RETAINED, Figure.PAUSED, Figure.RESUMED, Figure.PAUSE_OVER, Figure.PAUSE_REFUSED),
        *(Figure.LAPSED, Figure.REFUSED),
    )
    return {str(figure): found[figure] for figure in wanted if found[figure]}


def test_it_is_a_row_of_its_own(world: World) -> None:
    pause = world.one(Pause)
    assert (pause.client_id, pause.subscription_id) == (1, 1)
    assert (pause.starts_on, pause.resume_by) == (date(2026, 1, 1), date(2026, 3, 31))
    assert (pause.agreed_at, pause.resumed_at, pause.refused_at) == (terms(world)[0].settled_at, None, None)
    assert counts(world) == {"retained": 1, "paused": 1}


@pytest.mark.parametrize("kind", ["paid", "renewed"])
def test_what_the_client_does_online_resumes_it_from_that_day(world: World, kind: str) -> None:
    world.now = paris("2026-02-12T09:00")
    assert take(world, kind, "2026-02-10T11:00", amount_cents=3699).taken == 1
    term, following = terms(world)
    assert (term.status, term.retention, term.pane) == ("paused", "resumed", "retained")
    assert term.settled_at == paris("2025-12-22T10:33:30")
    assert following is not None
    assert (following.starts_on, following.expires_on) == (date(2026, 2, 10), date(2027, 2, 9))
    assert (following.plan, following.billing, following.status) == ("premium", "annual", "active")
    assert world.one(Pause).resumed_at == paris("2026-02-10T10:00")
    assert [one.kind for one in world.all(Message) if one.status == "queued"][-1] == "confirmation-reprise"
    assert counts(world) == {"retained": 1, "resumed": 1}
    # The payment after the renewal, or the other way round, is the same resumption.
    other = "paid" if kind == "renewed" else "renewed"
    assert take(world, other, "2026-02-10T11:05", 2).taken == 1
    assert len(world.all(Subscription)) == 2
    world.now = paris("2026-04-01T09:00")
    assert counts(world) == {"retained": 1, "resumed": 1}


def test_a_call_resumes_it(world: World) -> None:
    world.now = paris("2026-02-10T11:00")
    view = world.begin(1)
    assert "pause" in "".join(plain(hint) for hint in view.hints)
    view = world.walk(view, *DIAL)
    said = plain(view.said)
    assert "votre pause : elle se termine le 31 mars" in said
    assert "terminé" not in said
    view = world.walk(view, "Oui, reprend", "Le client confirme", "4 sur 5")
    assert view.outcome is CallOutcome.RESUMED
    term, following = terms(world)
    assert (term.status, term.retention) == ("paused", "resumed")
    assert following is not None
    assert following.starts_on == date(2026, 2, 10)
    assert world.one(Pause).resumed_at == world.now
    assert [call.satisfaction for call in world.all(Call)] == [None, 4]
    assert "Reprise : Premium du 10/02/2026 au 09/02/2027" in plain("\n".join(view.summary))
    (mail,) = [one for one in world.all(Message) if one.kind == "confirmation-reprise"]
    assert "reprend, jusqu'au 09/02/2027" in plain(mail.text).replace("’", "'")
    assert {"resumed"} <= {one.kind for one in world.all(Event)}


def test_before_it_begins_going_on_is_a_renewal(world: World) -> None:
    world.now = paris("2025-12-29T11:00")
    called(world, "Veut reprendre", "Le client confirme", "Ne pas demander")
    term, following = terms(world)
    assert (term.status, term.retention, term.settled_at) == ("renewed", "renewed", world.now)
    assert following is not None
    assert following.starts_on == date(2026, 1, 1)
    assert counts(world) == {"retained": 1}


LEAVES = "Ne reprendra pas", "Préfère ne pas le dire", "Conclure", "Bonne relation : relance"


def test_who_refuses_once_the_pause_has_lapsed_is_written_to_three_months_later(world: World) -> None:
    world.now = paris("2026-04-08T10:30")
    refresh_stale(world.context)
    called(world, "Hésite", "Refus définitif", *LEAVES[1:])
    for day, letters in (("2026-07-07", 0), ("2026-07-08", 1), ("2026-07-09", 1)):
        world.now = paris(f"{day}T10:30")
        RelanceService(world.context).run()
        assert sum(one.kind == "suivi-3-mois" for one in world.all(Message)) == letters, day


def test_a_refusal_during_the_pause_leaves_the_choice_made(world: World) -> None:
    world.now = paris("2026-02-10T11:00")
    view = called(world, *LEAVES)
    assert view.outcome is CallOutcome.REFUSED
    term, following = terms(world)
    assert (term.status, term.retention, term.pane, following) == ("paused", "paused", "refused", None)
    assert world.one(Pause).refused_at == world.now
    assert world.one(ChurnRecord).reason == "NON_DIT"
    assert counts(world) == {"refused": 1, "pause_over": 1, "pause_refused": 1}
    (mail,) = [one for one in world.all(Message) if one.kind == "cloture"]
    assert "ne reprend pas après votre pause" in mail.text
    assert "fermé depuis" not in mail.text


def test_a_refusal_before_it_begins_is_the_terms_fate(world: World) -> None:
    world.now = paris("2025-12-29T11:00")
    called(world, *LEAVES)
    assert (terms(world)[0].status, terms(world)[0].retention) == ("cancelled", "")
    assert counts(world) == {"refused": 1}


def test_it_lapses_with_time_and_a_clock_put_right_takes_it_back(world: World) -> None:
    world.now = paris("2026-03-31T23:59")
    assert counts(world) == {"retained": 1, "paused": 1}
    world.now = paris("2026-04-01T00:00")
    assert counts(world) == {"lapsed": 1, "pause_over": 1}
    assert (terms(world)[0].status, terms(world)[0].retention) == ("paused", "paused")
    world.now = paris("2026-03-30T10:00")
    assert counts(world) == {"retained": 1, "paused": 1}


def test_after_the_lapse_a_come_back_does_not_undo_it(world: World) -> None:
    world.now = paris("2026-04-10T09:00")
    assert counts(world) == {"lapsed": 1, "pause_over": 1}
    assert take(world, "paid", "2026-04-10T08:00", amount_cents=3699).taken == 1
    term, following = terms(world)
    assert (term.status, term.retention, term.pane) == ("paused", "paused", "lapsed")
    assert following is not None
    assert following.starts_on == date(2026, 4, 10)
    assert counts(world) == {"lapsed": 1, "pause_over": 1}
    (row,) = world.services.dashboard.rows(DECEMBER, Figure.PAUSE_OVER).rows
    assert (row.status, "revenue le 10/04/2026" in plain(row.offer)) == ("pause terminée", True)


def test_a_resumption_known_late_counts_on_its_own_day(world: World) -> None:
    world.now = paris("2026-04-10T09:00")
    assert counts(world) == {"lapsed": 1, "pause_over": 1}
    assert take(world, "paid", "2026-03-30T09:00", amount_cents=3699).taken == 1
    assert counts(world) == {"retained": 1, "resumed": 1}


def test_a_paused_client_is_offered_no_second_pause(world: World) -> None:
    for day in ("2025-12-29T11:00", "2026-02-10T11:00"):
        world.now = paris(day)
        view = called(world, "Veut prolonger")
        assert "au-delà du 31 mars" in plain(view.said)
        assert not any("pause" in plain(one.label) for one in view.choices if one.enabled)
        world.services.calls.choose(view.call_id, view.seq, 0)
        world.services.calls.jump(view.call_id, view.seq + 1, "hung_up")
        world.press(world.services.calls.resume(), "Terminer")  # type: ignore[arg-type]


def test_a_resumption_that_is_paid_back_leaves_the_pause_as_it_was(world: World) -> None:
    world.now = paris("2026-02-12T09:00")
    assert take(world, "paid", "2026-02-10T11:00", amount_cents=3699).taken == 1
    assert take(world, "refunded", "2026-02-11T11:00", 2, amount_cents=3699).taken == 1
    term, following = terms(world)
    assert (term.status, term.retention, following) == ("paused", "paused", None)
    assert term.settled_at == world.one(Pause).agreed_at
    assert world.one(Pause).resumed_at is None
    assert counts(world) == {"retained": 1, "paused": 1}


@pytest.mark.parametrize("how", ["withdrawn", "lapsed", "paid back"])
def test_going_on_before_it_begins_gives_the_pause_back_when_it_comes_to_nothing(
    world: World, how: str
) -> None:
    world.now = paris("2025-12-23T11:00")
    if how == "paid back":
        assert take(world, "paid", "2025-12-23T11:00", amount_cents=3699).taken == 1
    else:
        called(world, "Veut reprendre", "Le client confirme", "Ne pas demander")
    assert terms(world)[0].status == "renewed"
    match how:
        case "withdrawn":
            world.services.agreements.withdraw(1, "Finalement non.")
        case "paid back":
            world.now = paris("2025-12-24T11:00")
            assert take(world, "refunded", "2025-12-24T11:00", 2, amount_cents=3699).taken == 1
        case _:
            right, world.now = world.now, paris("2026-02-20T11:00")
            refresh_stale(world.context)
            assert terms(world)[0].status == "paused"
            world.now = right  # a clock put right takes it back
            place_again(world.context)
            assert (terms(world)[0].status, terms(world)[0].retention) == ("renewed", "renewed")
            world.now = paris("2026-02-20T11:00")
            refresh_stale(world.context)
    term = terms(world)[0]
    assert (term.status, term.retention) == ("paused", "paused")
    assert term.settled_at == world.one(Pause).agreed_at
    assert counts(world) == {"retained": 1, "paused": 1}


def test_a_resumption_told_again_of_an_earlier_day_was_in_time(world: World) -> None:
    world.now = paris("2026-04-10T11:00")
    assert take(world, "paid", "2026-04-05T11:00").taken == 1
    assert terms(world)[0].came_back_at is not None
    assert take(world, "renewed", "2026-03-20T11:00", 2).taken == 1
    assert (terms(world)[0].retention, terms(world)[0].came_back_at) == ("resumed", None)


def test_a_resumption_agreed_and_never_proved_lapses_with_its_agreement(world: World) -> None:
    world.now = paris("2026-03-20T11:00")
    called(world, "Veut reprendre", "Le client confirme", "Ne pas demander")
    assert counts(world) == {"retained": 1, "resumed": 1}
    world.now = paris("2026-05-20T11:00")
    assert counts(world) == {"lapsed": 1, "pause_over": 1}
    assert (terms(world)[0].status, terms(world)[0].retention) == ("paused", "paused")
    world.now = paris("2026-03-21T11:00")
    assert counts(world) == {"retained": 1, "resumed": 1}


# -- near its end, the queue ---------------------------------------------------------------------------

MARCH = Campaign(date(2026, 3, 1), date(2026, 3, 31))


def seen(world: World) -> tuple[list[Any], list[Any], dict[str, int]]:
    """Urgent and this week in March, and what December counts; every figure opens as many rows as it says."""
    view = world.services.dashboard.view(MARCH)
    december = counts(world)
    for campaign in (MARCH, DECEMBER):
        shown = world.services.dashboard.view(campaign)
        for figure in (Figure.URGENT, Figure.WEEK, Figure.RETAINED, Figure.PAUSED, Figure.TO_CONTACT):
            page = world.services.dashboard.rows(campaign, figure, 0, 100)
            assert len(page.rows) == page.total == shown.counts[figure], (campaign, figure)
    return list(view.urgent), list(view.week), december


@pytest.mark.parametrize(
    ("now", "urgent", "week"),
    [
        ("2026-03-20T09:00", 0, 0),
        ("2026-03-21T09:00", 0, 1),
        ("2026-03-27T09:00", 0, 1),
        ("2026-03-28T09:00", 1, 0),
        ("2026-03-30T11:00", 1, 0),
        ("2026-03-31T16:30", 1, 0),
        ("2026-04-01T09:00", 0, 0),
    ],
)
def test_without_an_answer_it_comes_into_the_queue(world: World, now: str, urgent: int, week: int) -> None:
    world.now = paris(now)
    found = seen(world)
    assert (len(found[0]), len(found[1])) == (urgent, week)
    over = now > "2026-04"
    assert found[2] == ({"lapsed": 1, "pause_over": 1} if over else {"retained": 1, "paused": 1})
    for row in (*found[0], *found[1]):
        assert (row.status, row.expires_on) == ("en pause", date(2026, 3, 31))
        assert plain(row.reason).startswith("Pause jusqu’au 31/03")
    if urgent:
        (row,) = found[0]
        assert (row.action_label, plain(row.reason)) == (
            "Appel recommandé",
            "Pause jusqu’au 31/03, sans nouvelles.",
        )
        assert row.days_left == (date(2026, 3, 31) - world.now.date()).days
    if now == "2026-03-30T11:00":
        assert row.callable_now
        assert world.services.dashboard.view().campaign == MARCH


@pytest.mark.parametrize(("first", "last"), [((2026, 3, 15), (2026, 3, 31)), ((2026, 2, 10), (2026, 4, 10))])
def test_a_range_that_is_no_month_lists_the_pause_that_it_counts(
    world: World, first: tuple[int, int, int], last: tuple[int, int, int]
) -> None:
    world.now = paris("2026-03-30T11:00")
    within = Campaign(date(*first), date(*last))
    view = world.services.dashboard.view(within)
    assert view.counts[Figure.URGENT] == 1
    assert [row.code for row in view.urgent] == ["CLT-00245"]
    page = world.services.dashboard.rows(within, Figure.URGENT)
    assert (page.total, len(page.rows)) == (1, 1)


def test_when_the_hours_are_over_it_is_written_to(world: World) -> None:
    world.now = paris("2026-03-31T18:30")
    (row,) = seen(world)[0]
    assert row.action_label == "SMS"
    assert plain(row.reason) == (
        "Pause jusqu’au 31/03, sans nouvelles. Par SMS (plus de créneau avant la fin de la pause)."
    )
    proposal = world.services.by_hand.propose(1, Channel.SMS)
    assert proposal.text.startswith("numi : votre pause se termine le 31/03/2026.")


def test_who_answered_is_not_called(world: World) -> None:
    world.now = paris("2026-03-30T11:00")
    assert len(seen(world)[0]) == 1
    assert take(world, "reply", "2026-03-30T10:00", text="Je réfléchis").taken == 1
    assert seen(world) == ([], [], {"retained": 1, "paused": 1})


def test_a_call_without_an_answer_is_tried_again_then_the_client_resumes(world: World) -> None:
    world.now = paris("2026-03-30T11:00")
    seen(world)
    called(world, "Composer", "Pas de réponse", direction=Direction.OUTBOUND)
    (row,) = seen(world)[1]
    assert "Sans réponse" in plain(row.reason)
    world.now = paris("2026-03-31T10:30")
    (row,) = seen(world)[0]
    assert row.callable_now
    called(world, *DIAL, "Oui, reprend", "Le client confirme", "5 sur 5", direction=Direction.OUTBOUND)
    assert seen(world) == ([], [], {"retained": 1, "resumed": 1})


def test_a_vip_is_called_first(world: World) -> None:
    world.now = paris("2025-12-22T14:00")
    other = world.add("CLT-00300", client_since=date(2023, 1, 1), email="z@example.org", phone="+33639981299")
    younger = world.add(
        "CLT-00200", client_since=date(2025, 6, 1), email="y@example.org", phone="+33639981288"
    )
    for number in (other, younger):
        world.walk(world.begin(number), *PAUSE)
    world.now = paris("2026-03-30T11:00")
    assert [row.code for row in seen(world)[0]] == ["CLT-00245", "CLT-00300", "CLT-00200"]


def test_a_callback_promised_during_the_pause_comes_on_its_day(world: World) -> None:
    world.now = paris("2026-03-10T11:00")
    called(world, "Veut prolonger", "Oui, convenir", "Promettre = 24/03 15:00")
    assert plain(world.one(Subscription).reason) == "Rappel promis mar. 24/03 à 15:00."
    world.now = paris("2026-03-24T15:10")
    (row,) = seen(world)[0]
    assert (row.callback_at, row.callable_now) == (paris("2026-03-24T15:00"), True)


def test_during_the_pause_the_client_may_be_called_without_a_recorded_agreement(world: World) -> None:
    facts = CaseFacts(
        date(2026, 6, 30),
        date(2024, 1, 1),
        phone=PhoneKind.MOBILE,
        pause=PauseFacts(paris("2026-06-20T10:00"), date(2026, 7, 1), date(2026, 9, 30)),
    )
    field = world.context.content.data.field
    assert call_verdict(paris("2026-09-28T11:00"), facts, field).allowed
    after = call_verdict(paris("2026-10-01T11:00"), facts, field)
    assert not after.allowed
    assert "La pause est terminée depuis le 30/09/2026" in after.sentence


# -- what is shown -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "status", "notice", "buttons", "steps"),
    [
        ("2025-12-29T10:00", "en pause", "sera en pause du 01/01/2026 au 31/03/2026", ("Reprendre",), 3),
        ("2026-02-10T10:00", "en pause", "en pause jusqu’au 31/03/2026", ("Reprendre",), 3),
        ("2026-03-29T10:00", "en pause", "en pause jusqu’au 31/03/2026", ("Reprendre",), 1),
        ("2026-04-02T10:00", "pause terminée", "pause s’est terminée le 31/03/2026", ("Réactiver",), 0),
    ],
)
def test_the_file_and_the_account_say_where_the_pause_stands(
    world: World, now: str, status: str, notice: str, buttons: tuple[str, ...], steps: int
) -> None:
    world.now = paris(now)
    world.services.dashboard.view()
    account, file = world.services.accounts.view(1), world.services.clients.file(1)
    assert notice in plain(account.notice)
    assert account.buttons == buttons
    assert file.case.status == status
    assert len(file.next_steps) == steps
    assert [mark.code for mark in file.journey][-3:] == ["P-14", "P-3", "P-0"]
    over = [entry.title for entry in file.history if entry.title == "Pause terminée"]
    assert over == (["Pause terminée"] if now > "2026-04" else [])


@pytest.mark.parametrize(
    ("done", "now", "figure", "said"),
    [
        ("", "2026-02-10T12:00", Figure.PAUSED, "en pause, le 22/12"),
        ("resumed", "2026-02-10T12:00", Figure.RESUMED, "a repris, le 10/02"),
        ("refused", "2026-05-02T10:00", Figure.PAUSE_REFUSED, "résiliée pendant la pause, le 10/02"),
        ("", "2026-05-02T10:00", Figure.PAUSE_OVER, "pause terminée, le 31/03"),
        ("back", "2026-05-02T10:00", Figure.PAUSE_OVER, "pause terminée, le 31/03, revenue le 10/04/2026"),
    ],
)
def test_a_pause_that_is_over_is_given_the_day_on_which_it_ended(
    world: World, done: str, now: str, figure: Figure, said: str
) -> None:
    world.now = paris("2026-02-10T11:00")
    if done == "resumed":
        called(world, "Veut reprendre", "Le client confirme", "Ne pas demander")
    elif done == "refused":
        called(world, *LEAVES)
    elif done == "back":
        world.now = paris("2026-04-10T11:00")
        take(world, "paid", "2026-04-10T09:00", amount_cents=3699)
    world.now = paris(now)
    world.services.dashboard.view()
    (case,) = world.services.dashboard.rows(DECEMBER, figure).rows
    assert plain(f"{case.status}, {case.offer}") == said


def test_a_file_that_brings_the_next_term_resumes_the_pause(world: World, tmp_path: Path) -> None:
    world.now = paris("2026-03-02T09:00")
    path = tmp_path / "clients.csv"
    path.write_text(
        "code;nom;email;expire_le\nCLT-00245;Dupuis;marie.dupuis@example.org;09/02/2027\n", encoding="utf-8"
    )
    world.services.imports.run(path)
    term, following = terms(world)
    assert (term.status, term.retention) == ("paused", "resumed")
    assert following is not None
    assert following.starts_on == date(2026, 2, 10)
    assert counts(world) == {"retained": 1, "resumed": 1}
    assert "a repris" in plain(world.services.accounts.view(1).notice) or following.status == "active"


def test_who_is_erased_is_called_about_nothing(world: World) -> None:
    world.now = paris("2026-03-30T11:00")
    assert seen(world)[0]
    PrivacyService(world.context).erase("CLT-00245")
    assert seen(world)[0] == []


def test_a_resumption_taken_back_gives_the_pause_back(world: World) -> None:
    world.now = paris("2026-02-10T11:00")
    world.walk(world.begin(1), *DIAL, "Oui, reprend", "Le client confirme", "4 sur 5")
    world.wait(hours=1)
    world.services.agreements.withdraw(1, "Finalement, je préfère attendre.")
    assert [(one.status, one.retention) for one in world.all(Subscription)] == [
        ("paused", "paused"),
        ("void", ""),
    ]
    assert world.one(Pause).resumed_at is None
    assert counts(world) == {"retained": 1, "paused": 1}
    world.now = paris("2026-04-01T09:00")
    assert counts(world) == {"lapsed": 1, "pause_over": 1}


def test_a_pause_taken_back_after_the_last_day_is_refused_and_stays_the_choice_made(world: World) -> None:
    world.now = paris("2026-02-10T11:00")
    world.services.agreements.withdraw(1, "Finalement, non.")
    assert world.one(Subscription).status == "paused"
    assert counts(world) == {"refused": 1, "pause_over": 1, "pause_refused": 1}
