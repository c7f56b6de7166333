"""What is derived for the churn record, apart from the shipped script."""

from dataclasses import replace
from datetime import date

import pytest

from console.base.vocabulary import Direction, Objection, RetentionOption
from console.rules.churn import (
    ANSWER_LABELS,
    OBJECTION_LABELS,
    Background,
    context,
    derive,
    result,
)
from console.rules.options import OPTIONS, OPTIONS_BY_WORD
from console.rules.walk import Answer, Attempt, Walk
from tests.calls.script_paths import AT, EVERYTHING, SCRIPT, pick, typed
from tests.world import plain

QUIET = Background(0, vip=False, satisfaction=None, mails_sent=0, past_calls=0)


@pytest.mark.parametrize(
    ("background", "sentence"),
    [
        (QUIET, "moins d’un mois d’ancienneté, satisfaction non connue, aucun contact avant cet appel"),
        (
            Background(18, vip=True, satisfaction=4, mails_sent=2, past_calls=1),
            "18 mois d’ancienneté (VIP), satisfaction bonne jusqu’ici (4/5), "
            "2 e-mails et 1 appel avant cet appel",
        ),
        (
            Background(3, vip=False, satisfaction=2, mails_sent=0, past_calls=2),
            "3 mois d’ancienneté, satisfaction faible jusqu’ici (2/5), 2 appels avant cet appel",
        ),
    ],
)
def test_context(background: Background, sentence: str) -> None:
    assert context(background) == sentence


def test_result_tells_declined_from_unanswered() -> None:
    declined = Attempt(RetentionOption.PAUSE, Answer.DECLINED)
    silent = Attempt(RetentionOption.DISCOUNT, Answer.NONE)
    assert plain(result(())) == "Aucune option proposée : décision annoncée comme définitive."
    assert plain(result((declined,))) == "La seule option proposée a été refusée."
    assert "toutes" in result((declined, declined))
    assert "remise temporaire" in result((declined, silent))


def test_result_names_each_option_left_unanswered() -> None:
    silent = tuple(Attempt(one, Answer.NONE) for one in (RetentionOption.PAUSE, RetentionOption.DISCOUNT))
    assert plain(result(silent)) == "Refus ; proposé sans réponse expresse : pause, remise temporaire."


def test_result_tells_what_was_accepted_and_changed_nothing() -> None:
    accepted = Attempt(RetentionOption.GESTURE, Answer.ACCEPTED)
    declined = Attempt(RetentionOption.ESCALATION, Answer.DECLINED)
    assert plain(result((accepted, declined))).startswith("Refus ; accepté sans changer la décision : geste")


def refusal(relation: str) -> Walk:
    walk = Walk.start(SCRIPT, Direction.INBOUND, EVERYTHING)
    for label in (
        "Hésite, ou veut arrêter",
        "Autre chose",
        "Noté, continuer",
        "C’est définitif",
        "Autre raison",
    ):
        walk = pick(walk, label)
    return pick(pick(walk, "Noté, conclure"), relation)


@pytest.mark.parametrize(
    ("today", "follow_up"),
    [
        (date(2025, 12, 19), date(2026, 3, 31)),
        (date(2025, 1, 15), date(2026, 3, 31)),
        (date(2026, 1, 20), date(2026, 4, 20)),
    ],
)
def test_follow_up_three_months_after_the_end(today: date, follow_up: date) -> None:
    walk = refusal("Bonne relation : relance possible dans 3 mois")
    record = derive(walk, QUIET, today=today, effective_on=date(2025, 12, 31))
    assert record.follow_up_on == follow_up
    assert (record.cancelled_on, record.effective_on) == (today, date(2025, 12, 31))
    assert record.result == result(())
    assert "mots du client (words)" in record.note


def test_nobody_follows_up_a_client_opposed_to_every_channel() -> None:
    walk = refusal("Bonne relation : relance possible dans 3 mois")
    opposed = Background(0, vip=False, satisfaction=None, mails_sent=0, past_calls=0, opposed=True)
    record = derive(walk, opposed, today=date(2025, 12, 19), effective_on=date(2025, 12, 31))
    assert record.follow_up_on is None
    assert record.resumable


RECOMMENDATIONS = {
    "Bonne relation : relance possible dans 3 mois": "Relance possible à +3 mois, le 31/03/2026.",
    "Bonne relation, mais pas de relance": "Pas de relance : attendre que le client revienne de lui-même.",
    "Ne plus contacter": "Ne pas recontacter.",
}


@pytest.mark.parametrize(("relation", "said"), RECOMMENDATIONS.items())
def test_what_is_recommended_follows_from_the_relation(relation: str, said: str) -> None:
    record = derive(refusal(relation), QUIET, today=date(2025, 12, 19), effective_on=date(2025, 12, 31))
    assert plain(record.recommendation) == said


def test_a_good_relation_is_never_recorded_as_one_not_to_contact_again() -> None:
    """Whoever is opposed to every channel is not followed up, and may still come back."""
    walk = refusal("Bonne relation : relance possible dans 3 mois")
    record = derive(
        walk, replace(QUIET, opposed=True), today=date(2025, 12, 19), effective_on=date(2025, 12, 31)
    )
    assert plain(record.recommendation) == RECOMMENDATIONS["Bonne relation, mais pas de relance"]
    assert "reste bonne" in record.note


def test_a_call_that_did_not_end_in_a_refusal_has_no_record() -> None:
    walk = Walk.start(SCRIPT, Direction.INBOUND, EVERYTHING)
    with pytest.raises(ValueError, match="refusal"):
        derive(walk, QUIET, today=date(2025, 12, 19), effective_on=date(2025, 12, 31))
    agreed = pick(pick(pick(walk, "Hésite, ou veut arrêter"), "Le prix"), "Accepte la pause")
    with pytest.raises(ValueError, match="refusal"):
        derive(
            agreed.choose(0, typed(agreed), AT),
            QUIET,
            today=date(2025, 12, 19),
            effective_on=date(2025, 12, 31),
        )


def test_every_word_of_the_vocabulary_has_its_label() -> None:
    assert set(OBJECTION_LABELS) == set(Objection)
    assert set(OPTIONS) == set(RetentionOption)
    assert len(OPTIONS_BY_WORD) == len(OPTIONS)
    assert set(ANSWER_LABELS) == set(Answer)
