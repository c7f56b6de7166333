"""What each screen's help begins with: a screen that does not say what it is for fails here."""

import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest
from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen

import screens
from screens.common.client_actions import CasePage
from screens.common.finder import Finder
from screens.kit.canvas import folded
from screens.kit.screen import Acts, Modal, Page

BASES = {Page, Modal, CasePage, Finder}
"""What screens are made from, and never shown."""
ROOM = 73
"""Cells of a line of help in a terminal of 80."""


def ids(cls: type[DOMNode]) -> set[str]:
    """The bindings that a screen of this class has."""
    found = set[str]()
    for base in cls.__mro__:
        if issubclass(base, DOMNode):
            found |= {one.id or "" for one in Binding.make_bindings(base.__dict__.get("BINDINGS", []))}
            if not base._inherit_bindings:
                break
    return found


def helped() -> Iterator[type[Acts]]:
    """Every screen and box that has the key of help."""
    for module in pkgutil.walk_packages(screens.__path__, "screens."):
        for cls in vars(importlib.import_module(module.name)).values():
            shown = isinstance(cls, type) and issubclass(cls, Acts) and issubclass(cls, Screen)
            if shown and cls.__module__ == module.name and cls not in BASES and "aide" in ids(cls):
                yield cls


SCREENS = {cls.__name__: cls for cls in helped()}


def test_every_screen_is_looked_at() -> None:
    assert {"DashboardScreen", "CallScreen", "WelcomeScreen", "NoteModal", "Palette"} <= set(SCREENS)


@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_says_what_it_is_for_and_what_to_press(name: str) -> None:
    cls = SCREENS[name]
    assert cls.PURPOSE, f"{name} needs a PURPOSE: what it is for, then what one most likely presses now"
    what, now = cls.PURPOSE.split("\n")
    assert not re.search(r" [:;?!»]|« ", cls.PURPOSE), f"{name}: a no-break space goes there"
    assert re.search(r"\{[\w.]+\}|Entrée", now), f"{name} names no key"
    assert set(re.findall(r"\{([^}]*)\}", now)) <= ids(cls)
    for sentence in (what, now):
        assert sentence.endswith(".")
        assert len(folded(re.sub(r"\{[^}]*\}", "Retour arrière", sentence), ROOM)) <= 2
