"""Refusals as servers word them: whom each is about."""

from time import process_time

import pytest

from console.base.refusals import Blame, blame, commonest

US = "bonjour@numi.support"
SAID = {
    "550 5.1.1 <marie@orange.example> Adresse d au moins un destinataire invalide. OFR_416": Blame.ADDRESS,
    "550-5.1.1 The email account that you tried to reach does not exist. Please try double-checking the"
    " recipient's email address: https://support.example/mail/?p=NoSuchUser": Blame.ADDRESS,
    "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup": Blame.ADDRESS,
    "550 5.1.1 <marie@spam-policy.example>: user unknown": Blame.ADDRESS,
    "550 5.1.1 unknown user; please contact the sender": Blame.ADDRESS,
    "552 5.1.1 Boite du destinataire pleine. Recipient overquota. OFR_417 [417]": Blame.FULL,
    "554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException": Blame.FULL,
    "552-5.2.2 The recipient's inbox is out of storage space and inactive.": Blame.FULL,
    "La boîte aux lettres du destinataire est pleine": Blame.FULL,
    "550 5.1.0 <bonjour@numi.support>: Sender address rejected: User unknown in mailbox table": Blame.US,
    "550 5.1.1 <bonjour@numi.support>: Sender address rejected: User unknown": Blame.US,
    "550 <Bonjour@numi.support> may not write here": Blame.US,
    "553 5.1.8 Bad sender's system address": Blame.US,
    "550 5.4.5 Daily user sending limit exceeded": Blame.US,
    "552 Quota exceeded": Blame.US,
    "554 5.7.1 Service unavailable; client host blocked using zen.spamhaus.org": Blame.US,
    "550 5.7.1 Message refusé par la politique de ce serveur": Blame.US,
    "550-5.7.26 This mail is unauthenticated: SPF and DKIM did not pass": Blame.US,
    "550 5.2.0 Mail rejeté. Mail rejected. OFR_506 [506]": Blame.OTHER,
    "550 5.4.1 Recipient address rejected: Access denied": Blame.OTHER,
    "550 5.7.1 No": Blame.OTHER,
    "550 No such user here": Blame.OTHER,
    "": Blame.OTHER,
}


@pytest.mark.parametrize("said", SAID)
def test_whom_a_refusal_is_about(said: str) -> None:
    assert blame(said, US) is SAID[said]


@pytest.mark.parametrize(
    "said",
    [
        "550 No such user here",
        "554 delivery error: dd This user doesn't have a yahoo.example account (marie@yahoo.example) [0]",
        "L’adresse marie@example.org n’existe pas",
        "Destinataire inconnu",
        "511 user not found",
    ],
)
def test_words_without_a_code_are_taken_in_a_report_alone(said: str) -> None:
    assert (blame(said, US), blame(said, words=True)) == (Blame.OTHER, Blame.ADDRESS)


@pytest.mark.parametrize("piece", ["a.", "x", "x@", "boite a ", "user ", " "])
def test_no_text_takes_long(piece: str) -> None:
    began = process_time()
    blame(piece * 100_000, words=True)
    assert process_time() - began < 0.5


def test_the_commonest_answer_whomever_it_names() -> None:
    said = ["550 <a@x.fr> refused", "554 No", "550 <b@x.fr> refused"]
    assert commonest(said) == "550 <a@x.fr> refused"
    assert commonest([]) == ""
