"""The job on real databases: run twice, by two, killed, simulated, with hostile names and a faulty text."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from threading import Thread
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, delete, select

from console.base.dates import day_of
from console.base.errors import HotlinerError
from console.base.sms_size import GSM_BASIC, GSM_EXTENDED, segments
from console.base.vocabulary import Channel, Direction
from console.cases.upkeep import refresh_stale
from console.content import Content, default_root
from console.db.tables import Client, Event, GrantedOffer, Message, Subscription, Watch
from console.db.turns import Turns
from console.imports.service import ImportService
from console.messages import reminders
from console.messages.reminders import RelanceService
from tests.crowd import fill
from tests.messages.timeline import Days
from tests.ready import ROOT, Ready
from tests.world import CONTENT, DIAL, REFUSAL, paris, plain

START = "2025-12-01T08:00"
J14 = "2025-12-17T08:00"


@pytest.fixture
def days(tmp_path: Path) -> Iterator[Days]:
    world = Days(tmp_path / "base.db", paris(START), folder=tmp_path / "envoyes")
    yield world
    world.database.close()


def test_a_second_run_of_the_day_changes_nothing(days: Days, monkeypatch: pytest.MonkeyPatch) -> None:
    rests = list[float]()
    monkeypatch.setattr("console.db.turns.sleep", rests.append)
    fill(days, 30)
    first = days.plan(J14)
    assert rests == []  # one turn was enough, so nobody was waited for
    assert first.queued.total() > 20
    before = days.state()
    again = days.plan()
    assert (again.looked_at, again.changed) == (0, False)
    assert days.state() == before


def test_a_simulation_says_the_same_and_writes_nothing(days: Days) -> None:
    fill(days, 30)
    before = days.state(), days.all(Watch), days.all(GrantedOffer), days.all(Subscription)
    said = days.plan("2026-01-02T08:00", simulate=True)
    assert (days.state(), days.all(Watch), days.all(GrantedOffer), days.all(Subscription)) == before
    done = days.plan()
    assert said.simulated
    assert replace(said, simulated=False) == done
    assert done.queued["J+1", Channel.EMAIL] > 10


def test_a_simulation_sees_what_has_lapsed_since_anybody_looked(days: Days, tmp_path: Path) -> None:
    """Agreements that nothing proved and pauses that ended: the run after it counts the same."""
    days.add("CLT-90001", email="famille@example.org", expires_on=date(2026, 3, 31))
    fill(days, 30)
    days.add("CLT-90002", email="famille@example.org", expires_on=date(2026, 3, 31))
    agreed = days.add("CLT-90003", expires_on=date(2025, 12, 31))
    with days.database.reading() as session:
        ends = {term.client_id: term.expires_on for term in session.exec(select(Subscription)).all()}
    days.now = paris("2025-12-20T10:30")
    for client in (agreed, *sorted(ends)[2:12]):
        days.agreed(client)
    calls = (days.begin(client, Direction.INBOUND) for client in sorted(ends)[12:14])
    for call in calls:  # each opens the term that follows
        days.walk(call, "Veut renouveler", "Je m’en occupe", "5 sur 5", "Terminer")
    days.now = paris("2026-03-17T08:00")
    before = days.state(), days.all(Watch), days.all(Subscription)
    file = tmp_path / "clients.csv"
    until = {client: on.replace(year=on.year + 1) for client, on in ends.items() if client > 31}
    known = (client for client in days.all(Client) if client.id in until)
    lines = (f"{one.code};{one.last_name};{one.email};{until[one.id]}" for one in known)
    file.write_text("\n".join(["code;nom;email;expire_le", *lines]), encoding="utf-8")
    with patch.multiple("console.db.turns", _FEWEST=3, _MOST=4), patch.object(reminders, "FIRST_IN_FILE", 4):
        said = days.plan(simulate=True)  # a client's terms are not looked at together
    told = ImportService(days.context).run(file, simulate=True)
    assert (days.state(), days.all(Watch), days.all(Subscription)) == before
    imported = shutil.copy(days.path, tmp_path / "imported.db")
    assert replace(said, simulated=False) == days.plan()
    elsewhere = Days(Path(imported), days.now)
    assert replace(told, simulated=False) == ImportService(elsewhere.context).run(file)
    elsewhere.database.close()


def test_what_happens_while_messages_are_written_out_is_not_written_over(
    days: Days, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Plans are made beside everybody: one whose client has opposed, or agreed, meanwhile is made again."""
    opposed, agreed, other = (
        days.add(code, email=f"{code}@example.org", phone=f"+3363998123{code[-1]}")
        for code in ("CLT-1", "CLT-2", "CLT-3")
    )
    meanwhile: list[Callable[[], object]] = [
        lambda: days.services.clients.oppose(opposed, Channel.EMAIL),
        lambda: days.agreed(agreed),
    ]
    usual = Turns.working

    def late(turns: Turns, client_ids: Collection[int]) -> AbstractContextManager[Session]:
        for act in meanwhile:
            act()
        meanwhile.clear()
        return usual(turns, client_ids)

    monkeypatch.setattr(Turns, "working", late)
    report = days.plan(J14)
    queued = {(one.client_id, one.channel) for one in days.all(Message)}
    assert queued == {(opposed, "sms"), (other, "email"), (other, "sms")}
    assert (report.looked_at, report.queued.total()) == (3, len(queued))


def test_a_client_who_moves_at_each_try_waits_for_the_next_run(
    days: Days, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, usual = days.add(), Turns.working

    def late(turns: Turns, client_ids: Collection[int]) -> AbstractContextManager[Session]:
        with days.database.writing() as session:
            session.get_one(Client, client).client_since += timedelta(days=1)
        return usual(turns, client_ids)

    with monkeypatch.context() as patched:
        patched.setattr(Turns, "working", late)
        assert days.plan(J14).queued.total() == 0
    assert days.plan().queued.total() == 2


def test_an_offer_is_granted_once_with_the_message_that_makes_it(days: Days) -> None:
    days.add()
    days.plan(J14)
    days.plan("2025-12-24T08:00")
    (offer,) = days.all(GrantedOffer)
    assert (offer.offer, offer.price_cents, offer.face_value_cents) == ("fidelite", 3499, 2200)
    assert day_of(offer.ends_at) == date(2025, 12, 24)
    assert "ce soir" in plain(days.message("J-7").text)


def test_a_queued_message_that_has_become_stale_is_withdrawn(days: Days) -> None:
    days.add()
    days.plan(START)
    days.plan(J14)
    assert days.message("J-30").status == "cancelled"
    assert days.message("J-30").error
    assert days.message("J-14").status == "queued"


def test_a_term_that_an_import_moves_begins_anew_from_its_new_date(days: Days, tmp_path: Path) -> None:
    days.add()
    days.plan(J14)
    file = tmp_path / "clients.csv"
    file.write_text(
        "code;nom;email;expire_le\nCLT-00245;Dupuis;marie.dupuis@example.org;02/01/2026\n", encoding="utf-8"
    )
    days.wait(hours=1)
    days.services.imports.run(file)
    assert {message.status for message in days.all(Message)} == {"cancelled"}
    days.plan("2025-12-19T08:00")
    queued = [message for message in days.all(Message) if message.status == "queued"]
    assert [(one.kind, one.channel) for one in queued] == [("J-14", "email"), ("J-14", "sms")]
    assert all("02/01/2026" in one.subject + one.text for one in queued)


def test_an_opposition_stops_canvassing_but_not_the_notice(days: Days) -> None:
    client = days.add()
    days.plan(J14)
    days.services.clients.oppose(client, Channel.EMAIL)
    days.services.clients.oppose(client, Channel.SMS)
    sent = [days.day(f"{day}T08:00") for day in ("2025-12-18", "2025-12-24", "2025-12-31", "2026-01-01")]
    assert sent == [[], [], [("J-0", "email")], []]
    assert days.reasons()["J-7", "email"] == "opposed"


def test_a_text_that_cannot_be_written_stops_its_terms_only_and_says_so(days: Days, tmp_path: Path) -> None:
    root = tmp_path / "contenu"
    for name in ("data", "scripts_fr"):
        shutil.copytree(default_root() / name, root / name)
    broken = root / "scripts_fr" / "emails" / "J-14.toml"
    mended = broken.read_text("utf-8")
    broken.write_text(mended.replace("{{ client.bonjour }}", "{{ client.bonsoir }}"), "utf-8")
    days.add("CLT-00001")
    days.add("CLT-00002", email="b@example.org", expires_on=date(2025, 12, 20))
    days.now = paris(J14)
    report = RelanceService(replace(days.context, content=Content(root))).run()
    assert report.exit_code == 1
    assert (report.failed, report.queued) == (1, {("J-3", Channel.EMAIL): 1})
    assert "CLT-00001" in report.faults[0]
    assert "emails/J-14.toml" in report.faults[0]
    assert not [one for one in days.all(Message) if "J-14" in one.kind]
    broken.write_text(mended, "utf-8")
    again = RelanceService(replace(days.context, content=Content(root))).run()
    assert again.queued == {("J-14", Channel.EMAIL): 1, ("J-14", Channel.SMS): 1}


HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "{{ 7*7 }}{% for a in b %}",
    '"><script>x</script>',
    "A\r\nBcc: victim@example.org",
    "| a | b |",
    "**gras** =1+1 @SUM(A1)",
    "\u202eerid😀 ’’«»",
    "\ue000\ue001\ue002",
)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_inert(days: Days, name: str) -> None:
    days.add(first_name=name, last_name=name, civility="")
    days.plan(J14)
    mail, text = days.message("J-14"), days.message("J-14", "sms")
    assert plain(mail.subject).isprintable()
    tags = set(re.findall(r"<[a-zA-Z/!][^>]*>", mail.html))
    ours = re.compile(r"</?(!DOCTYPE|html|head|meta|title|style|body|div|p|br|strong|a|table|tr|th|td)\b")
    assert all(ours.match(tag) for tag in tags)
    assert "49" not in mail.text.partition(",")[0]  # the greeting
    assert len(re.findall(r"<table (?!role)", mail.html)) == 1  # that of the offer
    assert set(text.text) <= GSM_BASIC | GSM_EXTENDED
    assert segments(text.text) <= 2
    assert "STOP" in text.text


# -- two at once, and killed ---------------------------------------------------------------------------


def job(url: str, at: str, home: Path) -> Ready:
    """`hotliner relancer` in a process of its own."""
    names = ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME")
    environment = {**os.environ, **dict.fromkeys(names, str(home)), "PYTHONPATH": str(ROOT)}
    return Ready(("relancer", "--json", "--base", url, "--date", at), env=environment)


def test_two_machines_at_once_plan_each_message_once(url: str, tmp_path: Path) -> None:
    world = Days(tmp_path / "base.db", paris(START), url=url)
    fill(world, 240)
    said = world.plan(J14, simulate=True)
    jobs = [job(url, J14, tmp_path) for _ in range(2)]
    reports = []
    for one in jobs:
        out, err = one.communicate(timeout=120)
        assert one.returncode == 0, err
        reports.append(json.loads(out))
    messages = world.all(Message)
    skips = [event.key for event in world.all(Event) if event.kind == "step_skipped"]
    assert len(messages) == said.queued.total()
    assert sum(line["n"] for report in reports for line in report["queued"]) == len(messages)
    assert len({one.dedup_key for one in messages}) == len(messages)
    assert len(world.all(GrantedOffer)) == said.offers
    assert len(skips) == len(set(skips)) > 0
    assert world.plan().looked_at == 0
    world.database.close()


KILLED = """
import os, signal, sys
from pathlib import Path
from console.db import turns
from console.messages import reminders as relances
from console.messages import reminders_store as storage
from tests.messages.timeline import Days
from tests.world import paris

file, at, nth, when = sys.argv[1:]
written, real = [], storage.write

def write(session, batch):
    written.append(batch)
    if when == "before" and len(written) == int(nth):
        os.kill(os.getpid(), signal.SIGKILL)
    real(session, batch)
    if when == "after" and len(written) == int(nth):
        os.kill(os.getpid(), signal.SIGKILL)

storage.write = write
relances.FIRST_IN_FILE = turns._MOST = 40
Days(Path(file), paris(at)).plan()
"""
"""A run that kills itself around its nth transaction's writes."""


def test_a_run_killed_anywhere_is_finished_by_the_next(tmp_path: Path) -> None:
    files = tmp_path / "base.db", tmp_path / "tue.db"
    begun = Days(files[0], paris(START))
    fill(begun, 300)
    begun.database.close()
    shutil.copy(*files)
    whole = Days(files[0], paris(J14))
    whole.plan()
    for nth, when in ((1, "before"), (2, "after"), (3, "before")):
        command = [sys.executable, "-c", KILLED, str(files[1]), J14, str(nth), when]
        died = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
        assert died.returncode == -signal.SIGKILL, died.stderr
    killed = Days(files[1], paris(J14))
    assert 0 < len(killed.all(Message)) < len(whole.all(Message))
    killed.plan()
    assert killed.state() == whole.state()
    assert len(killed.all(GrantedOffer)) == len(whole.all(GrantedOffer))
    for world in (whole, killed):
        world.database.close()


# -- whatever happens, on the real services ------------------------------------------------------------

ACTS = ("run", "run", "two runs", "send", "open", "oppose", "refuse", "downgrade")


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=st.lists(st.tuples(st.integers(1, 150), st.sampled_from(ACTS), st.integers(0, 2)), max_size=14))
def test_the_services_keep_the_promise_of_the_plan(
    tmp_path_factory: pytest.TempPathFactory, story: list[tuple[int, str, int]]
) -> None:
    folder = tmp_path_factory.mktemp("relances")
    world = Days(folder / "base.db", paris("2025-11-28T10:30"), folder=folder / "envoyes")
    clients = [
        world.add(f"CLT-0000{n}", email=f"c{n}@example.org", phone=f"+3363998000{n}") for n in range(3)
    ]
    settled: dict[int, datetime] = {}
    for hours, what, who in story:
        world.wait(hours=hours)
        refresh_stale(world.context)
        client = clients[who]
        match what:
            case "run":
                world.plan()
                assert not world.plan().changed
            case "two runs":
                runs = [Thread(target=world.plan) for _ in range(2)]
                for run in runs:
                    run.start()
                for run in runs:
                    run.join()
            case "send":
                world.send()
            case "oppose":
                world.services.clients.oppose(client, Channel.EMAIL)
            case "refuse" | "downgrade":
                steps = REFUSAL if what == "refuse" else (*DIAL, "Hésite", "Le prix", "Accepte", "Le client")
                try:
                    world.walk(world.begin(client), *steps)
                    settled.setdefault(client, world.now)
                except (HotlinerError, ValueError):  # not a lawful hour, a call left open, too late for it
                    pass
            case _:
                with world.database.writing() as session:
                    sent = select(Message).where(Message.client_id == client, Message.status == "sent")
                    for message in session.scalars(sent):
                        message.opened_at = world.now
        check(world, settled)
    world.database.close()


def check(world: Days, settled: dict[int, datetime]) -> None:
    messages = world.all(Message)
    keys = [(one.subscription_id, one.kind, one.channel) for one in messages if one.kind.startswith("J")]
    assert len(keys) == len(set(keys))
    terms = {term.id: term for term in world.all(Subscription)}
    skips = [
        (event.subscription_id, kind, channel)
        for event in world.all(Event)
        if event.kind == "step_skipped"
        for kind, channel in event.data["steps"]
    ]
    assert len(skips) == len(set(skips))
    assert not set(skips) & set(keys)
    ends = {(one.subscription_id, one.offer): one.ends_at for one in world.all(GrantedOffer)}
    timeline = CONTENT.data.timeline
    for one in messages:
        if one.status != "sent" or not one.kind.startswith("J"):
            continue
        term = terms[one.subscription_id]
        step = timeline.current(term.expires_on, day_of(one.sent_at))
        assert step is not None
        assert step.code == one.kind, "stale"
        assert one.client_id not in settled or one.sent_at <= settled[one.client_id], "contradictory"
        for code, end in ((offer, end) for (held, offer), end in ends.items() if held == term.id):
            assert f".{code}." not in one.text or one.sent_at <= end, "an offer that is over"


def test_a_run_says_which_running_terms_nothing_would_ever_look_at(days: Days) -> None:
    fill(days, 30)
    assert days.plan(J14).unwatched == 0
    with days.database.writing() as session:
        session.connection().execute(delete(Watch))
    damaged = days.plan(simulate=True)
    assert (damaged.looked_at, damaged.exit_code) == (0, 1)
    assert damaged.unwatched > 20
