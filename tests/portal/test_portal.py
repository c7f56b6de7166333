"""The client's door, page by page: looking writes nothing, a button does once what an agent would do."""

import asyncio
import json
import re
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256
from itertools import permutations
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import MagicMock

import pytest
from starlette.applications import Starlette

from console.base.errors import StorageError
from console.base.vocabulary import CallOutcome, Channel
from console.cases.views import Campaign
from console.db.tables import (
    Agreement,
    Call,
    ChurnRecord,
    Client,
    Event,
    GrantedOffer,
    Message,
    Pause,
    Proposal,
    ShortLink,
    Subscription,
)
from console.integrity.database import Checked, faults
from console.messages.delivery import Delivery
from console.messages.events import FeedbackService
from console.messages.links import rated_until
from console.outside.gate import Outgoing
from console.portal import web
from console.portal.service import PortalService, UnknownLinkError
from console.portal.texts import Pages
from console.portal.views import Act, Page
from console.portal.web import GUESSES, Portal
from console.rules.links import Link, Purpose
from console.rules.offers import DISCOUNT
from console.rules.openings import Openings, Tracking
from tests.portal.client import Answer, ask, asked, press
from tests.world import CONTENT, DIAL, REFUSAL, World, paris, plain

CODE, EXPIRY = "CLT-00245", date(2025, 12, 31)
BY_PHONE = {
    Act.PAUSE: (*DIAL, "Hésite", "Le prix", "Accepte la pause", "Le client confirme"),
    Act.LOWER: (*DIAL, "Hésite", "Le prix", "Accepte le passage à Basic", "Le client confirme"),
    Act.DISCOUNT: (*DIAL, "Hésite", "Le prix", "Accepte la remise temporaire", "Le client confirme"),
}
RENEWED = (*DIAL, "Oui", "Je m’en occupe", "5 sur 5", "Terminer")
UNRATED = (*DIAL, "Oui", "Je m’en occupe", "Ne pas demander", "Terminer")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "base.db", paris("2025-12-22T14:00"))
    yield world
    world.database.close()


def app_of(world: World, payment: str = "") -> Starlette:
    return Portal(world.context, payment=payment).application()


def link(
    world: World, purpose: Purpose = Purpose.RENEW, *, until: date = EXPIRY, offer: str = "", code: str = CODE
) -> str:
    return f"/r/{world.context.links.token(Link(purpose, code, EXPIRY, until, offer))}"


def digest(world: World) -> str:
    """Of every row of the base."""
    with sqlite3.connect(world.path) as base:
        return sha256("\n".join(base.iterdump()).encode()).hexdigest()


def deliver(world: World, sent: list[Outgoing]) -> None:
    """Everything that waits leaves by a way out that keeps it."""

    def send(message: Outgoing, hand_over: Callable[[], None]) -> str:
        hand_over()
        sent.append(message)
        return "250"

    gateway = MagicMock(send=send)
    context = replace(world.context, demo=False)
    Delivery(context, lambda: {Channel.EMAIL: gateway, Channel.SMS: gateway}).run()


def term_of(world: World, expires_on: date = EXPIRY) -> Subscription:
    term: Subscription
    (term,) = (one for one in world.all(Subscription) if one.expires_on == expires_on)
    return term


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize("state", ["awaited", "agreed", "refused", "over"])
def test_looking_writes_nothing_and_tells_no_stranger_anything(
    world: World, purpose: Purpose, state: str
) -> None:
    client = world.add()
    if state == "agreed":
        world.agreed(client)
    if state == "refused":
        world.walk(world.begin(client), *REFUSAL)
    if state == "over":
        world.now = paris("2026-01-09T10:00")
    before, app = digest(world), app_of(world)
    answer = ask(app, link(world, purpose))
    ended = (Purpose.CONFIRM, Purpose.CHANGE, Purpose.UPGRADE, Purpose.RATE)
    past = state == "over" and purpose in ended
    assert answer.status == (410 if past else 200)
    assert past or "Bonjour Marie" in answer.text
    assert len(answer.html.encode()) < 30_000
    for private in ("Dupuis", "marie.dupuis", "39981234"):
        assert private not in answer.html
    assert digest(world) == before


def test_a_click_renews_once_with_its_offer_and_an_old_page_or_another_tab_does_nothing_more(
    world: World,
) -> None:
    world.add()
    app, path = app_of(world), link(world, offer="fidelite", until=date(2025, 12, 24))
    first, second = ask(app, path), ask(app, path)  # two tabs
    assert first.acts == ["renouveler", "pause", "remise", "basic"]
    assert "34,99 € au lieu de 36,99 €" in first.text
    assert "jusqu’au mercredi 24 décembre 2025 inclus" in first.text
    done = ask(app, path, {"jeton": first.form_token, "acte": "renouveler"})
    assert done.text.startswith("C’est fait, merci ! Votre abonnement Premium continue jusqu’au 31/12/2026")
    for act in ("renouveler", "pause"):
        again = ask(app, path, {"jeton": second.form_token, "acte": act})
        assert again.text.startswith("C’est déjà fait")
        assert "31/12/2026" in again.text
    assert (term_of(world).status, term_of(world, date(2026, 12, 31)).status) == ("renewed", "active")
    told = [one for one in world.all(Event) if one.kind == "renewed"]
    assert [(plain(one.text), one.data["source"]) for one in told] == [
        ("Renouvellement en ligne : Premium du 01/01/2026 au 31/12/2026", "portail")
    ]
    assert [one.kind for one in world.all(Message)] == ["confirmation-renouvellement"]


def test_two_hands_at_once_renew_one_term(world: World) -> None:
    world.add()
    token = link(world)[3:]
    doors = [PortalService(world.context) for _ in range(8)]
    with ThreadPoolExecutor(8) as hands:
        titles = list(hands.map(lambda door: door.act(token, Act.RENEW).title, doors))
    assert sorted(map(plain, titles)) == ["C’est déjà fait"] * 7 + ["C’est fait, merci !"]
    assert sum(one.kind == "renewed" for one in world.all(Event)) == 1
    assert len(world.all(Subscription)) == 2


@pytest.mark.parametrize("act", BY_PHONE)
def test_another_choice_online_writes_what_the_same_one_by_phone_does(
    world: World, tmp_path: Path, act: Act
) -> None:
    phone = World(tmp_path / "phone.db", world.now)
    view = phone.walk(phone.begin(phone.add()), *BY_PHONE[act])
    while view.outcome is None:
        view = phone.services.calls.choose(view.call_id, view.seq, len(view.choices) - 1)
    world.add()
    assert press(app_of(world), link(world), act).status == 200

    def facts(where: World) -> list[tuple[object, ...]]:
        terms = [
            (one.plan, one.billing, one.status, one.retention, one.starts_on, one.expires_on, one.pane)
            for one in where.all(Subscription)
        ]
        pauses = [(one.starts_on, one.resume_by) for one in where.all(Pause)]
        taken = [(one.what, one.answer) for one in where.all(Proposal) if one.answer == "accepted"]
        letters = [one.kind for one in where.all(Message)]
        return [*terms, *pauses, *taken, *letters]

    assert facts(world) == facts(phone)
    assert world.all(Agreement) == []  # in writing from the first: no proof is waited for
    phone.database.close()


def test_the_end_of_an_offer_is_said_and_what_is_true_today_proposed(world: World) -> None:
    world.add()
    world.now = paris("2025-12-26T09:00")
    app, path = app_of(world), link(world, offer="fidelite", until=date(2025, 12, 24))
    answer = ask(app, path)
    assert answer.text.index("L’offre de ce message est terminée") < answer.text.index("36,99 € pour un an")
    assert press(app, path, "renouveler").status == 200
    assert [one.data["amount_cents"] for one in world.all(Event) if one.kind == "renewed"] == [None]
    assert not [one for one in world.all(Event) if one.kind == "offer_accepted"]


def test_after_the_end_a_client_comes_back_and_much_later_is_sent_to_people(world: World) -> None:
    world.add()
    app, path = app_of(world), link(world, Purpose.REACTIVATE, until=date(2026, 1, 31))
    world.now = paris("2026-03-20T09:00")
    late = ask(app, path)
    assert (late.status, late.acts) == (410, [])
    world.now = paris("2026-01-15T09:00")
    assert press(app, path, "renouveler").status == 200
    term = term_of(world)
    assert (term.status, term.came_back_how) == ("expired", "renewed")
    assert term_of(world, date(2027, 1, 14)).status == "active"


def test_a_pause_is_resumed_by_its_link(world: World) -> None:
    world.add()
    app = app_of(world)
    press(app, link(world), "pause")
    world.now = paris("2026-02-10T09:00")
    path = link(world, Purpose.REACTIVATE, until=date(2026, 3, 31))
    assert ask(app, path).acts == ["reprendre"]
    assert press(app, path, "reprendre").text.startswith("C’est reparti, merci")
    assert world.one(Pause).resumed_at == world.now
    assert ask(app, path).text.startswith("C’est déjà fait")


def test_a_written_acceptance_keeps_the_words_that_were_shown(world: World) -> None:
    client = world.add()
    world.walk(world.begin(client), *RENEWED)
    app, path = app_of(world), link(world, Purpose.CONFIRM, until=date(2026, 2, 20))
    shown = ask(app, path).text
    assert "le renouvellement de votre abonnement Premium du 01/01/2026 au 31/12/2026" in shown
    assert press(app, path, "confirmer").text.startswith("C’est confirmé, merci")
    made = world.one(Agreement)
    assert (made.confirmed_at, made.confirmed_by) == (world.now, "written")
    (told,) = (one for one in world.all(Event) if one.kind == "confirmed")
    assert " ".join(plain(told.data["shown"]).split()) in shown
    assert ask(app, path).acts == []


def test_a_letter_of_a_choice_made_online_speaks_of_no_telephone(world: World) -> None:
    world.add()
    press(app_of(world), link(world), "remise")
    (letter,) = world.all(Message)
    assert "téléphone" not in letter.text.partition("Merci")[0]
    assert "confirmer" not in letter.subject


def test_a_choice_not_yet_confirmed_is_withdrawn_by_its_client(world: World) -> None:
    world.agreed(world.add())
    app, path = app_of(world), link(world, Purpose.CHANGE, until=date(2026, 12, 20))
    assert press(app, path, "annuler").text.startswith("C’est annulé")
    assert world.one(Agreement).withdrawn_at == world.now
    assert term_of(world).status == "active"
    assert ask(app, path).acts == ["renouveler", "pause", "remise", "basic"]


def sound(world: World) -> None:
    """What is derived follows from the facts, and the facts from one another."""
    assert list(faults(f"sqlite:///{world.path}", Checked(CONTENT, world.clock))) == []


CHOICES = {"renouveler": "renewed", "pause": "paused", "remise": "renewed", "basic": "downgraded"}


@pytest.mark.parametrize(("first", "second"), permutations(CHOICES, 2))
def test_a_choice_made_online_gives_way_to_another(world: World, first: str, second: str) -> None:
    world.add()
    app, path = app_of(world), link(world, Purpose.CHANGE, until=date(2026, 12, 20))
    press(app, link(world, offer="fidelite", until=date(2025, 12, 24)), first)
    page = ask(app, path)
    assert page.acts == ["annuler", *(act for act in CHOICES if act != first)]
    assert page.text.count("Bonjour Marie") == 1
    world.wait(hours=1)
    press(app, path, second)
    assert term_of(world).status == CHOICES[second]
    (following,) = [one for one in world.all(Subscription) if one.expires_on > EXPIRY] or [None]
    assert (following is None) is (second == "pause")
    assert len(world.all(Pause)) == (second == "pause")
    assert [one.what for one in world.all(Proposal) if one.answer == "accepted"] == (
        [] if second == "renouveler" else [{"remise": "discount", "basic": "downgrade"}.get(second, second)]
    )
    kept = [one for one in world.all(GrantedOffer) if one.accepted_at]
    assert [one.offer for one in kept] == ([DISCOUNT] if second == "remise" else [])
    waiting = [one for one in world.all(Message) if one.status == "queued"]
    assert len(waiting) == 1, "the confirmation of the first choice had not left"
    sound(world)


@pytest.mark.parametrize("first", CHOICES)
def test_a_choice_made_online_is_taken_back_and_its_client_awaited_again(world: World, first: str) -> None:
    world.add()
    app, path = app_of(world), link(world, Purpose.CHANGE, until=date(2026, 12, 20))
    press(app, link(world), first)
    assert press(app, path, "annuler").text.startswith("C’est annulé")
    (term,) = world.all(Subscription)
    assert (term.status, term.retention, term.pane) == ("active", "", "week")
    assert [plain(one.text) for one in world.all(Event)][-1] == "Retiré par le client, en ligne."
    assert {one.status for one in world.all(Message)} == {"cancelled"}
    assert ask(app, path).acts == list(CHOICES)
    press(app, path, first)
    assert term_of(world).status == CHOICES[first]
    sound(world)


def test_what_was_agreed_on_the_phone_is_changed_by_its_client(world: World) -> None:
    world.agreed(world.add())
    app, path = app_of(world), link(world, Purpose.CHANGE, until=date(2026, 12, 20))
    world.wait(hours=1)
    press(app, path, "pause")
    assert term_of(world).status == "paused"
    assert world.one(Agreement).withdrawn_at == world.now
    assert ask(app, link(world, Purpose.CONFIRM, until=date(2026, 2, 20))).text.startswith("Rien à faire")
    sound(world)


def test_a_pause_agreed_on_the_phone_and_taken_back_may_be_chosen_again(world: World) -> None:
    world.agreed(world.add(), CallOutcome.PAUSED)
    app, path = app_of(world), link(world, Purpose.CHANGE, until=date(2026, 12, 20))
    press(app, path, "annuler")
    assert press(app, link(world), "pause").status == 200
    assert (term_of(world).status, len(world.all(Pause))) == ("paused", 1)
    press(app, path, "annuler")
    press(app, link(world), "renouveler")
    told = {"id": "1", "type": "cancelled", "client": CODE, "at": world.now.isoformat()}
    assert FeedbackService(world.context).take([(1, json.dumps(told))]).taken == 1
    assert term_of(world).status == "active", "what was taken back is not what stood before the renewal"


@pytest.mark.parametrize(("source", "kind"), [("boutique", "renewed"), ("boutique", "paid"), ("", "paid")])
def test_what_is_paid_or_was_done_elsewhere_is_not_changed_here(world: World, source: str, kind: str) -> None:
    world.add()
    app, path = app_of(world), link(world, Purpose.CHANGE, until=date(2026, 12, 20))
    press(app, link(world), "renouveler")
    told = {"id": "1", "type": kind, "client": CODE, "at": world.now.isoformat(), "source": source}
    assert FeedbackService(world.context).take([(1, json.dumps(told))]).taken == 1
    before = digest(world)
    answer = ask(app, path)
    assert (answer.acts, answer.text.startswith("Rien à faire ici")) == ([], True)
    assert digest(world) == before


def test_a_choice_that_began_is_not_taken_back(world: World) -> None:
    world.add()
    app, path = app_of(world), link(world, Purpose.CHANGE, until=date(2026, 12, 20))
    world.add("CLT-00300")
    paused = link(world, Purpose.CHANGE, until=date(2026, 12, 20), code="CLT-00300")
    press(app, link(world), "basic")
    press(app, link(world, code="CLT-00300"), "pause")
    world.now = paris("2026-01-02T10:00")
    assert ask(app, path).acts == []
    assert ask(app, paused).acts == ["reprendre"]
    world.now = paris("2026-10-02T10:00")
    assert ask(app, paused).acts == []


def test_one_click_from_a_mail_program_unsubscribes_and_a_look_does_not(world: World) -> None:
    world.add()
    app, path = app_of(world), link(world, Purpose.UNSUBSCRIBE, until=date(2028, 12, 20))
    assert ask(app, path).status == 200
    assert not world.one(Client).opposed_email
    assert ask(app, path, {"List-Unsubscribe": "One-Click"}).status == 200
    assert world.one(Client).opposed_email
    assert not world.one(Client).opposed_sms
    assert press(app, path, "desinscrire-sms").status == 200
    assert world.one(Client).opposed_sms
    assert (
        ask(app, link(world), {"List-Unsubscribe": "One-Click"}).acts != []
    )  # no link to unsubscribe: a look
    assert term_of(world).status == "active"


def test_an_exchange_without_a_rating_is_rated_once_by_the_link_of_its_confirmation(world: World) -> None:
    world.walk(world.begin(world.add()), *UNRATED)
    letter = next(one for one in world.all(Message) if one.kind == "confirmation-renouvellement")
    (path,) = re.findall(r"https://numi\.support(/r/n\.\S+)", letter.text)
    app = app_of(world)
    page = ask(app, path)
    assert "Nous nous sommes parlé lundi 22 décembre" in page.text
    assert re.findall(r'name="note" value="(\d)"', page.html) == list("12345")
    form = {"jeton": page.form_token, "acte": "noter"}
    for wrong in ("", "0", "6", "x", "44"):
        assert ask(app, path, {**form, "note": wrong}).acts == ["noter"]
    assert [one.satisfaction for one in world.all(Call)] == [None]
    for note in ("4", "1"):
        assert ask(app, path, {**form, "note": note}).text.startswith("Merci pour votre note")
    assert ask(app, path).acts == []
    assert [one.satisfaction for one in world.all(Call)] == [4]
    assert [plain(one.text) for one in world.all(Event) if one.kind == "rated"] == ["4 sur 5, en ligne"]
    month = Campaign(date(2025, 12, 1), date(2025, 12, 31))
    (mean,) = (one for one in world.services.kpis.view(month).measures if one.kpi == "satisfaction")
    assert mean.detail.startswith("1 note")
    world.now = paris("2026-01-06T09:00")
    assert ask(app, path).status == 410


def test_no_rating_is_asked_where_one_was_given_or_where_nobody_spoke(world: World) -> None:
    world.walk(world.begin(world.add()), *RENEWED)
    press(app_of(world), link(world, code="CLT-00245"), "renouveler")
    assert not [one for one in world.all(Message) if "/r/n." in one.text]
    path = link(world, Purpose.RATE, until=date(2026, 1, 5))
    assert ask(app_of(world), path).acts == []
    world.add("CLT-00300")
    assert ask(app_of(world), link(world, Purpose.RATE, code="CLT-00300")).text.startswith("Rien à faire")


@pytest.mark.parametrize(
    ("today", "last"),
    [("2025-12-22", "2026-01-05"), ("2026-01-25", "2026-01-30"), ("2026-02-01", "2026-02-15")],
)
def test_a_rating_moves_no_figure_of_a_month_that_stands(today: str, last: str) -> None:
    assert rated_until(EXPIRY, date.fromisoformat(today)) == date.fromisoformat(last)


def test_back_to_premium_is_asked_and_nothing_sold(world: World) -> None:
    world.add(plan="basic", billing="monthly", starts_on=date(2025, 12, 1))
    app, path = app_of(world), link(world, Purpose.UPGRADE, until=date(2026, 12, 20))
    for _ in range(2):
        assert press(app, path, "premium").status == 200
    assert [plain(one.text) for one in world.all(Event)] == ["Souhaite revenir à Premium (demandé en ligne)"]
    (waits,) = world.services.todo.page(None, 0, 9).rows
    assert plain(waits.why).startswith("Promis le 22/12 en ligne : le point sur votre retour à Premium.")
    world.services.todo.done(waits.id)
    assert world.services.todo.page(None, 0, 9).total == 0


def test_a_form_that_we_did_not_show_does_nothing(world: World) -> None:
    world.add()
    app, path = app_of(world), link(world)
    before = digest(world)
    for token in ("", "0" * 32, ask(app, link(world, Purpose.CONFIRM)).form_token):
        answer = ask(app, path, {"jeton": token, "acte": "renouveler"})
        assert (answer.status, answer.acts[0]) == (200, "renouveler")
        assert "Rien n’a été fait à l’instant" in answer.text
    good = ask(app, path).form_token
    world.wait(days=3)
    assert ask(app, path, {"jeton": good, "acte": "renouveler"}).acts[0] == "renouveler"
    world.wait(days=-3)
    for body, status in ((b"acte=" + b"x" * 5000, 413), (b"\xff\xfe", 400), (b"&".join([b"a=1"] * 30), 400)):
        answer = ask(app, path, body)
        assert (answer.status, answer.headers["connection"]) == (status, "close")
    assert ask(app, path, {"jeton": good, "acte": "confirmer"}).acts[0] == "renouveler"
    assert ask(app, path, {"jeton": good, "acte": "tout"}).status == 400
    assert digest(world) == before


def test_an_address_that_is_nobodys_says_nothing_and_many_tries_wait(world: World) -> None:
    world.add()
    app, token = app_of(world), link(world)[3:]
    wrong = [
        f"{token[:-1]}{'a' if token[-1] != 'a' else 'b'}",
        token.replace("00245", "00246"),
        "x",
        "é" * 300,
    ]
    wrong += [token.upper(), "..", f"{token}.", link(world, code="CLT-09999")[3:], "robots.txt"]
    for index, one in enumerate(wrong):
        answer = ask(app, f"/r/{one}", address=f"198.51.100.{index}")
        assert answer.status == 404
        assert "Bonjour" not in answer.text
    for _ in range(GUESSES):
        ask(app, "/r/x")
    blocked = ask(app, f"/r/{token}")
    assert (blocked.status, blocked.headers["retry-after"]) == (429, "600")
    assert ask(app, f"/r/{token}", address="203.0.113.9").status == 200


def test_no_invented_token_opens_anything(world: World) -> None:
    world.add()
    service, random = PortalService(world.context), Random(1)
    right = [link(world, purpose)[3:] for purpose in Purpose]
    before = digest(world)
    for number in range(300):
        token = list(random.choice(right))
        if number % 3 == 0:
            token[random.randrange(len(token))] = random.choice("abcXYZ019.-~%é\0")
        elif number % 3 == 1:
            token = random.choices("abcdefghijklmnopqrstuvwxyzABCDEFGH0123456789", k=12)
        else:
            token = list(".".join(random.choice(random.choice(right).split(".")) for _ in range(6)))
        if (invented := "".join(token)) in right:
            continue
        with pytest.raises(UnknownLinkError):
            service.act(invented, random.choice(list(Act)), rating=3)
    assert digest(world) == before


@pytest.mark.parametrize(
    ("guesser", "neighbour", "stranger"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1"),  # a subscriber has a /64
        ("198.51.100.7", "::ffff:198.51.100.7", "198.51.100.8"),
    ],
)
def test_guesses_are_counted_by_subscriber(world: World, guesser: str, neighbour: str, stranger: str) -> None:
    world.add()
    app, path = app_of(world), link(world)
    for _ in range(GUESSES):
        ask(app, "/r/x", address=guesser)
    assert ask(app, path, address=neighbour).status == 429
    assert ask(app, path, address=stranger).status == 200


def test_a_clock_that_is_doubted_meanwhile_writes_nothing_until_it_is_right(world: World) -> None:
    world.add()
    why = ["L’horloge de cette machine a changé."]
    secrets = {"brevo": "secret"}
    app = Portal(world.context, secrets=secrets, doubted=lambda: "".join(why)).application()
    path, before = link(world), digest(world)
    form = {"jeton": ask(app, path).form_token, "acte": "renouveler"}
    told = b'{"event": "spam", "email": "marie.dupuis@example.org", "message-id": "", "ts_event": 1766045520}'
    proof = {"authorization": "secret"}
    for answer in (ask(app, path, form), ask(app, "/evenements/brevo", told, headers=proof)):
        assert (answer.status, answer.headers["retry-after"]) == (503, "60")
    assert digest(world) == before
    why.clear()
    assert ask(app, path, form).text.startswith("C’est fait")
    assert ask(app, "/evenements/brevo", told, headers=proof).status == 200


def test_every_answer_keeps_to_itself(world: World) -> None:
    world.add()
    app = app_of(world)
    for path in (link(world), "/", "/r/x", "/robots.txt"):
        headers = ask(app, path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert "noindex" in headers["x-robots-tag"]
        assert "strict-transport-security" in headers
        assert "set-cookie" not in headers
    assert "strict-transport-security" not in ask(app, "/", scheme="http").headers


def test_paying_is_on_the_companys_page_once_the_choice_is_written(world: World) -> None:
    world.add()
    app = app_of(world, "https://pay.example/p?ref={reference}&amount={montant}&back={retour}")
    path = link(world)
    answer = press(app, path, "renouveler")
    assert answer.status == 303
    back = f"https%3A%2F%2Fnumi.support{path.replace('/', '%2F')}"
    assert answer.headers["location"] == (
        f"https://pay.example/p?ref=CLT-00245-20251231&amount=3699&back={back}"
    )
    assert "form-action 'self' https://pay.example;" in answer.headers["content-security-policy"]
    assert term_of(world).status == "renewed"
    assert not [one for one in world.all(Event) if one.kind == "paid"]


def test_a_base_out_of_reach_loses_nothing_and_says_when_to_come_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add()
    app, path = app_of(world), link(world)
    form_token = ask(app, path).form_token

    def fail(*_: object) -> None:
        raise StorageError("La base est occupée.")

    with monkeypatch.context() as broken:
        broken.setattr(FeedbackService, "take_one", fail)
        answer = ask(app, path, {"jeton": form_token, "acte": "renouveler"})
    assert (answer.status, answer.headers["retry-after"]) == (503, "60")
    assert "rien n’est perdu" in answer.text
    assert ask(app, path, {"jeton": form_token, "acte": "renouveler"}).text.startswith("C’est fait")


def test_a_term_settled_by_phone_meanwhile_is_told(world: World) -> None:
    client = world.add()
    app, path = app_of(world), link(world)
    form_token = ask(app, path).form_token
    world.agreed(client, CallOutcome.PAUSED)
    answer = ask(app, path, {"jeton": form_token, "acte": "basic"})
    assert "basic" not in answer.acts
    assert term_of(world).status == "paused"


def test_who_refused_may_still_renew_and_the_record_stays(world: World) -> None:
    world.walk(world.begin(world.add()), *REFUSAL)
    app, path = app_of(world), link(world)
    assert ask(app, path).acts == ["renouveler"]
    assert press(app, path, "renouveler").text.startswith("C’est fait")
    assert term_of(world).status == "renewed"
    assert len(world.all(ChurnRecord)) == 1


def test_the_clock_of_a_link_is_the_last_day_in_paris(world: World) -> None:
    world.add()
    app, path = app_of(world), link(world, offer="fidelite", until=date(2025, 12, 24))
    world.now = paris("2025-12-24T23:59")
    assert "34,99" in ask(app, path).text
    world.now += timedelta(minutes=2)
    assert "34,99" not in ask(app, path).text


def test_a_message_leaves_with_short_addresses_that_open_the_same_pages(world: World) -> None:
    client = world.add()
    links = world.context.links
    offer = links.url(Link(Purpose.RENEW, CODE, EXPIRY, date(2025, 12, 24), "fidelite"))
    stop = links.url(Link(Purpose.UNSUBSCRIBE, CODE, EXPIRY, date(2028, 12, 20)))
    text = f"Renouvelez : {offer}. Ne plus rien recevoir : {stop}\n{links.address('x.y')}"
    world.mail(client, "J-14", None, text=text, html=f'<a href="{offer}">Je renouvelle</a>')
    sent: list[Outgoing] = []
    deliver(world, sent)
    (mail,) = sent
    short, other = re.findall(r"https://numi\.support(/r/[A-Za-z0-9]{12})(?![\w-])", mail.text)
    assert max(map(len, mail.text.split())) <= 40
    assert f'"https://numi.support{short}"' in mail.html
    assert mail.text.endswith("/r/x.y")
    app = app_of(world)
    assert "34,99 €" in ask(app, short).text
    assert ask(app, other).acts[0] == "desinscrire"
    assert ask(app, f"{short[:-1]}{'A' if short[-1] != 'A' else 'B'}").status == 404
    stored = world.all(ShortLink)
    assert len(stored) == 3  # the header's own address to unsubscribe
    assert short[3:] not in repr(stored)
    assert offer in world.one(Message).text  # the words as they were written


def test_events_are_posted_with_their_proof_or_refused_in_json(world: World) -> None:
    world.add()
    app = Portal(world.context, secrets={"brevo": "secret"}).application()
    body = b'{"event": "spam", "email": "marie.dupuis@example.org", "message-id": "", "ts_event": 1766045520}'
    refused = ask(app, "/evenements/brevo", body)
    assert (refused.status, "signature refusée" in refused.html) == (401, True)
    taken = ask(app, "/evenements/brevo", body, headers={"authorization": "secret"})
    assert taken.status == 200
    assert world.one(Client).opposed_email
    assert ask(app, "/evenements/none", body, headers={"authorization": "secret"}).status == 400
    assert ask(app, "/evenements", body).status == 401
    assert ask(app, "/evenements/brevo", b" " * 1_000_001).status == 413
    assert ask(app, "/evenements/brevo").status == 404  # a look is at no page


def test_the_measure_of_openings_is_agreed_to_and_taken_back_where_it_asks_for_it(world: World) -> None:
    world.add()
    context = replace(world.context, tracking=Openings(Tracking.CONSENT))
    app, path = Portal(context).application(), link(world, Purpose.UNSUBSCRIBE, until=date(2028, 12, 20))
    assert ask(app, path).acts == ["desinscrire", "desinscrire-sms", "mesurer"]
    press(app, path, "mesurer")
    assert world.one(Client).tracking_consent_at == world.now
    press(app, path, "ne-pas-mesurer")
    assert world.one(Client).tracking_consent_at is None
    assert "mesurer" not in ask(app_of(world), path).acts


def test_an_agreement_by_phone_is_confirmed_by_the_link_of_its_reminder(world: World) -> None:
    world.walk(world.begin(world.add()), *RENEWED)
    app, path = app_of(world), link(world)
    assert ask(app, path).acts == ["confirmer"]
    assert press(app, path, "confirmer").text.startswith("C’est confirmé")
    assert world.one(Agreement).confirmed_by == "written"


def test_words_that_changed_since_they_were_read_are_shown_again(world: World) -> None:
    client = world.add()
    app, path = app_of(world), link(world)
    read = ask(app, path).form_token
    with world.database.writing() as session:
        session.get_one(Client, client).first_name = "Maria"
    before = digest(world)
    again = ask(app, path, {"jeton": read, "acte": "renouveler"})
    assert "Rien n’a été fait à l’instant" in again.text
    assert "Bonjour Maria" in again.text
    assert "Rien n’a été fait" not in ask(app, path).text
    assert digest(world) == before
    form = {"jeton": again.form_token, "acte": "renouveler"}
    assert ask(app, path, form).text.startswith("C’est fait")


def test_a_content_published_before_a_page_had_its_words_shows_the_rest(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add()
    found, faults = world.context.content.pages.reading
    older = {name: page for name, page in found.items() if name != "entretemps"}
    monkeypatch.setattr(Pages, "reading", (older, faults))
    answer = ask(app_of(world), link(world), {"jeton": "", "acte": "renouveler"})
    assert (answer.status, answer.acts[0]) == (200, "renouveler")


@pytest.mark.parametrize(("days", "status"), [(1, 200), (26, 200), (27, 410)])
def test_a_term_corrected_by_a_few_days_is_the_same_and_a_far_one_is_not(
    world: World, days: int, status: int
) -> None:
    world.add(expires_on=EXPIRY + timedelta(days))
    answer = ask(app_of(world), link(world))
    assert (answer.status, "renouveler" in answer.acts) == (status, status == 200)


def test_one_click_comes_as_a_form_of_several_parts_too(world: World) -> None:
    world.add()
    body = b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
    sent = {"content-type": "multipart/form-data; boundary=x"}
    path = link(world, Purpose.UNSUBSCRIBE, until=date(2028, 12, 20))
    assert ask(app_of(world), path, body, headers=sent).status == 200
    assert world.one(Client).opposed_email


def test_who_left_the_payment_page_finds_it_again(world: World) -> None:
    world.add()
    app, path = app_of(world, "https://pay.example/p?ref={reference}&amount={montant}"), link(world)
    press(app, path, "renouveler")
    again = ask(app, path)
    assert again.acts == ["payer"]
    assert "Il reste à régler : 36,99 €" in again.text
    answer = press(app, path, "payer")
    assert answer.headers["location"] == "https://pay.example/p?ref=CLT-00245-20251231&amount=3699"
    assert len(world.all(Subscription)) == 2
    assert ask(app_of(world), path).acts == []  # no page to pay on: nothing to press


def test_who_waits_too_long_for_a_turn_is_told_so_and_what_has_begun_is_done(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add()
    monkeypatch.setattr(web, "TURN_SECONDS", 0.1)
    portal, began, goes_on = Portal(world.context), threading.Event(), threading.Event()
    app, path = portal.application(), link(world)
    form = {"jeton": ask(app, path).form_token, "acte": "renouveler"}
    act = portal._service.act

    def slow(*given: Any) -> Page:
        began.set()
        assert goes_on.wait(10)
        return act(*given)

    monkeypatch.setattr(portal._service, "act", slow)

    async def both() -> tuple[Answer, Answer]:
        first = asyncio.create_task(asked(app, path, form))
        await asyncio.to_thread(began.wait, 10)
        second = await asked(app, path, form)
        goes_on.set()
        return await first, second

    first, second = asyncio.run(both())
    assert (second.status, second.headers["retry-after"]) == (503, "60")
    assert "rien n’est perdu" in second.text
    assert first.text.startswith("C’est fait")
    assert sum(one.kind == "renewed" for one in world.all(Event)) == 1
