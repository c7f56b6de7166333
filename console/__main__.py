"""`python -m console`, and the installed `hotliner` command."""

import gc
import os
import sys

from console.cli.output import outcome
from console.cli.prefetch import Prefetch


def main() -> None:
    """Run the command line and leave with its exit code."""
    gc.disable()  # saves a tenth of the time to the first screen, which turns it on again
    sys.exit(outcome(_run))


def _run() -> int:
    arguments = sys.argv[1:]
    prefetch = _prefetch(arguments)
    if arguments not in ([], ["demo"]):
        from console.cli.app import run

        return run(arguments, prefetch)
    # The two usual ways in need no parser: a part of the time to the first screen.
    from console.cli.settings import load_settings
    from console.cli.start import open_console, open_demo

    return (open_demo if arguments else open_console)(load_settings(), prefetch)


def _prefetch(arguments: list[str]) -> Prefetch | None:
    """Begins to read the first view when these arguments open the console and there is who to share with."""
    opens = not arguments or arguments[0] == "demo" or arguments[0].startswith("--")
    if opens and hasattr(os, "fork") and (os.cpu_count() or 1) > 1 and sys.stdin.isatty():
        return Prefetch(_prepare)
    return None


def _prepare() -> None:
    from console.cli.workspace import prepare

    prepare()


if __name__ == "__main__":
    main()
