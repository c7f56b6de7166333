"""`f`: the quiz by keys, its score kept by agent, who has passed; and what is wrong with its files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from console.base.errors import ForbiddenError, RefusedInputError
from console.base.roles import Role
from console.content import default_root
from console.db.tables import Event
from console.services import build
from console.training.quiz_files import read_quiz
from tests.screens.desk import at_desk
from tests.world import World, paris, plain

RIGHT = ("2", "2", "3", "2", "3")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    one = World(tmp_path / "base.db", paris("2025-12-20T14:00"))
    one.add()
    yield one
    one.database.close()


async def test_a_quiz_is_taken_failed_then_passed_by_keys(world: World) -> None:
    async with at_desk(over=world.services) as desk:
        await desk.press("f")
        assert "Vous n’avez pas encore passé le quiz." in desk.text
        await desk.press("1")
        assert "question 1 sur 5" in desk.text
        await desk.press("1", "2")
        assert "✗ Non." in desk.text
        assert "Attendre : il a reçu deux messages — ✗ votre réponse" in desk.text
        assert "L’appeler — ✓ la bonne réponse" in desk.text
        await desk.press("enter", "3")
        assert "✓ Oui." in desk.text
        assert "✓ admise aussi" in desk.text
        await desk.press("escape")
        assert world.all(Event) == []
        await desk.press("1", "1", "enter")
        for answer in RIGHT[1:]:
            await desk.press(answer, "enter")
        assert "4 sur 5" in desk.text
        assert "il se repasse" in desk.text
        await desk.press("enter")
        assert "– pas encore réussi · meilleur score 4 sur 5 · 1 essai" in desk.text
        await desk.press("1")
        for answer in ("é", "down", *RIGHT[2:]):
            await desk.press(answer, *(["enter", "enter"] if answer == "down" else ["enter"]))
        assert "Le quiz est réussi." in desk.text
        await desk.press("enter", "2")
        assert "Jean  quiz : ✓ réussi le 20/12/2025 · meilleur score 5 sur 5 · 2 essais" in desk.text
        assert all("…" not in line for line in desk.lines)
        await desk.press("escape")
        assert len(desk.app.screen_stack) == 1
    assert [event.data["score"] for event in world.all(Event)] == [4, 5]


def test_scores_are_each_agents_own_and_only_a_supervisor_sees_all(world: World) -> None:
    ines = build(replace(world.context, agent="Inès", role=Role.HOTLINER)).training
    asked = ines.questions()
    with pytest.raises(RefusedInputError):
        ines.keep(asked, [1, 1])
    assert ines.keep(asked, [int(key) - 1 for key in RIGHT]).passed
    assert not world.services.training.keep(asked, [0] * 5).passed
    own = ines.mine()
    assert own is not None
    assert own.quiz is not None
    assert own.quiz.passed_at == world.now
    with pytest.raises(ForbiddenError):
        ines.team()
    assert [(one.agent, bool(one.quiz and one.quiz.passed_at)) for one in world.services.training.team()] == [
        ("Inès", True),
        ("Jean", False),
    ]


def test_the_shipped_quiz_asks_what_is_taught() -> None:
    questions, faults = read_quiz(default_root())
    assert not faults
    assert [one.right + 1 for one in questions] == [int(key) for key in RIGHT]
    assert [sorted(one.accepted) for one in questions] == [[], [2], [], [], []]


@pytest.mark.parametrize(
    ("text", "key", "told"),
    [
        ('[a]\nsituation = "x"\nchoix = ["u", "v"]\nbonne = 3\nexplication = "y"', "a", "« bonne »"),
        ('[a]\nsituation = "x"\nchoix = ["u"]\nbonne = 1\nexplication = "y"', "a", "« choix »"),
        ('[a]\nsituation = "x"\nchoix = ["u", "u"]\nbonne = 1\nexplication = "y"', "a", "deux fois"),
        ('[a]\nchoix = ["u", "v"]\nbonne = 1\nexplication = "y"', "a", "« situation » manque"),
        (
            '[a]\nsituation = "x"\nchoix = ["u", "v"]\nbonne = 1\nadmises = [9]\nexplication = "y"',
            "a",
            "admises",
        ),
        ('[a]\nsituation = "x"\nchoix = ["u", "v"]\nbonne = 1\nbonus = 1\nexplication = "y"', "a", "bonus"),
        ("a = 1", "a", "table"),
        ("[a", "", "crochet"),
    ],
)
def test_a_fault_names_file_and_key(tmp_path: Path, text: str, key: str, told: str) -> None:
    folder = tmp_path / "scripts_fr" / "quiz"
    folder.mkdir(parents=True)
    (folder / "mien.toml").write_text(text, encoding="utf-8")
    (fault,) = read_quiz(tmp_path)[1]
    assert fault.file == ("quiz/mien.toml" if text else "quiz")
    assert fault.step == key
    assert told in plain(fault.reason)
