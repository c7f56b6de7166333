"""`python -m console`, and the installed `hotliner` command."""

import gc
import sys


def main() -> None:
    """Run the command line and leave with its exit code."""
    gc.disable()  # saves a tenth of the time to the first screen, which turns it on again
    from console.cli import run

    sys.exit(run())


if __name__ == "__main__":
    main()
