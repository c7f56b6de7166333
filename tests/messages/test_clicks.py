"""Which click on a message a person made."""

from datetime import datetime, timedelta

import pytest

from console.messages.clicks import Click, by_a_person, links_of
from tests.world import paris

SENT = paris("2025-12-17T09:00")
LINKS = links_of("Renouvelez : https://numi.fr/r/abc. Ou https://numi.fr/compte, merci.")


def after(seconds: int, link: str = "") -> Click:
    return Click(SENT + timedelta(seconds=seconds), link)


def test_the_links_of_a_text_end_with_the_word() -> None:
    assert {"https://numi.fr/r/abc", "https://numi.fr/compte"} == LINKS


ONE, OTHER = sorted(LINKS)


@pytest.mark.parametrize(
    ("clicks", "person"),
    [
        ([], None),
        ([after(0)], None),
        ([after(10)], None),
        ([after(11)], 11),
        ([after(3), after(3600)], 3600),
        ([after(60, ONE), after(62, OTHER)], None),
        ([after(60, ONE), after(62, OTHER), after(500, ONE)], 500),
        ([after(60, ONE), after(61, ONE)], 60),  # a double click
        ([after(60, ONE), after(200, OTHER)], 60),  # one after the other, as a person does
        ([after(60), after(61)], 60),  # nobody says which links
    ],
)
def test_a_scanner_is_no_person(clicks: list[Click], person: int | None) -> None:
    found = by_a_person(clicks, LINKS, sent_at=SENT - timedelta(minutes=5), delivered_at=SENT)
    assert found == (None if person is None else SENT + timedelta(seconds=person))


@pytest.mark.parametrize(
    ("sent", "delivered", "person"),
    [
        (SENT, None, False),
        (SENT - timedelta(seconds=30), None, True),
        (SENT - timedelta(minutes=1), SENT, False),
        (SENT + timedelta(seconds=5), None, True),  # the click is all that proves the sending
        (None, None, True),
    ],
)
def test_the_delivery_counts_else_the_sending(
    sent: datetime | None, delivered: datetime | None, person: bool
) -> None:
    click = after(5)
    assert bool(by_a_person([click], LINKS, sent_at=sent, delivered_at=delivered)) is person


def test_one_link_alone_is_never_all_of_them() -> None:
    only = frozenset({ONE})
    assert by_a_person([after(60, ONE)], only, sent_at=SENT, delivered_at=SENT) == after(60).at
