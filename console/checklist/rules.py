"""The checklist of a client: what the system can prove, by rule, and what an agent ticks by hand.

A rule finds its proof in the facts or finds nothing: it never guesses. A proof names the row it stands on.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from console.base.dates import day_of
from console.base.french import euros, percent, short_day
from console.base.money import Cents, percent_saved
from console.base.vocabulary import CHANNEL_WORDS, CallOutcome, Channel, MessagePurpose, RetentionOption
from console.rules.timeline import ReminderStep


class When(StrEnum):
    """Whom a part counts for."""

    ALWAYS = "toujours"
    REFUSAL = "refus"
    RENEWAL = "renouvellement"
    AFTER = "apres-echeance"


@dataclass(frozen=True, slots=True)
class Item:
    """One point. `proof` names the rule that ticks it (`rule_named`), empty where only a person knows."""

    code: str
    label: str
    proof: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """Points that belong together."""

    title: str
    items: tuple[Item, ...]
    when: When = When.ALWAYS


Checklist = tuple[Part, ...]


class Source(StrEnum):
    """Where a proof is kept."""

    MESSAGE = "message"
    OFFER = "offer"
    CALL = "call"
    CALLBACK = "callback"
    RECORD = "record"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class PointProof:
    """What ticks a point: when it happened, in words, and the row that says so."""

    at: datetime
    words: str
    source: Source
    key: int | str


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message that left."""

    key: int
    purpose: MessagePurpose
    step: str  # the code of its step of the timeline, empty when it is none
    channel: Channel
    at: datetime


@dataclass(frozen=True, slots=True)
class OfferFact:
    """An offer granted to the client; `free_months` of the catalogue's offer."""

    key: int
    at: datetime
    ends_at: datetime
    price_cents: Cents
    normal_price_cents: Cents
    workshops: int
    free_months: int
    accepted_at: datetime | None
    in_call: bool


@dataclass(frozen=True, slots=True)
class CallFact:
    """A call that is over. lawful: it was dialled at an hour that is."""

    key: str
    at: datetime
    outcome: CallOutcome
    dialled_at: datetime | None
    lawful: bool
    answered: bool
    proposed: frozenset[RetentionOption]


@dataclass(frozen=True, slots=True)
class RecordFact:
    """The churn record. precise: in the client's own words, or for a reason that needs none."""

    key: int
    at: datetime
    reason: str
    precise: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one term of a client; sequences in the order things happened."""

    expires_on: date
    today: date
    mobile: bool
    retained: bool
    messages: tuple[SentMessage, ...] = ()
    offers: tuple[OfferFact, ...] = ()
    calls: tuple[CallFact, ...] = ()
    callbacks: tuple[tuple[int, datetime, datetime], ...] = ()  # key, made at, promised at
    record: RecordFact | None = None
    closed: tuple[int, datetime] | None = None

    def counts(self, when: When) -> bool:
        """Whether a part is about this client today."""
        return {
            When.ALWAYS: True,
            When.REFUSAL: self.record is not None,
            When.RENEWAL: self.retained,
            When.AFTER: self.today > self.expires_on and not self.retained and self.record is None,
        }[when]


Rule = Callable[[Facts], PointProof | None]


def _sent(purpose: MessagePurpose, channel: Channel = Channel.EMAIL) -> Rule:
    """The first message of that purpose, by that channel."""

    def rule(facts: Facts) -> PointProof | None:
        for sent in facts.messages:
            if sent.purpose is purpose and sent.channel is channel:
                return PointProof(sent.at, f"{CHANNEL_WORDS[channel]} envoyé", Source.MESSAGE, sent.key)
        return None

    return rule


def _step(code: str, channel: Channel) -> Rule:
    """The message of a step of the timeline, by that channel."""

    def rule(facts: Facts) -> PointProof | None:
        for sent in facts.messages:
            if sent.step == code and sent.channel is channel:
                words = f"{CHANNEL_WORDS[channel]} {code}"
                return PointProof(sent.at, words, Source.MESSAGE, sent.key)
        return None

    return rule


def _mail_and_sms(code: str) -> Rule:
    """Both messages of a step where there is a mobile, else the e-mail alone."""

    def rule(facts: Facts) -> PointProof | None:
        mail, sms = _step(code, Channel.EMAIL)(facts), _step(code, Channel.SMS)(facts)
        if mail is None or (facts.mobile and sms is None):
            return None
        return (
            mail if sms is None else PointProof(max(mail.at, sms.at), "e-mail et SMS", mail.source, mail.key)
        )

    return rule


def _offer(suits: Callable[[OfferFact, Facts], bool], words: Callable[[OfferFact], str]) -> Rule:
    def rule(facts: Facts) -> PointProof | None:
        for one in facts.offers:
            if suits(one, facts):
                return PointProof(one.accepted_at or one.at, words(one), Source.OFFER, one.key)
        return None

    return rule


def _before(one: OfferFact, facts: Facts) -> bool:
    return day_of(one.at) <= facts.expires_on


def _figures(one: OfferFact) -> str:
    saved = percent_saved(one.normal_price_cents, one.price_cents)
    return f"{euros(one.price_cents)} (-{percent(saved)})" if saved else euros(one.price_cents)


def _last_day(one: OfferFact) -> str:
    return f"jusqu’au {short_day(day_of(one.ends_at))}"


def _dialled(facts: Facts) -> Iterator[CallFact]:
    return (one for one in facts.calls if one.dialled_at and one.outcome is not CallOutcome.WRONG_NUMBER)


def _lawful(facts: Facts) -> PointProof | None:
    """The latest call: one at a wrong hour is not made good by an older one."""
    *_, last = (None, *_dialled(facts))
    if last is None or last.dialled_at is None or not last.lawful:
        return None
    return PointProof(last.dialled_at, "heure permise", Source.CALL, last.key)


def _valid_number(facts: Facts) -> PointProof | None:
    *_, last = (None, *_dialled(facts))
    if last is None:
        return None
    return PointProof(last.dialled_at or last.at, "numéro composé", Source.CALL, last.key)


def _proposed(options: frozenset[RetentionOption], words: str) -> Rule:
    def rule(facts: Facts) -> PointProof | None:
        for one in facts.calls:
            if one.proposed & options:
                return PointProof(one.at, words, Source.CALL, one.key)
        return None

    return rule


def _reason(facts: Facts) -> PointProof | None:
    found = facts.record
    if found is None:
        return None
    return PointProof(found.at, f"motif {found.reason}", Source.RECORD, found.key)


def _precise(facts: Facts) -> PointProof | None:
    found = facts.record
    if found is None or not found.precise:
        return None
    return PointProof(found.at, f"motif {found.reason}", Source.RECORD, found.key)


def _callback(facts: Facts) -> PointProof | None:
    for key, made, at in facts.callbacks:
        return PointProof(made, f"rappel du {short_day(day_of(at))}", Source.CALLBACK, key)
    return None


def _closed(facts: Facts) -> PointProof | None:
    if facts.closed is None:
        return None
    key, at = facts.closed
    return PointProof(at, "dossier clos", Source.EVENT, key)


_GESTURES = frozenset({RetentionOption.GESTURE, RetentionOption.DISCOUNT, RetentionOption.LOYALTY})
_ALTERNATIVES = frozenset({RetentionOption.DOWNGRADE, RetentionOption.PAUSE})
_PAUSE = frozenset({RetentionOption.PAUSE})

RULES: Mapping[str, Rule] = {
    "offre chiffrée": _offer(
        lambda one, facts: _before(one, facts) and one.price_cents < one.normal_price_cents, _figures
    ),
    "offre datée": _offer(lambda one, facts: _before(one, facts) and not one.in_call, _last_day),
    "rappel programmé": _callback,
    "SMS de rappel": _sent(MessagePurpose.BY_HAND, Channel.SMS),
    "appel à une heure permise": _lawful,
    "numéro composé": _valid_number,
    "alternative proposée": _proposed(_ALTERNATIVES, "pendant l’appel"),
    "raison notée": _precise,
    "motif demandé": _reason,
    "geste proposé": _proposed(_GESTURES, "pendant l’appel"),
    "pause proposée": _proposed(_PAUSE, "pendant l’appel"),
    "e-mail de clôture": _sent(MessagePurpose.CLOSING),
    "fiche de résiliation": _reason,
    "confirmation": _sent(MessagePurpose.CONFIRMATION),
    "atelier accordé": _offer(
        lambda one, _: bool(one.accepted_at and one.workshops), lambda _: "offre acceptée"
    ),
    "offre de retour": _offer(
        lambda one, facts: not _before(one, facts) and one.price_cents < one.normal_price_cents, _figures
    ),
    "mois offerts": _offer(lambda one, _: one.free_months > 0, _last_day),
    "dossier clos": _closed,
    "offre acceptée": _offer(lambda one, _: one.accepted_at is not None, _figures),
}
"""What `preuve` may name in liste.toml, beside the messages of a step of the timeline."""

_STEP_RULES: Mapping[str, Callable[[str], Rule]] = {
    "e-mail": lambda code: _step(code, Channel.EMAIL),
    "SMS": lambda code: _step(code, Channel.SMS),
    "e-mail et SMS": _mail_and_sms,
}


def rule_named(name: str) -> Rule:
    """The rule of that name in liste.toml: « offre datée », « e-mail et SMS J-14 ». KeyError if none."""
    if name in RULES:
        return RULES[name]
    by, _, code = name.rpartition(" ")
    return _STEP_RULES[by](code)


def rule_names(steps: Iterable[ReminderStep]) -> frozenset[str]:
    """Every name that `preuve` may give, with a timeline of these steps: a step proves what it sends."""
    sent = {f"{by} {step.code}" for step in steps for by in _STEP_RULES if _sends(step, by)}
    return frozenset({*RULES, *sent})


def _sends(step: ReminderStep, by: str) -> bool:
    return set(by.split(" et ")) <= {CHANNEL_WORDS[channel] for channel in step.channels}


IN_CALL: Mapping[str, frozenset[RetentionOption]] = {
    "alternative proposée": _ALTERNATIVES,
    "geste proposé": _GESTURES,
    "pause proposée": _PAUSE,
    "raison notée": frozenset(),
}
"""The rules about what is said in a call, which its end can have missed, and what they want proposed."""


def proofs(checklist: Checklist, facts: Facts) -> dict[str, PointProof]:
    """The points that the system ticks, by code."""
    found = {item.code: rule_named(item.proof)(facts) for item in _items(checklist) if item.proof}
    return {code: proof for code, proof in found.items() if proof is not None}


def missed(checklist: Checklist, facts: Facts, could: Set[RetentionOption]) -> tuple[str, ...]:
    """The points about the call that its end leaves without proof; none where the client stays.

    `could` is what the script had to propose to this client: nothing else can have been missed.
    """
    if facts.retained or not any(call.answered for call in facts.calls):
        return ()
    left = []
    for part in checklist:
        for item in part.items if facts.counts(part.when) else ():
            wanted = bool(IN_CALL.get(item.proof, frozenset()) & could)
            if item.proof == "raison notée":
                wanted = facts.record is not None
            if wanted and rule_named(item.proof)(facts) is None:
                left.append(item.label)
    return tuple(left)


def _items(checklist: Checklist) -> Iterable[Item]:
    return (item for part in checklist for item in part.items)
