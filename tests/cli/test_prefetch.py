"""A copy of the process that reads beside it: what it gives, and that its failures stay its own."""

import os
import time
from collections.abc import Iterator
from functools import partial

import pytest

from console.cli.prefetch import Prefetch

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no process can be copied here")
_prepared: list[str] = []


def _nothing() -> None:
    pass


def _prepare() -> None:
    _prepared.append("there")


def _steps(word: str) -> Iterator[object]:
    yield word
    yield [*_prepared, os.getpid()]


def _fails(after: int) -> Iterator[object]:
    yield from range(1, after + 1)
    raise OSError("the disk is gone")


def _unheard() -> Iterator[object]:
    yield lambda: None  # cannot be pickled


def _forever() -> Iterator[object]:
    yield 1
    time.sleep(600)


def test_what_is_asked_is_done_elsewhere_after_what_was_prepared() -> None:
    prefetch = Prefetch(_prepare)
    prefetch.ask(partial(_steps, "word"))
    assert prefetch.take() == "word"
    prepared, pid = prefetch.last()
    assert prepared == "there"
    assert pid != os.getpid()
    assert _prepared == []


def test_a_failure_is_told_by_none_and_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    prefetch = Prefetch(_nothing)
    prefetch.ask(partial(_fails, 1))
    assert prefetch.take() == 1
    assert prefetch.take() is None
    assert prefetch.take() is None
    prefetch.end()
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("prepare", [_nothing, partial(next, iter(()))])
def test_neither_what_cannot_be_prepared_nor_what_cannot_be_said_stops_anything(
    prepare: partial[None],
) -> None:
    prefetch = Prefetch(prepare)
    prefetch.ask(_unheard)
    assert prefetch.last() is None


def test_the_end_does_not_wait_and_leaves_no_process() -> None:
    prefetch = Prefetch(_nothing)
    prefetch.ask(_forever)
    assert prefetch.take() == 1
    start = time.monotonic()
    prefetch.end()
    prefetch.end()
    assert time.monotonic() - start < 5
    with pytest.raises(ChildProcessError):
        os.waitpid(prefetch._copy, os.WNOHANG)


def test_one_that_is_never_asked_ends_too() -> None:
    Prefetch(_nothing).end()
