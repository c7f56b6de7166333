"""What the terminal shows after many small frames is what one whole frame would show."""

from __future__ import annotations

import gc
import inspect
import random
import weakref
from typing import Any

import pyte
import pytest
from textual._compositor import Compositor
from textual._context import active_app
from textual._styles_cache import StylesCache
from textual.color import Color
from textual.screen import Screen
from textual.widget import Widget

from screens.kit.compositor import NearCompositor
from tests.screens.desk import Desk, at_desk

KEYS = (
    "down", "up", "tab", "pagedown", "space", "escape", "enter", "a", "1", "2", "backspace", "n", "r", "m",
    "k", "o", "v", "question_mark", "escape", "end", "home", "f2", "f", "x", "p",
)  # fmt: skip


class Glass:
    """A terminal that is sent each frame as it is drawn."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]) -> None:
        self.screen = pyte.Screen(*size)
        self.stream = pyte.Stream(self.screen)
        self.frames = 0
        draw = NearCompositor.render_update

        def render_update(compositor: NearCompositor, *args: Any, **kwargs: Any) -> Any:
            update: Any = draw(compositor, *args, **kwargs)
            if update is not None:
                self.frames += 1
                self.stream.feed(
                    "\x1b[H" + update.render_segments(active_app.get().console).replace("\n", "\r\n")
                )
            return update

        monkeypatch.setattr(NearCompositor, "render_update", render_update)

    def shows(self, desk: Desk) -> None:
        """Raises AssertionError where the glass is not what the screen is."""
        assert [line.rstrip() for line in self.screen.display] == [line.rstrip() for line in desk.lines]


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_small_frames_add_up_to_the_whole_screen(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    glass = Glass(monkeypatch, size)
    chance = random.Random(size[0])
    async with at_desk(size) as desk:
        desk.app.screen.refresh()
        await desk.settle()
        for _ in range(120):
            name = chance.choice(KEYS)
            await desk.press(name)
            glass.shows(desk)
    assert glass.frames > 100


def test_the_private_parts_of_textual_that_it_stands_on_are_there() -> None:
    """Every one: where a release of Textual changes one of them, this says which."""
    ours, theirs = (inspect.signature(kind._get_renders) for kind in (NearCompositor, Compositor))
    assert list(ours.parameters) == list(theirs.parameters) == ["self", "crop"]
    assert "self._get_renders(crop)" in inspect.getsource(Compositor._render_chops)
    assert isinstance(inspect.getattr_static(Compositor, "visible_widgets"), property)
    assert "self._compositor = Compositor()" in inspect.getsource(Screen.__init__)
    assert list(inspect.signature(Widget.render_lines).parameters) == ["self", "crop"]


def test_what_was_drawn_of_a_widget_that_has_left_is_forgotten() -> None:
    """Textual's own `get_inner_outer` remembers by whom it was asked: a thousand caches with their lines."""
    cache = StylesCache()
    cache.get_inner_outer(Color(1, 2, 3), Color(4, 5, 6))
    left = weakref.ref(cache)
    del cache
    gc.collect()
    assert left() is None
