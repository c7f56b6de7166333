"""A case in words: they agree with the person, and say no more than what is known."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from console.base.vocabulary import Action, SubscriptionStatus
from console.rules.facts import CaseFacts, Mail
from console.rules.offers import Grant
from console.rules.status import (
    TermState,
    agree,
    mail_words,
    offer_words,
    settled_words,
    status_words,
    when_words,
)
from tests.world import plain

E = date(2025, 12, 31)
NOW = datetime(2025, 12, 20, 13, tzinfo=UTC)


def term(
    status: str = "active",
    civility: str = "Mme",
    retention: str = "",
    facts: CaseFacts | None = None,
    action: Action = Action.WAIT,
    *,
    begun: bool = True,
    after_downgrade: bool = False,
) -> TermState:
    return TermState(
        civility, SubscriptionStatus(status), retention, E, after_downgrade, begun, action, facts
    )


def facts(*mails: Mail, **known: object) -> CaseFacts:
    return CaseFacts(expires_on=E, client_since=date(2025, 1, 1), mails=mails, **known)  # type: ignore[arg-type]


SENT = Mail("J-14", NOW - timedelta(days=3))
OPENED = Mail("J-14", NOW - timedelta(days=3), opened_at=NOW - timedelta(days=2))
CLICKED = Mail("J-14", NOW - timedelta(days=3), clicked_at=NOW - timedelta(days=2))


@pytest.mark.parametrize(
    ("case", "words"),
    [
        (term(facts=facts(SENT)), "en attente de réaction"),
        (term(facts=facts()), "en attente de réaction"),
        (term(facts=facts(OPENED)), "intéressée mais indécise"),
        (term(facts=facts(CLICKED), civility="M."), "intéressé mais indécis"),
        (term(facts=facts(SENT, wants_lower_price=True), civility=""), "intérêt, sans décision"),
        (term(facts=facts(SENT, last_reaction_at=NOW)), "intéressée mais indécise"),
        (term(facts=facts(SENT), action=Action.SUPERVISOR), "chez le superviseur"),
        (term(facts=facts(), begun=False), "active"),
        (term(facts=facts(), begun=False, civility="M."), "actif"),
        (term(facts=facts(), begun=False, civility="Dr"), "abonnement actif"),
        (term(facts=facts(), begun=False, after_downgrade=True), "actif (formule inférieure)"),
        (term("renewed", retention="renewed"), "renouvelée"),
        (term("renewed", retention="renewed", civility="Monsieur"), "renouvelé"),
        (term("renewed", retention="discounted"), "renouvelée avec remise temporaire"),
        (term("paused", retention="paused"), "en pause"),
        (term("cancelled"), "résiliée"),
        (term("cancelled", civility=""), "résiliation"),
        (term("expired", civility="m."), "expiré"),
        (term("downgraded", retention="downgraded"), "passage à Basic"),
    ],
)
def test_status(case: TermState, words: str) -> None:
    assert status_words(case, date(2025, 12, 20)) == words


def test_a_downgrade_is_done_until_the_term_then_lower_plan() -> None:
    downgraded = term("downgraded", retention="downgraded")
    assert status_words(downgraded, E - timedelta(days=1)) == "passage à Basic"
    assert status_words(downgraded, E) == "actif (formule inférieure)"


@pytest.mark.parametrize(
    ("mails", "words"),
    [
        ((), "aucun e-mail envoyé"),
        ((SENT,), "1 e-mail envoyé, non ouvert"),
        ((OPENED,), "1 e-mail envoyé, ouvert le 18/12, sans clic"),
        ((OPENED, SENT), "2 e-mails envoyés, dernier non ouvert"),
        ((SENT, SENT), "2 e-mails envoyés, aucun ouvert"),
        ((SENT, CLICKED), "2 e-mails envoyés, dernier cliqué"),
        ((OPENED, replace(SENT, returned=True)), "2 e-mails envoyés, dernier revenu"),
    ],
)
def test_mails(mails: tuple[Mail, ...], words: str) -> None:
    assert mail_words(facts(*mails)) == words


UNKNOWN = replace(SENT, measured=False)
TALKED = datetime(2025, 12, 18, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("mails", "reaction", "words"),
    [
        ((UNKNOWN,), None, "1 e-mail envoyé, sans réaction"),
        ((UNKNOWN, UNKNOWN), None, "2 e-mails envoyés, sans réaction"),
        ((UNKNOWN,), TALKED, "1 e-mail envoyé, a réagi le 18/12"),
        (
            (UNKNOWN, replace(UNKNOWN, sent_at=datetime(2025, 12, 24, 8, tzinfo=UTC))),
            TALKED,
            "2 e-mails envoyés, sans réaction depuis le 24/12",
        ),
        ((replace(CLICKED, measured=False),), None, "1 e-mail envoyé, cliqué"),
        ((replace(OPENED, measured=False),), None, "1 e-mail envoyé, ouvert le 18/12, sans clic"),
    ],
)
def test_where_openings_are_not_measured_the_words_go_by_reactions(
    mails: tuple[Mail, ...], reaction: datetime | None, words: str
) -> None:
    assert mail_words(facts(*mails, last_reaction_at=reaction)) == words


@pytest.mark.parametrize(
    ("price", "workshops", "saving", "words"),
    [
        (3499, 1, 2200, "34,99 € + 1 atelier offert (20,00 €) jusqu’au 24/12"),
        (3514, 0, 185, "35,14 € (-5 %) jusqu’au 24/12"),
        (3699, 1, 2000, "36,99 € + 1 atelier offert (20,00 €) jusqu’au 24/12"),
        (3299, 2, 4400, "32,99 € + 2 ateliers offerts (40,00 €) jusqu’au 24/12"),
        (3699, 0, 2000, "36,99 € + 20,00 € d’avoir jusqu’au 24/12"),
    ],
)
def test_offers(price: int, workshops: int, saving: int, words: str) -> None:
    grant = Grant("x", price, 3699, saving, 0, workshops, datetime(2025, 12, 24, 22, 59, 59, tzinfo=UTC))
    assert plain(offer_words(grant, 2000)) == words


@pytest.mark.parametrize(
    ("action", "due_on", "act_at", "words"),
    [
        (Action.CALL, date(2025, 12, 20), None, "maintenant"),
        (Action.CALL, date(2025, 12, 20), datetime(2025, 12, 20, 15, tzinfo=UTC), "à 16:00"),
        (Action.CALL, date(2025, 12, 20), datetime(2025, 12, 22, 9, tzinfo=UTC), "lun. 22/12 à 10:00"),
        (Action.WAIT, date(2025, 12, 24), None, "24/12"),
        (Action.SUPERVISOR, None, None, ""),
    ],
)
def test_when(action: Action, due_on: date | None, act_at: datetime | None, words: str) -> None:
    assert when_words(action, due_on, act_at, NOW) == words


def test_settled() -> None:
    assert settled_words(NOW, 1) == "le 20/12, 1 atelier offert"
    assert plain(settled_words(NOW, 0, online_today=True)) == "en ligne à 14:00"
    assert settled_words(None, 0) == ""


@pytest.mark.parametrize(
    ("civilities", "said"),
    [
        (("M.", "m", "MR", "Monsieur"), "actif"),
        (("Mme", "MLLE", "mlle.", "Madame", "mademoiselle"), "active"),
        (("", "Dr", "Maître"), "abonnement actif"),
    ],
)
def test_words_agree_with_the_civility_however_it_is_typed(civilities: tuple[str, ...], said: str) -> None:
    for civility in civilities:
        assert agree(civility, "actif", "active", "abonnement actif") == said


def test_several_workshops_are_several() -> None:
    assert settled_words(None, 2) == "2 ateliers offerts"
    assert settled_words(None, 1) == "1 atelier offert"


def test_what_is_due_now_says_so_and_what_has_no_day_says_nothing() -> None:
    today = date(2025, 12, 20)
    assert when_words(Action.CALL, today, NOW, NOW) == "maintenant"
    assert when_words(Action.WAIT, today, None, NOW) == "20/12"
    assert when_words(Action.SUPERVISOR, today, None, NOW) == ""
    assert when_words(Action.CALL, None, None, NOW) == ""
