"""Presence by the keyboard: nothing of it for a person alone; for a team a key, a question, a live board."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from console.base.errors import JustSpokenError
from console.base.roles import Role
from console.base.vocabulary import Channel, Direction
from console.db.tables import Call, Client, Message, PresenceSpan, Seat
from console.rules.presence import IN_CALL, Presence, PresenceState
from console.team.presence import claim
from console.team.service import PresenceService
from screens.kit.keybar import live_bindings
from screens.kit.screen import OpenCall
from tests.calls.desk import FRIDAY
from tests.screens.desk import Desk, at_desk
from tests.supervision.test_callbacks import promise
from tests.team.crew import console, hire
from tests.world import DIAL, World, plain


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "base.db", FRIDAY)
    world.add()
    yield world
    world.database.close()


@asynccontextmanager
async def sitting(world: World, agent: str, role: Role = Role.HOTLINER) -> AsyncIterator[Desk]:
    async with at_desk(over=console(world, agent, role)) as desk:
        await desk.settle()
        yield desk


def state(world: World, agent: str = "Anne") -> tuple[str, str]:
    (row,) = [one for one in world.all(PresenceSpan) if one.agent == agent and one.ended_at is None]
    return row.state, row.reason


async def told(desk: Desk) -> None:
    desk.app.attendance.tick()
    await desk.settle()


async def test_a_person_alone_sees_nothing_of_a_team(world: World) -> None:
    hire(world, "Anne")
    async with sitting(world, "Anne", Role.SUPERVISOR) as desk:
        keys = {binding.action for binding in live_bindings(desk.app.screen)}
        assert not keys & {"presence", "floor"}
        before = desk.text
        await desk.press("w", "g")
        assert desk.text == before
        assert [label for label, _ in desk.app.commands() if "présence" in label or "ligne" in label] == []
    assert world.all(Seat) == []


async def test_an_agent_says_a_break_and_is_back_by_a_key(world: World) -> None:
    hire(world, "Anne", "Paul")
    async with sitting(world, "Anne") as desk:
        await desk.press("w")
        assert "En pause : repas" in desk.text
        await desk.press("3")
        assert state(world) == ("break", "repas")
        assert "en pause : repas" in desk.text
        await desk.press("w", "1")
        assert state(world) == ("available", "")
        assert "en pause" not in desk.text
        await desk.press("g")
        assert [one.message for one in desk.app._notifications] == ["Réservé au superviseur."]
    assert [one.agent for one in world.all(Seat)] == ["Anne"]  # not left by a key


async def test_leaving_frees_the_seat(world: World) -> None:
    hire(world, "Anne", "Paul")
    async with sitting(world, "Anne") as desk:
        await desk.press("q")
    assert world.all(Seat) == []
    assert all(one.ended_at for one in world.all(PresenceSpan))


async def test_a_call_is_told_by_itself_and_so_is_what_follows_and_silence(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    hire(world, "Anne", "Paul")
    async with sitting(world, "Anne") as desk:
        await desk.press("a")
        await told(desk)
        assert state(world) == ("in_call", "")
        await desk.press("escape")
        await told(desk)
        assert state(world) == ("after_call", "")
        app: Any = desk.app
        app.session._touched -= 11 * 60
        await told(desk)
        assert state(world) == ("break", "silence")
        assert "sans activité" in desk.text
        await desk.press("down")
        await told(desk)
        assert state(world) == ("available", "")


async def test_the_console_goes_on_telling_after_its_screens_were_built_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the former ones asked is answered to nobody; a console that is silent is taken for dead."""
    hire(world, "Anne", "Paul")
    async with at_desk(over=console(world, "Anne"), recovers=True) as desk:
        await desk.settle()
        app: Any = desk.app
        former, become = app.home, PresenceService.become

        def slow(self: PresenceService, *given: Any) -> str | None:
            until = monotonic() + 5
            while app.home is former and monotonic() < until:
                sleep(0.01)
            return become(self, *given)

        def fail(*_: Any) -> None:
            raise ValueError("nobody expects it")

        monkeypatch.setattr(PresenceService, "become", slow)
        app.attendance._be(Presence(PresenceState.BREAK, "repas"))
        with monkeypatch.context() as broken:
            broken.setattr(type(former), "action_help", fail)
            await desk.press("f1")
        assert app.home is not former
        app.attendance._be(Presence(PresenceState.BREAK, "reunion"))
        await told(desk)
        await told(desk)
        assert state(world) == ("break", "reunion")


async def test_a_second_console_asks_and_the_first_one_leaves(world: World) -> None:
    hire(world, "Anne", "Paul")
    async with sitting(world, "Anne") as first:
        async with sitting(world, "Anne") as second:
            assert "Votre console est déjà ouverte sur ce poste : venir ici ?" in second.text
            await second.press("1")
            assert "venir ici" not in second.text
        app: Any = first.app
        app.attendance._told_at -= 30
        await told(first)
        assert app.return_code == 0
        assert "celle-ci s’est fermée" in str(app._exit_renderables)
        assert len(world.all(Seat)) == 1


async def test_who_does_not_come_here_leaves_the_second_console(world: World) -> None:
    hire(world, "Anne", "Paul")
    console(world, "Anne").presence.arrive("elsewhere")
    async with sitting(world, "Anne") as desk:
        await desk.press("escape")
        assert desk.app.return_code == 0
    assert world.one(Seat).console == "elsewhere"


async def test_the_board_shows_the_team_and_frees_a_client(world: World) -> None:
    hire(world, "Anne", "Paul", "Zoé")
    anne = console(world, "Anne")
    anne.presence.arrive("a")
    promise(world, "CLT-00009", 3, "Anne")
    with world.database.writing() as session:
        session.get_one(Client, 2).advisor = "Anne"
    world.services = anne
    view = world.walk(anne.calls.begin(1, Direction.OUTBOUND), *DIAL)
    anne.presence.become("a", IN_CALL)
    async with sitting(world, "Zoé", Role.SUPERVISOR) as desk:
        await desk.press("g")
        assert "1 en appel" in desk.text
        assert "1 disponible" in desk.text  # Zoé herself
        assert "…" not in next(line for line in desk.lines if "CLT-00245" in line)
        assert "Dupuis" not in desk.text
        assert view.title[:20] in desk.text
        await desk.press("m")
        assert "libéré" in desk.text
        paul = console(world, "Paul")
        assert paul.calls.begin(1, Direction.OUTBOUND).unfinished
        await desk.press("d")
        assert "Anne : à qui confier son travail ?" in desk.text
        line = next(line for line in desk.lines if "  Paul" in line)
        await desk.press(line.split("Paul")[0].split()[-1])
        assert "Anne : que confier à Paul ?" in desk.text
        await desk.press("3")
        assert "À Paul : 1 promesse et 1 client." in [plain(one.message) for one in desk.app._notifications]
        await desk.press("j")
        assert "absence notée" in desk.text


async def test_a_supervisor_gives_a_client_or_a_whole_list_by_keys(world: World) -> None:
    hire(world, "Anne", "Paul", "Zoé")
    world.add("CLT-00007", last_name="Durand", email="d@example.org", phone="+33639980007")
    async with sitting(world, "Anne") as desk:
        await desk.press("enter", "d")
        assert [one.message for one in desk.app._notifications] == ["Réservé au superviseur."]
    async with sitting(world, "Zoé", Role.SUPERVISOR) as desk:
        await desk.press("t", "d")
        assert "Les 2 clients de cette liste" in desk.text
        await desk.press("2")
        assert "À qui confier les 2 clients de cette liste ?" in desk.text
        line = next(line for line in desk.lines if "Anne" in line)
        await desk.press(line.split("Anne")[0].split()[-1])
        assert {one.advisor for one in world.all(Client)} == {"Anne"}
        await desk.press("enter")
        assert "Conseiller     Anne" in desk.text
        await desk.press("d", "1")
        assert sorted(one.advisor for one in world.all(Client)) == ["", "Anne"]


async def test_a_call_taken_over_begins_by_calling_back_or_closing(world: World) -> None:
    hire(world, "Anne", "Paul")
    anne = console(world, "Anne")
    anne.presence.arrive("a")
    world.services = anne
    world.walk(anne.calls.begin(1, Direction.OUTBOUND), *DIAL)
    console(world, "Zoé", Role.SUPERVISOR).floor.free("Anne")
    async with sitting(world, "Paul") as desk:
        desk.app.post_message(OpenCall(1, Direction.OUTBOUND))
        await desk.settle()
        assert "Appel commencé par Anne" in desk.text
        assert "Le client n’est plus en ligne." in desk.text
        assert "1  Rappeler" in desk.text
        await desk.press("1")
        assert desk.app.calling
    closed, opened = sorted(world.all(Call), key=lambda call: call.started_at)
    assert (closed.outcome, closed.agent, opened.agent, opened.ended_at) == (
        "interrupted",
        "Paul",
        "Paul",
        None,
    )


async def test_a_message_to_whom_a_colleague_is_with_is_asked_about_first(world: World) -> None:
    hire(world, "Anne", "Paul")
    anne = console(world, "Anne")
    anne.presence.arrive("a")
    sent = partial(world.all, Message)
    async with sitting(world, "Paul") as desk:
        await desk.press("e")
        assert "Entrée : envoyer" in desk.text
        mine, world.services = world.services, anne
        world.walk(anne.calls.begin(1, Direction.OUTBOUND), DIAL[0])  # while Paul reads
        world.services = mine
        world.wait(minutes=3)
        await desk.press("enter", "enter")
        assert not sent()
        await desk.press("e", "enter")
        asked = "Anne est au téléphone avec Marie Dupuis depuis 3 min."
        assert asked in desk.text
        await desk.press("1")
        assert not sent()
        assert "Rien n’a été envoyé." in [plain(one.message) for one in desk.app._notifications]
        await desk.press("/", *"dupuis")
        await desk.settle()
        assert "Au téléphone avec Anne" in desk.text
        assert "…" not in desk.text
        await desk.press("escape", "enter")
        assert "Au téléphone avec Anne depuis 3 min  +33" in desk.text
        await desk.press("escape", "s", "enter")
        assert "Envoyer ce SMS ?" in desk.text
        await desk.press("2")
        (message,) = sent()
        assert message.channel == "sms"


def test_a_message_waits_for_a_word_while_a_colleague_prepares_the_call(world: World) -> None:
    paul = world.as_agent("Paul").by_hand
    seen = paul.propose(1, Channel.EMAIL)
    assert claim(world.database, "Anne", [1], world.now) == 1
    with pytest.raises(JustSpokenError) as asked:
        paul.send(seen)
    assert plain(str(asked.value)) == "Anne prépare l’appel de Marie Dupuis. Rien n’a été envoyé."
    world.as_agent("Anne").by_hand.send(seen)  # her own client
