"""The table of outcomes: a row forgotten, or half filled in, is found here."""

import pytest

from console.base.vocabulary import CallOutcome, Channel, Figure, SubscriptionStatus
from console.content import Content, default_root
from console.rules.outcomes import (
    AGREEMENTS,
    OUTCOMES,
    OUTCOMES_BY_WORD,
    RETAINED,
    RETENTIONS,
    SETTLING,
    SPLITS,
    STAYS,
    counted_by,
    figure_of,
    kept_as,
    retention_of,
)

KEPT = {CallOutcome.RENEWED, CallOutcome.DISCOUNTED, CallOutcome.ALREADY_RENEWED}


def test_every_outcome_has_its_row_and_its_own_word() -> None:
    assert set(OUTCOMES) == set(CallOutcome)
    assert len(OUTCOMES_BY_WORD) == len({row.label for row in OUTCOMES.values()}) == len(CallOutcome)


@pytest.mark.parametrize("outcome", RETENTIONS)
def test_a_client_who_stays_is_settled_counted_and_written_to(outcome: CallOutcome) -> None:
    kept = RETENTIONS[outcome]
    assert OUTCOMES[outcome].status in STAYS
    assert kept.figure in SPLITS
    assert kept.kind
    assert kept.words
    assert bool(kept.letter) == bool(kept.agreed)
    if kept.letter:
        messages = Content(default_root()).messages.reading[0]
        assert (Channel.EMAIL, kept.letter) in messages


def test_what_is_derived_from_the_rows() -> None:
    assert RETAINED | {CallOutcome.REFUSED} == SETTLING
    assert set(AGREEMENTS) == RETAINED - {CallOutcome.ALREADY_RENEWED}
    assert {SubscriptionStatus.RENEWED, SubscriptionStatus.DOWNGRADED, SubscriptionStatus.PAUSED} == STAYS
    assert kept_as(SubscriptionStatus.RENEWED) == KEPT
    assert kept_as(SubscriptionStatus.CANCELLED) == {CallOutcome.REFUSED}
    assert counted_by(Figure.RENEWED) == KEPT - {CallOutcome.DISCOUNTED}
    assert {outcome for figure in SPLITS for outcome in counted_by(figure)} == RETAINED


def test_what_is_stored_is_read_back() -> None:
    assert figure_of("discounted") is Figure.DISCOUNTED
    assert figure_of("already_renewed") is figure_of("") is Figure.RENEWED
    assert retention_of("") is None
    assert retention_of("refused") is None
    with pytest.raises(ValueError, match="lost"):
        retention_of("lost")
