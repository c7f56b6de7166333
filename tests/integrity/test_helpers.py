"""A large base is looked at by several processes, which find what one would."""

from multiprocessing import Pipe
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from console.base.clock import frozen_at
from console.base.errors import HotlinerError
from console.db import dialect
from console.integrity import derived, helpers
from tests.multitude import NOW, generate
from tests.world import CONTENT


def test_several_processes_find_what_one_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    generate(tmp_path / "large.db", 2 * derived.BATCH + 1, 100)
    monkeypatch.setattr(helpers, "_LARGE", 0)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    engine = dialect.make_engine(make_url(f"sqlite:///{tmp_path / 'large.db'}"))
    with dialect.reader(engine).connect() as connection:
        alone = list(derived.differences(connection, CONTENT, frozen_at(NOW)))
        told: list[tuple[int, int]] = []
        with helpers.differences(connection, CONTENT, frozen_at(NOW)) as differences:
            assert list(differences(lambda done, of: told.append((done, of)))) == alone
    engine.dispose()
    assert {one.number // derived.BATCH for one in alone} >= {0, 1}
    last = 2 * derived.BATCH + 1
    assert told == [(derived.BATCH + 1, last), (last, last), (last, last)]


def test_a_machine_of_many_cores_begins_a_few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server has a hundred connections for all, and each process its own hundred megabytes."""
    shares: list[range] = []

    class Helper:
        def __init__(self, *given: Any) -> None:
            shares.append(given[-1])

        def answer(self) -> list[derived.Difference]:
            return []

        def end(self) -> None: ...

    generate(tmp_path / "base.db", 5, 1)
    monkeypatch.setattr(helpers, "_LARGE", 0)
    monkeypatch.setattr(helpers, "_Helper", Helper)
    monkeypatch.setattr("os.cpu_count", lambda: 64)
    engine = dialect.make_engine(make_url(f"sqlite:///{tmp_path / 'base.db'}"))
    with (
        dialect.reader(engine).connect() as connection,
        helpers.differences(connection, CONTENT, frozen_at(NOW)) as differences,
    ):
        list(differences(None))
    engine.dispose()
    assert 1 < len(shares) <= 4


def test_a_process_that_was_killed_is_told() -> None:
    helper = object.__new__(helpers._Helper)
    helper._heard, said = Pipe(duplex=False)
    said.close()
    with pytest.raises(HotlinerError) as caught:
        helper.answer()
    assert "interrompue" in caught.value.happened
