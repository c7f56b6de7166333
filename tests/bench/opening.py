"""Start to filled dashboard, and the memory held once it is filled."""

from pathlib import Path
from time import sleep

import psutil

from tests.bench.pairs import Result, alternate, mebibytes, milliseconds
from tests.bench.terminals import Timed, bare, console, filled

REST_S = 2.0
"""What a program imports or reads after its first screen counts too."""


def start(home: Path, rounds: int) -> Result:
    """From the command to the three urgent cards and every figure on screen."""
    pair = alternate(lambda: _opened(console(home)), lambda: _opened(bare("start", home)), rounds, 2)
    return Result(
        "démarrage jusqu’au tableau de bord rempli ÷ application Textual nue qui importe sqlmodel",
        milliseconds(pair.ours),
        milliseconds(pair.yardstick),
        pair.ratio,
        1.25,
    )


def memory(home: Path, rounds: int) -> Result:
    """Proportional set size, at rest."""
    pair = alternate(lambda: _held(console(home)), lambda: _held(bare("start", home)), rounds, 0)
    return Result(
        "mémoire résidente ÷ la même application nue",
        mebibytes(pair.ours),
        mebibytes(pair.yardstick),
        pair.ratio,
        1.3,
    )


def _opened(terminal: Timed) -> float:
    with terminal:
        _wait(terminal)
        return (terminal.frame_at - terminal.started_at) * 1000


def _held(terminal: Timed) -> float:
    with terminal:
        _wait(terminal)
        sleep(REST_S)
        terminal.settle()
        process = psutil.Process(terminal.process.pid)
        return float(sum(one.memory_full_info().pss for one in (process, *process.children(recursive=True))))


def _wait(terminal: Timed) -> None:
    terminal.wait_for(lambda text: filled(text) or "PRET" in text)
