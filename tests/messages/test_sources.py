"""The shipped messages: whole, inert to hostile data, and figures computed."""

import re
from datetime import date, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.policy import default
from email.utils import parseaddr
from html import unescape
from itertools import product
from typing import Any

import pytest

from console.base.dates import PARIS
from console.base.errors import ContentError
from console.base.sms_size import GSM_BASIC, GSM_EXTENDED, segments, to_gsm
from console.base.vocabulary import Channel
from console.content import default_root
from console.messages.sources import PURPOSES, SMS, Messages
from console.outside.gate import Outgoing
from console.outside.mime import Sender, compose
from console.rules.pauses import Pause
from tests.messages.clients import make

MESSAGES = Messages(default_root() / "scripts_fr")
BEFORE, AFTER = datetime(2025, 12, 19, 15, tzinfo=PARIS), datetime(2026, 1, 7, 9, tzinfo=PARIS)
ALL_EMAILS = sorted(name for channel, name in MESSAGES.reading[0] if channel is Channel.EMAIL)
ALL_SMS = sorted(name for channel, name in MESSAGES.reading[0] if channel is Channel.SMS)

PEOPLE: tuple[dict[str, Any], ...] = (
    {},
    {"first_name": "", "civility": ""},
    {"first_name": "Éloïse", "last_name": "Çelik–Łukasz d’Arvor"},
    {"first_name": "Jean-Baptiste", "last_name": "de la Rochefoucauld-Montmorency " * 2},
    {"plan": "basic", "billing": "monthly"},
    {"billing": "monthly"},
)


def test_every_message_is_there() -> None:
    assert set(PURPOSES) | {"J-30", "J-14", "J-7", "J-3", "J-0", "J+1", "J+7", "J+30"} <= set(ALL_EMAILS)
    assert set(SMS) | {"J-14", "J+14"} <= set(ALL_SMS)


def _in_full(link: re.Match[str]) -> str:
    """A link as plain text has it: its name, then its address."""
    return link[1] if link[1] == link[2] else f"{link[2]}\u202f: {link[1]}"


@pytest.mark.parametrize("now", [BEFORE, AFTER])
@pytest.mark.parametrize("name", ALL_EMAILS)
def test_an_email_says_the_same_in_text_and_html(name: str, now: datetime) -> None:
    mail = MESSAGES.render(name, make(now))
    page = mail.html.partition("</div>")[2].replace("<br>", " ")
    page = re.sub(r'<a href="([^"]+)"[^>]*>(.*?)</a>', _in_full, page)
    words = unescape(re.sub(r"<[^>]+>", "", page))
    assert words.split() == mail.text.split()
    assert "\n" not in mail.subject
    assert mail.subject in mail.html


@pytest.mark.parametrize("name", ALL_EMAILS)
def test_the_headers_of_every_message_read_back_as_they_were_written(name: str) -> None:
    """By two parsers, for clients of every kind and two instants."""
    sender = Sender("Société d’Été, « numi »", "bonjour@numi.support", "contact@numi.support")
    for now, who in product((BEFORE, AFTER), PEOPLE):
        pause = Pause(BEFORE, date(2026, 1, 1), date(2026, 3, 31)) if name.startswith("P-") else None
        mail = MESSAGES.render(name, make(now, pause, **who))
        leaving = Outgoing("<x@y.fr>", Channel.EMAIL, name, "m@e.fr", mail.subject, mail.text, "", now, now)
        raw = compose(leaving, sender).as_bytes()
        read, other = message_from_bytes(raw, policy=default), message_from_bytes(raw)
        assert str(read["Subject"]) == _decoded(other["Subject"]) == mail.subject
        assert _decoded(other["To"]) == read["To"].addresses[0].addr_spec == "m@e.fr"
        for header, address in (("From", sender.address), ("Reply-To", sender.reply_to)):
            (one,) = read[header].addresses
            named, spelt = parseaddr(other[header].replace("\r\n", ""))
            assert (one.display_name, one.addr_spec) == (_decoded(named), spelt) == (sender.name, address)


def _decoded(header: str) -> str:
    return str(make_header(decode_header(header.replace("\r\n", ""))))


@pytest.mark.parametrize("name", ALL_EMAILS)
def test_hostile_names_break_neither_header_nor_page(name: str) -> None:
    evil = make(first_name="<img src=x onerror=y>{{ 7*7 }}", last_name="A\r\nBcc: x@y.z")
    mail = MESSAGES.render(name, evil)
    assert "<img" not in mail.html
    assert not re.search(r"[\r\n]", mail.subject)
    assert "49" not in mail.html.replace("149", "")


def test_the_closing_email_says_what_happens_and_sells_nothing() -> None:
    mail = MESSAGES.render("cloture", make())
    text = mail.text.replace("\u00a0", " ").replace("\u202f", " ")
    assert "31/12/2025" in mail.subject
    for told in (
        "À partir du 01/01/2026, vos données sont archivées",
        "certificats des 6 derniers mois",
        "contacts d’urgence",
        "10 ans",
        "feedback@numi.support",
        "https://numi.support/avis",
        "Mon compte → Réactiver",
        "ni pénalité",
        "18 mois",
    ):
        assert told in text
    assert "€" not in text


def test_the_downgrade_is_never_billed_twice() -> None:
    text = (
        MESSAGES.render("confirmation-downgrade", make()).text.replace("\u00a0", " ").replace("\u202f", " ")
    )
    assert "jusqu’au 31/12/2025 : Premium" in text
    assert "à partir du 01/01/2026 : Basic, à 9,99 € par mois" in text


def test_the_discount_is_computed() -> None:
    text = MESSAGES.render("confirmation-remise", make()).text.replace("\u00a0", " ")
    assert "25,00 € par mois pendant 3 mois" in text
    assert "25,00 € par mois pendant 3 mois, soit 75,00 € en tout" in text


def test_every_subject_names_a_date() -> None:
    for name in ALL_EMAILS:
        pause = Pause(BEFORE, date(2026, 1, 1), date(2026, 3, 31)) if name.startswith("P-") else None
        for now in (BEFORE, AFTER):
            subject = MESSAGES.render(name, make(now, pause, settled_at=now, retention="renewed")).subject
            assert re.search(r"\d\d/\d\d/\d{4}", subject), subject


def test_no_price_percentage_or_date_is_typed_in_a_message() -> None:
    for message in MESSAGES.reading[0].values():
        typed = re.sub(r"\{[{%].*?[}%]\}", "", message.subject + message.body)
        assert not re.search(r"\d+[,.]\d\d|\d+\s*[€%]|\d\d/\d\d", typed), message.place


def test_no_message_calls_an_offer_the_last_chance() -> None:
    for message in MESSAGES.reading[0].values():
        assert "dernière chance" not in message.body.lower() + message.subject.lower()


@pytest.mark.parametrize("name", ALL_SMS)
def test_a_text_message_fits_two_gsm_segments_and_says_how_to_stop(name: str) -> None:
    text = MESSAGES.render(name, make(plan="premium"), Channel.SMS).text
    assert set(text) <= GSM_BASIC | GSM_EXTENDED
    assert segments(text) <= 2
    assert "STOP" in text


def test_a_message_that_does_not_exist() -> None:
    with pytest.raises(ContentError, match="nulle-part"):
        MESSAGES.render("nulle-part", make())


def test_a_variable_that_is_missing_stops_the_message() -> None:
    variables = make()
    del variables["abonnement"]
    with pytest.raises(ContentError, match=r"emails/cloture\.toml"):
        MESSAGES.render("cloture", variables)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("ê" * 70, 1),
        ("ê" * 71, 2),
        ("a" * 307, 3),
    ],
)
def test_segments(text: str, count: int) -> None:
    assert segments(text) == count


def test_to_gsm_never_leaves_the_alphabet() -> None:
    assert to_gsm("« L’été » — œuf, Łódź 😀") == '"L\'été" - oeuf, ?odz ?'
