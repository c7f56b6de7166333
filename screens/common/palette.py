"""The command palette: the same commands as the keys, found by their name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from console.base.text import fold
from screens.common.finder import Finder
from screens.keys import all_keys, is_move
from screens.kit.keybar import live_bindings
from screens.kit.lines import Line, spread

if TYPE_CHECKING:
    from screens.kit.screen import Acts


@dataclass(frozen=True, slots=True)
class Command:
    """A command that can be run now, with the keys that do the same."""

    name: str
    keys: str
    run: Callable[[], object]


class _CommandLine:
    def height(self, width: int) -> int:
        return 1

    def key(self, row: Command) -> str:
        return row.name

    def paint(self, row: Command, index: int, width: int) -> Sequence[Line]:
        return [spread([(row.name, "")], [(row.keys, "accent"), (" ", "")], width)]


class Palette(Finder[Callable[[], object]]):
    """Leaves with the command to run."""

    PURPOSE = (
        "Toutes les commandes par leur nom, avec leur touche : tapez un mot.\n"
        "Entrée : lancer celle qui est en évidence · {boite.fermer} : fermer."
    )

    def __init__(self, screen: Acts) -> None:
        super().__init__("Commandes", "Nom d’une commande", _CommandLine(), "Aucune commande de ce nom.")
        app = screen.app
        # Read now: once the palette is on top, the screen below has no focus of its own.
        nodes = {active.binding.id: active.node for active in screen.active_bindings.values()}
        commands = [
            Command(
                binding.tooltip,
                all_keys(screen, binding),
                lambda binding=binding: app.run_action(binding.action, nodes[binding.id]),  # type: ignore[misc]
            )
            for binding in live_bindings(screen)
            if not is_move(binding) and binding.id != "palette"
        ]
        commands += [Command(name, "", run) for name, run in commands_of(app)]
        self._commands = list({command.name: command for command in reversed(commands)}.values())[::-1]

    def find(self, text: str) -> None:
        words = fold(text).split()
        self.found([one for one in self._commands if all(word in fold(one.name) for word in words)])

    def take(self, row: Command) -> None:
        self.dismiss(row.run)


def commands_of(app: Any) -> list[tuple[str, Callable[[], object]]]:
    """Commands of the whole console, which need no key."""
    return list(getattr(app, "commands", lambda: ())())
