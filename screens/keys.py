"""Keys as a French keyboard gives them, and as a French reader calls them.

Every binding of the console is made here, with an id: that id is what the settings' keymap remaps, and the
binding is the one source for the footer, the help and the palette.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from textual.binding import Binding
from textual.keys import format_key

if TYPE_CHECKING:
    from textual.screen import Screen

DIGIT_ROW = (
    "1,ampersand",
    "2,é,É",
    "3,quotation_mark",
    "4,apostrophe",
    "5,left_parenthesis",
    "6,minus",
    "7,è,È",
    "8,underscore",
    "9,ç,Ç",
)
"""The nine digit keys with what they send unshifted on an AZERTY keyboard, Caps Lock included."""

_NAMES = {
    "escape": "Échap",
    "enter": "Entrée",
    "backspace": "Retour arrière",
    "space": "Espace",
    "tab": "Tab",
    "delete": "Suppr",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "home": "Début",
    "end": "Fin",
    "pageup": "Page préc.",
    "pagedown": "Page suiv.",
    "comma": ",",
    "semicolon": ";",
}
_ID = re.compile(r"\{([\w.]+)\}")
_MOVES = ("liste.", "chiffre.", "champ.", "trouver.", "copier", "interrompre")
_MODIFIERS = {"ctrl": "Ctrl", "shift": "Maj", "alt": "Alt"}


def key(
    id: str,
    keys: str,
    action: str,
    label: str,
    tooltip: str = "",
    *,
    show: bool = True,
    priority: bool = False,
) -> Binding:
    """A binding: `id` names it in the keymap, `label` is its footer text, `tooltip` what the help says."""
    return Binding(keys, action, label, show=show, priority=priority, tooltip=tooltip or label, id=id)


def digit(id: str, number: int, action: str, label: str, tooltip: str = "", *, show: bool = False) -> Binding:
    """A binding on digit `number` (1 to 9), which answers with and without Maj on an AZERTY keyboard."""
    return key(id, DIGIT_ROW[number - 1], action, label, tooltip, show=show)


def letter(
    id: str, character: str, action: str, label: str, tooltip: str = "", *, show: bool = True
) -> Binding:
    """A binding on a letter, which answers with Caps Lock on too."""
    return key(id, f"{character},{character.upper()}", action, label, tooltip, show=show)


def french_key(name: str) -> str:
    """What a person calls the key that Textual names `name`: « ctrl+p » is « Ctrl+P »."""
    *modifiers, last = name.split("+")
    shown = _NAMES.get(last) or format_key(last)
    if len(shown) == 1 and modifiers:
        shown = shown.upper()
    elif last[0] == "f" and last[1:].isdigit():
        shown = last.upper()
    return "+".join([_MODIFIERS.get(modifier, modifier) for modifier in modifiers] + [shown])


def with_keys(screen: Screen[Any], sentence: str) -> str:
    """A sentence whose « {id} » are bindings of `screen`, possible now or not, each told by its first key."""
    keys: dict[str, str] = {}
    for _, bindings in screen._modal_binding_chain:
        for name, binding in bindings:
            if binding.id:
                keys.setdefault(binding.id, french_key(name))
    return _ID.sub(lambda found: keys.get(found[1], found[0]), sentence)


def is_move(binding: Binding) -> bool:
    """Whether it only moves the cursor or the focus: told last in the help, not offered by name."""
    return bool(binding.id) and str(binding.id).startswith(_MOVES)


def all_keys(screen: Screen[Any], binding: Binding) -> str:
    """Every key that fires `binding` on `screen`, as a person calls them: « 2 é »."""
    names: dict[str, None] = {}
    for name, active in screen.active_bindings.items():
        if active.binding.id == binding.id:
            shown = french_key(name)
            if not (len(shown) == 1 and shown.isupper() and shown.lower() in names):
                names[shown] = None
    return " ".join(names)
