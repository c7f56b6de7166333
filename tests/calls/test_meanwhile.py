"""A call whose term is settled elsewhere while it lasts: one fate, one set of messages, one sentence."""

import contextlib
import json
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from console.base.errors import ConflictError
from console.base.history import EventKind
from console.base.vocabulary import CallOutcome, Direction
from console.cases.pauses import begun
from console.cases.terms import paused_until
from console.cases.upkeep import reassess
from console.db import history
from console.db.tables import (
    Agreement,
    Call,
    CallStep,
    ChurnRecord,
    Client,
    Commitment,
    Event,
    Message,
    Pause,
    Subscription,
)
from console.imports.service import ImportService
from console.integrity.database import faults
from console.messages.events import FeedbackService
from console.messages.renewal import choose
from tests.world import DIAL, REFUSAL, World, paris, plain

WALKS: dict[str, tuple[str, ...]] = {
    "renewed": (*DIAL, "Oui", "Je m’en occupe", "5 sur 5", "Terminer"),
    "by link": (*DIAL, "Oui", "Depuis son compte", "5 sur 5", "Terminer"),
    "discounted": (*DIAL, "Hésite", "Le prix", "Accepte la remise", "Le client confirme"),
    "downgraded": (*DIAL, "Hésite", "Le prix", "Accepte le passage", "Le client confirme"),
    "paused": (*DIAL, "Hésite", "Le prix", "Accepte la pause", "Le client confirme"),
    "refused": REFUSAL,
    "no answer": ("Composer", "Pas de réponse"),
    "already renewed": (*DIAL, "A déjà renouvelé", "Terminer"),
}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Friday 19/12/2025 at 15:00: calls are lawful."""
    world = World(tmp_path / "base.db", paris("2025-12-19T15:00"))
    yield world
    assert not faults(f"sqlite:///{tmp_path / 'base.db'}")
    world.database.close()


def renewed_online(world: World) -> None:
    told = {"id": "z1", "type": "renewed", "client": "CLT-00245", "at": world.now.isoformat()}
    assert FeedbackService(world.context).take([(1, json.dumps(told))]).taken == 1


def renewed_by_file(world: World) -> None:
    told = {"nom": "Dupuis", "email": "marie.dupuis@example.org", "expire_le": "31/12/2026"}
    assert ImportService(world.as_agent("Ada").ctx).take([(1, {"code": "CLT-00245", **told})]).updated == 1


def decided(world: World, kind: EventKind, **columns: Any) -> None:
    """What another agent's call writes of the term, with its event."""
    with world.database.writing() as session:
        term = session.exec(select(Subscription)).one()
        for name, value in columns.items():
            setattr(term, name, value)
        term.settled_at = world.now
        call = session.exec(select(Call)).one()
        links: dict[str, Any] = {"client_id": term.client_id, "subscription_id": term.id, "call_id": call.id}
        history.add(session, kind, world.now, agent="Anne", **links)
        reassess(session, world.context, [term.id or 0])


def refused(world: World) -> None:
    decided(world, EventKind.REFUSED, status="cancelled", retention="")


def downgraded(world: World) -> None:
    decided(world, EventKind.DOWNGRADED, status="downgraded", retention="downgraded")


def paused(world: World) -> None:
    """As another agent's call writes it: the choice, its event and the pause itself."""
    decided(world, EventKind.PAUSED, status="paused", retention="paused")
    with world.database.writing() as session:
        term = session.exec(select(Subscription)).one()
        until = paused_until(term, world.context.content.data.catalogue)
        session.add(Pause(**begun(term, until, world.now).values))
        session.flush()
        reassess(session, world.context, [term.id or 0])


def chosen_online(world: World, outcome: CallOutcome) -> None:
    """What the client chooses on the pages of a link."""
    with world.database.writing() as session:
        client, term = session.exec(select(Client)).one(), session.exec(select(Subscription)).one()
        touched = choose(session, world.context, client, term, outcome, at=world.now, key="z1", data={})
        reassess(session, world.context, touched)


def paused_online(world: World) -> None:
    chosen_online(world, CallOutcome.PAUSED)


def discounted_online(world: World) -> None:
    chosen_online(world, CallOutcome.DISCOUNTED)


OUTSIDE: dict[str, tuple[Callable[[World], None], str, CallOutcome]] = {
    "event": (renewed_online, "Renouvelée en ligne à 15:", CallOutcome.ALREADY_RENEWED),
    "import": (
        renewed_by_file,
        "Renouvelée ailleurs, d’après le fichier importé",
        CallOutcome.ALREADY_RENEWED,
    ),
    "refused": (refused, "Refus enregistré au téléphone par Anne à 15:", CallOutcome.ALREADY_SETTLED),
    "paused": (paused, "En pause au téléphone par Anne à 15:", CallOutcome.ALREADY_SETTLED),
    "paused online": (paused_online, "En pause en ligne à 15:", CallOutcome.ALREADY_SETTLED),
    "discounted online": (discounted_online, "Renouvelée en ligne à 15:", CallOutcome.ALREADY_RENEWED),
    "downgraded": (downgraded, "Passée à Basic au téléphone par Anne à 15:", CallOutcome.ALREADY_SETTLED),
}
LAST_KEY = {"discounted online"}
"""What comes at the last key only, to be quick: at the others it is told as what is like it."""
MOMENTS = {WALKS[way][: at + 1]: (way, at) for way in WALKS for at in range(len(WALKS[way]))}
"""Every choice of the walks, those that begin alike once."""
_IN_TURN = cycle([one for one in OUTSIDE if one not in LAST_KEY])
STEPS = [
    (way, outside, at, killed)
    for way, at in MOMENTS.values()
    for outside, killed in zip(
        OUTSIDE if at + 1 == len(WALKS[way]) else (next(_IN_TURN), next(_IN_TURN)), cycle((False, True))
    )
]
"""All that may come, at the last key, which settles the term itself; at the others two of them in turn.

killed: the console was, before the key is pressed.
"""
SERVICE = (*DIAL, "Hésite", "Le service", "Noté = L’atelier du 3 a été annulé.")
OTHERS = {
    "callback": (*DIAL, "Demande un rappel", "Promettre = 22/12 10h30"),
    "escalated": (*SERVICE, "Demande un responsable", "Transmettre = Atelier annulé."),
    "wrong number": ("Composer", "Mauvais numéro"),
}
"""Outcomes that settle nothing themselves: what comes at their last key."""
STEPS += [
    (way, outside, len(OTHERS[way]) - 1, killed)
    for way in OTHERS
    for outside, killed in zip(OUTSIDE, cycle((False, True)))
]


def stands(world: World) -> tuple[object, ...]:
    """The fate, the terms, the agreements, the records and the letters."""
    terms = sorted((t.expires_on, t.status, t.retention, t.settled_at) for t in world.all(Subscription))
    letters = sorted(one.kind for one in world.all(Message))
    rests = sorted((one.resume_by, str(one.resumed_at), str(one.refused_at)) for one in world.all(Pause))
    return terms, rests, letters, len(world.all(Agreement)), len(world.all(ChurnRecord))


@pytest.mark.parametrize(("way", "outside", "at", "killed"), STEPS)
def test_what_is_settled_meanwhile_is_told_and_settled_once(
    world: World, way: str, outside: str, at: int, killed: bool
) -> None:
    happens, sentence, outcome = OUTSIDE[outside]
    view = world.begin(world.add(), Direction.OUTBOUND)
    labels = (WALKS | OTHERS)[way]
    view = world.walk(view, *labels[:at])
    happens(world)
    before = stands(world)
    if killed:
        world.restart()
        shown = world.services.calls.resume()
        assert shown is not None
        view = shown
    view = world.walk(view, labels[at])
    assert plain(view.news).startswith(sentence)
    assert view.outcome is None
    assert [plain(choice.label) for choice in view.choices] == [
        "Terminer : déjà réglé", "Ne veut plus d’appels", "Mauvais numéro, ou numéro invalide",
    ]  # fmt: skip
    with contextlib.suppress(ConflictError):  # the same key again, on the step that it was pressed on
        world.services.calls.choose(view.call_id, view.seq - 1, 0)
    assert stands(world) == before
    view = world.press(view, "Terminer")
    assert view.outcome is outcome
    assert "Ce qui était réglé n’a pas changé." in map(plain, view.summary)
    assert stands(world) == before
    assert world.one(Call).outcome == outcome


def test_the_sentence_says_until_when_and_the_words_are_kept(world: World) -> None:
    view = world.begin(world.add(), Direction.OUTBOUND)
    view = world.walk(view, *REFUSAL[: next(i for i, one in enumerate(REFUSAL) if " = " in one)])
    renewed_online(world)
    (typed,) = [one for one in REFUSAL if " = " in one]
    label, _, words = typed.partition(" = ")
    view = world.press(view, label, words)
    assert plain(view.news).endswith(", jusqu’au 31/12/2026")
    assert words in [step.captured for step in world.all(CallStep)]
    assert view.news in [step.said for step in world.all(CallStep)]


@pytest.mark.parametrize("typed", ["demain", "lundi 10h30"])
def test_a_moment_half_typed_is_kept_when_it_is_settled_meanwhile(world: World, typed: str) -> None:
    world.add()
    view = world.walk(world.begin(1), *DIAL, "Demande un rappel")
    calls = world.services.calls
    calls.draft(view.call_id, "callback", typed)
    renewed_online(world)
    view = calls.jump(view.call_id, view.seq, "hung_up")
    assert view.step == "regle-entre-temps"
    world.walk(view, "Terminer")
    told = [plain(one.title) for one in world.services.clients.replay(view.call_id)]
    kept = {"demain": "demain", "lundi 10h30": "lun. 22/12 à 10:30"}[typed]
    assert any(one.startswith(f"« {kept} »") for one in told)


@pytest.mark.parametrize("outside", OUTSIDE)
def test_what_was_promised_is_owed_whatever_was_settled(world: World, outside: str) -> None:
    view = world.begin(world.add(), Direction.OUTBOUND)
    view = world.walk(view, *SERVICE, "Accepte l’accompagnement")
    OUTSIDE[outside][0](world)
    before = stands(world)[:2]
    view = world.walk(view, "Préfère voir")
    assert "un accompagnement personnel" in plain(view.said)
    world.walk(view, "Terminer")
    assert [one.kind for one in world.all(Commitment)] == ["accompagnement"]
    assert stands(world)[:2] == before


@pytest.mark.parametrize("outside", OUTSIDE)
@pytest.mark.parametrize("at", [2, 3])
def test_whoever_wants_no_more_calls_is_heard_whatever_was_settled(
    world: World, outside: str, at: int
) -> None:
    """The opposition is the client's, not the term's: nothing settles it elsewhere."""
    view = world.begin(world.add(), Direction.OUTBOUND)
    said = (*DIAL, "Ne veut plus d’appels", "Enregistrer")
    view = world.walk(view, *said[:at])
    OUTSIDE[outside][0](world)
    before = stands(world)
    view = world.walk(view, said[at], "Ne veut plus d’appels", "Enregistrer")
    assert view.outcome is CallOutcome.OPPOSED
    assert "Ce qui était réglé n’a pas changé." in map(plain, view.summary)
    assert world.one(Client).opposed_call
    assert stands(world) == before


@pytest.mark.parametrize("outside", OUTSIDE)
def test_a_wrong_number_is_written_whatever_was_settled(world: World, outside: str) -> None:
    """The number is the client's too: the next agent is not given it again."""
    view = world.walk(world.begin(world.add(), Direction.OUTBOUND), "Composer", "Mauvais numéro")
    OUTSIDE[outside][0](world)
    before = stands(world)
    view = world.walk(view, "Marquer", "Mauvais numéro", "Marquer")
    assert view.outcome is CallOutcome.WRONG_NUMBER
    assert "Ce qui était réglé n’a pas changé." in map(plain, view.summary)
    assert world.one(Client).phone_kind == "invalid"
    assert stands(world) == before


def test_a_call_about_a_term_that_was_settled_before_goes_on(world: World) -> None:
    """A client who refused calls back: what was settled when the call began is what it is about."""
    client = world.add()
    world.walk(world.begin(client, Direction.OUTBOUND), *REFUSAL)
    world.wait(days=3)
    view = world.walk(world.begin(client, Direction.INBOUND), "Veut renouveler")
    assert view.news == ""
    assert [event.kind for event in world.all(Event)].count("refused") == 1
