"""Threads that nobody waits for at the end of the program: one may be stuck in a base that is away.

Those that have nothing to do are used again, as starting one takes longer than most of what is asked.
"""

import os
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import NoReturn

Work = Callable[[], object]

_idle: deque[SimpleQueue[Work]] = deque()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_idle.clear)  # a copy of the program has none of its threads


def in_thread(work: Work) -> None:
    """Do this at once in a thread of its own; what it raises is its own affair."""
    try:
        idle = _idle.pop()
    except IndexError:
        Thread(target=_serve, args=(work,), name="service", daemon=True).start()
    else:
        idle.put(work)


def _serve(work: Work) -> NoReturn:
    own: SimpleQueue[Work] = SimpleQueue()
    while True:
        work()
        del work  # what it holds must not outlive it
        _idle.append(own)
        work = own.get()
