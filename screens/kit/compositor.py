"""A frame costs what has changed: nothing else is drawn again; what has left keeps no memory."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from textual._compositor import Compositor
from textual._styles_cache import StylesCache
from textual.color import Color
from textual.geometry import Region
from textual.strip import Strip
from textual.style import Style


@lru_cache(1024)
def _backgrounds(base: Color, over: Color) -> tuple[Style, Style]:
    return Style(background=base + over), Style(background=base)


def _inner_outer(_cache: StylesCache, base_background: Color, background: Color) -> tuple[Style, Style]:
    return _backgrounds(base_background, background)


# Textual's own remembers by whom it was asked: the lines drawn of a thousand widgets that had left.
StylesCache.get_inner_outer = _inner_outer  # type: ignore[assignment]


class NearCompositor(Compositor):
    """Draws again only the lines, and the widgets, that touch what has changed.

    Textual's own draws every widget whole as soon as its container is touched: on a key that moves a cursor,
    most of the time went to panes that had not moved. A test names what it touches of Textual's own.
    """

    def _get_renders(self, crop: Region | None = None) -> Iterable[tuple[Region, Region, list[Strip]]]:
        band = None if crop is None else Region(0, crop.y, self.size.width, crop.height)
        for widget, (region, clip) in self.visible_widgets.items():
            near = clip if band is None else clip.intersection(band)
            part = region.intersection(near)
            if part and (crop is None or crop.overlaps(part)):
                yield region, near, widget.render_lines(part.translate(-region.offset))
