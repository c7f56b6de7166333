"""What texts say for varied clients: computed figures, words that agree, nothing said too early."""

import re
from datetime import datetime
from typing import Any

import pytest

from console.base.dates import PARIS
from console.base.templates import render
from tests.calls.script_paths import SCRIPT
from tests.messages.clients import facts_of, make

AFTER = datetime(2026, 1, 5, 11, tzinfo=PARIS)
EARLY = datetime(2025, 12, 8, 11, tzinfo=PARIS)


def said(step: str, now: datetime | None = None, **columns: Any) -> str:
    variables = make(now, **columns) if now else make(**columns)
    return render(SCRIPT.steps[step].said, variables).replace("\u202f", " ").replace("\u00a0", " ")


def test_the_opening_says_who_for_whom_why_and_the_exact_offer() -> None:
    text = said("ouverture")
    assert text.startswith("Bonjour Marie, c’est Jean, de numi.")
    for told in (
        "dans 12 jours, le mercredi 31 décembre.",
        "nos e-mails",
        "34,99 € pour un an, au lieu de 36,99 €",
        "un atelier offert d’une valeur de 20,00 €",
        "samedi 20 décembre inclus",
    ):
        assert told in text


def test_three_options_in_order_with_computed_figures() -> None:
    text = said("prix", billing="monthly")
    figures = r"9,99 € par mois, au lieu de 35,00 €.*25,00 € par mois pendant 3 mois, soit 75,00 €.*pause"
    assert re.search(figures, text, re.DOTALL)


def test_an_annual_client_hears_a_year_the_pause_and_the_offer_first() -> None:
    text = said("prix-annuel")
    assert re.search(
        r"pause.*34,99 € pour un an, au lieu de 36,99 €.*119,88 € par an.*390,00 €", text, re.DOTALL
    )
    assert "annual" in facts_of()
    assert "annual" not in facts_of(billing="monthly") | facts_of(AFTER)
    for step in SCRIPT.steps.values():
        assert not step.annual or "9,99 € par mois au lieu" not in said(step.annual)
    assert "au lieu de" not in said("moment-remise")


def test_every_question_comes_last_and_thanks_only_after_the_yes() -> None:
    for step in SCRIPT.steps.values():
        for plan, billing in (("premium", "annual"), ("premium", "monthly"), ("basic", "monthly")):
            text = said(step.id, plan=plan, billing=billing)
            assert "?" not in text or text.endswith("?"), step.id
            if step.id in {"basic", "remise", "pause", "pause-reprise"}:
                assert "Merci" not in text
                assert text.endswith("d’accord ?")


@pytest.mark.parametrize(
    ("columns", "name"),
    [
        ({}, "Bonjour Marie,"),
        ({"first_name": ""}, "Bonjour Madame Dupuis,"),
        ({"first_name": "", "civility": "M."}, "Bonjour Monsieur Dupuis,"),
        ({"first_name": "", "civility": ""}, "Bonjour,"),
    ],
)
def test_the_greeting_with_what_is_known(columns: dict[str, Any], name: str) -> None:
    assert said("ouverture", **columns).startswith(name)


def test_no_offer_is_read_before_the_phone_offer_opens() -> None:
    text = said("ouverture", EARLY)
    assert "proposition" not in text
    assert "36,99 € pour un an" in text
    assert "loyalty" not in facts_of(EARLY)


def test_a_monthly_client_hears_monthly_figures() -> None:
    assert "35,00 € pour un mois" in said("ouverture", billing="monthly")
    assert "passe donc au mois" in said("remise")
    assert "passe donc au mois" not in said("remise", billing="monthly")


def test_a_basic_client_is_not_offered_basic_nor_workshops() -> None:
    for step in SCRIPT.steps.values():
        if step.id in {"basic", "remise"} or step.id.endswith("-annuel"):
            continue
        text = said(step.id, plan="basic", billing="monthly")
        assert not step.id.startswith("service-") or "atelier" not in text
        assert "Basic, à" not in text
        assert "passer à Basic" not in text
    assert facts_of(plan="basic", billing="monthly") >= {"pause", "escalation"}
    assert not facts_of(plan="basic", billing="monthly") & {"downgrade", "discount", "alternative"}


def test_an_expired_client_is_invited_back_and_nothing_is_paused() -> None:
    assert "s’est terminé le mercredi 31 décembre" in said("ouverture", AFTER)
    assert said("ouverture", AFTER).endswith("Pensez-vous revenir ?")
    assert "pause" not in said("prix", AFTER)
    assert "reprend aujourd’hui, jusqu’au 4 janvier 2027" in said("oui", AFTER)
    assert not facts_of(AFTER) & {"downgrade", "discount", "pause"}
    assert "expired" in facts_of(AFTER)


def test_nothing_of_the_contract_is_said_to_others_or_left_on_a_machine() -> None:
    plans: tuple[dict[str, Any], ...] = ({}, {"plan": "basic", "billing": "monthly"})
    for step in ("numerotation", "repondeur", "tiers"):
        for columns in plans:
            text = said(step, **columns).lower()
            assert not re.search(
                r"abonnement|premium|basic|€|expir|échéance|renouvel|20\d\d|offre|client", text
            )


def test_no_confirmation_is_promised_without_an_address() -> None:
    for step in SCRIPT.steps.values():
        assert "e-mail dans" not in said(step.id, email="", email_usable=False)
        assert "aussitôt vers" not in said(step.id, email="", email_usable=False)
        assert "part à l’instant vers" not in said(step.id, email="", email_usable=False)
    assert "email" not in facts_of(email="")


def test_no_text_guesses_a_gender() -> None:
    for step in SCRIPT.steps.values():
        texts = {said(step.id, civility=civility) for civility in ("Mme", "M.", "")}
        assert len(texts) == 1
        assert not re.search(r"\b(ravie?|intéressée?s?|satisfaite?s?|sûre?|désolée?|obligée?) ", texts.pop())


def test_no_price_percentage_or_date_is_typed_in_the_script() -> None:
    for step in SCRIPT.steps.values():
        for text in (step.said, *step.hints):
            assert not re.search(r"\d+[,.]\d\d|\d+\s*[€%]|\d\d/\d\d/\d{4}", text), step.id


def test_dates_are_said_as_people_say_them() -> None:
    for step in SCRIPT.steps.values():
        for now in (None, AFTER, EARLY):
            assert not re.search(r"\d\d/\d\d", said(step.id, now)), step.id


def test_the_choices_need_no_more_than_a_glance() -> None:
    assert all(len(choice.label) <= 60 for step in SCRIPT.steps.values() for choice in step.choices)
    assert all(len(step.hints) <= 3 for step in SCRIPT.steps.values())
