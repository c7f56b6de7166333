"""The keys that sign links: born with the base and kept in it, so that a backup holds them too.

The key of a file made before is taken over. A secret given by the settings takes the first place; the former
ones go on being read, so that a link already sent holds until its end.
"""

import json
import secrets
from collections.abc import Callable

from console.audit import audit
from console.context import Context
from console.db.meta import kept as kept_facts
from console.db.meta import read_meta, write_meta
from console.db.query import ReadBatch

_KEYS = "links.keys"
_KEPT = 8
"""A link holds for months, a key for years: this many are never reached."""


def kept_keys(batch: ReadBatch) -> Callable[[], tuple[bytes, ...]]:
    """The keys that the base has."""
    found = kept_facts(batch, _KEYS)
    return lambda: _read(found().get(_KEYS, ""))


def link_keys_of(ctx: Context, kept: tuple[bytes, ...] = ()) -> tuple[bytes, ...]:
    """The keys of this base, the one that signs first; made, or put in place, where that is due.

    kept: those it had just now. Raises StorageError, and what reading a former file raises.
    """
    outside = ctx.outside
    given = outside.link_secret.encode() if outside else b""
    if kept and given in (b"", kept[0]):
        return kept
    first = given or (outside.kept_key() if outside else b"") or secrets.token_hex(32).encode()
    with ctx.database.writing() as session:
        kept = _read(read_meta(session, _KEYS))  # another console may have been faster
        if kept and given in (b"", kept[0]):
            return kept
        keys = (first, *(key for key in kept if key != first))[:_KEPT]
        write_meta(session, _KEYS, json.dumps([key.hex() for key in keys]))
        if kept:
            audit(session, ctx, "links.key_changed")
        return keys


def _read(text: str) -> tuple[bytes, ...]:
    return tuple(bytes.fromhex(key) for key in json.loads(text)) if text else ()
