"""`python -m console`, and the installed `hotliner` command."""

import gc
import sys

from console.talk import outcome


def main() -> None:
    """Run the command line and leave with its exit code."""
    gc.disable()  # saves a tenth of the time to the first screen, which turns it on again
    sys.exit(outcome(_run))


def _run() -> int:
    if sys.argv[1:] not in ([], ["demo"]):
        from console.cli import run

        return run()
    # The two usual ways in need no parser: a part of the time to the first screen.
    from console.settings import load_settings
    from console.start import open_console, open_demo

    return (open_demo if sys.argv[1:] else open_console)(load_settings())


if __name__ == "__main__":
    main()
