"""The footer: the keys that do something now, in one line, drawn by one widget."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.content import Content
from textual.widget import Widget

from screens.keys import french_key

if TYPE_CHECKING:
    from textual.binding import Binding
    from textual.dom import DOMNode
    from textual.events import Click
    from textual.screen import Screen


def live_bindings(screen: Screen[Any]) -> list[Binding]:
    """This console's bindings that act on `screen` now, once each, the focused widget's first.

    A remapped key keeps the place of the one it replaces.
    """
    found: dict[str, Binding] = {}
    nodes: dict[DOMNode, None] = {}
    for active in screen.active_bindings.values():
        if active.binding.id and active.enabled:
            found.setdefault(active.binding.id, active.binding)
            nodes[active.node] = None
    places = dict.fromkeys(binding.id for node in nodes for _, binding in node._bindings)
    return [found[id] for id in places if id in found]


class KeyBar(Widget):
    """The footer. What does not fit is left to the help, whose key always fits.

    At its end, what the console says of its base on every screen.
    """

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    KeyBar {
        dock: bottom;
        height: 1;
        background: $footer-background;
        color: $footer-description-foreground;
    }
    """
    LAST = ("retour", "aide", "quitter")

    def __init__(self) -> None:
        super().__init__()
        self._spots: list[tuple[int, int, str]] = []
        self._drawn: list[Binding] = []

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_changed)

    def _bindings_changed(self, _screen: Screen[Any]) -> None:
        self.call_after_refresh(self._renew)  # what a key brings is painted before the footer is worked out

    def _renew(self) -> None:
        # A screen that was left loses its widgets one by one, and this one may be the last.
        if self.is_attached and self.screen in self.app.screen_stack and self._shown() != self._drawn:
            self.refresh()

    def _shown(self) -> list[Binding]:
        return [binding for binding in live_bindings(self.screen) if binding.show]

    def render(self) -> Content:
        bindings = self._drawn = self._shown()
        first = [binding for binding in bindings if binding.id not in self.LAST]
        last = [binding for binding in bindings if binding.id in self.LAST]
        mark = str(getattr(self.app, "mark", ""))
        taken = sum(self._width(binding) for binding in last) + (len(mark) + 2 if mark else 0)
        room = self.size.width - taken
        kept: list[Binding] = []
        for binding in first:
            room -= self._width(binding)
            if room < 0:
                break
            kept.append(binding)
        parts: list[Content] = []
        self._spots = []
        x = 0
        for binding in [*kept, *last]:
            width = self._width(binding)
            self._spots.append((x, x + width, binding.key))
            x += width
            parts.append(
                Content.assemble(
                    " ", (self._key(binding), "bold $footer-key-foreground"), f" {binding.description} "
                )
            )
        if mark:
            parts.append(Content.styled(f"{mark} ".rjust(self.size.width - x), "bold $text-warning"))
        return Content("").join(parts)

    def _key(self, binding: Binding) -> str:
        return binding.key_display or french_key(binding.key)

    def _width(self, binding: Binding) -> int:
        return len(self._key(binding)) + len(binding.description) + 3

    def on_click(self, event: Click) -> None:
        for start, end, key in self._spots:
            if start <= event.x < end:
                self.app.simulate_key(key)
