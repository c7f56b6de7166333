"""What a call looks like: nothing needed is cut at 80×24, and the room is used beyond."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from console.calls.views import CallView, ChoiceView, ExitView
from screens.call import facts as call_facts
from screens.call.facts import CallHeader, packed
from screens.kit.canvas import folded
from tests.calls.desk import CallApp, Desk, calling, desk, press, settle, text_of, write


@pytest.fixture
def marie(tmp_path: Path) -> Iterator[Desk]:
    with desk(tmp_path, note="Préfère être appelée en début d’après-midi.") as one:
        yield one


def words(text: str) -> str:
    """Without the bar of the speech and the ends of lines."""
    return " ".join(text.replace("▌", " ").split())


async def test_every_step_of_the_way_fits_in_80_by_24(marie: Desk) -> None:
    async with calling(marie) as pilot:
        call = pilot.app.screen
        for key in ("1", "1", "2", "1", "5", "1"):
            await press(pilot, key)
            screen = words(text_of(pilot.app))
            assert all(words(line) in screen for line in call.view.said.split("\n")), call.view.step
            assert "la suite" not in screen
            assert all(words(choice.label) in screen for choice in call.view.choices)


@pytest.mark.parametrize(("size", "side"), [((80, 24), False), ((120, 40), True), ((200, 60), True)])
async def test_a_wide_terminal_shows_facts_hints_way_and_notes_beside(
    marie: Desk, size: tuple[int, int], side: bool
) -> None:
    async with calling(marie, size=size) as pilot:
        await press(pilot, "1", "1", "n")
        await write(pilot, "Contente")
        await press(pilot, "ctrl+s")
        call = pilot.app.screen
        assert call.side.display is side
        screen = text_of(pilot.app)
        for title in ("Le client", "Conseils", "Parcours", "Notes de l’appel"):
            assert (title in screen) is side
        assert "34,99" in screen
        assert max(len(line) for line in text_of(pilot.app).split("\n")) <= size[0]


async def test_too_much_speech_is_a_page_away_and_choices_stay(marie: Desk) -> None:
    async with calling(marie) as pilot:
        call = pilot.app.screen
        await press(pilot, "1", "1")
        paragraphs = "\n\n".join(f"Paragraphe {n}, assez long pour occuper sa ligne." for n in range(15))
        call.show_call(replace(call.view, seq=99, said=paragraphs))
        await settle(pilot)
        lines = text_of(pilot.app).split("\n")
        assert any("Page suiv.\u202f: la suite" in line for line in lines)
        assert any(call.view.choices[-1].label in line for line in lines)
        assert not any("Paragraphe 14" in line for line in lines)
        await press(pilot, *["pagedown"] * 6)
        assert any("Paragraphe 14" in line for line in text_of(pilot.app).split("\n"))
        await press(pilot, *["pageup"] * 6)
        assert any("Paragraphe 0" in line for line in text_of(pilot.app).split("\n"))


async def test_the_highlighted_choice_is_in_view_however_low_the_terminal(marie: Desk) -> None:
    async with calling(marie, size=(80, 14)) as pilot:
        await press(pilot, "1", *["down"] * 6)
        call = pilot.app.screen
        assert any(f"❯ 7  {call.view.choices[6].label}" in line for line in text_of(pilot.app).split("\n"))


async def test_a_closed_choice_says_why(marie: Desk) -> None:
    async with calling(marie) as pilot:
        call = pilot.app.screen
        closed = ChoiceView(1, "Proposer un geste", enabled=False, why_not="au-dessus de votre plafond")
        call.show_call(replace(call.view, seq=50, choices=(call.view.choices[0], closed)))
        await settle(pilot)
        assert any(
            "Proposer un geste (au-dessus de votre plafond)" in line
            for line in text_of(pilot.app).split("\n")
        )
        await press(pilot, "2")
        assert "indisponible" in text_of(pilot.app)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(5, "00:05  cible 2 à 5 min"), (150, "02:30  cible"), (301, "▲ 05:01  plus de 5 min")],
)
def test_the_time_is_calm_then_said(monkeypatch: pytest.MonkeyPatch, seconds: int, words: str) -> None:
    monkeypatch.setattr(call_facts, "monotonic", lambda: 0.0)
    header = CallHeader()
    assert words in header._time(view(elapsed_s=seconds))[0]


def test_facts_fill_the_first_line_with_room() -> None:
    assert packed(["a" * 30, "b" * 45, "c" * 20], 60) == [f"{'a' * 30} · {'c' * 20}", "b" * 45]


def test_no_line_begins_with_what_a_no_break_space_holds() -> None:
    text = "Cela vous convient\u202f? À 34,99\u00a0€ «\u00a0soit\u00a0» moins\u202f!"
    for width in range(14, 60):
        lines = folded(text, width)
        assert " ".join(lines) == text
        assert not any(line[0] in "?!»€" for line in lines)


def view(**changes: Any) -> CallView:
    from console.base.vocabulary import Direction
    from tests.calls.desk import FRIDAY

    plain = CallView(
        call_id="c", seq=3, client_id=1, code="CLT-00245", name="Marie Dupuis", vip=True,
        facts=("Échéance 31/12/2025, dans 12 jours", "Premium, 18 mois d’ancienneté (VIP)",
               "06 39 98 12 34 (mobile)", "Offre : 34,99 € + 1 atelier jusqu’au 20/12",
               "2 e-mails, dernier non ouvert", "Note : doit faire attention à son budget"),
        phase="Hésitation", step="objection", title="Comprendre ce qui bloque",
        said="Je comprends, et rien ne presse. Avant toute décision, j’aimerais savoir ce qui vous fait "
             "hésiter : le prix, le service, le moment, ou autre chose ?",
        hints=("Une seule question, puis silence.",),
        choices=tuple(ChoiceView(n, label) for n, label in enumerate(
            ("Le prix", "Le service", "Ce n’est pas le moment", "Refus définitif"))),
        highlighted=0, capture=None, note_draft="", lift_draft="", direction=Direction.OUTBOUND,
        started_at=FRIDAY,
        can_go_back=True, can_escalate=True, trail=("Composer le numéro", "Hésite ou refuse"),
        exits=(ExitView("callback", "Promettre un rappel"), ExitView("escalate", "Passer la main"),
               ExitView("hung_up", "Le client a raccroché")), notes=("Contente du service",),
        elapsed_s=133,
    )  # fmt: skip
    return replace(plain, **changes)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
def test_snapshot_of_a_step(
    snap_compare: Any, monkeypatch: pytest.MonkeyPatch, marie: Desk, size: tuple[int, int]
) -> None:
    from screens.call.screen import CallScreen

    monkeypatch.setattr(call_facts, "monotonic", lambda: 0.0)
    app = CallApp(marie.services, lambda: CallScreen(marie.services, view()))
    assert snap_compare(app, terminal_size=size)
