"""The walk as a value: replay, back, immutability, and what it refuses."""

from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.base.errors import RefusedInputError
from console.base.vocabulary import CallOutcome, Direction, RetentionOption
from console.rules.script import HUNG_UP, Script
from console.rules.walk import Act, Answer, Attempt, Entry, Walk
from tests.calls.script_paths import AT, EVERYTHING, KINDS, REASONS, SCRIPT, pick, typed

ACTS = st.lists(st.tuples(st.sampled_from(("choose", "choose", "choose", "back", "jump")), st.integers(0, 8)))
DERIVED = [
    "step",
    "attempts",
    "accepted",
    "agreed",
    "first_objection",
    "reason",
    "relation",
    "rating",
    "gesture",
    "by_link",
    "dialled",
    "direction",
    "opposes",
    "values",
    "spoke",
    "known",
    "prefill",
]


def wander(walk: Walk, acts: list[tuple[str, int]]) -> Walk:
    """Do what can be done of a list of random acts."""
    for act, number in acts:
        if walk.outcome is not None:
            break
        if act == "back" and walk.can_go_back:
            walk = walk.back(AT)
        elif act == "jump" and walk.jumps:
            walk = walk.jump(sorted(walk.jumps)[number % len(walk.jumps)], AT)
        elif act == "choose":
            index = number % len(walk.step.choices)
            if walk.step.choices[index].is_open(walk.known):
                walk = walk.choose(index, typed(walk), AT)
    return walk


def start(kind: str = "premium", direction: Direction = Direction.OUTBOUND) -> Walk:
    return Walk.start(SCRIPT, direction, KINDS[kind])


def at_price() -> Walk:
    walk = start(direction=Direction.INBOUND)
    return pick(pick(walk, "Hésite, ou veut arrêter"), "Le prix")


@settings(max_examples=300, deadline=None)
@given(ACTS, st.sampled_from(sorted(KINDS)), st.sampled_from(list(Direction)))
def test_a_replayed_journal_gives_the_same_walk(
    acts: list[tuple[str, int]], kind: str, direction: Direction
) -> None:
    walk = wander(start(kind, direction), acts)
    again = Walk.replay(Script.from_source(SCRIPT.source), direction, walk.journal, walk.facts)
    assert again == walk
    assert again.outcome == walk.outcome


@settings(max_examples=300, deadline=None)
@given(ACTS)
def test_what_is_derived_forgets_undone_steps_and_the_journal_does_not(acts: list[tuple[str, int]]) -> None:
    walk = wander(start(), acts)
    straight = Walk.replay(SCRIPT, walk.began, walk.path, walk.facts)
    for name in DERIVED:
        assert getattr(straight, name) == getattr(walk, name), name
    assert straight.highlighted(REASONS) == walk.highlighted(REASONS)
    undone = sum(entry.act is Act.BACK for entry in walk.journal)
    assert len(walk.journal) == len(walk.path) + 2 * undone


@settings(max_examples=200, deadline=None)
@given(ACTS, st.integers(0, 8))
def test_back_undoes_the_last_act_and_leaves_the_earlier_walk_alone(
    acts: list[tuple[str, int]], number: int
) -> None:
    walk = wander(start(), acts)
    if walk.outcome is not None:
        return
    kept = (walk.journal, walk.path, walk.step.id)
    further = wander(walk, [("choose", number)])
    if further is not walk and further.outcome is None:
        back = further.back(AT)
        assert back.step == walk.step
        assert back.path == walk.path
        assert len(back.journal) == len(walk.journal) + 2
    assert (walk.journal, walk.path, walk.step.id) == kept


def test_a_walk_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        start().path = ()  # type: ignore[misc]


def test_back_from_a_jump_returns_to_the_step_left() -> None:
    walk = at_price()
    there = walk.jump(HUNG_UP, AT)
    assert there.step.id == "raccroche"
    assert there.back(AT).step.id == "prix"
    assert HUNG_UP not in there.jumps


def test_an_undone_acceptance_is_no_acceptance() -> None:
    walk = pick(at_price(), "Accepte la pause")
    assert walk.agreed is CallOutcome.PAUSED
    walk = pick(walk.back(AT), "Rien ne lui convient")
    assert walk.agreed is None
    assert {one.answer for one in walk.attempts if one.option is not RetentionOption.LOYALTY} == {
        Answer.DECLINED
    }


def test_of_three_options_the_one_accepted_is_and_the_others_have_no_answer() -> None:
    walk = pick(at_price(), "Accepte la pause")
    assert walk.attempts[-3:] == (
        Attempt(RetentionOption.DOWNGRADE, Answer.NONE),
        Attempt(RetentionOption.DISCOUNT, Answer.NONE),
        Attempt(RetentionOption.PAUSE, Answer.ACCEPTED),
    )
    assert walk.accepted == (RetentionOption.PAUSE,)


def test_hanging_up_keeps_an_agreement_and_offers_no_refusal() -> None:
    walk = pick(at_price(), "Accepte le passage à Basic").jump(HUNG_UP, AT)
    assert [choice.is_open(walk.known) for choice in walk.step.choices] == [True, False]
    assert walk.choose(0, "", AT).outcome is CallOutcome.DOWNGRADED


def test_the_offer_presented_counts_as_proposed_only_when_there_is_one() -> None:
    for facts in (EVERYTHING, EVERYTHING - {"loyalty"}):
        listened = Walk.start(SCRIPT, Direction.INBOUND, facts)
        assert listened.attempts == pick(listened, "Hésite, ou veut arrêter").attempts == ()
        agreed = pick(listened, "Veut renouveler ou revenir")
        for label in ("Je m’en occupe maintenant", "Depuis son compte : je lui envoie le lien"):
            assert {one.option for one in pick(agreed, label).attempts} == facts & {RetentionOption.LOYALTY}


def test_refused_acts_say_why() -> None:
    walk = start()
    with pytest.raises(RefusedInputError, match="première étape"):
        walk.back(AT)
    with pytest.raises(RefusedInputError, match="n’existe pas"):
        walk.choose(9, "", AT)
    with pytest.raises(RefusedInputError, match="pas possible"):
        walk.jump("nowhere", AT)
    with pytest.raises(RefusedInputError, match="déjà terminé"):
        pick(pick(walk, "Composer le numéro"), "Pas de réponse").back(AT)
    basic = pick(pick(start("basic", Direction.INBOUND), "Hésite, ou veut arrêter"), "Le prix")
    with pytest.raises(RefusedInputError, match="pas possible pour cet abonnement"):
        basic.choose(0, "", AT)


@pytest.mark.parametrize("blank", ["", "  ", "\n"])
def test_a_required_sentence_is_required(blank: str) -> None:
    walk = pick(pick(at_price(), "Rien ne lui convient"), "Trop cher")
    with pytest.raises(RefusedInputError, match="À saisir"):
        walk.choose(0, blank, AT)


def test_the_notes_of_a_problem_start_the_summary_for_the_supervisor() -> None:
    walk = pick(start(direction=Direction.INBOUND), "Signale un problème de service")
    walk = walk.choose(0, "Atelier annulé deux fois", AT)
    assert pick(walk, "Demande un responsable").prefill == "Atelier annulé deux fois"


@pytest.mark.parametrize(
    "entry",
    [
        Entry(Act.CHOICE, "nulle-part", 0, at=AT),
        Entry(Act.CHOICE, "preparation", 99, at=AT),
        Entry(Act.CHOICE, "preparation", None, at=AT),
        Entry(Act.JUMP, "preparation", None, "nowhere", at=AT),
        Entry(Act.BACK, "numerotation", at=AT),
    ],
)
def test_a_journal_of_another_script_is_refused(entry: Entry) -> None:
    with pytest.raises(RefusedInputError, match="journal"):
        Walk.replay(SCRIPT, Direction.OUTBOUND, [entry])
