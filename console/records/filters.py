"""What the refusal journal is narrowed to, and the kinds of amendment that are put beside a record."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from enum import StrEnum
from typing import Any

from console.base.text import fold

_NOT_A_WORD = re.compile(r"[\W_]+")


class Amendment(StrEnum):
    """What may be added beside a churn record; the record itself never changes."""

    READ = "read"
    COMMENT = "comment"
    RECODED = "recoded"  # `value` is the new code, `before` the former
    QUESTION = "question"  # `addressee` is the agent who is asked
    ANSWER = "answer"  # `question_id` is what it answers
    FOLLOW_UP = "follow_up"  # `value` is the day, empty when it is lifted
    CORRECTED = "corrected"  # the outcome of its call was taken back
    ERASED = "erased"  # the person's texts were erased: see console.records.chain


@dataclass(frozen=True, slots=True)
class Filters:
    """Criteria that combine; an empty one lets everything through.

    since and until: day of the cancellation. expires_from and expires_to: day of the expiry, a campaign.
    reason: the code in force, after re-coding. agent: a whole name, or the beginning of some. text: words,
    or their beginnings, all of them in the verbatim or the notes. objection: the Phase 4 door taken first.
    seniority: the code of a band (`console.records.counting.BANDS`). said: one whole word of the verbatim,
    folded. campaign: the code of a named one, in which the client's term is.
    """

    since: date | None = None
    until: date | None = None
    expires_from: date | None = None
    expires_to: date | None = None
    reasons: tuple[str, ...] = ()
    agent: str = ""
    plan: str = ""
    vip: bool | None = None
    reviewed: bool | None = None
    text: str = ""
    objection: str = ""
    seniority: str = ""
    said: str = ""
    campaign: str = ""

    def stored(self) -> dict[str, Any]:
        """As a JSON object, without what is empty."""
        return {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in asdict(self).items()
            if value not in (None, "", ())
        }


def read_filters(stored: Mapping[str, Any]) -> Filters:
    """Filters from their JSON object; what is not understood is left out."""
    known = {field.name for field in fields(Filters)}
    values = {name: value for name, value in stored.items() if name in known}
    for name in ("since", "until", "expires_from", "expires_to"):
        if name in values:
            values[name] = date.fromisoformat(values[name])
    values["reasons"] = tuple(values.get("reasons", ()))
    return Filters(**values)


def search_words(*texts: str) -> str:
    """Texts as they are searched: folded words, one space between."""
    return _NOT_A_WORD.sub(" ", fold(" ".join(texts))).strip()
