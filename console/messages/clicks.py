"""Which click on a message a person made: what reads a message for its safety follows its links as well."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

SCANNED = timedelta(seconds=10)
"""A click this near to the delivery, or to a click on every other link, is a scanner's."""

_LINK = re.compile(r"https?://[^\s\"'<>)\]]+")


@dataclass(frozen=True, slots=True)
class Click:
    """One link followed; its address is empty where the event does not name it."""

    at: datetime
    link: str = ""


def links_of(text: str) -> frozenset[str]:
    """The addresses that a message holds."""
    return frozenset(found.rstrip(".,;:!?") for found in _LINK.findall(text))


def by_a_person(
    clicks: Sequence[Click], links: frozenset[str], *, sent_at: datetime | None, delivered_at: datetime | None
) -> datetime | None:
    """The first click that is a reaction; None while there is none.

    Where the delivery is not known, the sending counts, unless the click itself is all that proves it.
    """
    arrived = delivered_at or sent_at
    people = [
        click
        for click in clicks
        if not (arrived and abs(click.at - arrived) <= SCANNED and (delivered_at or click.at != sent_at))
        and not _all_at_once(click, clicks, links)
    ]
    return min((click.at for click in people), default=None)


def _all_at_once(click: Click, clicks: Sequence[Click], links: frozenset[str]) -> bool:
    """Whether every link of the message was followed about when this one was."""
    near = {one.link for one in clicks if one.link and abs(one.at - click.at) <= SCANNED}
    return bool(click.link) and len(near) > 1 and len(near) >= len(links)
