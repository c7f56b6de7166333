"""What migrations need of the program as it was when they were written: never changed to follow it."""

import json
import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime
from hashlib import sha256
from secrets import token_hex
from typing import Any

Head = tuple[int, str]
"""Number and hash of the last row of a chain; (0, "") before the first."""

RECORD = (
    "call_id", "client_id", "subscription_id", "at", "cancelled_on", "effective_on", "reason",
    "first_objection", "context", "attempts", "result", "status", "resumable", "follow_up_on",
    "recommendation", "agent", "script_hash", "duration_s", "plan", "vip",
)  # fmt: skip
RECORD_TEXTS = ("client_code", "client_name", "verbatim", "note")
AMENDMENT = (
    "record_id", "record_hash", "at", "author", "kind", "value", "before", "addressee", "question_id",
)  # fmt: skip
AMENDMENT_TEXTS = ("text",)

_LETTERS = str.maketrans(
    {"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i"}
    | dict.fromkeys("’‘ʼ´`", "'")
    | dict.fromkeys("‐‑‒–—−", "-")
)


def sealed(
    values: Mapping[str, Any], last: Head, content: tuple[str, ...], texts: tuple[str, ...]
) -> dict[str, Any]:
    """The columns that chain a row to the last one: its content as it is, its texts by salted digests."""
    salt = token_hex(16)
    digests = " ".join(sha256(f"{salt}\0{name}\0{values[name]}".encode()).hexdigest() for name in texts)
    link = {"seq": last[0] + 1, "previous_hash": last[1], "digests": digests}
    whole = {**{name: values[name] for name in content}, **link}
    canonical = json.dumps(whole, sort_keys=True, ensure_ascii=False, default=_plain)
    return {**link, "salt": salt, "hash": sha256(canonical.encode()).hexdigest()}


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def search_words(*texts: str) -> str:
    """Texts as they are searched: folded words, one space between."""
    plain = unicodedata.normalize("NFKD", " ".join(texts).casefold())
    folded = "".join(char for char in plain if not unicodedata.combining(char)).translate(_LETTERS)
    return re.sub(r"[\W_]+", " ", folded).strip()


def whole_months(since: date, until: date) -> int:
    """Whole months between two days; 0 when `until` comes first. The 31st is the last day of any month."""
    months = (until.year - since.year) * 12 + until.month - since.month
    last_day = (date(until.year + until.month // 12, until.month % 12 + 1, 1) - date.resolution).day
    return max(months - (min(since.day, last_day) > until.day), 0)
