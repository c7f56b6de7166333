"""How a call is opened, walked, resumed and left: hours, double keys, two consoles, drafts and notes."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest

from console.base.errors import ConflictError, ForbiddenError, HotlinerError, RefusedInputError
from console.base.roles import Role
from console.base.vocabulary import CallOutcome, Channel, Direction
from console.calls.service import CallService
from console.calls.views import NOTE, CallView
from console.content import Content, default_root
from console.context import Context
from console.db.tables import Call, CallStep, ChurnRecord, Event, GrantedOffer, Message, ScriptVersion
from tests.world import DIAL, REFUSAL, World, paris, plain


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Friday 19/12/2025 at 15:00: calls are lawful."""
    world = World(tmp_path / "base.db", paris("2025-12-19T15:00"))
    yield world
    world.database.close()


def at_verbatim(world: World) -> CallView:
    """A call that asks for the client's own words."""
    return world.walk(world.begin(world.add()), *REFUSAL[:-2])


# -- the preparation -------------------------------------------------------------------------------


def test_the_preparation_has_the_facts_in_view(world: World) -> None:
    client_id = world.add()
    world.services.clients.add_note(client_id, "Demande un prix.\nDeuxième ligne")
    view = world.begin(client_id)
    facts = [plain(fact) for fact in view.facts]
    assert facts[0] == "Échéance 31/12/2025, dans 12 jours"
    assert facts[1] == "Premium, 18 mois d’ancienneté (VIP)"
    assert facts[2] == "06 39 98 12 34 (mobile)"
    assert "Offre : 34,99 € + 1 atelier offert (20,00 €) jusqu’au 20/12" in facts
    assert "aucun e-mail envoyé" in facts
    assert "Note : Demande un prix." in facts
    assert (view.seq, view.can_go_back, view.can_abandon, view.can_escalate) == (0, False, True, False)
    assert view.vip


def test_outside_the_hours_dialling_is_closed_and_the_next_slot_is_one_key_away(world: World) -> None:
    world.now = paris("2025-12-20T15:00")  # a Saturday
    view = world.begin(world.add())
    dial = view.choices[0]
    assert not dial.enabled
    assert view.choices[view.highlighted].enabled
    assert "lun. 22/12 à 10:00" in dial.why_not
    with pytest.raises(RefusedInputError) as caught:
        world.services.calls.choose(view.call_id, view.seq, 0)
    assert "Hors des heures d’appel" in caught.value.happened
    assert world.all(CallStep) == []
    view = world.press(view, "Programmer un rappel")
    assert view.capture is not None
    assert view.capture.draft == "22/12/2025 10:00"
    view = world.press(view, "Programmer", view.capture.draft)
    assert view.outcome is CallOutcome.CALLBACK


def test_a_client_may_always_call_us(world: World) -> None:
    world.now = paris("2025-12-21T22:00")  # a Sunday night
    view = world.begin(world.add(opposed_call=True), Direction.INBOUND)
    assert all(choice.enabled for choice in view.choices)
    assert view.direction is Direction.INBOUND


def test_an_opposition_recorded_elsewhere_closes_a_dialling_already_on_screen(world: World) -> None:
    client_id = world.add()
    view = world.begin(client_id)
    world.as_agent("Paul").clients.oppose(client_id, Channel.CALL)
    with pytest.raises(RefusedInputError, match="ne veut plus d’appels"):
        world.press(view, "Composer")


def test_a_preparation_is_left_without_a_trace(world: World) -> None:
    view = world.begin(world.add())
    world.services.calls.abandon(view.call_id)
    assert world.all(Call) == []
    assert world.services.calls.resume() is None


def test_a_note_being_typed_outlives_an_abandoned_preparation(world: World) -> None:
    view = world.begin(world.add())
    world.services.calls.note(view.call_id, "Rappeler son fils plutôt le soir.")
    world.services.calls.draft(view.call_id, "note", "Préfère le")
    world.services.calls.abandon(view.call_id)
    notes = [event.text for event in world.all(Event) if event.kind == "note"]
    assert notes == ["Rappeler son fils plutôt le soir.", "Préfère le"]


def test_a_call_that_began_cannot_be_abandoned(world: World) -> None:
    view = world.press(world.begin(world.add()), "Composer")
    with pytest.raises(ConflictError, match="a commencé"):
        world.services.calls.abandon(view.call_id)
    assert world.services.calls.resume() == view


def test_a_call_prepared_by_us_turns_into_the_client_s(world: World) -> None:
    world.now = paris("2025-12-20T15:00")
    view = world.press(world.begin(world.add()), "C’est le client")
    assert view.direction is Direction.INBOUND
    world.walk(view, "Hésite", *REFUSAL[3:])
    row = world.one(Call)
    assert (row.direction, row.dialled_at, row.answered) == ("inbound", None, True)


# -- one call at a time ----------------------------------------------------------------------------


def test_a_client_has_one_call_at_a_time(world: World) -> None:
    client_id = world.add()
    world.press(world.begin(client_id), "Composer")
    other = world.as_agent("Paul").calls
    with pytest.raises(ConflictError) as caught:
        other.begin(client_id, Direction.OUTBOUND)
    assert "Jean est déjà en ligne avec Marie Dupuis" in caught.value.happened


def test_an_agent_has_one_call_at_a_time(world: World) -> None:
    first, second = world.add(), world.add("CLT-00156", first_name="Paul", last_name="Martin")
    world.press(world.begin(first), "Composer")
    with pytest.raises(ConflictError, match="déjà ouvert avec Marie Dupuis"):
        world.begin(second)


def test_a_preparation_gives_way_to_another_client(world: World) -> None:
    first, second = world.add(), world.add("CLT-00156")
    world.begin(first)
    world.begin(second)
    assert world.one(Call).client_id == second


def test_a_call_left_alone_is_taken_over(world: World) -> None:
    client_id = world.add()
    left = world.walk(world.begin(client_id), *DIAL, "Hésite")
    world.wait(minutes=31)
    other = world.as_agent("Paul").calls
    taken = other.begin(client_id, Direction.OUTBOUND)
    assert (taken.call_id, taken.step, taken.seq) == (left.call_id, left.step, left.seq)
    assert world.one(Call).agent == "Paul"
    assert world.services.calls.resume() is None
    with pytest.raises(ConflictError):
        world.press(left, "Le prix")
    assert taken.elapsed_s == 30  # the half hour in which nobody was there is not counted


def test_beginning_again_comes_back_to_the_open_call(world: World) -> None:
    client_id = world.add()
    view = world.walk(world.begin(client_id), *DIAL)
    assert world.begin(client_id) == view


def test_an_unknown_client_is_refused(world: World) -> None:
    with pytest.raises(RefusedInputError, match="abonnement"):
        world.begin(404)


# -- double keys -----------------------------------------------------------------------------------


def test_the_same_key_twice_is_one_choice(world: World) -> None:
    view = world.walk(world.begin(world.add()), *DIAL)
    calls = world.services.calls
    after = calls.choose(view.call_id, view.seq, 1)
    assert calls.choose(view.call_id, view.seq, 1) == after
    assert calls.jump(view.call_id, after.seq, "escalate") == calls.jump(view.call_id, after.seq, "escalate")
    back = calls.back(view.call_id, after.seq + 1)
    assert calls.back(view.call_id, after.seq + 1) == back
    assert back.step == after.step
    assert len(world.all(CallStep)) == 5


def test_another_key_on_an_outdated_step_is_refused(world: World) -> None:
    view = world.walk(world.begin(world.add()), *DIAL)
    world.services.calls.choose(view.call_id, view.seq, 1)
    with pytest.raises(ConflictError):
        world.services.calls.choose(view.call_id, view.seq, 2)
    with pytest.raises(ConflictError):
        world.services.calls.choose(view.call_id, view.seq + 5, 0)


def test_the_last_key_twice_writes_one_record(world: World) -> None:
    view = world.walk(world.begin(world.add()), *REFUSAL[:-1])
    closed = world.services.calls.choose(view.call_id, view.seq, 0)
    assert world.services.calls.choose(view.call_id, view.seq, 0) == closed
    assert len(world.all(ChurnRecord)) == 1
    with pytest.raises(ConflictError, match="terminé"):
        world.restart().calls.choose(view.call_id, view.seq, 0)
    assert len(world.all(ChurnRecord)) == 1


@pytest.mark.parametrize("consoles", [1, 2])
def test_two_threads_choose_once(world: World, consoles: int) -> None:
    """The same key from two threads, of one console or of two: one entry, one record, one closing e-mail."""
    view = world.walk(world.begin(world.add()), *REFUSAL[:-1])
    services = [world.services.calls, world.services.calls if consoles == 1 else world.as_agent("Jean").calls]
    gate = Barrier(2)

    def choose(calls: CallService) -> CallView | HotlinerError:
        gate.wait()
        try:
            return calls.choose(view.call_id, view.seq, 0)
        except HotlinerError as error:
            return error

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(choose, services))
    assert sum(isinstance(result, CallView) for result in results) >= 1
    assert all(isinstance(result, CallView | ConflictError) for result in results)
    assert len(world.all(ChurnRecord)) == 1
    assert len(world.all(Message)) == 1
    assert len(world.all(CallStep)) == len(REFUSAL)


# -- going back, resuming, typing ------------------------------------------------------------------


def test_going_back_keeps_the_journal(world: World) -> None:
    view = world.walk(world.begin(world.add()), *DIAL, "Hésite")
    view = world.services.calls.back(view.call_id, view.seq)
    assert view.step == "ouverture"
    assert [step.act for step in world.all(CallStep)] == ["choice", "choice", "choice", "back"]
    assert len(view.trail) == 2


def test_each_step_shown_is_the_one_that_a_restart_finds(world: World) -> None:
    view = world.begin(world.add())
    for label in REFUSAL[:-1]:
        view = world.press(view, *label.split(" = "))
        assert view == world.restart().calls.resume()


@pytest.mark.parametrize("meanwhile", ["a minute", "midnight", "a note"])
def test_the_next_step_tells_what_has_changed_meanwhile(world: World, meanwhile: str) -> None:
    world.now = paris("2025-12-19T23:58")
    view = world.begin(world.add(), Direction.INBOUND)
    if meanwhile == "a note":
        world.services.calls.draft(view.call_id, "note", "Rappeler le so")
    elif meanwhile == "midnight":
        world.wait(minutes=2)
    view = world.press(view, plain(view.choices[0].label))
    assert ("dans 11 jours" in plain(view.facts[0])) is (meanwhile == "midnight")
    assert bool(view.note_draft) is (meanwhile == "a note")


def test_a_restarted_console_finds_the_same_step_and_the_text_typed(world: World) -> None:
    view = at_verbatim(world)
    world.services.calls.draft(view.call_id, "verbatim", "Trop cher pour")
    world.services.calls.draft(view.call_id, "note", "Très aimable")
    resumed = world.restart().calls.resume()
    assert resumed is not None
    assert (resumed.call_id, resumed.step, resumed.seq, resumed.trail) == (
        view.call_id,
        view.step,
        view.seq,
        view.trail,
    )
    assert resumed.capture is not None
    assert (resumed.capture.draft, resumed.note_draft) == ("Trop cher pour", "Très aimable")
    view = world.press(resumed, "Noté", "Trop cher pour moi.")
    assert view.note_draft == "Très aimable"
    assert world.one(Call).drafts == {"note": "Très aimable"}


def test_a_note_still_being_typed_is_kept_by_the_outcome(world: World) -> None:
    view = world.walk(world.begin(world.add()), *REFUSAL[:-1])
    world.services.calls.draft(view.call_id, "note", "A été très aimable")
    world.walk(view, REFUSAL[-1])
    assert [event.text for event in world.all(Event) if event.kind == "note"] == ["A été très aimable"]


def test_notes_are_kept_at_once_and_stay_in_view(world: World) -> None:
    view = at_verbatim(world)
    world.services.calls.draft(view.call_id, "note", "Déménage en")
    after = world.services.calls.note(view.call_id, "Déménage en mars.")
    assert (after.notes, after.note_draft, after.seq) == (("Déménage en mars.",), "", view.seq)
    (note,) = [event for event in world.all(Event) if event.kind == "note"]
    assert (note.call_id, note.agent) == (view.call_id, "Jean")
    with pytest.raises(RefusedInputError, match="vide"):
        world.services.calls.note(view.call_id, " \u202e ")


def test_what_is_typed_is_cleaned_and_required(world: World) -> None:
    view = at_verbatim(world)
    with pytest.raises(RefusedInputError, match="saisir"):
        world.press(view, "Noté", "   ")
    world.press(view, "Noté", "Dupont [/] \x1b[2J x\u202e")
    assert world.all(CallStep)[-1].captured == "Dupont [/] [2J x"


def test_a_date_that_is_not_understood_leaves_the_call_where_it_was(world: World) -> None:
    view = world.walk(world.begin(world.add()), *DIAL, "Demande un rappel")
    with pytest.raises(RefusedInputError) as caught:
        world.press(view, "Promettre", "bientôt")
    assert "demain 14h" in caught.value.todo
    assert world.restart().calls.resume() is not None


def test_an_open_call_goes_on_with_the_script_it_began_with(world: World, tmp_path: Path) -> None:
    view = world.walk(world.begin(world.add()), *DIAL)
    edited = tmp_path / "contenu"
    copy(default_root(), edited)
    opening = edited / "scripts_fr/appel/2-ouverture.toml"
    opening.write_text(
        opening.read_text(encoding="utf-8").replace("Hésite ou refuse", "Autre libellé"), "utf-8"
    )
    ctx = world.context
    later = CallService(Context(ctx.database, ctx.clock, Content(edited), "Jean", demo=True))
    resumed = later.resume()
    assert resumed is not None
    assert [choice.label for choice in resumed.choices] == [choice.label for choice in view.choices]
    assert len(world.all(ScriptVersion)) == 1


def copy(root: Path, target: Path) -> None:
    """The content folders of the checkout."""
    from shutil import copytree

    for name in ("data", "scripts_fr"):
        copytree(root / name, target / name)


def test_an_offer_is_granted_once_however_often_it_is_read(world: World) -> None:
    """Read again the next day, the offer has a later deadline: it is another grant, not a double."""
    client_id = world.add()
    world.walk(world.begin(client_id), *DIAL, "Demande un rappel", "Promettre = dans 1 h")
    world.wait(hours=1)
    view = world.walk(world.begin(client_id), *DIAL)
    world.walk(world.services.calls.jump(view.call_id, view.seq, "hung_up"), "Terminer l’appel")
    assert len(world.all(GrantedOffer)) == 1


def test_calls_are_the_same_on_both_databases(url: str, tmp_path: Path) -> None:
    world = World(tmp_path, paris("2025-12-19T15:00"), url=url)
    try:
        first, second, third = (world.add(f"CLT-0000{n}", email=f"c{n}@example.org") for n in range(3))
        world.mail(first, "J-7", None)
        world.walk(world.begin(first), *DIAL, "Demande un rappel", "Promettre = dans 1 h")
        world.wait(hours=1)
        view = world.walk(world.begin(first), *REFUSAL[:-1])
        world.services.calls.draft(view.call_id, "note", "Aimable")
        resumed = world.restart().calls.resume()
        assert resumed is not None
        assert world.walk(resumed, REFUSAL[-1]).outcome is CallOutcome.REFUSED
        renewed = world.walk(world.begin(second), *DIAL, "Oui", "Je m’en occupe", "5 sur 5", "Terminer")
        assert renewed.outcome is CallOutcome.RENEWED
        view = world.walk(
            world.begin(third),
            *DIAL,
            "Hésite",
            "Le prix",
            "Accepte le passage",
            "Le client confirme",
            "Ne pas demander",
        )
        assert view.outcome is CallOutcome.DOWNGRADED
        assert {message.status for message in world.all(Message) if message.kind == "J-7"} == {"cancelled"}
        assert len(world.all(ChurnRecord)) == 1
        assert world.services.refusals.page(None, 0, 5).total == 1
    finally:
        world.database.close()


def test_a_supervisor_lifts_the_hours_for_one_call_with_a_written_reason(world: World) -> None:
    world.now = paris("2025-12-20T11:00")  # a Saturday
    client = world.add()
    jean = CallService(replace(world.context, role=Role.HOTLINER))
    view = jean.begin(client, Direction.OUTBOUND)
    assert view.can_lift
    assert not view.choices[0].enabled
    with pytest.raises(ForbiddenError):
        jean.lift_hours(view.call_id, "Elle part en voyage ce soir.")
    jean.abandon(view.call_id)

    ana = CallService(replace(world.context, agent="Ana", role=Role.SUPERVISOR))
    view = ana.begin(client, Direction.OUTBOUND)
    with pytest.raises(RefusedInputError, match="pourquoi"):
        ana.lift_hours(view.call_id, " \u202e ")
    view = ana.lift_hours(view.call_id, "Elle part en voyage ce soir.")
    assert view.choices[0].enabled
    assert not view.can_lift
    with pytest.raises(RefusedInputError, match="n’interdit pas"):
        ana.lift_hours(view.call_id, "encore")
    again = CallService(replace(world.context, agent="Ana", role=Role.SUPERVISOR)).resume()
    assert again is not None
    assert again.choices[0].enabled
    assert ana.choose(view.call_id, again.seq, 0).seq == 1
    lifted = [one for one in world.all(Event) if one.kind in {"hours_lifted", "audit"}]
    assert [(one.agent, one.text) for one in lifted] == [
        ("Ana", "Elle part en voyage ce soir."),
        ("Ana", "call.hours_lifted"),
    ]


def test_an_opposition_or_too_many_calls_are_nobody_s_to_lift(world: World) -> None:
    world.now = paris("2025-12-20T11:00")
    opposed = world.services.calls.begin(world.add(opposed_call=True), Direction.OUTBOUND)
    assert not opposed.can_lift
    with pytest.raises(RefusedInputError, match="n’interdit pas"):
        world.services.calls.lift_hours(opposed.call_id, "Pourtant si.")
    world.services.calls.abandon(opposed.call_id)

    tried = world.add("CLT-4")
    for day in (1, 2, 3, 4):
        world.now = paris(f"2025-12-0{day}T11:00")
        world.walk(world.begin(tried), "Composer", "Pas de réponse")
    for when in ("2025-12-20T11:00", "2025-12-22T11:00"):
        world.now = paris(when)
        view = world.begin(tried)
        assert not view.can_lift
        assert not view.choices[0].enabled
        with pytest.raises(RefusedInputError, match="n’interdit pas"):
            world.services.calls.lift_hours(view.call_id, "Une cinquième fois.")
        world.services.calls.abandon(view.call_id)


def test_the_call_of_another_agent_is_not_touched(world: World) -> None:
    """Whoever knows its number."""
    view = world.begin(world.add("CLT-1"))
    world.services.calls.draft(view.call_id, NOTE, "à moi")
    other = world.as_agent("Paul").calls
    acts: list[Callable[[], object]] = [
        lambda: other.choose(view.call_id, view.seq, 0),
        lambda: other.note(view.call_id, "glissée"),
        lambda: world.as_agent("Ana").calls.lift_hours(view.call_id, "glissée"),
        lambda: other.abandon(view.call_id),
    ]
    for act in acts:
        with pytest.raises(HotlinerError):
            act()
    other.draft(view.call_id, NOTE, "glissée")
    assert world.one(Call).drafts == {NOTE: "à moi"}
    assert not [event for event in world.all(Event) if event.agent == "Paul"]


def test_a_call_lasts_no_less_than_nothing_where_the_clock_was_set_back(world: World) -> None:
    view = world.walk(world.begin(world.add()), *DIAL)
    before = view.elapsed_s
    world.now -= timedelta(hours=2)
    view = world.services.calls.jump(view.call_id, view.seq, "callback")
    assert view.elapsed_s >= 0
    assert view.elapsed_s <= before + 60
    assert world.restart().calls.resume() is not None


# -- an unfinished call --------------------------------------------------------------------------------


def test_a_call_found_the_next_day_or_by_another_says_so_first(world: World) -> None:
    view = world.walk(world.begin(world.add()), *DIAL, "Hésite", "Autre chose")
    world.services.calls.draft(view.call_id, "words", "Il part à Lyon")
    assert not world.restart().calls.resume().unfinished  # type: ignore[union-attr]
    world.wait(hours=20)
    found = world.restart().calls.resume()
    assert found is not None
    assert plain(found.unfinished) == (
        "Appel commencé ven. 19/12 à 15:00, resté sans fin : dernière action ven. 19/12 à 15:02, "
        "à l’étape « Écouter et noter »."
    )
    other = world.as_agent("Zoé").calls.begin(view.client_id, Direction.OUTBOUND)
    assert "commencé par Jean" in plain(other.unfinished)
    world.as_agent("Zoé").calls.interrupt(other.call_id)
    (call,) = world.all(Call)
    assert (call.outcome, call.answered, call.drafts, call.agent) == ("interrupted", True, {}, "Zoé")
    history = world.services.clients.file(view.client_id).history
    told = next(entry for entry in history if entry.kind == "call")
    assert told.title == "Appel\u202f: interrompu"
    assert "Il part à Lyon" in told.detail
    assert world.as_agent("Zoé").calls.resume() is None


def test_what_was_agreed_is_not_lost_by_closing_an_unfinished_call(world: World) -> None:
    view = world.walk(world.begin(world.add()), *DIAL, "Oui", "Je m’en occupe")
    world.wait(hours=20)
    found = world.restart().calls.resume()
    assert found is not None
    assert "reprenez l’appel" in found.cannot_interrupt
    with pytest.raises(RefusedInputError, match="dit oui"):
        world.services.calls.interrupt(view.call_id)


def test_leaving_is_free_until_something_is_dialled_answered_or_typed(world: World) -> None:
    view = world.press(world.begin(world.add()), "Programmer un rappel")
    assert view.can_abandon
    world.services.calls.abandon(view.call_id)
    assert world.all(Call) == []
    assert world.all(CallStep) == []
