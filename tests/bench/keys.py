"""A key to its painted frame."""

from collections.abc import Callable
from itertools import count, cycle
from pathlib import Path

from tests.bench.pairs import Result, alternate, milliseconds
from tests.bench.terminals import Timed, bare, console, filled, ready
from tests.terminal import AGAIN_S

PANES = {"week": ("é", "lignes de la semaine"), "urgent": ("&", "cartes urgentes")}
_RINGING, _OPENING = "Pas de réponse", "Hésite ou refuse"
"""A choice of each of the two steps."""


def arrow(home: Path, rounds: int) -> list[Result]:
    """An arrow in two panes; against the same rows alone in an app, in the framework's table and in our list.

    The stricter of the two is given.
    """
    results = []
    with ready(console(home), filled) as ours:
        move = _mover(ours)
        for pane, (key, name) in PANES.items():
            ours.press(key)
            pairs = {}
            for kind, what in (("table", "DataTable"), ("rows", "notre liste")):
                with ready(bare(f"{kind}-{pane}", home), "Sophie|Zoé") as other:
                    pairs[what] = alternate(move, _mover(other), rounds, 6)
            what, pair = max(pairs.items(), key=lambda item: item[1].ratio)
            results.append(
                Result(
                    f"flèche jusqu’à l’image, {name} ÷ la même liste seule dans une application",
                    milliseconds(pair.ours),
                    f"{milliseconds(pair.yardstick)} ({what})",
                    pair.ratio,
                    1.5,
                )
            )
    return results


def _mover(terminal: Timed) -> Callable[[], float]:
    """Down, up, down…"""
    keys = cycle(("down", "up"))
    return lambda: terminal.time_key(next(keys))


def choice(home: Path, rounds: int) -> Result:
    """A choice of the script to the next step, then back; against one Static given a page of text."""
    with ready(console(home), filled) as ours, ready(bare("update", home), "PRET 0") as update:
        ours.press("a")
        ours.wait_for("Composer le")
        ours.press("&")
        ours.wait_for(_RINGING)
        ours.settle(AGAIN_S)

        def there_and_back() -> float:
            taken = ours.time_until("&", lambda text: _OPENING in text)
            ours.press("backspace")
            ours.wait_for(_RINGING)
            return taken

        steps = count(1)

        def replace() -> float:
            words = f"PRET {next(steps)} "
            return update.time_until("n", lambda text: words in text)

        pair = alternate(there_and_back, replace, rounds, 6)
    return Result(
        "choix jusqu’à l’étape suivante, journalisée et peinte ÷ mise à jour nue d’un Static",
        milliseconds(pair.ours),
        milliseconds(pair.yardstick),
        pair.ratio,
        1.5,
    )
