"""Signals as they are written: by a note whose words tell one, by a door of a call, by an agent's key."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from console.base.history import EventKind
from console.base.text import clean
from console.db import history
from console.db.query import NewRow
from console.rules.signals import Signal, SignalWords, signals_in

_EXCERPT = 200


def note_rows(
    text: str,
    at: datetime,
    words: Mapping[Signal, SignalWords],
    *,
    kind: EventKind = EventKind.NOTE,
    without: frozenset[Signal] = frozenset(),
    key: str | None = None,
    **links: Any,
) -> list[NewRow]:
    """A note, or a client's reply, and the signals that its words tell, but those that the agent took off.

    `key` makes them unique. links are the client, the term, the call and the agent.
    """
    rows = [history.event(kind, at, text, key=key, **links)]
    for signal in sorted(signals_in(text, words) - without):
        own = None if key is None else f"{key}:{signal}"
        rows.append(history.event(signal.told, at, clean(text, limit=_EXCERPT), key=own, **links))
    return rows
