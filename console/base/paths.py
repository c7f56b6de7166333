"""A value deep in what JSON or a form gave, by a path that a person wrote."""

from collections.abc import Mapping
from typing import Any


def value_at(found: Any, path: str) -> str:
    """What stands at a path (« data.object.id », « messages.0.status ») as text; empty where nothing does."""
    try:
        if isinstance(found, Mapping) and path in found:
            return _text(found[path])
        for name in path.split("."):
            found = found[int(name)] if isinstance(found, list) else found[name]
    except (ValueError, LookupError, TypeError):
        return ""
    return _text(found)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value).strip() if isinstance(value, str | int | float) else ""
