"""What a fictitious client says, and how the agent's answers are judged."""

from dataclasses import replace

import pytest

from console.rules.walk import Walk
from console.training.simulation import Dialogue, Persona, Reply, Statement, dialogue, pick
from tests.calls.script_paths import AT, CONTENT, EVERYTHING, SCRIPT
from tests.calls.script_paths import pick as take

PERSONAS = CONTENT.personas
BASE: Persona = next(one for one in PERSONAS if one.code == "prix")


def says(**replies: Reply) -> Persona:
    """Someone who says one thing at each of these steps, « _ » standing for the hyphen of their names."""
    own = {step.replace("_", "-"): (reply,) for step, reply in replies.items()}
    return replace(BASE, replies={**BASE.replies, **own})


REACHED = {
    "preparation": Reply(choice="Composer le numéro", scene="L’heure est permise."),
    "numerotation": Reply(choice="Le client est au bout du fil", words=("Allô ?",)),
    "ouverture": Reply(choice="Hésite ou refuse", words=("Je ne sais pas.",)),
}
DEAR = says(**REACHED, objection=Reply(choice="Le prix", words=("C’est cher.",)))
HESITATION = ("Composer le numéro", "Le client est au bout du fil", "Hésite ou refuse")


def walked(*labels: str) -> Walk:
    walk = Walk.start(SCRIPT, BASE.direction, EVERYTHING)
    for label in labels:
        walk = take(walk, label)
    return walk


def seen(persona: Persona, walk: Walk, seed: int = 1) -> Dialogue:
    return dialogue(persona, seed, walk)


def now_said(found: Dialogue) -> Statement:
    """What the client says at the step on screen."""
    assert found.now is not None
    return found.now


def test_what_is_asked_for_is_heard() -> None:
    found = seen(DEAR, walked(*HESITATION, "Le prix"))
    assert [one.right for one in found.heard] == [True] * 4
    assert not found.misheard


def test_misheard_the_client_says_it_again_and_a_step_back_mends_it_without_effacing_it() -> None:
    walk = walked(*HESITATION, "Ne s’en sert pas assez")
    found = seen(DEAR, walk)
    assert found.now is not None
    assert (found.now.words, bool(found.now.protest)) == ("C’est cher.", True)
    (wrong,) = found.misheard
    assert (wrong.taken, wrong.statement.reply.answer, wrong.mended) == (
        "Ne s’en sert pas assez",
        "Le prix",
        False,
    )
    back = seen(DEAR, walk.back(AT))
    assert (now_said(back).words, now_said(back).protest) == ("C’est cher.", "")
    assert [one.mended for one in back.misheard] == [True]
    again = seen(DEAR, take(walk.back(AT), "Le prix"))
    assert len(again.misheard) == 1
    assert len(again.judged) == 4


def test_a_protest_that_is_not_listened_to_counts_too_then_the_client_makes_do() -> None:
    walk = take(walked(*HESITATION, "Ne s’en sert pas assez"), "C’est définitif")
    found = seen(DEAR, walk)
    assert [bool(one.statement.protest) for one in found.misheard] == [False, True]
    assert not now_said(found).protest


def test_a_protest_is_answered_too_by_going_where_the_client_asked() -> None:
    persona = says(**REACHED, objection=Reply(choice="Refus définitif", words=("J’arrête.",)))
    walk = take(walked(*HESITATION, "Ne s’en sert pas assez"), "C’est définitif")
    assert len(seen(persona, walk).misheard) == 1


def test_a_key_and_a_choice_that_lead_to_the_same_step_are_one_answer() -> None:
    asked = Reply(choice="Demande un rappel", words=("Rappelez-moi.",))
    persona = says(**(REACHED | {"ouverture": asked}))
    walk = walked(*HESITATION[:2])
    for answered in (take(walk, "Demande un rappel"), walk.jump("callback", AT)):
        assert not seen(persona, answered).misheard
    assert seen(persona, walk.jump("hung_up", AT)).misheard
    by_key = says(**(REACHED | {"ouverture": Reply(jump="callback", words=("Rappelez-moi.",))}))
    for answered in (take(walk, "Demande un rappel"), walk.jump("callback", AT)):
        assert not seen(by_key, answered).misheard


def test_who_hung_up_does_not_come_back() -> None:
    persona = says(**(REACHED | {"ouverture": Reply(jump="hung_up", scene="Un clic.")}))
    walk = walked(*HESITATION, "Le prix")
    found = seen(persona, walk)
    assert now_said(found).protest
    assert len(found.misheard) == 2
    assert len(seen(persona, walk.jump("hung_up", AT)).misheard) == 2


def test_the_hour_said_is_the_hour_to_be_noted() -> None:
    persona = says(
        **(REACHED | {"ouverture": Reply(choice="Demande un rappel", words=("Rappelez-moi.",))}),
        rappel=Reply(choice="Promettre ce rappel et terminer", words=("Lundi à 15 h.",), moment="lundi 15h"),
    )
    walk = walked(*HESITATION[:2], "Demande un rappel")
    assert not seen(persona, walk.choose(0, "2025-12-22T15:00:00+01:00", AT)).misheard
    (wrong,) = seen(persona, walk.choose(0, "2025-12-22T16:00:00+01:00", AT)).misheard
    assert wrong.taken.startswith("2025-12-22T16")


def test_only_what_can_be_answered_is_said() -> None:
    persona = says(
        **REACHED,
        objection=Reply(choice="Le prix", words=("C’est cher.",)),
    )
    basic, none = (
        Reply(choice=label, words=(label,))
        for label in ("Accepte le passage à Basic", "Rien ne lui convient")
    )
    persona = replace(persona, replies={**persona.replies, "prix": (replace(basic, weight=1_000), none)})
    assert now_said(seen(persona, walked(*HESITATION, "Le prix"))).words == basic.choice
    walk = Walk.start(SCRIPT, BASE.direction, EVERYTHING - {"downgrade"})
    for label in (*HESITATION, "Le prix"):
        walk = take(walk, label)
    assert now_said(seen(persona, walk)).words == none.choice


def test_a_seed_draws_the_client_and_the_objections() -> None:
    assert len({pick(PERSONAS, seed).code for seed in range(100)}) == len(PERSONAS)
    said = {now_said(seen(BASE, walked(*HESITATION), seed)).words for seed in range(50)}
    assert len(said) > 1


@pytest.mark.parametrize("seed", range(20))
def test_going_back_finds_the_client_where_they_were(seed: int) -> None:
    walk = walked(*HESITATION)
    there = seen(BASE, walk, seed).now
    assert seen(BASE, walk.back(AT), seed).now == seen(BASE, walked(*HESITATION[:2]), seed).now
    assert seen(BASE, take(walk.back(AT), HESITATION[2]), seed).now == there
