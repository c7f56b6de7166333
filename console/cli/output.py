"""What commands print: results on standard output, words and progress on standard error."""

import json
import logging
import os
import sys
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self

from console.base.errors import HotlinerError

_log = logging.getLogger("hotliner")


def result(*lines: str) -> None:
    """Lines of the result."""
    for line in lines:
        print(line)  # noqa: T201


def result_json(value: Any) -> None:
    """The result, for a machine."""
    result(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def say(*lines: str) -> None:
    """Lines for whoever reads the screen."""
    for line in lines:
        print(line, file=sys.stderr)  # noqa: T201


def say_error(error: HotlinerError) -> None:
    """What happened, what was kept, what to do; a line each."""
    say(*(part for part in (error.happened, error.kept, error.todo) if part))


def say_some(lines: Sequence[str], total: int, limit: int) -> None:
    """The first lines, and how many more there are of `total`."""
    say(*lines[:limit])
    if total > limit:
        say(f"… et {total - limit} autres.")


def outcome(act: Callable[[], int]) -> int:
    """Do it, and say in French what went wrong, never with a traceback; the exit code.

    0 all done · 1 done in part, the rest reported · 2 wrong use or refused input, nothing changed ·
    3 could not be done, nothing lost.
    """
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        code = act()
        sys.stdout.flush()
        return code
    except HotlinerError as error:
        if error.__cause__:
            _log.warning("refused: %s", type(error).__name__, exc_info=error.__cause__)
        say_error(error)
        return error.exit_code
    except BrokenPipeError:
        _hush()
        return 1
    except KeyboardInterrupt:
        say("Interrompu.")
        return 130
    except Exception:
        _log.exception("unexpected")
        say("La commande s’est arrêtée sur une erreur imprévue ; rien d’enregistré n’est perdu.")
        say("Le détail est dans le journal technique ; « hotliner config » dit où.")
        return 3


def _hush() -> None:
    """After a broken pipe: nobody reads any more, so the last flush must not complain either."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Progress:
    """« 12 000 / 100 000 lignes » on one line of a terminal; silent elsewhere."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._shown = sys.stderr.isatty()

    def __enter__(self) -> Self:
        return self

    def __call__(self, done: int, total: int) -> None:
        """Show how far it is."""
        if self._shown:
            figures = f"{done:,} / {total:,} {self._what}".replace(",", "\u202f")
            bar = "█" * (20 * done // max(total, 1))
            sys.stderr.write(f"\r{bar:░<20} {figures} ")
            sys.stderr.flush()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()
