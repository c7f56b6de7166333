"""Signed links: what a token says is read back, and nothing else is."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.rules.links import Link, Links, Purpose, RefusedLinkError

LINKS = Links(b"a secret of the tests", "https://numi.support/r/")
MARIE = Link(Purpose.RENEW, "CLT-00245", date(2025, 12, 31), date(2025, 12, 24), "fidelite")
days = st.dates(date(2000, 1, 1), date(2100, 1, 1))
links = st.builds(
    Link,
    st.sampled_from(Purpose),
    st.integers(0, 10**9).map(lambda n: f"CLT-{n:05}")
    | st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9 ._/~-]{0,39}", fullmatch=True),
    days,
    days,
    st.sampled_from(["", "fidelite", "remise-5", "dernier-mot"]),
)


@given(links)
def test_a_token_says_what_was_signed(link: Link) -> None:
    token = LINKS.token(link)
    assert LINKS.open(token) == link
    assert re.fullmatch(r"[A-Za-z0-9.~-]+", token)


@given(links, st.data())
def test_a_changed_token_is_refused(link: Link, data: st.DataObject) -> None:
    token = LINKS.token(link)
    at = data.draw(st.integers(0, len(token) - 1))
    char = data.draw(st.characters().filter(lambda char: char != token[at]))
    with pytest.raises(RefusedLinkError):
        LINKS.open(token[:at] + char + token[at + 1 :])


@given(links)
def test_a_token_of_another_secret_is_refused(link: Link) -> None:
    with pytest.raises(RefusedLinkError):
        LINKS.open(Links(b"another", LINKS.base).token(link))


@given(st.text())
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(RefusedLinkError):
        LINKS.open(text)


def test_the_address_is_short_enough_for_a_text_message() -> None:
    url = LINKS.url(MARIE)
    assert url.startswith("https://numi.support/r/r.CLT-00245.20251231.20251224.fidelite.")
    assert len(url) < 90


@pytest.mark.parametrize("code", ["é", "a?b", "a%b", "a#b", "a\nb"])
def test_a_code_that_would_break_a_link_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match="not fit"):
        LINKS.token(Link(Purpose.RENEW, code, MARIE.expires_on, MARIE.until))
