"""What commands print: results on standard output, talk and progress on standard error."""

import json
import os
import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from console.errors import HotlinerError


def result(*lines: str) -> None:
    """Lines of the result."""
    for line in lines:
        print(line)  # noqa: T201


def result_json(value: Any) -> None:
    """The result, for a machine."""
    result(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def say(*lines: str) -> None:
    """Lines of talk."""
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


def hush() -> None:
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
