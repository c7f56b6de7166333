"""Both themes can be read: contrast of 4.5:1 at least, nothing told by colour alone."""

from __future__ import annotations

from itertools import product

import pytest
from rich._palettes import STANDARD_PALETTE
from rich.color import Color as RichColor
from rich.color import ColorSystem
from textual.color import Color

from screens.app import HotlinerApp
from screens.themes import DAY, NIGHT
from tests.screens.desk import Desk
from tests.screens.shown import shown

TEXTS = (
    "foreground", "text", "text-muted", "text-primary", "text-accent", "text-warning", "text-error",
    "text-success", "footer-key-foreground", "footer-description-foreground",
)  # fmt: skip
GROUNDS = ("background", "surface", "panel", "footer-background", "block-cursor-blurred-background")


def contrast(one: Color, other: Color) -> float:
    """The contrast ratio of the web's accessibility guidelines, from 1 to 21."""

    def luminance(color: Color) -> float:
        parts = [
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in color.normalized
        ]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [NIGHT, DAY])
async def test_every_text_can_be_read_on_every_ground(theme: str) -> None:
    app = HotlinerApp(shown(), theme=theme)
    async with app.run_test():
        colors = app.get_css_variables()
    pairs = [
        *product(TEXTS, GROUNDS),
        ("block-cursor-foreground", "block-cursor-background"),
    ]
    for text, ground in pairs:
        ratio = contrast(Color.parse(colors[text]), Color.parse(colors[ground]))
        assert ratio >= 4.5, (theme, text, ground, round(ratio, 2))


@pytest.mark.parametrize("theme", [NIGHT, DAY])
async def test_what_is_painted_can_be_read(theme: str) -> None:
    """Not the theme but the cells themselves, focus and cursor included."""
    app = HotlinerApp(shown(), theme=theme)
    async with app.run_test(size=(120, 40)) as pilot:
        desk = Desk(app, pilot)
        await desk.settle()
        for key in ("2", "shift+tab", "slash"):
            await desk.press(key)
            if key == "slash":
                await desk.type("ma")
        for strip in app.screen_stack[0]._compositor.render_strips():
            for segment in strip:
                style = segment.style
                if segment.text.strip(" ─━▌▁▔") and style and style.color and style.bgcolor:
                    front = Color.from_rich_color(style.color)
                    back = Color.from_rich_color(style.bgcolor)
                    assert contrast(front, back) >= 4.5, (segment.text, front, back)


@pytest.mark.parametrize("theme", [NIGHT, DAY])
async def test_without_colours_the_cursor_and_the_risks_still_show(
    theme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = HotlinerApp(shown(), theme=theme)
    assert app.no_color
    async with app.run_test(size=(80, 24)) as pilot:
        desk = Desk(app, pilot)
        await desk.settle()
        assert any(line.startswith("▌") and "Marie Dupuis" in line for line in desk.lines)
        assert "à risque" in desk.text


@pytest.mark.parametrize("theme", [NIGHT, DAY])
async def test_sixteen_colours_are_enough(theme: str) -> None:
    app = HotlinerApp(shown(), theme=theme)
    async with app.run_test():
        colors = app.get_css_variables()

    def plain(name: str) -> Color:
        number = RichColor.parse(colors[name]).downgrade(ColorSystem.STANDARD).number
        return Color(*STANDARD_PALETTE[number or 0])

    for text in TEXTS:
        assert contrast(plain(text), plain("background")) >= 4.5, text
    assert contrast(plain("block-cursor-foreground"), plain("block-cursor-background")) >= 4.5


async def test_the_theme_changes_at_once() -> None:
    app = HotlinerApp(shown())
    async with app.run_test(size=(80, 24)) as pilot:
        desk = Desk(app, pilot)
        await desk.settle()
        before = app.export_screenshot()
        app.theme = DAY
        await desk.settle()
        after = app.export_screenshot()
    assert "#12161d" in before
    assert "#12161d" not in after


def test_an_unknown_theme_of_the_settings_is_not_fatal() -> None:
    assert HotlinerApp(shown(), theme="rose").theme == NIGHT
