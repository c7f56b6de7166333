"""Start to filled dashboard, and the memory held once it is filled."""

from pathlib import Path
from time import sleep

import psutil

from tests.bench.pairs import Result, alternate, mebibytes, milliseconds
from tests.bench.terminals import Timed, bare, console, filled

REST_S = 2.0
"""What a program imports or reads after its first screen counts too."""
KEYS = ("enter", "t", "k", "a", "m", "p", "r", "u", "n", "o", "c", "v", "space", "f", "?", "i", "x", "e")
"""What opens a screen or a box from the dashboard; « a » a call, which Échap leaves before it is dialled."""
TOLD = (100, 300, 1_000)


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


def openings(home: Path, rounds: int) -> Result:
    """What a console holds once so many screens were opened and left, beside what it held at rest."""
    with console(home) as terminal:
        _wait(terminal)
        held = {0: _rest(terminal)}
        for n in range(1, rounds + 1):
            terminal.press(KEYS[n % len(KEYS)])
            terminal.settle(0.05, timeout=2)
            terminal.press("escape")
            terminal.settle(0.15, timeout=2)
            if n in TOLD:
                held[n] = _rest(terminal)
        assert terminal.process.poll() is None
    told = ", ".join(f"{n} : {mebibytes(size)}" for n, size in held.items())
    last = list(held.values())[-1]
    return Result(
        f"mémoire après {max(held)} ouvertures d’écrans ÷ au repos ({told})",
        mebibytes(last),
        mebibytes(held[0]),
        last / held[0],
    )


def _opened(terminal: Timed) -> float:
    with terminal:
        _wait(terminal)
        return (terminal.frame_at - terminal.started_at) * 1000


def _held(terminal: Timed) -> float:
    with terminal:
        _wait(terminal)
        return _rest(terminal)


def _rest(terminal: Timed) -> float:
    """Bytes held by a program that does nothing any more."""
    sleep(REST_S)
    terminal.settle()
    process = psutil.Process(terminal.process.pid)
    return float(sum(one.memory_full_info().pss for one in (process, *process.children(recursive=True))))


def _wait(terminal: Timed) -> None:
    terminal.wait_for(lambda text: filled(text) or "PRET" in text)
