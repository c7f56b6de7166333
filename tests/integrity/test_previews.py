"""What a supervisor sees of the content before it lives."""

from datetime import date
from pathlib import Path

import pytest

from console.base.errors import RefusedInputError
from console.base.sms_size import segments
from console.content import Content, default_root
from console.integrity.previews import ALL, Preview, as_lines, as_page, previews, profiles
from tests.world import CONTENT, plain

TODAY = date(2025, 12, 20)
EVERYBODY = profiles(TODAY)


@pytest.fixture(scope="module")
def whole() -> tuple[Preview, ...]:
    return previews(CONTENT, ALL, EVERYBODY, TODAY)


def test_every_message_and_step_is_shown_to_somebody(whole: tuple[Preview, ...]) -> None:
    shown = {(one.name, one.kind) for one in whole}
    kinds = {"email": "e-mail", "sms": "SMS"}
    assert shown == {
        *((name, kinds[channel]) for channel, name in CONTENT.messages.reading[0]),
        *((step, "étape") for step in CONTENT.script.steps),
    }
    assert not [one for one in whole if "Ne peut pas" in one.text]
    assert {words for one in whole for words in one.whom} == {one.words for one in EVERYBODY}


def test_who_reads_something_else_is_told_apart() -> None:
    shown = {one.whom: plain(one.text) for one in previews(CONTENT, "J-14", EVERYBODY, TODAY) if one.html}
    (vip,) = [text for whom, text in shown.items() if "VIP, Premium à l’année" in whom]
    (risk,) = [text for whom, text in shown.items() if "Premium à l’année, à risque" in whom]
    assert "34,99 €" in vip
    assert "un avoir de même valeur" in risk
    assert not [whom for whom in shown if "échu" in whom], "it left before the expiry"
    nameless = [text for whom, text in shown.items() if "sans prénom ni civilité" in whom]
    assert "Bonjour,\n" in nameless[0]


def test_a_step_is_shown_with_the_choices_that_are_closed() -> None:
    (basic,) = [one for one in previews(CONTENT, "prix", EVERYBODY, TODAY) if one.whom == ("Basic",)]
    assert "1. Accepte le passage à Basic — fermé : pas possible pour cet abonnement" in plain(basic.text)
    (annual,) = previews(CONTENT, "prix-annuel", EVERYBODY[:1], TODAY)
    assert "12 mois" in annual.text or "par an" in annual.text
    assert previews(CONTENT, "prix-annuel", EVERYBODY[2:3], TODAY) == ()


def test_a_text_message_says_what_it_costs(whole: tuple[Preview, ...]) -> None:
    for one in whole:
        if one.kind == "SMS":
            text, _, told = one.text.rpartition("\n")
            assert plain(told).startswith(f"({segments(text)} SMS, ")


def test_the_page_holds_each_text_once_and_draws_the_mails(whole: tuple[Preview, ...]) -> None:
    page = as_page(whole, TODAY)
    assert page.count("<section>") == len(whole)
    assert page.count("<iframe sandbox") == sum(bool(one.html) for one in whole)
    assert "<script" not in page
    assert len([line for line in as_lines(whole) if line.startswith("== ")]) == len(whole)


def test_a_fault_is_shown_where_the_text_would_be(tmp_path: Path) -> None:
    texts = dict(Content(default_root()).root.texts)
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        spoilt = (
            text.replace("{{ client.bonjour }}", "[PRENOM]") if name.endswith("emails/J-7.toml") else text
        )
        (tmp_path / name).write_text(spoilt, "utf-8")
    (one, *_) = previews(Content(tmp_path), "J-7", EVERYBODY[:1], TODAY)
    assert "Ne peut pas être écrit" in one.text
    assert "[PRENOM]" in one.text


def test_a_name_that_nothing_has_is_refused_with_the_nearest() -> None:
    with pytest.raises(RefusedInputError, match="cloture"):
        previews(CONTENT, "cloturs", EVERYBODY, TODAY)
