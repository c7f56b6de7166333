"""Statements are compiled once for a process, where the product does it once for a base it opens.

Each test opens bases of its own, and compiling what it asks of them is half of what it costs.
"""

from sqlalchemy import URL, Engine
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache

from console.db import dialect

_KEPT: dict[str, LRUCache[object, object]] = {}


def share() -> None:
    """Every base opened from now on finds what those of its kind have compiled."""
    make = dialect.make_engine

    def made(where: URL, who: str = "") -> Engine:
        engine = make(where, who)
        kept = _KEPT.setdefault(engine.dialect.name, LRUCache(4_000))
        setattr(engine, "_compiled_cache", kept)  # noqa: B010
        return engine

    setattr(dialect, "make_engine", made)  # noqa: B010
    # What is compiled is found by the dialect it is written in, of which each engine has its own.
    setattr(DefaultDialect, "__hash__", lambda self: hash(type(self)))  # noqa: B010
    setattr(DefaultDialect, "__eq__", lambda self, other: type(self) is type(other))  # noqa: B010
