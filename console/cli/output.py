"""What commands print: results on standard output, words and progress on standard error."""

import logging
import os
import sys
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self

from console.base.errors import HotlinerError, system_words
from console.base.text import as_json, printed

_log = logging.getLogger("hotliner")


def result(*lines: str) -> None:
    """Lines of the result."""
    for line in lines:
        print(printed(line))  # noqa: T201


def result_json(value: Any) -> None:
    """The result, for a machine."""
    result(as_json(value, indent=2, default=str))


def say(*lines: str) -> None:
    """Lines for whoever reads the screen."""
    for line in lines:
        print(printed(line), file=sys.stderr)  # noqa: T201


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
    if not logging.getLogger().handlers:  # before the log begins, what it is told must not reach the terminal
        logging.getLogger().addHandler(logging.NullHandler())
    try:
        code = _said(act)
    except OSError:  # there is nobody to say it to
        code = 1
    return _flushed(code)


def _said(act: Callable[[], int]) -> int:
    try:
        return act()
    except HotlinerError as error:
        if error.__cause__:
            _log.warning("refused: %s", type(error).__name__, exc_info=error.__cause__)
        say_error(error)
        return error.exit_code
    except BrokenPipeError:
        return 1
    except KeyboardInterrupt:
        say("Interrompu.")
        return 130
    except OSError as error:
        _log.exception("refused by the system")
        what = f"«\u00a0{error.filename}\u00a0»\u202f: " if error.filename else "Le système refuse\u202f: "
        say(f"{what}{system_words(error)}.", "Rien d’enregistré n’est perdu.")
        return 3
    except Exception:
        _log.exception("unexpected")
        say("La commande s’est arrêtée sur une erreur imprévue ; rien d’enregistré n’est perdu.")
        say("Le détail est dans le journal technique ; « hotliner config » dit où.")
        return 3


def _flushed(code: int) -> int:
    """The code; 1 for a result that nobody took. Where nobody reads, the last flush must not complain."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
            code = code or 1
    return code


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
