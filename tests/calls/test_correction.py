"""An outcome taken back: the base is as if it had never been, but for the two lines of the journal."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlmodel import SQLModel, col

from console.base.errors import RefusedInputError
from console.base.roles import Role
from console.base.vocabulary import CallOutcome, Direction
from console.calls.views import CallView
from console.cases.upkeep import reassess
from console.db.tables import Agreement, Callback, ChurnRecord, Event, GrantedOffer, Message
from console.integrity import database
from console.ledger.sealer import SealService
from console.records.filters import Filters
from console.rules.outcomes import OUTCOMES
from tests.world import DIAL, REFUSAL, World, paris, plain

PRICE = (*DIAL, "Hésite", "Le prix")
SERVICE = (*DIAL, "Hésite", "Le service", "Noté = Deux ateliers annulés.")
WALKS: dict[CallOutcome, tuple[str, ...]] = {
    CallOutcome.RENEWED: (*DIAL, "Oui", "Je m’en occupe", "5 sur 5", "Terminer"),
    CallOutcome.LINK_SENT: (*DIAL, "Oui", "Depuis son compte", "Ne pas demander", "Terminer"),
    CallOutcome.DISCOUNTED: (*PRICE, "Accepte la remise", "Le client confirme", "Ne pas demander"),
    CallOutcome.DOWNGRADED: (*PRICE, "Accepte le passage", "Le client confirme", "Ne pas demander"),
    CallOutcome.PAUSED: (*PRICE, "Accepte la pause", "Le client confirme", "Ne pas demander"),
    CallOutcome.ESCALATED: (*SERVICE, "Demande un responsable", "Transmettre = Il veut un geste."),
    CallOutcome.CALLBACK: (*DIAL, "Demande un rappel", "Promettre = demain 14h"),
    CallOutcome.UNDECIDED: (*SERVICE, "Accepte un atelier", "Préfère voir", "Terminer"),
    CallOutcome.REFUSED: REFUSAL,
    CallOutcome.NO_ANSWER: ("Composer", "Pas de réponse"),
    CallOutcome.VOICEMAIL: ("Composer", "Répondeur", "Message laissé"),
    CallOutcome.BUSY: ("Composer", "Ligne occupée"),
    CallOutcome.WRONG_NUMBER: ("Composer", "Mauvais numéro", "Marquer le numéro"),
    CallOutcome.THIRD_PARTY: ("Composer", "Une autre personne", "Terminer"),
    CallOutcome.OPPOSED: (*DIAL, "Ne veut plus d’appels", "Enregistrer"),
    CallOutcome.QUESTION: (*DIAL, "question", "Terminer = L’adresse du chat."),
    CallOutcome.HUNG_UP: (*DIAL, "raccroché", "Terminer"),
    CallOutcome.ALREADY_RENEWED: (*DIAL, "A déjà renouvelé", "Terminer"),
}
IGNORED = {"call_undo", "watch", "script_version", "meta", "call_step", "seal", "seal_entry", "seal_salt"}
"""What is told apart below, and what says when somebody looks again."""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Friday 19/12/2025 at 15:00: a client with a past, another one with the same number and address."""
    world = World(tmp_path / "base.db", paris("2025-12-19T15:00"))
    marie = world.add()
    world.add("CLT-00300", first_name="Paul")
    world.mail(marie, "J-7", None)
    world.mail(marie, "J-3", None)
    links: dict[str, Any] = {"client_id": marie, "subscription_id": 1}
    with world.database.writing() as session:
        session.add(
            GrantedOffer(
                **links, offer="fidelite", granted_at=world.now, ends_at=paris("2025-12-24T23:59"),
                price_cents=3499, normal_price_cents=3699, face_value_cents=2200, workshops=1,
            )
        )  # fmt: skip
        session.add(Callback(**links, promised_at=world.now, agent="Jean", created_at=world.now))
        asked: dict[str, Any] = {
            "outcome": "link_sent",
            "agreed_at": paris("2025-12-18T10:00"),
            "agent": "Jean",
        }
        session.add(Agreement(**links, **asked))
        session.flush()
        reassess(session, world.context, [1])
    yield world
    world.database.close()


def dump(world: World) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, what a correction leaves on purpose set aside."""
    found = {}
    with world.database.reading() as session:
        for name, table in SQLModel.metadata.tables.items():
            if name not in IGNORED:
                rows = session.connection().execute(select(table).order_by(*table.primary_key)).mappings()
                found[name] = [plain_row(dict(row)) for row in rows if not left_on_purpose(name, dict(row))]
    return found


def plain_row(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in {"placed_at", "updated_at"}}


LEFT_ON_PURPOSE: dict[str, Callable[[dict[str, Any]], bool]] = {
    "event": lambda row: row["kind"] in {"undone", "call_corrected", "audit"},
    "message": lambda row: bool(row["error"].startswith("Annulé par correction")),
    "churn_record": lambda row: row["corrected_at"] is not None,
    "record_amendment": lambda row: bool(row["kind"] == "corrected"),
    "record_word": lambda _: True,
    "campaign_count": lambda row: bool(row["n"] == 0),
}


def left_on_purpose(table: str, row: dict[str, Any]) -> bool:
    return table in LEFT_ON_PURPOSE and LEFT_ON_PURPOSE[table](row)


def until_the_end(world: World, *labels: str) -> CallView:
    """The walk but for its last choice."""
    view = world.begin(1, Direction.OUTBOUND)
    for label in labels[:-1]:
        if where := {"raccroché": "hung_up", "question": "question"}.get(label):
            view = world.services.calls.jump(view.call_id, view.seq, where)
        else:
            view = world.walk(view, label)
    return view


@pytest.mark.parametrize("outcome", WALKS)
def test_a_corrected_outcome_leaves_nothing_but_two_lines(world: World, outcome: CallOutcome) -> None:
    view = until_the_end(world, *WALKS[outcome])
    world.services.calls.draft(view.call_id, "note", "Rappeler son fils.")
    with world.database.writing() as session:
        reassess(session, world.context, [1, 2])  # what was dialled has its effect, outcome or not
    stood = dump(world)
    ended = world.walk(view, WALKS[outcome][-1])
    assert ended.outcome is outcome
    assert dump(world) != stood
    SealService(world.context).seal()  # what is taken back was sealed, and its correction is told
    world.wait(minutes=2)
    done = world.services.corrections.correct(ended.call_id)
    assert done.reopened
    assert OUTCOMES[outcome].label in done.words
    assert database.faults(f"sqlite:///{world.path}") == []
    assert dump(world) == stood
    told = [(event.kind, event.data.get("was")) for event in world.all(Event)]
    assert ("undone", "call_ended") in told
    assert ("call_corrected", None) in told
    titles = {entry.title for entry in world.services.clients.file(1).history}
    assert {"Annulé par correction", "Issue d’appel corrigée"} <= titles
    # The call is where it was, and may end otherwise, or the same way again.
    again = world.services.calls.resume()
    assert again is not None
    assert (again.step, again.note_draft) == (view.step, "Rappeler son fils.")
    assert world.walk(again, WALKS[outcome][-1]).outcome is outcome


def test_every_outcome_is_corrected_here() -> None:
    after_something_else = {
        CallOutcome.RESUMED, CallOutcome.ALREADY_SETTLED, CallOutcome.INTERRUPTED,
    }  # fmt: skip
    assert set(CallOutcome) == set(WALKS) | after_something_else


def test_afterwards_a_supervisor_does_with_a_reason(world: World) -> None:
    ended = world.walk(until_the_end(world, *REFUSAL), REFUSAL[-1])
    world.wait(minutes=11)
    hotliner, supervisor = world.as_agent("Jean"), world.as_agent("Sophie")
    hotliner.act_as(Role.HOTLINER)
    with pytest.raises(RefusedInputError, match="10 minutes"):
        hotliner.corrections.correct(ended.call_id, "je me suis trompé")
    known = hotliner.corrections.last(1)
    assert known is not None
    assert "10 minutes" in plain(known.why_not)
    with pytest.raises(RefusedInputError, match="pourquoi"):
        supervisor.corrections.correct(ended.call_id)
    assert not supervisor.corrections.correct(ended.call_id, "Erreur de fiche").reopened
    assert world.services.calls.resume() is None
    record = world.one(ChurnRecord)
    assert record.corrected_at is not None
    assert world.services.review.count(Filters()) == 0
    assert world.services.refusals.of_client(1) == record.id
    fields = dict(world.services.refusals.file(record.id or 0).fields)
    assert "correction" in fields["Annulée"]
    assert database.faults(f"sqlite:///{world.path}") == []
    # The term may be refused again: another record stands.
    view = world.walk(world.begin(1, Direction.INBOUND), *REFUSAL[2:])
    assert view.outcome is CallOutcome.REFUSED
    assert [bool(one.corrected_at) for one in world.all(ChurnRecord)] == [True, False]


def test_nothing_is_taken_back_under_another_call_with_the_client(world: World) -> None:
    ended = world.walk(until_the_end(world, *REFUSAL), REFUSAL[-1])
    other = world.as_agent("Luc")
    other.calls.begin(1, Direction.INBOUND)
    known = world.services.corrections.last(1)
    assert known is not None
    assert "Un autre appel est ouvert avec ce client" in known.why_not
    supervisor, stood = world.as_agent("Sophie"), dump(world)
    for minutes, corrections in ((0, world.services.corrections), (11, supervisor.corrections)):
        world.wait(minutes=minutes)
        with pytest.raises(RefusedInputError, match="Un autre appel est ouvert"):
            corrections.correct(ended.call_id, "Erreur de fiche")
    assert dump(world) == stood


def test_once_the_message_has_left_it_is_said(world: World) -> None:
    ended = world.walk(until_the_end(world, *REFUSAL), REFUSAL[-1])
    with world.database.writing() as session:
        sent = update(Message).where(col(Message.kind) == "cloture").values(status="sent", sent_at=world.now)
        session.connection().execute(sent)
    world.services.act_as(Role.HOTLINER)
    with pytest.raises(RefusedInputError, match="déjà parti"):
        world.services.corrections.correct(ended.call_id)
    world.services.act_as(Role.SUPERVISOR)
    done = world.services.corrections.correct(ended.call_id, "Mauvais client")
    assert "Déjà parti, à rattraper" in plain(done.words)


def test_what_others_did_with_it_since_is_not_undone_under_them(world: World) -> None:
    ended = world.walk(until_the_end(world, *WALKS[CallOutcome.ESCALATED]), WALKS[CallOutcome.ESCALATED][-1])
    supervisor = world.as_agent("Sophie")
    supervisor.escalations.take(1)
    stood = dump(world)
    with pytest.raises(RefusedInputError, match="superviseur s’est saisi"):
        world.services.corrections.correct(ended.call_id)
    assert dump(world) == stood
