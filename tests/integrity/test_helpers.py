"""A large base is looked at by several processes, which find what one would."""

from pathlib import Path

import pytest
from sqlalchemy import make_url

from console.base.clock import frozen_at
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
