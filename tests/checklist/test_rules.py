"""The checklist: 38 points in 7 parts, each proof from a fact, none guessed."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from console.base.vocabulary import CallOutcome, Channel, MessagePurpose, RetentionOption
from console.checklist.files import read_checklist
from console.checklist.rules import RULES, CallFact, Facts, RecordFact, SentMessage, When, missed, proofs
from console.content import default_root
from tests.world import CONTENT, paris

LIST = CONTENT.checklist
AT = paris("2025-12-17T09:00")
NOTHING = Facts(date(2025, 12, 31), date(2025, 12, 20), mobile=True, retained=False)
MAIL = SentMessage(1, MessagePurpose.REMINDER, "J-14", Channel.EMAIL, AT)
SMS = SentMessage(2, MessagePurpose.REMINDER, "J-14", Channel.SMS, AT + timedelta(hours=2))
CALL = CallFact("c1", AT, CallOutcome.REFUSED, AT, True, True, frozenset())
RECORD = RecordFact(7, AT, "PRIX", precise=True)


ANY = frozenset(RetentionOption)


def test_the_list_shipped_has_38_points_in_7_parts_and_uses_every_rule() -> None:
    assert [len(part.items) for part in LIST] == [5, 5, 6, 6, 5, 6, 5]
    used = {item.proof for part in LIST for item in part.items} - {""}
    assert used >= set(RULES)
    assert used - set(RULES) == {
        *("e-mail J-30", "e-mail et SMS J-14", "e-mail J-7", "e-mail J+1", "e-mail J+30", "SMS J+14"),
    }


def test_nothing_is_proved_by_nothing() -> None:
    assert proofs(LIST, NOTHING) == {}


def test_both_messages_are_wanted_where_there_is_a_mobile() -> None:
    assert "j14" not in proofs(LIST, replace(NOTHING, messages=(MAIL,)))
    assert proofs(LIST, replace(NOTHING, messages=(MAIL,), mobile=False))["j14"].key == 1
    assert proofs(LIST, replace(NOTHING, messages=(MAIL, SMS)))["j14"].at == SMS.at


def test_another_step_or_channel_proves_nothing() -> None:
    other = (replace(MAIL, step="J-1"), replace(SMS, step="J-7"))
    assert proofs(LIST, replace(NOTHING, messages=other)) == {}


def test_a_text_by_hand_proves_the_reminder_by_hand() -> None:
    mail = replace(MAIL, purpose=MessagePurpose.BY_HAND, step="")
    assert proofs(LIST, replace(NOTHING, messages=(mail, SMS))) == {}
    sms = replace(mail, key=4, channel=Channel.SMS)
    assert proofs(LIST, replace(NOTHING, messages=(mail, sms)))["sms-rappel"].key == 4


def test_the_last_call_says_whether_the_hour_was_right() -> None:
    late = replace(CALL, key="c2", lawful=False)
    assert proofs(LIST, replace(NOTHING, calls=(late, CALL)))["heure"].key == "c1"
    assert "heure" not in proofs(LIST, replace(NOTHING, calls=(CALL, late)))


def test_a_wrong_number_was_not_valid() -> None:
    wrong = replace(CALL, outcome=CallOutcome.WRONG_NUMBER)
    assert "numero" not in proofs(LIST, replace(NOTHING, calls=(wrong,)))


def test_what_a_refusal_left_out_is_named() -> None:
    refused = replace(NOTHING, calls=(CALL,), record=RECORD)
    assert missed(LIST, refused, ANY) == (
        "Proposer autre chose\u202f: Basic, pause",
        "Geste minimal proposé",
        "Alternative proposée\u202f: pause",
    )
    proposed = frozenset({RetentionOption.PAUSE, RetentionOption.DISCOUNT})
    complete = replace(refused, calls=(replace(CALL, proposed=proposed),))
    assert missed(LIST, complete, ANY) == ()
    silent = replace(complete, record=replace(RECORD, precise=False))
    assert missed(LIST, silent, ANY) == ("En cas de refus, noter la raison précisément",)
    assert missed(LIST, replace(silent, record=replace(RECORD, reason="NON_DIT")), ANY) == ()


def test_what_the_script_has_not_to_propose_is_not_missed() -> None:
    refused = replace(NOTHING, calls=(CALL,), record=RECORD)
    assert missed(LIST, refused, {RetentionOption.PAUSE}) == (
        "Proposer autre chose\u202f: Basic, pause",
        "Alternative proposée\u202f: pause",
    )
    assert missed(LIST, refused, {RetentionOption.ALTERNATIVE, RetentionOption.GESTURE}) == (
        "Geste minimal proposé",
    )


def test_to_a_definitive_client_nothing_had_to_be_proposed() -> None:
    assert missed(LIST, replace(NOTHING, calls=(CALL,), record=RECORD), frozenset()) == ()


def test_parts_count_for_those_they_are_about() -> None:
    after = replace(NOTHING, today=date(2026, 1, 5))
    assert [when for when in When if NOTHING.counts(when)] == [When.ALWAYS]
    assert [when for when in When if after.counts(when)] == [When.ALWAYS, When.AFTER]
    assert [when for when in When if replace(after, record=RECORD).counts(when)] == [
        When.ALWAYS,
        When.REFUSAL,
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('preuve = "e-mail J-30"', 'preuve = "inconnue"', "« preuve = inconnue »"),
        ('preuve = "e-mail J-30"', 'preuve = "SMS J-30"', "« preuve = SMS J-30 »"),
        ('code = "j14"', 'code = "j30"', "deux fois"),
        ('    { code = "ton", libelle = "Ton amical, sans vendre" },\n', "", "37"),
        ('quand = "refus"', 'quand = "jamais"', "« quand = jamais »"),
    ],
)
def test_a_faulty_list_is_said(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = (default_root() / "data" / "liste.toml").read_text()
    assert old in text
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "liste.toml").write_text(text.replace(old, new))
    _, faults = read_checklist(tmp_path, CONTENT.data.timeline)
    assert any(said in str(fault).replace("\u00a0", " ").replace("\u202f", " ") for fault in faults)
