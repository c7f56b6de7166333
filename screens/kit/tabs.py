"""The numbered tabs of a screen, the open one standing out."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content

from screens.kit.lines import CURSOR

OPEN = f"bold {CURSOR}"


def tabs(titles: Iterable[tuple[str, str]], chosen: int, start: int = 1) -> Content:
    """Each title with the style it has while closed, on one line; the first is number `start`."""
    return Content(" ").join(
        Content.styled(f" {number} {title} ", OPEN if number == chosen else style or "$text-muted")
        for number, (title, style) in enumerate(titles, start)
    )
