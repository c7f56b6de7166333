"""E-mails as they travel: what a reader of mails finds is what was written."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.policy import default

from hypothesis import given, settings
from hypothesis import strategies as st

from console.base.vocabulary import Channel
from console.outside.gate import Outgoing
from console.outside.mime import Sender, compose
from tests.world import CONTENT

NOW = datetime(2025, 12, 17, 9, tzinfo=UTC)
LETTERS = "abcdé’—àç\u202f\u00a0:!31/()"
WORDS = st.lists(st.text(LETTERS, min_size=1, max_size=14), min_size=1, max_size=14).map(
    lambda words: " ".join(word.strip() or "x" for word in words)
)


@given(WORDS, WORDS.map(lambda text: text[:20].strip()))
@settings(max_examples=200, deadline=None)
def test_a_header_read_back_is_the_header_written(subject: str, name: str) -> None:
    """By two parsers. Python 3.11's own folding loses a space between two encoded words."""
    message = Outgoing("<x@y.fr>", Channel.EMAIL, "J-7", "marie@example.org", subject, "…", "", NOW, NOW)
    mail = compose(message, Sender(name, "a@b.fr", "c@d.fr"))
    raw = mail.as_bytes()
    read, other = message_from_bytes(raw, policy=default), message_from_bytes(raw)
    unfolded = other["Subject"].replace("\r\n", "")
    assert str(read["Subject"]) == str(mail["Subject"]) == str(make_header(decode_header(unfolded)))
    for header, address in (("From", "a@b.fr"), ("Reply-To", "c@d.fr")):
        (one,) = read[header].addresses
        assert (one.display_name, one.addr_spec) == (name, address)
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_an_urgent_step_is_marked_and_no_other_message() -> None:
    message = Outgoing("<x@y.fr>", Channel.EMAIL, "J-7", "marie@example.org", "Un", "…", "", NOW, NOW)
    sender = Sender("numi", "a@b.fr", "c@d.fr")
    assert compose(message, sender)["Importance"] is None
    assert compose(replace(message, urgent=True), sender)["Importance"] == "high"
    steps = CONTENT.data.timeline.reminders
    assert [step.code for step in steps if step.urgent] == ["J-7", "J-3"]
