"""What a page of the client's door shows, and the acts that its buttons do."""

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

RATINGS = range(1, 6)


class Act(StrEnum):
    """What a button does; the value is what its form sends."""

    RENEW = "renouveler"
    RESUME = "reprendre"
    PAUSE = "pause"
    LOWER = "basic"
    DISCOUNT = "remise"
    CONFIRM = "confirmer"
    WITHDRAW = "annuler"
    ASK_PREMIUM = "premium"
    STOP_EMAIL = "desinscrire"
    STOP_SMS = "desinscrire-sms"
    MEASURE = "mesurer"
    NO_MEASURE = "ne-pas-mesurer"
    PAY = "payer"
    RATE = "noter"


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that the client may do on a page: its words, as HTML, and the button that does it.

    question: asked above the ratings to choose from, for what is rated.
    """

    act: Act
    title: str
    body: str
    button: str
    question: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A page. `body` is HTML made of checked texts; the first choice is what the link is for.

    lead: HTML above it, what became of a press that did nothing; no part of what is read. status is that of
    the answer. due_cents: what the act just done leaves to pay, under `reference`; go_on: where to pay it,
    empty where an invoice follows.
    """

    title: str
    body: str
    choices: tuple[Choice, ...] = ()
    status: int = 200
    due_cents: int = 0
    reference: str = ""
    go_on: str = ""
    lead: str = ""

    @property
    def fingerprint(self) -> str:
        """Of what it says: an act is for the page that was read, not for one that says something else."""
        said = (
            self.title,
            self.body,
            *(f"{one.act}{one.title}{one.body}{one.button}" for one in self.choices),
        )
        return sha256("\n".join(said).encode()).hexdigest()[:16]
