"""The shipped script, walked whole: every path of choices, for every kind of client."""

from datetime import date
from functools import cache

import pytest

from console.base.vocabulary import (
    CallOutcome,
    Channel,
    Direction,
    Objection,
    RetentionOption,
)
from console.calls.missed import missed_in_call
from console.calls.script_check import MAX_LINES, check_content, graph_faults
from console.calls.script_files import read_script
from console.calls.script_graph import listing, mermaid
from console.content import default_root
from console.integrity.wording_samples import samples
from console.messages.sources import Messages
from console.messages.wording import VARIABLES
from console.rules.churn import Background, Record, derive
from console.rules.files import load_data
from console.rules.outcomes import AGREEMENTS
from console.rules.script import CALLBACK, DEFINITIVE, ESCALATE, HUNG_UP, Script
from console.rules.walk import Answer, Attempt, Walk
from tests.calls.script_paths import (
    AT,
    COMMITMENTS,
    CONTENT,
    EVERYTHING,
    KINDS,
    REASONS,
    SCRIPT,
    beginnings,
    every_path,
    pick,
    typed,
)

BACKGROUND = Background(18, vip=True, satisfaction=5, mails_sent=2, past_calls=0)
AFTER_NO = {"motif", "verbatim", "verbatim-libre", "cloture"}


@cache
def paths(kind: str) -> tuple[Walk, ...]:
    return tuple(walk for start in beginnings(KINDS[kind]) for walk in every_path(start))


def walk_to(*labels: str, facts: frozenset[str] = EVERYTHING) -> Walk:
    walk = Walk.start(SCRIPT, Direction.OUTBOUND, facts)
    for label in ("Composer le numéro", "Le client est au bout du fil", *labels):
        walk = pick(walk, label)
    return walk


def record_of(walk: Walk) -> Record:
    return derive(walk, BACKGROUND, today=date(2025, 12, 19), effective_on=date(2025, 12, 31))


@pytest.mark.parametrize("kind", KINDS)
def test_every_path_ends_and_says_what_its_outcome_needs(kind: str) -> None:
    for walk in paths(kind):
        outcome = walk.outcome
        assert Walk.replay(SCRIPT, walk.began, walk.journal, walk.facts) == walk
        if outcome in {*AGREEMENTS, CallOutcome.LINK_SENT}:
            assert walk.agreed is outcome
        else:
            assert walk.agreed is None or outcome is CallOutcome.ESCALATED
        assert ("callback" in walk.values) == (outcome is CallOutcome.CALLBACK)
        assert ("summary" in walk.values) == (outcome is CallOutcome.ESCALATED)
        assert (outcome is CallOutcome.OPPOSED) == (Channel.CALL in walk.opposes)
        assert {one.option for one in walk.attempts} <= {
            RetentionOption(f) for f in walk.facts & EVERYTHING - {"email"}
        }


@pytest.mark.parametrize("kind", KINDS)
def test_every_refusal_gives_a_whole_record_and_nothing_is_proposed_after_the_no(kind: str) -> None:
    refusals = [walk for walk in paths(kind) if walk.outcome is CallOutcome.REFUSED]
    assert {walk.reason for walk in refusals} == set(REASONS.codes)
    doors = {Objection.DEFINITIVE} if kind == "on a pause" else set(Objection)
    assert {walk.first_objection for walk in refusals} >= doors
    for walk in refusals:
        record = record_of(walk)
        assert record.verbatim or record.reason == "NON_DIT"
        assert record.result
        assert record.recommendation
        assert record.status == "résilié le 31/12/2025"
        assert (record.follow_up_on is not None) == (walk.relation == "follow_up")
        assert record.resumable == (walk.relation != "closed")
        taken = {one.option for one in record.attempts if one.answer is Answer.ACCEPTED}
        assert taken <= {RetentionOption.ALTERNATIVE, RetentionOption.GESTURE}, "what we owe, and no more"
        assert ("accepté sans changer" in record.result) == bool(taken)
        steps = [entry.step for entry in walk.path]
        no = steps.index("motif")
        assert set(steps[no:]) <= AFTER_NO
        assert not any(SCRIPT.steps[step].proposes for step in steps[no:])
        if "service-analyse" in steps:
            assert Attempt(RetentionOption.ESCALATION, Answer.DECLINED) in record.attempts


def test_all_outcomes_can_be_reached() -> None:
    kinds = "premium", "on a pause"
    reached = {walk.outcome for kind in kinds for walk in paths(kind)} | {CallOutcome.HUNG_UP}
    by_a_jump = {CallOutcome.QUESTION}
    by_themselves = {CallOutcome.ALREADY_SETTLED, CallOutcome.INTERRUPTED}
    assert reached | by_a_jump | by_themselves == set(CallOutcome)


def test_the_worked_refusal() -> None:
    walk = walk_to("Hésite ou refuse", "Le prix", "Rien ne lui convient")
    assert SCRIPT.steps["motif"].choices[walk.highlighted(REASONS)].reason == "PRIX"
    walk = walk.choose(walk.highlighted(REASONS), "", AT)
    walk = walk.choose(0, "Je dois faire des économies en ce moment.", AT)
    record = record_of(pick(walk, "Bonne relation : relance possible dans 3 mois"))
    assert record.reason == "PRIX"
    assert record.first_objection is Objection.PRICE
    assert record.verbatim == "Je dois faire des économies en ce moment."
    assert record.attempts == tuple(
        Attempt(option, Answer.DECLINED)
        for option in (RetentionOption.DOWNGRADE, RetentionOption.DISCOUNT, RetentionOption.PAUSE)
    )
    assert record.context == (
        "18 mois d’ancienneté (VIP), satisfaction bonne jusqu’ici (5/5), 2 e-mails avant cet appel"
    )
    assert record.follow_up_on == date(2026, 3, 31)
    assert record.recommendation == "Relance possible à +3 mois, le 31/03/2026."
    assert record.effective_on == date(2025, 12, 31)
    assert record.resumable


def test_a_full_refusal_takes_at_most_ten_keys_beside_the_sentence() -> None:
    walk = walk_to("Hésite ou refuse", "Le prix", "Rien ne lui convient")
    walk = walk.choose(walk.highlighted(REASONS), "", AT)
    walk = walk.choose(0, "Trop cher.", AT)
    walk = walk.choose(0, "", AT)
    assert walk.outcome is CallOutcome.REFUSED
    call_key = 1
    assert call_key + len(walk.journal) <= 10


def test_a_definitive_client_is_proposed_nothing() -> None:
    walk = walk_to(
        "Hésite ou refuse", "Refus définitif", "Préfère ne pas le dire", "Conclure", "Ne plus contacter"
    )
    record = record_of(walk)
    assert record.attempts == ()
    assert "définitive" in record.result
    assert record.verbatim == ""
    assert record.recommendation == "Ne pas recontacter."


def test_options_that_do_not_apply_are_closed_and_never_recorded() -> None:
    walk = walk_to("Hésite ou refuse", "Le prix", facts=KINDS["basic"])
    assert [choice.is_open(walk.known) for choice in walk.step.choices] == [False, False, True, True, True]
    walk = pick(walk, "Rien ne lui convient")
    assert walk.attempts == (Attempt(RetentionOption.PAUSE, Answer.DECLINED),)


def test_escalation_and_the_other_exits_are_one_key_away_in_every_conversation_step() -> None:
    for step in SCRIPT.steps.values():
        jumps = SCRIPT.anywhere if step.jumps is None else step.jumps
        if step.online and step.id not in {
            "satisfaction",
            "merci",
            "basic",
            "remise",
            "pause",
            "pause-reprise",
            "avis-basic",
            "avis-remise",
            "avis-pause",
            "avis-reprise",
        }:
            assert {CALLBACK, ESCALATE, HUNG_UP} <= set(jumps), step.id
        if step.id.startswith("service-"):
            assert DEFINITIVE not in jumps


def test_hanging_up_from_any_step_ends_and_keeps_what_was_agreed() -> None:
    for walk in paths("premium"):
        for length in range(1, len(walk.journal)):
            before = Walk.replay(SCRIPT, walk.began, walk.journal[:length], walk.facts)
            if HUNG_UP in before.jumps:
                ended = before.jump(HUNG_UP, AT).choose(0, "", AT)
                assert ended.outcome is (before.agreed or CallOutcome.HUNG_UP)


AFTER_JUMP = {
    CallOutcome.CALLBACK, CallOutcome.ESCALATED, CallOutcome.REFUSED,
    CallOutcome.UNDECIDED, CallOutcome.QUESTION,
}  # fmt: skip


def test_every_jump_from_every_step_ends_with_what_its_outcome_needs() -> None:
    seen = set()
    for walk in paths("premium"):
        for length in range(len(walk.journal)):
            before = Walk.replay(SCRIPT, walk.began, walk.journal[:length], walk.facts)
            for name in set(before.jumps) - {HUNG_UP}:
                if (before.step.id, name) in seen:
                    continue
                seen.add((before.step.id, name))
                after = before.jump(name, AT)
                ended = next(every_path(after))
                assert ended.outcome in AFTER_JUMP
                if ended.outcome is CallOutcome.REFUSED:
                    assert record_of(ended).first_objection
                assert after.back(AT).step == before.step
    assert len(seen) > 40


def test_nothing_is_missed_in_a_call_that_the_client_broke_off() -> None:
    heard = walk_to("Hésite ou refuse", "Autre chose", "Noté, continuer")
    stayed = pick(heard, "C’est définitif")
    gone = pick(heard.jump(HUNG_UP, AT), "Le client avait dit non : noter le refus")
    assert missed_in_call(CONTENT, next(every_path(stayed)), AT)
    assert missed_in_call(CONTENT, next(every_path(gone)), AT) == ()


def test_a_refusal_said_before_hanging_up_is_still_recorded() -> None:
    walk = walk_to("Hésite ou refuse").jump(HUNG_UP, AT)
    walk = pick(walk, "Le client avait dit non : noter le refus")
    ended = next(every_path(walk))
    assert ended.outcome is CallOutcome.REFUSED
    assert record_of(ended).first_objection is Objection.DEFINITIVE


def test_a_slot_that_we_choose_is_not_one_that_the_client_asked_for() -> None:
    ours = pick(Walk.start(SCRIPT, Direction.OUTBOUND, EVERYTHING), "Programmer un rappel")
    assert not ours.choose(0, typed(ours), AT).spoke
    theirs = walk_to("Demande un rappel")
    assert theirs.choose(0, typed(theirs), AT).spoke


def test_a_call_prepared_may_turn_out_to_be_the_client_calling() -> None:
    walk = pick(Walk.start(SCRIPT, Direction.OUTBOUND, EVERYTHING), "C’est le client qui nous appelle")
    assert walk.direction is Direction.INBOUND
    assert not walk.dialled


def test_the_shipped_content_has_no_fault() -> None:
    root = default_root()
    reading = read_script(root / "scripts_fr" / "appel", REASONS, COMMITMENTS)
    tried = list(samples(load_data(root).catalogue))
    assert check_content(reading, Messages(root / "scripts_fr"), VARIABLES, tried) == []
    assert MAX_LINES <= 10


def test_no_step_is_anonymous_and_choices_fit_a_key() -> None:
    assert graph_faults(SCRIPT, REASONS) == []
    assert all(1 <= len(step.choices) <= 9 for step in SCRIPT.steps.values())
    assert len({step.title for step in SCRIPT.steps.values()}) == len(SCRIPT.steps)


def test_the_script_is_rebuilt_from_its_source() -> None:
    again = Script.from_source(SCRIPT.source)
    assert again == SCRIPT
    assert again.hash == SCRIPT.hash


def test_the_script_is_shown_whole() -> None:
    for shown in (listing(SCRIPT), mermaid(SCRIPT)):
        for step in SCRIPT.steps.values():
            assert step.title in shown
            assert all(choice.label.split('"')[0] in shown for choice in step.choices)


def test_each_door_has_its_own_proposals() -> None:
    """A service that failed calls for no pause, and nothing at all is proposed to a definitive client."""
    option = RetentionOption
    assert walk_to("Hésite ou refuse", "Le service").proposable == {
        option.ALTERNATIVE,
        option.GESTURE,
        option.ESCALATION,
    }
    assert walk_to("Hésite ou refuse", "Ne s’en sert pas assez").proposable == {
        option.DOWNGRADE,
        option.PAUSE,
    }
    assert option.DOWNGRADE not in walk_to("Hésite ou refuse", "Le prix", facts=KINDS["basic"]).proposable
    assert walk_to("Hésite ou refuse").proposable == frozenset()
    assert walk_to("Hésite ou refuse", "Refus définitif").proposable == frozenset()


def test_a_no_to_what_a_step_proposes_declines_all_of_it() -> None:
    noes = [
        (step.id, set(choice.declines) == set(step.proposes))
        for step in SCRIPT.steps.values()
        for choice in step.choices
        if step.proposes and choice.to in {"motif", "moment-remise", "service-superviseur"}
    ]
    assert len(noes) >= 8
    assert [step for step, whole in noes if not whole] == []


@pytest.mark.parametrize(
    ("way", "outcome"),
    [
        (
            (
                "Hésite ou refuse",
                "Le prix",
                "Accepte le passage à Basic",
                "Le client confirme : passage à Basic",
            ),
            CallOutcome.DOWNGRADED,
        ),
        (
            (
                "Hésite ou refuse",
                "Le prix",
                "Accepte la remise temporaire",
                "Le client confirme : remise temporaire",
            ),
            CallOutcome.DISCOUNTED,
        ),
        (
            ("Hésite ou refuse", "Le prix", "Accepte la pause", "Le client confirme : pause"),
            CallOutcome.PAUSED,
        ),
    ],
)
@pytest.mark.parametrize(("answer", "rating"), [("4 sur 5", 4), ("Ne pas demander, ou pas de réponse", None)])
def test_every_answered_call_that_ends_well_asks_for_a_rating_of_the_exchange_and_may_skip_it(
    way: tuple[str, ...], outcome: CallOutcome, answer: str, rating: int | None
) -> None:
    walk = walk_to(*way)
    assert "notre échange" in walk.step.said
    assert walk.outcome is None
    assert walk.step.choices[walk.highlighted(REASONS)].rating is None
    ended = pick(walk, answer)
    assert (ended.outcome, ended.rating) == (outcome, rating)
